"""Classes of numbers and periods of dates, for the columns of a table."""

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

PERIODS = ("decade", "year", "quarter", "month")


def round_limits(values: Iterable[float], classes: int) -> list[float]:
    """Where classes of one width begin, about as many as asked for: at multiples of a round number (1, 2, 5, 10 …).

    The first limit is the lower end of the second class; no limits where there is nothing to divide.
    """
    numbers = sorted(values)
    if not numbers or numbers[0] == numbers[-1]:
        return []
    low, high = numbers[0], numbers[-1]
    step = _round_up((high - low) / classes)
    first = math.floor(low / step) + 1
    last = math.floor(high / step)
    return sorted({_plain(number * step) for number in range(first, last + 1)})


def _round_up(width):
    """The least of 1, 2, 5, 10, … times a power of ten that is not less."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= width * (1 - 1e-9))


def _plain(number):
    number = round(number, 10)
    return int(number) if number == int(number) else number


def class_of(limits: Sequence[float], value: float) -> int:
    """The number of the class, from 0: a limit belongs to the class above it."""
    return bisect_right(limits, value)


def class_key(limits: Sequence[float], number: int) -> str:
    """``..5``, ``5..10``, ``10..``: from the lower limit to the upper one, which is not in it."""
    low = f"{limits[number - 1]:g}" if number else ""
    high = f"{limits[number]:g}" if number < len(limits) else ""
    return f"{low}..{high}"


def period_of(value: str, period: str) -> str | None:
    """``2006-04-05`` as ``2000s``, ``2006``, ``2006-Q2`` or ``2006-04``; None for what is no such date."""
    found = re.match(r"(\d{4})(?:-(\d\d))?(?:-\d\d)?$", value)
    if not found:
        return None
    year, month = found[1], found[2]
    if period == "decade":
        return f"{year[:3]}0s"
    if period == "year":
        return year
    if month is None or not 1 <= int(month) <= 12:
        return None
    return f"{year}-Q{(int(month) + 2) // 3}" if period == "quarter" else f"{year}-{month}"
