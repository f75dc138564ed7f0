"""Word's .docx. Page headers and footers and pictures are not part of the text.

Pandoc is given a copy that holds only XML parts which were unpacked and looked at here, so that what was not
checked never reaches it.
"""

import re
import tempfile
import zipfile
from typing import IO

from django.utils.translation import gettext_lazy as _

from interviews.anchors import EditMap
from interviews.importers import packages, pandoc
from interviews.importers.base import Comment, ImportedText

CHANGES_ACCEPTED = _("Tracked changes were read as accepted.")

_TRACKED = re.compile(rb"<w:(?:ins|del|moveFrom|moveTo)[ >]")
_WITH_COMMENTS = ("--track-changes=all",)
_WORD_TYPES = (b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")
_NOT_NEEDED = ("docProps/", "customXml/", "word/theme/", "word/stylesWithEffects.xml", "word/glossary/")


def reads(data: bytes) -> bool:
    types = packages.part_of(data, "[Content_Types].xml")
    return any(kind in types for kind in _WORD_TYPES)


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    with tempfile.TemporaryFile() as copy:
        packages.checked_copy(data, copy, _is_needed)
        tracked, commented = _reviewed(copy)
        if not tracked:
            return pandoc.read(copy, "docx", _WITH_COMMENTS)
        imported = pandoc.read(copy, "docx")
        if commented:
            _add_comments(imported, pandoc.read(copy, "docx", _WITH_COMMENTS))
    imported.warnings.append(CHANGES_ACCEPTED)
    return imported


def _add_comments(imported: ImportedText, other: ImportedText) -> None:
    """Take over the comments of a reading that has all changes, whose spaces about what was deleted are others."""
    way = EditMap(other.text, imported.text)
    for comment in other.comments:
        start, end = way.near(comment["start"]), way.near(comment["end"])
        imported.comments.append(Comment(**{**comment, "start": start, "end": max(start, end)}))
    imported.warnings += [warning for warning in other.warnings if warning not in imported.warnings]


def _reviewed(copy: IO[bytes]) -> tuple[bool, bool]:
    """Whether changes are tracked in a checked document, and whether it has comments."""
    with zipfile.ZipFile(copy) as archive:
        names = set(archive.namelist())
        main = [name for name in names if re.fullmatch(r"word/document[0-9]*\.xml", name)]
        return any(_TRACKED.search(archive.read(name)) for name in main), "word/comments.xml" in names


def _is_needed(part: str) -> bool:
    return part.endswith((".xml", ".rels")) and not part.startswith(_NOT_NEEDED)
