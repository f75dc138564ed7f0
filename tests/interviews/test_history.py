"""All changes, in a reader's words."""

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from coding import codebook
from interviews import history, narrate, people
from interviews.access import Role
from interviews.models import Event
from interviews.speakers import assign
from tests.factories import (
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
    make_user,
)

pytestmark = pytest.mark.django_db


def history_url(study):
    return reverse("interviews:history", args=[study.slug])


def told(study):
    """The sentences of a study's history, newest first, as a reader reads them."""
    return [f"{item.who} {strip_tags(item.sentence)}" for item in narrate.tell(narrate.newest(study))]


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
        with django_assert_num_queries(7):  # user, study, count, events, transcripts, codes, users
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
    history.record(study, lead, "split-code", code, after=history.images(code))
    assert told(study) == ["lead made a change (split code)"]


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


def test_what_is_not_offered_for_undoing_is_not_undone(client, study, lead):
    history.record(study, None, "create-study", study, after=history.images(study))
    client.force_login(lead)
    address = reverse("interviews:undo-change", args=[study.slug, study.events.latest("pk").pk])
    assert client.post(address).status_code == 404
