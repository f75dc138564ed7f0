"""A question as the parameters of an address ask it, and the rows and columns that it is about.

The parameters are the same for the page, the API and the files: ``by`` with ``group`` or ``limits``, ``across`` with
``across_group``, ``count``, ``coder``, ``code``, ``respondent_type``, ``where=<attribute key>:<value>`` and
``respondent=<id>``.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from interviews.models import Attribute

from ..columns import (
    BY_TYPE,
    MOST_COLUMNS,
    NO_RESPONDENT,
    NO_VALUE,
    OF_ROWS,
    Head,
    Unclear,
    attribute_of,
    groups_of,
    heads_of,
    keys_of,
    limits_from,
)
from ..models import CodedSegment

COUNTS = ("respondents", "transcripts", "segments", "coded_segments", "words", "share")
WITH_BASE = ("respondents", "transcripts")  # the others are shares of what is coded


@dataclass(frozen=True)
class Question:
    """What is counted, of whom, by what. Empty filters mean all."""

    by: str = BY_TYPE
    count: str = "respondents"
    coders: tuple[int, ...] = ()
    code: int | None = None
    types: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    group: str = ""
    limits: tuple[float, ...] = ()
    across: str = ""
    across_group: str = ""
    respondents: tuple[int, ...] = ()

    @property
    def filters_people(self):
        return bool(self.types or self.where or self.respondents)

    @property
    def of_people(self):
        """The part that says of whom."""
        return Question(types=self.types, where=self.where, respondents=self.respondents)


def question_from(frame, params):
    """Read a question from the parameters of an address (a QueryDict). Raises Unclear."""
    by = params.get("by") or BY_TYPE
    count = params.get("count") or "respondents"
    across = params.get("across") or ""
    if by not in keys_of(frame):
        raise Unclear(
            _("“%(value)s” cannot take the columns: choose one of %(known)s.") % _known(by, keys_of(frame))
        )
    if count not in COUNTS:
        raise Unclear(_("“%(value)s” cannot be counted: choose one of %(known)s.") % _known(count, COUNTS))
    if across and (across not in keys_of(frame) or across == by or {by, across} & {*OF_ROWS}):
        raise Unclear(_("“%(value)s” cannot divide these columns.") % {"value": across})
    return Question(
        by,
        count,
        _asked_coders(frame, params.getlist("coder")),
        code_from(frame, params.get("code")),
        _asked_types(frame, params.getlist("respondent_type")),
        _asked_values(frame, params.getlist("where")),
        _asked_group(frame, by, params.get("group")),
        limits_from(params.get("limits") or "") if _has_numbers(frame, by) else (),
        across,
        _asked_group(frame, across, params.get("across_group")),
        _asked_respondents(frame, params.getlist("respondent")),
    )


def _asked_group(frame, key, given):
    """How values are put together; of no meaning, and so not minded, where they cannot be."""
    groups = [value for value, _label in groups_of(frame, key)]
    if given and groups and given not in groups:
        raise Unclear(
            _("“%(value)s” is no way to put values together: choose one of %(known)s.")
            % _known(given, groups)
        )
    return given if given in groups else ""


def _has_numbers(frame, key):
    attribute = attribute_of(frame, key)
    return attribute is not None and attribute.kind == Attribute.Kind.NUMBER


def _known(value, known):
    return {"value": value, "known": get_text_list(list(known), _("or"))}


def _asked_coders(frame, names):
    by_name = {name: pk for pk, name in frame.coders}
    unknown = [name for name in names if name and name not in by_name]
    if unknown:
        raise Unclear(_("Nobody called “%(name)s” has coded in this study.") % {"name": unknown[0]})
    return tuple(sorted({by_name[name] for name in names if name}))


def code_from(frame, given):
    if not given:
        return None
    if given not in {str(code.id) for code in frame.codes}:
        raise Unclear(_("This study has no code with the number %(code)s.") % {"code": given})
    return int(given)


def _asked_types(frame, keys):
    known = [key for key, _name in frame.types]
    unknown = [key for key in keys if key and key not in known]
    if unknown:
        raise Unclear(_("This study has no respondent type “%(key)s”.") % {"key": unknown[0]})
    return tuple(sorted({key for key in keys if key}))


def _asked_values(frame, given):
    """``founder:yes``, or ``founder:`` for those of whom it is not known."""
    known = {a.key for a in frame.attributes}
    pairs = [each.partition(":")[::2] for each in given if each]
    unknown = [key for key, _value in pairs if key not in known]
    if unknown:
        raise Unclear(_("This study has no attribute “%(key)s”.") % {"key": unknown[0]})
    return tuple(sorted(set(pairs)))


def _asked_respondents(frame, given):
    known = {str(pk): pk for pk in frame.people}
    unknown = [pk for pk in given if pk and pk not in known]
    if unknown:
        raise Unclear(
            _("This study has no respondent with a transcript and the number %(pk)s.")
            % {"pk": unknown[0][:20]}
        )
    return tuple(sorted({known[pk] for pk in given if pk}))


def asked_people(frame, question):
    """The respondents a question is about: several values of one attribute are alternatives."""
    wanted = defaultdict(set)
    for key, value in question.where:
        wanted[key].add(value)
    return [
        person
        for person in frame.people.values()
        if (not question.respondents or person.id in question.respondents)
        and (not question.types or person.type in question.types)
        and all(person.values.get(key, NO_VALUE) in values for key, values in wanted.items())
    ]


def asked_codes(frame, question):
    wanted = None if question.code is None else frame.subtree(question.code)
    return [code for code in frame.codes if wanted is None or code.id in wanted]


def columns_of(frame, question, most=MOST_COLUMNS) -> list[Head]:
    """The columns that a question has where only respondents count. Raises Unclear."""
    return heads_of(frame, question, asked_people(frame, question), most)


def columns_with_nobody(frame, question, somebody_unknown, most=MOST_COLUMNS):
    heads = columns_of(frame, question, most)
    if (
        somebody_unknown
        and question.by not in OF_ROWS
        and question.count not in ("respondents", "share")
        and not question.filters_people
    ):
        heads.append(Head(NO_RESPONDENT, _("No respondent"), [None]))
    return heads


def coded_rows(frame, question, codes):
    """Coded segments with any of these codes (ids), by the asked coders, in transcripts that are kept."""
    rows = CodedSegment.objects.filter(tag__in=codes)
    if question.coders:
        rows = rows.filter(coder__in=question.coders)
    if frame.some_removed:  # the join is paid for only by studies that need it
        rows = rows.filter(content_object__transcript__removed_at=None)
    return rows


def transcripts_of_nobody(frame, rows):
    """The transcripts in which nobody is said to speak, and those with coded words of nobody."""
    spoken = {pk for person in frame.people.values() for pk in person.transcripts}
    unknown = rows.filter(respondent=None).order_by()
    coded = unknown.values_list("content_object__transcript_id", flat=True).distinct()
    return (frame.transcripts.keys() - spoken) | set(coded)
