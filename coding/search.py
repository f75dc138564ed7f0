"""Text search across a study's transcripts, as keyword in context, and coding what was found.

A search comes as the parameters of an address: ``q``, ``mode`` (exact, words, regex), ``whole=yes``, ``speaker`` (all,
respondents, interviewers), and the query view's ``respondent_type`` and ``where``.

No index is kept: to read and fold 8 million words takes less than a second, and what is found is cached until the
study changes.
"""

import json
import re
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interviews import history
from interviews.locks import share_text
from interviews.models import Event, Speaker, TextRevision, Transcript
from interviews.numbers import whole_number
from interviews.restricted import NOTHING
from interviews.turns import count_words, lang_of

from . import recoding
from .analysis import search
from .attribution import Speech
from .columns import Unclear
from .models import Code, CodedSegment, Segment
from .queries.cache import cached
from .queries.question import Question, asked_people, question_from

MODES = ("exact", "words", "regex")
SPEAKERS = ("all", "respondents", "interviewers")
EXTENTS = ("match", "sentence", "turn")
MOST_HITS = 20_000
MOST_CODED = 5_000
OWN_ACTS = ("code-found", "add-code", "recode-segments")
AT_ONCE = 50  # texts read by one statement
AROUND = 70  # code points shown before and after a hit

WHY_NOT = {
    search.EMPTY: gettext_lazy("Type the words to look for."),
    search.TOO_LONG: gettext_lazy("At most 200 characters can be looked for."),
    search.TOO_MANY_WORDS: gettext_lazy("At most 12 words can be looked for together."),
    search.NOT_A_PATTERN: gettext_lazy("This is no regular expression: %(detail)s."),
    search.TOO_BIG: gettext_lazy(
        "This regular expression repeats too much: write fewer repeated groups, or smaller numbers in { }."
    ),
    search.TOO_SLOW: gettext_lazy(
        "This regular expression takes too long in these texts: make it more definite, or filter the respondents."
    ),
}


class Refused(Exception):
    """Why found passages cannot be coded; its message is for the person who tried."""


@dataclass(frozen=True)
class Search:
    """What is looked for, and in whose words."""

    wanted: search.Wanted
    speaker: str
    people: Question


class Hit(NamedTuple):
    transcript: int
    revision: int
    start: int
    end: int
    turn: int  # number of the turn, from 0


class Line(NamedTuple):
    """A hit as it is shown: with the words of its turn around it."""

    hit: Hit
    title: str
    number: int
    label: str
    before: str
    words: str
    after: str
    lang: str

    @property
    def key(self):
        return f"{self.hit.transcript}.{self.hit.revision}.{self.hit.start}.{self.hit.end}"


def search_from(frame, params):
    """Read a search from the parameters of an address; None where nothing is looked for yet. Raises Unclear."""
    if "q" not in params:
        return None
    mode, speaker = params.get("mode") or "exact", params.get("speaker") or "all"
    if mode not in MODES or speaker not in SPEAKERS:
        raise Unclear(_("This search is not understood. Choose anew below."))
    wanted = search.Wanted(params["q"].strip(), mode, params.get("whole") == "yes")
    people = question_from(frame, params)
    return Search(wanted, speaker, people.of_people)


def find_all(study, frame, asked, event_id, hidden=NOTHING):
    """``(hits, whether there are more)``, by transcript (title) and place, where not ``hidden``. Raises Unclear."""
    what = ("search", asked, bool(hidden))
    try:
        return cached(study, event_id, what, lambda: _find_all(study, frame, asked, hidden))
    except search.Unsearchable as error:
        raise Unclear(WHY_NOT[error.why] % {"detail": error.detail}) from None


def _find_all(study, frame, asked, hidden):
    find, heard = search.finder(asked.wanted), _Heard(study, frame, asked)
    found = []
    for texts in _texts([pk for pk in frame.transcripts if heard.may_speak_in(pk)]):
        looked = [(text, find(hidden.of_revision(*text[:3]))) for text in texts]
        looked = [(text, in_turns) for text, in_turns in looked if in_turns]
        turns = _turns_of([text for text, _in_turns in looked])
        for text, in_turns in looked:
            listed = turns[text.pk]
            found += [
                Hit(text.pk, text.revision, *hit)
                for hit in in_turns(listed)
                if heard.hears(text.pk, text.main, listed[hit.turn]["speaker"])
            ]
            if len(found) > MOST_HITS:
                return found[:MOST_HITS], True
    return found, False


class _Text(NamedTuple):
    pk: int
    revision: int
    text: str
    main: int | None  # the transcript's respondent


def _texts(pks):
    """Transcripts in the order of their ids given here, a list of a few at a time."""
    for start in range(0, len(pks), AT_ONCE):
        part = pks[start : start + AT_ONCE]
        rows = Transcript.objects.filter(pk__in=part).order_by()
        found = {row[0]: _Text(*row) for row in rows.values_list("pk", "revision", "text", "respondent_id")}
        yield [found[pk] for pk in part if pk in found]


def _turns_of(texts):
    """The turns of a few texts, by transcript."""
    rows = Transcript.objects.filter(pk__in=[text.pk for text in texts]).order_by()
    raw = rows.annotate(raw=Cast("turns", TextField())).values_list("pk", "revision", "raw")
    read = {(pk, revision): json.loads(turns) for pk, revision, turns in raw}
    return {text.pk: read[text[:2]] if text[:2] in read else _turns_before(text) for text in texts}


def _turns_before(text):
    """The turns of a text that has been edited since it was read."""
    return TextRevision.objects.get(transcript=text.pk, number=text.revision).turns


class _Heard:
    """Whose words count: everybody's, the respondents', the interviewers', of the respondents asked for."""

    def __init__(self, study, frame, asked):
        self.speaker = asked.speaker
        self.people = None
        if asked.people.filters_people:
            people = asked_people(frame, asked.people)
            self.people = {person.id for person in people}
            self.transcripts = {pk for person in people for pk in person.transcripts}
        self.speakers = {}
        if self.people is not None or self.speaker != "all":
            rows = Speaker.objects.filter(transcript__study=study).order_by()
            for transcript, label, who, asks in rows.values_list(
                "transcript_id", "label", "respondent_id", "is_interviewer"
            ):
                self.speakers[transcript, label] = (who, asks)

    def may_speak_in(self, transcript):
        return self.people is None or transcript in self.transcripts

    def hears(self, transcript, main, label):
        who, asks = self.speakers.get((transcript, label), (None, False))
        if asks:
            return self.speaker != "respondents"
        return self.speaker != "interviewers" and (self.people is None or (who or main) in self.people)


def lines(frame, hits, hidden=NOTHING):
    """Hits as they are shown, with their turns' words around them, less what is ``hidden``."""
    texts, turns = {}, {}
    for part in _texts(list(dict.fromkeys(hit.transcript for hit in hits))):
        texts |= {text.pk: text for text in part}
        turns |= _turns_of(part)
    return [
        _line(
            hit,
            frame.transcripts[hit.transcript],
            hidden.of_revision(*texts[hit.transcript][:3]),
            turns[hit.transcript],
        )
        for hit in hits
    ]


def _line(hit, title, text, turns):
    turn = turns[hit.turn]
    first, last = max(turn["said"], hit.start - AROUND), min(turn["end"], hit.end + AROUND)
    words = text[hit.start : hit.end]
    return Line(
        hit,
        title,
        hit.turn + 1,
        turn["speaker"] or "",
        "…" + re.sub(r"^\S{0,20}\s", "", text[first : hit.start])
        if first > turn["said"]
        else text[first : hit.start],
        words,
        re.sub(r"\s\S{0,20}$", "", text[hit.end : last]) + "…"
        if last < turn["end"]
        else text[hit.end : last],
        lang_of(words),
    )


def chosen_hits(keys):
    """What a form sends of the chosen lines: ``transcript.revision.start.end``. Raises Refused."""
    try:
        places = [[int(part) for part in key.split(".")] for key in keys]
        return [Hit(*place, 0) for place in places if min(place) >= 0 and max(place) < 2**31]
    except (TypeError, ValueError):
        raise Refused(_("The chosen passages are not understood. Choose them anew.")) from None


# --- coding what was found


@transaction.atomic
def code_hits(study, coder, code_id, hits, extent):
    """Apply a code to each hit, as one event: ``(the event, codings made, codings there already)``. Raises Refused."""
    code = _code(study, code_id)
    if extent not in EXTENTS:
        raise Refused(
            _("Say how much of the text is to be coded: the words found, their sentence, or their turn.")
        )
    if not hits:
        raise Refused(_("No passage is chosen. Choose some in the list, or code all."))
    if len(hits) > MOST_CODED:
        raise Refused(
            _("At most %(most)s passages can be coded at once. Narrow the search, or filter the respondents.")
            % {"most": MOST_CODED}
        )
    segments, made = _segments(study, hits, extent)
    return _apply(study, coder, code, segments, made)


@transaction.atomic
def code_passages(study, coder, code_id, segment_ids):
    """Apply a code to passages there are, as one event: ``(the event, how many)``. Raises Refused."""
    code = _code(study, code_id)
    segments = {segment.pk: segment.respondent_id for segment in _chosen(study, segment_ids)}
    return _in_table(study, coder, "add-code", lambda: recoding.add_code(study, segments, code, coder))


def _in_table(study, coder, action, act):
    """What the recoding table does too: ``(the event, how many codings it changed)``. Raises Refused."""
    try:
        made = act()
    except recoding.Refused as refused:
        raise Refused(str(refused)) from None
    return Event.objects.filter(study=study, actor=coder, action=action).latest("pk"), made


def _chosen(study, segment_ids):
    """Segments by id, in text order, whose texts nobody edits until this transaction ends. Raises Refused."""
    if not segment_ids:
        raise Refused(_("No passage is chosen. Choose some in the list first."))
    if len(segment_ids) > MOST_CODED or None in map(whole_number, segment_ids):
        raise Refused(_("The chosen passages are not understood. Choose them anew."))
    found = Segment.objects.filter(pk__in=segment_ids, transcript__study=study, transcript__removed_at=None)
    found = list(found.defer("quote"))
    if not found:
        raise Refused(_("The chosen passages are no longer there. Ask again."))
    for pk in sorted({segment.transcript_id for segment in found}):
        share_text(pk)
    return found


def _apply(study, coder, code, segments, made):
    coded = recoding.apply_to({segment.pk: segment.respondent_id for segment in segments}, code, coder)
    kept = {row.content_object_id for row in coded}
    event = history.record(
        study,
        coder,
        "code-found",
        code,
        after=history.images(*coded, *(segment for segment in made if segment.pk in kept)),
    )
    return event, len(coded), len(segments) - len(coded)


@transaction.atomic
def recode_passages(study, coder, old_id, new_id, segment_ids):
    """Give a coder's own codings of some passages another code, as one event: ``(the event, how many)``.

    Raises Refused.
    """
    old, new = _code(study, old_id, retired=True), _code(study, new_id)
    rows = CodedSegment.objects.filter(content_object__in=_chosen(study, segment_ids), coder=coder, tag=old)
    if not rows.exists():
        raise Refused(_("None of the chosen passages has this code from you. Each coder recodes their own."))
    return _in_table(study, coder, "recode-segments", lambda: recoding.recode(study, rows, new, coder))


def _code(study, code_id, *, retired=False):
    code = Code.objects.filter(study=study, pk=whole_number(code_id) or 0).first()
    if code is None:
        raise Refused(_("Choose the code to apply."))
    if code.retired_at and not retired:
        raise Refused(_("“%(code)s” is retired, so it cannot be applied.") % {"code": code.name})
    return code


def _segments(study, hits, extent):
    """The segments of all hits, in text order, and those of them that were made now."""
    by_transcript = {}
    for hit in hits:
        by_transcript.setdefault(hit.transcript, []).append(hit)
    for pk in sorted(by_transcript):
        share_text(pk)
    kept = Transcript.objects.kept().filter(study=study).order_by()
    found, made = [], []
    for pk in sorted(by_transcript):
        transcript = kept.filter(pk=pk).first()
        if transcript is None:
            raise Refused(_("A transcript was removed meanwhile. Search again."))
        wanted = _ranges(transcript, by_transcript[pk], extent)
        present = _present(transcript, wanted)
        missing = [place for place in wanted if place not in present]
        if missing:
            Segment.objects.bulk_create(_new(transcript, missing), batch_size=200, ignore_conflicts=True)
            present |= (now := _present(transcript, missing))
            made += now.values()
        found += [present[place] for place in wanted]
    return found, made


def _ranges(transcript, hits, extent):
    """Where to code, each place once, in text order."""
    if any(hit.revision != transcript.revision for hit in hits):
        raise Refused(
            _("The text of “%(title)s” was changed meanwhile. Search again.") % {"title": transcript.title}
        )
    places = set()
    for hit in hits:
        turn = next(
            (turn for turn in transcript.turns if turn["said"] <= hit.start < hit.end <= turn["end"]), None
        )
        if turn is None:
            raise Refused(_("The chosen passages are not understood. Choose them anew."))
        places.add(search.widen(transcript.text, turn, hit.start, hit.end, extent))
    return sorted(places)


def _present(transcript, places):
    found = {}
    for start in range(0, len(places), 500):
        part = places[start : start + 500]
        rows = Segment.objects.filter(
            transcript=transcript, start__in=[place[0] for place in part]
        ).order_by()
        found.update(((row.start, row.end), row) for row in rows.defer("quote"))
    return {place: found[place] for place in places if place in found}


def _new(transcript, places):
    speech = Speech(transcript)
    for start, end in places:
        quote = transcript.text[start:end]
        if not quote.strip():
            raise Refused(_("There are no words in one of the chosen passages."))
        yield Segment(
            transcript=transcript,
            start=start,
            end=end,
            quote=quote,
            words=count_words(quote),
            respondent_id=speech.respondent_at(start, end),
        )


def own_coding(study, coder, event_id):
    """The event of a coder's own coding of found passages, while it is not undone; else None."""
    pk = whole_number(event_id)
    if pk is None:
        return None
    mine = Event.objects.filter(study=study, actor=coder, action__in=OWN_ACTS, undone_by=None)
    return mine.defer("before", "after").filter(pk=pk).first()


history.undoable["code-found"] = (
    "manage_codebook"  # from the history page; coders undo their own where they asked
)
