"""What every importer hands over, and how it says that it cannot."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

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
    the bytes were decoded with, empty where the format says it. ``table`` is there where columns were read.
    """

    text: str
    turns: list[Turn]
    marks: list[Mark] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    encoding: str = "utf-8"
    comments: list[Comment] = field(default_factory=list)
    format: str = "txt"
    table: "Table | None" = None


class Columns(NamedTuple):
    """Which columns of a table with one turn a row hold what; ``has_heads``: the first row names them."""

    text: int
    speaker: int | None
    time: int | None
    has_heads: bool


class Table(TypedDict):
    """The first rows of a table, cells cut short, and which columns were read or are proposed, as Columns has it."""

    rows: list[list[str]]
    columns: list


class Unreadable(Exception):
    """A file that cannot be imported; ``str()`` gives the sentence that says what to do."""


class NeedsEncoding(Unreadable):
    """Text whose encoding a person must choose among ``candidates``: (encoding, preview), likeliest first."""

    def __init__(self, sentence: str, candidates: list[tuple[str, str]]):
        super().__init__(sentence)
        self.candidates = candidates


class NeedsColumns(Unreadable):
    """A table whose columns a person must choose; ``table`` is a Table with a proposal."""

    def __init__(self, sentence: str, table: Table, format: str, encoding: str):
        super().__init__(sentence)
        self.table, self.format, self.encoding = table, format, encoding
