"""Converters, each in a process of its own with limits on memory, time and output."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from django.utils.translation import gettext_lazy as _

from interviews.importers import confined
from interviews.importers.base import Unreadable

DAMAGED = _(
    "This file is damaged. Open it in the program that made it, save it under a new name, and add it again."
)
SUSPICIOUS = _(
    "This file unpacks to far more than a transcript could hold, and was not opened. "
    "Copy its text into a new document, save that, and add it again."
)
TOO_LONG = _(
    "This file took too long or too much memory to read. Split it, or save it as plain text (.txt), "
    "and add it again."
)

MAX_OUTPUT = 64 * 1024 * 1024
SECONDS = 15
LONGEST = SECONDS + 5  # with what is done before and after
_HEAP_EXHAUSTED = 251  # as programs built by GHC say it


def output_of(command: list[str], document: IO[bytes], *, memory: int = 0) -> bytes:
    """What a program says of a document that it reads from its standard input.

    ``memory`` limits its address space, in bytes; 0 is no limit. Raises Unreadable where it fails or passes
    a limit.
    """
    document.seek(0)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(confined.__file__)), str(SECONDS), str(memory), *command],
        stdin=document,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=tempfile.gettempdir(),
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": tempfile.gettempdir()},
    ) as process:
        try:
            output = _output_within_limits(process)
        finally:
            _end(process)
    if process.returncode in (0, None):
        return output
    passed_limit = process.returncode == _HEAP_EXHAUSTED or process.returncode < 0
    raise Unreadable(TOO_LONG if passed_limit else DAMAGED)


def _output_within_limits(process: subprocess.Popen) -> bytes:
    deadline = time.monotonic() + SECONDS
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0, deadline - time.monotonic())):
                raise Unreadable(TOO_LONG)
            piece = os.read(process.stdout.fileno(), 1 << 20)
            if not piece:
                break
            output += piece
            if len(output) > MAX_OUTPUT:
                raise Unreadable(SUSPICIOUS)
    try:
        process.wait(max(0, deadline - time.monotonic()) + 1)
    except subprocess.TimeoutExpired as error:
        raise Unreadable(TOO_LONG) from error
    return bytes(output)


def _end(process: subprocess.Popen) -> None:
    """Kill what still runs; only an unreaped child's number is certain to be its own."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it may just have ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
