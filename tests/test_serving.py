"""`make run`, without make: one start on an empty data folder, another on the same."""

import json
import os
import re
import signal
import subprocess
import sys
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest
from django.conf import settings

from tools.postgres import free_port


class Started:
    """Passages as `make run` starts it, until its greeting is complete."""

    def __init__(self, data, port):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        places = {"PASSAGES_DATA": str(data), "STATIC_ROOT": str(data / "static"), "PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.serve"],
            cwd=settings.BASE_DIR,
            env=kept | places,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl+C" in line:
                break

    @property
    def link(self):
        return re.search(r"http://\S+/sign-in/\S+", self.said).group()

    def stop(self):
        """As Ctrl+C does; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.stdout.read()
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    started = Started(tmp_path_factory.mktemp("data"), free_port())
    yield started
    started.stop()


def origin(started):
    return re.match(r"http://[^/]+", started.link).group()


def follow(link):
    """Open a sign-in link and press its button; returns the page that comes then."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(link).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
    return browser.open(link, urlencode({"csrfmiddlewaretoken": token}).encode()).read().decode()


def test_the_printed_link_signs_in_once_and_shows_the_demo_study(served):
    assert "Return migration of engineers" in follow(served.link)
    with pytest.raises(HTTPError, match="410"):
        follow(served.link)


def test_every_module_of_the_import_map_is_served_under_a_hashed_name_for_ever(served):
    page = urlopen(f"{origin(served)}/sign-in/").read().decode()
    imports = json.loads(re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page).group(1))["imports"]
    assert {"fuzzysort", "passages/bar"} <= imports.keys()
    for address in imports.values():
        assert re.search(r"\.[0-9a-f]{12}\.m?js$", address)
        answer = urlopen(origin(served) + address)
        assert "javascript" in answer.headers["Content-Type"]
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_taken_port_is_said_in_a_sentence(served, tmp_path):
    port = int(origin(served).rsplit(":", 1)[1])
    second = Started(tmp_path, port)
    assert second.process.wait(timeout=30) != 0
    assert f"Port {port} cannot be used" in second.said
    assert f"make run PORT={port + 1}" in second.said
    assert "Traceback" not in second.said


def test_a_second_start_keeps_the_data_and_collects_nothing_anew(tmp_path):
    first = Started(tmp_path, free_port())
    assert "Loaded" in first.said
    assert first.stop() == 0
    key = (tmp_path / "secret_key").read_text()
    second = Started(tmp_path, free_port())
    assert second.stop() == 0
    assert "Loaded" not in second.said
    assert "Collecting" not in second.said
    assert (tmp_path / "secret_key").read_text() == key
