"""Tables people bring: every spreadsheet's CSV is read alike, anything else gets a sentence."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviews.tables import TableError, read_table

PLAIN = "pseudonym,city\r\nWenbo,苏州\r\nLihua,Beijing\r\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("gb18030"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace("\r\n", "\n").encode(),
        PLAIN.replace("\r\n", "\r").encode(),
        ("\r\n" + PLAIN + "\r\n,\r\n").encode(),
        PLAIN.replace("city\r", "city,,\r").encode(),
        '"pseudonym","city"\n"Wenbo","苏州"\n"Lihua",Beijing'.encode(),
    ],
)
def test_a_table_reads_the_same_however_it_was_saved(data):
    table = read_table(data)
    assert table.header == ["pseudonym", "city"]
    assert [row for _line, row in table.rows] == [
        {"pseudonym": "Wenbo", "city": "苏州"},
        {"pseudonym": "Lihua", "city": "Beijing"},
    ]


def test_rows_know_the_line_they_begin_on():
    table = read_table(b'name,said\nA,"two\nlines"\n\nB,one\n')
    assert table.rows == [(2, {"name": "A", "said": "two\nlines"}), (5, {"name": "B", "said": "one"})]


def test_a_short_row_has_empty_cells_at_its_end():
    assert read_table(b"a,b,c\n1\n").rows == [(2, {"a": "1", "b": "", "c": ""})]


def test_a_delimiter_within_quotes_is_no_delimiter():
    assert read_table(b'"a,b,c";d\n1;2\n').header == ["a,b,c", "d"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"PK\x03\x04\x14\x00\x06\x00name", "CSV UTF-8"),
        (b"a,b\n\x00\x01,2\n", "CSV UTF-8"),
        ("name,city\nJosé,Zürich\n".encode("cp1252"), "CSV UTF-8"),
        (b"\xff\xfea", "CSV UTF-8"),
        (b"a,,b\n1,2,3\n", "Column 2"),
        (b"a,b,A \n1,2,3\n", "Two columns"),
        (b"a,b\n1,2,3\n", "Line 2"),
        (b'a,b\n1,"2\n', "line 2"),
        (b'a,b\n1,"2"x\n', "line 2"),
        (b"a\n" + b"1\n" * 20_001, "20,000 rows"),
        (b"a\n" + b"x" * 200_000, "line 2"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(data, says):
    with pytest.raises(TableError, match=says):
        read_table(data)


@pytest.mark.parametrize("name", ["Respondent type", "respondent_type", "RESPONDENT-TYPE", "respondentType"])
def test_columns_are_found_however_they_are_spelled(name):
    assert read_table(f"{name},x\n1,2\n".encode()).column("respondent_type", "type") == name


def test_a_column_that_is_not_there_is_none():
    assert read_table(b"a,b\n1,2\n").column("c") is None


CELL = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20).map(str.strip)


@given(st.lists(st.tuples(CELL, CELL), max_size=8), st.sampled_from(",;\t"))
def test_what_a_csv_writer_writes_is_read_back(rows, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([("first", "second"), *rows])
    read = read_table(out.getvalue().encode())
    assert [(row["first"], row["second"]) for _line, row in read.rows] == [row for row in rows if any(row)]


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_a_table_error(data):
    try:
        read_table(data)
    except TableError as error:
        assert str(error).endswith(".")
