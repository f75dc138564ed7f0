"""Pandoc's document tree as text and marks (pure)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers.base import Comment, Mark
from interviews.turns import LABEL_LENGTH, find_turns

PICTURES_LEFT_OUT = _("Pictures were left out; the text about them is there.")
NOTES_IN_BRACKETS = _("Footnotes stand in square brackets where their numbers stood.")
TABLE_AS_TURNS = {  # by what was left out: heading row, row numbers
    (False, False): _("A table was read as turns."),
    (True, False): _("A table was read as turns: its heading row was left out."),
    (False, True): _("A table was read as turns: its row numbers were left out."),
    (True, True): _("A table was read as turns: its heading row and row numbers were left out."),
}

COMMENTS_KEPT = _("Comments in the margin become memos: {number}.")
COMMENTS_LEFT_OUT = _("Comments beyond the first {most} were left out: {number}.")
MOST_COMMENTS = 1_000

_META = ("title", "subtitle", "author", "date", "abstract")  # paragraphs of these styles leave the body
_MARKED = {"Strong": "bold", "Emph": "italic"}
TIME_HEADS = frozenset(
    [
        "time",
        "start",
        "start time",
        "timestamp",
        "time stamp",
        "timecode",
        "begin",
        "时间",
        "开始时间",
        "時間",
        "开始",
    ]
)
SPEAKER_HEADS = frozenset(
    [
        "speaker",
        "name",
        "who",
        "label",
        "participant",
        "说话人",
        "发言人",
        "说话者",
        "姓名",
        "角色",
        "說話人",
        "發言人",
    ]
)
TEXT_HEADS = frozenset(
    ["text", "transcript", "content", "utterance", "words", "speech", "内容", "文本", "正文", "話語", "內容"]
)
_DELETED = "deletion"
_COMMENT = "comment"
_COMMENT_ENDS = ("comment-start", "comment-end")
_TIME_CELL = re.compile(r"[\[(]?(?:[0-9]{1,2}:)?[0-9]{1,3}:[0-5][0-9](?:[.,][0-9]{1,3})?[\])]?")


@dataclass
class Piece:
    """A stretch of text with marks that count from its own beginning."""

    text: str = ""
    marks: list[Mark] = field(default_factory=list)


def _shifted(marks: Iterable[Mark], by: int) -> list[Mark]:
    return [Mark(start=mark["start"] + by, end=mark["end"] + by, kind=mark["kind"]) for mark in marks]


def _joined(pieces: Iterable[Piece], separator: str) -> Piece:
    texts: list[str] = []
    marks: list[Mark] = []
    at = 0
    for piece in pieces:
        if texts:
            at += len(separator)
        marks += _shifted(piece.marks, at)
        texts.append(piece.text)
        at += len(piece.text)
    return Piece(separator.join(texts), marks)


def header_length(paragraphs: list[str]) -> int:
    """How many paragraphs stand before the first that somebody says."""
    turns = find_turns("\n\n".join(paragraphs))
    spoken = next((turn["start"] for turn in turns if turn["speaker"]), 0)
    at = count = 0
    while at < spoken:
        at += len(paragraphs[count]) + 2
        count += 1
    return count


class Reader:
    """One document: its paragraphs, in order, and what was left out of them."""

    def __init__(self, document: dict, *, front: bool = True):
        self._warnings: dict[str, str] = {}
        self._left_out = (False, False)  # of tables: heading rows, row numbers
        self._comments: dict[str, tuple[str, str]] = {}  # author and words by the comment's number
        meta = document["meta"] if front else {}
        before = [piece for key in _META if key in meta for piece in self._meta(meta[key])]
        whole = [*before, *self._blocks(document["blocks"])]
        self.paragraphs = [piece for piece in whole if piece.text.strip()]

    def warnings(self) -> list[str]:
        return list(self._warnings.values())

    def warnings_of_comments(self) -> list[str]:
        number = len(self._comments)
        kept = format_lazy(COMMENTS_KEPT, number=min(number, MOST_COMMENTS))
        left_out = format_lazy(COMMENTS_LEFT_OUT, most=MOST_COMMENTS, number=number - MOST_COMMENTS)
        return [kept][: bool(number)] + [left_out][: number > MOST_COMMENTS]

    def laid_out(self) -> tuple[str, list[Mark], list[Comment]]:
        """The text as plain transcripts have it: a header block, an empty line between paragraphs."""
        header = header_length([piece.text for piece in self.paragraphs])
        blocks = [_joined(self.paragraphs[:header], "\n")] if header else []
        whole = _joined([*blocks, *self.paragraphs[header:]], "\n\n")
        marks = [mark for mark in whole.marks if not mark["kind"].startswith(_COMMENT)]
        return whole.text + "\n", marks, self._placed_comments(whole.marks)

    def _placed_comments(self, marks: list[Mark]) -> list[Comment]:
        """Each comment from its beginning to its end; at the text's beginning where the text does not have it."""
        places = {mark["kind"]: mark["start"] for mark in marks}
        found = []
        for number, (author, text) in list(self._comments.items())[:MOST_COMMENTS]:
            start = places.get(f"{_COMMENT}-start {number}", 0)
            end = places.get(f"{_COMMENT}-end {number}", start)
            found.append(Comment(start=start, end=max(start, end), author=author, text=text))
        return found

    def _meta(self, value: dict) -> Iterator[Piece]:
        kind, content = value["t"], value["c"]
        if kind == "MetaInlines":
            yield self._inlines(content)
        elif kind == "MetaBlocks":
            yield from self._blocks(content)
        elif kind == "MetaList":
            for item in content:
                yield from self._meta(item)
        elif kind == "MetaString":
            yield Piece(content)

    def _blocks(self, blocks: list[dict]) -> Iterator[Piece]:
        for block in blocks:
            kind, content = block["t"], block.get("c")
            if kind in ("Para", "Plain"):
                yield self._inlines(content)
            elif kind == "Header":
                yield _marked(self._inlines(content[2]), "heading")
            elif kind == "CodeBlock":
                yield Piece(content[1])
            elif kind == "LineBlock":
                yield _joined(map(self._inlines, content), "\n")
            elif kind == "BlockQuote":
                yield from self._blocks(content)
            elif kind in ("Div", "OrderedList"):
                inner = [content[1]] if kind == "Div" else content[1]
                for item in inner:
                    yield from self._blocks(item)
            elif kind == "BulletList":
                for item in content:
                    yield from self._blocks(item)
            elif kind == "DefinitionList":
                for term, definitions in content:
                    yield self._inlines(term)
                    for definition in definitions:
                        yield from self._blocks(definition)
            elif kind == "Figure":
                yield from self._blocks(content[2])
            elif kind == "Table":
                yield from self._table(content)

    def _inlines(self, inlines: list[dict]) -> Piece:
        whole = Piece()
        texts: list[str] = []
        at = 0
        for inline in inlines:
            piece = self._inline(inline)
            if piece.marks:
                whole.marks += _shifted(piece.marks, at)
            texts.append(piece.text)
            at += len(piece.text)
        whole.text = "".join(texts)
        return whole

    def _inline(self, inline: dict) -> Piece:
        kind, content = inline["t"], inline.get("c")
        if kind == "Str":
            return Piece(content)
        if kind in ("Space", "SoftBreak"):
            return Piece(" ")
        if kind == "LineBreak":
            return Piece("\n")
        if kind in _MARKED:
            return _marked(self._inlines(content), _MARKED[kind])
        if kind in ("Underline", "Strikeout", "Superscript", "Subscript", "SmallCaps"):
            return self._inlines(content)
        if kind == "Span":
            return self._span(*content)
        if kind in ("Link", "Cite"):
            return self._inlines(content[1])
        if kind == "Quoted":
            opening, closing = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
            return _joined([Piece(opening), self._inlines(content[1]), Piece(closing)], "")
        if kind in ("Code", "Math"):
            return Piece(content[1])
        if kind == "Note":
            self._warnings["notes"] = NOTES_IN_BRACKETS
            return _joined([Piece("["), _joined(self._blocks(content), " "), Piece("]")], "")
        if kind == "Image":
            self._warnings["pictures"] = PICTURES_LEFT_OUT
        return Piece()

    def _span(self, attributes: list, content: list[dict]) -> Piece:
        number, classes, values = attributes
        if _DELETED in classes:
            return Piece()
        kind = next((name for name in classes if name in _COMMENT_ENDS), None)
        if kind is None:
            return self._inlines(content)
        number = dict(values).get("id", number)
        if kind == _COMMENT_ENDS[0]:
            words = " ".join(self._inlines(content).text.split())
            self._comments[number] = (dict(values).get("author", ""), words)
            return Piece(marks=[Mark(start=0, end=0, kind=f"{kind} {number}")])
        inner = self._inlines(content)
        at = len(inner.text)
        return Piece(inner.text, [*inner.marks, Mark(start=at, end=at, kind=f"{kind} {number}")])

    def _table(self, content: list) -> Iterator[Piece]:
        _attr, _caption, _columns, head, bodies, foot = content
        heads = self._rows(head[1])
        rows = [row for body in bodies for row in self._rows(body[2] + body[3])] + self._rows(foot[1])
        if not heads and rows and _column(rows[0], TEXT_HEADS) is not None:
            heads, rows = rows[:1], rows[1:]
        columns = _turn_columns(heads[-1] if heads else [], rows)
        if columns is None:
            for row in heads + rows:
                yield _joined([cell for cell in row if cell.text], " | ")
            return
        speaker, text, time = columns
        self._note_table(
            bool(heads), [cell for row in rows for i, cell in enumerate(row) if i not in columns]
        )
        for row in rows:
            yield _turn_of_row(row[speaker], row[text], row[time] if time is not None else None)

    def _note_table(self, has_heads: bool, others: list[Piece]) -> None:
        left = has_heads, any(cell.text.strip() for cell in others)
        self._left_out = tuple(one or other for one, other in zip(self._left_out, left, strict=True))
        self._warnings["table"] = TABLE_AS_TURNS[self._left_out]

    def _rows(self, rows: list) -> list[list[Piece]]:
        return [[_joined(self._blocks(cell[4]), "\n") for cell in row[1]] for row in rows]


def _marked(piece: Piece, kind: str) -> Piece:
    """The piece with a mark on all of it but the white space around it."""
    start = len(piece.text) - len(piece.text.lstrip())
    end = len(piece.text.rstrip())
    if start < end:
        piece.marks.insert(0, Mark(start=start, end=end, kind=kind))
    return piece


def _column(row: list[Piece], heads: frozenset[str]) -> int | None:
    return next((i for i, cell in enumerate(row) if cell.text.strip().casefold() in heads), None)


def _turn_columns(head: list[Piece], rows: list[list[Piece]]) -> tuple[int, int, int | None] | None:
    """Which columns hold speaker, text and time; None where a table is no list of turns.

    It is one where every other column holds numbers or nothing, so that no words are left out.
    """
    width = len(head) or max(map(len, rows), default=0)
    if width < 2 or not rows or any(len(row) != width for row in rows):
        return None
    cells = [[row[i].text.strip() for row in rows] for i in range(width)]
    text = _column(head, TEXT_HEADS)
    if text is None:
        text = max(range(width), key=lambda i: sum(map(len, cells[i])))
    speaker = _column(head, SPEAKER_HEADS)
    if speaker is None:
        speaker = next((i for i in range(width) if i != text and are_speakers(cells[i])), None)
    if speaker is None or speaker == text:
        return None
    time = next((i for i in range(width) if i not in (text, speaker) and _are_times(cells[i])), None)
    others = [cell for i in range(width) if i not in (text, speaker, time) for cell in cells[i]]
    if any(cell and not cell.rstrip(".").isdigit() for cell in others):
        return None
    return speaker, text, time


def are_speakers(cells: list[str]) -> bool:
    """Whether cells are labels: short, and each used about twice or more."""
    named = [cell for cell in cells if cell]
    return (
        len(named) > 1
        and len(set(named)) * 2 <= len(named)
        and all(len(cell) <= LABEL_LENGTH and not cell[0].isdigit() and "\n" not in cell for cell in named)
    )


def _are_times(cells: list[str]) -> bool:
    times = [cell for cell in cells if cell]
    return bool(times) and all(map(_TIME_CELL.fullmatch, times))


def _turn_of_row(speaker: Piece, text: Piece, time: Piece | None) -> Piece:
    """One line ``[time] speaker: text``; a row without speaker goes on in the turn above it."""
    parts = []
    if time is not None and time.text.strip():
        parts.append(Piece(f"[{time.text.strip(' []()')}] "))
    label = Piece(speaker.text.rstrip(" :：\n"), speaker.marks)
    if label.text.strip():
        parts += [label, Piece(": ")]
    return _joined([*parts, text], "")
