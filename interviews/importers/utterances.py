"""Who said what, in order, laid out as a plain transcript with its turns (pure)."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from interviews.turns import LABEL_LENGTH, Turn

_NO_SPACE = r"[\u3000-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60]"
_ENDS_WIDE = re.compile(rf"{_NO_SPACE}\Z")
_BEGINS_WIDE = re.compile(_NO_SPACE)


class Utterance(NamedTuple):
    speaker: str | None
    at: int | None  # milliseconds
    text: str


def of_one_speaker_joined(utterances: Iterable[Utterance]) -> list[Utterance]:
    """What a speaker says in several pieces as one; pieces of nobody stay apart."""
    parts: list[tuple[Utterance, list[str]]] = []
    for utterance in utterances:
        if parts and utterance.speaker and parts[-1][0].speaker == utterance.speaker:
            parts[-1][1].append(utterance.text)
        else:
            parts.append((utterance, [utterance.text]))
    return [first._replace(text=joined(texts)) for first, texts in parts]


def joined(texts: Iterable[str]) -> str:
    """Stretches of one speech: with a space between, but none between Chinese or Japanese characters."""
    pieces: list[str] = []
    for text in texts:
        if pieces and text:
            wide = _ENDS_WIDE.search(pieces[-1][-1:]) and _BEGINS_WIDE.match(text)
            pieces.append(text if wide else f" {text}")
        elif text:
            pieces.append(text)
    return "".join(pieces)


def laid_out(header: list[str], utterances: Iterable[Utterance]) -> tuple[str, list[Turn]]:
    """A header block, then a paragraph ``speaker: text`` each, an empty line between two; and the turns."""
    blocks = ["\n".join(header)] if header else []
    turns: list[Turn] = []
    at = len(blocks[0]) + 2 if blocks else 0
    for utterance in utterances:
        text = utterance.text.strip()
        if not text:
            continue
        name = " ".join((utterance.speaker or "").split())
        label = f"{name}: " if name else ""
        is_label = 0 < len(name) <= LABEL_LENGTH
        turns.append(
            Turn(
                start=at,
                end=at + len(label) + len(text),
                speaker=name if is_label else None,
                at=utterance.at,
                said=at + (len(label) if is_label else 0),
            )
        )
        blocks.append(label + text)
        at += len(label) + len(text) + 2
    return "\n\n".join(blocks) + "\n", turns
