"""What can take the columns of a table, and who was asked."""

import csv
import io

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from coding.analysis.classes import class_key, class_of, period_of, round_limits
from coding.analysis.faces import face, heat
from coding.columns import Unclear, limits_from
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


@settings(deadline=None)
@given(
    st.lists(st.integers(-(10**6), 10**6).map(lambda n: n / 100), min_size=1, max_size=30), st.integers(3, 6)
)
def test_classes_have_round_limits_and_hold_every_number_once(values, classes):
    limits = round_limits(values, classes)
    assert limits == sorted(set(limits))
    assert len(limits) <= classes
    for value in values:
        number = class_of(limits, value)
        assert number == 0 or limits[number - 1] <= value
        assert number == len(limits) or value < limits[number]


def test_limits_are_multiples_of_round_numbers():
    assert round_limits([0, 5, 6, 7, 9, 11, 12, 13, 14, 17, 18], 4) == [5, 10, 15]
    assert round_limits([0.1, 0.9], 4) == [0.2, 0.4, 0.6, 0.8]
    assert round_limits([7, 7], 4) == round_limits([], 4) == []
    assert [class_key([5, 10], number) for number in range(3)] == ["..5", "5..10", "10.."]


@pytest.mark.parametrize(
    ("value", "period", "found"),
    [
        ("2006-04-05", "decade", "2000s"),
        ("2006-04-05", "year", "2006"),
        ("2006-04-05", "quarter", "2006-Q2"),
        ("2006-12", "quarter", "2006-Q4"),
        ("2006-04-05", "month", "2006-04"),
        ("2006", "year", "2006"),
        ("2006", "month", None),
        ("2006-13-01", "month", None),
        ("spring", "year", None),
    ],
)
def test_dates_are_put_into_periods(value, period, found):
    assert period_of(value, period) == found


def test_limits_are_read_as_a_person_writes_them():
    assert limits_from("10; 5,7.5") == (5, 7.5, 10)
    for wrong in ("five", "1e400", "nan", "1,nan,5", "inf", "-1e13"):
        with pytest.raises(Unclear, match="no limits"):
            limits_from(wrong)
    with pytest.raises(Unclear, match="at most 12"):
        limits_from(",".join(map(str, range(20))))


def shown(n, base, show, **more):
    return face(n, base, show, **{"total": 6, "total_base": 12, "based": True, **more})


def test_shares_of_few_are_said_in_numbers():
    assert shown(2, 3, "percent")[:3] == ("of", 2, 3)
    assert shown(4, 5, "percent").value == 80
    assert shown(2, 3, "row", total=3).kind == "of"
    assert shown(2, 3, "row", total=8).value == 25


def test_the_expected_is_that_of_equal_shares():
    assert shown(4, 5, "deviation").value == 4 - 6 * 5 / 12
    assert shown(0, 0, "deviation", total=0, total_base=0).kind == "nothing"


def test_not_asked_is_not_zero():
    assert shown(0, 0, "n", asked=False).kind == "not asked"
    assert shown(0, 3, "n").kind == "of"
    volunteered = shown(0, 0, "n", asked=False, beside=1)
    assert (volunteered.kind, volunteered.beside) == ("of", 1)


def test_few_have_no_shade():
    assert [heat(n, 4) for n in range(5)] == [0, 1, 2, 3, 4]
    assert heat(2, 2) is None
    assert heat(5, 4) == 4


@pytest.fixture
def study(db):
    """Two returnees and a migrant; only returnees were asked of "Founding"."""
    study = make_study()
    returnee, migrant = make_type(study, "Returnee"), make_type(study, "Migrant")
    make_attribute(study, "Age", kind="number")
    make_attribute(study, "Out", kind="date")
    make_attribute(study, "Founder", kind="yes_no")
    people = [
        make_respondent(study, "Wenbo", returnee, age=41, out="1994-08-20", founder=True),
        make_respondent(study, "Lihua", returnee, age=35, out="1998-01-02", founder=False),
        make_respondent(study, "Haoran", migrant, age=38.5, out="spring"),
    ]
    top = make_code(study, "Entrepreneurship")
    founding = make_code(name="Founding", parent=top)
    top.asked_of.set([returnee])
    founding.asked_of.set([returnee])
    ties = make_code(study, "Ties")
    anna, ben = make_coder(study), make_coder(study)
    talks = [make_transcript(respondent=who, title=who.pseudonym) for who in people]
    make_coded_segment(talks[0], founding, anna, 0, 5, respondent=people[0])
    make_coded_segment(talks[2], founding, ben, 0, 5, respondent=people[2])
    make_coded_segment(talks[1], ties, anna, 0, 5, respondent=people[1])
    study.coders_made = anna, ben
    return study


def ask(client, study, status=200, **params):
    client.force_login(make_reader(study))
    answer = client.get(f"/api/studies/{study.slug}/crosstab/", params)
    assert answer.status_code == status
    return answer.json()


def cells(answer, name):
    return next(row for row in answer["rows"] if row["name"] == name)


@pytest.mark.parametrize(
    ("params", "columns"),
    [
        (
            {"by": "age", "limits": "36,40"},
            [("..36", "under 36", 1), ("36..40", "36 to under 40", 1), ("40..", "40 and more", 1)],
        ),
        (
            {"by": "age", "group": "3"},
            [("..36", "under 36", 1), ("38..40", "38 to under 40", 1), ("40..", "40 and more", 1)],
        ),
        ({"by": "out", "group": "decade"}, [("1990s", "1990s", 2), ("?", "Not a date", 1)]),
        ({"by": "respondent"}, [None, None, None]),
        ({"by": "transcript"}, [None, None, None]),
        ({"by": "coder"}, [None, None]),
        (
            {"across": "founder"},
            [("returnee|yes", "Yes", 1), ("returnee|no", "No", 1), ("migrant|", "No value", 1)],
        ),
    ],
)
def test_anything_can_take_the_columns(client, study, params, columns):
    answer = ask(client, study, **params)
    found = [(c["key"], c["label"], c["n"]) for c in answer["columns"]]
    assert len(found) == len(columns)
    if columns[0]:
        assert found == columns
    assert sum(cells(answer, "Ties")["cells"]) == 1


def test_a_coders_column_is_of_those_the_coder_has_coded(client, study):
    anna, ben = study.coders_made
    answer = ask(client, study, by="coder")
    assert [(c["key"], c["n"]) for c in answer["columns"]] == sorted([(anna.username, 2), (ben.username, 1)])
    assert answer["n"] == 3


def test_mentioned_asked_and_volunteered_are_told_apart_by_the_api(client, study):
    row = cells(ask(client, study), "Entrepreneurship")
    assert (row["cells"], row["asked"], row["bases"], row["beside"]) == ([1, 1], [2, 0], [2, 0], [0, 1])
    row = cells(ask(client, study, count="segments"), "Entrepreneurship")
    assert (row["cells"], row["asked"]) == ([1, 1], [2, 0])


def test_the_page_and_the_files_show_who_was_not_asked(client, study):
    study.codes.get(name="Founding").coded_segments.filter(respondent__pseudonym="Haoran").delete()
    client.force_login(make_lead(study))
    page = client.get(reverse("coding:query", args=[study.slug])).content.decode()
    assert page.count('data-heat="none"') == 2
    assert "not asked</span>" in page
    answer = client.get(reverse("coding:export-crosstab", args=[study.slug]))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    found = {(row["code"], row["level"]): row for row in rows}
    assert found["Founding", "own"]["migrant"] == "–"
    assert found["Founding", "asked"]["returnee"] == "2"
    assert found["Ties", "own"]["migrant"] == "0"
    assert ("Ties", "asked") not in found


def test_a_cell_of_a_coder_a_transcript_or_a_crossed_column_opens_its_passages(client, study):
    client.force_login(make_reader(study))
    code = study.codes.get(name="Ties")
    for params, column in (
        ({"by": "coder"}, study.coders_made[0].username),
        ({"by": "transcript"}, str(study.transcripts.get(title="Lihua").pk)),
        ({"across": "founder"}, "returnee|no"),
        ({"by": "age", "limits": "36"}, "..36"),
    ):
        answer = client.get(
            reverse("coding:passages", args=[study.slug]), {**params, "cell": f"{code.pk},{column}"}
        )
        assert "1 coded segment" in answer.content.decode(), params


@pytest.mark.parametrize(
    "params",
    [
        {"by": "age", "group": "99"},
        {"by": "age", "limits": "x"},
        {"across": "shoe_size"},
        {"across": "respondent_type"},
        {"by": "coder", "across": "founder"},
        {"across": "transcript"},
    ],
)
def test_columns_that_cannot_be_are_refused_in_a_sentence(client, study, params):
    assert ask(client, study, 422, **params)["detail"]


def test_tests_are_done_only_where_asked_for_and_say_their_conditions(client, study):
    client.force_login(make_reader(study))
    address = reverse("coding:query", args=[study.slug])
    assert "Fisher" not in client.get(address).content.decode()
    page = client.get(address, {"test": "yes"}).content.decode()
    assert "The unit is the respondent, never the segment" in page
    assert page.count('<td class="num p">') == 3
    for params in ({"count": "segments"}, {"by": "coder"}, {"by": "respondent"}):
        assert "Fisher" not in client.get(address, {"test": "yes", **params}).content.decode()


@pytest.mark.django_db
def test_an_attribute_with_a_name_of_ours_can_take_the_columns(client):
    study = make_study()
    make_attribute(study, "Coder", kind="yes_no")
    make_transcript(respondent=make_respondent(study, coder=True))
    assert [c["label"] for c in ask(client, study, by="attribute_coder")["columns"]] == ["Yes"]
