"""Co-occurrence of a study's codes: the matrix that an address asks for, and its picture.

Parameters: ``how`` (overlap, nesting, turn, respondent), ``codes`` (families, all), ``show`` (count, coefficient),
``least`` (of the network), and the query view's ``code``, ``coder``, ``respondent_type`` and ``where``.
"""

from dataclasses import dataclass, replace

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .analysis import cooccurrence
from .analysis.arrays import index_of
from .analysis.cooccurrence import Matrix, Passages
from .analysis.pictures import Lane
from .columns import Unclear
from .models import Segment
from .queries.around import ends_of
from .queries.arrays import Joined, numbers
from .queries.cache import cached
from .queries.frame import CodeLine
from .queries.question import Question, asked_codes, asked_people, coded_rows, question_from

HOWS = ("overlap", "nesting", "turn", "respondent")
LEVELS = ("families", "all")
SHOWS = ("count", "coefficient")
MOST_CODES = 1000
MOST_SHOWN = 100  # a table of more can be neither read nor scrolled
MOST_DRAWN = 60
HOW_NAMES = {
    "overlap": gettext_lazy("Overlap"),
    "nesting": gettext_lazy("Nesting"),
    "turn": gettext_lazy("Same turn"),
    "respondent": gettext_lazy("Same respondent"),
}
HOW_HINTS = {
    "overlap": gettext_lazy("Pairs of passages, one of each code, that share at least one character"),
    "nesting": gettext_lazy("Passages of the column’s code that lie within a passage of the row’s code"),
    "turn": gettext_lazy("Turns in which both codes have a passage"),
    "respondent": gettext_lazy("Respondents who have a passage of both codes"),
}

OWN_NAMES = {
    "overlap": gettext_lazy("Passages"),
    "nesting": gettext_lazy("Passages"),
    "turn": gettext_lazy("Turns"),
    "respondent": gettext_lazy("Respondents"),
}
PAIRED = ("overlap", "nesting")  # pairs of passages are counted, not units that have both codes
FORMULA = gettext_lazy(
    "Shades and coefficient: c ÷ (n₁ + n₂ − c), where c is how often both meet and n₁, n₂ how many each code has."
)
EXCEEDS = gettext_lazy(
    "A passage that overlaps several of the other code makes several pairs, so that it can exceed 1."
)


@dataclass(frozen=True)
class Asked:
    question: Question
    how: str
    level: str
    show: str
    least: int


@dataclass(frozen=True)
class Meeting:
    """The matrix and its codes, in the order of its rows; ``takes_in``: each stands for what is below it, too."""

    codes: tuple[CodeLine, ...]
    takes_in: bool
    matrix: Matrix


def asked_from(frame, params):
    """Read from the parameters of an address. Raises Unclear."""
    given = [
        params.get(name) or known[0] for name, known in (("how", HOWS), ("codes", LEVELS), ("show", SHOWS))
    ]
    least = params.get("least") or "1"
    if (
        given[0] not in HOWS
        or given[1] not in LEVELS
        or given[2] not in SHOWS
        or not (least.isascii() and least.isdecimal() and len(least) < 7)
    ):
        raise Unclear(_("This table is not understood. Choose anew."))
    question = question_from(frame, params)
    question = replace(question.of_people, coders=question.coders, code=question.code)
    return Asked(question, *given, int(least))


def meet(study, frame, asked, event_id):
    """The Meeting that is asked for. Raises Unclear."""
    codes, _place = _rows(frame, asked)
    if len(codes) > MOST_CODES:
        raise Unclear(
            _("%(many)s codes are too many for one table: choose a code, and those below it.")
            % {"many": len(codes)}
        )
    key = ("meet", asked.question, asked.how, asked.level)
    matrix = cached(study, event_id, key, lambda: _matrix(frame, asked))
    return Meeting(codes, asked.level == "families", matrix)


def to_show(meeting):
    """The Meeting that a page has room for: of too many codes those that meet others most."""
    if len(meeting.codes) <= MOST_SHOWN:
        return meeting
    chosen = cooccurrence.busiest(meeting.matrix, MOST_SHOWN)
    matrix = Matrix(meeting.matrix.pairs[np.ix_(chosen, chosen)], meeting.matrix.own[chosen])
    return Meeting(tuple(meeting.codes[number] for number in chosen), meeting.takes_in, matrix)


def _rows(frame, asked):
    """The codes of the table, and in which row each code counts: families (or the children of the asked code) with
    all below them, or every code by itself.
    """
    codes = [code for code in asked_codes(frame, asked.question) if not code.retired]
    if asked.level == "all":
        return tuple(codes), {code.id: number for number, code in enumerate(codes)}
    top = asked.question.code
    heads = tuple(
        code for code in codes if (code.parent is None if top is None else top in (code.id, code.parent))
    )
    place = {}
    for number, head in enumerate(heads):
        below = {head.id} if head.id == top else frame.subtree(head.id)
        place |= dict.fromkeys(below, number)
    return heads, place


def rows_of(frame, asked):
    """The codes of the table, in which row each code counts, and the coded segments that are counted."""
    codes, place = _rows(frame, asked)
    rows = coded_rows(frame, asked.question, list(place))
    if asked.question.filters_people:
        rows = rows.filter(respondent__in=[person.id for person in asked_people(frame, asked.question)])
    return codes, place, rows


def _matrix(frame, asked):
    codes, place, rows = rows_of(frame, asked)
    if asked.how == "respondent":
        found = list(
            rows.exclude(respondent=None).order_by().values_list("respondent_id", "tag_id").distinct()
        )
        people, held = (
            (np.array(column, dtype=np.int64) for column in zip(*found, strict=True))
            if found
            else (np.zeros(0, dtype=np.int64),) * 2
        )
        return cooccurrence.sharing(people, _placed(held, place), len(codes))
    passages = _passages(frame, rows, place)
    if asked.how != "turn":
        return cooccurrence.meeting(passages, len(codes), nested=asked.how == "nesting")
    ends = {pk: np.array(ends) for pk, ends in ends_of(list(frame.transcripts)).items()}
    return cooccurrence.sharing(*cooccurrence.turns_touched(passages, ends), len(codes))


def _placed(codes, place):
    """The rows of codes: an array for an array."""
    table = np.zeros(max(place, default=0) + 1, dtype=np.int64)
    table[list(place)] = list(place.values())
    return table[codes]


def _passages(frame, rows, place):
    by_code = list(rows.order_by().values_list("tag_id").annotate(joined=Joined("content_object_id")))
    if not by_code:
        return Passages(*[np.zeros(0, dtype=np.int64)] * 4)
    segments = [numbers(text) for _code, text in by_code]
    codes = np.repeat([place[code] for code, _text in by_code], [len(each) for each in segments])
    coded = np.concatenate(segments)
    ids, *where = _places(frame)
    at = index_of(ids, coded)
    return Passages(*(column[at] for column in where), codes)


def _places(frame):
    """Arrays of the study's segments: id, transcript, start, end."""
    of_study = Segment.objects.filter(transcript__in=list(frame.transcripts)).order_by()
    found = list(
        of_study.values_list("transcript_id").annotate(
            ids=Joined("pk"), starts=Joined("start"), ends=Joined("end")
        )
    )
    columns = [[numbers(row[column]) for row in found] for column in (1, 2, 3)]
    ids, starts, ends = (np.concatenate(column) for column in columns)
    transcripts = np.repeat([row[0] for row in found], [len(each) for each in columns[0]])
    return ids, transcripts, starts, ends


def drawn(meeting, least):
    """The network of a Meeting. Raises Unclear where there are too many codes to tell apart."""
    if len(meeting.codes) > MOST_DRAWN:
        raise Unclear(
            _("A picture has room for %(most)s codes: choose a code, or draw the families.")
            % {"most": MOST_DRAWN}
        )
    lanes = [Lane(code.name, code.look) for code in meeting.codes]
    return cooccurrence.network(lanes, meeting.matrix, least, [_("Code"), _("Code"), _("Meet")])
