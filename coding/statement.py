"""What a result says of itself: what was counted, of whom, by which coders, when."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from interviews.models import Transcript

from .queries.frame import Frame
from .queries.question import Question, asked_codes, asked_people
from .withheld import segments_withheld

COUNT_NAMES = {
    "respondents": gettext_lazy("Respondents"),
    "transcripts": gettext_lazy("Transcripts"),
    "segments": gettext_lazy("Segments"),
    "coded_segments": gettext_lazy("Coded segments"),
    "words": gettext_lazy("Words"),
    "share": gettext_lazy("Share of the text"),
}
COUNT_HINTS = {
    "respondents": gettext_lazy("Respondents with at least one coded segment, of those in the column"),
    "transcripts": gettext_lazy("Transcripts with at least one coded segment, of those in the column"),
    "segments": gettext_lazy("Distinct passages: two coders on one range count once"),
    "coded_segments": gettext_lazy("Each code on each passage by each coder"),
    "words": gettext_lazy("Words of the passages: a word under several counts once"),
    "share": gettext_lazy("Share of what the respondents in the column said, by characters, labels left out"),
}


def statement(study, frame: Frame, question: Question, *, of_codes=True) -> list[tuple[str, str]]:
    """``[(heading, words)]`` for a file or a report, of the codings that a question is about.

    Not ``of_codes``, it says nothing of how many codes were asked of: the question itself names them.
    """
    lines = [
        (_("Study"), study.name),
        (_("Of whom"), _of_whom(frame, question)),
        (_("Coders"), _by_whom(frame, question)),
        *([(_("Codes"), _codes(frame, question))] if of_codes else []),
        (_("Filters"), _filters(frame, question)),
        (_("Taken"), date_format(timezone.localtime(), "Y-m-d H:i T")),
        (_("Data"), _data(study)),
    ]
    if withheld := segments_withheld(study, frame, question):
        told = ngettext(
            "%(n)s segment, with restricted words", "%(n)s segments, with restricted words", withheld
        )
        lines.append((_("Withheld"), told % {"n": withheld}))
    removed = Transcript.objects.filter(study=study).exclude(removed_at=None).count()
    if removed:
        lines.append(
            (
                _("Left out"),
                ngettext("%(n)s removed transcript", "%(n)s removed transcripts", removed) % {"n": removed},
            )
        )
    return lines


def _of_whom(frame, question):
    people = asked_people(frame, question)
    types = [
        f"{name}: {number}"
        for key, name in (*frame.types, ("", _("no type")))
        if (number := sum(person.type == key for person in people))
    ]
    told = ngettext(
        "%(n)s respondent with a transcript", "%(n)s respondents with a transcript", len(people)
    ) % {"n": len(people)}
    return f"{told} ({', '.join(types)})" if types else told


def _by_whom(frame, question):
    names = [name for pk, name in frame.coders if not question.coders or pk in question.coders]
    return ", ".join(names) or _("nobody has coded")


def _codes(frame, question):
    codes = asked_codes(frame, question)
    told = ngettext("%(n)s code", "%(n)s codes", len(codes)) % {"n": len(codes)}
    if question.code is None:
        return told
    path = " > ".join(next(code.path for code in codes if code.id == question.code))
    return _("%(path)s and the codes below it: %(codes)s") % {"path": path, "codes": told}


def _filters(frame, question):
    names = dict(frame.types)
    found = [frame.people[pk].pseudonym for pk in question.respondents]
    found += [names[key] for key in question.types]
    attributes = {attribute.key: attribute for attribute in frame.attributes}
    for key, value in question.where:
        label = dict(attributes[key].values).get(value, value) or _("not known")
        found.append(f"{attributes[key].name}: {label}")
    return "; ".join(found) or _("none")


def _data(study):
    """Which state of the data it was, by the last change of the study; taking a file changes nothing."""
    last = study.events.exclude(action="export").order_by("-pk").values_list("pk", "at").first()
    if last is None:
        return _("no change yet")
    return _("as of change %(number)s of %(at)s") % {
        "number": last[0],
        "at": date_format(timezone.localtime(last[1]), "Y-m-d H:i T"),
    }
