"""The recoding table and the list of what is to be reviewed."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from coding import codebook, recoding
from coding.models import Code, CodedSegment, Memo
from interviews import restricted
from interviews.models import Event
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)


@pytest.fixture
def study(db):
    return make_study()


@pytest.fixture
def transcript(study):
    return make_transcript(
        study, "INTERVIEWER: Why?\n\nWENBO: We decided together, in the car park. 老𬭎 knew.\n"
    )


@pytest.fixture
def code(study):
    return make_code(study, "Ties", colour="#112233")


def url(study, *codes, **query):
    parts = [f"code={code.pk}" for code in codes] + [f"{key}={value}" for key, value in query.items()]
    return f"{reverse('coding:recoding', args=[study.slug])}{'?' if parts else ''}{'&'.join(parts)}"


def do(client, study, what, codes, rows, **given):
    data = {"do": what, "chosen": [str(row.pk) for row in rows], **given}
    return client.post(url(study, *codes), data)


def quotes(page):
    return re.findall(r'class="words">([^<]*)<', page)


def test_passages_are_shown_in_context_with_who_said_and_who_coded_them(client, study, transcript, code):
    kind = make_type(study, "Returnee")
    wenbo, anna = make_respondent(study, "Wenbo", kind), make_coder(study)
    make_coded_segment(transcript, code, anna, start=29, end=46, respondent=wenbo)
    client.force_login(make_reader(study))

    page = client.get(url(study, code)).text

    assert quotes(page) == ["decided together,"]
    assert ">INTERVIEWER: Why?\n\nWENBO: We </span>" in page and "in the car park. 老𬭎 knew.</span>" in page
    for words in ("Wenbo", "Returnee", anna.username, f"{transcript.title}, turn 2", "1–1 of 1 passage"):
        assert words in page
    assert 'type="checkbox" name="chosen"' not in page and 'name="do"' not in page


def test_passages_are_filtered_and_sorted(client, study, transcript, code):
    kind = make_type(study, "Returnee")
    wenbo, ann = make_respondent(study, "Wenbo", kind), make_respondent(study, "Ann")
    anna, ben = make_coder(study), make_coder(study)
    child, other = make_code(parent=code, name="Trust"), make_code(study, "Zoo")
    make_coded_segment(transcript, code, ben, start=26, end=28, respondent=wenbo)
    make_coded_segment(transcript, child, anna, start=29, end=36, respondent=ann)
    make_coded_segment(transcript, other, anna, start=37, end=45)
    removed = make_transcript(study, removed_at=timezone.now())
    make_coded_segment(removed, code, anna)
    client.force_login(make_coder(study))

    def shown(*codes, **query):
        return quotes(client.get(url(study, *codes, **query)).text)

    assert shown() == ["We", "decided", "together"]
    assert shown(code) == ["We"]
    assert shown(code, subcodes="yes") == ["We", "decided"]
    assert shown(code, other) == ["We", "together"]
    assert shown(coder=anna.username) == ["decided", "together"]
    assert shown(type=kind.key) == ["We"]
    assert shown(q="DECID") == ["decided"]
    assert shown(sort="coder")[-1] == "We"
    assert shown(sort="respondent")[:2] == ["decided", "We"]
    assert shown(sort="x; drop", page="0") == ["We", "decided", "together"]
    assert "Nothing matches these filters." in client.get(url(study, code, q="zzz")).text
    assert shown(make_code()) == ["We", "decided", "together"]


def test_many_are_recoded_as_one_change_and_undone_as_one(client, study, transcript, code):
    anna = make_coder(study)
    into = make_code(parent=code, name="Trust")
    rows = [make_coded_segment(transcript, code, anna, start=n, end=n + 3) for n in (26, 30, 35)]
    memo = Memo.objects.create(study=study, author=anna, coded_segment=rows[2], text="Why?")
    twin = make_coded_segment(transcript, into, anna, start=35, end=38)
    CodedSegment.objects.filter(pk=rows[0].pk).update(code_revision=7)
    client.force_login(anna)

    answer = do(client, study, "recode", [code], rows, into=into.pk)

    assert answer.url == url(study, code)
    assert set(into.coded_segments.values_list("pk", "code_revision")) == {
        (rows[0].pk, 1),
        (rows[1].pk, 1),
        (twin.pk, 1),
    }
    memo.refresh_from_db()
    assert memo.coded_segment == twin
    event = Event.objects.get()
    assert (event.action, event.actor) == ("recode-segments", anna)
    page = client.get(answer.url).text
    assert "3 passages have “Trust” now." in page and f'value="{event.pk}"' in page
    client.post(url(study, code), {"do": "undo", "event": event.pk})
    assert set(code.coded_segments.values_list("pk", flat=True)) == {row.pk for row in rows}


def test_a_code_is_applied_as_well_on_behalf_of_who_does_it(client, study, transcript, code):
    anna, ben, other = make_coder(study), make_coder(study), make_code(study, "Work")
    rows = [
        make_coded_segment(transcript, code, who, start=n, end=n + 3) for who, n in ((anna, 26), (ben, 30))
    ]
    make_coded_segment(transcript, other, anna, start=26, end=29)
    client.force_login(anna)

    do(client, study, "add", [code], rows, into=other.pk)

    assert set(other.coded_segments.values_list("content_object", "coder")) == {
        (row.content_object_id, anna.pk) for row in rows
    }
    answer = do(client, study, "add", [code], rows, into=other.pk)
    assert answer.status_code == 422 and "You have applied “Work” to all of these already." in answer.text


def test_codings_are_withdrawn_and_what_was_written_stays_with_the_words(client, study, transcript, code):
    anna = make_coder(study)
    row = make_coded_segment(transcript, code, anna, start=26, end=29)
    memo = Memo.objects.create(study=study, author=anna, coded_segment=row, text="Why?")
    client.force_login(anna)

    do(client, study, "withdraw", [code], [row])

    assert not CodedSegment.objects.exists()
    memo.refresh_from_db()
    assert memo.segment == row.content_object
    client.post(url(study), {"do": "undo", "event": Event.objects.get().pk})
    memo.refresh_from_db()
    assert CodedSegment.objects.get() == row and memo.coded_segment == row


def test_coders_change_their_own_and_leads_change_anybodys(client, study, transcript, code):
    anna, ben, into = make_coder(study), make_coder(study), make_code(study, "Work")
    annas = make_coded_segment(transcript, code, anna, start=26, end=29)
    bens = make_coded_segment(transcript, code, ben, start=30, end=33)
    client.force_login(anna)

    do(client, study, "recode", [code], [annas, bens], into=into.pk)
    assert list(into.coded_segments.all()) == [annas]
    answer = do(client, study, "withdraw", [code], [bens])
    assert answer.status_code == 422 and "none is yours to change" in answer.text
    client.force_login(make_lead(study))
    do(client, study, "withdraw", [code], [bens])
    assert not code.coded_segments.exists()
    event = Event.objects.latest("pk")
    client.force_login(anna)
    assert client.post(url(study), {"do": "undo", "event": event.pk}).status_code == 403


def test_a_code_is_split_by_picking_passages(client, study, transcript, code):
    lead, anna, ben = make_lead(study), make_coder(study), make_coder(study)
    rows = [
        make_coded_segment(transcript, code, who, start=n, end=n + 3) for who, n in ((anna, 26), (ben, 30))
    ]
    stays = make_coded_segment(transcript, code, anna, start=40, end=44)
    client.force_login(anna)
    assert do(client, study, "split", [code], rows, name="New").status_code == 403
    client.force_login(lead)
    answer = do(client, study, "split", [code], rows, name="Ties", place="beside")
    assert (
        answer.status_code == 422
        and "named “Ties” here already" in answer.text
        and 'value="Ties"' in answer.text
    )
    assert answer.text.count("checked>") >= 2

    do(client, study, "split", [code], rows, name="Close ties", place="under")

    new = study.codes.get(name="Close ties")
    assert new.parent == code and set(new.coded_segments.all()) == set(rows)
    assert list(code.coded_segments.all()) == [stays]
    event = Event.objects.get()
    assert (event.action, event.target) == ("split-code", f"code:{new.pk}")
    client.post(url(study), {"do": "undo", "event": event.pk})
    assert study.codes.count() == 1 and code.coded_segments.count() == 3


def test_a_passage_becomes_the_example_of_its_code(client, study, transcript, code):
    row = make_coded_segment(transcript, code, start=29, end=45)
    client.force_login(make_lead(study))

    client.post(url(study, code), {"example": str(row.pk)})

    assert Code.objects.get().example == "decided together" and Event.objects.get().action == "edit-code"
    client.force_login(make_coder(study))
    assert client.post(url(study, code), {"example": str(row.pk)}).status_code == 403


def test_all_that_is_asked_for_is_changed_unless_the_list_has_changed(client, study, transcript, code):
    lead, into = make_lead(study), make_code(study, "Work")
    make_coded_segment(transcript, code, start=26, end=29)
    make_coded_segment(transcript, code, start=30, end=33)
    client.force_login(lead)

    answer = do(client, study, "recode", [code], [], into=into.pk, all="yes", seen="1")
    assert answer.status_code == 422 and "The list has changed since you looked." in answer.text
    do(client, study, "recode", [code], [], into=into.pk, all="yes", seen="2")
    assert into.coded_segments.count() == 2


@pytest.mark.parametrize(
    ("what", "given", "sentence"),
    [
        ("recode", {}, "Choose the code first."),
        ("recode", {"into": "retired"}, "“Old” is retired, so it cannot be applied."),
        ("recode", {"into": "same"}, "have the code “Ties” already."),
        ("add", {"into": "retired"}, "“Old” is retired, so it cannot be applied."),
        ("withdraw", {"chosen": ["x"]}, "Choose passages first"),
        ("add", {"into": "same", "chosen": []}, "Choose passages first."),
        ("keep", {}, "Choose passages first"),
        ("split", {"name": " "}, "A code needs a name."),
        ("split", {"name": "New", "chosen": []}, "Choose the passages that the new code takes over."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    client, study, transcript, code, what, given, sentence
):
    row = make_coded_segment(transcript, code)
    known = {"retired": make_code(study, "Old", retired_at=timezone.now()).pk, "same": code.pk}
    client.force_login(make_lead(study))

    given = {**given, "into": known.get(given.get("into"), "")}
    answer = client.post(url(study, code), {"do": what, "chosen": [str(row.pk)], **given})

    assert answer.status_code == 422 and sentence in answer.text
    assert CodedSegment.objects.get() == row and not Event.objects.exists()


def test_rows_and_events_of_another_study_are_out_of_reach(client, study, code):
    elsewhere = make_coded_segment()
    codebook.retire(elsewhere.tag, make_lead(elsewhere.tag.study))
    client.force_login(make_lead(study))

    assert do(client, study, "withdraw", [], [elsewhere]).status_code == 422
    assert client.post(url(study), {"do": "undo", "event": Event.objects.get().pk}).status_code == 404
    assert client.post(url(study), {"do": "explode"}).status_code == 404
    assert CodedSegment.objects.get() == elsewhere


def test_restricted_words_are_kept_from_readers_and_out_of_examples(client, study, transcript, code):
    row = make_coded_segment(transcript, code, start=29, end=45)
    make_coded_segment(transcript, code, start=26, end=28)
    lead = make_lead(study)
    restricted.restrict(transcript.pk, lead, 37, 45, revision=1)
    client.force_login(make_reader(study))

    assert "together" not in client.get(url(study, code)).text
    assert quotes(client.get(url(study, code)).text) == ["We", "Withheld (restricted passage)"]
    assert "Nothing matches these filters." in client.get(url(study, code, q="together")).text
    client.force_login(lead)
    assert quotes(client.get(url(study, code, q="together")).text) == ["decided together"]
    answer = client.post(url(study, code), {"example": str(row.pk)})
    assert answer.status_code == 422 and "This passage is restricted" in answer.text


# What is to be reviewed


def test_what_was_coded_under_an_older_revision_is_listed_for_its_coder(client, study, transcript, code):
    anna, ben = make_coder(study), make_coder(study)
    annas = make_coded_segment(transcript, code, anna, start=26, end=28)
    make_coded_segment(transcript, code, ben, start=29, end=36)
    make_coded_segment(transcript, make_code(study), anna, start=40, end=45)
    codebook.edit_code(code, make_lead(study), definition="Narrower")
    codebook.edit_code(code, make_lead(study), colour="#445566")
    make_coded_segment(transcript, code, anna, start=37, end=45)
    CodedSegment.objects.filter(coder=anna, content_object__start=37).update(code_revision=2)
    client.force_login(anna)

    counts = client.get(reverse("coding:to-review", args=[study.slug])).text
    page = client.get(url(study, review="yes")).text
    assert f"{anna} <b>1</b>" in counts and f"{ben} <b>1</b>" in counts
    assert overview(page) == [(str(anna), "1", "1 of 2"), (str(ben), "1", "0 of 1")]
    assert quotes(page) == ["We"] and "coded under revision 1, now 2" in page
    assert "1 of 2 coded segments are up to date" in page
    assert quotes(client.get(url(study, review="yes", coder="")).text) == ["We", "decided"]

    do(client, study, "keep", [code], [annas])

    annas.refresh_from_db()
    assert annas.code_revision == 2 and Event.objects.latest("pk").action == "keep-segments"
    assert "Nothing to review" in client.get(url(study, review="yes")).text
    assert f"{anna} <b>" not in client.get(reverse("coding:to-review", args=[study.slug])).text
    client.post(url(study), {"do": "undo", "event": Event.objects.latest("pk").pk})
    annas.refresh_from_db()
    assert annas.code_revision == 1


def overview(page):
    table = page[page.index("review-coders") :].split("</table>")[0]
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", table)
    texts = [re.sub("<[^>]+>", "", cell) for cell in cells][3:]
    return [tuple(texts[n : n + 3]) for n in range(0, len(texts), 3)]


def test_a_lead_sees_what_waits_of_all_coders(client, study, transcript, code):
    anna, lead = make_coder(study), make_lead(study)
    make_coded_segment(transcript, code, anna, start=26, end=28)
    codebook.edit_code(code, lead, definition="Narrower")
    client.force_login(lead)

    page = client.get(url(study, review="yes")).text
    assert overview(page) == [(str(anna), "1", "0 of 1")]
    assert quotes(page) == ["We"] and "Nothing to review" not in page

    page = client.get(url(study, review="yes", coder=str(lead))).text
    assert f"Nothing to review of {lead}" in page and "What waits of others is listed above." in page


def test_a_reason_that_an_example_needs_is_asked_for_where_it_is_refused(client, study, transcript, code):
    lead = make_lead(study)
    codebook.require_reasons(study, lead, True)
    row = make_coded_segment(transcript, code, start=26, end=28)
    client.force_login(lead)

    answer = client.post(url(study), {"example": row.pk})

    assert answer.status_code == 422
    field = re.search(r"<input[^>]*name=.reason.[^>]*>", answer.text)[0]
    assert "autofocus" in field and 'form="recoding"' in field and answer.text.count('name="reason"') == 1
    client.post(url(study), {"example": row.pk, "reason": "It is plain"})
    code.refresh_from_db()
    assert code.example == "We"


def test_an_undone_revision_that_was_coded_by_is_not_taken_for_the_next_one(study, transcript, code):
    lead = make_lead(study)
    codebook.edit_code(code, lead, definition="One way")
    row = make_coded_segment(transcript, code)
    CodedSegment.objects.filter(pk=row.pk).update(code_revision=2)
    recoding.history.undo(Event.objects.latest("pk"), lead)
    assert list(recoding.to_review(recoding.of_study(study))) == [row]
    assert recoding.progress(study) == (0, 1)

    assert codebook.edit_code(code, lead, definition="Another way").revision == 3
    assert list(recoding.to_review(recoding.of_study(study))) == [row]


def test_a_withdrawn_coding_of_an_undone_revision_comes_back_to_be_reviewed(study, transcript, code):
    lead, coder = make_lead(study), make_coder(study)
    for n, undone in enumerate(["One way", "Another way", "A third"]):
        codebook.edit_code(code, lead, definition=undone)
        code.refresh_from_db()
        row = make_coded_segment(transcript, code, coder, start=26 + n, end=36)
        CodedSegment.objects.filter(pk=row.pk).update(code_revision=code.revision)
        edit = Event.objects.latest("pk")
        recoding.withdraw(study, recoding.of_study(study), coder)
        withdrawal = Event.objects.latest("pk")
        recoding.history.undo(edit, lead)
        recoding.history.undo(withdrawal, coder)
        assert list(recoding.to_review(recoding.of_study(study))) == [row]
        recoding.withdraw(study, recoding.of_study(study), coder)
        withdrawal = Event.objects.latest("pk")

        codebook.edit_code(code, lead, definition=f"Now {n}")

        recoding.history.undo(withdrawal, coder)
        assert list(recoding.to_review(recoding.of_study(study))) == [row]
        recoding.keep(study, recoding.of_study(study), lead)
        recoding.withdraw(study, recoding.of_study(study), coder)


def test_an_undoing_that_counts_on_passes_the_numbers_of_undone_revisions(study, transcript, code):
    lead = make_lead(study)
    codebook.edit_code(code, lead, definition="Wide")
    first = Event.objects.latest("pk")
    codebook.edit_code(code, lead, example="Like this")
    codebook.edit_code(code, lead, include="Also")
    row = make_coded_segment(transcript, code)
    CodedSegment.objects.filter(pk=row.pk).update(code_revision=4)
    third = Event.objects.filter(action="edit-code").latest("pk")

    recoding.history.undo(third, lead)
    recoding.history.undo(first, lead)

    code.refresh_from_db()
    assert code.revision == 5
    assert list(recoding.to_review(recoding.of_study(study))) == [row]


def test_a_merge_does_not_hide_what_was_still_to_be_reviewed(study, transcript, code):
    lead, into = make_lead(study), make_code(study, "Into")
    for n in range(3):
        codebook.edit_code(into, lead, definition=f"{n}")
    stale, current = (make_coded_segment(transcript, code, start=n, end=n + 3) for n in (26, 30))
    codebook.edit_code(code, lead, definition="New")
    CodedSegment.objects.filter(pk=current.pk).update(code_revision=2)

    codebook.merge(code, into, lead)

    assert list(recoding.to_review(recoding.of_study(study))) == [stale]


def test_the_table_takes_the_same_queries_however_many_passages(
    client, study, transcript, code, django_assert_num_queries
):
    client.force_login(make_lead(study))
    for n in range(2):
        for start in range(5):
            make_coded_segment(transcript, code, start=start, end=start + 10 + n)
        # user, study; the book's three; how many, how many may be changed; lines, turns; coders, types
        with django_assert_num_queries(11):
            client.get(url(study, code))
