"""Firefox, driven by its own Marionette protocol over a socket: Playwright cannot drive one that a system installed.

``make bench ARGS="--database sqlite --only firefox"`` measures in it: in $FIREFOX, else firefox-esr, else firefox.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from tools.postgres import free_port

from .browser import SIZE, resident

PREFERENCES = {
    "app.normandy.enabled": False,
    "app.shield.optoutstudies.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processPrelaunch.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "privacy.reduceTimerPrecision": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
CALL = """const [argument, done] = arguments;
Promise.resolve((%s)(argument)).then((value) => done({ value }), (error) => done({ error: String(error) }));"""
KEYS = {"Enter": "\ue007"}


class Missing(Exception):
    """There is no Firefox here."""


def installed():
    return os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


class Marionette:
    """One connection: a message is its length, a colon and JSON."""

    def __init__(self, port):
        self.socket = self._connect(port)
        self.stream = self.socket.makefile("rb")
        self.number = 0
        self._read()  # the browser's greeting

    def _connect(self, port):
        for _ in range(300):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=180)
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Firefox did not start.")

    def _read(self):
        length = b""
        while not length.endswith(b":"):
            sign = self.stream.read(1)
            if not sign:
                raise RuntimeError("Firefox has closed the connection.")
            length += sign
        return json.loads(self.stream.read(int(length[:-1])))

    def send(self, command, **parameters):
        """What a WebDriver command answers. Raises RuntimeError with the browser's message."""
        self.number += 1
        message = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(f"{len(message)}:".encode() + message)
        _kind, _number, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result.get("value", result)


class Firefox:
    def __init__(self, marionette, process, origin):
        self.marionette, self.process, self.origin = marionette, process, origin

    def open(self, path):
        self.marionette.send("WebDriver:Navigate", url=self.origin + path)

    def evaluate(self, function, argument=None):
        answer = self.marionette.send("WebDriver:ExecuteAsyncScript", script=CALL % function, args=[argument])
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")

    def press(self, key):
        actions = [{"type": f"key{way}", "value": KEYS.get(key, key)} for way in ("Down", "Up")]
        self.marionette.send(
            "WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": actions}]
        )

    def memory(self):
        """Bytes the largest of the browser's content processes takes, or None where that cannot be read."""
        pages = (pid for pid in descendants(self.process.pid) if is_page(pid))
        return max(filter(None, map(resident, pages)), default=None)


def descendants(pid):
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield child
            yield from descendants(child)


def is_page(pid):
    command = (
        Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    )  # forked: its arguments are one string
    return command.rstrip().endswith(b" tab")


@contextmanager
def firefox(origin, cookie):
    """Gives ``new_tab()``. Raises Missing."""
    program = installed()
    if not program:
        raise Missing("there is no firefox-esr or firefox on this machine; $FIREFOX may name one.")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="passages-firefox-", ignore_cleanup_errors=True) as profile:
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in (PREFERENCES | {"marionette.port": port}).items()
        ]
        Path(profile, "user.js").write_text("".join(lines))
        command = [program, "--headless", "--marionette", "--profile", profile, "--no-remote"]
        environment = os.environ | {
            "HOME": profile,
            "MOZ_HEADLESS_WIDTH": "1600",
            "MOZ_HEADLESS_HEIGHT": "1200",
        }
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield tabs(Marionette(port), process, origin, cookie)
        finally:
            process.terminate()
            process.wait(timeout=30)


def tabs(marionette, process, origin, cookie):
    marionette.send("WebDriver:NewSession", capabilities={"alwaysMatch": {"timeouts": {"script": 180_000}}})
    marionette.send("WebDriver:Navigate", url=f"{origin}/sign-in/")
    name, value = cookie.split("=", 1)
    marionette.send("WebDriver:AddCookie", cookie={"name": name, "value": value})
    inner = marionette.send(
        "WebDriver:ExecuteScript",
        script="return [outerWidth - innerWidth, outerHeight - innerHeight]",
        args=[],
    )
    width, height = (size + border for size, border in zip(SIZE, inner, strict=True))
    marionette.send("WebDriver:SetWindowRect", width=width, height=height)
    return lambda: Firefox(marionette, process, origin)
