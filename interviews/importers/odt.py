"""OpenDocument text (.odt), through pandoc like Word's: of its parts only those of XML."""

import tempfile

from interviews.importers import packages, pandoc
from interviews.importers.base import ImportedText

_TYPES = (b"application/vnd.oasis.opendocument.text", b"application/vnd.oasis.opendocument.text-template")
_NEEDED = ("content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml", "mimetype")


def reads(data: bytes) -> bool:
    return packages.part_of(data, "mimetype").strip() in _TYPES


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    with tempfile.TemporaryFile() as copy:
        packages.checked_copy(data, copy, _NEEDED.__contains__)
        return pandoc.read(copy, "odt")
