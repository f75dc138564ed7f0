"""Subtitles, WebVTT and SubRip (.srt): cues become turns, one speaker's consecutive cues one turn.

webvtt-py was tried and reads less: of several voices in a cue it keeps the first, and it leaves ``&amp;`` as it is.
"""

import html
import re
from typing import NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers import plain
from interviews.importers.base import ImportedText, Unreadable
from interviews.importers.utterances import Utterance, joined, laid_out, of_one_speaker_joined
from interviews.turns import labels_of_lines

NO_CUES = _("This is a subtitle file without any subtitle in it. Check that it is the right one.")
NOTES_LEFT_OUT = _("Notes between the subtitles were left out: {number}.")
LOOKS_LEFT_OUT = _("Places and colours of the subtitles were left out.")

_CLOCK = r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{2})[.,]([0-9]{1,3})"
_TIMING = re.compile(rf"[ \t]*{_CLOCK}[ \t]*-->[ \t]*[0-9][0-9:.,]{{4,14}}([ \t][^\n]*)?")
_BEGINS_VTT = re.compile(rb"\s*WEBVTT(?:[ \t\r\n]|\Z)")
_BEGINS_SRT = re.compile(
    rb"\s*(?:[0-9]{1,7}[ \t]*(?:\r\n|\r|\n))?[ \t]*(?:[0-9]{1,4}:)?[0-9]{1,2}:[0-9]{2}[.,][0-9]{1,3}[ \t]*-->"
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]([^<>]*)>")
_TAG = re.compile(
    r"</?(?:v|c|i|b|u|s|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<[0-9]{1,4}:[0-9:.,]+>|\{\\an?[0-9]{1,2}\}",
    re.IGNORECASE,
)
_BLOCKS_WITHOUT_TEXT = ("STYLE", "REGION")
_HEADER_KEYS = re.compile(r"(?:Kind|Language|X-TIMESTAMP-MAP)[:=]", re.IGNORECASE)


class _Cue(NamedTuple):
    at: int
    lines: list[str]


def reads(data: bytes) -> bool:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    head = head.replace(b"\0", b"")  # in UTF-16 every other byte
    return bool(_BEGINS_VTT.match(head) or _BEGINS_SRT.match(head))


def read(name: str, data: bytes, encoding: str | None = None) -> ImportedText:
    text, used = plain.decode(data, encoding)
    plain.check_text(text)
    is_vtt = text.lstrip().startswith("WEBVTT")
    lines = text.split("\n")
    file = _File(lines, is_vtt)
    spoken, turns = laid_out(file.header, of_one_speaker_joined(_utterances(file.cues, is_vtt)))
    if not turns:
        raise Unreadable(NO_CUES)
    return ImportedText(spoken, turns, [], file.warnings(), used, format="vtt" if is_vtt else "srt")


class _File:
    """The lines of a file as cues, a header made of what stands before them, and what was left out."""

    def __init__(self, lines: list[str], is_vtt: bool):
        self.is_vtt = is_vtt
        self.cues: list[_Cue] = []
        self.header: list[str] = []
        self._notes = 0
        self._has_looks = False
        timings = [(i, match) for i, line in enumerate(lines) if (match := _TIMING.fullmatch(line))]
        first = timings[0][0] if timings else len(lines)
        self._read_head(self._without_cue_name(lines[:first], bool(timings)))
        for number, (i, match) in enumerate(timings):
            is_last = number + 1 == len(timings)
            body = lines[i + 1 :] if is_last else lines[i + 1 : timings[number + 1][0]]
            self._has_looks = self._has_looks or bool((match[5] or "").strip())
            self.cues.append(
                _Cue(_milliseconds(match), self._text(self._without_cue_name(body, not is_last)))
            )

    def warnings(self) -> list[str]:
        found = [format_lazy(NOTES_LEFT_OUT, number=self._notes)] if self._notes else []
        return [*found, LOOKS_LEFT_OUT] if self._has_looks else found

    def _without_cue_name(self, lines: list[str], is_before_cue: bool) -> list[str]:
        if not is_before_cue or not lines or not lines[-1].strip():
            return lines
        stands_apart = self.is_vtt and len(lines) > 1 and not lines[-2].strip()
        return lines[:-1] if lines[-1].strip().isdigit() or stands_apart else lines

    def _read_head(self, lines: list[str]) -> None:
        for block in _blocks(lines):
            if block[0].lstrip().startswith("WEBVTT"):
                title = block[0].lstrip()[6:].strip(" \t-")
                block = ([title] if title else []) + [x for x in block[1:] if not _HEADER_KEYS.match(x)]
            self.header += self._shown(block)

    def _shown(self, block: list[str]) -> list[str]:
        if not self.is_vtt or not block:
            return block
        if block[0].strip() in _BLOCKS_WITHOUT_TEXT:
            self._has_looks = True
            return []
        if block[0] == "NOTE" or block[0].startswith(("NOTE ", "NOTE\t")):
            return [line for line in [block[0][4:].strip(), *block[1:]] if line.strip()]
        return block

    def _text(self, body: list[str]) -> list[str]:
        """A cue's lines; a blank line in it does not end it, for what follows would be lost."""
        found: list[str] = []
        for number, block in enumerate(_blocks(body)):
            is_first = number == 0 and bool(body[0].strip())
            word = block[0].split(maxsplit=1)[0]
            if self.is_vtt and not is_first and word in ("NOTE", *_BLOCKS_WITHOUT_TEXT):
                self._notes += word == "NOTE"
                self._has_looks = self._has_looks or word != "NOTE"
            else:
                found += block
        return found


def _blocks(lines: list[str]) -> list[list[str]]:
    """Lines in groups, parted by blank ones."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


def _milliseconds(match: re.Match[str]) -> int:
    hours, minutes, seconds, fraction = match[1], match[2], match[3], match[4]
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))


def _utterances(cues: list[_Cue], is_vtt: bool) -> list[Utterance]:
    """What each cue says, by its voices or else by labels before its words.

    Where labels are written, they are written when the speaker changes: a cue without one goes on.
    """
    voiced = [(cue.at, voice, line) for cue in cues for voice, line in _voices(cue, is_vtt)]
    openings = [not i or at != voiced[i - 1][0] for i, (at, _voice, _line) in enumerate(voiced)]
    labels = labels_of_lines([line if voice is None else "" for _at, voice, line in voiced], openings)
    has_voices = any(voice is not None for _at, voice, _line in voiced)
    found: list[tuple[Utterance, list[str]]] = []
    speaker, last_at = None, None
    for (at, voice, line), label in zip(voiced, labels, strict=True):
        words = line
        if voice is None and label is not None:
            speaker, words = label[0], line[label[1] :]
        elif voice is not None or has_voices:
            speaker = voice
        goes_on = found and at == last_at and found[-1][0].speaker == speaker and label is None
        if goes_on and not line.startswith(("-", "–", "—")):
            found[-1][1].append(words)
        else:
            found.append((Utterance(speaker, at, ""), [words]))
        last_at = at
    return [utterance._replace(text=joined(lines)) for utterance, lines in found]


def _voices(cue: _Cue, is_vtt: bool) -> list[tuple[str | None, str]]:
    """(voice or None, a line of its words) of one cue."""
    found: list[tuple[str | None, str]] = []
    voice = None
    for line in cue.lines:
        pieces = _VOICE.split(line)
        for number, piece in enumerate(pieces):
            if number % 2:
                voice = " ".join(_unescaped(piece, is_vtt).split()) or None
                continue
            words = _unescaped(_TAG.sub("", piece), is_vtt).strip()
            if words:
                found.append((voice, words))
    return found


def _unescaped(text: str, is_vtt: bool) -> str:
    return html.unescape(text).replace("\r", " ").replace("\n", " ") if is_vtt and "&" in text else text
