"""Names in texts: what is found, what takes their place, and where positions go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviews.names import ReplacedMap, Rule, Rules, Span, identifiers
from tests.examples import MANY


def replace(text, *pairs, left=()):
    return Rules([Rule(*pair, frozenset(left)) for pair in pairs]).apply(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wenbo said", "Dalin said"),
        ("WENBO: yes", "DALIN: yes"),
        ("RET01_wenbo.txt", "RET01_dalin.txt"),
        ("Wenbo's car, Wenbo’s team, the Wenbos", "Dalin's car, Dalin’s team, the Dalins"),
        ("WENBO'S", "DALIN'S"),
        ("Wenbo1: hm", "Dalin1: hm"),
        ("Ｗｅｎｂｏ", "Dalin"),
        ("/wenbo-s-study/", "/dalin-s-study/"),
        ("我和Wenbo回国", "我和Dalin回国"),
        ("Wenboesque, Zwenbo", "Wenboesque, Zwenbo"),
    ],
)
def test_a_name_is_replaced_in_its_case_and_inflection(text, expected):
    assert replace(text, ("Wenbo", "Dalin")) == expected


def test_chinese_names_need_no_word_boundary():
    assert replace("国伟：我是国伟的朋友", ("国伟", "志强")) == "志强：我是志强的朋友"


def test_names_with_spaces_marks_and_hyphens_are_found_however_written():
    text = "Jean-Luc\nPérez; JEAN‐LUC PE\u0301REZ"
    assert replace(text, ("Jean-Luc Pérez", "Marc Roy")) == "Marc Roy; MARC ROY"


def test_a_name_whose_first_letter_has_marks_is_found():
    assert replace("Élodie, E\u0301lodie and ÉLODIE", ("Élodie", "Ruth")) == "Ruth, Ruth and RUTH"


def test_of_two_names_at_one_place_the_longer_is_taken():
    rules = ("Wenbo", "Dalin"), ("Wenbo Qin", "Dalin Hu")
    assert replace("Wenbo Qin and Wenbo", *rules) == "Dalin Hu and Dalin"


def test_short_names_take_no_s_and_spellings_can_be_left():
    assert replace("Pu has pus", ("Pu", "Lu")) == "Lu has pus"
    assert replace("Tan has a tan", ("Tan", "Wu"), left=["tan"]) == "Wu has a tan"


def test_swapped_names_do_not_run_into_each_other():
    assert replace("Ann met Bob", ("Ann", "Eve"), ("Bob", "Ann")) == "Eve met Ann"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("write to wenbo.qin@mail.example.org.", "e-mail", "wenbo.qin@mail.example.org"),
        ("see https://example.org/~wenbo?x=1, there", "url", "https://example.org/~wenbo?x=1"),
        ("call +86 512 6288 1234 now", "phone", "+86 512 6288 1234"),
        ("我的手机13812345678。", "phone", "13812345678"),
        ("at (617) 555-0123.", "phone", "(617) 555-0123"),
        ("born 12 March 1971 in", "birth", "12 March 1971"),
        ("1971年3月12日生", "birth", "1971年3月12日"),
        ("on 1971-03-12", "date", "1971-03-12"),
        ("DOB: 12/03/71, male", "birth", "12/03/71"),
        ("D.O.B. 12.03.1971", "birth", "12.03.1971"),
        ("date of birth: March 12, 1971", "birth", "March 12, 1971"),
        ("I was born in Suzhou in 1971, then", "birth", "1971"),
        ("geboren am 12.03.1971", "birth", "12.03.1971"),
        ("geb. 12.03.1971", "birth", "12.03.1971"),
        ("née le 12/03/1971", "birth", "12/03/1971"),
        ("nacida el 12/03/1971", "birth", "12/03/1971"),
        ("出生日期：1971年3月12日", "birth", "1971年3月12日"),
        ("我生于1971年", "birth", "1971年"),
        ("1971年3月出生在苏州", "birth", "1971年3月"),
        ("1971年3月12日生活在苏州", "date", "1971年3月12日"),
        ("ID 11010519491231002X", "number", "11010519491231002X"),
        ("电话 １３８００１３８０００。", "phone", "１３８００１３８０００"),
        ("To ａｂ．ｃ＠ｄｅ．ｃｎ，please", "e-mail", "ａｂ．ｃ＠ｄｅ．ｃｎ"),
    ],
)
def test_identifiers_are_found(text, kind, words):
    [found] = identifiers(text)
    assert (found.kind, text[found.start : found.end]) == (kind, words)


def test_a_birth_and_another_date_are_told_apart_in_text_order():
    text = "On 2006-04-05 she said: born 1971-03-12, phone 13812345678."
    assert [each.kind for each in identifiers(text)] == ["date", "birth", "phone"]


def test_names_of_several_words_are_found_in_files_and_addresses():
    assert replace("RET_wen_bo.txt wen-bo Wen  Bo", ("Wen Bo", "Da Lin")) == "RET_da lin.txt da lin Da Lin"


@pytest.mark.parametrize(
    "text",
    [
        "in 1999 we were 30",
        "turn 12:31",
        "from 2001-2006",
        "v1.2.3",
        "10,000",
        "born abroad. In 1999 we left",
        "1999年生产",
    ],
)
def test_ordinary_numbers_are_no_identifiers(text):
    assert not list(identifiers(text))


@MANY
@given(data=st.data())
def test_ranges_keep_their_words_and_come_back(data):
    text = data.draw(st.text("ab Wenbo国伟\n", min_size=1, max_size=60))
    rules = Rules([Rule("Wenbo", "Xi"), Rule("国伟", "志强志强"), Rule("a", "longer")])
    spans = rules.spans(text)
    way = ReplacedMap(text, spans)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    place = way.place(start, end)
    covered = [span for span in spans if span.start < end and start < span.end]
    low = min([start, *(span.start for span in covered)])
    high = max([end, *(span.end for span in covered)])
    inner = [Span(span.start - low, span.end - low, span.words, 0) for span in covered]
    assert way.new[place.start : place.end] == ReplacedMap(text[low:high], inner).new
    back = ReplacedMap(way.new, way.back)
    assert back.new == text
    again = back.place(place.start, place.end)
    assert (again.start, again.end) == (low, high)
