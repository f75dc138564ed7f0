"""Whether shares differ between columns: exact and chi-squared tests of one code's respondents.

A table is ``(mentioned, asked)`` for each column; the unit is the respondent, who is in one column only. Segments are
never tested: those of one respondent do not stand for themselves.
"""

from collections.abc import Sequence
from math import comb, erfc, exp, inf, lgamma, log, sqrt
from typing import NamedTuple

LEAST_EXPECTED = 5  # Cochran (1954), Biometrics 10, 417-451: below it, chi-squared is not trusted
MOST_TABLES = 100_000  # that an exact test goes through


class Tested(NamedTuple):
    """``method`` is "exact", "chi-squared" or "none" (nothing to compare, or too large for an exact test)."""

    method: str
    p: float | None
    statistic: float | None = None
    freedom: int | None = None


def compared(columns: Sequence[tuple[int, int]]) -> Tested:
    """Exact where an expected number is under 5, otherwise chi-squared."""
    told = [(n, base) for n, base in columns if base]
    mentioned, asked = sum(n for n, _base in told), sum(base for _n, base in told)
    if len(told) < 2 or mentioned in (0, asked):
        return Tested("none", None)
    least = min(base for _n, base in told) * min(mentioned, asked - mentioned) / asked
    if least >= LEAST_EXPECTED:
        statistic = chi_squared(told)
        return Tested("chi-squared", chi_squared_tail(statistic, len(told) - 1), statistic, len(told) - 1)
    p = exact(told)
    return Tested("exact", p) if p is not None else Tested("none", None)


def exact(columns: Sequence[tuple[int, int]]) -> float | None:
    """The share of all tables with these margins that are no likelier than this one; None if they are too many.

    With two columns Fisher's exact test, two-sided; with more, its extension by Freeman and Halton (1951), Biometrika
    38, 141-149. Likelihoods are compared as whole numbers.
    """
    bases = [base for _n, base in columns]
    mentioned = sum(n for n, _base in columns)
    ways = 1
    for n, base in columns:
        ways *= comb(base, n)
    tables = 1
    for base in bases[:-1]:
        tables *= min(base, mentioned) + 1
    if tables > MOST_TABLES:
        return None
    return _ways_at_most(bases, mentioned, ways) / comb(sum(bases), mentioned)


def _ways_at_most(bases, mentioned, most):
    """In how many ways so many can be mentioned, over all tables that have no more ways than ``most``."""
    parts = {(mentioned, 1): 1}  # (left to place, ways so far): how many tables
    for number, base in enumerate(bases):
        room = sum(bases[number + 1 :])
        found: dict[tuple[int, int], int] = {}
        for (left, ways), many in parts.items():
            for n in range(max(0, left - room), min(base, left) + 1):
                key = left - n, ways * comb(base, n)
                found[key] = found.get(key, 0) + many
        parts = found
    return sum(many * ways for (_left, ways), many in parts.items() if ways <= most)


def chi_squared(columns: Sequence[tuple[int, int]]) -> float:
    """Pearson's statistic of a table of two rows, mentioned and not."""
    mentioned, asked = sum(n for n, _base in columns), sum(base for _n, base in columns)
    share = mentioned / asked
    return sum((n - base * share) ** 2 / (base * share * (1 - share)) for n, base in columns)


def residuals(columns: Sequence[tuple[int, int]]) -> list[float | None]:
    """Adjusted standardized residuals of the mentioned: beyond 2 or -2 a cell is out of line.

    Haberman (1973), Biometrics 29, 205-220; None where the column or the table leaves no room to differ.
    """
    mentioned, asked = sum(n for n, _base in columns), sum(base for _n, base in columns)
    found: list[float | None] = []
    for n, base in columns:
        variance = 0.0
        if asked:
            expected = base * mentioned / asked
            variance = expected * (1 - mentioned / asked) * (1 - base / asked)
        found.append((n - expected) / sqrt(variance) if variance > 0 else None)
    return found


def chi_squared_tail(statistic: float, freedom: int) -> float:
    """How likely chi-squared is to be at least so large.

    Abramowitz and Stegun (1964), 26.4.4 and 26.4.5: a finite sum for whole degrees of freedom.
    """
    if statistic <= 0:
        return 1.0
    if statistic == inf:
        return 0.0
    half = statistic / 2
    if freedom % 2:
        total = erfc(sqrt(half))
        terms = range(1, (freedom - 1) // 2 + 1)
        return total + sum(exp(-half + (r - 0.5) * log(half) - lgamma(r + 0.5)) for r in terms)
    return sum(exp(-half + r * log(half) - lgamma(r + 1)) for r in range(freedom // 2))
