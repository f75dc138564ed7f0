"""Coded segments as rows of a file, by the hundred thousand.

Most of a row's cells recur: what is said of a respondent, a code, a turn. They are made ready once, as a Kind
of file says: as text for a CSV, as they are for a workbook.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import groupby, product
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Count, F, Func, TextField
from django.db.models.functions import Cast

from interviews.models import Transcript
from interviews.restricted import WITHHELD, Hidden

from .models import Segment
from .streamed import streamed

TRANSCRIPTS_AT_ONCE = 50
SEGMENTS_AT_ONCE = 10_000
YES = ("", "yes")


class Recurring(NamedTuple):
    """Cells by what they are of: ``people`` by id of the respondent or None, ``codes`` by id of the code."""

    people: Mapping[int | None, list]
    codes: Mapping[int, tuple[str, str]]  # name, path
    small: frozenset[int]  # ids of respondents whom too few are described like
    memos: Mapping[str, str]  # by id of the coded segment
    withheld: int


class Kind(NamedTuple):
    """What a file makes of the cells that recur, of one text, and of all that ``rows`` tells of a coded segment."""

    cells: Callable[[list], object]
    text: Callable[[str], object]
    row: Callable


class _Dashed(Func):
    """A UUID as text: SQLite keeps it without dashes, and to make a UUID of each would take longer than its row."""

    output_field = TextField()

    def as_sql(self, compiler, connection, **context):
        return Cast(self.source_expressions[0], TextField()).as_sql(compiler, connection)

    def as_sqlite(self, compiler, connection, **context):
        sql, params = compiler.compile(self.source_expressions[0])
        parts = [
            f"substr({sql}, {start}, {length})"
            for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        ]
        return " || '-' || ".join(parts), params * len(parts)


class _Moment(Func):
    """A moment in UTC as text, to the microsecond."""

    output_field = TextField()
    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

    def as_sqlite(self, compiler, connection, **context):
        template = "substr(replace(%(expressions)s, ' ', 'T') || '.000000', 1, 26) || 'Z'"
        return self.as_sql(compiler, connection, template=template, **context)


def rows(coded, transcripts: Mapping[int, str], recurring: Recurring, hidden: Hidden, kind: Kind) -> Iterator:
    """What ``kind.row`` makes of each of the ``coded`` segments (a queryset), by transcript as given, place, code path
    and coder: of its key, the segment's id, ``[title]``, ``[pseudonym, ...]``, ``[name, path]``, ``[coder]``, when it
    was made, start, end, ``[number of the turn, speaker]``, quote, memo, revision of the code, and ``[withheld, how
    many are, small group]``.
    """
    made = _Rows(transcripts, recurring, hidden, kind)
    for part in ascending(_sizes(transcripts), TRANSCRIPTS_AT_ONCE, SEGMENTS_AT_ONCE):
        made.read_turns(part)
        with closing(_lines(coded, part)) as lines:
            ready = [
                row
                for _segment, its in groupby(lines, key=itemgetter(0))
                for row in made.of_segment(list(its))
            ]
        # Not before all are read: a slow download would hold up the statement, and the connection with it.
        yield from ready


def _sizes(transcripts):
    """How many segments each transcript has, in their order."""
    rows = Segment.objects.filter(transcript__in=list(transcripts)).order_by()
    sizes = dict(rows.values_list("transcript").annotate(Count("pk")))
    return {pk: sizes[pk] for pk in transcripts if pk in sizes}


def ascending(sizes: Mapping[int, int], most: int, largest: int) -> Iterator[list[int]]:
    """Numbers in their order, cut into runs that ascend, so that a database has each run in order by sorting it.

    A run has at most ``most`` numbers; together they are not larger than ``largest``, unless one alone is.
    """
    run: list[int] = []
    together = 0
    for number, size in sizes.items():
        if run and (number < run[-1] or len(run) == most or together + size > largest):
            yield run
            run, together = [], 0
        run.append(number)
        together += size
    if run:
        yield run


def _lines(coded, transcripts):
    where = "content_object__"
    found = coded.filter(**{f"{where}transcript__in": transcripts})
    found = found.order_by(f"{where}transcript_id", f"{where}start", f"{where}end")
    return streamed(
        found.annotate(key=_Dashed(F("pk")), moment=_Moment(F("created_at"))).values_list(
            "content_object_id",
            f"{where}transcript_id",
            f"{where}start",
            f"{where}end",
            f"{where}quote",
            "key",
            "tag_id",
            "coder__username",
            "moment",
            "code_revision",
            "respondent_id",
        )
    )


class _Rows:
    """The rows of one segment after the other, in the order of transcripts."""

    def __init__(self, transcripts, recurring, hidden, kind):
        self.transcripts, self.hidden, self.kind = transcripts, hidden, kind
        self.small, self.memos = recurring.small, recurring.memos
        self.people = {pk: kind.cells(cells) for pk, cells in recurring.people.items()}
        self.codes = {pk: kind.cells(list(cells)) for pk, cells in recurring.codes.items()}
        self.order = {pk: path for pk, (_name, path) in recurring.codes.items()}
        self.coders = _Made(lambda name: kind.cells([name]))
        self.marks = {
            (is_hidden, is_small): kind.cells([YES[is_hidden], recurring.withheld, YES[is_small]])
            for is_hidden, is_small in product((False, True), repeat=2)
        }
        self.withheld, self.no_memo = kind.text(str(WITHHELD)), kind.text("")
        self.transcript = None
        self.turns_of = {}

    def read_turns(self, transcripts):
        rows = Transcript.objects.filter(pk__in=transcripts).values_list("pk", "turns")
        self.turns_of = {pk: _Turns(turns, self.kind.cells) for pk, turns in rows}

    def of_segment(self, lines):
        segment, transcript, start, end, quote = lines[0][:5]
        if transcript != self.transcript:
            self.transcript, self.title = transcript, self.kind.cells([self.transcripts[transcript]])
            self.turns = self.turns_of[transcript]
        if len(lines) > 1:
            lines.sort(key=lambda line: (self.order.get(line[6], ""), line[7]))
        is_hidden = self.hidden.touches(transcript, start, end)
        quote = self.withheld if is_hidden else self.kind.text(quote)
        title, turn, made = self.title, self.turns.at(start), self.kind.row
        people, nobody, codes, coders = self.people, self.people[None], self.codes, self.coders
        mark, mark_of_few = self.marks[is_hidden, False], self.marks[is_hidden, True]
        small, memos, no_memo = self.small, self.memos, self.no_memo
        return [
            made(
                key,
                segment,
                title,
                people.get(person, nobody),
                codes[code],
                coders[coder],
                created,
                start,
                end,
                turn,
                quote,
                no_memo if is_hidden or key not in memos else self.kind.text(memos[key]),
                revision,
                mark_of_few if person in small else mark,
            )
            for _segment, _in, _start, _end, _quote, key, code, coder, created, revision, person in lines
            if code in codes  # others were made meanwhile
        ]


class _Made(dict):
    """Values made when they are first asked for."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def __missing__(self, key):
        made = self[key] = self.make(key)
        return made


class _Turns:
    """The cells of a transcript's turns: number, from 1, and speaker of the turn that holds a place, or is next."""

    def __init__(self, turns, prepared):
        self.ends = [turn["end"] for turn in turns[:-1]]  # what is behind all of them is the last one's
        self.cells = _Made(lambda number: prepared([number + 1, turns[number]["speaker"] or ""]))
        if not turns:
            self.cells[0] = prepared(["", ""])

    def at(self, place):
        return self.cells[bisect_right(self.ends, place)]
