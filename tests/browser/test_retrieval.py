"""Retrieval, co-occurrence and results by keyboard, and as axe sees them."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding.demo import load_demo
from coding.models import Result


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_question_is_built_answered_kept_and_reported(
    page, live_server, signed_in, axe, transactional_db, theme
):
    study = load_demo()
    page.emulate_media(color_scheme=theme)
    signed_in(page, study.memberships.get(user__username="lead").user)
    page.goto(live_server.url + reverse("coding:retrieval", args=[study.slug]))
    page.get_by_label("Coded with: any code").focus()
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Coded with", exact=True).get_by_label("Brokerage doubted").check()
    page.get_by_role("button", name="Show them").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text(
        "passages coded with Brokerage doubted"
    )
    assert axe(page) == []
    page.locator("summary", has_text="More conditions").focus()
    expect(page.get_by_label("in which is said")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_label("in which is said")).to_be_visible()
    assert axe(page) == []
    page.locator("summary", has_text="Keep").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name of the result").fill("Doubts")
    page.keyboard.press("Enter")
    expect(page.get_by_text("the answer is the same")).to_be_visible()
    assert Result.objects.get().name == "Doubts"
    assert axe(page) == []
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_text("(Lihua, Returnee)").first).to_be_visible()
    assert axe(page) == []
    page.goto(live_server.url + reverse("coding:results", args=[study.slug]))
    assert axe(page) == []
    page.goto(live_server.url + reverse("coding:cooccurrence", args=[study.slug]) + "?how=turn")
    expect(page.get_by_role("img", name="Codes that meet")).to_be_visible()
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("coding:retrieval", "coding:cooccurrence", "coding:results"):
        page.goto(
            live_server.url
            + reverse(name, args=[study.slug])
            + "?show=passages" * (name == "coding:retrieval")
        )
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
