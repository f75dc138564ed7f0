"""Laying a text out with its codings, against the slow obvious way: character by character."""

from hypothesis import given
from hypothesis import strategies as st

from coding.coded_text import STILL_OPEN_NAMED, Coding, lay_out, passages_of
from interviews.turns import find_turns

PIECES = st.sampled_from(
    ["A: yes", "\n", "\n\n", "B: no, no", "  ", "国伟：我们一起决定", "𬭎😀", "* * *", "[00:12] A: then"]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@st.composite
def coded_texts(draw):
    text = draw(TEXTS.filter(bool))
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    stretches = places.filter(lambda ends: ends[0] != ends[1]).map(sorted)
    codings = draw(
        st.lists(
            st.builds(
                lambda ends, code, coder: Coding(*ends, code, coder),
                stretches,
                st.integers(1, 5),
                st.integers(1, 3),
            ),
            max_size=12,
        )
    )
    marks = [
        {"start": start, "end": end, "kind": kind}
        for (start, end), kind in draw(
            st.lists(st.tuples(places.map(sorted), st.sampled_from(["bold", "italic"])), max_size=4)
        )
    ]
    return text, find_turns(text), marks, codings


def laid_out(example):
    text, turns, marks, codings = example
    return lay_out(text, turns, marks, passages_of(codings))


def runs_of(blocks):
    return [run for block in blocks for run in block.runs]


@given(coded_texts())
def test_every_character_is_in_one_run_in_order(example):
    text = example[0]
    blocks = laid_out(example)
    assert "".join(text[run.start : run.end] for run in runs_of(blocks)) == text
    assert all(run.start < run.end for run in runs_of(blocks))
    assert [(block.start, block.end) for block in blocks] == [
        (block.runs[0].start, block.runs[-1].end) for block in blocks
    ]


@given(coded_texts())
def test_every_turn_is_a_block_with_its_number_and_label(example):
    text, turns, _marks, _codings = example
    blocks = laid_out(example)
    numbered = [block for block in blocks if block.number]
    assert [block.number for block in numbered] == list(range(1, len(turns) + 1))
    for block, turn in zip(numbered, turns, strict=True):
        of_part = {"label": "", "words": "", "between": ""}
        for run in block.runs:
            of_part[run.part] += text[run.start : run.end]
        assert of_part["label"] == text[turn["start"] : turn["said"]]
        assert of_part["words"] == text[turn["said"] : turn["end"]]
        shown = "".join(block.words(run, text) for run in block.runs)
        assert shown == text[turn["start"] : turn["end"]]
        assert not of_part["between"].strip()


@given(coded_texts())
def test_runs_bear_exactly_the_codes_of_their_characters(example):
    _text, _turns, marks, codings = example
    for run in runs_of(laid_out(example)):
        for place in range(run.start, run.end):
            codes = {coding.code for coding in codings if coding.start <= place < coding.end}
            assert run.depth == len(codes)
            assert run.code == (codes.pop() if len(codes) == 1 else None)
            kinds = {mark["kind"] for mark in marks if mark["start"] <= place < mark["end"]}
            assert (run.kind in kinds) if kinds else run.kind is None


@given(coded_texts())
def test_passages_open_and_close_once_at_their_ends_with_all_their_codings(example):
    codings = example[3]
    runs = runs_of(laid_out(example))
    opened = [(passage, run.start) for run in runs for passage in run.opens]
    closed = [(passage, run.end) for run in runs for passage in run.closes]
    assert [passage.number for passage, _at in opened] == list(
        range(1, len({(coding.start, coding.end) for coding in codings}) + 1)
    )
    assert all(passage.start == at for passage, at in opened)
    assert sorted(passage.number for passage, _at in closed) == [passage.number for passage, _at in opened]
    assert all(passage.end == at for passage, at in closed)
    gathered = [coding for passage, _at in opened for coding in passage.codings]
    assert sorted(gathered) == sorted(codings)


@given(coded_texts())
def test_blocks_name_the_passages_that_go_on_in_them(example):
    blocks = laid_out(example)
    passages = passages_of(example[3])
    for block in blocks:
        going_on = [p.number for p in passages if p.start < block.start < p.end]
        assert [p.number for p in block.going_on] == going_on[:STILL_OPEN_NAMED]
        assert block.more_going_on == len(going_on[STILL_OPEN_NAMED:])


def test_of_two_that_begin_together_the_longer_opens_first_and_closes_last():
    text = "A: one two"
    blocks = lay_out(text, find_turns(text), [], passages_of([Coding(3, 6, 1, 1), Coding(3, 10, 2, 1)]))
    runs = runs_of(blocks)
    assert [[p.number for p in run.opens] for run in runs] == [[], [1, 2], []]
    assert [[p.end for p in run.opens] for run in runs] == [[], [10, 6], []]
    assert [[p.number for p in run.closes] for run in runs] == [[], [2], [1]]
    assert [(run.depth, run.code) for run in runs] == [(0, None), (2, None), (1, 2)]


def test_two_coders_with_one_code_on_one_stretch_are_one_passage_of_one_code():
    passages = passages_of([Coding(0, 4, 7, 1), Coding(0, 4, 7, 2), Coding(0, 4, 8, 2)])
    assert [passage.coders_by_code() for passage in passages] == [{7: [1, 2], 8: [2]}]


def test_more_passages_going_on_than_are_named_are_counted():
    text = "A: " + "x" * 40 + "\nB: yes"
    codings = [Coding(start, len(text), 1, 1) for start in range(30)]
    last = lay_out(text, find_turns(text), [], passages_of(codings))[-1]
    assert (len(last.going_on), last.more_going_on) == (STILL_OPEN_NAMED, 30 - STILL_OPEN_NAMED)


def test_no_text_has_no_blocks_and_text_without_turns_one():
    assert lay_out("", [], [], []) == []
    assert [(b.start, b.end, b.number) for b in lay_out("only words", [], [], [])] == [(0, 10, None)]


def test_white_space_between_turns_goes_with_the_block_before():
    text = "Head\n\nA: one\n\n* * *\n\nB: two\n"
    a, b = text.index("A:"), text.index("B:")
    turns = [
        {"start": a, "end": a + 6, "said": a + 3, "speaker": "A", "at": None},
        {"start": b, "end": b + 6, "said": b + 3, "speaker": "B", "at": None},
    ]
    blocks = lay_out(text, turns, [], [])
    assert [text[block.start : block.end] for block in blocks] == [
        "Head\n\n",
        "A: one\n\n",
        "* * *\n\n",
        "B: two\n",
    ]
    assert [block.number for block in blocks] == [None, 1, None, 2]
