"""A server that is killed in the middle of its work, and started again."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest
from django.conf import settings
from playwright.sync_api import Error

from tools.postgres import free_port

CHANGES = 100  # by the page, and as many by a script
FULL = "PASSAGES_FULL" in os.environ  # the long form of the last test


class Server:
    """Passages as in production, on SQLite in a folder."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "passages.sqlite3"
        mine = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY")
        }
        self.environment = mine | {
            "PORT": str(self.port),
            "BIND": "127.0.0.1",
            "PASSAGES_DATA": str(folder),
            "STATIC_ROOT": str(folder / "static"),
        }
        self.process = None

    def manage(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout.strip()

    def start(self):
        command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
        self.process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=self.environment, start_new_session=True
        )
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/health/", timeout=1)
                return
            time.sleep(0.1)
        raise AssertionError("The server does not start.")

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def rows(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql, values).fetchall()

    def coded_segments(self):
        return [pk for (pk,) in self.rows("select id from coding_codedsegment")]

    def changes_of(self, username):
        """The ids of a person's changes, in the order in which they were made."""
        rows = self.rows(
            "select e.change from interviews_event e join auth_user u on u.id = e.actor_id"
            " where u.username = ? and e.change is not null order by e.id",
            username,
        )
        return [change for (change,) in rows]


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.manage("migrate", "--verbosity=0")
    server.manage("collectstatic", "--noinput", "--verbosity=0")
    server.manage("load_demo")
    server.start()
    yield server
    server.kill()


class Script:
    """A program that sends one change after the other by the API, and notes what was acknowledged."""

    def __init__(self, server, token, transcript, code):
        self.address = f"{server.url}/api/transcripts/{transcript}/changes/"
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.changes = [
            {"id": uuid.uuid4().hex, "do": "apply", "start": 20 + n, "end": 60 + n, "code": code}
            for n in range(CHANGES)
        ]
        self.acknowledged = []

    def send(self, change):
        body = json.dumps({"revision": 1, "changes": [change]}).encode()
        request = urllib.request.Request(self.address, body, self.headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["results"][0]["state"]

    def run(self, half):
        """Send until the server is gone; ``half`` is set when half of them are acknowledged."""
        for change in self.changes:
            try:
                assert self.send(change) == "done"
            except (OSError, ValueError):
                return
            self.acknowledged.append(change["id"])
            if len(self.acknowledged) == CHANGES // 2:
                half.set()
            time.sleep(0.01)


def signed_in_page(browser, server, username):
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(server.manage("sign_in_link", username).splitlines()[-1].strip())
    if page.locator("main form button").count():
        page.locator("main form button").first.click()
    page.wait_for_url(f"{server.url}/")
    return page


def note_acknowledged(page):
    found = []

    def note(response):
        if response.request.method == "POST" and response.url.endswith("/changes/") and response.ok:
            with contextlib.suppress(Exception):  # the server may be killed while it answers
                found.extend(result["id"].replace("-", "") for result in response.json()["results"])

    page.on("response", note)
    return found


def test_a_killed_server_loses_nothing_it_acknowledged_and_gets_what_waits_once(browser, server):
    [(transcript, slug)] = server.rows(
        "select t.id, s.slug from interviews_transcript t join interviews_study s on s.id = t.study_id"
        " order by t.id limit 1"
    )
    [(code,)] = server.rows("select id from coding_code order by id limit 1")
    before = set(server.coded_segments())
    page = signed_in_page(browser, server, "coder_a")
    page.evaluate(
        "([key, code]) => localStorage.setItem(key, `[${code}]`)", [f"passages.recent.{slug}", code]
    )
    page.goto(f"{server.url}/transcripts/{transcript}/")
    page.wait_for_selector("#page[data-ready]")
    acknowledged = note_acknowledged(page)
    script = Script(server, server.manage("api_token", "coder_b").split()[-1], transcript, code)
    half = threading.Event()
    sending = threading.Thread(target=script.run, args=(half,))
    sending.start()
    killed_at = None
    for n in range(CHANGES):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("1")
        if killed_at is None and n >= CHANGES // 4 and (half.is_set() or n == CHANGES // 2):
            half.wait(60)
            server.kill()
            killed_at = n
            kept, told = set(server.coded_segments()), list(acknowledged)
    sending.join()
    assert 0 < len(script.acknowledged) < CHANGES
    assert told and set(told) <= kept
    assert set(script.acknowledged) <= kept
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'offline'")

    server.start()
    again = [script.send(change) for change in script.changes]
    assert again.count("already") >= len(script.acknowledged)
    assert set(again) <= {"already", "done"}
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_function(
        "() => document.getElementById('status').dataset.state === 'saved'", timeout=60_000
    )

    rows = server.coded_segments()
    assert len(rows) == len(set(rows)) == len(before) + 2 * CHANGES
    assert sorted(server.changes_of("coder_b")) == sorted(change["id"] for change in script.changes)
    made = server.changes_of("coder_a")
    assert len(made) == len(set(made)) == CHANGES
    starts = [
        start
        for pk in made
        for (start,) in server.rows(
            "select s.start from coding_codedsegment c join coding_segment s on s.id = c.segment_id where c.id = ?",
            pk,
        )
    ]
    assert starts == sorted(starts)  # in the order in which they were made
    page.reload()
    page.wait_for_selector("#page[data-ready]")
    assert server.rows("pragma integrity_check") == [("ok",)]
    print(f"killed after {killed_at + 1} of the page's, {len(script.acknowledged)} of the script's {CHANGES}")
    page.context.close()


CHOSEN = """() => {
  const found = [...(CSS.highlights.get('chosen') ?? [])].map(({ startContainer, startOffset, endOffset }) => {
    const at = Number(startContainer.parentElement.dataset.at);
    const points = (to) => [...startContainer.data.slice(0, to)].length;
    return [at + points(startOffset), at + points(endOffset)];
  });
  return found[0] ?? null;
}"""
KEPT = """() => new Promise((done) => {
  const opening = indexedDB.open('passages', 1);
  opening.onsuccess = () => {
    const asked = opening.result.transaction('changes').objectStore('changes').getAll();
    asked.onsuccess = () => {
      opening.result.close();
      done(asked.result.map(({ change }) => change.id.replaceAll('-', '')));
    };
  };
})"""


class Coder:
    """A person who codes one word after the other, whatever becomes of the server, the tab and the network."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.context = page.context
        self.made = []  # (start, end) of each word coded, in order
        self.acknowledged = [note_acknowledged(page)]
        self.open()

    def open(self):
        place = f"#at{self.made[-1][0]}-{self.made[-1][1]}" if self.made else ""
        self.page.goto(self.address + place)
        self.page.wait_for_selector("#page[data-ready]")

    def code_a_word(self):
        after = self.made[-1][0] if self.made else -1
        for _press in range(5):
            self.page.keyboard.press("ArrowRight")
            chosen = self.page.evaluate(CHOSEN)
            if chosen and chosen[0] > after:
                break
        self.page.keyboard.press("1")
        self.made.append(tuple(chosen))

    def crash(self):
        """The tab dies, as soon as what was coded last is kept: some milliseconds after it was seen."""
        while len({*self.page.evaluate(KEPT)}.union(*self.acknowledged)) < len(self.made):
            self.page.wait_for_timeout(5)
        with contextlib.suppress(Error):
            self.page.goto("chrome://crash")
        self.page.close()
        self.page = self.context.new_page()
        self.acknowledged.append(note_acknowledged(self.page))

    def all_saved(self):
        self.page.evaluate("dispatchEvent(new Event('online'))")
        self.page.wait_for_function(
            "() => document.getElementById('status').dataset.state === 'saved'", timeout=120_000
        )


def test_kills_crashes_and_a_cut_lose_nothing_double_nothing_and_keep_the_order(browser, server):
    """60 changes, two kills, one crash, a cut; or 300, five, two and a minute with ``PASSAGES_FULL=1``."""
    changes, kills, crashes, seconds = (300, 5, 2, 60) if FULL else (60, 2, 1, 0)
    chance = random.Random(3)
    [(transcript, slug)] = server.rows(
        "select t.id, s.slug from interviews_transcript t join interviews_study s on s.id = t.study_id"
        " order by t.id desc limit 1"
    )
    [(code,)] = server.rows("select id from coding_code where retired_at is null order by id limit 1")
    before = server.coded_segments()
    page = signed_in_page(browser, server, "coder_a")
    page.evaluate(
        "([key, code]) => localStorage.setItem(key, `[${code}]`)", [f"passages.recent.{slug}", code]
    )
    coder = Coder(page, f"{server.url}/transcripts/{transcript}/")

    moments = chance.sample(range(5, changes - 5), kills + crashes + 1)
    killed, crashed, cut = set(moments[:kills]), set(moments[kills:-1]), moments[-1]
    down, back_at, cut_at = None, None, None
    for n in range(changes):
        if n in killed:
            if down is not None:
                server.start()
            server.kill()
            down = n + chance.randint(1, 8)
        if down is not None and (n >= down or n in crashed):
            server.start()  # a tab that opens needs a server: what waits in the browser is sent by the new one
            down = None
        if n == cut:
            coder.context.set_offline(True)
            back_at, cut_at = n + changes // 10, time.monotonic()
        if back_at is not None and (n >= back_at or n in crashed):
            coder.page.wait_for_timeout(max(0, 1000 * (cut_at + seconds - time.monotonic())))
            coder.context.set_offline(False)
            back_at = None
        if n in crashed:
            coder.crash()
            coder.open()
        coder.code_a_word()
    if down is not None:
        server.start()
    coder.context.set_offline(False)
    coder.all_saved()

    made = server.changes_of("coder_a")
    assert len(made) == len(set(made)) == len(coder.made) == changes
    places = {
        pk: (start, end)
        for pk, start, end in server.rows(
            "select c.id, s.start, s.end from coding_codedsegment c join coding_segment s on s.id = c.segment_id"
        )
    }
    assert [places[pk] for pk in made] == coder.made
    assert len(server.coded_segments()) == len(before) + changes
    assert server.rows("pragma integrity_check") == [("ok",)]
    coder.context.close()
