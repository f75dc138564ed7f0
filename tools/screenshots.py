"""`make screenshots`: the pages of the demo study as pictures in docs/screenshots.

Takes a server of its own on a scratch data folder, so that neither the clock nor anybody's data shows.
"""

import argparse
import os
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDE, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)


@dataclass
class Shot:
    """A picture: of a page, at a size, in a theme, after ``prepare(page)``."""

    name: str
    path: str
    size: tuple = WIDE
    theme: str = "light"
    prepare: object = None
    signed_in: bool = True
    deep: bool = False  # of the words that nine codes are on


def at_a_coding(page, number=3):
    """The workspace as a coder has it: highlights drawn, one coded segment open."""
    page.wait_for_selector("[data-ready=true]")
    page.locator("#page").focus()
    for _ in range(number):
        page.keyboard.press("n")
    page.wait_for_timeout(300)


def at_the_words_coded_most(page):
    page.wait_for_selector("[data-ready=true]")
    page.locator("#t2 p").click(position={"x": 300, "y": 40})
    page.wait_for_timeout(300)


def choosing_a_code(page):
    page.wait_for_selector("[data-ready=true]")
    page.locator("#page").focus()
    for key in ("j", "j", "s", "c"):
        page.keyboard.press(key)
    page.locator("#palette-input").press_sequentially("team")
    page.wait_for_timeout(300)


def shots(study, transcripts):
    """What is taken; pages are added here."""
    home = f"/studies/{study}/"
    workspace, chinese, deep = (f"/transcripts/{pk}/" for pk in transcripts)
    return [
        Shot("sign-in", "/sign-in/", signed_in=False),
        Shot("studies", "/"),
        Shot("study", home),
        Shot("study-dark", home, theme="dark"),
        Shot("study-390", home, size=PHONE),
        Shot("import", f"{home}import/"),
        Shot("respondents", f"{home}respondents/"),
        Shot("codebook", f"{home}codebook/"),
        Shot("workspace", workspace, prepare=at_a_coding),
        Shot("workspace-dark", workspace, theme="dark", prepare=at_a_coding),
        Shot("workspace-390", workspace, size=PHONE, prepare=at_a_coding),
        Shot("workspace-palette", workspace, prepare=choosing_a_code),
        Shot("workspace-chinese", chinese, prepare=lambda page: at_a_coding(page, 7)),
        Shot("workspace-nine-deep", deep, prepare=at_the_words_coded_most, deep=True),
        Shot("query", f"{home}query/"),
        Shot("query-dark", f"{home}query/", theme="dark"),
        Shot("query-1024", f"{home}query/", size=TABLET),
        Shot("retrieval", f"{home}retrieval/"),
        Shot("voices", f"{home}query/voices/"),
        Shot("co-occurrence", f"{home}co-occurrence/"),
        Shot("pictures", f"{home}pictures/"),
        Shot("find", f"{home}find/?q=return"),
        Shot("history", f"{home}history/"),
        Shot("members", f"{home}members/"),
        Shot("account", "/account/"),
    ]


def main():
    parser = argparse.ArgumentParser(description="Take pictures of the demo study's pages.")
    parser.add_argument("only", nargs="*", help="names, or parts of names; all when none is given")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory(prefix="passages-screenshots-") as data:
        os.environ["PASSAGES_DATA"] = data
        os.environ.pop("DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        cookie, study, transcripts = make_demo()
        FOLDER.mkdir(parents=True, exist_ok=True)
        wanted = [
            shot for shot in shots(study, transcripts) if not only or any(part in shot.name for part in only)
        ]
        take([shot for shot in wanted if not shot.deep], cookie)
        code_nine_deep(transcripts[-1])  # last, as it changes the demo's counts
        take([shot for shot in wanted if shot.deep], cookie)


def make_demo():
    """Loads the demo study; returns its owner's session, its slug, and transcripts: any, a Chinese, a deep one."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client

    from interviews.models import Membership, Study
    from tools.serve import update_static_files

    call_command("migrate", interactive=False, verbosity=0)
    update_static_files()
    call_command("load_demo", if_empty=True, verbosity=0)
    study = Study.objects.get()
    client = Client()
    client.force_login(Membership.objects.get(study=study, role="owner").user)
    transcripts = [study.transcripts.get(filename__startswith=name) for name in ("RET01", "MIG03", "INS02")]
    connections.close_all()
    return client.cookies["sessionid"].value, study.slug, [transcript.pk for transcript in transcripts]


def code_nine_deep(pk):
    """Nine codes around the same words of a transcript's second turn, each a little further out."""
    from django.db import connections

    from coding.changes import make
    from interviews.models import Membership, Transcript

    transcript = Transcript.objects.get(pk=pk)
    coder = Membership.objects.get(study=transcript.study, role="owner").user
    turn = transcript.turns[1]
    middle = (turn["said"] + turn["end"]) // 2
    codes = transcript.study.codes.filter(retired_at=None).exclude(parent=None).order_by("name")[::3][:9]
    made = [
        {
            "id": uuid.uuid4(),
            "do": "apply",
            "start": max(turn["said"], middle - 20 * (n + 2)),
            "end": min(turn["end"], middle + 20 * (n + 2)),
            "code": code.pk,
        }
        for n, code in enumerate(codes)
    ]
    make(transcript.pk, coder, transcript.revision, made)
    connections.close_all()


def take(wanted, session):
    from playwright.sync_api import sync_playwright

    from bench.server import running
    from tools.chromium import launch_arguments

    with running() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        origin = f"http://127.0.0.1:{server.port}"
        for shot in wanted:
            width, height = shot.size
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=shot.theme, reduced_motion="reduce"
            )
            if shot.signed_in:
                context.add_cookies([{"name": "sessionid", "value": session, "url": origin}])
            page = context.new_page()
            answer = page.goto(origin + shot.path)
            if answer.status != 200:
                raise RuntimeError(f"{shot.path} answered {answer.status}.")
            page.wait_for_load_state("networkidle")
            if shot.prepare:
                shot.prepare(page)
            page.screenshot(path=FOLDER / f"{shot.name}.png")
            print(f"docs/screenshots/{shot.name}.png", flush=True)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
