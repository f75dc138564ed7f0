"""Plain text: Unicode by its mark or by being valid UTF-8, anything else by a person's choice."""

import codecs
import re

from charset_normalizer import from_bytes
from charset_normalizer.constant import IANA_SUPPORTED
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers.base import ImportedText, NeedsEncoding, Unreadable
from interviews.importers.encodings import encoding_name
from interviews.turns import find_turns

EMPTY = _("There is no text in this file. Check that it is the right one, and add it again.")
BINARY = _(
    "This file is not text: it holds bytes that no text has. "
    "Open it in the program that made it, save it as .docx or .txt, and add it again."
)
TOO_MANY_LINES = _(
    "This file has more than {limit} lines. If it holds many interviews, split it and add each."
)

MAX_LINES = 500_000
PREVIEW = 300
_SAMPLE = 64 * 1024
_CANDIDATES = 8
_MARKS = (  # the longer first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_USUAL = (
    "gb18030",
    "cp1252",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
    "cp1250",
    "cp1251",
    "mac_roman",
    "iso8859_15",
)
_ALLOWED = {codecs.lookup(name).name for name in IANA_SUPPORTED if name != "utf_7"} | {
    "utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_C1_CONTROL = re.compile(r"[\x80-\x84\x86-\x9f]")


def reads(data: bytes) -> bool:
    return True


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    text, used = decode(data, encoding)
    check_text(text)
    return ImportedText(text=text, turns=find_turns(text), encoding=used)


def check_text(text: str) -> None:
    """Raises Unreadable where a text is empty, no text at all, or too many lines for one transcript."""
    if not text.strip():
        raise Unreadable(EMPTY)
    if "\0" in text or len(_CONTROL.findall(text)) * 200 > len(text):
        raise Unreadable(BINARY)
    if text.count("\n") > MAX_LINES:
        raise Unreadable(format_lazy(TOO_MANY_LINES, limit=f"{MAX_LINES:,}"))


def decode(data: bytes, encoding: str | None) -> tuple[str, str]:
    """The text of bytes, and what it was decoded with. Raises NeedsEncoding where a person must choose."""
    if encoding is not None:
        return _decode_as_chosen(data, encoding)
    for mark, marked in _MARKS:
        if data.startswith(mark):
            text = _strictly(data[len(mark) :], marked)
            if text is not None:
                return text, marked
            break
    else:
        text = _strictly(data, "utf-8")
        if text is not None and "\0" not in text:
            return text, "utf-8"
    candidates = _candidates(data)
    if not candidates:
        raise Unreadable(BINARY)
    raise NeedsEncoding(
        _("It is not certain how this text is encoded. Choose the line below that reads correctly."),
        candidates,
    )


def _decode_as_chosen(data: bytes, encoding: str) -> tuple[str, str]:
    used = _known(encoding)
    if used is None:
        raise Unreadable(
            format_lazy(_("“{encoding}” is no encoding that can be read here."), encoding=encoding)
        )
    for mark, marked in _MARKS:
        if used.startswith("utf") and marked.startswith(used) and data.startswith(mark):
            data, used = data[len(mark) :], marked
            break
    text = _strictly(data, used)
    if text is None:
        raise Unreadable(
            format_lazy(
                _("This file is not encoded as {encoding}. Choose another encoding."),
                encoding=encoding_name(encoding),
            )
        )
    return text, used


def _known(encoding: str) -> str | None:
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        return None
    return name if name in _ALLOWED else None


def _strictly(data: bytes, encoding: str) -> str | None:
    """The text with ``\\n`` line ends, or None where the bytes are not in that encoding."""
    try:
        text = data.decode(encoding)
        text.encode("utf-8")  # some decoders let lone surrogates through
    except UnicodeError:
        return None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _candidates(data: bytes) -> list[tuple[str, str]]:
    """Encodings in which the bytes are a text, the likeliest first, each text once, with a preview."""
    found: dict[int, tuple[str, str]] = {}
    for encoding in _likely(data):
        text = _strictly(data, encoding)
        if text is None or "\0" in text or _C1_CONTROL.search(text):
            continue
        if text.strip() and len(_CONTROL.findall(text)) * 200 <= len(text):
            found.setdefault(hash(text), (encoding, _preview(text)))
        if len(found) == _CANDIDATES:
            break
    return list(found.values())


def _likely(data: bytes) -> list[str]:
    if b"\0" in data:
        return _utf16_without_mark(data)
    proposed = [codecs.lookup(match.encoding).name for match in from_bytes(_sample(data))]
    if "cp1252" in proposed:  # of the Latin code pages much the commonest, and most like the others
        proposed.sort(key=lambda name: (not name.startswith("cp125"), name != "cp1252"))
    return [name for name in dict.fromkeys([*proposed, *_USUAL]) if name in _ALLOWED]


def _utf16_without_mark(data: bytes) -> list[str]:
    """In UTF-16 most of a Latin text's bytes on one side of the byte pairs are zeros."""
    sides = {"utf-16-be": data[::2].count(0), "utf-16-le": data[1::2].count(0)}
    best = max(sides, key=sides.__getitem__)
    pairs = len(data) // 2
    return [best] if sides[best] * 2 >= pairs and sum(sides.values()) - sides[best] <= pairs // 20 else []


def _sample(data: bytes) -> bytes:
    """Lines from the first that is not ASCII on, whole, so that no character is cut in two."""
    start = _first_unusual_line(data)
    end = data.rfind(b"\n", start, start + _SAMPLE) + 1
    return data[start : end if end > start else start + _SAMPLE]


def _first_unusual_line(data: bytes) -> int:
    match = re.search(rb"[\x80-\xff]", data)
    return data.rfind(b"\n", 0, match.start()) + 1 if match else 0


def _preview(text: str) -> str:
    """The first 300 characters, or 300 about the first that is not ASCII, for the others tell nothing."""
    if text[:PREVIEW].isascii():
        match = re.search(r"[^\x00-\x7f]", text)
        unusual = match.start() if match else 0
        start = max(text.rfind("\n", 0, unusual) + 1, unusual - PREVIEW // 2, 0)
        return text[start : start + PREVIEW]
    return text[:PREVIEW]
