"""Where positions go when a text is edited: for any text, any edit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviews.anchors import (
    KEPT,
    MOVED,
    NEEDS_EYES,
    EditMap,
    Place,
    changes,
    diff,
    merge,
    through,
)
from tests.examples import MANY

FEW_LETTERS = st.text("ab \n", min_size=1, max_size=40)
ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60) | FEW_LETTERS
ODD = st.text("a b\n.👩🏽‍💻老𬭎国é́ ", min_size=1, max_size=40)


def distinct_words(draw, letter, most):
    return [f"{letter}{number}" for number in range(draw(st.integers(1, most)))]


@st.composite
def replaced(draw, texts=ANY):
    """(old, new, start, end): one stretch replaced, and a range it does not touch."""
    old = draw(texts)
    begin = draw(st.integers(0, len(old)))
    stop = draw(st.integers(begin, len(old)))
    put_in = draw(st.text("ab \n", max_size=10) | st.just(old[: draw(st.integers(0, len(old)))]))
    new = old[:begin] + put_in + old[stop:]
    untouched = [(low, high) for low, high in ((0, begin), (stop, len(old))) if low < high]
    low, high = draw(st.sampled_from(untouched or [(0, 0)]))
    start = draw(st.integers(low, max(low, high - 1)))
    end = draw(st.integers(min(start + 1, high), high)) if high > low else start
    return old, new, start, end


@st.composite
def edited_words(draw):
    """(old words, new words): of words that are all different, some dropped and others put in between."""
    old = distinct_words(draw, "w", 60)
    new, number = [], 0
    for word in old:
        if draw(st.integers(0, 5)) == 0:
            for _ in range(draw(st.integers(1, 3))):
                new.append(f"n{number}")
                number += 1
        if draw(st.integers(0, 5)):
            new.append(word)
    return old, new


def range_of(draw, text):
    start = draw(st.integers(0, len(text) - 1))
    return start, draw(st.integers(start + 1, len(text)))


@MANY
@given(replaced(ANY) | replaced(FEW_LETTERS) | replaced(ODD))
def test_words_outside_the_stretch_that_was_replaced_stay_the_same_words(made):
    old, new, start, end = made
    if start == end or not new:
        return
    place = EditMap(old, new).place(start, end)
    assert place.state in (KEPT, MOVED)
    assert new[place.start : place.end].split() == old[start:end].split()


@MANY
@given(edited_words(), st.data())
def test_words_that_survive_many_edits_are_found_where_they_are(made, data):
    old_words, new_words = made
    old, new = " ".join(old_words), " ".join(new_words)
    if not new:
        return
    first = data.draw(st.integers(0, len(old_words) - 1))
    last = data.draw(st.integers(first, len(old_words) - 1))
    quote = " ".join(old_words[first : last + 1])
    start = len(" ".join([*old_words[:first], ""]))
    place = EditMap(old, new).place(start, start + len(quote))
    if f" {quote} " in f" {new} ":
        assert place.state == KEPT
        assert new[place.start : place.end] == quote
    else:
        assert place.state == NEEDS_EYES
        assert new[place.start : place.end].strip() or not set(new_words) & set(old_words[first : last + 1])


@MANY
@given(ANY | ODD, ANY | ODD, st.data())
def test_whatever_the_texts_a_range_is_either_the_same_words_or_needs_eyes(old, new, data):
    start, end = range_of(data.draw, old)
    place = EditMap(old, new).place(start, end)
    assert 0 <= place.start < place.end <= len(new)
    if place.state != NEEDS_EYES:
        assert new[place.start : place.end].split() == old[start:end].split()
    if place.exact:
        assert new[place.start : place.end] == old[start:end]


@MANY
@given(ANY | ODD, ANY | ODD, st.data())
def test_an_edit_taken_back_brings_every_kept_position_back(old, new, data):
    there, back = EditMap(old, new), EditMap(new, old)
    assert back.hunks == [hunk.turned for hunk in there.hunks]
    start, end = range_of(data.draw, old)
    place = there.place(start, end)
    if place.exact:
        assert back.place(place.start, place.end) == Place(KEPT, start, end, exact=True)
    assert through([EditMap(old, old)], start, end) == Place(KEPT, start, end, exact=True)


@MANY
@given(ANY | ODD, ANY | ODD)
def test_hunks_make_the_new_text_of_the_old_one(old, new):
    hunks = diff(old, new)
    made, done = "", 0
    for hunk in hunks:
        assert hunk.old_start > done or not made
        assert old[hunk.old_start : hunk.old_end] != new[hunk.new_start : hunk.new_end]
        made += old[done : hunk.old_start] + new[hunk.new_start : hunk.new_end]
        done = hunk.old_end
    assert made + old[done:] == new


@MANY
@given(ANY, ANY, ANY, st.data())
def test_two_edits_take_a_range_where_the_one_after_the_other_does(one, two, three, data):
    first, second = EditMap(one, two), EditMap(two, three)
    start, end = range_of(data.draw, one)
    middle = first.place(start, end)
    last = second.place(middle.start, middle.end)
    both = through([first, second], start, end)
    assert (both.start, both.end) == (last.start, last.end)
    assert both.exact == (middle.exact and last.exact)
    if both.exact:
        assert three[both.start : both.end] == one[start:end]


@MANY
@given(ANY | ODD, ANY | ODD, st.data())
def test_ranges_that_were_kept_exactly_never_meet(old, new, data):
    edit = EditMap(old, new)
    a, b = range_of(data.draw, old), range_of(data.draw, old)
    place_a, place_b = edit.place(*a), edit.place(*b)
    if place_a.exact and place_b.exact and a != b:
        assert place_a[1:3] != place_b[1:3]


@MANY
@given(edited_words(), st.data())
def test_edits_of_different_words_merge_to_both(made, data):
    words, _new = made
    base = " ".join(words)
    at = data.draw(st.integers(0, len(words) - 1))
    other = data.draw(st.integers(0, len(words) - 1))
    mine = " ".join([*words[:at], "mine", *words[at + 1 :]])
    theirs = " ".join([*words[:other], "theirs", *words[other + 1 :]])
    merged = merge(base, mine, theirs)
    if at == other:
        assert merged is None
    else:
        wanted = list(words)
        wanted[at], wanted[other] = "mine", "theirs"
        assert merged == " ".join(wanted)


@MANY
@given(st.integers(1, 30), st.data())
def test_edits_side_by_side_come_to_the_same_whichever_comes_first(number, data):
    words = [f"w{n}" for n in range(number)]
    base = " ".join(words)
    mine, theirs = (" ".join(changed(data.draw, words, letter)) for letter in "mt")
    merged = merge(base, mine, theirs)
    assert merged == merge(base, theirs, mine)
    if not (mine and theirs and merged):
        return
    first = data.draw(st.integers(0, number - 1))
    last = data.draw(st.integers(first, number - 1))
    quote = " ".join(words[first : last + 1])
    start = len(" ".join([*words[:first], ""]))
    places = [
        through([EditMap(base, side), EditMap(side, merged)], start, start + len(quote))
        for side in (mine, theirs)
    ]
    survives = f" {quote} " in f" {merged} "
    for place in places:
        assert (place.state != NEEDS_EYES) == survives
        assert not survives or merged[place.start : place.end] == quote
    assert not survives or places[0][1:3] == places[1][1:3]


def changed(draw, words, letter):
    """Some of the words dropped, and new ones put in behind some."""
    for number, word in enumerate(words):
        what = draw(st.sampled_from(["stays"] * 6 + ["goes", "grows"]))
        if what != "goes":
            yield word
        if what == "grows":
            yield f"{letter}{number}"


@pytest.mark.parametrize(
    ("old", "new", "words", "state", "becomes"),
    [
        ("We came back.", "So we came back.", "came back", KEPT, "came back"),
        ("We came\nback.", "We came back.", "came\nback", KEPT, "came back"),
        ("One.\nTwo.\nThree.\n", "Two.\nThree.\nOne.\n", "One.", MOVED, "One."),
        (
            "I went to Suzhou then.",
            "I went to Hangzhou then.",
            "went to Suzhou",
            NEEDS_EYES,
            "went to Hangzhou",
        ),
        ("I went to Suzhou then.", "I went then.", "to Suzhou", NEEDS_EYES, "t"),
        ("She said yes.\nHe left.\n", "She said yes.\n", "He left.", NEEDS_EYES, "\n"),
        (
            "老𬭎和我一起回来👩🏽‍💻。",
            "后来老𬭎和我一起回来👩🏽‍💻。",
            "一起回来👩🏽‍💻",
            KEPT,
            "一起回来👩🏽‍💻",
        ),
        ("the cat the cat sat", "the cat sat", "the cat sat", KEPT, "the cat sat"),
    ],
)
def test_examples(old, new, words, state, becomes):
    start = old.index(words)
    place = EditMap(old, new).place(start, start + len(words))
    assert (place.state, new[place.start : place.end]) == (state, becomes)


def test_the_same_words_elsewhere_are_another_passage():
    old = "ANNA: Yes.\n\nBEA: Why?\n\nANNA: Yes.\n\nBEA: I see.\n"
    start = old.rindex("Yes.")
    new = old.replace("ANNA: Yes.\n\nBEA: I see.\n", "BEA: I see.\n")
    assert EditMap(old, new).place(start, start + 4).state == NEEDS_EYES


def test_changes_to_the_same_words_do_not_merge_and_equal_ones_do():
    assert merge("to go to Suzhou", "to go to Wuxi", "to go to Beijing") is None
    assert merge("cat", "cut", "cats") is None
    assert merge("to go to Suzhou", "to go to Wuxi", "to go to Wuxi") == "to go to Wuxi"


def test_changes_are_shown_by_line_with_whole_words_marked():
    (change,) = changes("A: one\nB: Suzhou then\nC: two\n", "A: one\nB: Hangzhou then\nC: two\n")
    assert change.at == 7
    assert change.old == [("B: ", False), ("Suzhou", True), (" then", False)]
    assert change.new == [("B: ", False), ("Hangzhou", True), (" then", False)]


@MANY
@given(ANY, ANY)
def test_shown_changes_hold_what_was_taken_out_and_put_in(old, new):
    for change in changes(old, new):
        shown = "".join(piece.text for piece in change.old)
        assert old.startswith(shown, change.at)
        assert "".join(piece.text for piece in change.new) in new
        assert any(piece.changed for piece in change.old + change.new)


def test_a_range_that_is_not_in_the_text_is_refused():
    for start, end in ((0, 0), (3, 2), (0, 99), (-1, 2)):
        with pytest.raises(ValueError, match="no range"):
            EditMap("words", "words").place(start, end)


def test_a_point_within_changed_words_has_no_place():
    edit = EditMap("one two three", "one 2 three")
    assert (edit.point(0), edit.point(4), edit.point(5), edit.point(7), edit.point(13)) == (0, 4, None, 5, 11)
