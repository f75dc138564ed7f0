"""The code by respondent matrix, and the table as a picture."""

import csv
import io

import pytest
from django.core.cache import cache
from django.urls import reverse
from lxml import etree
from openpyxl import load_workbook

from coding.models import CodedSegment
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

CSV, XLSX, SVG = "coding:export-matrix", "coding:export-matrix-xlsx", "coding:crosstab-picture"


@pytest.fixture
def study(db):
    """Wenbo speaks of "Founding" twice, by two coders once; Pu was not asked of it, and Lihua says nothing."""
    study = make_study()
    returnee, actor = make_type(study, "Returnee"), make_type(study, "Actor")
    make_attribute(study, "Founder", kind="yes_no")
    top = make_code(study, "Entrepreneurship")
    founding = make_code(name="=Founding 创业", parent=top)
    top.asked_of.set([returnee])
    founding.asked_of.set([returnee])
    make_code(study, "Ties")
    people = [
        make_respondent(study, "Wenbo", returnee, founder=True),
        make_respondent(study, "Lihua", returnee),
        make_respondent(study, "Pu", actor),
    ]
    transcripts = [make_transcript(respondent=who) for who in people]
    coder = make_coder(study)
    for by, start in ((coder, 0), (make_coder(study), 0), (coder, 33)):
        make_coded_segment(transcripts[0], founding, by, start, start + 17, respondent=people[0])
    return study


def rows_of(client, study, **params):
    client.force_login(make_lead(study))
    answer = client.get(reverse(CSV, args=[study.slug]), params)
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return {row["respondent"]: row for row in csv.DictReader(io.StringIO(content))}


@pytest.mark.parametrize(
    ("count", "number"), [("respondents", "1"), ("coded_segments", "3"), ("segments", "2"), ("words", "5")]
)
def test_each_respondent_is_a_row_and_who_was_not_asked_is_missing_not_zero(client, study, count, number):
    rows = rows_of(client, study, count=count)
    top, below = [name for name in rows["Wenbo"] if name.startswith("code_") and "ties" not in name]
    assert [rows["Wenbo"][top], rows["Wenbo"][below]] == [number, number]
    assert [rows["Lihua"][top], rows["Lihua"][below], rows["Lihua"]["code_ties"]] == ["0", "0", "0"]
    assert [rows["Pu"][top], rows["Pu"][below], rows["Pu"]["code_ties"]] == ["", "", "0"]
    assert (rows["Wenbo"]["founder"], rows["Lihua"]["founder"]) == ("yes", "")
    assert rows_of(client, study, count=count, children="no")["Wenbo"][top] == "0"


def test_the_workbook_reads_back_equal_and_says_which_code_a_column_is(client, study):
    client.force_login(make_lead(study))
    answer = client.get(reverse(XLSX, args=[study.slug]), {"count": "coded_segments"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    header, *rows = [[cell.value for cell in row] for row in book["Matrix"].iter_rows()]
    assert [row[0] for row in rows] == ["Lihua", "Pu", "Wenbo"]
    assert [row[5:] for row in rows] == [[0, 0, 0], [None, None, 0], [3, 3, 0]]
    codes = {row[0].value: row[2].value for row in book["Codes"].iter_rows(min_row=2)}
    assert list(codes) == header[5:]
    assert codes[header[6]] == "Entrepreneurship > =Founding 创业"
    assert "Of whom" in {row[0].value for row in book["Query"].iter_rows()}
    assert study.events.get(action="export").after["noted:export"]["file"] == "matrix.xlsx"


def test_more_respondents_than_a_table_has_columns_come_in_pages_and_all_in_the_file(client, study):
    kind, code = study.respondent_types.first(), study.codes.get(name="Ties")
    for number in range(40):
        who = make_respondent(study, f"Z{number:02}", kind)
        make_coded_segment(make_transcript(respondent=who), code, respondent=who)
    assert len(rows_of(client, study)) == 43
    page = client.get(reverse("coding:matrix", args=[study.slug]), {"page": "2"}).content.decode()
    assert "31–43 of 43 respondents" in page
    assert page.count('<th scope="col" class="num">') == 13


def test_the_page_tells_not_asked_from_zero(client, study):
    client.force_login(make_reader(study))
    page = client.get(reverse("coding:matrix", args=[study.slug])).content.decode()
    assert page.count('data-heat="none"') == 2
    assert "export/matrix" not in page


@pytest.mark.django_db
def test_a_study_without_respondents_says_so(client):
    study = make_study()
    client.force_login(make_reader(study))
    assert (
        "There is nobody to show" in client.get(reverse("coding:matrix", args=[study.slug])).content.decode()
    )


@pytest.mark.parametrize("name", [CSV, XLSX, SVG, "coding:matrix"])
def test_an_unknown_filter_is_refused_with_a_sentence(client, study, name):
    client.force_login(make_lead(study))
    answer = client.get(reverse(name, args=[study.slug]), {"coder": "nobody"})
    assert answer.status_code == 400
    assert "nobody" in answer.content.decode()


def test_the_matrix_takes_the_same_queries_whatever_its_size(client, study, django_assert_num_queries):
    client.force_login(make_reader(study))
    for number in range(2):
        who = make_respondent(study, f"More {number}", study.respondent_types.first())
        make_coded_segment(make_transcript(respondent=who), study.codes.get(name="Ties"), respondent=who)
        cache.clear()
        with django_assert_num_queries(15):
            client.get(reverse("coding:matrix", args=[study.slug]))


def test_the_table_is_a_picture_that_says_what_it_shows(client, study):
    client.force_login(make_lead(study))
    answer = client.get(reverse(SVG, args=[study.slug]))
    svg = etree.fromstring(answer.content)
    words = [text.text for text in svg.findall(".//{*}text")]
    assert "=Founding 创业" in words
    assert words[words.index("=Founding 创业") + 1 :][:3] == ["1 of 2", "–", "1 of 2"]
    assert any(text.startswith("Of whom: 3 respondents") for text in words)
    assert svg.findall('.//{*}rect[@class="unasked"]')
    assert not CodedSegment.objects.filter(respondent=None).exists()
