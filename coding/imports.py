"""Coded segments in, from a table: each quote is checked against the stored text, all or nothing is written."""

from django.db import transaction
from django.utils.translation import gettext as _

from interviews.history import images, record, undoable
from interviews.tables import Table
from interviews.turns import count_words

from .attribution import Speech
from .models import CodedSegment, Segment


class CannotImport(Exception):
    """A row that does not fit the study; its message names the line and what is wrong."""


@transaction.atomic
def import_coded_segments(study, table: Table, actor, coders):
    """Write the coded segments of a table with columns ``filename, start, end, text, code, coder``; one event.

    ``coders`` is ``{name in the table: user}``; codes go by their name, which must be unique in the study. Returns the
    number of coded segments written; those already there are passed over. Raises CannotImport, having written nothing.
    """
    transcripts = {transcript.filename: transcript for transcript in study.transcripts.kept()}
    codes, seen_twice = _codes(study)
    spans = {}
    wanted = []
    for number, cells in table.rows:
        transcript = _known(transcripts, cells["filename"], number)
        code = _known(codes, cells["code"], number, seen_twice)
        coder = _known(coders, cells["coder"], number)
        start, end = _range(cells, transcript, number)
        if transcript.pk not in spans:
            spans[transcript.pk] = Speech(transcript)
        wanted.append((transcript, start, end, code, coder))
    segments, made = _segments(study, wanted, spans)
    rows = [
        CodedSegment(
            tag=code,
            content_object=segments[transcript.pk, start, end],
            coder=coder,
            respondent_id=segments[transcript.pk, start, end].respondent_id,
            code_revision=code.revision,
        )
        for transcript, start, end, code, coder in dict.fromkeys(wanted)
    ]
    there = set(CodedSegment.objects.of_study(study).values_list("content_object_id", "tag_id", "coder_id"))
    rows = [row for row in rows if (row.content_object_id, row.tag_id, row.coder_id) not in there]
    CodedSegment.objects.bulk_create(rows, batch_size=500)
    record(study, actor, "import-coded-segments", study, after=images(*made, *rows))
    return len(rows)


def _codes(study):
    codes, twice = {}, set()
    for code in study.codes.all():
        if codes.setdefault(code.name, code) is not code:
            twice.add(code.name)
    return codes, twice


def _known(things, name, number, seen_twice=()):
    if name not in things or name in seen_twice:
        sentence = _("Line %(line)d: there are several “%(name)s” in this study.")
        if name not in things:
            sentence = _("Line %(line)d: there is no “%(name)s” in this study.")
        raise CannotImport(sentence % {"line": number, "name": name})
    return things[name]


def _range(cells, transcript, number):
    try:
        start, end = int(cells["start"]), int(cells["end"])
    except ValueError as error:
        raise CannotImport(
            _("Line %(line)d: start and end are to be whole numbers.") % {"line": number}
        ) from error
    # Cells of a table come stripped.
    if (
        not 0 <= start < end <= len(transcript.text)
        or transcript.text[start:end].strip() != cells["text"].strip()
    ):
        raise CannotImport(
            _("Line %(line)d: the words are not those at %(start)d to %(end)d of “%(transcript)s”.")
            % {"line": number, "start": start, "end": end, "transcript": transcript}
        )
    return start, end


def _segments(study, wanted, spans):
    """``{(transcript id, start, end): Segment}`` for all that is wanted, and those of them that were made."""
    found = {
        (segment.transcript_id, segment.start, segment.end): segment
        for segment in Segment.objects.filter(transcript__study=study)
    }
    made = {}
    for transcript, start, end, _code, _coder in wanted:
        place = (transcript.pk, start, end)
        if place not in found and place not in made:
            quote = transcript.text[start:end]
            made[place] = Segment(
                transcript=transcript,
                start=start,
                end=end,
                quote=quote,
                words=count_words(quote),
                respondent_id=spans[transcript.pk].respondent_at(start, end),
            )
    Segment.objects.bulk_create(made.values(), batch_size=500)
    return found | made, list(made.values())


undoable["import-coded-segments"] = "manage_codebook"
