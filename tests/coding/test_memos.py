"""Memos: who writes and reads which, what is in them, and where they are found."""

import json
import sys
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from coding import markdown, memos
from coding.models import CodedSegment, Memo, Segment
from interviews.history import undo
from interviews.models import Event, Transcript
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_owner,
    make_reader,
    make_segment,
    make_study,
    make_transcript,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def coder(study):
    return make_coder(study)


@pytest.fixture
def colleague(study):
    return make_coder(study)


@pytest.fixture
def transcript(study):
    return make_transcript(study)


def page_of(study):
    return reverse("coding:memos", args=[study.slug])


def make_memo(study, author, text="A thought", **fields):
    return Memo.objects.create(study=study, author=author, text=text, **fields)


def write(client, study, text="A thought", shared="yes", **on):
    return client.post(page_of(study), {"text": text, "shared": shared, **on})


def texts(answer):
    return [item.memo.text for item in answer.context["memos"]]


def codebook_link(study, code, label="it"):
    return f"[{label}]({reverse('coding:codebook', args=[study.slug])}?code={code.pk})"


def passage_link(transcript, start, end, label="there"):
    return f"[{label}]({transcript.get_absolute_url()}#at{start}-{end})"


# Markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<style>*{display:none}</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java&#x0a;script:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/)",
    "[x](/\\evil.example/)",
    "[x](/%5Cevil.example/)",
    "[x](&#x2f;&#x2f;evil.example)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "![a](javascript:alert(1))",
    "[![a](javascript:alert(1))](javascript:alert(2))",
    '[x](https://a.example "t\\" onmouseover=alert(1)")',
    '```js" onload="alert(1)\ncode\n```',
    "`<script>alert(1)</script>`",
    "> > <iframe src=//evil.example></iframe>",
]


class Reader:
    """The elements and attributes of HTML, by the standard library's parser."""

    def __init__(self, html):
        from html.parser import HTMLParser

        self.elements, self.attributes = set(), []
        parser = HTMLParser()
        parser.handle_starttag = self._take
        parser.handle_startendtag = self._take
        parser.feed(html)
        parser.close()

    def _take(self, tag, attributes):
        self.elements.add(tag)
        self.attributes += [(tag, *pair) for pair in attributes]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_cannot_run_load_or_lead_astray(text):
    found = Reader(markdown.render(text))
    assert found.elements <= {"p", "a", "code", "pre", "blockquote", "br"}
    for tag, name, value in found.attributes:
        assert (tag, name) in {("a", "href"), ("a", "rel"), ("a", "title"), ("code", "class")}
        if name == "href":
            # What an address without a scheme may hold: no browser takes these for one, nor for another site.
            assert value == "https://a.example" or value.split(":")[0] in ("java%0Ascript", "java%09script")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *so*", "<p><strong>bold</strong> and <em>so</em></p>"),
        ("# Title", "<h4>Title</h4>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("老𬭎**回来**了", "<p>老𬭎<strong>回来</strong>了</p>"),
        ("one\ntwo", "<p>one<br />\ntwo</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("[x](https://a.example)", '<p><a href="https://a.example" rel="noopener noreferrer">x</a></p>'),
        ("[x](mailto:a@b.example)", '<p><a href="mailto:a@b.example" rel="noopener noreferrer">x</a></p>'),
        ("[x](/transcripts/7/#at1-9)", '<p><a href="/transcripts/7/#at1-9">x</a></p>'),
    ],
)
def test_markdown_shows_what_people_mean(text, html):
    assert markdown.render(text).strip() == html


def calls_to_render(text):
    """How many functions are called, here and in the library."""
    many = 0

    def count(_frame, event, _argument):
        nonlocal many
        many += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        markdown.render(text)
    finally:
        sys.setprofile(None)
    return many


@pytest.mark.parametrize("piece", ["[", "> ", "*a ", "![", "[a](", "`a ", "_*_"])
def test_twice_as_long_a_memo_takes_twice_the_work(piece):
    long = piece * (4_000 // len(piece))
    assert calls_to_render(long * 2) < 2.5 * calls_to_render(long)


def test_links_in_code_or_to_other_sites_are_no_links_to_codes():
    text = (
        "[a](/studies/s/codebook/?code=12) `[b](/studies/s/codebook/?code=13)` "
        "[c](https://a.example/studies/s/codebook/?code=14) [d](/transcripts/7/#at3-9) [e](/transcripts/7/#t3) "
        "[f](/studies/s/codebook/?code=x)"
    )
    assert markdown.links(text) == ({12}, {(7, 3, 9)})


# Writing


def test_memos_are_written_on_each_kind_of_thing(client, study, coder, transcript):
    code = make_code(study)
    coded = make_coded_segment(transcript, code, coder)
    client.force_login(coder)
    span = {"transcript": transcript.pk, "revision": 1, "start": 12, "end": 20}
    for number, on in enumerate(
        ({}, {"code": code.pk}, {"coded_segment": coded.pk}, {"transcript": transcript.pk}, span)
    ):
        answer = write(client, study, text=f"Memo {number}", **on)
        assert answer.status_code == 302
    kinds = [memo.kind for memo in Memo.objects.order_by("pk")]
    assert kinds == ["study", "code", "coded_segment", "transcript", "segment"]
    segment = Memo.objects.get(text="Memo 4").segment
    assert (segment.start, segment.end, segment.quote) == (12, 20, transcript.text[12:20])
    actions = Event.objects.order_by("pk").values_list("action", "transcript")
    assert list(actions)[-5:] == [
        ("write-memo", None),
        ("write-memo", None),
        ("write-memo", transcript.pk),
        ("write-memo", transcript.pk),
        ("write-memo", transcript.pk),
    ]


def test_a_memo_takes_the_segment_that_is_there(client, study, coder, transcript):
    segment = make_segment(transcript, 12, 20)
    client.force_login(coder)
    write(client, study, transcript=transcript.pk, revision=1, start=12, end=20)
    assert Memo.objects.get().segment == segment
    assert Segment.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": "  "}, "This field is required."),
        ({"text": "x" * 30_001}, "at most 30000 characters"),
        ({"shared": "perhaps"}, "not one of the available choices"),
        ({"start": 5, "end": 5}, "These words are not in the text."),
        ({"start": 5, "end": 9_999}, "These words are not in the text."),
        ({"revision": 2}, "The text was changed meanwhile."),
        ({"coded_segment": "nonsense"}, "is not a valid UUID"),
        ({"coded_segment": uuid4()}, "not one of the available choices"),
        ({"code": 99_999_999}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_written_is_said_and_kept(client, study, coder, transcript, given, said):
    client.force_login(coder)
    on = {"transcript": transcript.pk, "revision": 1, "start": 12, "end": 20}
    sent = {"text": "Kept as typed", "shared": "no", **on, **given}
    answer = client.post(page_of(study), sent, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    page = client.post(page_of(study), sent).text
    assert said in page
    assert sent["text"] in page
    assert not Memo.objects.exists() and not Segment.objects.exists()


def test_a_memo_on_a_coding_that_was_withdrawn_is_refused(study, coder, transcript):
    coded = make_coded_segment(transcript, make_code(study), coder)
    CodedSegment.objects.filter(pk=coded.pk).delete()
    with pytest.raises(memos.Refused, match="withdrawn"):
        memos.write(study, coder, "x", True, coded_segment=coded)


def test_things_of_another_study_take_no_memo(client, study, coder):
    elsewhere = make_coded_segment()
    foreign = {
        "code": elsewhere.tag_id,
        "coded_segment": elsewhere.pk,
        "transcript": elsewhere.content_object.transcript_id,
    }
    client.force_login(coder)
    for name, value in foreign.items():
        assert write(client, study, **{name: value}).status_code == 200
    assert not Memo.objects.exists()


def test_readers_write_nothing_and_are_offered_nothing(client, study, coder, transcript):
    client.force_login(make_reader(study))
    assert write(client, study).status_code == 403
    make_memo(study, coder)
    for address in (page_of(study), reverse("coding:transcript-memos", args=[transcript.pk])):
        page = client.get(address).text
        assert "data-memo-form" not in page
        assert "Write a memo" not in page


# Changing


def test_an_author_edits_and_deletes_and_the_history_keeps_both(client, study, coder):
    memo = make_memo(study, coder, "First")
    client.force_login(coder)
    edit = reverse("coding:edit-memo", args=[memo.pk])
    assert client.post(edit, {"text": "Second", "shared": "no"}).status_code == 302
    memo.refresh_from_db()
    assert (memo.text, memo.shared) == ("Second", False)
    assert memo.changed_at > memo.created_at
    client.post(edit, {"text": "Second", "shared": "no"})
    client.post(reverse("coding:delete-memo", args=[memo.pk]))
    assert not Memo.objects.exists()
    events = Event.objects.order_by("pk")
    assert [event.action for event in events] == ["edit-memo", "delete-memo"]
    undo(events[1], coder)
    assert Memo.objects.get().text == "Second"


@pytest.mark.parametrize("make", [make_coder, make_lead, make_owner, make_reader])
def test_nobody_else_changes_a_shared_memo(client, study, coder, make):
    memo = make_memo(study, coder)
    client.force_login(make(study))
    assert client.get(reverse("coding:memo", args=[memo.pk])).status_code == 200
    for name in ("edit-memo", "delete-memo"):
        assert client.post(reverse(f"coding:{name}", args=[memo.pk]), {"text": "Mine"}).status_code == 403
    memo.refresh_from_db()
    assert memo.text == "A thought"


def test_an_author_who_became_a_reader_changes_nothing(client, study):
    reader = make_reader(study)
    memo = make_memo(study, reader)
    client.force_login(reader)
    assert client.post(reverse("coding:delete-memo", args=[memo.pk])).status_code == 403


# Who reads what


def test_private_memos_are_for_their_author_alone(client, study, coder, transcript):
    code = make_code(study)
    coded = make_coded_segment(transcript, code, coder)
    secret = "Nobody else’s business"
    own = [
        make_memo(study, coder, f"{secret} {codebook_link(study, code)}", shared=False),
        make_memo(study, coder, f"{secret} {passage_link(transcript, 0, 10)}", shared=False),
        make_memo(study, coder, secret, shared=False, code=code),
        make_memo(study, coder, secret, shared=False, transcript=transcript),
        make_memo(study, coder, secret, shared=False, coded_segment=coded),
        make_memo(study, coder, secret, shared=False, segment=coded.content_object),
    ]
    memos.edit(own[0], f"{secret} changed", False)
    addresses = [
        page_of(study),
        f"{page_of(study)}?q=business",
        f"{page_of(study)}?who=private",
        f"{page_of(study)}?author={coder.pk}",
        f"{page_of(study)}?code={code.pk}",
        reverse("coding:transcript-memos", args=[transcript.pk]),
        f"{reverse('coding:codebook', args=[study.slug])}?code={code.pk}",
        reverse("interviews:history", args=[study.slug]),
        reverse("coding:study", args=[study.slug]),
        reverse("api:memos", args=[study.slug]),
        reverse("api:transcript-memos", args=[transcript.pk]),
        reverse("coding:export-coded-segments", args=[study.slug]),
    ]
    for person in (make_owner(study), make_lead(study), make_coder(study), make_reader(study)):
        client.force_login(person)
        for address in addresses:
            answer = client.get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert "business" not in body.decode().replace('value="business"', "").replace(
                "q=business", ""
            ), address
        for memo in own:
            for name in ("memo", "edit-memo"):
                assert client.get(reverse(f"coding:{name}", args=[memo.pk])).status_code in (403, 404)
            assert client.get(reverse("coding:memo", args=[memo.pk])).status_code == 404
    client.force_login(coder)
    assert len(texts(client.get(page_of(study)))) == 6
    assert len(client.get(reverse("api:memos", args=[study.slug])).json()) == 6


def test_even_its_author_finds_no_private_memo_in_the_export(client, study):
    lead = make_lead(study)
    transcript = make_transcript(study)
    coded = make_coded_segment(transcript, make_code(study), lead)
    make_memo(study, lead, "For me", shared=False, coded_segment=coded)
    make_memo(study, lead, "For all", coded_segment=coded)
    client.force_login(lead)
    answer = client.get(reverse("coding:export-coded-segments", args=[study.slug]))
    exported = b"".join(answer.streaming_content).decode()
    assert "For all" in exported
    assert "For me" not in exported


def test_strangers_and_memos_of_other_studies_do_not_meet(client, study, coder, transcript):
    memo = make_memo(study, coder)
    client.force_login(make_user())
    for address in (
        page_of(study),
        reverse("coding:memo", args=[memo.pk]),
        reverse("coding:transcript-memos", args=[transcript.pk]),
        reverse("api:memos", args=[study.slug]),
    ):
        assert client.get(address).status_code == 404, address
    other = make_study()
    make_memo(other, make_coder(other), "Theirs")
    client.force_login(coder)
    assert texts(client.get(page_of(study))) == ["A thought"]


def test_memos_of_a_removed_transcript_are_put_away_with_it(client, study, coder, transcript):
    coded = make_coded_segment(transcript, make_code(study), coder)
    make_memo(study, coder, transcript=transcript)
    make_memo(study, coder, segment=coded.content_object)
    make_memo(study, coder, coded_segment=coded)
    client.force_login(coder)
    assert len(texts(client.get(page_of(study)))) == 3
    Transcript.objects.filter(pk=transcript.pk).update(removed_at=timezone.now())
    assert texts(client.get(page_of(study))) == []


# The study's page


def test_the_newest_memo_comes_first_and_leads_to_what_it_is_on(client, study, coder, transcript):
    code = make_code(study, "Team return")
    make_memo(study, coder, "On the code", code=code)
    make_memo(study, coder, "On words", segment=make_segment(transcript, 12, 20))
    client.force_login(coder)
    answer = client.get(page_of(study))
    assert texts(answer) == ["On words", "On the code"]
    assert f'href="{reverse("coding:codebook", args=[study.slug])}?code={code.pk}"' in answer.text
    assert f'href="{transcript.get_absolute_url()}#at12-20"' in answer.text


def test_search_finds_any_case_and_width_and_takes_signs_as_they_are(client, study, coder):
    make_memo(study, coder, "ＴＥＡＭ 100% of 老𬭎")
    make_memo(study, coder, "Something else_entirely")
    client.force_login(coder)
    for asked, found in (
        ("team", 1),
        ("100%", 1),
        ("老𬭎", 1),
        ("%", 1),
        ("_", 1),
        ("SOMETHING", 1),
        ("<b>", 0),
    ):
        answer = client.get(page_of(study), {"q": asked})
        assert len(texts(answer)) == found, asked
        assert "<b>" not in answer.text.split("<main")[1].replace("&lt;b&gt;", "")


def test_filters_narrow_alone_and_together(client, study, coder, colleague, transcript):
    code, other = make_code(study), make_code(study)
    coded = make_coded_segment(transcript, code, coder)
    make_memo(study, coder, "study", shared=False)
    make_memo(study, coder, "transcript", transcript=transcript)
    make_memo(study, colleague, "segment", segment=coded.content_object)
    make_memo(study, colleague, "coding", coded_segment=coded)
    make_memo(study, coder, "code", code=code)
    make_memo(study, coder, f"linking {codebook_link(study, code)}", code=other)
    make_memo(study, coder, f"not {code.pk}0 {codebook_link(study, other)}0")
    client.force_login(coder)

    def found(**asked):
        return [text.split()[0] for text in texts(client.get(page_of(study), asked))]

    assert found(kind="study") == ["not", "study"]
    assert found(kind="coded_segment") == ["coding"]
    assert found(kind="code") == ["linking", "code"]
    assert found(author=colleague.pk) == ["coding", "segment"]
    assert found(who="private") == ["study"]
    assert found(code=code.pk) == ["linking", "code", "coding"]
    assert found(code=code.pk, author=coder.pk, q="CODE") == ["linking", "code"]
    assert len(found(kind="?", who="?", author="x", code="x")) == 7
    assert found(q="nothing like it") == []


def test_a_filter_that_finds_nothing_can_be_lifted(client, study, coder):
    make_memo(study, coder)
    client.force_login(coder)
    assert "No memo matches" in client.get(page_of(study), {"q": "zzz"}).text
    assert "No memos yet" not in client.get(page_of(study)).text


def test_pages_keep_the_filter(client, study, coder):
    for number in range(30):
        make_memo(study, coder, f"Memo {number}")
    client.force_login(coder)
    answer = client.get(page_of(study), {"q": "memo", "page": 2})
    assert len(texts(answer)) == 5
    assert 'href="?q=memo&amp;page=1"' in answer.text
    assert "26–30 of 30 memos" in answer.text


def test_the_page_of_memos_takes_the_same_queries_whatever_their_number(
    client, study, coder, transcript, django_assert_num_queries
):
    client.force_login(coder)
    for _ in range(2):
        code = make_code(study)
        coded = make_coded_segment(transcript, code, make_coder(study))
        make_memo(study, coded.coder, codebook_link(study, code), code=code)
        make_memo(study, coder, coded_segment=coded)
        make_memo(study, coder, segment=coded.content_object)
        make_memo(study, coder, passage_link(transcript, 0, 10))
        with django_assert_num_queries(6):  # user, study, codes, number, authors, memos
            client.get(page_of(study))
        with django_assert_num_queries(6):  # user, transcript, codes, links, memos, those that link
            client.get(reverse("coding:transcript-memos", args=[transcript.pk]))
        with django_assert_num_queries(6):  # user, transcript, memos, links, those that link, codings
            client.get(reverse("api:transcript-memos", args=[transcript.pk]))


def test_a_very_long_memo_is_shown_whole_and_can_be_folded(client, study, coder):
    text = "\n\n".join(f"Paragraph {number} of a long thought." for number in range(700))
    client.force_login(coder)
    assert write(client, study, text=text).status_code == 302
    page = client.get(page_of(study)).text
    assert "Paragraph 699" in page
    assert 'data-do="unfold"' in page


# Beside a transcript, and back-links


def test_a_transcripts_memos_come_in_text_order_and_then_those_that_link_to_it(
    client, study, coder, transcript
):
    coded = make_coded_segment(transcript, make_code(study), coder, start=40, end=50)
    make_memo(study, coder, "third", coded_segment=coded)
    make_memo(study, coder, "second", segment=make_segment(transcript, 12, 20))
    make_memo(study, coder, "first", transcript=transcript)
    make_memo(study, coder, f"elsewhere {passage_link(transcript, 12, 20)}")
    make_memo(study, coder, f"of another {passage_link(make_transcript(study), 12, 20)}")
    client.force_login(coder)
    answer = client.get(reverse("coding:transcript-memos", args=[transcript.pk]))
    assert texts(answer) == ["first", "second", "third"]
    assert [item.memo.text.split()[0] for item in answer.context["elsewhere"]] == ["elsewhere"]


def test_a_coding_knows_the_memos_on_it_on_its_words_and_with_links_to_them(client, study, coder, transcript):
    coded = make_coded_segment(transcript, make_code(study), coder, start=12, end=20)
    bare = make_coded_segment(transcript, make_code(study), coder, start=13, end=20)
    on_it = make_memo(study, coder, "**On** it", coded_segment=coded)
    on_words = make_memo(study, coder, "On the words", segment=coded.content_object)
    link = make_memo(study, coder, f"See {passage_link(transcript, 12, 20)} again")
    client.force_login(coder)
    answer = client.get(reverse("api:transcript-memos", args=[transcript.pk])).json()
    assert answer["n"] == 2
    beside = {entry["id"]: entry["words"] for entry in answer["codings"][coded.pk.hex]}
    assert beside == {on_it.pk: "On it", on_words.pk: "On the words", link.pk: "See there again"}
    assert bare.pk.hex not in answer["codings"]


def test_a_codes_panel_lists_memos_on_it_and_with_links_to_it(client, study, coder):
    code = make_code(study)
    make_memo(study, coder, "Straight on it", code=code)
    make_memo(study, coder, f"From afar {codebook_link(study, code)}")
    make_memo(study, coder, "Of no concern")
    client.force_login(coder)
    page = client.get(f"{reverse('coding:codebook', args=[study.slug])}?code={code.pk}").text
    assert "Straight on it" in page
    assert "From afar" in page
    assert "Of no concern" not in page


def test_the_api_gives_what_a_memo_is_on(client, study, coder, transcript):
    code = make_code(study)
    coded = make_coded_segment(transcript, code, coder, start=12, end=20)
    make_memo(study, coder, "老𬭎", coded_segment=coded)
    client.force_login(coder)
    (row,) = client.get(reverse("api:memos", args=[study.slug])).json()
    assert (row["on"], row["transcript"], row["start"], row["end"]) == (
        "coded_segment",
        transcript.pk,
        12,
        20,
    )
    assert (UUID(row["coded_segment"]), row["code"], row["text"]) == (coded.pk, code.pk, "老𬭎")


# What happens to memos when other things change


def test_a_withdrawn_coding_leaves_its_memos_with_its_words(client, study, coder, colleague, transcript):
    coded = make_coded_segment(transcript, make_code(study), coder, start=12, end=20)
    memo = make_memo(study, colleague, shared=False, coded_segment=coded)
    client.force_login(coder)
    change = {"id": str(uuid4()), "do": "withdraw", "target": str(coded.pk)}
    answer = client.post(
        reverse("api:make-changes", args=[transcript.pk]),
        json.dumps({"revision": 1, "changes": [change]}),
        content_type="application/json",
    )
    assert answer.json()["results"][0]["state"] == "done"
    memo.refresh_from_db()
    assert (memo.kind, memo.segment_id) == ("segment", coded.content_object_id)
    client.force_login(colleague)
    assert texts(client.get(reverse("coding:transcript-memos", args=[transcript.pk]))) == ["A thought"]


def test_deleting_a_study_erases_its_memos(client, study, transcript):
    owner = make_owner(study)
    code = make_code(study)
    coded = make_coded_segment(transcript, code)
    for on in ({}, {"code": code}, {"coded_segment": coded}, {"transcript": transcript}):
        memos.write(study, owner, "x", False, **on)
    memos.write(study, owner, "x", True, transcript=transcript, span=(12, 20), revision=1)
    client.force_login(owner)
    client.post(reverse("interviews:delete-study", args=[study.slug]), {"name": study.name})
    assert not Memo.objects.exists()


def test_the_history_tells_of_memos_without_their_words(client, study, coder, transcript):
    code = make_code(study, "Team return")
    memos.write(study, coder, "unsaid", True, code=code)
    memos.write(study, coder, "unsaid", True, transcript=transcript)
    memos.write(study, coder, "unsaid", False, code=make_code(study, "Hidden code"))
    own = memos.write(study, coder, "unsaid", True)
    memos.edit(own, "still unsaid", True)
    memos.delete(own)
    client.force_login(make_reader(study))
    page = client.get(reverse("interviews:history", args=[study.slug])).text
    for told in (
        "wrote a memo on the code <b>Team return</b>",
        f"wrote a memo in {transcript.title}",
        "wrote a private memo",
        "changed a memo",
        "deleted a memo",
    ):
        assert told in page
    assert "unsaid" not in page
    assert "<b>Hidden code" not in page
