"""Documents that are zip files of XML parts: looked through here, before any other program sees them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO

from django.utils.translation import gettext_lazy as _

from interviews.importers.apart import DAMAGED, SUSPICIOUS
from interviews.importers.base import Unreadable

FORBIDDEN = _(
    "This file holds parts that no word processor writes, and was not opened. "
    "Copy its text into a new document, save that, and add it again."
)
PASSWORD = _("This file is protected by a password. Take the password away, save it, and add it again.")

MAX_MEMBERS = 5_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_XML = 64 * 1024 * 1024
MAX_RATIO = 200
RATIO_MATTERS_FROM = 16 * 1024 * 1024

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
)


def part_of(data: bytes, name: str) -> bytes:
    """The beginning of a zip file's part, or nothing where the bytes are no zip file with such a part."""
    if not data.startswith(b"PK\x03\x04"):
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(name) as file:
            return file.read(1_000_000)
    except (*ZIP_ERRORS, KeyError, RuntimeError):
        return b""


def checked_copy(
    data: bytes, copy: IO[bytes], is_needed: Callable[[str], bool], forbidden: bytes = b"<!DOCTYPE"
) -> None:
    """Write the parts that are needed, unpacked within limits and looked through, as a new zip file.

    A part with ``forbidden`` in it is refused: with no document type, no entities can be declared.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check(parts, len(data), is_needed)
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as clean:
                for part in parts:
                    if is_needed(part.filename):
                        clean.writestr(part.filename, _checked_part(archive, part, forbidden))
    except ZIP_ERRORS as error:
        raise Unreadable(DAMAGED) from error


def _check(parts: list[zipfile.ZipInfo], size: int, is_needed: Callable[[str], bool]) -> None:
    """Judge by the table of contents, before anything is unpacked."""
    unpacked = sum(part.file_size for part in parts)
    needed = sum(part.file_size for part in parts if is_needed(part.filename))
    ratio_too_high = unpacked > RATIO_MATTERS_FROM and unpacked > size * MAX_RATIO
    if len(parts) > MAX_MEMBERS or unpacked > MAX_UNPACKED or needed > MAX_XML or ratio_too_high:
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


def _checked_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, forbidden: bytes) -> bytes:
    with archive.open(part) as file:
        content = file.read(part.file_size + 1)
    if forbidden in content.replace(b"\0", b""):  # without zeros, UTF-16 is no hiding place
        raise Unreadable(FORBIDDEN)
    return content
