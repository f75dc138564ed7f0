"""The pages few people see, in light and dark: errors, links that lapsed, doors that are shut."""

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.urls import reverse

from interviews import people
from tests.factories import make_coder, make_owner, make_study, make_user

THEMES = ("light", "dark")


@pytest.fixture
def sound(page, axe):
    """``sound(heading)``: the page has this heading, and axe finds nothing in either theme."""

    def look(heading):
        assert page.locator("h1").inner_text() == heading
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert axe(page) == []

    return look


@pytest.fixture
def go(page, live_server):
    return lambda name, *args: page.goto(live_server.url + reverse(f"interviews:{name}", args=args))


def sign_in(page, name, password):
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def test_doors_that_are_shut(page, go, sound, watch):
    watch.expect("429|403")
    make_user("lihua", password="seven lanterns over Suzhou")
    go("sign-in")
    for _attempt in range(settings.AXES_FAILURE_LIMIT):
        sign_in(page, "lihua", "wrong")
        if page.locator("h1").inner_text() == "Too many attempts":
            break
    sound("Too many attempts")
    go("sign-in")
    page.context.clear_cookies()
    sign_in(page, "lihua", "wrong")
    sound("This page was open too long")


def test_links_that_lapsed_and_mail_that_was_sent(page, go, sound, watch):
    watch.expect("410|404")
    go("join", "guessed")
    sound("This link no longer works")
    go("sign-in-link", "MQ", "guessed")
    sound("This link no longer works")
    go("choose-password", "MQ", "guessed")
    sound("This link no longer works")
    go("reset-password")
    page.locator("[name=email]").fill("lihua@example.org")
    page.locator("main form button").click()
    page.wait_for_url("**/sent/")
    sound("Look into your mail")


def test_an_invitation_as_a_stranger_and_as_somebody_who_is_known(page, go, sound, signed_in):
    study = make_study("Return migration")
    _invitation, secret = people.invite(study, "coder", "", make_owner(study))
    go("join", secret)
    sound("Return migration")
    page.get_by_role("button").last.click()
    sound("Return migration")
    signed_in(page, make_user())
    go("join", secret)
    sound("Return migration")


def test_errors_say_what_is_unharmed(page, go, sound, signed_in, watch, monkeypatch):
    watch.expect("400|403|404|500")
    study = make_study()
    signed_in(page, make_coder(study))
    go("import", study.slug)
    sound("Your role does not allow this")
    go("members", "elsewhere")
    sound("There is nothing here for you")
    for error, heading in (
        (SuspiciousOperation(), "This request cannot be read"),
        (RuntimeError(), "Something went wrong here"),
    ):

        def fail(*_args, failure=error):
            raise failure

        monkeypatch.setattr("interviews.people.find_invitation", fail)
        go("join", "any")
        sound(heading)
