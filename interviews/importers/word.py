"""Word's .docx, read by pandoc in a confined process.

Pandoc is given a copy that holds only XML parts which were unpacked and looked at here, so that what was not
checked never reaches it. Its document tree becomes text laid out as our plain transcripts are: a paragraph a
line, an empty line between two, the paragraphs before the first speaker label as a header block.
Page headers and footers, pictures and comments are not part of the text.
"""

import contextlib
import io
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

import pypandoc
from django.utils.translation import gettext_lazy as _

from interviews.importers import confined, plain
from interviews.importers.base import ImportedText, Unreadable
from interviews.importers.wordtree import Reader
from interviews.turns import find_turns

DAMAGED = _(
    "This Word file is damaged. Open it in Word or LibreOffice, save it under a new name, and add it again."
)
SUSPICIOUS = _(
    "This Word file unpacks to far more than a transcript could hold, and was not opened. "
    "Copy its text into a new document, save that, and add it again."
)
FORBIDDEN = _(
    "This Word file holds parts that no word processor writes, and was not opened. "
    "Copy its text into a new document, save that, and add it again."
)
TOO_LONG = _(
    "This Word file took too long or too much memory to read. Split it, or save it as plain text (.txt), "
    "and add it again."
)
PASSWORD = _("This Word file is protected by a password. Take the password away, save it, and add it again.")

MAX_MEMBERS = 5_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_XML = 64 * 1024 * 1024
MAX_RATIO = 200
RATIO_MATTERS_FROM = 16 * 1024 * 1024
MAX_OUTPUT = 64 * 1024 * 1024
PANDOC_ARGUMENTS = ["--sandbox", "--from=docx", "--to=json", "+RTS", "-M512M", "-RTS"]  # -M limits its memory
SECONDS = 30

_WORD_TYPES = (b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
)
_NOT_NEEDED = ("docProps/", "customXml/", "word/theme/", "word/stylesWithEffects.xml", "word/glossary/")


def reads(data: bytes) -> bool:
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("[Content_Types].xml") as file:
            types = file.read(1_000_000)
    except (*_ZIP_ERRORS, KeyError, RuntimeError):
        return False
    return any(kind in types for kind in _WORD_TYPES)


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    with tempfile.TemporaryFile() as copy:
        _checked_copy(data, copy)
        copy.seek(0)
        output = _pandoc(copy)
    try:
        document = Reader(json.loads(output))
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(DAMAGED) from error
    text, marks = document.laid_out()
    plain.check_text(text)
    return ImportedText(text, find_turns(text), marks, document.warnings(), "docx")


def _checked_copy(data: bytes, copy) -> None:
    """Write the XML parts, unpacked within limits and looked through, as a new zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_sizes(parts, len(data))
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as clean:
                for part in parts:
                    if part.filename.endswith((".xml", ".rels")) and not part.filename.startswith(
                        _NOT_NEEDED
                    ):
                        clean.writestr(part.filename, _checked_xml(archive, part))
    except _ZIP_ERRORS as error:
        raise Unreadable(DAMAGED) from error


def _check_sizes(parts: list[zipfile.ZipInfo], size: int) -> None:
    """Judge by the table of contents, before anything is unpacked."""
    unpacked = sum(part.file_size for part in parts)
    xml = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    ratio_too_high = unpacked > RATIO_MATTERS_FROM and unpacked > size * MAX_RATIO
    if len(parts) > MAX_MEMBERS or unpacked > MAX_UNPACKED or xml > MAX_XML or ratio_too_high:
        raise Unreadable(SUSPICIOUS)
    for part in parts:
        if part.flag_bits & 1:
            raise Unreadable(PASSWORD)
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(FORBIDDEN)
        path = part.orig_filename.replace("\\", "/")
        if path.startswith("/") or ":" in path or "\0" in path or ".." in path.split("/"):
            raise Unreadable(FORBIDDEN)
    if len({part.filename for part in parts}) < len(parts):
        raise Unreadable(FORBIDDEN)


def _checked_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with archive.open(part) as file:
        xml = file.read(part.file_size + 1)
    if b"<!DOCTYPE" in xml.replace(b"\0", b""):  # without zeros, UTF-16 is no hiding place
        raise Unreadable(FORBIDDEN)
    return xml


def _pandoc(document) -> bytes:
    """Pandoc's JSON for a docx file object; raises Unreadable when it fails or passes a limit."""
    command = [sys.executable, "-I", "-S", str(Path(confined.__file__)), str(SECONDS)]
    command += [pypandoc.get_pandoc_path(), *PANDOC_ARGUMENTS]
    with subprocess.Popen(
        command,
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
    # 251 is GHC's "heap exhausted"; a signal is the limit of processor time
    raise Unreadable(TOO_LONG if process.returncode == 251 or process.returncode < 0 else DAMAGED)


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
