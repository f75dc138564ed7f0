"""Who is in a study: inviting, joining, roles, leaving."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from interviews import people
from interviews.access import Role
from interviews.models import Event, Invitation, Membership
from tests.factories import (
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_owner,
    make_reader,
    make_study,
    make_transcript,
    make_user,
)

pytestmark = pytest.mark.django_db
PASSWORD = "seven lanterns over Suzhou"


def members_url(study):
    return reverse("interviews:members", args=[study.slug])


def url(name, study, *more):
    return reverse(f"interviews:{name}", args=[study.slug, *more])


def membership(study, user):
    return Membership.objects.get(study=study, user=user)


def invite(client, study, role="coder", note="for Lihua"):
    """Have the signed-in owner invite; returns the link's path."""
    page = client.post(url("invite-member", study), {"role": role, "note": note}).content.decode()
    return re.search(r'value="http://testserver(/join/[^"]+)"', page).group(1)


def new_person(**fields):
    return {"username": "lihua", "email": "", "password1": PASSWORD, "password2": PASSWORD, **fields}


@pytest.fixture
def study():
    return make_study("Return migration")


@pytest.fixture
def owner(study):
    return make_owner(study)


@pytest.fixture
def link(client, study, owner):
    client.force_login(owner)
    path = invite(client, study)
    client.logout()
    return path


def test_members_are_listed_with_role_and_coded_segments(client, study):
    coder = make_coder(study)
    transcript = make_transcript(study)
    make_coded_segment(transcript, coder=coder)
    make_coded_segment(transcript, coder=coder, start=3)
    make_coded_segment(coder=make_member(role=Role.CODER, user=coder))  # in another study
    client.force_login(make_reader(study))
    members = client.get(members_url(study)).context["members"]
    assert {m.user: (m.role, m.n_coded_segments) for m in members}[coder] == ("coder", 2)


def test_coded_segments_of_removed_transcripts_are_not_counted(client, study, owner):
    make_coded_segment(make_transcript(study, removed_at=timezone.now()), coder=owner)
    client.force_login(owner)
    assert [m.n_coded_segments for m in client.get(members_url(study)).context["members"]] == [0]


def test_the_members_page_takes_the_same_queries_however_many(
    client, study, owner, django_assert_num_queries
):
    client.force_login(owner)
    for _more in range(2):
        make_coder(study)
        people.invite(study, Role.CODER, "", owner)
        with django_assert_num_queries(4):  # user, study, members, invitations
            client.get(members_url(study))


def test_the_only_owner_is_not_offered_to_leave(client, study, owner):
    make_member(study, Role.OWNER, make_user(is_active=False))
    client.force_login(owner)
    page = client.get(members_url(study)).content.decode()
    assert "The only owner" in page and ">Leave<" not in page
    make_owner(study)
    page = client.get(members_url(study)).content.decode()
    assert "The only owner" not in page and ">Leave<" in page


@pytest.mark.parametrize("make", [make_reader, make_coder, make_lead])
def test_only_owners_see_and_use_the_controls(client, study, owner, make):
    user = make(study)
    client.force_login(user)
    page = client.get(members_url(study)).content.decode()
    assert "Invite somebody" not in page
    assert "<select" not in page
    invitation, _secret = people.invite(study, Role.CODER, "", owner)
    theirs = membership(study, owner).pk
    for address, data in [
        (url("invite-member", study), {"role": "owner"}),
        (url("revoke-invitation", study, invitation.pk), {}),
        (url("change-role", study, theirs), {"role": "reader"}),
        (url("change-role", study, membership(study, user).pk), {"role": "owner"}),
        (url("remove-member", study, theirs), {}),
    ]:
        assert client.post(address, data).status_code == 403
    assert membership(study, owner).role == Role.OWNER
    assert membership(study, user).role != Role.OWNER


def test_strangers_find_nothing(client, study, owner):
    invitation, _secret = people.invite(study, Role.CODER, "", owner)
    client.force_login(make_owner(make_study()))
    theirs = membership(study, owner).pk
    assert client.get(members_url(study)).status_code == 404
    for address in [
        url("invite-member", study),
        url("revoke-invitation", study, invitation.pk),
        url("change-role", study, theirs),
        url("remove-member", study, theirs),
    ]:
        assert client.post(address, {"role": "reader"}).status_code == 404


def test_ids_of_another_study_cannot_be_slipped_in(client, study, owner):
    other = make_study()
    theirs = membership(other, make_owner(other)).pk
    invitation, _secret = people.invite(other, Role.CODER, "", owner)
    client.force_login(owner)
    assert client.post(url("change-role", study, theirs), {"role": "reader"}).status_code == 404
    assert client.post(url("remove-member", study, theirs)).status_code == 404
    assert client.post(url("revoke-invitation", study, invitation.pk)).status_code == 404


def test_an_invitation_is_shown_once_and_stored_as_a_digest(client, study, owner):
    client.force_login(owner)
    secret = invite(client, study).split("/")[2]
    assert secret not in client.get(members_url(study)).content.decode()
    invitation = Invitation.objects.get()
    assert secret not in str(vars(invitation))
    assert timedelta(days=6.9) < invitation.expires_at - timezone.now() < timedelta(days=7)
    event = Event.objects.get(action="invite-member")
    assert event.actor == owner
    assert secret not in str(event.after)


def test_a_new_person_makes_an_account_and_is_a_member(client, study, link):
    assert "Return migration" in client.get(link).content.decode()
    response = client.post(link, new_person(), follow=True)
    assert response.redirect_chain[-1][0] == study.get_absolute_url()
    user = get_user_model().objects.get(username="lihua")
    assert response.wsgi_request.user == user
    assert membership(study, user).role == Role.CODER
    assert not user.is_staff
    event = Event.objects.get(action="join-study")
    assert (event.actor, event.study) == (user, study)


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""},
        {"password2": "else"},
        {"password1": "short", "password2": "short"},
        {"email": "no address"},
    ],
)
def test_an_account_that_is_refused_leaves_the_invitation_open(client, study, link, wrong):
    page = client.post(link, new_person(**wrong))
    assert page.status_code == 200
    assert 'class="error"' in page.content.decode()
    assert study.memberships.count() == 1
    client.post(link, new_person())
    assert study.memberships.count() == 2


def test_a_taken_user_name_is_refused(client, study, link):
    make_user("lihua")
    client.post(link, new_person(username="LIHUA"))
    assert study.memberships.count() == 1


def test_who_is_signed_in_joins_with_their_account(client, study, link):
    user = make_user("wenbo")
    client.force_login(user)
    assert "Join as wenbo" in client.get(link).content.decode()
    assert study.memberships.count() == 1
    client.post(link)
    assert membership(study, user).role == Role.CODER


def test_an_invitation_works_once(client, study, link):
    client.force_login(make_user())
    client.post(link)
    client.force_login(make_user())
    for response in (client.get(link), client.post(link)):
        assert response.status_code == 410
        assert "no longer works" in response.content.decode()
    client.logout()
    assert client.post(link, new_person()).status_code == 410
    assert study.memberships.count() == 2
    assert not get_user_model().objects.filter(username="lihua").exists()


def test_an_invitation_expires(client, study, link):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client.force_login(make_user())
    assert client.post(link).status_code == 410
    assert study.memberships.count() == 1


def test_a_revoked_invitation_does_not_work(client, study, owner, link):
    client.force_login(owner)
    client.post(url("revoke-invitation", study, Invitation.objects.get().pk))
    assert "for Lihua" not in client.get(members_url(study)).content.decode()
    client.force_login(make_user())
    assert client.post(link).status_code == 410
    assert Event.objects.filter(action="revoke-invitation").count() == 1


def test_a_used_invitation_cannot_be_revoked_any_more(client, study, owner, link):
    client.force_login(make_user())
    client.post(link)
    client.force_login(owner)
    client.post(url("revoke-invitation", study, Invitation.objects.get().pk))
    assert Invitation.objects.get().revoked_at is None


def test_a_guessed_link_is_refused(client):
    assert client.get("/join/guessed/").status_code == 410


def test_a_member_is_told_so_and_does_not_use_the_invitation_up(client, study, link):
    user = make_reader(study)
    client.force_login(user)
    page = client.post(link, follow=True)
    assert "a member of this study already" in page.content.decode()
    assert membership(study, user).role == Role.READER
    assert Invitation.objects.get().used_at is None


def test_two_who_follow_one_link_at_once_are_one_member(study, owner):
    invitation, _secret = people.invite(study, Role.CODER, "", owner)
    people.accept(invitation, make_user())
    with pytest.raises(people.Lapsed):
        people.accept(invitation, make_user())


@pytest.mark.parametrize("role", Role.values)
def test_an_owner_gives_any_role_and_the_admin_follows(client, study, owner, role):
    user = make_member(study, Role.READER if role != Role.READER else Role.LEAD)
    client.force_login(owner)
    client.post(url("change-role", study, membership(study, user).pk), {"role": role})
    user.refresh_from_db()
    assert membership(study, user).role == role
    assert user.is_staff == (role in (Role.LEAD, Role.OWNER))
    event = Event.objects.get(action="change-role")
    assert event.after[event.target] == {"role": role}


def test_an_unknown_role_changes_nothing(client, study, owner):
    client.force_login(owner)
    client.post(url("change-role", study, membership(study, owner).pk), {"role": "emperor"})
    assert membership(study, owner).role == Role.OWNER


def test_a_lead_elsewhere_stays_in_the_admin(client, study, owner):
    user = make_lead(study)
    make_member(make_study(), Role.LEAD, user)
    client.force_login(owner)
    client.post(url("change-role", study, membership(study, user).pk), {"role": "reader"})
    user.refresh_from_db()
    assert user.is_staff


def test_a_study_is_never_without_an_owner(client, study, owner):
    client.force_login(owner)
    mine = membership(study, owner).pk
    for address in (url("change-role", study, mine), url("remove-member", study, mine)):
        page = client.post(address, {"role": "reader"}, follow=True).content.decode()
        assert "A study needs an owner" in page
    assert membership(study, owner).role == Role.OWNER


def test_an_owner_whose_account_is_closed_does_not_count(client, study, owner):
    second = make_owner(study)
    get_user_model().objects.filter(pk=second.pk).update(is_active=False)
    client.force_login(owner)
    client.post(url("remove-member", study, membership(study, owner).pk))
    assert membership(study, owner).role == Role.OWNER


def test_with_a_second_owner_the_first_may_go(client, study, owner):
    make_owner(study)
    client.force_login(owner)
    client.post(url("remove-member", study, membership(study, owner).pk))
    owner.refresh_from_db()
    assert not study.memberships.filter(user=owner).exists()
    assert not owner.is_staff
    assert client.get(study.get_absolute_url()).status_code == 404


def test_a_removed_member_loses_the_study_and_their_work_stays_theirs(client, study, owner):
    coder = make_coder(study)
    coded = make_coded_segment(make_transcript(study), coder=coder)
    client.force_login(owner)
    page = client.get(url("remove-member", study, membership(study, coder).pk)).content.decode()
    assert "1 coded segment stays" in page
    assert study.memberships.filter(user=coder).exists()
    client.post(url("remove-member", study, membership(study, coder).pk))
    assert not study.memberships.filter(user=coder).exists()
    coded.refresh_from_db()
    assert coded.coder == coder
    assert Event.objects.get(action="remove-member").actor == owner
    client.force_login(coder)
    assert client.get(study.get_absolute_url()).status_code == 404


def test_anybody_may_leave(client, study, owner):
    coder = make_coder(study)
    client.force_login(coder)
    assert client.post(url("remove-member", study, membership(study, coder).pk)).url == "/"
    assert not study.memberships.filter(user=coder).exists()


def test_the_account_of_a_studys_only_owner_is_not_closed(client, django_user_model):
    study = make_study(slug="returnees")
    owner, superuser = make_owner(study), django_user_model.objects.create_superuser("root")
    client.force_login(superuser)
    page = reverse("admin:auth_user_change", args=[owner.pk])
    sent = {
        "username": owner.username,
        "first_name": "Mei",
        "last_name": "",
        "email": "",
    }  # "active" is not ticked

    refused = client.post(page, sent).text

    assert "is the only owner who can sign in of: returnees." in refused and 'value="Mei"' in refused
    owner.refresh_from_db()
    assert owner.is_active
    second = make_owner(study)
    assert client.post(page, sent).status_code == 302
    owner.refresh_from_db()
    assert not owner.is_active
    page = reverse("admin:auth_user_change", args=[second.pk])
    assert (
        "is the only owner who can sign in" in client.post(page, {**sent, "username": second.username}).text
    )
