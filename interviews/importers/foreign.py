"""Files known by their first bytes that hold no text we read: each is refused with its own advice."""

import io
import zipfile
import zlib

from django.utils.translation import gettext_lazy as _

from interviews.importers.base import ImportedText, Unreadable

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

OLD_WORD = _(
    "This is a Word file from before 2007 (.doc). "
    "Open it in Word or LibreOffice, save it as .docx, and add it again."
)
OLD_OFFICE = _(
    "This is a file of an older Office program, and no Word file. "
    "If it holds a transcript, save that as .docx or .txt and add it again."
)
PASSWORD = _(
    "This file is protected by a password. Open it in Word, take the password away "
    "(File, Info, Protect Document), save it, and add it again."
)
SPREADSHEET = _("This is a spreadsheet. Copy the transcript into a .docx or .txt file and add that.")
SLIDES = _("This is a presentation. Copy the transcript into a .docx or .txt file and add that.")
ARCHIVE = _(
    "This is an archive of files that cannot be opened here: it is damaged, too large, protected by a password, of "
    "another kind than .zip, or inside another one. Unpack it and add the transcripts in it."
)
PICTURE = _(
    "This is a picture. If it shows a transcript, have its text recognised, and add it as .docx or .txt."
)
RECORDING = _("This is a recording. Have it transcribed first, then add the transcript as .docx or .txt.")
XML = _(
    "This is an XML file. Open it in the program that made it, save it as .docx or .txt, and add it again."
)

_BY_FIRST_BYTES = (
    (b"\x89PNG", PICTURE),
    (b"\xff\xd8\xff", PICTURE),
    (b"GIF8", PICTURE),
    (b"II*\x00", PICTURE),
    (b"MM\x00*", PICTURE),
    (b"ID3", RECORDING),
    (b"OggS", RECORDING),
    (b"fLaC", RECORDING),
    (b"\xff\xfb", RECORDING),
    (b"\x1aE\xdf\xa3", RECORDING),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!\x1a\x07", ARCHIVE),
    (b"<?xml", XML),
)
_BY_ZIP_CONTENT = (
    (b"application/vnd.oasis.opendocument.spreadsheet", SPREADSHEET),
    (b"application/vnd.oasis.opendocument.presentation", SLIDES),
    (b"presentationml", SLIDES),
)


def reads(data: bytes) -> bool:
    return _advice("", data) is not None


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    raise Unreadable(_advice(name, data))


def _advice(name: str, data: bytes) -> str | None:
    head = data[:1024]
    if head.startswith(OLE):
        return _ole_advice(name, data)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_advice(data)
    if head[:4] == b"RIFF":
        return PICTURE if head[8:12] == b"WEBP" else RECORDING
    if head[4:8] == b"ftyp":
        return PICTURE if head[8:11] in (b"hei", b"mif", b"avi") else RECORDING
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((advice for magic, advice in _BY_FIRST_BYTES if start.startswith(magic)), None)


def _ole_advice(name: str, data: bytes) -> str:
    """An OLE container names its streams in UTF-16: an encrypted .docx is one, and so is a .doc."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return PASSWORD
    if "WordDocument".encode("utf-16-le") in data:
        return OLD_WORD
    suffix = name.lower().rpartition(".")[2]
    return {"docx": PASSWORD, "doc": OLD_WORD, "dot": OLD_WORD}.get(suffix, OLD_OFFICE)


def _zip_advice(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            content = b""
            for part in ("mimetype", "[Content_Types].xml"):
                if part in names:
                    with archive.open(part) as file:
                        content += file.read(100_000)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        return ARCHIVE
    return next((advice for mark, advice in _BY_ZIP_CONTENT if mark in content), ARCHIVE)
