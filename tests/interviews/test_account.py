"""Signing in and out, one's own account, the commands and the error pages."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import CommandError, call_command
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from interviews import narrate
from interviews.access import Role
from interviews.models import ApiToken, Event, Membership
from interviews.tokens import digest, make_api_token, sign_in_link
from tests.factories import make_coder, make_lead, make_member, make_owner, make_study, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "seven lanterns over Suzhou"
SIGN_IN = "/sign-in/"


def link_of(user):
    return reverse("interviews:sign-in-link", args=[user.pk, sign_in_link.make_token(user)])


def signed_in(client):
    return "_auth_user_id" in client.session


def make_superuser():
    return make_user(is_superuser=True, is_staff=True)


def test_the_right_password_signs_in_and_leads_to_the_studies(client):
    make_user("lihua", password=PASSWORD)
    response = client.post(SIGN_IN, {"username": "lihua", "password": PASSWORD})
    assert response.url == "/"
    assert signed_in(client)


def test_signing_in_leads_to_where_one_wanted_to_go_but_never_to_another_server(client):
    make_user("lihua", password=PASSWORD)
    given = {"username": "lihua", "password": PASSWORD}
    assert client.post(SIGN_IN, {**given, "next": "/account/"}).url == "/account/"
    client.logout()
    assert client.post(SIGN_IN, {**given, "next": "https://elsewhere.example/"}).url == "/"


def test_a_wrong_password_is_told_in_a_sentence_and_keeps_the_user_name(client):
    make_user("lihua", password=PASSWORD)
    page = client.post(SIGN_IN, {"username": "lihua", "password": "wrong"}).content.decode()
    assert "User name and password do not match. Capital letters count." in page
    assert 'value="lihua"' in page
    assert not signed_in(client)


def test_a_closed_account_cannot_sign_in(client):
    make_user("lihua", password=PASSWORD, is_active=False)
    client.post(SIGN_IN, {"username": "lihua", "password": PASSWORD})
    assert not signed_in(client)


def test_repeated_failures_lock_the_user_out_even_with_the_right_password(client):
    make_user("lihua", password=PASSWORD)
    for _attempt in range(8):
        response = client.post(SIGN_IN, {"username": "lihua", "password": "wrong"})
    assert response.status_code == 429
    assert "for 15 minutes" in response.content.decode()
    assert client.post(SIGN_IN, {"username": "lihua", "password": PASSWORD}).status_code == 429
    assert not signed_in(client)


def test_a_locked_out_user_does_not_lock_out_others(client):
    make_user("lihua", password=PASSWORD)
    for _attempt in range(8):
        client.post(SIGN_IN, {"username": "somebody", "password": "wrong"})
    client.post(SIGN_IN, {"username": "lihua", "password": PASSWORD})
    assert signed_in(client)


def test_signing_out_takes_a_post(client):
    client.force_login(make_user())
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client)
    assert client.post("/sign-out/").url == SIGN_IN
    assert not signed_in(client)


def test_a_sign_in_link_only_asks_when_it_is_looked_at(client):
    link = link_of(make_user("lead"))
    for _look in range(2):
        assert "Sign in as lead" in client.get(link).content.decode()
        assert not signed_in(client)
    assert client.post(link).url == "/"
    assert signed_in(client)


def test_a_sign_in_link_works_once(client):
    link = link_of(make_user())
    client.post(link)
    client.logout()
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410
    assert not signed_in(client)


def test_a_link_made_right_after_a_sign_in_works_once_too(client):
    user = make_user()
    client.force_login(user)
    user.refresh_from_db()
    link = link_of(user)
    client.logout()
    client.post(link)
    client.logout()
    assert client.post(link).status_code == 410


def test_a_sign_in_link_lapses_after_a_day(client, monkeypatch):
    user = make_user()
    link = link_of(user)
    later = sign_in_link._now() + timedelta(hours=25)
    monkeypatch.setattr(sign_in_link, "_now", lambda: later)
    assert client.post(link).status_code == 410


@pytest.mark.parametrize("uid", ["0", "x", "99999999"])
def test_a_link_with_a_strange_user_is_refused_in_words(client, uid):
    token = sign_in_link.make_token(make_user())
    response = client.post(reverse("interviews:sign-in-link", args=[uid, token]))
    assert response.status_code == 410
    assert "no longer works" in response.content.decode()


def test_one_users_link_does_not_sign_in_another(client):
    token = sign_in_link.make_token(make_user())
    client.post(reverse("interviews:sign-in-link", args=[make_user().pk, token]))
    assert not signed_in(client)


def test_a_closed_account_cannot_use_its_link(client):
    user = make_user()
    link = link_of(user)
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    assert client.post(link).status_code == 410


def test_the_command_prints_a_link_that_signs_in(client, settings):
    settings.SITE_URL = "http://127.0.0.1:8123"
    make_user("lead")
    out = StringIO()
    call_command("sign_in_link", "lead", stdout=out)
    link = out.getvalue().strip()
    assert link.startswith("http://127.0.0.1:8123/sign-in/")
    client.post(link.removeprefix("http://127.0.0.1:8123"))
    assert signed_in(client)


def test_the_command_prints_a_token_that_the_database_only_knows_by_digest():
    user = make_user("coder_a")
    out = StringIO()
    call_command("api_token", "coder_a", name="R", stdout=out)
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.digest) == (user, "R", digest(out.getvalue().strip()))


@pytest.mark.parametrize("command", ["api_token", "sign_in_link"])
def test_the_commands_say_when_there_is_no_such_user(command):
    make_user("closed", is_active=False)
    for username in ("nobody", "closed"):
        with pytest.raises(CommandError, match=f"no active user {username}"):
            call_command(command, username)


def test_the_account_page_shows_ones_studies_with_the_role(client):
    study = make_study("Return migration")
    client.force_login(make_lead(study))
    make_study("Somebody else's")
    page = client.get("/account/").content.decode()
    assert "Return migration" in page
    assert "Lead" in page
    assert "Somebody else" not in page


def test_the_account_page_takes_the_same_queries_however_many_studies(client, django_assert_num_queries):
    user = make_user()
    client.force_login(user)
    for _more in range(2):
        make_member(make_study(), Role.READER, user)
        make_api_token(user, "script")
        with django_assert_num_queries(3):  # user, tokens, studies
            client.get("/account/")


def test_a_new_token_is_shown_once_and_works(client):
    client.force_login(make_user())
    page = client.post("/account/tokens/", {"name": "R script"}).content.decode()
    secret = re.search(r'id="secret" value="([^"]+)"', page).group(1)
    assert ApiToken.objects.get().digest == digest(secret)
    again = client.get("/account/").content.decode()
    assert "R script" in again
    assert secret not in again


def test_a_token_needs_a_name_to_be_known_by(client):
    client.force_login(make_user())
    assert "This field is required" in client.post("/account/tokens/", {"name": ""}).content.decode()
    assert not ApiToken.objects.exists()


def test_one_revokes_ones_own_tokens_and_nobody_elses(client):
    user = make_user()
    client.force_login(user)
    make_api_token(user, "mine")
    make_api_token(make_user(), "theirs")
    mine, theirs = ApiToken.objects.get(name="mine"), ApiToken.objects.get(name="theirs")
    assert client.post(reverse("interviews:revoke-token", args=[theirs.pk])).status_code == 404
    client.post(reverse("interviews:revoke-token", args=[mine.pk]))
    assert list(ApiToken.objects.all()) == [theirs]


def test_the_email_address_is_kept_or_refused(client):
    user = make_user()
    client.force_login(user)
    client.post("/account/email/", {"email": "not an address"})
    user.refresh_from_db()
    assert user.email == ""
    client.post("/account/email/", {"email": "lihua@example.org"})
    user.refresh_from_db()
    assert user.email == "lihua@example.org"


def test_changing_the_password_takes_the_old_one_and_keeps_one_signed_in(client):
    user = make_user(password=PASSWORD)
    client.force_login(user)
    new = {"new_password1": "a different evening", "new_password2": "a different evening"}
    client.post("/account/password/", {**new, "old_password": "wrong"})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    client.post("/account/password/", {**new, "old_password": PASSWORD})
    user.refresh_from_db()
    assert user.check_password("a different evening")
    assert client.get("/account/").status_code == 200


def test_who_came_by_a_link_chooses_a_password_without_an_old_one(client):
    user = make_user()
    user.set_unusable_password()
    user.save()
    client.post(link_of(user))
    assert "old_password" not in client.get("/account/password/").content.decode()
    client.post("/account/password/", {"new_password1": PASSWORD, "new_password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("weak", ["short", "1234567890123", "password123"])
def test_weak_passwords_are_refused(client, weak):
    user = make_user(password=PASSWORD)
    client.force_login(user)
    client.post(
        "/account/password/", {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak}
    )
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_forgotten_password_is_replaced_by_a_link_in_the_mail(client):
    user = make_user("lihua", password=PASSWORD, email="lihua@example.org")
    assert client.post("/password/", {"email": "lihua@example.org"}).url == "/password/sent/"
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body).group(1)
    form = client.get(link)
    response = client.post(form.url, {"new_password1": "another evening", "new_password2": "another evening"})
    assert response.url == "/"
    assert signed_in(client)
    user.refresh_from_db()
    assert user.check_password("another evening")
    client.logout()
    assert "no longer works" in client.get(link).content.decode()


def test_asking_for_an_unknown_address_tells_nothing(client):
    assert client.post("/password/", {"email": "nobody@example.org"}).url == "/password/sent/"
    assert mail.outbox == []


def test_a_server_without_mail_says_so(client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "sends no e-mail" in client.get("/password/").content.decode()
    assert "by e-mail" not in client.get(SIGN_IN).content.decode()


def test_the_admin_signs_in_by_the_same_page(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(SIGN_IN)
    client.force_login(make_coder())
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("make", [make_lead, make_owner])
def test_leads_and_owners_administer_no_accounts(client, make):
    client.force_login(make(make_study()))
    assert client.get("/admin/").status_code == 200
    for address in (
        "/admin/auth/user/",
        "/admin/interviews/membership/",
        "/admin/interviews/membership/add/",
    ):
        assert client.get(address).status_code == 403


def test_superusers_see_no_list_of_studies_transcripts_or_respondents(client):
    client.force_login(make_superuser())
    index = client.get("/admin/").content.decode()
    assert "/admin/auth/user/" in index
    for model in ("study", "transcript", "respondent", "event", "speaker"):
        assert f"/admin/interviews/{model}/" not in index
        assert client.get(f"/admin/interviews/{model}/").status_code == 404


def test_a_superuser_is_a_stranger_to_studies(client):
    study = make_study()
    client.force_login(make_superuser())
    assert client.get(study.get_absolute_url()).status_code == 404


def test_accounts_are_closed_not_deleted(client):
    client.force_login(make_superuser())
    user = make_user("lihua")
    assert client.get(f"/admin/auth/user/{user.pk}/delete/").status_code == 403
    data = {"username": "lihua", "email": "", "first_name": "", "last_name": ""}
    assert client.post(f"/admin/auth/user/{user.pk}/change/", data).status_code == 302
    user.refresh_from_db()
    assert not user.is_active


def test_what_becomes_of_an_account_is_told_in_the_studies_of_its_person(client):
    superuser, study, user = make_superuser(), make_study(), make_user("lihua")
    make_member(study, "coder", user)
    make_member(make_study(), "coder")
    client.force_login(superuser)
    sent = {"username": "lihua", "email": "", "first_name": "", "last_name": ""}
    for changed in (
        {},
        {"is_active": "on"},
        {"is_active": "on", "first_name": "Li"},
        {"username": "hua", "is_active": "on"},
    ):
        client.post(f"/admin/auth/user/{user.pk}/change/", {**sent, **changed})

    events = list(narrate.tell(narrate.newest(study)))
    assert [strip_tags(told.sentence) for told in events] == [
        "renamed the account lihua to hua",
        "opened the account of hua again",
        "closed the account of hua: what they coded stays",
    ]
    assert {(told.event.actor_id, told.event.kind) for told in events} == {(superuser.pk, "people")}
    assert Event.objects.count() == 3


def test_a_superuser_who_is_made_may_use_the_admin(client):
    client.force_login(make_superuser())
    user = make_user("lihua")
    data = {"username": "lihua", "email": "", "is_active": "on", "is_superuser": "on"}
    client.post(f"/admin/auth/user/{user.pk}/change/", data)
    user.refresh_from_db()
    assert user.is_staff


def test_a_superuser_joins_a_study_by_its_address_and_it_is_recorded(client):
    study = make_study("Return migration")
    user = make_superuser()
    client.force_login(user)
    client.post("/admin/interviews/membership/add/", {"slug": study.slug, "role": "reader"})
    assert Membership.objects.get(study=study).user == user
    event = Event.objects.get(study=study)
    assert (event.action, event.actor) == ("superuser-joined", user)
    assert LogEntry.objects.count() == 1


def test_a_superuser_looks_at_their_own_membership_but_not_at_others(client):
    study = make_study("Return migration")
    user = make_superuser()
    client.force_login(user)
    others = make_owner(study).memberships.get()
    data = {"slug": study.slug, "role": "reader", "_continue": "1"}
    page = client.post("/admin/interviews/membership/add/", data, follow=True)
    assert page.status_code == 200
    assert page.redirect_chain[-1][0].endswith(f"/{user.memberships.get().pk}/change/")
    address = f"/admin/interviews/membership/{others.pk}/change/"
    assert client.get(address, follow=True).redirect_chain[-1][0] == "/admin/"
    assert client.post(address, {"role": "reader"}).status_code == 403
    others.refresh_from_db()
    assert others.role == Role.OWNER


def test_a_superuser_sees_only_their_own_memberships(client):
    study = make_study("Return migration")
    make_owner(study)
    client.force_login(make_superuser())
    assert "Return migration" not in client.get("/admin/interviews/membership/").content.decode()


@pytest.mark.parametrize("slug", ["no-such-study", ""])
def test_a_superuser_cannot_join_what_is_not_there(client, slug):
    client.force_login(make_superuser())
    client.post("/admin/interviews/membership/add/", {"slug": slug, "role": "reader"})
    assert not Membership.objects.exists()


def test_a_superuser_does_not_join_twice(client):
    study = make_study()
    user = make_member(study, Role.READER, make_superuser())
    client.force_login(user)
    page = client.post("/admin/interviews/membership/add/", {"slug": study.slug, "role": "owner"})
    assert "a member of this study already" in page.content.decode()
    assert Membership.objects.get().role == Role.READER


def test_a_missing_page_has_a_way_back(client):
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert 'href="/sign-in/"' in response.content.decode()
    client.force_login(make_user())
    assert 'href="/"' in client.get("/no/such/page/").content.decode()


def test_the_page_for_faults_needs_neither_database_nor_context(django_assert_num_queries):
    for name in ("400.html", "500.html"):
        with django_assert_num_queries(0):
            page = get_template(name).render()
        assert 'href="/"' in page


def test_a_form_without_its_csrf_token_is_refused_in_words():
    response = Client(enforce_csrf_checks=True).post(SIGN_IN, {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()
