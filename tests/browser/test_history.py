"""The history page: narrowed, opened, undone and put back by keyboard, as axe sees it in both themes."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coding import codebook
from coding.demo import load_demo


@pytest.fixture
def study(transactional_db):
    return load_demo()


def look_by_axe(page, axe):
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert axe(page) == []


def test_a_change_is_found_read_and_put_back_over_a_later_one(
    page, live_server, signed_in, study, axe, watch
):
    watch.expect(r"409 \(Conflict\)")  # what is in the way of an undo comes with this status
    lead = study.memberships.get(user__username="lead").user
    code = study.codes.get(name="Team formation")
    was = code.definition
    codebook.edit_code(code, lead, definition="Another meaning")
    codebook.edit_code(code, lead, definition="A third meaning")
    codebook.create_code(study, lead, name="Something else")
    signed_in(page, lead)
    page.goto(live_server.url + reverse("interviews:history", args=[study.slug]))

    page.get_by_label("About").focus()
    page.get_by_label("About").select_option(f"code:{code.pk}")
    page.get_by_label("Kind").select_option("codebook")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Filter").press("Enter")
    expect(page.get_by_text("Something else", exact=True)).to_have_count(1)  # only in the list of codes

    first = page.locator(".events li").filter(has_text="changed Team formation: the definition").last
    first.locator("summary").press("Enter")
    expect(first.locator("ins")).to_contain_text("Another meaning")
    look_by_axe(page, axe)

    first.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not undone")
    expect(page.get_by_text("lead has changed this since")).to_be_visible()
    look_by_axe(page, axe)
    page.get_by_role("button", name="Put it back all the same").press("Enter")
    expect(page.get_by_text("Undone. The list below says what was put back.")).to_be_visible()
    assert "about=code" in page.url
    code.refresh_from_db()
    assert code.definition == was
    page.locator(".events li").first.get_by_role("link", name="Go there").press("Enter")
    expect(page.get_by_role("heading", name="Team formation")).to_be_visible()


def test_a_codebook_is_looked_at_and_chosen_from(page, live_server, signed_in, study, axe):
    lead = study.memberships.get(user__username="lead").user
    codebook.require_reasons(study, lead, True)
    signed_in(page, lead)
    page.goto(live_server.url + reverse("coding:import-codebook", args=[study.slug]))
    look_by_axe(page, axe)
    table = "code,parent,definition\nTeam formation,Team return,From elsewhere\nNew one,,\nNot this,,\n"
    page.get_by_label("Codebook file").set_input_files(
        {"name": "other.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_role("button", name="Look at it").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("2 new")
    look_by_axe(page, axe)
    page.get_by_label("File’s").press("Space")
    page.get_by_label("Leave out: Not this").press("Space")
    page.get_by_role("button", name="Import 3 codes as chosen").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    look_by_axe(page, axe)
    expect(page.get_by_label("File’s")).to_be_checked()
    page.get_by_label("Why definitions change").fill("As they do elsewhere")
    page.get_by_role("button", name="Import 3 codes as chosen").press("Enter")
    expect(page.get_by_text("2 codes imported.")).to_be_visible()
    assert study.codes.get(name="Team formation").definition == "From elsewhere"
    assert not study.codes.filter(name="Not this").exists()
