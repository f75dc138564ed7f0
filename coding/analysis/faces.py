"""How a number of a cross-tabulation is shown: as it is, of how many, as a share, or against what was expected."""

from typing import NamedTuple

SHOWS = ("n", "percent", "row", "deviation")
PERCENT_FROM = 5  # of fewer, "2 of 3" is said instead of a percentage
SHADED_FROM = 3  # of fewer, shares mislead


class Face(NamedTuple):
    """``kind`` is "count" (``n``), "of" (``n`` of ``base``), "percent" (``value``, of 100), "difference" (``value``, in
    units counted), "nothing" (no base) or "not asked" (a structural blank: nobody here was asked, nobody spoke of it).
    ``beside`` is how many more mention it who were not asked.
    """

    kind: str
    n: int
    base: int
    value: float | None = None
    beside: int = 0


def face(
    n: int,
    base: int,
    show: str,
    *,
    total: int,
    total_base: int,
    based: bool,
    asked: bool = True,
    beside: int = 0,
) -> Face:
    """A cell's face. ``base`` is what its column has, ``total`` and ``total_base`` those of all columns together.

    ``based`` says that numbers are shown "of" their base even as plain numbers (respondents, transcripts). The
    expected number is that of equal shares in all columns, ``total * base / total_base``. ``show`` is one of SHOWS, or
    "share" for a share of the text, which is one however small.
    """
    return _face(n, base, show, total, total_base, based, asked or beside > 0)._replace(beside=beside)


def _face(n, base, show, total, total_base, based, asked):
    if not asked and not n:
        return Face("not asked", n, base)
    if show == "share":
        return Face("percent", n, base, 100 * n / base) if base else Face("nothing", n, base)
    if show == "percent":
        return _share(n, base)
    if show == "row":
        return _share(n, total)
    if show == "deviation":
        if not total_base:
            return Face("nothing", n, base)
        return Face("difference", n, base, n - total * base / total_base)
    return Face("of" if based else "count", n, base)


def _share(n, base):
    if not base:
        return Face("nothing", n, base)
    if base < PERCENT_FROM:
        return Face("of", n, base)
    return Face("percent", n, base, 100 * n / base)


def heat(n: int, base: int) -> int | None:
    """One of five shades by the share: 0, to a quarter, to a half, to three quarters, above; None where few mislead."""
    if base < SHADED_FROM:
        return None
    return min(4, -(-4 * n // base))
