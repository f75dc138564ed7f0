"""Rich Text Format, whatever it is called: Word itself saves it as .doc. Through pandoc."""

import codecs
import re
import tempfile

from interviews.importers import pandoc
from interviews.importers.base import ImportedText

_CODE_PAGE = re.compile(rb"\\ansicpg([0-9]{1,5})")
_ESCAPES = re.compile(rb"(\\u-?[0-9]{1,6} ?)?((?:\\'[0-9a-fA-F]{2})+)")
_FALLBACK = rb"(?:\?|(?:\\'[0-9a-fA-F]{2}){1,2})"
_PAIR = re.compile(
    rb"\\u(5[56][0-9]{3}|-10[0-9]{3}|-9[0-9]{3}) ?(" + _FALLBACK + rb")?"
    rb"\\u(5[67][0-9]{3}|-[89][0-9]{3}) ?(?(2)" + _FALLBACK + rb"|)"
)
_SPECIAL = re.compile(rb"[\\{}]")
_HIGH = re.compile(rb"[\x80-\xff]")
_PANDOC_READS = "cp1252"


def reads(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rtf")


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    data = _HIGH.sub(lambda match: b"\\'%02x" % match[0][0], data.lstrip(b"\xef\xbb\xbf \t\r\n"))
    with tempfile.TemporaryFile() as document:
        document.write(_PAIR.sub(_whole, _with_unicode(data)))
        return pandoc.read(document, "rtf")


def _with_unicode(data: bytes) -> bytes:
    """Characters of other code pages, such as 936 of Chinese, as UTF-8, which pandoc reads.

    Escapes after ``\\u`` stand for that same character, for programs that know no Unicode.
    """
    match = _CODE_PAGE.search(data, 0, 2000)
    try:
        page = codecs.lookup(f"cp{int(match[1])}").name if match else _PANDOC_READS
    except LookupError:
        return data
    if page == _PANDOC_READS:
        return data
    return _ESCAPES.sub(lambda found: found[0] if found[1] else _escaped(found[2], page), data)


def _escaped(escapes: bytes, page: str) -> bytes:
    try:
        text = bytes.fromhex(escapes.replace(b"\\'", b"").decode()).decode(page)
    except UnicodeDecodeError:
        return escapes
    return _SPECIAL.sub(rb"\\\g<0>", text.encode())


def _whole(pair: re.Match[bytes]) -> bytes:
    """Two halves of a rare character as the character; whatever else as it was."""
    high, low = int(pair[1]) & 0xFFFF, int(pair[3]) & 0xFFFF
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()
    return pair[0]
