"""Web pages (.html), as browsers save them and as old Word wrote them in capitals. Through pandoc."""

import codecs
import re
import tempfile

from django.utils.translation import gettext_lazy as _

from interviews.importers import pandoc, plain
from interviews.importers.base import ImportedText, NeedsEncoding, Unreadable

TOO_LARGE = _(
    "This web page is too large, or its parts are nested too deeply. "
    "Open it in a browser, copy its text into a .txt or .docx file, and add that."
)

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 2_000
MAX_TABLES = 20  # in one another: each takes pandoc several times as long
_BEGINS = re.compile(
    r"(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body|meta|p|div|table)\b",
    re.IGNORECASE | re.DOTALL,
)
_CHARSET = re.compile(rb"""<meta\s[^<>]{0,200}?charset\s{0,3}=\s{0,3}["']?([\w\-]{1,40})""", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})")
_WITHOUT_CONTENT = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    )
)
_ENDS_ITSELF = frozenset(("p", "li", "td", "tr"))


def reads(data: bytes) -> bool:
    head = data[:4096].replace(b"\0", b"").decode("latin-1").removeprefix("ï»¿").removeprefix("ÿþ")
    return bool(_BEGINS.match(head.lstrip()))


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    if len(data) > MAX_BYTES:
        raise Unreadable(TOO_LARGE)
    text = _decoded(data, encoding)
    if _is_nested_too_deeply(text):
        raise Unreadable(TOO_LARGE)
    with tempfile.TemporaryFile() as document:
        document.write(text.encode())
        return pandoc.read(document, "html-tex_math_dollars", front=False)


def _decoded(data: bytes, encoding: str | None) -> str:
    """By a person's choice, as Unicode, or as the page says of itself."""
    try:
        return plain.decode(data, encoding)[0]
    except NeedsEncoding:
        match = _CHARSET.search(data, 0, 20_000)
        if encoding is not None or match is None:
            raise
        try:
            return data.decode(_usual(match[1].decode("ascii")))
        except (LookupError, UnicodeError, ValueError):
            pass
        raise


def _usual(charset: str) -> str:
    """Browsers read these names as the larger sets that contain them."""
    name = codecs.lookup(charset).name
    return {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252"}.get(name, name)


def _is_nested_too_deeply(text: str) -> bool:
    depth = tables = 0
    for match in _TAG.finditer(text):
        tag, step = match[2].lower(), -1 if match[1] else 1
        if tag == "table":
            tables = max(0, tables + step)
        if tag not in _WITHOUT_CONTENT and tag not in _ENDS_ITSELF:
            depth = max(0, depth + step)
        if depth > MAX_DEPTH or tables > MAX_TABLES:
            return True
    return False
