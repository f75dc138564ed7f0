"""Where the parts of a picture stand: plain numbers and words in, marks and the table of the same numbers out.

Lengths are pixels of an SVG's own space. A mark's ``look`` is the CSS classes of a code, so that the page's tokens and
a file's own styles colour it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from unicodedata import east_asian_width

from .coverage import merge

WIDTH = 960
SIZE = 12  # of letters
GAP = 12
MOST_DAYS = 90  # of a picture by days; seven times as many are one by weeks


class Rect(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    look: str
    tip: str = ""


class Word(NamedTuple):
    """Words on a line; ``anchor`` is start, middle or end, ``kind`` plain, quiet, strong or number."""

    x: float
    y: float
    text: str
    kind: str = "plain"
    anchor: str = "start"


class Rule(NamedTuple):
    x1: float
    y1: float
    x2: float
    y2: float
    kind: str = "hair"


class Trace(NamedTuple):
    """A line through points, as an SVG ``points`` attribute takes them."""

    points: str


class Table(NamedTuple):
    """What the picture shows, as numbers; the first cell of a row is its heading."""

    header: list
    rows: list[list]


class Picture(NamedTuple):
    width: float
    height: float
    rects: list[Rect]
    words: list[Word]
    rules: list[Rule]
    traces: list[Trace]
    table: Table


class Lane(NamedTuple):
    """A code that has a place of its own in a picture."""

    name: str
    look: str


def text_width(text: str, size: float = SIZE) -> float:
    """About how wide words are: signs of the east take a whole square, others a little more than half."""
    return size * sum(1.0 if east_asian_width(sign) in "WF" else 0.55 for sign in text)


def fitted(text: str, width: float, size: float = SIZE) -> str:
    """The words, cut with "…" where they are wider than there is room."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _picture(height, rects, words, rules, traces, table):
    """The picture, its places rounded to what an eye can tell."""
    return Picture(
        WIDTH,
        round(height, 1),
        [Rect(*(round(value, 1) for value in rect[:4]), *rect[4:]) for rect in rects],
        [Word(round(word.x, 1), round(word.y, 1), *word[2:]) for word in words],
        [Rule(*(round(value, 1) for value in rule[:4]), rule.kind) for rule in rules],
        traces,
        table,
    )


def runs(ranges: Iterable[tuple[int, int]], length: int, width: int) -> list[tuple[int, int]]:
    """The stretches as whole pixels of a strip, ``[(x, width)]``: none is less than one, those that meet are one."""
    if not length:
        return []
    joined: list[list[int]] = []
    for start, end in sorted(ranges):
        first = min(width - 1, start * width // length)
        last = max(first + 1, min(width, -(-end * width // length)))
        if joined and first <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return [(first, last - first) for first, last in joined]


def covered(ranges: Iterable[tuple[int, int]]) -> int:
    """How many positions the stretches cover together."""
    return sum(end - start for start, end in merge(ranges))


def legend(lanes: Sequence[Lane], x: float, y: float, width: float):
    """Swatches with names, in as many lines as they need: marks, and how high it is."""
    rects, words, left, line = [], [], x, y
    for lane in lanes:
        name = fitted(lane.name, width - 16)
        needed = 16 + text_width(name) + 16
        if left > x and left + needed > x + width:
            left, line = x, line + 20
        rects.append(Rect(left, line + 3, 10, 10, lane.look))
        words.append(Word(left + 15, line + 12, name, "plain"))
        left += needed
    return rects, words, line + 20 - y if lanes else 0


def strips(
    transcripts: Sequence[tuple[str, int, dict[int, list]]], lanes: Sequence[Lane], header: list
) -> Picture:
    """Codes along transcripts: a strip for each, a lane for each code, from the first sign to the last.

    ``transcripts`` are ``(title, length, {number of the lane: [(start, end)]})``. The table has the share of the text
    that each lane covers, in per cent.
    """
    left, lane_height = 190, 7
    wide = WIDTH - left
    rects, words, height = legend(lanes, left, 0, wide)
    y, table = height + GAP, []
    strip = max(len(lanes), 2) * lane_height + 2
    for title, length, of_lane in transcripts:
        rects.append(Rect(left, y, wide, strip, "ground"))
        words.append(Word(0, y + strip / 2 + 4, fitted(title, left - GAP), "strong"))
        for number, lane in enumerate(lanes):
            found = runs(of_lane.get(number, ()), length, wide)
            rects += [
                Rect(left + x, y + 1 + number * lane_height, width, lane_height - 1, lane.look, lane.name)
                for x, width in found
            ]
        shares = [100 * covered(of_lane.get(n, ())) / length if length else 0 for n in range(len(lanes))]
        table.append([title, *(f"{share:.1f}" for share in shares)])
        y += strip + 8
    return _picture(y, rects, words, [], [], Table([*header, *(lane.name for lane in lanes)], table))


def bars(
    groups: Sequence[tuple[str, list[tuple[str, list[int]]]]], lanes: Sequence[Lane], header: list
) -> Picture:
    """Stacked bars: how many codings each respondent has, by code. ``groups`` are ``(heading, [(name, numbers)])``."""
    left, right, row = 190, 56, 22
    wide = WIDTH - left - right
    most = max((sum(numbers) for _group, people in groups for _name, numbers in people), default=0) or 1
    rects, words, height = legend(lanes, left, 0, WIDTH - left)
    y, table = height + GAP, []
    for heading, people in groups:
        words.append(Word(0, y + 15, fitted(heading, WIDTH), "strong"))
        y += row
        for name, numbers in people:
            words.append(Word(0, y + 15, fitted(name, left - GAP), "plain"))
            at = 0
            for lane, number in zip(lanes, numbers, strict=True):
                if number:
                    x, end = left + wide * at / most, left + wide * (at + number) / most
                    rects.append(Rect(x, y + 3, end - x, row - 6, lane.look, f"{lane.name}: {number}"))
                at += number
            words.append(Word(left + wide * at / most + 6, y + 15, str(at), "number"))
            table.append([name, heading, *numbers, at])
            y += row
        y += 8
    return _picture(
        y, rects, words, [], [], Table([*header[:2], *(lane.name for lane in lanes), header[2]], table)
    )


def shares(
    columns: Sequence[tuple[str, int]],
    rows: Sequence[tuple[Lane, int, list[tuple[int, int]]]],
    of: str,
    header: list,
) -> Picture:
    """Bars side by side: of each column's respondents how many have the code; ``rows`` are ``(lane, level, cells)``,
    a cell being ``(how many, of how many)``, or None where nobody was asked. ``of`` says "{n} of {base}".
    """
    left, row, head = 240, 20, 40
    each = (WIDTH - left) / max(1, len(columns))
    label = max((text_width(of.format(n=base, base=base)) for _name, base in columns), default=0) + 8
    full = max(10, each - label - 20)
    rects, words, rules, table = [], [], [], []
    for number, (name, base) in enumerate(columns):
        x = left + number * each
        words.append(Word(x, 14, fitted(name, each - GAP), "strong"))
        words.append(Word(x, 30, str(base), "quiet"))
        rules.append(Rule(x, head, x, head + row * len(rows) + 4))
    y = head + 4
    for lane, level, cells in rows:
        words.append(
            Word(
                level * 14, y + 14, fitted(lane.name, left - GAP - level * 14), "plain" if level else "strong"
            )
        )
        for number, cell in enumerate(cells):
            x = left + number * each
            if cell is None:
                words.append(Word(x + 6, y + 14, "–", "quiet"))
                continue
            n, base = cell
            long = full * n / base if base else 0
            if n:
                rects.append(Rect(x, y + 4, long, row - 8, lane.look, lane.name))
            words.append(Word(x + long + 6, y + 14, of.format(n=n, base=base), "number" if n else "quiet"))
        table.append(
            [lane.name, *("–" if cell is None else of.format(n=cell[0], base=cell[1]) for cell in cells)]
        )
        y += row
    return _picture(
        y + 8, rects, words, rules, [], Table([*header, *(name for name, _base in columns)], table)
    )


def steps(
    panels: Sequence[tuple[str, int, list[tuple[date, int]]]], header: list, day: str = "%Y-%m-%d"
) -> Picture:
    """How much there was by each day: ``panels`` are ``(heading, full number, [(day, number by then)])``."""
    left, high, wide = 52, 120, WIDTH - 52 - 16
    days = sorted({at for _heading, _full, points in panels for at, _number in points})
    words, rules, traces, y = [], [], [], 0
    span = (days[-1] - days[0]).days if len(days) > 1 else 0

    def x_of(at):
        return left + (wide * (at - days[0]).days / span if span else 0)

    for heading, full, points in panels:
        words.append(Word(0, y + 14, heading, "strong"))
        top, ground = y + 28, y + 28 + high
        for number in dict.fromkeys((0, full)):
            at = ground - (high if number else 0)
            rules.append(Rule(left, at, left + wide, at, "axis" if not number else "hair"))
            words.append(Word(left - 8, at + 4, str(number), "quiet", "end"))
        if points:
            corners = [(x_of(points[0][0]), ground)]
            for at, number in points:
                corners += [
                    (x_of(at), corners[-1][1]),
                    (x_of(at), ground - high * number / full if full else top),
                ]
            corners.append((left + wide, corners[-1][1]))
            words.append(Word(left + wide, corners[-1][1] - 6, f"{points[-1][1]:g}", "number", "end"))
            traces.append(Trace(" ".join(f"{round(x, 1):g},{round(at, 1):g}" for x, at in corners)))
        y = ground + 24
    if days:
        words.append(Word(left, y - 4, days[0].strftime(day), "quiet"))
        if span:
            words.append(Word(left + wide, y - 4, days[-1].strftime(day), "quiet", "end"))
    by_then = [dict(points) for _heading, _full, points in panels]
    reached, table = [0] * len(panels), []
    for at in days:
        reached = [points.get(at, before) for points, before in zip(by_then, reached, strict=True)]
        table.append([at.strftime(day), *reached])
    return _picture(
        y + 8, [], words, rules, traces, Table([*header, *(heading for heading, _f, _p in panels)], table)
    )


def first_covered(segments: Iterable[tuple[int, int, date]]) -> dict[date, int]:
    """How many positions of one text were first covered on each day; segments are ``(start, end, day)``.

    A position belongs to the earliest of the days of the segments over it.
    """
    found: dict[date, int] = {}
    done: list[tuple[int, int]] = []  # covered so far: apart, in order
    by_day: dict[date, list] = {}
    for start, end, day in segments:
        by_day.setdefault(day, []).append((start, end))
    before = 0
    for day in sorted(by_day):
        done = merge([*done, *by_day[day]])
        now = sum(end - start for start, end in done)
        if now > before:
            found[day] = now - before
        before = now
    return found


def periods(days: Iterable[date]) -> tuple[str, Callable[[date], date]]:
    """How finely days are told apart, by how far they lie apart: "day", "week" (from Monday) or "month", and the first
    day of each one's period.
    """
    days = list(days)
    span = (max(days) - min(days)).days if days else 0
    if span <= MOST_DAYS:
        return "day", lambda day: day
    if span <= 7 * MOST_DAYS:
        return "week", lambda day: day - timedelta(days=day.weekday())
    return "month", lambda day: day.replace(day=1)


def summed(
    by_day: dict[date, float], period_of: Callable[[date], date] = lambda day: day
) -> list[tuple[date, float]]:
    """Numbers of single days as numbers up to the end of each period."""
    total, points = 0, {}
    for day in sorted(by_day):
        total += by_day[day]
        points[period_of(day)] = total
    return list(points.items())


def grid(
    columns: Sequence[tuple[str, str]],
    rows: Sequence[tuple[Lane, int, list[tuple[str, str]]]],
    notes: Sequence[str],
    header: list,
) -> Picture:
    """A table as a picture: ``columns`` are ``(label, n)``, rows ``(lane, level, [(words, look of the ground)])``.

    ``notes`` stand below, so that the picture says what it shows wherever it goes.
    """
    left, row, head = 260, 22, 40
    each = (WIDTH - left) / max(1, len(columns))
    rects, words, rules, table = [], [], [Rule(0, head, WIDTH, head, "axis")], []
    for number, (label, n) in enumerate(columns):
        x = left + (number + 1) * each - 8
        words.append(Word(x, 14, fitted(label, each - 12), "strong", "end"))
        words.append(Word(x, 31, n, "quiet", "end"))
    y = head
    for lane, level, cells in rows:
        rects.append(Rect(level * 14, y + 6, 10, 10, lane.look))
        name = fitted(lane.name, left - level * 14 - 28)
        words.append(Word(level * 14 + 16, y + 15, name, "plain" if level else "strong"))
        for number, (text, ground) in enumerate(cells):
            x = left + number * each
            if ground:
                rects.append(Rect(x + 1, y, each - 2, row, ground))
            words.append(Word(x + each - 8, y + 15, text, "number", "end"))
        y += row
        rules.append(Rule(0, y, WIDTH, y))
        table.append([lane.name, *(text for text, _ground in cells)])
    for note in notes:
        y += 18
        words.append(Word(0, y, fitted(note, WIDTH), "quiet"))
    return _picture(
        y + 12, rects, words, rules, [], Table([*header, *(label for label, _n in columns)], table)
    )
