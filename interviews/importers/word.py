"""Word's .docx. Page headers and footers and pictures are not part of the text.

Pandoc is given a copy that holds only XML parts which were unpacked and looked at here, so that what was not
checked never reaches it.
"""

import re
import tempfile
import zipfile
from html import unescape
from typing import IO

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.anchors import EditMap
from interviews.importers import packages, pandoc
from interviews.importers.base import Comment, ImportedText

CHANGES_ACCEPTED = _("Tracked changes were read as accepted.")

BOXES_LEFT_OUT = _("Words in text boxes were left out: {words}. Put them into the text to have them here.")

_BOX = re.compile(rb"<w:txbxContent[ >].*?</w:txbxContent>|<mc:Choice[ >].*?</mc:Choice>", re.DOTALL)
_WORDS = re.compile(rb"<w:t(?: [^>]*)?>([^<]*)</w:t>|(</w:p>)")
_BOXES_SHOWN = 3
_TRACKED = re.compile(rb"<w:(?:ins|del|moveFrom|moveTo)[ >]")
_MAIN = re.compile(r"word/document[0-9]*\.xml")
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
        imported = pandoc.read(copy, "docx", () if tracked else _WITH_COMMENTS)
        if tracked and commented:
            _add_comments(imported, pandoc.read(copy, "docx", _WITH_COMMENTS))
        boxes = _left_out(copy, imported.text)
    if tracked:
        imported.warnings.append(CHANGES_ACCEPTED)
    if boxes:
        shown = "; ".join(f"“{words[:60]}”" for words in boxes[:_BOXES_SHOWN])
        imported.warnings.append(
            format_lazy(BOXES_LEFT_OUT, words=shown + ("; …" if len(boxes) > _BOXES_SHOWN else ""))
        )
    return imported


def _left_out(copy: IO[bytes], text: str) -> list[str]:
    """The words of a checked document's text boxes that are not in its text, each once: Word writes them twice."""
    read = " ".join(text.split())
    found = []
    with zipfile.ZipFile(copy) as archive:
        for name in filter(_MAIN.fullmatch, archive.namelist()):
            for box in _BOX.findall(archive.read(name)):
                parts = [
                    words.decode(errors="replace") if words else " " for words, _end in _WORDS.findall(box)
                ]
                found.append(" ".join(unescape("".join(parts)).split()))
    return [words for words in dict.fromkeys(found) if words and words not in read]


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
        main = filter(_MAIN.fullmatch, names)
        return any(_TRACKED.search(archive.read(name)) for name in main), "word/comments.xml" in names


def _is_needed(part: str) -> bool:
    return part.endswith((".xml", ".rels")) and not part.startswith(_NOT_NEEDED)
