import datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from interviews.importers import Unreadable, read_file

ROWS = [
    ("Time", "Speaker", "Text"),
    ("00:01", "Wenbo", "hello, you"),
    ("00:05", "Qin", "so"),
    ("", "", "and"),
]
ROWS.append(("01:00:09", "Wenbo:", "yes: it is"))
TURNS = [("Wenbo", 1_000, "hello, you"), ("Qin", 5_000, "so\nand"), ("Wenbo", 3_609_000, "yes: it is")]


def make_csv(rows, delimiter=",", encoding="utf-8"):
    return "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)


def make_xlsx(*sheets):
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def turns(imported):
    return [
        (turn["speaker"], turn["at"], imported.text[turn["said"] : turn["end"]]) for turn in imported.turns
    ]


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (make_csv(ROWS), "csv"),
        (make_csv(ROWS, ";", "utf-8-sig"), "csv"),
        (make_csv(ROWS, "\t", "utf-16"), "tsv"),
        (make_xlsx(ROWS), "xlsx"),
    ],
    ids=["comma", "semicolon", "tab", "Excel"],
)
def test_each_row_is_a_turn(data, format):
    imported = read_file("a.txt", data)
    assert turns(imported) == TURNS
    assert imported.text == "Wenbo: hello, you\n\nQin: so\nand\n\nWenbo: yes: it is\n"
    assert (imported.encoding, imported.warnings) == (format, [])


def test_columns_without_heads_are_known_by_what_is_in_them():
    rows = [ROWS[1], ROWS[2], ("00:09", "Wenbo", "yes"), ("00:12", "Qin", "ah")]
    assert turns(read_file("a.csv", make_csv(rows)))[0] == TURNS[0]


def test_excel_times_are_times():
    rows = [
        ("Text", "Start", "Speaker"),
        ("so", datetime.time(0, 1, 2), "I"),
        ("yes", datetime.timedelta(hours=25), "R"),
    ]
    assert [turn["at"] for turn in read_file("a.xlsx", make_xlsx(rows)).turns] == [62_000, 90_000_000]


def test_what_is_left_out_is_said():
    rows = [("Text", "Speaker", "Mood"), ("so", "I", "calm"), ("", "R", ""), ("yes", "R", "")]
    imported = read_file("a.xlsx", make_xlsx(rows, [("more",)]))
    assert [str(warning) for warning in imported.warnings] == [
        "Columns left out: Mood.",
        "Rows without text were left out: 1.",
        "Other sheets were left out: Sheet 2.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "I: well, yes\nR: no, no\nI: ah, so\n",
        "Dear all, text\nand so on, and on\n",
        "Text\nhello\n",
        "a;b\n1;2\n3;4\n",
    ],
)
def test_a_text_with_commas_is_no_table(text):
    imported = read_file("a.csv", text.encode())
    assert imported.encoding == "utf-8"
    assert imported.text == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make_xlsx([(1, 2), (3, 4)]), "which column"),
        (make_xlsx([]), "no text"),
        (make_xlsx([("Speaker", "Text"), ("I", "")]), "no text"),
        (make_xlsx(ROWS)[:-30], "archive"),
    ],
    ids=["numbers", "empty", "silent", "cut short"],
)
def test_a_workbook_that_holds_no_turns_is_refused(data, words):
    with pytest.raises(Unreadable, match=words):
        read_file("a.xlsx", data)
