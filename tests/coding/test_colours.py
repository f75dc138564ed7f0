import itertools
import math
import re

import pytest
from django.conf import settings

from coding.colours import HEX, HUES, SHADES, hue_angle, looks, next_colour
from coding.models import Code

DEMO = ["#1f5fa8", "#b3541e", "#2e7d4f", "#6a3d9a", "#b0235f", "#7a6a00", "#00796b"]


def family(pk, colour=""):
    return Code(pk=pk, name=f"F{pk}", colour=colour)


def test_the_demo_families_have_the_hues_of_their_colours():
    import csv

    path = settings.BASE_DIR / "interviews" / "demo" / "codebook.csv"
    with path.open(encoding="utf-8") as file:
        colours = [row["colour"] for row in csv.DictReader(file) if not row["parent"]]

    found = looks([family(pk, colour) for pk, colour in enumerate(colours, start=1)])

    names = ["blue", "orange", "green", "purple", "pink", "olive", "teal"]
    assert list(found.values()) == [f"hue-{name}" for name in names]


def test_a_new_family_changes_nobody_elses_hue():
    families = [family(2, "#1f5fa8"), family(1), family(3, "#b3541e"), family(4, "#1f5fa8")]
    before = looks(families)

    for colour in ("", "#1f5fa8", "#888888", *DEMO):
        after = looks([family(9, colour), *families])
        assert {pk: after[pk] for pk in before} == before
        assert after[9] not in before.values()


def test_children_are_shades_of_their_family_in_display_order():
    codes = [family(1, "#1f5fa8")] + [Code(pk=pk, parent_id=1) for pk in range(8, 1, -1)]
    codes.append(Code(pk=20, parent_id=8))

    found = looks(codes)

    assert [found[pk] for pk in (1, 8, 7, 4, 3, 2, 20)] == [
        "hue-blue",
        "hue-blue shade-1",
        "hue-blue shade-2",
        "hue-blue shade-5",
        "hue-blue shade-5",
        "hue-blue shade-5",
        "hue-blue shade-1",
    ]


def test_after_twelve_families_the_hues_begin_again():
    found = looks([family(pk) for pk in range(1, 15)])

    assert len(set(list(found.values())[:12])) == 12
    assert found[13] == found[1] == "hue-blue"


def test_the_next_colour_is_that_of_a_hue_no_family_has():
    codes = []
    for pk in range(1, 13):
        codes.append(family(pk, next_colour(codes)))

    assert [code.colour for code in codes] == list(HEX.values())
    assert list(looks(codes).values()) == [f"hue-{name}" for name in HUES]
    assert next_colour(codes) == HEX["blue"]


@pytest.mark.parametrize("colour", ["", "#888888", "#000000", "#ffffff", "red", "#12345", "#12345g"])
def test_greys_and_what_is_no_colour_have_no_hue(colour):
    assert hue_angle(colour) is None


# The promises of tokens.css, measured: WCAG contrast, the sRGB gamut, and how far apart the hues stay for readers with
# deuteranopia and protanopia (Machado et al. 2009, severity 1; distance in OKLab times 100, where about 2 is the least
# one sees side by side).

CSS = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
THEMES = [pytest.param(0, id="light"), pytest.param(1, id="dark")]
EYES = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}


def linear(lightness, chroma, hue):
    """Linear sRGB of an OKLCH colour."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    x, y, z = (
        (lightness + p * a + q * b) ** 3
        for p, q in (
            (0.3963377774, 0.2158037573),
            (-0.1055613458, -0.0638541728),
            (-0.0894841775, -1.2914855480),
        )
    )
    return (
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.7076147010 * z,
    )


def lab(rgb):
    r, g, b = (max(0, channel) for channel in rgb)
    x, y, z = (
        channel ** (1 / 3)
        for channel in (
            0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
            0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
            0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
        )
    )
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )


def contrast(one, other):
    light, dark = sorted(
        (
            sum(k * min(1, max(0, v)) for k, v in zip((0.2126, 0.7152, 0.0722), colour, strict=True))
            for colour in (one, other)
        ),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def apart(one, other, eye):
    def seen(colour):
        return lab([sum(k * v for k, v in zip(row, colour, strict=True)) for row in EYES[eye]])

    return 100 * math.dist(seen(one), seen(other))


def tokens(theme):
    number = r"([\d.]+) ([\d.]+) ([\d.]+)"
    pattern = rf"--([\w-]+):\s+light-dark\(oklch\({number}\),\s+oklch\({number}\)\)"
    return {
        found[1]: linear(*map(float, found.groups()[1 + 3 * theme : 4 + 3 * theme]))
        for found in re.finditer(pattern, CSS)
    }


def hues():
    pattern = r"\.hue-(\w+)\s+\{ --h: ([\d.]+);\s+--c: ([\d.]+); --dl: ([\d.]+)"
    return {found[1]: tuple(map(float, found.groups()[1:])) for found in re.finditer(pattern, CSS)}


def tint(name, theme, hue):
    found = re.search(rf"--{name}: light-dark\(oklch\(([\d.]+) ([\d.]+) .*?oklch\(([\d.]+) ([\d.]+)", CSS)
    return linear(*map(float, found.groups()[2 * theme : 2 * theme + 2]), hue)


def stripe(hue, theme, shade):
    h, c, dl = hues()[hue]
    fade = float(re.search(r"\(1 - ([\d.]+) \* var\(--shade", CSS)[1])
    base = re.search(
        r"calc\(([\d.]+) \+ var\(--dl\) \+ ([\d.]+).*?calc\(([\d.]+) \+ var\(--dl\) - ([\d.]+)", CSS, re.S
    )
    lightness, step = float(base[1 + 2 * theme]), float(base[2 + 2 * theme]) * (-1 if theme else 1)
    return linear(lightness + dl + step * shade, c * (1 - fade * shade), h)


def inside_srgb(colour):
    return all(-0.0005 <= channel <= 1.0005 for channel in colour)


def test_the_hues_of_the_program_are_those_of_the_style_sheet():
    assert {name: h for name, (h, _c, _dl) in hues().items()} == HUES
    assert list(hues()) == list(HUES)
    shown = {name: [round(255 * encoded(v)) for v in stripe(name, 0, 0)] for name in HUES}
    assert {name: [int(HEX[name][i : i + 2], 16) for i in (1, 3, 5)] for name in HUES} == shown


def encoded(channel):
    channel = min(1, max(0, channel))
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["text", "text-2", "text-3", "accent", "ok", "warn", "danger"])
def test_words_stand_out_on_every_ground(theme, name):
    colours = tokens(theme)

    for ground in ("paper", "surface", "raised", "hover", "accent-tint"):
        assert contrast(colours[name], colours[ground]) >= 4.5, ground


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("name", "ground"),
    [
        ("text-3", "sunken"),
        ("on-accent", "accent-fill"),
        ("on-accent", "accent-hover"),
        ("danger", "danger-tint"),
        ("warn", "warn-tint"),
        ("text", "heat-4"),
        ("text", "depth-4"),
        ("text", "selection"),
        ("text-2", "heat-4"),
    ],
)
def test_words_stand_out_on_their_own_grounds(theme, name, ground):
    assert contrast(tokens(theme)[name], tokens(theme)[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["focus", "line-strong"])
def test_focus_and_borders_of_controls_stand_out(theme, name):
    colours = tokens(theme)

    assert min(contrast(colours[name], colours[ground]) for ground in ("paper", "surface", "raised")) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("hue", list(HUES))
def test_a_codes_tint_stripe_and_shades_are_seen_and_can_be_shown(theme, hue):
    colours, angle = tokens(theme), hues()[hue][0]

    for name in ("code-tint", "code-tint-strong"):
        ground = tint(name, theme, angle)
        assert contrast(colours["text"], ground) >= 4.5 and inside_srgb(ground)
    for shade in range(SHADES + 1):
        colour = stripe(hue, theme, shade)
        assert min(contrast(colour, colours[name]) for name in ("paper", "surface", "raised")) >= 3
        assert inside_srgb(colour)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eye", list(EYES))
def test_the_twelve_hues_stay_apart_for_every_eye(theme, eye):
    colours = [stripe(hue, theme, 0) for hue in HUES]

    assert min(apart(one, other, eye) for one, other in itertools.combinations(colours, 2)) >= 3
