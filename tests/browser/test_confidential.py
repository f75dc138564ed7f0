"""Keeping things confidential, by keyboard and as axe sees it: restricting, replacing names, the trash."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from interviews import keyring, pseudonymising
from interviews.access import Role
from interviews.models import RestrictedPassage, Transcript
from tests.factories import make_member, make_owner, make_study, make_transcript

from .workspace import SHORT, open_workspace, select


def on(page, live_server, name, *args):
    page.goto(live_server.url + reverse(name, args=args))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chosen_words_are_restricted_and_readers_read_placeholders(page, live_server, signed_in, axe, theme):
    page.emulate_media(color_scheme=theme)
    study = make_study()
    transcript = make_transcript(study, text=SHORT)
    open_workspace(signed_in(page, make_owner(study)), live_server, transcript)
    select(page, "in the car park")
    page.get_by_role("link", name="Restrict…").press("Enter")
    expect(page.get_by_role("heading", name="Restrict the chosen words")).to_be_visible()
    expect(page.locator(".quote")).to_have_text("in the car park")
    page.get_by_label("Reason").fill("Asked to")
    assert axe(page) == []
    page.get_by_role("button", name="Restrict", exact=True).press("Enter")
    expect(page.get_by_text("Restricted: readers and exports")).to_be_visible()
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    open_workspace(page, live_server, transcript)
    expect(page.locator(".turn .restricted")).to_have_text("in the car park")
    assert axe(page) == []
    on(page, live_server, "interviews:studies")
    page.context.clear_cookies()
    open_workspace(signed_in(page, make_member(study, Role.READER)), live_server, transcript)
    expect(page.locator(".turn .restricted")).to_have_text("█" * len("in the car park"))
    assert axe(page) == []
    assert RestrictedPassage.objects.get().reason == "Asked to"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_owner_replaces_names_and_puts_them_back(page, live_server, signed_in, axe, monkeypatch, theme):
    monkeypatch.setattr(keyring, "COST", 2**4)
    page.emulate_media(color_scheme=theme)
    study = make_study()
    transcript = make_transcript(study, text=SHORT.replace("car park", "car of Zebedee"))
    signed_in(page, make_owner(study))
    on(page, live_server, "interviews:names", study.slug)
    page.get_by_role("link", name="choose a passphrase").press("Enter")
    assert axe(page) == []
    page.get_by_label("New passphrase").fill("four quiet grey herons")
    page.get_by_label("The same again").fill("four quiet grey herons")
    page.get_by_role("button", name="Set the passphrase").press("Enter")
    expect(page.get_by_text("The passphrase is set")).to_be_visible()
    on(page, live_server, "interviews:names", study.slug)
    page.get_by_label("Look for more names").fill("Zebedee")
    page.get_by_role("button", name="Look for them").press("Enter")
    page.get_by_label("Pseudonym of Zebedee").fill("Dalin")
    assert axe(page) == []
    page.get_by_role("button", name="Look at every place").press("Enter")
    expect(page.get_by_role("heading", name="Zebedee → Dalin")).to_be_visible()
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Replace the names").press("Enter")
    expect(page.get_by_text("The names are replaced")).to_be_visible()
    transcript.refresh_from_db()
    assert "car of Dalin" in transcript.text
    on(page, live_server, "interviews:names-key", study.slug)
    passphrase = page.get_by_label("Passphrase", exact=True)
    passphrase.first.fill("four quiet grey herons")
    page.get_by_role("button", name="Open", exact=True).press("Enter")
    expect(page.get_by_role("region", name="Who was who")).to_contain_text("Zebedee")
    assert axe(page) == []
    page.get_by_label("Passphrase", exact=True).nth(2).fill("four quiet grey herons")
    page.get_by_role("button", name="Put the names back").press("Enter")
    expect(page.get_by_text("The names are back")).to_be_visible()
    transcript.refresh_from_db()
    assert "car of Zebedee" in transcript.text
    assert not pseudonymising.sealed_things(study)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_owner_removes_a_transcript_and_erases_it(page, live_server, signed_in, axe, theme):
    page.emulate_media(color_scheme=theme)
    study = make_study()
    transcript = make_transcript(study, text=SHORT, title="One of 老𬭎")
    signed_in(page, make_owner(study))
    on(page, live_server, "coding:trash", study.slug)
    expect(page.get_by_role("heading", name="Nothing is in the trash")).to_be_visible()
    assert axe(page) == []
    on(page, live_server, "interviews:transcript-settings", transcript.pk)
    page.get_by_role("button", name="Remove the transcript").press("Enter")
    expect(page.get_by_role("region", name="Transcripts in the trash")).to_contain_text("One of 老𬭎")
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Erase for good… One of 老𬭎").press("Enter")
    assert axe(page) == []
    page.get_by_role("button", name="Erase for good").press("Enter")
    expect(page.get_by_text("Type the name to erase it.")).to_be_visible()
    page.get_by_label("Its name").fill("One of 老𬭎")
    page.get_by_role("button", name="Erase for good").press("Enter")
    expect(page.get_by_text("Erased for good.")).to_be_visible()
    assert not Transcript.objects.exists()
