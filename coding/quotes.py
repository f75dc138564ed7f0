"""Passages side by side: codes by columns in a matrix, and one code's columns as voices."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _

from interviews.numbers import whole_number
from interviews.turns import lang_of

from .analysis.asked import types_below
from .analysis.sampling import drawn
from .columns import BY_CODER, BY_TRANSCRIPT, Head, Unclear
from .models import Segment
from .queries.around import turn_at, turns_of
from .queries.frame import CodeLine, Frame, Person
from .queries.question import Question, coded_rows, columns_of

IN_A_CELL = 3
MOST_CODES = 12
SIZES = (1, 2, 3, 5, 10)
LAST_SEED = 9999


@dataclass(frozen=True)
class Quote:
    segment: int
    transcript: int
    title: str
    turn: int
    quote: str
    lang: str
    person: Person | None


@dataclass(frozen=True)
class Side:
    """One column of one code: some of its passages, how many there are, and which respondents have none.

    ``asked`` are those of the column who were asked about the code, ``volunteered`` those with a passage who were not.
    """

    head: Head
    quotes: list[Quote]
    total: int
    have: list[Person]
    without: list[Person]
    asked: int
    volunteered: list[Person]


def codes_from(frame: Frame, question: Question, params) -> list[CodeLine]:
    """The rows of a quote matrix: those picked, or a first family. Raises Unclear."""
    return picked_codes(frame, params) or _first_family(frame, question)


def voices_from(
    frame: Frame, question: Question, params
) -> tuple[CodeLine | None, CodeLine | None, int, int]:
    """The code that is heard, the one against it, how many passages of each column, and the seed. Raises Unclear."""
    if question.code is None:
        code = next((code for code in frame.codes if not code.retired), None)
    else:
        code = next(code for code in frame.codes if code.id == question.code)
    contrast = next(iter(picked_codes(frame, params)), None)
    return (
        code,
        contrast,
        _number(params.get("size"), SIZES[-1], 3),
        _number(params.get("seed"), LAST_SEED, 1),
    )


def picked_codes(frame, params):
    """The codes that an address names by ``pick``, in the codebook's order. Raises Unclear."""
    known = {str(code.id): code for code in frame.codes}
    given = [value for value in params.getlist("pick") if value]
    unknown = [value for value in given if value not in known]
    if unknown:
        raise Unclear(_("This study has no code with the number %(code)s.") % {"code": unknown[0]})
    return [code for code in frame.codes if str(code.id) in given]


def _first_family(frame, question):
    """A code that was asked for and its children; else the codebook's first family."""
    codes = [code for code in frame.codes if not code.retired]
    head = question.code if question.code is not None else next((code.id for code in codes), None)
    return [code for code in codes if head in (code.id, code.parent)]


def _number(given, most, otherwise):
    return min(whole_number(given) or otherwise, most)


def sides(
    frame: Frame, question: Question, codes: list[CodeLine], *, hidden, size: int = IN_A_CELL, seed: int = 0
) -> list[tuple[CodeLine, list[Side]]]:
    """For each code, with those below it, its columns. ``hidden`` is what may not be shown. Raises Unclear."""
    heads = columns_of(frame, question)
    found = _places(frame, question, codes, heads)
    chosen = {
        (code.id, number): drawn(found[code.id, number], size, seed)
        for code in codes
        for number in range(len(heads))
    }
    quotes = quotes_of(frame, {pk for picked in chosen.values() for pk in picked}, hidden)
    return [
        (
            code,
            [
                _side(
                    frame, code, head, found[code.id, number], [quotes[pk] for pk in chosen[code.id, number]]
                )
                for number, head in enumerate(heads)
            ],
        )
        for code in codes
    ]


def _side(frame, code, head, of_person, quotes):
    people = [frame.people[pk] for pk in head.people if pk is not None]
    types = _types_asked(frame, code)
    asked = [person for person in people if types is None or person.type in types]
    return Side(
        head,
        quotes,
        sum(map(len, of_person.values())),
        [person for person in people if person.id in of_person],
        [person for person in asked if person.id not in of_person],
        len(asked),
        [person for person in people if person.id in of_person and person not in asked],
    )


def _types_asked(frame, code):
    """The types asked about a code or one below it; None where all were."""
    lines = [line for line in frame.codes if not line.retired or line.asked_of or line.id == code.id]
    asked_of = {line.id: line.asked_of for line in lines if line.asked_of}
    return types_below({line.id: line.parent for line in lines}, asked_of)[code.id]


def _places(frame, question, codes, heads):
    """``{(code, number of the column): {respondent: {segment: place}}}``, a segment once however many coders agree."""
    below = {code.id: frame.subtree(code.id) for code in codes}
    rows = coded_rows(frame, question, set().union(*below.values())).order_by()
    field = {BY_CODER: "coder_id", BY_TRANSCRIPT: "content_object__transcript_id"}.get(
        question.by, "respondent_id"
    )
    columns = defaultdict(set)
    for number, head in enumerate(heads):
        for key in [head.of] if head.of is not None else head.people:
            columns[key].add(number)
    people = {pk for head in heads for pk in head.people}
    found = defaultdict(lambda: defaultdict(dict))
    place = [f"content_object__{name}" for name in ("transcript_id", "start", "end")]
    for code, person, segment, key, *where in rows.values_list(
        "tag_id", "respondent_id", "content_object_id", field, *place
    ):
        if person in people:
            for asked, within in below.items():
                if code in within:
                    for number in columns.get(key, ()):
                        found[asked, number][person][segment] = where
    return found


def quotes_of(frame: Frame, segments: set[int], hidden) -> dict[int, Quote]:
    """Segments (ids) as they are shown."""
    rows = Segment.objects.filter(pk__in=segments).annotate(title=F("transcript__title")).order_by()
    rows = list(rows)
    turns = turns_of({row.transcript_id for row in rows})
    return {
        row.pk: Quote(
            row.pk,
            row.transcript_id,
            row.title,
            turn_at(turns[row.transcript_id], row.start)[0],
            hidden.quote(row.transcript_id, row.start, row.end, row.quote),
            lang_of(row.quote),
            frame.people.get(row.respondent_id),
        )
        for row in rows
    }
