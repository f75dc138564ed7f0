"""The XLSX files, read back by another library."""

import csv
import io
from datetime import date, datetime

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from coding.demo import load_demo
from coding.workbooks import CUT, LONGEST_TEXT, Sheet, workbook_response
from interviews.restricted import restrict
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_lead,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

SEGMENTS, CROSSTAB = "coding:export-coded-segments-xlsx", "coding:export-crosstab-xlsx"


def read(answer):
    return load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


def fetch(client, study, name, **params):
    client.force_login(make_lead(study))
    answer = client.get(reverse(name, args=[study.slug]), params)
    assert answer.status_code == 200
    return read(answer)


def values(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-x", "@SUM(A1)", "{=1}", "老𬭎 返回", "two\nlines", "'", "http://x.example/"]
)
def test_texts_come_back_as_they_were_and_nothing_is_run(text):
    sheet = Sheet("Texts", ["text"], [[text]], [10])
    cell = read(workbook_response("x.xlsx", [sheet], list))["Texts"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_numbers_and_dates_have_their_types():
    sheet = Sheet("Typed", ["a", "b", "c", "d"], [[None, 3, 0.8, date(2006, 4, 5)]], [10] * 4)
    row = read(workbook_response("x.xlsx", [sheet], list))["Typed"][2]
    assert [cell.value for cell in row] == [None, 3, 0.8, datetime(2006, 4, 5)]


def test_a_text_longer_than_a_cell_is_cut_and_the_file_says_so():
    long = "𬭎" * LONGEST_TEXT
    book = read(workbook_response("x.xlsx", [Sheet("Texts", ["text"], [[long]], [10])], list))
    found = book["Texts"]["A2"].value
    assert found.endswith(CUT)
    assert len(found.encode("utf-16-le")) <= 2 * LONGEST_TEXT
    assert "1 text is longer" in values(book["Query"])[1][1]


@pytest.mark.django_db
def test_every_coded_segment_is_in_the_file_with_moments_and_numbers(client):
    study = load_demo()
    book = fetch(client, study, SEGMENTS)
    header, *rows = values(book["Coded segments"])
    assert len(rows) == 251
    first = dict(zip(header, rows[0], strict=True))
    assert isinstance(first["created"], datetime)
    assert isinstance(first["start"], int)
    assert isinstance(first["years_abroad"], int | None)
    quotes = {row[header.index("quote")] for row in rows}
    assert any("媒人" in quote for quote in quotes)
    assert book["Coded segments"].freeze_panes == "D2"


@pytest.mark.django_db
def test_dates_and_hostile_words_of_respondents_are_what_they_are(client):
    study = make_study()
    make_attribute(study, "Out", kind="date")
    who = make_respondent(study, "=cmd()", make_type(study), out="1994-08-20")
    text = "=SUM(1)\n老𬭎 left."
    transcript = make_transcript(respondent=who, text=text, turns=[])
    make_coded_segment(transcript, make_code(study), start=0, end=len(text), respondent=who)
    header, row = values(fetch(client, study, SEGMENTS)["Coded segments"])
    found = dict(zip(header, row, strict=True))
    assert (found["respondent"], found["quote"], found["out"]) == ("=cmd()", text, datetime(1994, 8, 20))


@pytest.mark.django_db
def test_the_table_has_typed_numbers_that_read_as_on_the_page(client):
    study = load_demo()
    book = fetch(client, study, CROSSTAB)
    sheet = book["Cross-tabulation"]
    assert values(sheet)[1] == ["Code", "Returnee", "Migrant", "Institutional actor", "All", "Coded segments"]
    assert values(sheet)[2] == ["n", 5, 4, 3, 12, 251]
    [row] = [row for row in sheet.iter_rows() if row[0].value == "Brokerage doubted"]
    assert [cell.value for cell in row] == ["Brokerage doubted", 4, 3, 1, 8, 13]
    assert row[1].number_format == '0" of 5"'
    assert (row[0].alignment.indent, row[0].alignment.horizontal) == (1, "left")
    percent = fetch(client, study, CROSSTAB, show="percent")["Cross-tabulation"]
    [row] = [row for row in percent.iter_rows() if row[0].value == "Brokerage doubted"]
    assert (row[1].value, row[1].number_format) == (0.8, "0%")
    assert (row[3].value, row[3].number_format) == (1, '0" of 3"')


@pytest.mark.django_db
def test_a_sheet_says_what_was_asked(client):
    study = load_demo()
    last = study.last_event_id()
    book = fetch(client, study, CROSSTAB, coder="coder_a", where="founder:yes")
    said = dict(values(book["Query"])[1:])
    assert said["Table"] == "Codes by respondent type"
    assert said["Counted"].startswith("Respondents: ")
    assert said["Of whom"] == "5 respondents with a transcript (Returnee: 4, Institutional actor: 1)"
    assert said["Coders"] == "coder_a"
    assert said["Filters"] == "Founder: Yes"
    assert f"change {last} " in said["Data"]
    assert said["Taken"]


@pytest.mark.django_db
def test_a_restricted_passage_is_missing_and_the_file_says_that_it_was_withheld(client):
    """The seventh acceptance question, for the workbook."""
    study = load_demo()
    transcript = study.transcripts.get(title__startswith="RET04")
    segment = transcript.segments.filter(coded_segments__isnull=False).order_by("start").first()
    restrict(transcript.pk, make_lead(study), segment.start, segment.end, revision=transcript.revision)
    book = fetch(client, study, SEGMENTS)
    header, *rows = values(book["Coded segments"])
    assert segment.quote not in {row[header.index("quote")] for row in rows}
    withheld = {row[header.index("segment_id")] for row in rows if row[header.index("withheld")] == "yes"}
    assert segment.pk in withheld
    assert dict(values(book["Query"])[1:])["Withheld"].startswith(f"{len(withheld)} segment")


@pytest.mark.django_db
def test_the_workbook_of_codes_that_meet_has_the_numbers_of_its_csv(client):
    study = load_demo()
    address = {"codes": "all", "how": "overlap"}
    book = fetch(client, study, "coding:export-cooccurrence-xlsx", **address)
    assert book.sheetnames == ["Co-occurrence", "Coefficient", "Pairs", "Query"]
    lines = csv.reader(
        io.StringIO(
            b"".join(client.get(reverse("coding:export-cooccurrence", args=[study.slug]), address)).decode(
                "utf-8-sig"
            )
        )
    )
    header, *wanted = [[cell.removeprefix("'") for cell in line] for line in lines]
    pairs = values(book["Pairs"])
    assert pairs[0] == header
    assert [["" if cell is None else str(cell) for cell in row] for row in pairs[1:]] == [
        [*row[:7], str(float(row[7])) if "." in row[7] and float(row[7]) else "0", *row[8:]] for row in wanted
    ]
    by_pair = {(row[2], row[3]): row for row in wanted}
    for sheet, column in (("Co-occurrence", 6), ("Coefficient", 7)):
        head, *rows = values(book[sheet])
        paths = [row[0] for row in rows]
        assert head[2:] == [path.split(" > ")[-1] for path in paths]
        for i, row in enumerate(rows):
            assert row[2 + i] is None  # a code does not meet itself
            met = {(row[0], other): n for other, n in zip(paths, row[2:], strict=True) if other != row[0]}
            assert all(n == pytest.approx(float(by_pair[pair][column]), abs=5e-5) for pair, n in met.items())
            assert len(met) == len(rows) - 1
    told = dict(values(book["Query"])[1:])
    assert "c ÷ (n₁ + n₂ − c)" in told["Coefficient"]
    assert told["Codes meet by"].startswith("Overlap: ")


@pytest.mark.django_db
def test_numbers_of_too_few_respondents_are_marked_where_codes_meet(client):
    study = make_study(least_group=3)
    person = make_respondent(study)
    transcript = make_transcript(respondent=person)
    one, other = make_code(study, "=One"), make_code(study, "二")
    for code in (one, other):
        make_coded_segment(transcript, code, start=0, end=8, respondent=person)
    sheet = fetch(client, study, "coding:export-cooccurrence-xlsx", how="respondent")["Co-occurrence"]
    assert values(sheet)[1:] == [["=One", 1, None, 1], ["二", 1, 1, None]]
    assert sheet["A2"].data_type == "s"
    assert sheet["D2"].font.i
