"""Word's .docx. Page headers and footers and pictures are not part of the text.

Pandoc is given a copy that holds only XML parts which were unpacked and looked at here, so that what was not
checked never reaches it.
"""

import re
import tempfile
import zipfile
from typing import IO

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers import packages, pandoc
from interviews.importers.base import ImportedText
from interviews.importers.wordtree import COMMENTS_LEFT_OUT

CHANGES_ACCEPTED = _("Tracked changes were read as accepted.")

_TRACKED = re.compile(rb"<w:(?:ins|del|moveFrom|moveTo)[ >]")
_COMMENT = re.compile(rb"<w:comment ")
_WORD_TYPES = (b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")
_NOT_NEEDED = ("docProps/", "customXml/", "word/theme/", "word/stylesWithEffects.xml", "word/glossary/")


def reads(data: bytes) -> bool:
    types = packages.part_of(data, "[Content_Types].xml")
    return any(kind in types for kind in _WORD_TYPES)


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    with tempfile.TemporaryFile() as copy:
        packages.checked_copy(data, copy, _is_needed)
        tracked, comments = _reviewed(copy)
        if not tracked:  # "all" gives comments too, but moves the spaces about what was deleted
            return pandoc.read(copy, "docx", ("--track-changes=all",))
        imported = pandoc.read(copy, "docx")
    imported.warnings.append(CHANGES_ACCEPTED)
    if comments:
        imported.warnings.append(format_lazy(COMMENTS_LEFT_OUT, number=comments))
    return imported


def _reviewed(copy: IO[bytes]) -> tuple[bool, int]:
    """Whether changes are tracked in a checked document, and how many comments it has."""
    with zipfile.ZipFile(copy) as archive:
        names = set(archive.namelist())
        main = [name for name in names if re.fullmatch(r"word/document[0-9]*\.xml", name)]
        tracked = any(_TRACKED.search(archive.read(name)) for name in main)
        comments = "word/comments.xml"
        return tracked, len(_COMMENT.findall(archive.read(comments))) if comments in names else 0


def _is_needed(part: str) -> bool:
    return part.endswith((".xml", ".rels")) and not part.startswith(_NOT_NEEDED)
