import itertools
import json
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interviews.turns import count_words, find_turns, is_interviewer_label, lang_of

TRANSCRIPTS = Path(__file__).parents[2] / "interviews" / "demo" / "transcripts"
WORDS = {
    "RET01_wenbo": 1393,
    "RET02_lihua": 1311,
    "RET03_junfeng": 1401,
    "RET04_meiling": 1236,
    "RET05_daqing": 1155,
    "MIG01_xiaoyu": 1213,
    "MIG02_haoran": 1210,
    "MIG03_guowei": 1334,
    "MIG04_shanshan": 1036,
    "INS01_tan": 1328,
    "INS02_pu": 1226,
    "INS03_kuang": 1227,
}


def demo(name):
    return (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")


def spoken(text):
    """(speaker, words) of every turn, the shape most of these examples are about."""
    return [(turn["speaker"], text[turn["said"] : turn["end"]]) for turn in find_turns(text)]


def words_said(text):
    return sum(count_words(text[turn["said"] : turn["end"]]) for turn in find_turns(text))


@pytest.mark.parametrize("name", WORDS)
def test_every_demo_turn_is_one_line_after_the_header(name):
    text = demo(name)
    body = text.partition("\n\n")[2]
    assert [text[turn["start"] : turn["end"]] for turn in find_turns(text)] == body.rstrip("\n").split("\n\n")


@pytest.mark.parametrize(("name", "words"), WORDS.items())
def test_words_of_the_demo_are_those_the_study_page_shows(name, words):
    assert words_said(demo(name)) == words


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("RET01_wenbo", {"INTERVIEWER": 17, "WENBO": 17}),
        ("RET03_junfeng", {"INTERVIEWER": 18, "JUNFENG": 18}),
        ("MIG03_guowei", {"INTERVIEWER": 10, "GUOWEI": 9, "国伟": 8, "访谈者": 7}),
    ],
)
def test_speakers_of_the_demo_are_counted(name, speakers):
    assert Counter(turn["speaker"] for turn in find_turns(demo(name))) == speakers


def test_stamps_before_labels_become_milliseconds():
    turns = find_turns(demo("RET04_meiling"))
    assert [turn["at"] for turn in turns[:4]] == [7_000, 16_000, 41_000, 43_000]
    assert all(turn["at"] is not None for turn in turns)


def test_words_begin_after_a_full_width_colon_without_space():
    text = demo("MIG03_guowei")
    turn = next(turn for turn in find_turns(text) if turn["speaker"] == "国伟")
    assert text[turn["start"] : turn["said"]] == "国伟："
    assert text[turn["said"] : turn["end"]].startswith("好，说中文")


def test_positions_count_code_points():
    text = "INTERVIEWER: 老𬭎 😀\n\nHONG: yes"
    assert find_turns(text)[1] == {"start": 19, "end": 28, "speaker": "HONG", "at": None, "said": 25}


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("[00:12:31] WENBO: words", 751_000),
        ("[12:31] WENBO: words", 751_000),
        ("(00:12:31) WENBO: words", 751_000),
        ("00:12:31 WENBO: words", 751_000),
        ("12:31 WENBO: words", 751_000),
        ("[00:12:31.5] WENBO: words", 751_500),
        ("00:12:31,250 WENBO: words", 751_250),
        ("#00:12:31-5# WENBO: words", 751_500),
        ("[01:00:00 - 01:00:09] WENBO: words", 3_600_000),
        ("WENBO [00:12:31]: words", 751_000),
        ("WENBO (12:31): words", 751_000),
        ("WENBO 00:12:31: words", 751_000),
        ("WENBO: [00:12:31] words", 751_000),
        ("WENBO  12:31\nwords", 751_000),
        ("[00:12:31]\nWENBO: words", 751_000),
        ("WENBO: words", None),
        ("  WENBO：words", None),
        ("WENBO : words", None),
        ("WENBO:\nwords", None),
    ],
)
def test_a_stamp_may_stand_before_or_after_the_name(line, at):
    text = f"{line}\n\nINTERVIEWER: and?"
    first, second = find_turns(text)
    assert (first["speaker"], first["at"], text[first["said"] : first["end"]]) == ("WENBO", at, "words")
    assert second["speaker"] == "INTERVIEWER"


def test_a_time_of_day_is_no_stamp():
    assert spoken("WENBO: 12:30 we left\nLI: at 12:30: gone") == [
        ("WENBO", "12:30 we left"),
        ("LI", "at 12:30: gone"),
    ]
    assert spoken("12:30 we left") == [(None, "12:30 we left")]


@pytest.mark.parametrize(
    "line",
    [
        "http://example.org is the page",
        "12:30 we left",
        "at 12:30: we left",
        "I said: no",
        "He told me this: go home",
        "Date: 2006-03-14",
        "NOTE: the tape ends here",
        "C:\\tapes\\one",
        "比如：苏州",
        "我当时就说：不行",
        "访谈时间：2006年",
        "This is a long sentence with many words in it: and then more",
        "“Well”: that was all",
    ],
)
def test_what_only_resembles_a_label_continues_the_turn(line):
    text = f"INTERVIEWER: So?\n\nWENBO: Well.\n{line}\n\nINTERVIEWER: And?"
    assert spoken(text) == [("INTERVIEWER", "So?"), ("WENBO", f"Well.\n{line}"), ("INTERVIEWER", "And?")]


@pytest.mark.parametrize(
    "pair",
    [
        ("I", "R"),
        ("Interviewer", "P1"),
        ("Q", "A"),
        ("问", "答"),
        ("访谈者", "受访者1"),
        ("采访者", "王小明"),
        ("Speaker 1", "Speaker 2"),
    ],
)
def test_known_words_and_names_are_labels_at_first_sight(pair):
    one, two = pair
    assert spoken(f"{one}: hello\n{two}：hi") == [(one, "hello"), (two, "hi")]


def test_a_mixed_case_name_is_a_label_once_it_recurs():
    assert spoken("Dr. Li: hello\nWenbo: hi\nDr. Li: so\nWenbo: yes\nRemember: no label") == [
        ("Dr. Li", "hello"),
        ("Wenbo", "hi"),
        ("Dr. Li", "so"),
        ("Wenbo", "yes\nRemember: no label"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Any title",
        "Interviewer: Y. Q.\nDate: 2006-03-14",
        "Title\n\nInterviewer: Y. Q.\nRespondent: W\nDate: 2006-03-14",
        "Interviewer: Y. Q.\n\nRespondent: W\n\nDate: 2006-03-14",
        "访谈者：秦\n日期：2006年",
    ],
)
def test_header_is_not_speech_even_with_names_in_it(header):
    assert spoken(f"{header}\n\nI: hello\nR: hi") == [("I", "hello"), ("R", "hi")]


def test_without_labels_every_paragraph_is_a_turn():
    text = "One paragraph.\n\nAnother: it says more.\n  \n[00:10] A third."
    assert spoken(text) == [(None, "One paragraph."), (None, "Another: it says more."), (None, "A third.")]
    assert [turn["at"] for turn in find_turns(text)] == [None, None, 10_000]


def test_an_unlabelled_line_between_header_and_first_label_is_a_turn_of_nobody():
    assert spoken("Header\n\nThe tape starts.\n\nINTERVIEWER: So?\nWENBO: So.") == [
        (None, "The tape starts."),
        ("INTERVIEWER", "So?"),
        ("WENBO", "So."),
    ]


def test_a_turn_ends_at_its_last_line_that_is_not_blank():
    text = "A: one\n\ntwo  \n\n\nB: three\n\n"
    assert [text[turn["start"] : turn["end"]] for turn in find_turns(text)] == ["A: one\n\ntwo", "B: three"]


@pytest.mark.parametrize("text", ["", " \n\t\n", "\n\n\n"])
def test_nothing_has_no_turns(text):
    assert find_turns(text) == []


@pytest.mark.parametrize(
    ("text", "one", "two"),
    [
        ("NAME: so\n\nOTHER: yes\n", "NAME", "OTHER"),
        ("Name1 : so\nName2 : yes\nName1 : ah\nName2 : mm", "Name1", "Name2"),
        ("国伟：so\n访谈者：yes", "国伟", "访谈者"),
        ("I – so\n\nR – yes\n\nI – ah", "I", "R"),
        ("I - so\nR - yes", "I", "R"),
        ("[id1] so\n[id2] yes\n[id1] ah\n[id2] mm", "id1", "id2"),
        ("[Interviewer]\nso\n\n[Respondent]\nyes", "Interviewer", "Respondent"),
        ("### Ann\nso\n\n### Bo Li\nyes\n\n### Ann\nah\n\n### Bo Li\nmm", "Ann", "Bo Li"),
        ("**Q:** so\n\n**A:** yes", "Q", "A"),
        ("**Ann**: so\n\n**Bo**: yes\n\n**Ann**: ah\n\n**Bo**: mm", "Ann", "Bo"),
        ("[00:01] **Q:** so\n[00:02] **A:** yes", "Q", "A"),
        (
            "Unknown Speaker 0:34\nso\n\nAnn 1:02\nyes\n\nUnknown Speaker 1:10\nah\n\nAnn 1:12\nmm",
            "Unknown Speaker",
            "Ann",
        ),
        ("国伟(00:00:34): so\n访谈者(00:00:40): yes", "国伟", "访谈者"),
        ("说话人 1 00:31\nso\n\n说话人 2 00:40\nyes", "说话人 1", "说话人 2"),
        ("Ann Li\nso\n\nBo\nyes\n\nAnn Li\nah, well\n\nBo\nmm.", "Ann Li", "Bo"),
        ("INTERVIEWER\nso\nRESPONDENT\nyes", "INTERVIEWER", "RESPONDENT"),
        ("1 INTERVIEWER: so\n2 WENBO: yes\n3 INTERVIEWER: ah", "INTERVIEWER", "WENBO"),
        ("1. Ann: so\n2. Bo: yes\n3. Ann: ah\n4. Bo: mm", "Ann", "Bo"),
    ],
    ids=lambda value: value.splitlines()[0],
)
def test_labels_are_known_however_they_are_written(text, one, two):
    turns = spoken(text)
    assert turns[:2] == [(one, "so"), (two, "yes")]
    assert "\n" not in turns[-1][1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INT: Who? ANNA: Me.", ["INT Who?", "ANNA Me."]),
        (
            "INT: Who? ANNA: Me. INT: When? ANNA: At 10:30.",
            ["INT Who?", "ANNA Me.", "INT When?", "ANNA At 10:30."],
        ),
        (
            "INT: Go on. ANNA: We left. BO LI: All. ANNA: All.\nINT: So.",
            ["INT Go on.", "ANNA We left. BO LI: All.", "ANNA All.", "INT So."],
        ),
        ("INT: Who? NB: a slip.\nANNA: Me. USA: no.", ["INT Who? NB: a slip.", "ANNA Me. USA: no."]),
    ],
)
def test_who_speaks_only_within_lines_is_told_apart_where_that_is_certain(text, expected):
    assert [f"{speaker} {words}" for speaker, words in spoken(text)] == expected


def test_how_a_sentence_begins_is_no_speaker_where_speakers_have_times():
    text = "主持人  00:00\n大家好：今天\n\n嘉宾A  00:12\n你好，我们\n我觉得：好\n\n主持人  00:30\n好的"
    assert spoken(text) == [
        ("主持人", "大家好：今天"),
        ("嘉宾A", "你好，我们\n我觉得：好"),
        ("主持人", "好的"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INT: Où?\nRENE\u0301: Cafe\u0301.\nINT: hm\nRENE\u0301: Oui.", ["INT", "RENE\u0301"]),
        ("राधा: क्या?\nराम: हाँ।\nराधा: कब?\nराम: मई में।", ["राधा", "राम"]),
        ("INT: ใคร\nสมชาย: ผม\nINT: เมื่อไร\nสมชาย: ปีก่อน", ["INT", "สมชาย"]),
    ],
    ids=["decomposed", "Devanagari", "Thai"],
)
def test_names_with_marks_of_their_own_are_names(text, expected):
    assert [speaker for speaker, _words in spoken(text)] == expected * 2


def test_several_speakers_on_one_line_are_told_apart():
    text = "I: So? R: Yes. We left. Then: R:is a language. I: And?\nANN: Hm. I: \nR: no"
    assert spoken(text) == [
        ("I", "So?"),
        ("R", "Yes. We left. Then: R:is a language."),
        ("I", "And?"),
        ("ANN", "Hm. I:"),
        ("R", "no"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I – well, I said so.\nThen we left.\nI – I do not know.\nIt was late.",
        "[laughs] So.\nThen we left.\n[pause] Well.\nIt was late.\n[laughs] Yes.\nThere.\n[pause] No.\nAh.\nOh.\nMm.",
        "# Method\nWe asked.\n\n# Result\nThey said.",
        "**Note** this.\n**Note** that.",
        "Yes\nWe left.\nNo\nWe stayed.\nYes\nWe left.\nNo\nWe stayed.",
        "Ann\nBo\nAnn\nBo\nwere there",
        "1 apple\n2 pears",
    ],
)
def test_prose_that_resembles_labels_has_no_speakers(text):
    assert [speaker for speaker, _words in spoken(text)] == [None] * len([x for x in text.splitlines() if x])


PIECES = st.sampled_from(
    [
        "INTERVIEWER",
        "国伟",
        "Wenbo",
        "Q",
        "**",
        "### ",
        "[",
        " – ",
        ". ",
        "7 ",
        "[00:01]",
        "12:30",
        ":",
        "：",
        "word",
        "𬭎",
        "#",
        "(",
        "]",
        " ",
        "\n",
        "\n\n",
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)))
def test_turns_stay_in_range_in_order_and_apart(text):
    turns = find_turns(text)
    assert json.loads(json.dumps(turns)) == turns
    last = 0
    for turn in turns:
        assert last <= turn["start"] <= turn["said"] <= turn["end"] <= len(text)
        assert turn["start"] < turn["end"]
        assert not text[turn["start"]].isspace()
        assert not text[turn["end"] - 1].isspace()
        assert turn["speaker"] is None or turn["speaker"] in text[turn["start"] : turn["said"]]
        last = turn["end"]


@settings(deadline=None)
@given(st.text())
@example("B\n0\nA")
def test_a_text_without_colons_loses_no_words(text):
    text = text.replace(":", "").replace("：", "")
    turns = find_turns(text)
    labels = sum(count_words(turn["speaker"] or "") for turn in turns)
    head = text[: turns[0]["start"]] if turns else ""
    assert words_said(text) + labels + count_words(head) == count_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "WENBO: " + "x y: [00:12:31] " * 300_000,
        "A: b\n" + " " * 5_000_000 + "x",
        "A: b\n" + (" " * 1000 + "\n") * 5_000,
        "!" * 5_000_000,
        ":" * 5_000_000,
        "WENBO: a b c d\nI: e\n" * 50_000,
        "**Q** " * 300_000,
        "Ann\nso\nBo\nyes\n" * 25_000,
        "A: " + ". b:" * 500_000,
        "A: " + ")" * 3_000_000,
        "A: ." + " " * 3_000_000,
    ],
    ids=[
        "stamps",
        "spaces",
        "blank lines",
        "marks",
        "colons",
        "turns",
        "bold",
        "names",
        "within",
        "ends",
        "end",
    ],
)
def test_time_grows_no_faster_than_the_text(text):
    started = time.process_time()
    find_turns(text)
    count_words(text)
    assert time.process_time() - started < 5  # quadratic would take minutes


@pytest.mark.parametrize(
    ("label", "is_one"),
    [
        ("INTERVIEWER", True),
        ("Interviewer 2", True),
        ("I", True),
        ("int.", True),
        ("Q", True),
        ("访谈者", True),
        ("采访者", True),
        ("问", True),
        ("主持人", True),
        ("Moderator", True),
        ("WENBO", False),
        ("国伟", False),
        ("A", False),
        ("答", False),
        ("", False),
    ],
)
def test_usual_words_for_the_interviewer_are_known(label, is_one):
    assert is_interviewer_label(label) is is_one


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("tape-out week, isn't it?", 4),
        ("you know - [laughs] — yes", 4),
        ("三桨。名字", 4),
        ("AI公司 today", 4),
        ("2003年那次", 4),
        ("老𬭎", 2),
        ("カメラ", 3),
        ("... 😀 !", 0),
    ],
)
def test_words_are_counted_by_white_space_and_han_one_by_one(text, words):
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("好，说中文痛快一点。", "zh-Hans"),
        ("2003年那次，在苏州，DNA公司", "zh-Hans"),
        ("Three Oars. 三桨。 It is embarrassing now", ""),
        ("Thank you.", ""),
        ("カメラを買いました", ""),
        ("", ""),
    ],
)
def test_language_follows_the_main_script(text, lang):
    assert lang_of(text) == lang


def test_who_speaks_once_is_known_where_names_stand_beside_times():
    text = "Unknown Speaker 0:34\nso?\n\nAnna 0:40\nyes.\n\nUnknown Speaker 1:34\nNote: 12 of them.\n"
    assert [(turn["speaker"], text[turn["said"] : turn["end"]]) for turn in find_turns(text)] == [
        ("Unknown Speaker", "so?"),
        ("Anna", "yes."),
        ("Unknown Speaker", "Note: 12 of them."),
    ]


ANNA_AND_BEN = [("Anna", "Hello there."), ("Ben", "Hi.")]


@pytest.mark.parametrize(
    "text",
    [
        "Anna: Hello there.\nBen: Hi.\n",
        "- Anna: Hello there.\n- Ben: Hi.\n",
        "**Anna**: Hello there.\n\n**Ben**: Hi.\n",
        "**Anna:** Hello there.\n**Ben:** Hi.\n",
        "[Anna] 10:03:12\nHello there.\n\n[Ben] 10:03:20\nHi.\n",
        "[Anna] 10:03:12 Hello there.\n[Ben] 10:03:20 Hi.\n",
    ],
)
def test_who_speaks_once_in_a_short_text_is_heard(text):
    assert spoken(text) == ANNA_AND_BEN


@pytest.mark.parametrize("text", ["{}: Hi\nthere.\n\n{}: Yes.\n", "**{}**: Hi\nthere.\n\n**{}:** Yes.\n"])
def test_lines_below_a_name_go_on_in_its_paragraph(text):
    assert spoken(text.format("Anna", "Ben")) == [("Anna", "Hi\nthere."), ("Ben", "Yes.")]


@pytest.mark.parametrize("first", ["Anna", "Interviewer"])
def test_who_answers_once_in_a_list_is_heard_beside_one_who_is_known(first):
    assert spoken(f"- {first}: Hi\n- Ben: Yes\n- {first}: So\n") == [
        (first, "Hi"),
        ("Ben", "Yes"),
        (first, "So"),
    ]


def test_headings_of_topics_stay_text_beside_those_of_speakers():
    text = "## Interviewer\nHi.\n\n## Methods\nWe talked.\n\n## Findings\nMany.\n"
    assert not {"Methods", "Findings"} & {speaker for speaker, _words in spoken(text)}


def test_the_time_after_a_name_in_brackets_is_a_time():
    turns = find_turns("[Anna Smith] 10:03:12\nHello.\n[Ben] 00:03:20\nHi.\n")
    assert [(turn["speaker"], turn["at"]) for turn in turns] == [("Anna Smith", 36_192_000), ("Ben", 200_000)]


def test_where_one_heading_is_a_speaker_so_are_those_that_come_once():
    text = "### Anna\nHello.\n\n### Ben\nHi.\n\n### Anna\nHow are you?\n"
    assert spoken(text) == [("Anna", "Hello."), ("Ben", "Hi."), ("Anna", "How are you?")]
    text = (
        "### Interviewer\nHi.\n### Ben\nHello.\n### Interviewer\nWhy?\n### Ben\nSo.\n### Background\nNotes.\n"
    )
    assert spoken(text)[-1] == ("Ben", "So.\n### Background\nNotes.")


@pytest.mark.parametrize(
    "text",
    [
        "# Study\n\n### Methods\nWe talked.\n\n### Findings\nMany things.\n",
        "Well: we left.\nThe reason: money.\n",
        "He told me: go.\nAnna: no.\n",
        "Things to buy:\n- Milk: two\n- Bread: one\n",
        "[Laughs] He said so.\n[Pause] Then we left.\n",
        "[Suzhou] in spring.\n[Boston] in autumn.\nAnd then home.\n",
        "Date: 2006\nPlace: Suzhou\n",
        "### Methods\nWe talked.\n\n### Findings\nMany things.\n\n### Methods\nAgain.\n",
        "### Suzhou\nIn spring.\n\n### Boston\nIn autumn.\n",
        "**Strengths**: a team.\n**Weaknesses**: money.\n",
        "Anna: Hello there.\n\nWe went home.\n\nBen: Hi.\n",
        "Anna: Hello there.\nBen: Hi.\nAnd then we went home.\n",
    ],
)
def test_headings_lists_and_sentences_with_a_colon_are_nobodys_words(text):
    assert {speaker for speaker, _words in spoken(text)} == {None}


@given(
    st.lists(
        st.sampled_from(
            [
                "Anna: so",
                "- Ben: yes",
                "**Cy**: no",
                "### Anna",
                "[Ben] 10:03:12",
                "plain words",
                "",
                "Well: ok",
            ]
        ),
        max_size=12,
    )
)
def test_no_word_is_lost_whatever_labels_are_mixed(lines):
    text = "\n".join(lines)
    turns = find_turns(text)
    first = min((turn["start"] for turn in turns), default=len(text))
    kept = text[:first] + "".join(
        text[turn["start"] : turn["end"]] + text[turn["end"] : following["start"] if following else len(text)]
        for turn, following in itertools.zip_longest(turns, turns[1:])
    )
    assert kept == text
    assert all(
        not text[turn["end"] : following["start"]].strip() for turn, following in itertools.pairwise(turns)
    )


def test_keys_above_the_first_speaker_are_no_speakers():
    head = "Name: Wenbo\nAge: 40\nProfession: engineer\n\n"
    talk = "Interviewer: So?\n\nWenbo: Yes.\n\nInterviewer: And?\n\nWenbo: No.\n"
    assert [speaker for speaker, _words in spoken(head + talk)] == ["Interviewer", "Wenbo"] * 2
    assert [speaker for speaker, _words in spoken("Name: X\nAge: 40\n\nI: Hi\nA: Hello\n")] == ["I", "A"]
