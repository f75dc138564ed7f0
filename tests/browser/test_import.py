"""The import page in a browser: each file has its own result, and everything goes by keyboard."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from interviews.models import Speaker, Transcript
from tests.factories import make_lead, make_study, make_type

pytestmark = pytest.mark.django_db(transaction=True)
DEMO = Path(settings.BASE_DIR) / "interviews" / "demo"


@pytest.fixture
def study():
    study = make_study()
    for name in ("Returnee", "Migrant"):
        make_type(study, name)
    return study


@pytest.fixture
def importing(page, live_server, signed_in, study, settings, tmp_path):
    """The page, opened by a lead."""
    settings.MEDIA_ROOT = tmp_path / "files"
    signed_in(page, make_lead(study))
    page.goto(live_server.url + reverse("interviews:import", args=[study.slug]))
    return page


def line(page, name):
    return page.locator(".up").filter(has_text=name)


def test_files_are_read_checked_and_imported_by_keyboard(importing, study, axe, tmp_path):
    page = importing
    empty = tmp_path / "empty.txt"
    empty.touch()
    page.set_input_files(
        "#files",
        [DEMO / "other-formats" / "RET01_wenbo.docx", DEMO / "transcripts" / "MIG03_guowei.txt", empty],
    )
    expect(page.locator("#upload-sum")).to_have_text(
        "3 files: 1 ready, 1 to check, 1 not importable", timeout=20_000
    )
    expect(line(page, "empty.txt")).to_contain_text("There is no text in this file")
    expect(line(page, "RET01_wenbo.docx")).to_contain_text("WENBO is Wenbo (new)")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert axe(page) == []
    page.get_by_role("button", name="These are right").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#upload-sum")).to_have_text("3 files: 2 ready, 1 not importable")
    expect(line(page, "MIG03_guowei.txt").locator(".who-speaks > summary")).to_be_focused()
    page.get_by_role("button", name="Leave empty.txt out").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#upload-sum")).to_have_text("2 files: 2 ready")
    page.get_by_role("button", name="Import 2 ready files").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("2 transcripts imported")
    assert Transcript.objects.count() == 2
    assert Speaker.objects.get(label="国伟").respondent.pseudonym == "Guowei"


def test_what_is_changed_about_a_ready_file_is_kept_at_once(importing):
    page = importing
    page.set_input_files("#files", DEMO / "transcripts" / "RET01_wenbo.txt")
    kind = page.get_by_label("Respondent type of RET01_wenbo.txt")
    expect(kind.locator("option:checked")).to_have_text("Returnee")
    with page.expect_response(re.compile("/import/$")):
        kind.select_option(label="Migrant")
    page.locator(".who-speaks > summary").click()
    name = page.get_by_label("Respondent of this file")
    name.fill("Wen Bo")
    with page.expect_response(re.compile("/import/$")):
        name.press("Tab")
    expect(line(page, "RET01_wenbo.txt").locator(".who-speaks > summary")).to_contain_text("Wen Bo")
    page.reload()
    expect(kind.locator("option:checked")).to_have_text("Migrant")
    expect(line(page, "RET01_wenbo.txt").locator(".who-speaks > summary")).to_contain_text(
        "WENBO is Wen Bo (new)"
    )


def test_a_file_above_the_limit_is_refused_before_it_is_sent(importing, tmp_path):
    page = importing
    page.evaluate("document.getElementById('drop').dataset.limit = '1000'")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    large = tmp_path / "large.txt"
    large.write_text("a" * 1001)
    page.set_input_files("#files", large)
    expect(line(page, "large.txt")).to_contain_text("This file is too large")
    assert sent == []


def test_a_dropped_file_is_read(importing):
    page = importing
    page.evaluate(
        """() => {
          const carried = new DataTransfer();
          carried.items.add(new File(["INTERVIEWER: So?\\nWEN: Yes.\\n"], "dropped.txt", { type: "text/plain" }));
          document.body.dispatchEvent(
            new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        }"""
    )
    expect(line(page, "dropped.txt")).to_contain_text("WEN is Wen (new)")


def test_who_is_signed_out_meanwhile_is_told(importing, watch):
    page = importing
    page.context.clear_cookies(name="sessionid")
    page.set_input_files("#files", DEMO / "transcripts" / "RET01_wenbo.txt")
    expect(line(page, "RET01_wenbo.txt")).to_contain_text("You are signed out")


def test_columns_and_voices_are_chosen_by_keyboard(importing, study, axe, tmp_path):
    page = importing
    notes, talk = tmp_path / "notes.csv", tmp_path / "RET07_ann.txt"
    notes.write_text("who;minute;remark\nI;1;so\nANN;2;yes, we left\nANN;3;in spring\n")
    talk.write_text("When?\n\nIn spring.\n\nAnd then?\n\nWe opened a company.\n")
    page.set_input_files("#files", [notes, talk])
    expect(page.locator("#upload-sum")).to_have_text("2 files: 1 ready, 1 with columns to choose")
    assert axe(page) == []
    page.get_by_label("Column 1").select_option(label="Who speaks")
    page.get_by_role("button", name="Read these columns").focus()
    page.keyboard.press("Enter")
    expect(line(page, "notes.csv")).to_contain_text("ANN is Ann (new)")
    line(page, "RET07_ann.txt").locator(".who-speaks > summary").first.press("Enter")
    page.get_by_role("link", name="Say it turn by turn").press("Enter")
    turns = page.locator(".turn-voices input:checked")
    expect(turns).to_have_count(4)
    assert axe(page) == []
    page.get_by_role("radio", name="Interviewer").nth(1).press("Space")
    assert turns.evaluate_all("all => all.map(each => each.value)") == ["1", "1", "2", "1"]
    page.get_by_role("radio", name="Interviewer").nth(1).press("ArrowRight")
    page.get_by_role("button", name="Another voice").press("Enter")
    assert axe(page) == []
    assert turns.evaluate_all("all => all.map(each => each.value)") == ["1", "2", "1", "2"]
    page.get_by_label("Voice 2").press("Enter")
    expect(line(page, "RET07_ann.txt")).to_contain_text("Interviewer is the interviewer, Ann is Ann")
    page.get_by_role("button", name="Import 2 ready files").press("Enter")
    expect(page.locator(".messages")).to_contain_text("2 transcripts imported")
    page.goto(
        page.url.split("/studies/")[0] + Transcript.objects.get(filename="RET07_ann.txt").get_absolute_url()
    )
    expect(page.locator(".turn").nth(1).locator(".label")).to_have_text("Ann")


def test_a_connection_that_breaks_is_tried_again(importing, watch, tmp_path):
    page = importing
    watch.expect("net::ERR_FAILED")
    talk = tmp_path / "RET07_ann.txt"
    talk.write_text("INTERVIEWER: When?\nANN: In spring.\n")
    page.context.route("**/files/", lambda route: route.abort())
    page.set_input_files("#files", talk)
    expect(line(page, "RET07_ann.txt")).to_contain_text("The connection broke")
    page.context.unroute("**/files/")
    page.get_by_role("button", name="Send it again").press("Enter")
    expect(line(page, "RET07_ann.txt")).to_contain_text("ANN is Ann (new)")
