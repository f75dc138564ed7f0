"""Combinations that describe too few people."""

import csv
import io
import re
from collections import Counter

import pytest
from django.core.cache import cache
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from coding import results
from coding.analysis.guard import small_groups
from coding.models import CodedSegment
from interviews import history
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)


def test_a_combination_that_fewer_share_than_the_least_is_named_with_how_many():
    described = {
        1: ("Returnee", "Suzhou"),
        2: ("Returnee", "Suzhou"),
        3: ("Returnee", "Boston"),
        4: ("Migrant", ""),
    }
    assert small_groups(described, [1, 3], 2) == [(("Returnee", "Boston"), 1)]
    assert small_groups(described, [1, 2, 3, 4], 1) == []


@given(
    st.dictionaries(st.integers(0, 9), st.tuples(st.sampled_from("ab"), st.sampled_from("xy"))),
    st.integers(0, 4),
)
def test_nobody_shown_in_a_small_group_is_missed(described, least):
    many = Counter(described.values())
    named = {values for values, _many in small_groups(described, described, least)}
    assert named == {values for values in described.values() if many[values] < least}


@pytest.fixture
def study(db):
    """Three returnees in Suzhou; a returnee and a migrant in Boston. All but the migrant speak of "Trust"."""
    study = make_study()
    returnee, migrant = make_type(study, "Returnee"), make_type(study, "Migrant")
    make_attribute(study, "City")
    code, other, coder = make_code(study, "Trust"), make_code(study, "Visa"), make_coder(study)
    for number, (kind, city) in enumerate(
        [(returnee, "Suzhou")] * 3 + [(returnee, "Boston"), (migrant, "Boston")]
    ):
        who = make_respondent(study, f"P{number}", kind, city=city)
        transcript = make_transcript(respondent=who, title=f"T{number}")
        make_coded_segment(transcript, other if kind == migrant else code, coder, respondent=who)
    return study


def rows_of(client, study, name, **params):
    client.force_login(make_lead(study))
    answer = client.get(reverse(name, args=[study.slug]), params)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def page_of(client, study, name="coding:take-out", **params):
    client.force_login(make_lead(study))
    return re.sub(r"\s+", " ", client.get(reverse(name, args=[study.slug]), params).content.decode())


FILES = ["coding:export-coded-segments", "coding:export-matrix"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("asked", "shown", "small"),
    [
        ({"attribute": ""}, [], set()),
        ({"attribute": "respondent_type"}, ["respondent_type"], {"P4"}),
        ({"attribute": "city"}, ["city"], {"P3", "P4"}),
        ({}, ["respondent_type", "city"], {"P3", "P4"}),
        ({"attribute": "", "where": "city:Boston"}, [], {"P3", "P4"}),
        ({"attribute": "", "where": "city:Suzhou"}, [], set()),
    ],
)
def test_a_file_says_what_was_chosen_and_marks_whom_it_may_make_known(
    client, study, name, asked, shown, small
):
    rows = rows_of(client, study, name, **asked)
    assert [key for key in rows[0] if key in ("respondent_type", "city")] == shown
    assert {row["respondent"] for row in rows if row["small_group"]} == small


@pytest.mark.parametrize("file", ["coded-segments", "matrix"])
def test_before_a_file_leaves_the_page_warns_of_what_is_chosen(client, study, file):
    page = page_of(client, study, file=file)
    assert 'value="respondent_type" checked' in page and 'value="city" checked' not in page
    assert "<li>Migrant: 1</li>" in page
    page = page_of(client, study, file=file, attribute=["respondent_type", "city"])
    assert "<li>Migrant, Boston: 1</li>" in page and "<li>Returnee, Boston: 1</li>" in page
    assert "Suzhou" not in page
    assert "shared by at least 3 respondents" in page_of(client, study, file=file, attribute="")
    assert "City: Boston" in page_of(client, study, file=file, where="city:Boston")


def test_the_page_keeps_the_question_and_refuses_one_that_is_unclear(client, study):
    page = page_of(client, study, where="city:Suzhou", count="segments")
    assert '<input type="hidden" name="where" value="city:Suzhou">' in page
    client.force_login(make_lead(study))
    answer = client.get(reverse("coding:take-out", args=[study.slug]), {"where": "x:1"})
    assert answer.status_code == 400 and "no attribute" in answer.content.decode()


@pytest.mark.parametrize("count", ["respondents", "segments", "words"])
def test_a_table_marks_columns_and_cells_behind_which_too_few_stand(client, study, count):
    rows = rows_of(client, study, "coding:export-crosstab", by="city", count=count)
    small = {(row["code"], row["level"]): row["small_cells"] for row in rows}
    assert small["", "n"] == "Boston"
    assert small["Trust", "own"] == "Boston" and small["Visa", "own"] == "Boston"
    by_type = rows_of(client, study, "coding:export-crosstab", count=count)
    assert {row["small_cells"] for row in by_type if row["code"] == "Trust"} == {""}


def test_the_workbook_of_a_table_says_and_marks_them(client, study):
    client.force_login(make_lead(study))
    answer = client.get(reverse("coding:export-crosstab-xlsx", args=[study.slug]), {"by": "city"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    said = {row[0].value: row[1].value for row in book["Query"].iter_rows()}
    assert said["Small groups"] == "fewer than 3 respondents of the study share: Boston (2)"
    assert "underlined italics" in said["Marked"]
    marked = {
        (row[0].value, cell.value)
        for row in book["Cross-tabulation"].iter_rows()
        for cell in row
        if cell.font.i
    }
    assert marked == {("Code", "Boston"), ("Trust", 1), ("Visa", 1)}


def test_columns_that_are_people_are_not_marked_but_a_filter_is(client, study):
    asked = {"by": "respondent", "where": "city:Boston"}
    assert {row["small_cells"] for row in rows_of(client, study, "coding:export-crosstab", **asked)} == {""}
    assert "everybody in it (2)" in page_of(client, study, "coding:query", **asked)
    assert "May make respondents known" not in page_of(client, study, "coding:query", by="respondent")


@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [
        ("coding:picture", {"picture": "types"}, "Migrant (1)"),
        ("coding:picture", {"picture": "respondents"}, "Migrant (1)"),
        ("coding:picture", {"picture": "time", "where": "city:Boston"}, "everybody in it (2)"),
        ("coding:network", {"where": "city:Boston"}, "everybody in it (2)"),
    ],
)
def test_a_picture_says_whom_it_may_make_known(client, study, name, asked, told):
    assert f"fewer than 3 respondents of the study share: {told}" in page_of(client, study, name, **asked)


def test_a_report_marks_numbers_of_too_few_and_says_what_it_says(client, study):
    lead = make_lead(study)
    table = results.keep(study, lead, "Cities", "crosstab", "by=city", freeze=True)
    page = page_of(client, study, "coding:report", result=table.pk)
    assert "Cities: Boston: 2" in page and "1 of 2 *" in page
    assert "* Fewer than 3 respondents stand behind this number." in page
    assert "Said of respondents beside the pseudonym: Respondent type." in page
    file = page_of(client, study, "coding:report", result=table.pk, attribute="")
    assert "Said of respondents beside the pseudonym: nothing." in file


def test_a_frozen_table_is_marked_as_respondents_were_described_then(client, study):
    lead = make_lead(study)
    frozen = results.keep(study, lead, "Then", "crosstab", "by=city", freeze=True)
    now = results.keep(study, lead, "Now", "crosstab", "by=city", freeze=False)
    coder, code = make_coder(study), study.codes.get(name="Trust")
    for number in range(3):
        who = make_respondent(study, f"More {number}", study.respondent_types.first(), city="Boston")
        make_coded_segment(make_transcript(respondent=who), code, coder, respondent=who)
    history.record(study, lead, "edit-respondent", who, before={"x:1": {}}, after={})
    then = page_of(client, study, "coding:report", result=frozen.pk)
    assert "Then: Boston: 2" in then and "1 of 2 *" in then
    page = page_of(client, study, "coding:report", result=now.pk)
    assert "Boston: " not in page and "4 of 5 *" not in page and "4 of 5" in page


def test_a_table_of_the_codes_themselves_is_marked_by_these(client, study):
    lead, parent = make_lead(study), make_code(study, "Over Trust")
    code = study.codes.get(name="Trust")
    code.parent = parent
    code.save()
    for children, is_marked in (("yes", True), ("no", False)):
        table = results.keep(study, lead, children, "crosstab", f"by=city&children={children}", freeze=True)
        page = page_of(client, study, "coding:report", result=table.pk)
        row = page[page.index("Over Trust") :]
        assert ("1 of 2 *" in row[: row.index("</tr>")]) is is_marked


@pytest.mark.parametrize(
    ("asked", "small"),
    [
        ({}, {""}),
        ({"how": "respondent"}, {"yes"}),
        ({"where": "city:Boston"}, {"yes"}),
    ],
)
def test_codes_that_meet_in_too_few_are_marked(client, study, asked, small):
    trusted = CodedSegment.objects.filter(tag__name="Trust", respondent__pseudonym__in=["P1", "P3"])
    for each in trusted:
        visa = study.codes.get(name="Visa")
        make_coded_segment(each.content_object.transcript, visa, each.coder, respondent=each.respondent)
    rows = rows_of(client, study, "coding:export-cooccurrence", codes="all", **asked)
    assert {row["small_group"] for row in rows if row["c"] != "0"} == small


def test_the_history_tells_what_was_counted(client, study):
    for name, told in {
        "coding:export-crosstab": "count=words; by=city",
        "coding:export-cooccurrence": "how=overlap; codes=families",
        "coding:picture": "picture=strips",
        "coding:export-matrix": "count=words",
    }.items():
        client.force_login(make_lead(study))
        list(client.get(reverse(name, args=[study.slug]), {"count": "words", "by": "city"}))
        assert study.events.latest("pk").after["noted:export"]["filters"] == told


def test_the_history_tells_what_was_said_of_respondents(client, study):
    rows_of(client, study, FILES[0], attribute=["respondent_type", "city"])
    assert study.events.latest("pk").after["noted:export"]["filters"] == "attributes=respondent_type,city"


def test_the_page_takes_the_same_queries_whatever_the_study_holds(client, study, django_assert_num_queries):
    client.force_login(make_lead(study))
    kind = study.respondent_types.first()
    for number in range(2):
        who = make_respondent(study, f"More {number}", kind, city="Suzhou")
        make_coded_segment(make_transcript(respondent=who), study.codes.get(name="Trust"), respondent=who)
        cache.clear()
        with django_assert_num_queries(16):
            client.get(reverse("coding:take-out", args=[study.slug]))
