"""Cross-tabulations of random studies in the database, each number against a slow, obvious recount."""

import pytest
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from coding.queries.crosstab import cross_tabulate
from coding.queries.frame import frame_of
from coding.queries.passages import Cell, passages
from coding.queries.question import Question
from interviews.turns import count_words
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

TEXT = "A: one two three\nB: four five 老𬭎\nI: why six\nA: seven eight\n"
BELOW = {0: {0, 1, 2}, 1: {1, 2}, 2: {2}, 3: {3}}
COUNTS = ("respondents", "transcripts", "segments", "coded_segments", "words", "share")


def turns_of(text):
    turns, at = [], 0
    for line in text.splitlines(keepends=True):
        end = at + len(line.rstrip("\n"))
        turns.append({"start": at, "end": end, "speaker": line[0], "at": None, "said": at + 3})
        at += len(line)
    return turns


places = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 25)).map(
    lambda p: (p[0], min(len(TEXT), sum(p)))
)
codings = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 1), places), max_size=12, unique=True
)


class Made:
    """Two transcripts of two respondents and an interviewer, four codes (one below another, twice), two coders."""

    def __init__(self, drawn, asked):
        cache.clear()  # each example rolls its numbers back
        study = self.study = make_study()
        self.types = [make_type(study, name) for name in ("Returnee", "Migrant")]
        make_attribute(study, "Years", kind="number")
        self.people = [
            make_respondent(study, f"P{n}", self.types[n % 2], **({"years": n * 4} if n else {}))
            for n in range(4)
        ]
        top = make_code(study, "0")
        middle = make_code(study, "1", parent=top)
        self.codes = [top, middle, make_code(study, "2", parent=middle), make_code(study, "3")]
        self.asked = asked
        for code, types in zip(self.codes, asked, strict=True):
            code.asked_of.set([self.types[number] for number in types])
        self.coders = [make_coder(study), make_coder(study)]
        self.transcripts, self.rows = [], []
        for number in range(2):
            transcript = make_transcript(study, TEXT, turns=turns_of(TEXT), title=f"T{number}")
            for label, person in zip("AB", self.people[2 * number :], strict=False):
                transcript.speakers.filter(label=label).update(respondent=person, is_interviewer=False)
            transcript.speakers.filter(label="I").update(is_interviewer=True)
            self.transcripts.append(transcript)
        for code, coder, number, (start, end) in drawn:
            self.code(code, coder, number, start, end)

    def code(self, code, coder, number, start, end):
        said = [(self.speaker(number, i)) for i in range(start, end)]
        spoken = {pk: said.count(pk) for pk in said if pk is not None}
        most = max(spoken.values(), default=0)
        who = next((pk for pk in said if pk is not None and spoken[pk] == most), None)
        person = self.people[who] if who is not None else None
        segment = self.transcripts[number].segments.filter(start=start, end=end).first()
        make_coded_segment(
            self.transcripts[number],
            self.codes[code],
            self.coders[coder],
            start,
            end,
            respondent=segment.respondent if segment else person,
            words=count_words(TEXT[start:end]),
        )
        self.rows.append((code, coder, number, start, end, who))

    def speaker(self, number, position):
        turn = next((t for t in turns_of(TEXT) if t["start"] <= position < t["end"]), None)
        return {"A": 2 * number, "B": 2 * number + 1}.get(turn["speaker"]) if turn else None

    def said(self, number):
        """(position, who) of all that respondents of a transcript said."""
        return {
            (i, self.speaker(number, i))
            for turn in turns_of(TEXT)
            if turn["speaker"] != "I"
            for i in range(turn["said"], turn["end"])
        }


def kind_of(person):
    return person % 2


def number_of(made, count, rows, people):
    """What these rows are, by one way of counting; ``people`` whose text it is a share of."""
    ranges = {row[2:5] for row in rows}
    if count == "respondents":
        return len({row[5] for row in rows} - {None})
    if count == "transcripts":
        return len({row[2] for row in rows})
    if count == "segments":
        return len(ranges)
    if count == "coded_segments":
        return len(rows)
    signs = {(t, i) for t, start, end in ranges for i in range(start, end)}
    if count == "words":
        runs = [
            "".join(c if (t, i) in signs else "\0" for i, c in enumerate(TEXT)).split("\0") for t in range(2)
        ]
        return sum(count_words(run) for each in runs for run in each)
    return len(
        {(t, i) for t, s, e, who in {r[2:6] for r in rows} for i in range(s, e) if (i, who) in made.said(t)}
    )


def column_test(made, by):
    """For each column: its key, which rows are in it, who is in it."""
    if by == "respondent_type":
        return [
            (
                kind.key,
                lambda r, n=n: r[5] is not None and kind_of(r[5]) == n,
                [p for p in range(4) if kind_of(p) == n],
            )
            for n, kind in enumerate(made.types)
        ]
    if by == "years":
        return [
            ("..6", lambda r: r[5] == 1, [1]),
            ("6..", lambda r: r[5] in (2, 3), [2, 3]),
            ("", lambda r: r[5] == 0, [0]),
        ]
    if by == "respondent":
        return [(str(who.pk), lambda r, n=n: r[5] == n, [n]) for n, who in enumerate(made.people)]
    if by == "crossed":
        keys = [f"{years}|{made.types[kind_of(p)].key}" for p, years in enumerate(("", "..6", "6..", "6.."))]
        return [(key, lambda r, p=p: r[5] == p, [p]) for p, key in enumerate(keys)]
    if by == "transcript":
        return [
            (str(t.pk), lambda r, n=n: r[2] == n, [2 * n, 2 * n + 1]) for n, t in enumerate(made.transcripts)
        ]
    return [
        (coder.username, lambda r, n=n: r[1] == n, None)
        for n, coder in enumerate(made.coders)
        if any(row[1] == n for row in made.rows)
    ]


OPENED = {  # what the page behind a cell says of it
    "respondents": "have",
    "transcripts": "transcripts",
    "segments": "total",
    "coded_segments": "coded",
}
FILTERS = [  # (respondent type, years), and who is left
    (None, None, {0, 1, 2, 3}),
    (0, None, {0, 2}),
    (1, None, {1, 3}),
    (None, ("8",), {2}),
    (None, ("", "4"), {0, 1}),
    (1, ("4", "8"), {1}),
]


class RecountTest(TestCase):
    @settings(deadline=None, max_examples=25)
    @given(
        codings,
        st.tuples(*[st.sets(st.integers(0, 1), max_size=1)] * 4),
        st.sampled_from(["respondent_type", "years", "transcript", "coder", "respondent", "crossed"]),
        st.sampled_from([None, 0, 1]),
        st.sampled_from(FILTERS),
    )
    def test_every_number_equals_a_slow_recount(self, drawn, asked, by, only, filtered):
        made = Made(drawn, asked)
        kind, years, left = filtered
        is_filtered = len(left) < 4
        frame = frame_of(made.study)
        if only is not None and made.coders[only].pk not in dict(frame.coders):
            only = None
        coders = () if only is None else (made.coders[only].pk,)
        rows = [row for row in made.rows if only is None or row[1] == only]
        columns = [
            c
            for c in column_test(made, by)
            if by != "coder" or only is None or c[0] == made.coders[only].username
        ]
        for count in COUNTS:
            types = () if kind is None else (made.types[kind].key,)
            question = Question(
                by="years" if by == "crossed" else by,
                count=count,
                coders=coders,
                types=types,
                where=tuple(("years", value) for value in years or ()),
                limits=(6.0,) if by in ("years", "crossed") else (),
                across="respondent_type" if by == "crossed" else "",
            )
            table = cross_tabulate(made.study, frame, question)
            if not is_filtered and by in ("transcript", "coder") and count not in ("respondents", "share"):
                mine = rows
            else:
                mine = [row for row in rows if row[5] is not None and row[5] in left]
            found = {column.key: n for n, column in enumerate(table.columns)}
            everybody = set()
            for key, inside, people in columns:
                if people is None:
                    people = [
                        p for p in range(4) if any(row[2] == p // 2 and inside(row) for row in made.rows)
                    ]
                people = [p for p in people if p in left]
                everybody.update(people)
                if key not in found:
                    assert not people
                    continue
                at = found[key]
                in_column = [row for row in mine if inside(row)]
                assert table.people[at] == len(people)
                for row in table.rows:
                    code = int(row.code.name)
                    within = BELOW[code]
                    assert row.own[at] == number_of(
                        made, count, [r for r in in_column if r[0] == code], people
                    )
                    assert row.cells[at] == number_of(
                        made, count, [r for r in in_column if r[0] in within], people
                    )
                    self.check_asked(made, row, at, code, within, in_column, people, count)
                behind = OPENED.get(count)
                if behind and table.rows:
                    row = table.rows[len(drawn) % len(table.rows)]
                    opened = passages(frame, question, Cell(row.code.id, key))
                    assert getattr(opened, behind) == row.cells[at]

            assert table.people[-1] == len(everybody)
            anywhere = [row for row in mine if any(inside(row) for _key, inside, _people in columns)]
            if "__no_respondent__" in found:
                anywhere = rows
            for row in table.rows:
                within = BELOW[int(row.code.name)]
                below = [r for r in anywhere if r[0] in within]
                assert row.cells[-1] == number_of(made, count, below, everybody)
                self.check_asked(
                    made, row, -1, int(row.code.name), within, anywhere, sorted(everybody), count
                )

    def check_asked(self, made, row, at, code, within, in_column, people, count):
        for codes, asked in (({code}, row.alone), (within, row.below)):
            leaves = (
                {2, 3} if codes is within else {code}
            )  # a parent that says nothing lets those below say it
            everybody = any(not made.asked[c] for c in codes & leaves)
            types = {kind for c in codes for kind in made.asked[c]}
            asks = [p for p in people if everybody or kind_of(p) in types]
            assert asked.people[at] == len(asks)
            said = [r for r in in_column if r[0] in codes]
            if count == "respondents":
                assert asked.bases[at] == len(asks)
                assert asked.beside[at] == len({r[5] for r in said} - set(asks))
            if count == "transcripts":
                assert asked.bases[at] == len({p // 2 for p in asks})
                by_asked = {r[2] for r in said if r[5] is None or r[5] in asks}
                assert asked.beside[at] == len({r[2] for r in said} - by_asked)
            if count == "share" and everybody:
                assert asked.bases[at] == sum(
                    len([1 for _i, who in made.said(t) if who in people and who // 2 == t]) for t in range(2)
                )


@pytest.mark.django_db
def test_a_migrant_who_was_not_asked_is_no_zero():
    made = Made([(3, 0, 0, (3, 6)), (3, 0, 1, (20, 30))], ({0}, set(), set(), {0}))
    table = cross_tabulate(made.study, frame_of(made.study), Question())
    row = next(row for row in table.rows if row.code.name == "3")
    assert row.cells == [1, 1, 2]
    assert row.below.people == row.below.bases == [2, 0, 2]
    assert row.below.beside == [0, 1, 1]
