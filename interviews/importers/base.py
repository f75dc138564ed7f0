"""What every importer hands over, and how it says that it cannot."""

from dataclasses import dataclass, field
from typing import TypedDict

from interviews.turns import Turn


class Mark(TypedDict):
    start: int
    end: int
    kind: str  # "bold", "italic" or "heading"


class Comment(TypedDict):
    """A remark in the margin of ``text[start:end]``."""

    start: int
    end: int
    author: str
    text: str


@dataclass
class ImportedText:
    """A file's canonical text: code points, line ends ``\\n``, no BOM; positions count in it.

    ``warnings`` are translatable sentences about what of the file is not in the text. ``encoding`` is what
    the bytes were decoded with, or of other formats the format: ``docx``.
    """

    text: str
    turns: list[Turn]
    marks: list[Mark] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    encoding: str = "utf-8"
    comments: list[Comment] = field(default_factory=list)


class Unreadable(Exception):
    """A file that cannot be imported; ``str()`` gives the sentence that says what to do."""


class NeedsEncoding(Unreadable):
    """Text whose encoding a person must choose among ``candidates``: (encoding, preview), likeliest first."""

    def __init__(self, sentence: str, candidates: list[tuple[str, str]]):
        super().__init__(sentence)
        self.candidates = candidates
