"""The transcript with its codes: the page, the file of its own, the Word document, and the note of who took them."""

import html
import io
import re
from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from django.urls import reverse
from docx import Document

from coding.coded_text import Coding, lay_out, passages_of
from coding.documents import docx_of
from coding.models import CodedSegment
from coding.queries.frame import CodeLine
from interviews.history import Conflict, undo
from interviews.models import Event
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_owner,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db
PAGE, HTML, DOCX = "coding:coded-transcript", "coding:coded-transcript-html", "coding:coded-transcript-docx"
TEXT = "Recorded in Suzhou.\n\nINTERVIEWER: How did you decide?\n\nWENBO: We decided together, in the car park.\n"
TOGETHER = (TEXT.index("We decided"), TEXT.index(", in the"))
CAR_PARK = (TEXT.index("together"), TEXT.index(".\n", 30))
HOSTILE = '<script>alert("x")</script> & co'


def make_coded(study=None, **fields):
    """A transcript with three codings by anna and bo; also the codes."""
    study = study or make_study("Return")
    parent = make_code(study, "Team return")
    child = make_code(study, "Team formation", parent)
    other = make_code(study, "Places", order=1)
    transcript = make_transcript(study, TEXT, **fields)
    anna, bo = make_coder(study), make_coder(study)
    anna.username, bo.username = "anna", "bo"
    anna.save()
    bo.save()
    make_coded_segment(transcript, child, anna, *TOGETHER)
    make_coded_segment(transcript, child, bo, *TOGETHER)
    make_coded_segment(transcript, other, bo, *CAR_PARK)
    return transcript, parent, child, other


def get(client, name, transcript, **params):
    return client.get(reverse(name, args=[transcript.pk]), params)


def text_of(page):
    """The page's transcript without its margin and the numbers put into it, a string each turn."""
    turns = re.findall(r'<p class="turn-text"[^>]*>(.*?)</p>', page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<sup>.*?</sup>", "", turn))) for turn in turns]


def margin_of(page):
    lists = re.findall(r'<ul class="in-margin">(.*?)</ul>', page, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", each)).strip() for each in lists]


def test_the_page_shows_the_whole_text_with_marks_and_the_codes_in_the_margin(client):
    transcript, _parent, _child, _other = make_coded(title="RET01", interview_date=date(2006, 3, 14))
    client.force_login(make_reader(transcript.study))
    page = get(client, PAGE, transcript).content.decode()
    assert text_of(page) == [
        "Recorded in Suzhou.",
        "INTERVIEWER: How did you decide?",
        "WENBO: We decided together, in the car park.",
    ]
    assert "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", page)) == "We decided together, in the car park"
    assert re.findall(r"<sup>([^<]*)</sup>", page.split("<article")[1]) == ["[1", "[2", "1]", "2]"]
    assert margin_of(page) == ["1 Team return &gt; Team formation anna, bo 2 Places bo"]
    assert "14 March 2006" in page
    assert "3 codings" in page
    assert "id=t2" in page and f"{reverse('coding:transcript', args=[transcript.pk])}#t2" in page


def test_one_code_has_its_tint_and_several_a_neutral_one(client):
    transcript, _parent, _child, _other = make_coded()
    client.force_login(make_reader(transcript.study))
    page = get(client, PAGE, transcript).content.decode()
    looks = dict(re.findall(r'<mark class="([^"]*)">(.*?)</mark>', page))
    assert [look.split()[0] for look in looks] == ["hue-blue", "depth-2", "hue-orange"]
    assert looks["depth-2"] == "together"


def test_the_legend_counts_the_codes_used(client):
    transcript, _parent, _child, _other = make_coded()
    client.force_login(make_reader(transcript.study))
    page = get(client, PAGE, transcript).content.decode()
    legend = re.search(r'<ul class="codes-used">(.*?)</ul>', page, re.DOTALL)[1]
    assert re.findall(r'code-path">(.*?)</span> <span class="times">(\d+)', legend) == [
        ("Team return > Team formation", "2"),
        ("Places", "1"),
    ]


def test_filters_take_one_coder_or_a_code_with_those_below_it(client):
    transcript, parent, _child, _other = make_coded()
    client.force_login(make_reader(transcript.study))
    of_anna = get(client, PAGE, transcript, coder="anna").content.decode()
    assert margin_of(of_anna) == ["1 Team return &gt; Team formation anna"]
    assert "Codings by anna" in of_anna
    below = get(client, PAGE, transcript, code=parent.pk).content.decode()
    assert margin_of(below) == ["1 Team return &gt; Team formation anna, bo"]
    nothing = get(client, PAGE, transcript, coder="anna", code=_other.pk).content.decode()
    assert "No passage of this transcript is coded so." in nothing
    assert text_of(nothing)[2].startswith("WENBO: We decided")


@pytest.mark.parametrize("name", [PAGE, HTML, DOCX])
def test_an_unknown_filter_is_refused_with_a_sentence(client, name):
    transcript, *_codes = make_coded()
    client.force_login(make_lead(transcript.study))
    answer = get(client, name, transcript, coder="nobody")
    assert answer.status_code == 400
    assert "nobody" in answer.content.decode()
    assert not Event.objects.filter(action="export").exists()


def test_a_passage_over_several_turns_is_named_beside_each(client):
    transcript = make_transcript(text="A: one\n\nB: two\n\nA: three\n")
    coder = make_coder(transcript.study)
    make_coded_segment(
        transcript, make_code(transcript.study, "Long"), coder, 3, len("A: one\n\nB: two\n\nA: th")
    )
    client.force_login(coder)
    page = get(client, PAGE, transcript).content.decode()
    assert margin_of(page) == [f"1 Long {coder}", "goes on: 1", "goes on: 1"]
    assert "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", page)) == (
        'one<span class="speaker">B: </span>two<span class="speaker">A: </span>th'
    )


def test_what_people_typed_is_text_in_every_form(client):
    study = make_study(HOSTILE)
    who = make_respondent(study, HOSTILE, make_type(study, HOSTILE))
    transcript = make_transcript(study, f"{HOSTILE}\n\nA<b>: {HOSTILE}\n", who, title=HOSTILE)
    coder = make_coder(study)
    coder.username = HOSTILE
    coder.save()
    make_coded_segment(transcript, make_code(study, HOSTILE), coder, 3, 12)
    client.force_login(make_owner(study))
    for name in (PAGE, HTML):
        page = get(client, name, transcript).content.decode()
        assert "<script>alert" not in page
        assert "A<b>" not in page
        assert page.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; co") >= 6
    document = Document(io.BytesIO(get(client, DOCX, transcript).content))
    assert [(c.author, c.text) for c in document.comments] == [(HOSTILE, HOSTILE)]
    assert document.paragraphs[0].text == HOSTILE


def test_names_with_only_signs_make_a_file_name_all_the_same(client):
    study = make_study()
    client.force_login(make_lead(study))
    answer = get(client, DOCX, make_transcript(study, title="…/\r\n"))
    assert re.fullmatch(
        r'attachment; filename="transcript-\d{4}-\d\d-\d\d-coded\.docx"', answer["Content-Disposition"]
    )


def test_the_file_needs_nothing_but_itself(client):
    transcript, *_codes = make_coded(title="国伟 one")
    client.force_login(make_lead(transcript.study))
    answer = get(client, HTML, transcript)
    page = answer.content.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    assert "filename*=utf-8''%E5%9B%BD%E4%BC%9F-one-" in answer["Content-Disposition"]
    assert not re.search(r"<script|<link|<img|\ssrc=|\shref=|url\(|@import|https?:", page)
    assert "default-src 'none'" in page
    assert ".hue-blue" in page and "@page" in page
    assert margin_of(page) == ["1 Team return &gt; Team formation anna, bo 2 Places bo"]


def comment_anchors(document):
    """``{comment id: the words it is on}``, read from the document's XML in order."""
    found, open_now = {}, set()
    for element in document.element.body.iter():
        name = element.tag.rpartition("}")[2]
        key = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
        if name == "commentRangeStart":
            open_now.add(int(key))
        elif name == "commentRangeEnd":
            open_now.remove(int(key))
        elif name == "t":
            for each in open_now:
                found[each] = found.get(each, "") + element.text
    assert not open_now
    return found


def test_in_the_word_document_each_coding_is_a_comment_by_its_coder_on_its_words(client):
    transcript, *_codes = make_coded(title="RET01")
    CodedSegment.objects.update(created_at=datetime(2026, 1, 5, 9, 30, tzinfo=UTC))
    client.force_login(make_lead(transcript.study))
    answer = get(client, DOCX, transcript)
    assert answer["Content-Type"].endswith("wordprocessingml.document")
    document = Document(io.BytesIO(answer.content))
    words = comment_anchors(document)
    assert [(c.author, c.initials, c.text, words[c.comment_id]) for c in document.comments] == [
        ("anna", "AN", "Team return > Team formation", "We decided together"),
        ("bo", "BO", "Team return > Team formation", "We decided together"),
        ("bo", "BO", "Places", "together, in the car park"),
    ]
    assert {c.timestamp for c in document.comments} == {datetime(2026, 1, 5, 9, 30, tzinfo=UTC)}
    text = [paragraph.text for paragraph in document.paragraphs]
    assert text[0] == "RET01"
    assert text[-3:] == [
        "\tRecorded in Suzhou.",
        "1\tINTERVIEWER: How did you decide?",
        "2\tWENBO: We decided together, in the car park.",
    ]
    assert "      Team return > Team formation\t2" in text


def test_the_filters_apply_to_the_files(client):
    transcript, _parent, _child, other = make_coded()
    client.force_login(make_lead(transcript.study))
    document = Document(io.BytesIO(get(client, DOCX, transcript, code=other.pk).content))
    assert [c.text for c in document.comments] == ["Places"]
    assert margin_of(get(client, HTML, transcript, coder="anna").content.decode()) == [
        "1 Team return &gt; Team formation anna"
    ]


def test_word_documents_hold_chinese_emoji_and_no_illegal_characters():
    text = "国伟：老𬭎😀 a\x0bb\x00c\x1b\ufffe\td\ne"
    code = CodeLine(1, "行\x02会", None, 0, ("行\x02会",), False, "hue-red")
    blocks = lay_out(text, [], [], passages_of([Coding(3, 6, 1, 1)]))
    made = docx_of("t\x07", ["a\x08"], [(code, 1)], "Codes", text, blocks, {1: code}, {1: "安\x01娜"})
    document = Document(io.BytesIO(made))
    assert document.paragraphs[-1].text == "\t国伟：老𬭎😀 a\ufffdb\ufffdc\ufffd\ufffd\td\ne"
    assert [(c.author, c.text) for c in document.comments] == [("安\ufffd娜", "行\ufffd会")]
    assert comment_anchors(document) == {0: "老𬭎😀"}


def test_a_transcript_without_codings_or_text_is_shown_and_taken_along(client):
    study = make_study()
    client.force_login(make_lead(study))
    for text in ("A: yes", ""):
        transcript = make_transcript(study, text, turns=None if text else [])
        assert "No passage of this transcript is coded yet." in get(client, PAGE, transcript).content.decode()
        assert not list(Document(io.BytesIO(get(client, DOCX, transcript).content)).comments)


@pytest.mark.parametrize("make", [make_reader, make_coder])
def test_readers_and_coders_read_but_take_nothing_along(client, make):
    transcript, *_codes = make_coded()
    client.force_login(make(transcript.study))
    page = get(client, PAGE, transcript)
    assert page.status_code == 200
    assert "coded.docx" not in page.content.decode()
    assert get(client, HTML, transcript).status_code == 403
    assert get(client, DOCX, transcript).status_code == 403
    assert not Event.objects.filter(action="export").exists()


@pytest.mark.parametrize("name", [PAGE, HTML, DOCX])
def test_strangers_and_removed_transcripts_are_not_found(client, name):
    transcript, *_codes = make_coded()
    client.force_login(make_user())
    assert get(client, name, transcript).status_code == 404
    client.force_login(make_owner(transcript.study))
    transcript.removed_at = datetime(2026, 1, 1, tzinfo=UTC)
    transcript.save()
    assert get(client, name, transcript).status_code == 404


def test_what_was_taken_along_is_in_the_history_and_cannot_be_undone(client):
    transcript, _parent, _child, other = make_coded(title="RET01")
    study = transcript.study
    lead = make_lead(study)
    client.force_login(lead)
    get(client, DOCX, transcript, code=other.pk)
    get(client, HTML, transcript)
    client.get(reverse("coding:export-coded-segments", args=[study.slug]), {"coder": "bo"})
    client.get(reverse("coding:export-crosstab", args=[study.slug]))
    events = Event.objects.filter(action="export")
    assert {event.actor for event in events} == {lead}
    assert [event.transcript for event in events] == [transcript, transcript, None, None]
    history = client.get(reverse("interviews:history", args=[study.slug])).content.decode()
    told = " ".join(re.sub(r"<[^>]+>", "", history).split())
    assert "exported RET01 with its codings as DOCX: 1 coding, code=Places" in told
    assert "exported RET01 with its codings as HTML: 3 codings" in told
    assert "exported coded segments as CSV: 2 codings, coder=bo" in told
    assert "exported a cross-tabulation as CSV: 3 rows" in told
    with pytest.raises(Conflict, match="nothing to undo"):
        undo(events[0], lead)


def test_the_page_takes_the_same_queries_whatever_its_size(client, django_assert_num_queries):
    transcript, _parent, child, _other = make_coded()
    client.force_login(make_reader(transcript.study))
    for size in range(2):
        if size:
            for start in range(20):
                make_coded_segment(transcript, child, None, start, start + 9)
        cache.clear()
        # session 2, user, transcript, last event; frame 7; restricted, codings, interviewers
        with django_assert_num_queries(16):
            get(client, PAGE, transcript)
