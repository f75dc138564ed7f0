"""A zip file of transcripts: each file in it is brought in by itself, as if it had been chosen alone."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from django.conf import settings

from interviews.importers.packages import MAX_RATIO, RATIO_MATTERS_FROM, ZIP_ERRORS

MAX_FILES = 200
MAX_UNPACKED = 128 * 1024 * 1024
_DOCUMENTS_HAVE = {"mimetype", "[Content_Types].xml"}
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1


def unpacked(name: str, data: bytes, size: int) -> Iterator[tuple[str, bytes, int]]:
    """``(name, bytes, size)`` of each file in an archive; of anything else, of itself.

    Itself too is an archive that is damaged, protected or far too large, to be refused as one. A file over the
    limit comes without its bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive, len(data))
            for member in members:
                too_large = member.file_size > settings.MAX_UPLOAD_BYTES
                yield (
                    "/".join(_parts(_name(member))),
                    b"" if too_large else archive.read(member),
                    member.file_size,
                )
    except (*ZIP_ERRORS, RuntimeError):
        members = []
    if not members:
        yield name, data, size


def _members(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """The files to bring in; none where the zip file is a document, or not to be trusted."""
    parts = archive.infolist()
    whole = sum(part.file_size for part in parts)
    bomb = whole > MAX_UNPACKED or (whole > RATIO_MATTERS_FROM and whole > size * MAX_RATIO)
    if len(parts) > 5 * MAX_FILES or bomb or _DOCUMENTS_HAVE & set(archive.namelist()):
        return []
    members = [part for part in parts if not part.is_dir() and not _is_hidden(_name(part))]
    if len(members) > MAX_FILES or any(part.flag_bits & _ENCRYPTED for part in members):
        return []
    return members if archive.testzip() is None else []


def _is_hidden(path: str) -> bool:
    """What operating systems put beside one's files."""
    parts = _parts(path)
    beside = any(part.startswith((".", "__MACOSX")) for part in parts)
    return beside or not parts or parts[-1] == "Thumbs.db"


def _parts(path: str) -> list[str]:
    """The names in a path; what leads up and out of the archive is left out, as nothing is written by these names."""
    return [part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in ("/", "..")]


def _name(member: zipfile.ZipInfo) -> str:
    """A name that is not marked as UTF-8 is in whatever the packing machine used."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename
