import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviews.importers import NeedsEncoding, Unreadable, read_file

DEMO = Path(__file__).parents[2] / "interviews" / "demo"


def cues(*texts, hours="00:", point=".", numbered=False, ends="\n"):
    """Cues of one second each, as the body of a subtitle file."""
    found = []
    for number, text in enumerate(texts, start=1):
        timing = f"{hours}00:{number:02}{point}000 --> {hours}00:{number:02}{point}900"
        found.append((f"{number}\n" if numbered else "") + f"{timing}\n{text}\n")
    return "\n".join(found).replace("\n", ends)


def spoken(text, name="a.vtt"):
    imported = read_file(name, text.encode())
    return [
        (turn["speaker"], turn["at"], imported.text[turn["said"] : turn["end"]]) for turn in imported.turns
    ]


def test_the_demo_subtitles_give_the_turns_of_its_plain_transcript():
    imported = read_file("a.vtt", (DEMO / "other-formats" / "MIG04_shanshan.vtt").read_bytes())
    expected = read_file("a.txt", (DEMO / "transcripts" / "MIG04_shanshan.txt").read_bytes())
    said = [
        [(turn["speaker"].casefold(), which.text[turn["said"] : turn["end"]]) for turn in which.turns]
        for which in (imported, expected)
    ]
    assert said[0] == said[1]
    assert imported.text.splitlines()[0] == expected.text.splitlines()[0]
    assert imported.turns[1]["at"] == 8_074
    assert imported.format == "vtt"


@pytest.mark.parametrize("hours", ["", "00:", "0000:"])
@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_cues_of_one_speaker_are_one_turn_with_the_first_ones_time(hours, numbered, ends):
    body = cues("<v Ann>so", "<v Ann>it is", "<v Bo Li>yes", hours=hours, numbered=numbered, ends=ends)
    assert spoken(f"WEBVTT{ends}{ends}{body}") == [("Ann", 1000, "so it is"), ("Bo Li", 3000, "yes")]


@pytest.mark.parametrize(("start", "point", "numbered"), [("WEBVTT\n\n", ".", False), ("", ",", True)])
def test_labels_are_written_when_the_speaker_changes(start, point, numbered):
    texts = ("Ann: so", "it\nis", "Bo: yes", "Ann: ah", "Bo: mm")
    assert spoken(start + cues(*texts, point=point, numbered=numbered)) == [
        ("Ann", 1000, "so it is"),
        ("Bo", 3000, "yes"),
        ("Ann", 4000, "ah"),
        ("Bo", 5000, "mm"),
    ]


def test_cues_without_speakers_stay_apart_with_their_times():
    assert spoken(cues("so\nit is", "yes", point=",", numbered=True)) == [
        (None, 1000, "so it is"),
        (None, 2000, "yes"),
    ]


def test_speakers_of_one_cue_are_told_apart():
    body = cues("<v Ann>so</v> <v.loud Bo>yes</v>", "- hm\n- ah", "I: and?\nR: no")
    assert spoken(f"WEBVTT\n\n{body}") == [
        ("Ann", 1000, "so"),
        ("Bo", 1000, "yes"),
        (None, 2000, "- hm"),
        (None, 2000, "- ah"),
        ("I", 3000, "and?"),
        ("R", 3000, "no"),
    ]


def test_looks_go_and_words_stay():
    body = cues("<v Ann><i>so</i> &lt;b&gt; &amp; <00:00:01.500><c.red>yes</c> 3 < 4 <laughs>")
    assert spoken(f"WEBVTT\n\n{body}") == [("Ann", 1000, "so <b> & yes 3 < 4 <laughs>")]
    assert spoken(cues("{\\an8}<font color=red>so</font> &amp;", point=",")) == [(None, 1000, "so &amp;")]


def test_what_is_left_out_is_said():
    data = (
        "WEBVTT - A talk\nKind: captions\n\nNOTE recorded\nin May\n\nSTYLE\n::cue { color: red }\n\n"
        "first\n00:01.000 --> 00:02.000 align:start\nNOTE this down\n\nNOTE by the captioner\n\n"
        "00:03.000 --> 00:04.000\nyes\n"
    )
    imported = read_file("a.vtt", data.encode())
    assert imported.text == "A talk\nrecorded\nin May\n\nNOTE this down\n\nyes\n"
    assert [str(warning) for warning in imported.warnings] == [
        "Notes between the subtitles were left out: 1.",
        "Places and colours of the subtitles were left out.",
    ]


def test_a_blank_line_or_a_bad_timing_within_a_cue_loses_no_words():
    body = "1\n00:00:01,000 --> 00:00:02,000\nso\n\nit is\n\n2\n00:00:0x,000 --> oops\nyes\n"
    assert spoken(body) == [(None, 1000, "so it is 2 00:00:0x,000 --> oops yes")]


def test_chinese_lines_are_joined_without_a_space():
    assert spoken(cues("国伟：好，\n说中文", "访谈者：是", point=",")) == [
        ("国伟", 1000, "好，说中文"),
        ("访谈者", 2000, "是"),
    ]


def test_subtitles_in_another_encoding_ask_for_it():
    data = cues("国伟：好，说中文痛快一点", "访谈者：您好，请问您什么时候回国的", point=",").encode("gb18030")
    with pytest.raises(NeedsEncoding) as caught:
        read_file("a.srt", data)
    assert caught.value.candidates[0][0] == "gb18030"
    assert read_file("a.srt", data, encoding="gb18030").turns[0]["speaker"] == "国伟"


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "WEBVTT",
                "\n",
                "\n\n",
                "00:01.000 --> 00:02.000",
                "1",
                "NOTE",
                "<v A>",
                "A: ",
                "x y",
                "&lt;",
                "<",
                "-",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_any_subtitle_file_is_read_or_refused(text):
    try:
        imported = read_file("a.vtt", b"WEBVTT\n\n" + text.encode())
    except Unreadable:
        return
    last = 0
    for turn in imported.turns:
        assert last <= turn["start"] <= turn["said"] <= turn["end"] <= len(imported.text)
        last = turn["end"]


@pytest.mark.parametrize(
    "text",
    [
        "<v " * 300_000,
        "<v" + " " * 900_000,
        "a\n" * 400_000,
        "--> " * 200_000,
        "&" * 900_000,
        "国\n" * 300_000,
    ],
)
def test_time_grows_no_faster_than_the_file(text):
    started = time.process_time()
    read_file("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nx " + text.encode())
    assert time.process_time() - started < 5


def test_names_that_come_once_each_are_speakers_where_every_cue_has_one():
    cue = "{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{words}\n\n"
    said = [cue.format(n=n, words=words) for n, words in enumerate(["Anna: Hello", "Ben: Hi"], start=1)]
    assert speakers(said) == ["Anna", "Ben"]
    said = [
        cue.format(n=n, words=words) for n, words in enumerate(["The reason: money", "so we left"], start=1)
    ]
    assert speakers(said) == [None, None]
    said = [cue.format(n=1, words="Anna: Hello\nmy friend"), cue.format(n=2, words="Ben: Hi")]
    assert speakers(said) == ["Anna", "Ben"]


def speakers(cues):
    return [turn["speaker"] for turn in read_file("talk.srt", "".join(cues).encode()).turns]
