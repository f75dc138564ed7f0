"""Speakers, time stamps and words, found in plain text.

Pure functions: text in, positions out. Positions count code points from 0, the end excluded. Each regular
expression here looks at a short beginning of a line or moves forward only, so that the time taken grows
with the text and no faster.
"""

import re
from array import array
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypedDict
from unicodedata import category


class Turn(TypedDict):
    """What one speaker says at a stretch.

    The words are ``text[said:end]``; what lies before ``said`` is time stamp, label and colon.
    """

    start: int
    end: int
    speaker: str | None  # the label as written, without its colon
    at: int | None  # milliseconds from the beginning of the recording
    said: int


LABEL_LENGTH = 40
LABEL_WORDS = 5
_METADATA_LINES = 30  # a list of them at the beginning is not longer
_LOOK = 120  # of a line, no more than this is searched for a label

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9d"
HAN_OR_KANA = _HAN + _KANA  # for a character class: each such sign is a word of its own
_WORD = re.compile(rf"[{_HAN}{_KANA}]|[^\W_{_HAN}{_KANA}][^\s{_HAN}{_KANA}]*")
_HAN_ONE = re.compile(rf"[{_HAN}]")
_KANA_ONE = re.compile(rf"[{_KANA}]")
_LATIN_WORD = re.compile(rf"[^\W\d_{_HAN}{_KANA}]+")

_LINE = re.compile(r"\S[^\n]*")
_CLOCK = r"(?:([0-9]{1,2})[:：])?([0-9]{1,3})[:：]([0-5][0-9])(?:[.,\-]([0-9]{1,3}))?"
_CLOSING = {"[": "]", "(": ")", "（": "）", "【": "】", "<": ">", "#": "#", "": ""}
_STAMP = re.compile(rf"([\[(（【<#]?) ?{_CLOCK}(?: ?[-–—] ?[0-9:：.,]{{4,14}})?(?: ?([\])）】>#]))?")
_NAME = re.compile(rf"[^\W\d_](?:[^:：\n]{{0,{LABEL_LENGTH - 1}}})")
_NAME_CHARACTERS = re.compile(r"[\w .,'’·•&/()（）#\-]+")
_HAN_NAME = re.compile(rf"[{_HAN}]{{1,4}}(?:[·•][{_HAN}]{{1,6}})?(?: ?[0-9A-Z]{{1,2}})?")
_SPACE = re.compile(r"\s*")
_LISTED = re.compile(r"\s*(?:[-–—•*] +)?")  # the sign of a list item may stand before a label
_MOST_SPEAKERS = 20
_ENOUGH = 2_000  # lines
_SHORT = 20  # lines; in a longer text who speaks comes back
_NUMBERED_ID = re.compile(r"id ?[0-9]{1,6}", re.IGNORECASE)
_OTHER_STYLES = (  # each with whether it may be met by chance, so that most lines must keep to it
    (
        re.compile(r"(?P<mark>\*{1,3}|_{1,3})(?P<name>[^*_:：]{1,40})(?:[:：] ?(?P=mark)|(?P=mark) ?[:：])"),
        False,
    ),
    (re.compile(r"#{1,6} +(?P<name>[^#:：]{1,40})[:：]?\Z"), False),
    (re.compile(r"[0-9]{1,5}[.)]? +(?P<name>[^\W\d_][^:：]{0,39})[:：]"), False),
    (re.compile(r"\[(?P<name>[^\][]{1,40})\][:：]?"), True),
    (re.compile(r"(?P<name>[^\W\d_][^–—\-:：]{0,39}) ?[–—-] "), True),
    (re.compile(r"(?P<name>[^\W\d_][^.?!,;:：。？！，；]{0,39})\Z"), True),
)
_WITHIN = re.compile(
    r"[.?!…。？！”\"\])][ \t]*(?P<name>[^\W\d_][^\s:：.?!]{0,39})[:：](?=\s)"  # after a sentence's end
)


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


INTERVIEWER_WORDS = _words(
    """
    interviewer interviewers int i iv iw q question questioner moderator mod facilitator researcher host
    intervieweur interviewerin entrevistador entrevistadora intervistatore 访谈者 采访者 访问者 访谈人
    采访人 访问人 访问员 访员 调查员 问 主持人 主持 研究者 研究员 提问者 提问 记者 訪談者 採訪者 訪問者
    訪談人 採訪人 訪問員 訪員 調查員 問 記者
    """
)
_ANSWERER_WORDS = _words(
    """
    interviewee respondent participant informant subject speaker answer a r p s ie 答 受访者 被访者
    被采访者 受访人 回答 回答者 参与者 发言人 说话人 受訪者 被訪者 參與者 發言人
    """
)
_USUAL_WORDS = INTERVIEWER_WORDS | _ANSWERER_WORDS
_METADATA = _words(
    """
    date time place location city venue setting interview interviewed duration length transcriber
    transcribed pseudonym language languages file filename title subject topic re fw fwd from to cc note
    notes nb ps participants present recording recorded audio version status id code keywords summary
    number transcript
    """
)
_HAN_METADATA = tuple(
    _words(
        """
        日期 时间 地点 城市 访谈 编号 备注 注 说明 录音 时长 语言 标题 题目 文件 转录 整理 关键词 摘要 化名
        对象 人数 方式 性别 年龄 职业 单位 時間 地點 訪談 編號 備註 說明 錄音 時長 語言 標題 題目 轉錄
        關鍵詞 對象 人數 性別 年齡 職業 單位 第一 第二 第三 首先 其次 最后 最後 结果 結果 原因 总之 總之
        另外
        """
    )
)
_NAME_PARTICLES = _words(
    """
    de da di du la le van von der den bin ibn al el y and of the
    """
)
_SENTENCE_WORDS = _words(
    """
    well so yes no and but or example because then also now anyway okay ok however first second third
    finally remember question
    """
)
_NO_LABELS = _SENTENCE_WORDS | _words(
    """
    laughs laughter laughing pause pauses silence inaudible unintelligible crosstalk overlapping sighs coughs
    crying music applause mm hmm hm uh um right sure
    abstract aims appendix background conclusion conclusions context discussion findings introduction method
    methods objectives opportunities overview references result results strengths threats weaknesses
    摘要 背景 方法 结果 結果 讨论 討論 结论 結論 附录 附錄 笑 大笑 苦笑 停顿 沉默 叹气 咳嗽 听不清 掌声 嗯 对 是 好
    """
)
_HAN_SENTENCE_ENDS = frozenset("说道想讲喊叫如是为下及即了的来去意点面说說講為來點們们")


def find_turns(text: str) -> list[Turn]:
    """The turns of a transcript, in order, none overlapping another.

    A label stands at the beginning of a line, before a colon (``:`` or ``：``), with or without a time
    stamp before or after it. Lines without a label continue the turn above them. What stands before the
    first label, up to the first empty line, is a header and no turn, nor is a list such as ``Date: 2006``.
    Where no label has a colon, other ways to write one are looked for: ``**Q:**``, ``### Name``, ``[id1]``,
    ``I – words``, ``12 Name: words``, ``[Name] 10:03:12``, a name on its own line. A line may hold several speakers.
    In a text without labels every line that is not blank is a turn with the speaker None. A turn begins
    and ends with a character that is not white space; a time stamp alone on a line belongs to the label
    below it.
    """
    lines = [_read_line(text, match) for match in _LINE.finditer(text)]
    names = _accepted_names(lines, _openings(lines))
    first = _first_labelled(lines, names, text)
    if first is None:
        lines, names = _labelled_otherwise(lines, text)
        first = next((i for i, line in enumerate(lines) if line.name is not None), None)
    if first is None:
        return [_unlabelled(text, line) for line in lines]
    turns = _turns_of(lines, names, first, text)
    for turn in turns:
        turn["said"] = min(_after_space(text, turn["said"]), turn["end"])
    return _parted(turns, names, text)


def _turns_of(lines: list["_Line"], names: set[str], first: int, text: str) -> list[Turn]:
    turns: list[Turn] = []
    body = max(_header_length(lines[:first], text), min(_metadata_length(lines, names, text), first))
    if first and lines[first - 1].stamp_end == lines[first - 1].end:
        body = min(body, first - 1)
    stamp: _Line | None = None  # one alone on its line, which waits for a label
    for index, line in enumerate(lines[body:], start=body):
        if line.name is not None and line.name.casefold() in names:
            turns.append(_labelled(line, stamp))
            stamp = None
            continue
        if line.stamp_end == line.end:
            stamp = line
            continue
        if index < first:
            turns.append(_unlabelled(text, line))
        else:
            turns[-1]["end"] = line.end
        stamp = None
    if stamp is not None and turns:
        turns[-1]["end"] = stamp.end
    return turns


def milliseconds(stamp: str) -> int | None:
    """A time stamp such as ``[00:12:31]`` in milliseconds, or None where a text is none."""
    end, at = _stamp_at(stamp[:_LOOK], 0)
    return at if end == len(stamp) else None


def labels_of_lines(lines: list[str], openings: list[bool] | None = None) -> list[tuple[str, int] | None]:
    """For each of some lines the label it begins with and where its words begin, or None.

    ``openings`` says of each whether something new begins there, such as a paragraph; without it all do.
    """
    read = [
        _read_line(line, match) if (match := _LINE.search(line)) else _Line(0, 0, None, 0, None, 0)
        for line in lines
    ]
    names = _accepted_names(read, openings or [True] * len(read))
    return [
        (line.name, line.words) if line.name is not None and line.name.casefold() in names else None
        for line in read
    ]


def is_interviewer_label(label: str) -> bool:
    """Whether a label is one of the usual words for who asks, numbered or not (``Interviewer 2``)."""
    return _label_word(label) in INTERVIEWER_WORDS


def is_answerer_label(label: str) -> bool:
    """Whether a label is one of the usual words for who answers, and so names nobody (``Respondent 3``)."""
    return _label_word(label) in _ANSWERER_WORDS


def count_words(text: str) -> int:
    """The number of words.

    A Han character or kana counts as one. Of the rest, whatever stands between white space counts as one
    where it holds a letter or digit: ``tape-out`` and ``[laughs]`` are one word, a lone dash is none.
    A transcript's words are those of what its turns say (``text[said:end]``), labels and header aside.
    """
    return sum(1 for _ in _WORD.finditer(text))


def word_starts(text: str) -> array:
    """Where each word, as ``count_words`` counts them, begins."""
    return array("I", (match.start() for match in _WORD.finditer(text)))


def lang_of(text: str) -> str:
    """``zh-Hans`` where Han characters are more than the words of other scripts, else empty."""
    sample = text[:300]
    if sample.isascii():
        return ""
    han = len(_HAN_ONE.findall(sample))
    if not han or len(_KANA_ONE.findall(sample)) * 4 > han:
        return ""
    return "zh-Hans" if han > len(_LATIN_WORD.findall(sample)) else ""


class _Line(NamedTuple):
    start: int
    end: int
    name: str | None  # what may be a label
    words: int  # where the words begin, if it is one
    at: int | None
    stamp_end: int  # where the stamp at the beginning ends, or start


def _read_line(text: str, match: re.Match[str]) -> _Line:
    start = match.start()
    whole = match.group()
    end = start + len(whole.rstrip())
    head = whole[: min(_LOOK, end - start)]
    if ":" not in head and "：" not in head:
        return _Line(start, end, None, start, None, start)
    stamp_length, at = _stamp_at(head, 0)
    found = _name_at(head, _LISTED.match(head, stamp_length).end())
    if found is None:
        if head[0] not in _CLOSING and head[:stamp_length].count(":") < 2 and start + stamp_length < end:
            stamp_length, at = 0, None  # "12:30 we left" tells the time of day
        return _Line(start, end, None, start, at, start + stamp_length)
    name, words, later = found
    return _Line(start, end, name, start + words, later if at is None else at, start + stamp_length)


def _stamp_at(head: str, at: int) -> tuple[int, int | None]:
    """Where the time stamp beginning at a place ends, and its milliseconds; or the place and None."""
    match = _STAMP.match(head, at)
    if not match or _CLOSING[match[1]] != (match[6] or ""):
        return at, None
    following = head[match.end() : match.end() + 1]
    if not match[1] and following and not following.isspace() and following not in ":：":
        return at, None
    hours, minutes, seconds, fraction = match[2], match[3], match[4], match[5]
    total = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return match.end(), total * 1000 + int((fraction or "0").ljust(3, "0"))


def _name_at(head: str, at: int) -> tuple[str, int, int | None] | None:
    """A possible label beginning at a place: the name, where the words begin, the time beside it."""
    match = _NAME.match(head, at)
    if not match:
        return None
    name, end, stamp = match.group(), match.end(), None
    for opening in re.finditer(r"\s*[\s\[(（【<#][0-9]", name):  # "NAME [00:12:31]:"
        after, stamp = _stamp_at(head, _SPACE.match(head, at + opening.start()).end())
        if stamp is not None:
            name, end = name[: opening.start()], _SPACE.match(head, after).end()
            break
    has_colon = head[end : end + 1] in (":", "：") and end < len(head)
    if _is_no_label(head, end) if has_colon else (stamp is None or end < len(head)):
        return None
    name = name.rstrip()
    if not _could_be_name(name):
        return None
    words = _SPACE.match(head, end + has_colon).end()
    if stamp is None and head[words : words + 1] in _CLOSING:
        words, stamp = _stamp_at(head, words)
    return name, words, stamp


def _is_no_label(head: str, colon: int) -> bool:
    """Addresses, paths, times and ratios: ``http://``, ``C:\\``, ``at 12:30``."""
    after = head[colon + 1 : colon + 2]
    return after in ("/", "\\") or (head[colon - 1].isdigit() and after.isdigit())


@lru_cache(maxsize=4096)
def _could_be_name(name: str) -> bool:
    return (
        0 < len(name) <= LABEL_LENGTH
        and len(name.split()) <= LABEL_WORDS
        and _NAME_CHARACTERS.fullmatch(_unmarked(name)) is not None
        and not _is_metadata(name)
    )


def _unmarked(name: str) -> str:
    """A name without marks of their own: accents written apart, vowels of Devanagari, tones of Thai."""
    return name if name.isascii() else "".join(sign for sign in name if category(sign)[0] != "M")


def _is_metadata(name: str) -> bool:
    words = {_label_word(word) for word in name.split()}
    return not words.isdisjoint(_METADATA) or name.rstrip().endswith(_HAN_METADATA)


def _label_word(label: str) -> str:
    """The word of a label, without number and full stop: ``Interviewer 2`` gives interviewer."""
    return label.strip().rstrip(":：").casefold().rstrip("0123456789 .#-_")


def _accepted_names(lines: list[_Line], openings: list[bool]) -> set[str]:
    """The possible labels, casefolded, that are labels: by their look, because they recur, or by times as others."""
    seen = Counter(line.name for line in lines if line.name is not None)
    folded: Counter[str] = Counter()
    for name, count in seen.items():
        folded[name.casefold()] += count
    found = {
        name.casefold()
        for name in seen
        if _looks_like_label(name) or (folded[name.casefold()] > 1 and _recurs_like_name(name))
    }
    if not found:
        found = _names_of_every_opening(lines, openings)
    elif len(lines) <= _SHORT:  # what stands above the first of them is a head of keys and values
        body = next(
            i for i, line in enumerate(lines) if line.name is not None and line.name.casefold() in found
        )
        found |= _names_of_every_opening(lines[body:], openings[body:])
    stamped = [line.name for line in lines if line.name is not None and line.at is not None]
    if sum(name.casefold() in found for name in stamped) < 2:
        return found
    timed = {name.casefold() for name in stamped}
    found -= {  # said once, without a time, where the others have theirs: how a sentence begins
        name.casefold()
        for name in seen
        if _HAN_ONE.match(name)
        and folded[name.casefold()] == 1
        and name.casefold() not in timed
        and _label_word(name) not in _USUAL_WORDS
    }
    return found | {name.casefold() for name in stamped if not name[0].islower() and _recurs_like_name(name)}


def _names_of_every_opening(lines: list[_Line], openings: list[bool]) -> set[str]:
    """The possible labels, casefolded, of a text that has one at every opening and somebody answers; else none.

    Openings are all lines if all have one, else those where a paragraph begins, with words beside the label.
    """
    if not all(line.name for line in lines):
        lines = [line for line, opens in zip(lines, openings, strict=True) if opens]
        if not all(line.name and line.words < line.end for line in lines):
            return set()
    names = [line.name for line in lines]
    if not all(not name[0].islower() and _recurs_like_name(name) for name in names):
        return set()
    found = {name.casefold() for name in names}
    return found if 2 <= len(found) <= _MOST_SPEAKERS and found.isdisjoint(_NO_LABELS) else set()


def _openings(lines: list[_Line]) -> list[bool]:
    """Whether each line is the first or has an empty one above it."""
    return [not i or line.start - lines[i - 1].end > 1 for i, line in enumerate(lines)]


def _looks_like_label(name: str) -> bool:
    word = _label_word(name)
    if word in INTERVIEWER_WORDS or word in _ANSWERER_WORDS:
        return True
    if _HAN_NAME.fullmatch(name):
        return name[-1] not in _HAN_SENTENCE_ENDS
    return name.isupper()


def _recurs_like_name(name: str) -> bool:
    words = name.split()
    if name.casefold() in _SENTENCE_WORDS:
        return False
    if _HAN_ONE.match(name):
        return name[-1] not in _HAN_SENTENCE_ENDS
    return len(words) == 1 or all(
        not word[:1].islower() or word.casefold() in _NAME_PARTICLES for word in words
    )


def _first_labelled(lines: list[_Line], names: set[str], text: str) -> int | None:
    """The index of the line where labelled speech begins, or None where there is none.

    One label in the midst of prose is none; one alone counts where the text, or its body, opens with it.
    """
    places = [i for i, line in enumerate(lines) if line.name is not None and line.name.casefold() in names]
    if not places:
        return None
    listed = _metadata_length(lines, names, text)
    places = [place for place in places if place >= listed] or places
    first = places[0]
    alone = len(places) == 1 and first != _header_length(lines[:first], text)
    return None if alone else first


def _metadata_length(lines: list[_Line], names: set[str], text: str) -> int:
    """How many lines from the first on are a list such as ``Interviewer: Y. Q.`` and ``Date: 2006``.

    It ends with the last line whose key is no person. Labels may stand in it, each once; where it has empty
    lines in it, none that speaks again below.
    """
    end, inside = 0, []
    for index, line in enumerate(lines[:_METADATA_LINES]):
        key = _key(text[line.start : min(line.end, line.start + _LOOK)])
        is_label = line.name is not None and line.name.casefold() in names
        if (is_label or inside) and (not key or line.name in inside):
            break
        if is_label:
            inside.append(line.name)
        if key and _is_metadata(key):
            end = index + 1
    labels = {line.name for line in lines[:end]} & set(inside)
    if end <= _header_length(lines, text) < len(lines) or not any(
        line.name in labels for line in lines[end:]
    ):
        return end
    return 0


def _key(line: str) -> str:
    """What stands before the colon of a short line, as in ``Place: Suzhou``; empty elsewhere."""
    key, colon, _value = line.replace("：", ":").partition(":")
    return key.strip() if colon and len(key) <= LABEL_LENGTH and len(line) < _LOOK else ""


def _header_length(lines: list[_Line], text: str) -> int:
    """How many of the lines stand before the first empty line."""
    for index in range(1, len(lines)):
        if text.count("\n", lines[index - 1].end, lines[index].start) > 1:
            return index
    return len(lines)


def _labelled_otherwise(lines: list[_Line], text: str) -> tuple[list[_Line], set[str]]:
    """The lines with labels of the first other style that a text keeps to; or without any, and none."""
    bare = [line._replace(name=None) if line.name is not None else line for line in lines]
    heads = [_head_of(line, text) for line in bare]
    for style, is_doubtful in _OTHER_STYLES:
        for number in (_ENOUGH, len(lines)):  # most styles are ruled out by the beginning
            found = [_in_style(line, style, *head) for line, head in zip(bare[:number], heads, strict=False)]
            names = _names_in_style(found, is_doubtful)
            found = [
                line if (line.name or "").casefold() in names else line._replace(name=None) for line in found
            ]
            if not names or (is_doubtful and _has_neighbours(found)):
                break
        else:
            return found, names
    return bare, set()


def _names_in_style(lines: list[_Line], is_doubtful: bool) -> set[str]:
    """The labels of lines, casefolded, if there are enough to call it a style; else none."""
    headed = [line for line in lines if line.name is not None and line.name.casefold() not in _NO_LABELS]
    counts = Counter(line.name.casefold() for line in headed)
    once = {line.name.casefold() for line in headed if _recurs_like_name(line.name)}
    names = {line.name.casefold() for line in headed if _looks_like_label(line.name)}
    names |= {name for name in once if counts[name] > 1}
    timed = {line.name.casefold() for line in headed if line.at is not None}
    if len(timed) > 1:
        names |= once & timed
    if not is_doubtful:
        names = (names or _names_of_every_opening(lines, _openings(lines))) | (
            once if len(names) == 1 else set()
        )
    labelled = sum(counts[name] for name in names)
    too_few = is_doubtful and labelled * 5 < len(lines) * 2
    return names if 2 <= len(names) <= _MOST_SPEAKERS and not too_few else set()


def _head_of(line: _Line, text: str) -> tuple[str, int, int | None]:
    """A line's beginning, where in it a label may begin, and the time before that."""
    head = text[line.start : min(line.end, line.start + _LOOK)]
    after, at = _stamp_at(head, 0)
    return head, _SPACE.match(head, after).end(), at


def _in_style(line: _Line, style: re.Pattern[str], head: str, after: int, at: int | None) -> _Line:
    match = style.match(head, after)
    name = match["name"].strip() if match else ""
    if not name or not name[0].isalpha() or not (_could_be_name(name) or _NUMBERED_ID.fullmatch(name)):
        return line
    words = match.end()
    if at is None:
        after, at = _stamp_at(head, _SPACE.match(head, words).end())
        words = words if at is None else after
    return line._replace(name=name, words=line.start + words, at=at)


def _has_neighbours(lines: list[_Line]) -> bool:
    """Whether two labels without words follow each other: then they are a list, and nobody's."""
    return any(
        one.name is not None and other.name is not None and one.words >= one.end
        for one, other in pairwise(lines)
    )


def _parted(turns: list[Turn], names: set[str], text: str) -> list[Turn]:
    """Turns, parted where another speaker's label stands after a sentence's end on the same line."""
    parted: list[Turn] = []
    within = Counter(match["name"] for match in _WITHIN.finditer(text))
    for turn in turns:
        parted.append(turn)
        if turn["speaker"] is None:
            continue
        end = turn["end"]
        for match in _WITHIN.finditer(text, turn["said"], end):
            name = match["name"]
            if name.casefold() not in names and not _is_label_within(match, within, turn["speaker"]):
                continue
            said = min(_after_space(text, match.end()), end)
            parted[-1]["end"] = match.start() + len(text[match.start() : match.start("name")].rstrip())
            parted.append(Turn(start=match.start("name"), end=end, speaker=name, at=None, said=said))
    return parted


def _is_label_within(match: re.Match[str], within: Counter[str], asks: str) -> bool:
    """Whether a name that begins no line is a label: a usual word, one that recurs, one that answers a question."""
    name = match["name"]
    if not name.isupper() or (len(name) < 2 and name.casefold() not in _USUAL_WORDS):
        return False
    if _label_word(name) in _USUAL_WORDS:
        return True
    answers = match[0][0] in "?？" and _label_word(asks) in INTERVIEWER_WORDS
    return _could_be_name(name) and (within[name] > 1 or answers)


def _labelled(line: _Line, stamp: _Line | None) -> Turn:
    start, at = line.start, line.at
    if stamp is not None and at is None:
        start, at = stamp.start, stamp.at
    return Turn(start=start, end=line.end, speaker=line.name, at=at, said=line.words)


def _unlabelled(text: str, line: _Line) -> Turn:
    said = min(_after_space(text, line.stamp_end), line.end)
    at = line.at if line.stamp_end > line.start else None
    return Turn(start=line.start, end=line.end, speaker=None, at=at, said=said)


def _after_space(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()
