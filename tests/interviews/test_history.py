"""All changes, in a reader's words."""

import csv
import io
import uuid
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from coding import changes, codebook, memos
from coding.models import CodedSegment
from interviews import history, material, narrate, people, respondents, trail
from interviews.access import Role
from interviews.models import Event
from interviews.replay import differences
from interviews.speakers import assign
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_owner,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db


def history_url(study):
    return reverse("interviews:history", args=[study.slug])


def told(study):
    """The sentences of a study's history, newest first, as a reader reads them."""
    return [f"{item.who} {strip_tags(item.sentence)}" for item in narrate.tell(narrate.newest(study))]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def apply(study, coder, code="Team return", title="RET01 Wenbo"):
    transcript = make_transcript(study, title=title)
    coded = make_coded_segment(transcript, make_code(study, code), coder)
    return history.record(study, coder, "apply", coded, after=history.images(coded), transcript=transcript)


@pytest.fixture
def study():
    return make_study("Return migration")


@pytest.fixture
def lead(study):
    return make_member(study, Role.LEAD, make_user("lead"))


def test_members_read_the_history_newest_first(client, study, lead):
    first, second = (apply(study, lead, code) for code in ("First", "Second"))
    client.force_login(make_reader(study))
    shown = client.get(history_url(study)).context["told"]
    assert [item.event for item in shown] == [second, first]


def test_strangers_do_not(client, study):
    client.force_login(make_lead())
    assert client.get(history_url(study)).status_code == 404


def test_the_history_comes_in_pages_of_fifty(client, study, lead):
    event = apply(study, lead)
    Event.objects.bulk_create(
        Event(study=study, actor=lead, action="reorder-codes", target="code:1", at=event.at)
        for _n in range(60)
    )
    client.force_login(lead)
    first, second = client.get(history_url(study)), client.get(history_url(study) + "?page=2")
    assert len(first.context["told"]) == 50
    assert len(second.context["told"]) == 11
    assert "51–61 of 61 changes" in second.content.decode()
    assert 'href="?page=2"' in first.content.decode()


@pytest.mark.parametrize("page", ["0", "x", "99"])
def test_a_page_that_is_not_there_shows_one_that_is(client, study, lead, page):
    apply(study, lead)
    client.force_login(lead)
    assert len(client.get(history_url(study) + f"?page={page}").context["told"]) == 1


def test_the_history_takes_the_same_queries_however_long(client, study, lead, django_assert_num_queries):
    client.force_login(lead)
    for number in range(2):
        apply(study, make_coder(study), f"Code {number}")
        # user, study; count, ids, events; names of transcripts, codes, codings, segments, people; attributes; undone;
        # places of segments and transcripts; choices of people, codes, transcripts, respondents
        with django_assert_num_queries(18):
            client.get(history_url(study))


def test_applying_undoing_and_redoing_are_told_with_code_and_transcript(study, lead):
    event = apply(study, lead)
    undone = history.undo(event, lead)
    history.undo(undone, lead)
    assert told(study) == [
        "lead coded Team return in RET01 Wenbo",
        "lead took Team return off in RET01 Wenbo",
        "lead coded Team return in RET01 Wenbo",
    ]


def test_an_undoing_tells_what_it_undid_and_a_redoing_what_was_done_again(study, lead):
    code = codebook.create_code(study, lead, name="Cost")
    codebook.edit_code(code, lead, name="Price")
    undone = history.undo(study.events.latest("pk"), lead)
    history.undo(undone, lead)
    codebook.delete_code(code, lead)
    history.undo(study.events.latest("pk"), lead)
    assert told(study)[:1] + told(study)[2:4] == [
        "lead undid this: deleted the code Price, which was never used",
        "lead took an undoing back: renamed the code Cost to Price",
        "lead undid this: renamed the code Cost to Price",
    ]


def test_a_code_is_called_what_it_was_called_then(study, lead):
    code = make_code(study, "Team")
    history.record(study, lead, "create-code", code, after=history.images(code))
    before = history.images(code)
    code.name = "Team return"
    code.save()
    history.record(study, lead, "edit-code", code, before=before, after=history.images(code))
    assert told(study) == ["lead renamed the code Team to Team return", "lead added the code Team"]


def test_one_changed_field_of_a_code_is_named(study, lead):
    code = make_code(study, "Matchmaking")
    before = history.images(code)
    code.definition = "Bringing two sides to one table"
    code.save()
    history.record(study, lead, "edit-code", code, before=before, after=history.images(code))
    assert told(study) == ["lead changed Matchmaking: the definition"]


def test_merging_names_both_codes_however_much_moved(study, lead):
    into, code = make_code(study, "Brokerage"), make_code(study, "Matchmaking")
    moved = [make_coded_segment(make_transcript(study), code, lead) for _n in range(5)]
    codebook.merge(code, into, lead)
    assert len(moved) == 5
    assert told(study) == ["lead merged Matchmaking into Brokerage"]


def test_members_coming_and_going_are_told_by_name(study, lead):
    owner = make_member(study, Role.OWNER, make_user("owner"))
    invitation, _secret = people.invite(study, Role.READER, "for a friend", owner)
    lihua = make_user("lihua")
    membership = people.accept(invitation, lihua)
    people.set_role(membership, Role.CODER, owner)
    people.remove_member(membership, owner)
    people.add_superuser(study, make_user("root", is_superuser=True), Role.READER)
    assert told(study) == [
        "root joined the study as a superuser, without an invitation (reader)",
        "owner removed lihua from the members",
        "owner changed the role of lihua from reader to coder",
        "lihua joined the study (reader)",
        "owner made an invitation (reader)",
    ]


def test_leaving_is_told_as_leaving(study):
    make_owner(study)
    lihua = make_member(study, Role.CODER, make_user("lihua"))
    people.remove_member(study.memberships.get(user=lihua), lihua)
    assert told(study) == ["lihua left the study"]


def test_material_is_told_by_its_title(study, lead):
    wenbo = make_respondent(study, "Wenbo")
    transcript = make_transcript(study, title="RET01 Wenbo")
    assign(transcript, {"WENBO": wenbo}, lead)
    history.record(study, lead, "import-transcript", transcript, after=history.images(transcript))
    history.record(study, lead, "add-respondent", wenbo, after=history.images(wenbo))
    assert told(study) == [
        "lead added the respondent Wenbo",
        "lead imported RET01 Wenbo",
        "lead said who speaks in RET01 Wenbo",
    ]


def test_an_action_without_a_sentence_is_told_all_the_same(study, lead):
    code = make_code(study)
    history.record(study, lead, "juggle-codes", code, after=history.images(code))
    assert told(study) == ["lead made a change (juggle codes)"]


def test_a_batch_too_large_to_read_is_told_without_its_rows(study, lead):
    coded = make_coded_segment(make_transcript(study))
    image = {f"codedsegment:{n}": {"note": "x" * 1000} for n in range(300)}
    history.record(study, lead, "import-coded-segments", coded, after=image)
    (event,) = narrate.newest(study)
    assert event.short_after == {}
    assert told(study) == ["lead imported coded segments"]


def test_names_cannot_smuggle_markup_into_the_page(client, study, lead):
    apply(study, lead, code="<script>alert(1)</script>", title="<b>bold</b>")
    client.force_login(lead)
    page = client.get(history_url(study)).content.decode()
    assert "<script>alert" not in page
    assert "<b>bold</b>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_event_of_nobody_is_somebodys(study):
    history.record(study, None, "create-study", study, after=history.images(study))
    assert told(study) == ["Somebody made the study"]


def test_a_lead_undoes_a_change_of_the_codebook_from_the_history(client, study, lead):
    code = codebook.create_code(study, lead, name="Team return")
    codebook.edit_code(code, lead, name="Group return")
    event = study.events.latest("pk")
    client.force_login(lead)
    address = reverse("interviews:undo-change", args=[study.slug, event.pk])
    assert address in client.get(history_url(study)).content.decode()
    client.post(address)
    code.refresh_from_db()
    assert code.name == "Team return"
    assert address not in client.get(history_url(study)).content.decode()
    again = client.post(address, follow=True)
    assert "undone already" in again.content.decode()


def shown(client, study, **asked):
    """The sentences that the page shows for these filters."""
    lines = client.get(history_url(study), asked).context["told"]
    return [strip_tags(line.sentence) for line in lines]


def test_the_history_is_narrowed_to_a_person_a_kind_and_a_thing(client, study, lead):
    team, cost = (codebook.create_code(study, lead, name=name) for name in ("Team", "Cost"))
    other = make_lead(study)
    codebook.edit_code(cost, other, definition="Money and time")
    wenbo = make_respondent(study, "Wenbo")
    respondents.save(wenbo, lead)
    wenbo.pseudonym = "Bo"
    respondents.save(wenbo, lead)
    client.force_login(lead)

    assert shown(client, study, person=other.pk) == ["changed Cost: the definition"]
    assert shown(client, study, about=f"code:{team.pk}") == ["added the code Team"]
    assert shown(client, study, about=f"respondent:{wenbo.pk}", kind="codebook") == []
    assert shown(client, study, kind="material") == ["changed what is known of Bo"]


def test_a_coding_is_about_its_code_its_transcript_and_its_respondent(client, study, lead):
    wenbo = make_respondent(study, "Wenbo")
    transcript = make_transcript(study, respondent=wenbo)
    team = make_code(study, "Team")
    change = {"id": uuid.uuid4(), "do": "apply", "start": 0, "end": 40, "code": team.pk}
    changes.make(transcript.pk, lead, 1, [change])
    client.force_login(lead)

    for about in (f"code:{team.pk}", f"transcript:{transcript.pk}"):
        assert len(shown(client, study, about=about)) == 1
    assert shown(client, study, about=f"code:{make_code(study).pk}") == []
    page = client.get(history_url(study)).content.decode()
    assert f"/transcripts/{transcript.pk}/#at0-40" in page


def test_the_history_is_narrowed_to_days(client, study, lead):
    for day, name in ((1, "First"), (2, "Second"), (3, "Third")):
        codebook.create_code(study, lead, name=name)
        at = timezone.make_aware(datetime(2026, 3, day, 23, 59))
        Event.objects.filter(pk=study.last_event_id()).update(at=at)
    client.force_login(lead)

    assert shown(client, study, since="2026-03-02", until="2026-03-02") == ["added the code Second"]
    assert len(shown(client, study, until="2026-03-02")) == 2
    assert len(shown(client, study, since="2026-03-02")) == 2
    assert shown(client, study, since="2026-03-04") == shown(client, study, until="2026-02-28") == []


@pytest.mark.parametrize(
    "asked",
    [
        "person=x",
        "about=code:",
        "about=study:1",
        "kind=no",
        "since=2026-02-31",
        "until=soon",
        "until=9999-12-31",
    ],
)
def test_a_filter_that_makes_no_sense_is_passed_over(client, study, lead, asked):
    codebook.create_code(study, lead, name="Team")
    client.force_login(lead)
    assert len(client.get(f"{history_url(study)}?{asked}").context["told"]) == 1


def test_a_code_that_is_gone_is_still_chosen_by_its_name(client, study, lead):
    code = codebook.create_code(study, lead, name="Passing")
    key = history.key_of(code)
    codebook.delete_code(code, lead)
    client.force_login(lead)
    page = client.get(history_url(study), {"about": key})
    assert len(page.context["told"]) == 2
    assert f'<option value="{key}" selected>Passing</option>' in page.content.decode()


def differences_of(client, study):
    (line, *_rest) = client.get(history_url(study)).context["told"]
    return [(field.row, field.field, field.old, field.new) for field in line.changed.fields]


def test_what_changed_is_told_by_names_and_not_by_numbers(client, study, lead):
    ties, returnee = make_code(study, "Ties"), make_type(study, "Returnee")
    code = make_code(study, "Trust", definition="To rely", origin="data")
    client.force_login(lead)
    codebook.edit_code(
        code, lead, parent=ties, definition="To count on", origin="theory", asked_of=[returnee]
    )
    assert differences_of(client, study) == [
        ("", "Parent", "", "Ties"),
        ("", "Definition", "To rely", "To count on"),
        ("", "Origin", "From the data", "From theory"),
        ("", "Asked of", "", "Returnee"),
    ]


def test_a_respondents_attributes_are_told_one_by_one(client, study, lead):
    make_attribute(study, "Year of return", key="year")
    wenbo = make_respondent(study, "Wenbo", year=2004, founder=True)
    wenbo.values = {"year": 2005, "founder": True}
    respondents.save(wenbo, lead)
    client.force_login(lead)
    assert differences_of(client, study) == [("", "Year of return", "2004", "2005")]


def test_what_memos_said_is_their_authors_alone(client, study, lead):
    code, coder = make_code(study, "Team"), make_coder(study)
    memo = memos.write(study, coder, "A thought of mine", False, code=code)
    memos.edit(memo, "Another thought", False)
    memos.delete(memo)
    for reader, is_told in ((lead, False), (coder, True)):
        client.force_login(reader)
        page = client.get(history_url(study)).content.decode()
        assert ("A thought of mine" in page) == ("Another thought" in page) == is_told
        found = shown(client, study, about=f"code:{code.pk}")
        assert found == []
        if reader == lead:
            out = client.get(reverse("interviews:export-history", args=[study.slug]))
            assert "thought" not in b"".join(out.streaming_content).decode()


def test_a_memo_is_brought_back_by_its_author_only(client, study, lead):
    coder = make_coder(study)
    memos.delete(memos.write(study, coder, "A thought", False))
    address = reverse("interviews:undo-change", args=[study.slug, study.last_event_id()])
    client.force_login(lead)
    assert client.post(address).status_code == 404
    client.force_login(coder)
    client.post(address)
    assert study.memos.get().text == "A thought"


def test_a_coding_is_undone_by_who_made_it_and_by_leads(client, study, lead):
    transcript, code = make_transcript(study), make_code(study)
    coder, other = make_coder(study), make_coder(study)
    for undoer, status in ((other, 403), (coder, 302), (lead, 302)):
        change = {"id": uuid.uuid4(), "do": "apply", "start": 0, "end": 40, "code": code.pk}
        changes.make(transcript.pk, coder, 1, [change])
        event = study.events.filter(action="apply").latest("pk")
        client.force_login(undoer)
        answer = client.post(reverse("interviews:undo-change", args=[study.slug, event.pk]))
        assert answer.status_code == status
        assert CodedSegment.objects.filter(pk=change["id"]).exists() == (status == 403)
        CodedSegment.objects.filter(pk=change["id"]).delete()


def test_an_undo_that_is_blocked_shows_what_is_in_the_way_and_may_go_over_it(client, study, lead):
    code = codebook.create_code(study, lead, name="Cost")
    codebook.edit_code(code, lead, name="Price")
    event = study.events.latest("pk")
    other = make_member(study, Role.LEAD, make_user("other"))
    codebook.edit_code(code, other, name="Fee")
    client.force_login(lead)
    address = reverse("interviews:undo-change", args=[study.slug, event.pk])

    blocked = client.post(address)

    assert blocked.status_code == 409
    page = strip_tags(blocked.content.decode())
    assert "other has changed this since" in page
    assert "other renamed the code Price to Fee" in " ".join(page.split())
    client.post(address, {"over_later": "1"})
    code.refresh_from_db()
    assert code.name == "Cost"
    history.undo(study.events.latest("pk"), lead)
    code.refresh_from_db()
    assert code.name == "Fee"


def test_a_later_change_of_something_else_of_a_code_stops_no_undo_and_its_revision_counts_on(study, lead):
    code = codebook.create_code(study, lead, name="Cost")
    codebook.edit_code(code, lead, definition="What it costs")
    event = study.events.latest("pk")
    codebook.edit_code(code, lead, name="Price")
    history.undo(event, lead)
    code.refresh_from_db()
    assert (code.name, code.definition, code.revision) == ("Price", "", 4)
    history.undo(study.events.latest("pk"), lead)
    code.refresh_from_db()
    assert (code.name, code.definition, code.revision) == ("Price", "What it costs", 3)


def test_what_was_deleted_long_ago_comes_back_in_its_order(client, study, lead):
    ties = codebook.create_code(study, lead, name="Ties")
    trust = codebook.create_code(study, lead, name="Trust", parent=ties)
    codebook.delete_code(trust, lead)
    of_trust = study.events.latest("pk")
    codebook.delete_code(ties, lead)
    of_ties = study.events.latest("pk")
    client.force_login(lead)

    blocked = client.post(reverse("interviews:undo-change", args=[study.slug, of_trust.pk]))

    assert blocked.status_code == 409
    way_out = reverse("interviews:undo-change", args=[study.slug, of_ties.pk])
    assert way_out in blocked.content.decode()
    client.post(way_out)
    client.post(reverse("interviews:undo-change", args=[study.slug, of_trust.pk]))
    assert codebook.paths(study.codes.all()) == {ties.pk: ("Ties",), trust.pk: ("Ties", "Trust")}


def test_a_code_does_not_come_back_beside_another_of_its_name(client, study, lead):
    code = codebook.create_code(study, lead, name="Cost")
    codebook.delete_code(code, lead)
    event = study.events.latest("pk")
    codebook.create_code(study, lead, name="Cost")
    client.force_login(lead)
    blocked = client.post(reverse("interviews:undo-change", args=[study.slug, event.pk]))
    assert "Cost: There is a code of this name here already." in blocked.content.decode()


def test_undoing_who_speaks_reassigns_what_was_coded_meanwhile(study, lead):
    wenbo, daqing = make_respondent(study, "Wenbo"), make_respondent(study, "Daqing")
    transcript = make_transcript(study)
    code = make_code(study)
    assign(transcript, {"WENBO": wenbo}, lead)
    event = assign(transcript, {"WENBO": daqing}, lead)
    start = transcript.text.index("We decided")
    change = {"id": uuid.uuid4(), "do": "apply", "start": start, "end": start + 10, "code": code.pk}
    changes.make(transcript.pk, lead, 1, [change])
    assert CodedSegment.objects.get().respondent == daqing
    history.undo(event, lead)
    assert CodedSegment.objects.get().respondent == wenbo


def test_a_removed_member_comes_back_with_their_role_and_the_last_owner_stays(client, study):
    owner = make_owner(study)
    other = make_owner(study)
    people.remove_member(study.memberships.get(user=other), owner)
    removal = study.events.latest("pk")
    other.refresh_from_db()
    assert not other.is_staff
    client.force_login(owner)
    client.post(reverse("interviews:undo-change", args=[study.slug, removal.pk]))
    other.refresh_from_db()
    assert study.memberships.get(user=other).role == Role.OWNER and other.is_staff
    people.set_role(study.memberships.get(user=owner), Role.LEAD, other)
    people.set_role(study.memberships.get(user=owner), Role.OWNER, other)
    promotion = study.events.latest("pk")
    people.remove_member(study.memberships.get(user=other), owner)
    with pytest.raises(history.Conflict, match="A study needs an owner"):
        history.undo(promotion, owner)


def test_the_history_as_csv_says_from_what_to_what_and_is_noted(client, study, lead):
    code = codebook.create_code(study, lead, name="=Cost")
    codebook.edit_code(code, lead, definition="老𬭎,\n“so”")
    client.force_login(lead)

    answer = client.get(reverse("interviews:export-history", args=[study.slug]), {"kind": "codebook"})

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    first, *_rest = rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["event"] for row in rows} == {str(event.pk) for event in study.events.filter(kind="codebook")}
    assert (first["person"], first["action"], first["about"]) == ("lead", "edit-code", "Code “=Cost”")
    assert (first["field"], first["from"], first["to"]) == ("Definition", "", "老𬭎,\n“so”")
    assert ("Name", "", "'=Cost") in [(row["field"], row["from"], row["to"]) for row in rows]
    assert told(study)[0] == "lead exported the history as CSV: 2 changes, kind=codebook"


def test_the_csv_tells_every_row_of_a_change_of_many_rows(client, study, lead, monkeypatch):
    codes = [codebook.create_code(study, lead, name=f"Code {n}") for n in range(12)]
    codebook.retire_codes(codes, lead)
    codebook.merge_codes(codes[:11], codebook.restore(codes[11], lead), lead)
    monkeypatch.setattr(narrate, "READ_AT_MOST", 100)
    monkeypatch.setattr(trail, "CHARACTERS", 2_000)
    client.force_login(lead)

    answer = client.get(reverse("interviews:export-history", args=[study.slug]))

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len({row["event"] for row in rows}) == study.events.count() - 1  # its own note was made after
    for action, word in (("retire-code", "Retired"), ("merge-codes", "Merged into")):
        fields = [row["field"] for row in rows if row["action"] == action]
        assert sum(word in field for field in fields) == (12 if action == "retire-code" else 11)
    assert {row["to"] for row in rows if "Merged into" in row["field"]} == {"Code 11"}


def test_the_study_says_whether_reasons_are_asked_for_and_it_is_undone(client, study, lead):
    codebook.require_reasons(study, lead, True)
    client.force_login(lead)
    client.post(reverse("interviews:undo-change", args=[study.slug, study.events.get().pk]))
    study.refresh_from_db()
    assert not study.reasons_required
    assert told(study) == [
        "lead undid this: asked for a reason where a definition changes, from then on",
        "lead asked for a reason where a definition changes, from then on",
    ]


def test_the_csv_takes_the_same_queries_for_many_changes_as_for_few(client, study, lead):
    client.force_login(lead)
    address = reverse("interviews:export-history", args=[study.slug])
    numbers = []
    for name in ("First", "Second"):
        apply(study, lead, name)
        with CaptureQueriesContext(connection) as queries:
            list(client.get(address).streaming_content)
        numbers.append(len(queries))
    assert numbers[1] <= numbers[0] + 1


def test_an_import_is_undone_into_the_trash_and_out_of_it_again(client, study, lead):
    transcript = material.import_transcript(study, lead, "RET09.txt", b"WENBO: We left.", respondent="Wenbo")
    coded = make_coded_segment(transcript, make_code(study), start=0, end=5)
    client.force_login(lead)
    removed = []
    for _ in range(3):
        event = study.events.latest("pk")
        client.post(reverse("interviews:undo-change", args=[study.slug, event.pk]))
        transcript.refresh_from_db()
        removed.append(bool(transcript.removed_at))
    assert removed == [True, False, True] and "Undo" in client.get(history_url(study)).text
    assert told(study)[:3] == [
        "lead undid the import of RET09: it is in the trash",
        "lead brought RET09 back, whose import had been undone",
        "lead undid the import of RET09: it is in the trash",
    ]
    assert CodedSegment.objects.get() == coded
    assert not [line for line in differences(study) if line.startswith("transcript:")]

    undone = study.events.latest("pk")
    material.restore(transcript, lead)
    with pytest.raises(history.Conflict, match="taken out of the trash already"):
        history.undo(undone, lead)
    again = material.import_transcript(study, lead, "RET10.txt", b"WENBO: We stayed.")
    material.remove(again, lead)
    with pytest.raises(history.Conflict, match="in the trash already"):
        history.undo(study.events.filter(action="import-transcript").latest("pk"), lead)


def test_what_is_not_offered_for_undoing_is_not_undone(client, study, lead):
    history.record(study, None, "create-study", study, after=history.images(study))
    client.force_login(lead)
    address = reverse("interviews:undo-change", args=[study.slug, study.events.latest("pk").pk])
    assert client.post(address).status_code == 404


def test_codes_transcripts_and_respondents_lead_to_their_own_changes(client, study, lead):
    code, person = make_code(study), make_respondent(study)
    transcript = make_transcript(study)
    client.force_login(lead)
    for address, about in (
        (f"{reverse('coding:codebook', args=[study.slug])}?code={code.pk}", f"code:{code.pk}"),
        (reverse("interviews:transcript-settings", args=[transcript.pk]), f"transcript:{transcript.pk}"),
        (reverse("interviews:respondent", args=[person.pk]), f"respondent:{person.pk}"),
    ):
        assert f"{history_url(study)}?about={about}" in client.get(address).text
