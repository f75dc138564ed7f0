import base64
from pathlib import Path

import pytest

from bench.material import make_pdf
from interviews.importers import Unreadable, read_file
from interviews.importers.pdf import Line, paragraphs_of, repeated_lines

DEMO = Path(__file__).parents[2] / "interviews" / "demo"
STRAIGHT = str.maketrans("’‘“”", "''\"\"")
ENCRYPTED = base64.b64decode((Path(__file__).parent / "encrypted.pdf.base64").read_text())


def said(imported):
    return [
        (turn["speaker"], imported.text[turn["said"] : turn["end"]].translate(STRAIGHT))
        for turn in imported.turns
    ]


def test_the_demo_pdf_gives_the_turns_of_its_plain_transcript():
    imported = read_file("a.pdf", (DEMO / "other-formats" / "INS03_kuang.pdf").read_bytes())
    expected = read_file("a.txt", (DEMO / "transcripts" / "INS03_kuang.txt").read_bytes())
    assert said(imported) == said(expected)
    assert imported.text.translate(STRAIGHT) == expected.text.translate(STRAIGHT)
    assert "FICTIONAL DEMO - not a real interview" in str(imported.warnings[1])


def test_lines_go_on_only_where_the_next_word_would_not_have_fitted():
    page = [
        (50, 700, "I: and then we went back because the others had left already and nobody was"),
        (50, 686, "there"),
        (50, 672, "R: yes"),
        (50, 640, "A new paragraph that is long enough to reach the very edge of the page, which"),
        (50, 600, "a large gap ends"),
    ]
    imported = read_file("a.pdf", make_pdf(page))
    assert imported.text == (
        "I: and then we went back because the others had left already and nobody was there\n\nR: yes\n\n"
        "A new paragraph that is long enough to reach the very edge of the page, which\n\na large gap ends\n"
    )


def test_only_what_repeats_on_every_page_is_left_out():
    pages = [
        [
            (50, 800, "A talk, 2006"),
            (50, 700, f"I: so {word}"),
            (50, 680, "R: yes"),
            (280, 30, f"- {number} -"),
        ]
        for number, word in enumerate(("one", "two", "three"), start=7)
    ]
    imported = read_file("a.pdf", make_pdf(*pages))
    assert said(imported) == [
        pair for word in ("one", "two", "three") for pair in (("I", f"so {word}"), ("R", "yes"))
    ]
    assert "“A talk, …”" in str(imported.warnings[-1])


def test_a_number_that_does_not_count_the_pages_stays():
    lines = [
        [Line(f"In {year} it began", 50, 200, 800, page)] for page, year in enumerate((1990, 1994, 2001))
    ]
    assert repeated_lines(lines, [842] * 3) == set()


def test_a_hyphen_at_the_end_of_a_line_goes_only_where_the_word_is_known_without():
    lines = [
        Line("we went to the labora-", 50, 500, 700, 0),
        Line("tory, the laboratory, with co-", 50, 500, 686, 0),
    ]
    lines.append(Line("founders", 50, 120, 672, 0))
    assert paragraphs_of(lines, 595) == ["we went to the laboratory, the laboratory, with co-founders"]


def test_pages_without_text_are_named():
    imported = read_file("a.pdf", make_pdf([(50, 700, "I: so")], []))
    assert "2." in str(imported.warnings[-1])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make_pdf([], []), "pictures of pages"),
        (ENCRYPTED, "password"),
        (b"%PDF-1.7 nothing follows", "damaged"),
        (make_pdf([(50, 700, "hello")])[:40], "damaged"),
    ],
    ids=["scanned", "encrypted", "empty", "cut short"],
)
def test_what_cannot_be_read_is_said(data, words):
    with pytest.raises(Unreadable, match=words):
        read_file("a.pdf", data)
