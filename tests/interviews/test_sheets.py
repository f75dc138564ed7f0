import datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from interviews.importers import Columns, NeedsColumns, Unreadable, read_file

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
    assert (imported.format, imported.warnings) == (format, [])


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
    ],
)
def test_a_text_with_commas_is_no_table(text):
    imported = read_file("a.csv", text.encode())
    assert imported.format == "txt"
    assert imported.text == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make_xlsx([(1, 2), (3, 4)]), "which column"),
        (make_xlsx([]), "no text"),
        (make_xlsx([("Speaker", "Text"), ("I", "")]), "empty in every row"),
        (make_xlsx(ROWS)[:-30], "archive"),
    ],
    ids=["numbers", "empty", "silent", "cut short"],
)
def test_a_workbook_that_holds_no_turns_is_refused(data, words):
    with pytest.raises(Unreadable, match=words):
        read_file("a.xlsx", data)


NOTES = "who;minute;remark\nI;1;so\nR;2;yes, we left\nR;3;in spring\n"


def test_a_table_that_is_not_understood_asks_for_its_columns_and_proposes_some():
    with pytest.raises(NeedsColumns) as asked:
        read_file("a.csv", NOTES.encode())
    assert asked.value.table["rows"][0] == ["who", "minute", "remark"]
    assert asked.value.table["columns"][0] == 2
    assert (asked.value.format, asked.value.encoding) == ("csv", "utf-8")


def test_chosen_columns_are_read_whatever_their_heads():
    imported = read_file("a.csv", NOTES.encode(), columns=Columns(2, 0, None, True))
    assert imported.text == "I: so\n\nR: yes, we left\n\nR: in spring\n"
    assert imported.table["columns"] == [2, 0, None, True]
    assert [str(warning) for warning in imported.warnings] == ["Columns left out: minute."]
    first = read_file("a.csv", NOTES.encode(), columns=Columns(2, 0, None, False))
    assert first.text.startswith("who: remark\n")


def test_only_a_name_of_a_table_makes_an_even_text_one():
    assert read_file("a.txt", NOTES.encode()).format == "txt"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("Speaker,Text\nINT,Hello\nANNA,Yes, I did, in May\nINT,So,,\n", "Yes, I did, in May"),
        ("Speaker;Text;Time\nINT;Hello;00:01\nANNA;Ja; gut;00:02\nINT;So;00:03\n", "Ja; gut"),
        ('Speaker,Text\nINT,Hello\nANNA,Yes, I did, in May\nINT,"So"\n', "Yes, I did, in May"),
    ],
)
def test_words_with_what_parts_cells_in_them_are_kept_whole_and_said(lines, said):
    imported = read_file("a.csv", lines.encode())
    assert [words for _who, _at, words in turns(imported)] == ["Hello", said, "So"]
    [warning] = imported.warnings
    assert str(warning).startswith("Rows with more cells than the first: 3.")


@pytest.mark.parametrize("quoted", ['"I said yes', '"Yes" he said', 'He said "yes'])
def test_quotation_marks_that_do_not_pair_keep_each_row_and_themselves(quoted):
    imported = read_file("a.csv", f"Speaker,Text\nINT,Hello\nANNA,{quoted}\nINT,So\nANNA,In May\n".encode())
    assert [words for _who, _at, words in turns(imported)] == ["Hello", quoted, "So", "In May"]
    assert quoted.startswith("He") or "do not come in pairs" in str(imported.warnings[0])


def test_a_ragged_table_with_unknown_heads_asks_for_its_columns():
    with pytest.raises(NeedsColumns) as asked:
        read_file("a.csv", b"Wer;Was\nINT;Hallo\nANNA;Ja; gut\nINT;So\n")
    assert asked.value.table["rows"][0] == ["Wer", "Was", ""]
    imported = read_file("a.csv", b"Wer;Was\nINT;Hallo\nANNA;Ja; gut\n", columns=Columns(1, 0, None, True))
    assert [words for _who, _at, words in turns(imported)] == ["Hallo", "Ja; gut"]


def test_words_right_of_all_heads_in_a_workbook_are_said_to_be_left_out():
    rows = [("Speaker", "Text"), ("I", "so"), ("R", "yes", "laughs")]
    assert [str(warning) for warning in read_file("a.xlsx", make_xlsx(rows)).warnings] == [
        "Columns left out: 3."
    ]
