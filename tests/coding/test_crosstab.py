"""The arithmetic of cross-tabulations, by hand-worked cases and against a slow, obvious recount."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.analysis.covered import Spans, count_places, distinct
from coding.analysis.crosstab import count_units, sum_rows
from coding.analysis.words import WordPlaces
from interviews.turns import count_words as words_in

TEAM, FORMED, BROKE, TIES = "Team return", "Team formation", "Team break-up", "Migration ties"
PARENTS = {TEAM: None, FORMED: TEAM, BROKE: TEAM, TIES: None}


def test_a_respondent_counts_once_for_a_parent_of_two_codes():
    counts = count_units([(FORMED, 0, "Wenbo"), (BROKE, 0, "Wenbo"), (BROKE, 1, "Pu")], PARENTS, 2)
    assert counts.cells[TEAM] == [1, 1, 2]
    assert counts.own[TEAM] == [0, 0, 0]
    assert counts.own[BROKE] == counts.cells[BROKE] == [1, 1, 2]
    assert counts.totals == [1, 1, 2]


def test_a_transcript_of_two_columns_counts_once_in_all():
    counts = count_units([(TIES, 0, "group"), (TIES, 1, "group")], PARENTS, 2)
    assert counts.cells[TIES] == [1, 1, 1]


def test_coded_segments_are_summed_for_a_parent():
    counts = sum_rows([(TEAM, 0, 1), (FORMED, 0, 2), (BROKE, 1, 4)], PARENTS, 2)
    assert counts.cells[TEAM] == [3, 4, 7]
    assert counts.own[TEAM] == [1, 0, 1]


def test_a_code_without_rows_has_zeros():
    assert count_units([], PARENTS, 3).cells[TIES] == [0, 0, 0, 0]


def test_codes_of_a_subtree_need_no_parent_among_them():
    counts = count_units([(FORMED, 0, 1), (BROKE, 0, 1)], {FORMED: TEAM, BROKE: TEAM}, 1)
    assert counts.totals == [1, 1]


def spans_of(texts, segments):
    """The Spans of segments, each (text, start, end), and where each of them is."""
    parts, at, before = [], 0, 0
    for number, text in enumerate(texts):
        words = WordPlaces(text)
        for segment in segments:
            if segment[0] == number:
                start, end = np.array([segment[1]]), np.array([segment[2]])
                counted = int(words.before(start)[0]), int(words.before(end)[0]), int(words.cut(start)[0])
                parts.append((at + segment[1], at + segment[2], before + counted[0], before + counted[1]))
                parts[-1] += (at + counted[2], segment)
        at, before = at + len(text) + 1, before + words_in(text)
    parts.sort(key=lambda part: part[0])
    columns = [np.array([part[n] for part in parts], dtype=np.int64) for n in range(5)]
    return Spans(*columns), {part[5]: place for place, part in enumerate(parts)}


def words_of(text, *segments):
    spans, places = spans_of([text], [(0, *segment) for segment in segments])
    one = np.zeros(len(places), dtype=np.int64)
    return count_places(one + 7, one, np.arange(len(places)), {7: None}, 1, spans.measure).totals[-1]


def test_words_under_crossing_segments_count_once():
    text = "We decided together, in the car park."
    assert words_of(text, (0, 19), (11, 27), (28, 36)) == 7
    assert words_of(text, (0, 19), (11, 27)) == 5


def test_a_word_cut_by_two_touching_segments_is_one_word():
    assert words_of("together", (0, 4), (4, 8)) == 1
    assert words_of("together", (0, 4), (5, 8)) == 2


@given(st.text(alphabet="ab_1 \n-,老𬭎ー\u3000ée'", max_size=30), st.data())
def test_words_between_any_two_places_are_those_of_the_text_between(text, data):
    words = WordPlaces(text)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    places = np.array([start, end])
    found = words.before(places)[1] - words.before(places)[0] + (words.cut(places)[0] < end)
    assert found == words_in(text[start:end])


TEXTS = ["We went, 老𬭎 and I, to the car park together.", "One two three four five six seven eight nine."]


@st.composite
def studies(draw):
    """(codes in any order, parents, rows): rows are (code, coder, transcript, start, end)."""
    size = draw(st.integers(1, 7))
    parents = {code: draw(st.none() | st.integers(0, code - 1)) if code else None for code in range(size)}
    place = st.integers(0, 1).flatmap(
        lambda t: st.tuples(
            st.just(t),
            st.tuples(st.integers(0, len(TEXTS[t])), st.integers(0, len(TEXTS[t])))
            .map(sorted)
            .filter(lambda pair: pair[0] < pair[1]),
        )
    )
    one = st.tuples(st.integers(0, size - 1), st.sampled_from("ab"), place)
    rows = {
        (code, coder, t, start, end) for code, coder, (t, (start, end)) in draw(st.lists(one, max_size=25))
    }
    return draw(st.permutations(list(parents))), parents, rows


COLUMN_OF = {"r1": 0, "r2": 1, "r3": 0, "r4": 2}


def speaker(transcript, start):
    """Two respondents a transcript: who speaks depends on where a segment begins."""
    return [["r1", "r2"], ["r3", "r4"]][transcript][start > 12]


def below(code, parents):
    found = {code}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def words_recounted(ranges):
    """Words of the characters under any range, character by character."""
    total = 0
    for transcript, text in enumerate(TEXTS):
        marked = {i for t, start, end in ranges if t == transcript for i in range(start, end)}
        runs, run = [], ""
        for i, sign in enumerate(text):
            if i in marked:
                run += sign
            else:
                runs.append(run)
                run = ""
        total += sum(words_in(each) for each in [*runs, run])
    return total


def recount(rows, codes, columns):
    """What bears any of the codes in any of the columns, by each way of counting."""
    chosen = [row for row in rows if row[0] in codes and COLUMN_OF[speaker(row[2], row[3])] in columns]
    ranges = {row[2:] for row in chosen}
    return {
        "respondents": len({speaker(t, start) for t, start, _end in ranges}),
        "transcripts": len({t for t, _start, _end in ranges}),
        "segments": len(ranges),
        "coded_segments": len(chosen),
        "words": words_recounted(ranges),
    }


@settings(deadline=None)
@given(studies())
def test_every_count_equals_a_slow_recount(study):
    order, parents, rows = study
    shuffled = {code: parents[code] for code in order}
    placed = [(code, COLUMN_OF[speaker(t, start)], (t, start, end)) for code, _coder, t, start, end in rows]
    spans, places = spans_of(TEXTS, {at for _code, _column, at in placed})
    arrays = [np.array([row[n] for row in placed], dtype=np.int64) for n in (0, 1)]
    arrays.append(np.array([places[at] for _code, _column, at in placed], dtype=np.int64))
    tables = {
        "respondents": count_units([(c, n, speaker(*at[:2])) for c, n, at in placed], shuffled, 3),
        "transcripts": count_units([(c, n, at[0]) for c, n, at in placed], shuffled, 3),
        "segments": count_places(*arrays, shuffled, 3, distinct),
        "coded_segments": sum_rows([(c, n, 1) for c, n, _at in placed], shuffled, 3),
        "words": count_places(*arrays, shuffled, 3, spans.measure),
    }
    sides = [{0}, {1}, {2}, {0, 1, 2}]
    for name, table in tables.items():
        for code in parents:
            assert table.own[code] == [recount(rows, {code}, side)[name] for side in sides]
            assert table.cells[code] == [recount(rows, below(code, parents), side)[name] for side in sides]
        assert table.totals == [recount(rows, set(parents), side)[name] for side in sides]
