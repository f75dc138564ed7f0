"""A transcript's text as HTML: every character at its place."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding import demo, reading
from interviews.models import Transcript
from interviews.turns import find_turns


class Runs(HTMLParser):
    """Collects ``{position: text}`` of the elements with data-at, and the tags they are."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.runs, self.tags, self.open, self.elsewhere = {}, {}, [], ""

    def handle_starttag(self, tag, attrs):
        at = dict(attrs).get("data-at")
        self.open.append(at)
        if at is not None:
            self.tags[int(at)] = tag

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] is not None:
            at = int(self.open[-1])
            self.runs[at] = self.runs.get(at, "") + data
        else:
            self.elsewhere += data


def rendered(text, turns=None, marks=(), interviewers=()):
    parser = Runs()
    parser.feed(
        str(reading.render(text, find_turns(text) if turns is None else turns, list(marks), interviewers))
    )
    parser.close()
    return parser


def assert_whole(text, turns, parser):
    """Every run is the text at its place, none overlaps another, and only white space is in none."""
    header = reading.header_of(text, turns)
    covered = set(range(len(header)))
    for at, run in parser.runs.items():
        assert text[at : at + len(run)] == run
        places = set(range(at, at + len(run)))
        assert not covered & places
        covered |= places
    assert not "".join(sign for at, sign in enumerate(text) if at not in covered).strip()


SIGNS = st.one_of(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"),
    st.sampled_from("𬭎🙂国<>&\"' \n:：[]"),
    st.sampled_from(["\nINTERVIEWER: ", "\n国伟：", "\n[00:12:31] WENBO: ", "\n\n", "&amp;", "<b>"]),
)
TEXTS = st.lists(SIGNS, min_size=1, max_size=60).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS, data=st.data())
def test_any_text_is_shown_whole_and_unchanged(text, data):
    places = st.integers(0, len(text) - 1)
    pairs = data.draw(st.lists(st.tuples(places, places, st.sampled_from(sorted(reading.MARKS))), max_size=5))
    marks = sorted(
        ({"start": min(a, b), "end": max(a, b) + 1, "kind": kind} for a, b, kind in pairs),
        key=lambda m: m["start"],
    )
    turns = find_turns(text)
    assert_whole(text, turns, rendered(text, turns, marks))


def test_marks_become_elements_and_cut_nothing():
    text = "WENBO: We went back together."
    at = text.index("back")
    parser = rendered(text, marks=[{"start": at, "end": at + 4, "kind": "bold"}])
    assert parser.tags[at] == "b"
    assert parser.runs[at] == "back"
    assert_whole(text, find_turns(text), parser)


def test_a_mark_that_began_in_an_earlier_turn_goes_on_in_this_one():
    text = "WENBO: one two\nANNA: three four\n"
    start, end = text.index("two"), text.index(" four")
    parser = rendered(text, marks=[{"start": start, "end": end, "kind": "italic"}])
    assert parser.tags[text.index("two")] == "i"
    assert parser.tags[text.index("three")] == "i"


def test_what_a_respondent_says_is_never_markup():
    text = "WENBO: <script>alert(1)</script> & “<b>”"
    html = str(reading.render(text, find_turns(text), [], []))
    assert "<script>" not in html and "&lt;script&gt;" in html
    hostile = '"><script>x</script>'
    turns = [{"start": 0, "end": 9, "speaker": hostile, "at": None, "said": 0}]
    assert "<script>" not in str(reading.render("some text", turns, [], [hostile]))


def test_interviewers_are_told_apart_and_chinese_turns_say_so():
    text = "INTERVIEWER: How?\n国伟：我们一起回来。\n"
    html = str(reading.render(text, find_turns(text), [], ["INTERVIEWER"]))
    first, second = html.split('id="t2"')
    assert "data-interviewer" in first and "data-interviewer" not in second
    assert "lang='zh-Hans'" in second and "lang=" not in first.split("<p")[0]


def test_long_transcripts_come_in_sections():
    text = "".join(f"WENBO: {n} words.\nANNA: {n}.\n" for n in range(60))
    assert str(reading.render(text, find_turns(text), [], [])).count('<section class="chunk">') == 3


def test_a_text_without_turns_is_its_own_header():
    assert reading.header_of("Only this.", []) == "Only this."
    assert str(reading.render("Only this.", [], [], [])) == ""


@pytest.mark.django_db
def test_the_demo_transcripts_are_shown_whole():
    demo.load_demo()
    transcripts = list(Transcript.objects.all())
    assert len(transcripts) == 12
    for transcript in transcripts:
        assert_whole(
            transcript.text, transcript.turns, rendered(transcript.text, transcript.turns, transcript.marks)
        )


def test_who_speaks_is_shown_where_the_text_does_not_say_it_and_is_no_text():
    turns = [{"start": 0, "end": 5, "said": 0, "speaker": "Wen & Bo", "at": None}]
    parser = rendered("When?", turns)
    assert parser.runs == {0: "When?"}
    assert parser.elsewhere.startswith("Wen & Bo")
