"""The browser tests test: what must fail a page does."""

import pytest
from django.urls import reverse

THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
def test_the_sign_in_page_opens_and_axe_finds_nothing(page, live_server, axe, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(live_server.url + reverse("interviews:sign-in"))
    assert page.get_by_role("button", name="Sign in").is_visible()
    assert axe(page) == []


def test_axe_finds_what_is_wrong(page, live_server, axe):
    page.goto(live_server.url + reverse("interviews:sign-in"))
    page.evaluate("document.querySelector('main, #main').append(document.createElement('img'))")
    assert any(line.startswith("image-alt") for line in axe(page))


def test_an_inline_script_is_refused_and_noticed(page, live_server, watch):
    page.goto(live_server.url + reverse("interviews:sign-in"))
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in line for line in watch.unexpected())
    watch.expect("Content Security Policy")


def test_an_inline_style_is_refused_and_noticed(page, live_server, watch):
    page.goto(live_server.url + reverse("interviews:sign-in"))
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">.</p>')")
    page.wait_for_function("() => document.querySelector('p[style]')")
    assert any("Content Security Policy" in line for line in watch.unexpected())
    watch.expect("Content Security Policy")


def test_a_request_to_another_origin_is_noticed(page, live_server, watch):
    page.goto(live_server.url + reverse("interviews:sign-in"))
    page.evaluate("fetch('http://localhost:9/elsewhere').catch(() => {})")
    page.wait_for_timeout(100)
    assert watch.unexpected()
    watch.expect("localhost:9|Content Security Policy")
