"""E-books (.epub), through pandoc: their pages and what orders them, no pictures and no style sheets."""

import tempfile

from interviews.importers import packages, pandoc
from interviews.importers.base import ImportedText

_NEEDED = (".opf", ".xhtml", ".html", ".htm", ".xml", ".ncx", "mimetype")


def reads(data: bytes) -> bool:
    return packages.part_of(data, "mimetype").strip() == b"application/epub+zip"


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    with tempfile.TemporaryFile() as copy:
        # every XHTML page has a document type; what must not be is an entity of its own
        packages.checked_copy(data, copy, lambda part: part.endswith(_NEEDED), forbidden=b"<!ENTITY")
        return pandoc.read(copy, "epub", front=False)
