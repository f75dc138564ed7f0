"""Which of the twelve hues a code has on the page; the colour it came with is kept for export."""

import math
import re
from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

# In the order in which families get them; angles as in static/css/tokens.css.
HUES = {
    "blue": 256,
    "orange": 54,
    "green": 148,
    "purple": 318,
    "pink": 352,
    "olive": 108,
    "teal": 190,
    "violet": 284,
    "amber": 75,
    "sky": 228,
    "red": 25,
    "jade": 166,
}
SHADES = 5
# What a family that came without a colour is given: its hue as tokens.css shows it on paper.
HEX = {
    "blue": "#4373b2",
    "orange": "#8a460c",
    "green": "#388447",
    "purple": "#8e599f",
    "pink": "#8b3a62",
    "olive": "#787613",
    "teal": "#0f827d",
    "violet": "#545097",
    "amber": "#885c0a",
    "sky": "#0c6481",
    "red": "#923a37",
    "jade": "#0e7858",
}


def hue_angle(colour: str) -> float | None:
    """The OKLCH hue of ``#rrggbb`` in degrees; None for a grey or what is no colour.

    Ottosson (2020), "A perceptual color space for image processing".
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return None
    r, g, b = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return None if math.hypot(a, b) < 0.02 else math.degrees(math.atan2(b, a)) % 360


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def looks(codes) -> dict[int, str]:
    """The CSS classes of each code by id: its family's hue and, below the top, its shade.

    Takes all codes of a study in display order. Families choose in the order in which they were made, each the
    free hue nearest to its colour, so that a new family changes nobody else's. With more than twelve, hues repeat.
    """
    codes = list(codes)
    parents = {code.pk: code.parent_id for code in codes}
    hues, _free = _family_hues(codes)
    shades, seen = {}, {}
    for code in codes:
        if code.parent_id is not None:
            seen[code.parent_id] = seen.get(code.parent_id, 0) + 1
            shades[code.pk] = f" shade-{min(seen[code.parent_id], SHADES)}"
    return {pk: f"hue-{hues.get(_top(pk, parents), 'blue')}{shades.get(pk, '')}" for pk in parents}


def next_colour(codes) -> str:
    """The colour for a new family beside these codes: the first hue that none of them has.

    Stored, so that the family keeps its hue when an older one leaves.
    """
    _hues, free = _family_hues(codes)
    return HEX[next(iter(free or HUES))]


def _family_hues(codes):
    """``{id of a top-level code: its hue}``, and the hues that are left."""
    hues, free = {}, dict(HUES)
    for family in sorted((code for code in codes if code.parent_id is None), key=lambda code: code.pk):
        free = free or dict(HUES)
        hues[family.pk] = _nearest(hue_angle(family.colour), free)
        del free[hues[family.pk]]
    return hues, free


def _nearest(angle, free):
    if angle is None:
        return next(iter(free))
    return min(free, key=lambda name: min(abs(free[name] - angle), 360 - abs(free[name] - angle)))


def _top(pk, parents):
    while parents.get(pk) is not None:
        pk = parents[pk]
    return pk


def styles_of_file(*names: str) -> SafeString:
    """Our own style sheets, to stand inside a page that is a file of its own."""
    folder = settings.BASE_DIR / "static" / "css"
    # The same for everybody, with nothing in them that anybody wrote.
    return mark_safe("\n".join((folder / name).read_text(encoding="utf-8") for name in names))  # noqa: S308


@cache
def styles_on_paper() -> str:
    """The style sheet of a picture that is a file of its own: the tokens as plain colours, for programs that know no
    others, on white.
    """
    hues = re.findall(
        r"^\.hue-(\w+) +{ --h: ([\d.]+); +--c: ([\d.]+); +--dl: ([\d.]+); }",
        (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    rules = [
        "text{font:12px sans-serif;fill:#1b1d22}.quiet{fill:#62666d}.strong{font-weight:600}",
        ".paper{fill:#fff}.ground{fill:#eeedec}line{stroke:#dedddb}line.axis{stroke:#83807c}",
        "polyline{fill:none;stroke:#1b1d22;stroke-width:1.5}.heat-1{fill:#f2f3f7}.heat-2{fill:#e2e6ef}",
        ".tie-1,.tie-2,.tie-3,.tie-4{stroke:#83807c;stroke-opacity:.55}.tie-2{stroke-width:2.5}.tie-3{stroke-width:4}",
        ".tie-4{stroke-width:6}.heat-3{fill:#cdd5e5}.heat-4{fill:#b5c1db}",
    ]
    for name, hue, chroma, step in hues:
        for shade in range(SHADES + 1):
            colour = as_hex(
                0.47 + float(step) + 0.016 * shade, float(chroma) * (1 - 0.04 * shade), float(hue)
            )
            rules.append(f".hue-{name}{f'.shade-{shade}' if shade else ''}{{fill:{colour}}}")
    return "".join(rules)


def as_hex(lightness: float, chroma: float, hue: float) -> str:
    """``#rrggbb`` of an OKLCH colour, its channels cut to what a screen has. Ottosson (2020), as above."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * min(1, max(0, _gamma(each)))):02x}" for each in channels)


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
