"""Finding words in texts, and leading what is found in a folded text back to the text as it is."""

import itertools
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coding.analysis import search
from coding.analysis.search import (
    Folded,
    Unsearchable,
    Wanted,
    finder,
    fold,
    sentence_around,
    shortest_stretch,
)

ODD = "aAﬁßée\u0301İ가ㄱ\u1100\u1161\u11a8ｶﾞか\u3099①㍿，。 \n老𬭎👩🏽\u200d💻ǆ½\u0345"
texts = st.text(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"]), max_size=30)


def whole(text):
    return [{"start": 0, "said": 0, "end": len(text), "speaker": None}]


def found(text, *wanted, turns=None, **options):
    in_turns = finder(Wanted(*wanted, **options))(text)
    hits = in_turns(turns or whole(text)) if in_turns else []
    return [text[hit.start : hit.end] for hit in hits]


@given(st.text(max_size=4), st.integers(0, 60))
def test_folding_is_the_same_however_few_signs_are_beyond_ascii(odd, many):
    text = f"{'The İ ' * many}{odd}{' Straße' * many} Ends"
    assert fold(text) == unicodedata.normalize("NFKC", text).casefold()


@given(texts)
@example("e\u0301\u0345")
@example("\u1100\u1161\u11a8x")
def test_each_piece_of_a_folded_text_is_led_back_to_where_it_came_from(text):
    folded = Folded(text)
    assert folded.text == unicodedata.normalize("NFKC", text).casefold() or text.isascii()
    cuts = [0]  # places in the text where a piece ends whose folding does not depend on what follows
    for place in range(1, len(text) + 1):
        if fold(text[:place]) + fold(text[place:]) == folded.text:
            cuts.append(place)
    for start, end in itertools.combinations(cuts, 2):
        at, until = len(fold(text[:start])), len(fold(text[:end]))
        first, last = folded.original(at, until)
        assert start >= first and last >= end
        assert fold(text[first:last]).count(fold(text[start:end]))


@given(texts)
def test_positions_led_back_stay_in_order_and_cover_every_sign(text):
    folded = Folded(text)
    back = [folded.original(place, place + 1) for place in range(len(folded.text))]
    assert all(start < end for start, end in back)
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(back))
    assert sorted({sign for start, end in back for sign in range(start, end)}) == list(range(len(text)))


@given(texts, texts)
def test_words_are_found_wherever_they_were_put(before, words):
    if not words.split() or len(words.split()) > 1 or words != words.strip():
        return
    text = f"{before} {words} after"
    assert any(
        hit.start <= len(before) + 1 and hit.end >= len(before) + 1 + len(words)
        for hit in finder(Wanted(words))(text)(whole(text))
    )


@pytest.mark.parametrize(
    ("wanted", "text", "hits"),
    [
        ("car park", "In the CAR\n park, the ｃａｒ park.", ["CAR\n park", "ｃａｒ park"]),
        ("我们", "𬭎老师说我们不后悔，我们走了", ["我们", "我们"]),
        ("strasse", "Die Straße", ["Straße"]),
        ("fi", "an oﬃce, a ﬁle", ["ﬃ", "ﬁ"]),
        ("é", "cafe\u0301 café", ["e\u0301", "é"]),
        ("a.c", "abc a.c", ["a.c"]),
        ("nothing", "some thing", []),
    ],
)
def test_exact_words_are_found_whatever_their_case_and_width(wanted, text, hits):
    assert found(text, wanted) == hits


def test_whole_words_end_where_letters_do_but_chinese_has_no_gaps():
    assert found("team teams steam Team.", "team", whole_words=True) == ["team", "Team"]
    assert found("在IBM工作", "ibm", whole_words=True) == ["IBM"]
    assert found("我们的团队", "团队", whole_words=True) == ["团队"]


def test_all_words_are_found_in_any_order_within_one_turn_as_the_shortest_stretch():
    text = "money and visa, then more visa. money\n\nmoney only"
    turns = [{"said": 0, "end": 37, "speaker": "A"}, {"said": 39, "end": len(text), "speaker": "B"}]
    assert found(text, "visa MONEY", "words", turns=turns) == ["visa. money"]


def test_nothing_is_found_in_labels_nor_from_turn_to_turn():
    text = "ANNA: we met\n\nBEN: Anna said so"
    turns = [{"said": 6, "end": 12, "speaker": "ANNA"}, {"said": 19, "end": len(text), "speaker": "BEN"}]
    assert found(text, "anna", turns=turns) == ["Anna"]
    assert found(text, "met BEN", turns=turns) == []
    crossing = "A: a a\n\nB: a a"
    turns = [{"said": 3, "end": 6, "speaker": "A"}, {"said": 11, "end": 14, "speaker": "B"}]
    assert found("a " + "a", "a a") == ["a a"]
    assert found(crossing, "a a", turns=turns) == ["a a", "a a"]


def test_a_regular_expression_sees_the_folded_words_of_each_turn():
    assert found("Visas, VISA and ｖｉｓａ", r"\bvisas?\b", "regex") == ["Visas", "VISA", "ｖｉｓａ"]
    assert found("（公司）", "（.*）", "regex") == ["（公司）"]
    assert found("aab", "a*", "regex") == ["aa"]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted("  "), search.EMPTY),
        (Wanted("x" * 201), search.TOO_LONG),
        (Wanted(" ".join(map(str, range(13))), "words"), search.TOO_MANY_WORDS),
        (Wanted("(open", "regex"), search.NOT_A_PATTERN),
        (Wanted("a{999999999}", "regex"), search.TOO_BIG),
        (Wanted("(?:(?:a{99}){99}){99}", "regex"), search.TOO_BIG),
        (Wanted("(" * 60 + "a" + "+)" * 60, "regex"), search.TOO_BIG),
        (Wanted(r"\g<x>", "regex"), search.NOT_A_PATTERN),
    ],
)
def test_what_cannot_be_looked_for_is_refused_before_any_text_is_read(wanted, why):
    with pytest.raises(Unsearchable) as refused:
        finder(wanted)
    assert refused.value.why == why


def test_a_regular_expression_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(search, "SLOWEST", 0.05)
    with pytest.raises(Unsearchable) as refused:
        found("a" * 5000 + "b", "(a+)+$", "regex")
    assert refused.value.why == search.TOO_SLOW


def test_one_turn_may_not_take_the_time_of_all_texts(monkeypatch):
    monkeypatch.setattr(search, "SLOWEST_TURN", 0.05)
    with pytest.raises(Unsearchable) as refused:
        found("a" * 5000 + "b", "(a+)+$", "regex")
    assert refused.value.why == search.TOO_SLOW


def test_the_time_of_all_texts_is_counted_together():
    seconds = itertools.count(step=3)
    find = finder(Wanted("a", "regex"), clock=lambda: next(seconds))
    find("a")(whole("a"))
    find("a")(whole("a"))
    with pytest.raises(Unsearchable):
        find("a")(whole("a"))


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 20), st.integers(1, 3)), min_size=1, max_size=4),
        min_size=1,
        max_size=3,
    )
)
def test_the_shortest_stretch_is_as_short_as_trying_all_says(drawn):
    places = [sorted((at, at + length) for at, length in spans) for spans in drawn]
    start, end = shortest_stretch(places)
    shortest = min(max(e for _s, e in some) - min(s for s, _e in some) for some in itertools.product(*places))
    if len(places) > 1:
        assert end - start == shortest
    assert all(any(start <= s and e <= end for s, e in spans) for spans in places)


@pytest.mark.parametrize(
    ("words", "hit", "sentence"),
    [
        ("One. Two here. Three.", "here", "Two here."),
        ("He came at 3 p.m. on foot. Yes.", "foot", "He came at 3 p.m. on foot."),
        ("我们走了。他说“不后悔。”后来", "后悔", "他说“不后悔。”"),
        ("no end", "no", "no end"),
        ("“Why?” she said. Then", "said", "“Why?” she said."),
    ],
)
def test_a_sentence_is_cut_where_it_ends(words, hit, sentence):
    at = words.index(hit)
    start, end = sentence_around(words, at, at + len(hit))
    assert words[start:end] == sentence


@given(st.text("ab.?! \n。”", max_size=30), st.data())
def test_a_sentence_holds_its_words(words, data):
    start = data.draw(st.integers(0, max(0, len(words) - 1)))
    end = data.draw(st.integers(start, len(words)))
    if not words[start:end].strip() or words[start:end] != words[start:end].strip():
        return
    first, last = sentence_around(words, start, end)
    assert first <= start and end <= last
