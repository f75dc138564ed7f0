"""Pages in a real browser: Chromium, on the live server.

Each test fails on a request to another origin, on an error in the console (refusals by the Content-Security-Policy
are such errors) and on an exception in a script; ``watch.expect("…")`` names one that the test provokes.
"""

import os
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tools.chromium import launch_arguments

# Playwright's synchronous interface runs an event loop in this thread, which Django takes for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

AXE = Path(__file__).parent.parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN_AXE = """async (standards) => {
  const { violations } = await axe.run(document, { runOnly: standards, resultTypes: ["violations"] });
  return violations.map(({ id, help, nodes }) => ({
    id, help, nodes: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
  }));
}"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, **launch_arguments()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


class Watch:
    """Notes what a page must never do."""

    def __init__(self, context, origin):
        self.origin = origin
        self.seen = []
        self.expected = [
            re.compile(r"404 .*/favicon\.ico")
        ]  # browsers ask for it where a page, as the admin, names no icon
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.seen.append(f"exception: {error.error}"))

    def expect(self, pattern):
        """Let errors that match a regular expression pass."""
        self.expected.append(re.compile(pattern))

    def _note_request(self, request):
        if not request.url.startswith((self.origin, "data:", "blob:", "about:")):
            self.seen.append(f"request to another origin: {request.url}")

    def _note_console(self, message):
        if message.type == "error":
            self.seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def unexpected(self):
        return [line for line in self.seen if not any(pattern.search(line) for pattern in self.expected)]


@pytest.fixture(autouse=True)
def watch(context, live_server):
    watch = Watch(context, live_server.url + "/")
    yield watch
    assert not watch.unexpected(), "\n".join(watch.unexpected())


@pytest.fixture
def signed_in(live_server):
    """``signed_in(page, user)``: the page's browser is signed in as the user; returns the page."""

    def sign_in(page, user):
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
        )
        return page

    return sign_in


@pytest.fixture
def axe():
    """``axe(page)``: what axe finds wrong, one readable line each; assert that it is empty."""

    def run(page):
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.read_text())
        found = page.evaluate(RUN_AXE, STANDARDS)
        return [f"{rule['id']} ({rule['help']}): {node}" for rule in found for node in rule["nodes"]]

    return run
