"""The pictures: where their marks stand, the numbers beside them, and who may take them along."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from coding.analysis import pictures
from coding.analysis.pictures import Lane
from coding.colours import HEX, as_hex, styles_on_paper
from coding.demo import load_demo
from coding.models import CodedSegment
from tests.factories import (
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

RED, BLUE = Lane("Team return", "hue-red"), Lane("老𬭎", "hue-blue")
stretches = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 99)).map(sorted).map(lambda p: (p[0], p[1] + 1)), max_size=8
)


@settings(deadline=None)
@given(stretches, st.integers(1, 60))
def test_a_strip_marks_exactly_the_pixels_that_some_coded_sign_falls_on(ranges, width):
    marked = {pixel for x, wide in pictures.runs(ranges, 100, width) for pixel in range(x, x + wide)}
    signs = {sign for start, end in ranges for sign in range(start, end)}
    touched = {
        pixel
        for pixel in range(width)
        if any(sign * width < (pixel + 1) * 100 and (sign + 1) * width > pixel * 100 for sign in signs)
    }
    assert marked == touched
    assert sum(wide for _x, wide in pictures.runs(ranges, 100, width)) == len(marked)


@settings(deadline=None)
@given(stretches)
def test_covered_signs_are_counted_once(ranges):
    assert pictures.covered(ranges) == len({i for start, end in ranges for i in range(start, end)})


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.integers(0, 3)), max_size=8))
def test_a_sign_counts_for_the_first_day_on_which_it_was_coded(found):
    segments = [(start, start + long, date(2006, 4, 1) + timedelta(day)) for start, long, day in found]
    first = {}
    for start, end, day in segments:
        for sign in range(start, end):
            first[sign] = min(first.get(sign, day), day)
    counted = pictures.first_covered(segments)
    assert counted == {day: list(first.values()).count(day) for day in {*first.values()}}


def test_a_strip_shows_where_and_its_table_how_much():
    picture = pictures.strips([("RET01", 770, {0: [(0, 77)], 1: [(385, 770)]})], [RED, BLUE], ["Transcript"])
    assert picture.table == (["Transcript", "Team return", "老𬭎"], [["RET01", "10.0", "50.0"]])
    marks = [(r.x, r.width, r.look) for r in picture.rects if r.tip]
    assert marks == [(190, 77, "hue-red"), (575, 385, "hue-blue")]


def test_bars_stand_end_to_end_and_the_longest_fills_the_room():
    picture = pictures.bars(
        [("Returnee", [("Wenbo", [3, 1]), ("Lihua", [0, 2])])], [RED, BLUE], ["R", "T", "N"]
    )
    assert picture.table == (
        ["R", "T", "Team return", "老𬭎", "N"],
        [["Wenbo", "Returnee", 3, 1, 4], ["Lihua", "Returnee", 0, 2, 2]],
    )
    marks = [(r.x, r.width) for r in picture.rects if r.tip]
    full = pictures.WIDTH - 190 - 56
    assert marks == [(190, full * 3 / 4), (190 + full * 3 / 4, full / 4), (190, full / 2)]


def test_shares_say_of_how_many_and_mark_who_was_not_asked():
    picture = pictures.shares([("A", 5), ("B", 0)], [(RED, 0, [(4, 5), None])], "{n} of {base}", ["Code"])
    assert picture.table.rows == [["Team return", "4 of 5", "–"]]
    assert [word.text for word in picture.words][-2:] == ["4 of 5", "–"]


def test_steps_carry_what_was_reached_from_day_to_day():
    first, third = date(2006, 4, 1), date(2006, 4, 3)
    panels = [("Transcripts", 12, [(first, 2), (third, 5)]), ("Codes", 37, [(third, 1)])]
    picture = pictures.steps(panels, ["Day"])
    assert picture.table.rows == [["2006-04-01", 2, 0], ["2006-04-03", 5, 1]]
    assert len(picture.traces) == 2


def test_long_names_are_cut_to_their_room():
    assert pictures.fitted("Wenbo", 200) == "Wenbo"
    cut = pictures.fitted("王" * 40, 100)
    assert cut.endswith("…")
    assert pictures.text_width(cut) <= 100


def test_colours_in_files_are_those_of_the_page():
    assert as_hex(0.55, 0.112, 256) == HEX["blue"]
    sheet = styles_on_paper()
    for name, colour in HEX.items():
        assert f".hue-{name}{{fill:{colour}}}" in sheet
    assert ".hue-jade.shade-5{fill:#" in sheet


NAMES = ("strips", "respondents", "types", "time")
pytest_django = pytest.mark.django_db


def get(client, study, address="coding:pictures", status=200, **params):
    answer = client.get(reverse(address, args=[study.slug]), params)
    assert answer.status_code == status
    return answer


@pytest_django
@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_a_title_and_its_numbers_as_a_table(client, name):
    study = make_study()
    who = make_respondent(study, respondent_type=make_type(study))
    make_coded_segment(make_transcript(respondent=who), make_code(study), respondent=who)
    client.force_login(make_reader(study))
    page = get(client, study, picture=name).content.decode()
    svg = page[page.index("<svg xmlns") : page.index("</svg>", page.index("<svg xmlns")) + 6]
    drawn = etree.fromstring(svg)
    assert drawn.get("role") == "img"
    assert [child.tag.rpartition("}")[2] for child in drawn[:2]] == ["title", "desc"]
    assert "style=" not in svg
    assert '<table class="table">' in page
    assert "export/picture.svg" not in page


@pytest_django
def test_the_pictures_show_the_demo_studys_numbers(client):
    study = load_demo()
    client.force_login(make_reader(study))
    rows = get(client, study, picture="respondents").context["picture"].table.rows
    assert sum(row[-1] for row in rows) == 251
    assert (
        next(row for row in rows if row[0] == "Wenbo")[-1]
        == study.transcripts.get(respondent__pseudonym="Wenbo")
        .segments.filter(respondent__pseudonym="Wenbo")
        .values("coded_segments")
        .count()
    )
    rows = get(client, study, picture="types").context["picture"].table.rows
    assert ["Brokerage doubted", "4 of 5", "3 of 4", "1 of 3"] in rows
    assert [row[1:3] for row in get(client, study, picture="time").context["picture"].table.rows] == [
        [12, 36]
    ]


@pytest_django
def test_a_code_asked_for_has_its_children_as_lanes_and_filters_hold(client):
    study = load_demo()
    client.force_login(make_reader(study))
    code = study.codes.get(name="Team return")
    picture = get(client, study, code=code.pk, respondent_type="returnee").context["picture"]
    assert picture.table.header == [
        "Transcript",
        "Team return",
        "Team formation",
        "Collective decision",
        "Solo return",
        "Team break-up",
    ]
    assert [row[0][:3] for row in picture.table.rows] == ["RET"] * 5


@pytest_django
def test_types_that_were_not_asked_are_marked(client):
    study = make_study()
    kinds = [make_type(study, name) for name in ("Returnee", "Migrant")]
    code = make_code(study, "Founding")
    code.asked_of.set(kinds[:1])
    for kind in kinds:
        make_transcript(respondent=make_respondent(study, respondent_type=kind))
    client.force_login(make_reader(study))
    assert get(client, study, picture="types").context["picture"].table.rows == [["Founding", "0 of 1", "–"]]


@pytest_django
def test_days_of_coding_are_told_apart(client):
    study = make_study()
    who = make_respondent(study, respondent_type=make_type(study))
    transcript = make_transcript(respondent=who, text="x" * 100, turns=[])
    code, coder = make_code(study), make_coder(study)
    for day, (start, end) in enumerate([(0, 20), (10, 40)], start=1):
        made = make_coded_segment(transcript, code, coder, start, end, respondent=who)
        CodedSegment.objects.filter(pk=made.pk).update(created_at=datetime(2006, 4, day, 12, tzinfo=UTC))
    client.force_login(make_reader(study))
    rows = get(client, study, picture="time").context["picture"].table.rows
    assert rows == [["2006-04-01", 1, 1, 20.0], ["2006-04-02", 1, 1, 40.0]]


@pytest_django
@pytest.mark.parametrize("name", NAMES)
def test_an_empty_study_has_nothing_to_draw(client, name):
    study = make_study()
    client.force_login(make_reader(study))
    assert "There is nothing to draw" in get(client, study, picture=name).content.decode()


@pytest_django
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_taken_along_with_its_colours_and_noted(client, name):
    study = make_study()
    code = make_code(study, "<b>&老𬭎")
    who = make_respondent(study, "</text>", make_type(study))
    make_coded_segment(make_transcript(respondent=who, title="<script>"), code, respondent=who)
    client.force_login(make_lead(study))
    answer = get(client, study, "coding:picture", picture=name)
    assert answer["Content-Type"] == "image/svg+xml"
    svg = etree.fromstring(answer.content)
    assert ".hue-blue{fill:#4373b2}" in svg.findtext(".//{*}style")
    assert not svg.findall(".//{*}script")
    assert study.events.get(action="export").after["noted:export"]["file"] == "picture.svg"


@pytest_django
@pytest.mark.parametrize(
    ("address", "user"), [("coding:pictures", make_reader), ("coding:picture", make_lead)]
)
def test_what_cannot_be_drawn_says_so(client, address, user):
    study = make_study()
    client.force_login(user(study))
    assert "nobody" in get(client, study, address, 400, coder="nobody").content.decode()


@pytest_django
@pytest.mark.parametrize(
    ("name", "queries"), [("strips", 15), ("respondents", 14), ("types", 15), ("time", 17)]
)
def test_a_picture_takes_the_same_queries_whatever_its_size(client, django_assert_num_queries, name, queries):
    study, reader = make_study(), None
    kind, coder = make_type(study), make_coder(study)
    reader = make_reader(study)
    for _ in range(2):
        parent = make_code(study)
        for _ in range(3):
            who = make_respondent(study, respondent_type=kind)
            make_coded_segment(
                make_transcript(respondent=who), make_code(parent=parent), coder, respondent=who
            )
        client.force_login(reader)
        cache.clear()
        with django_assert_num_queries(queries):
            get(client, study, picture=name)


@pytest.mark.parametrize(
    ("last", "unit", "expected"),
    [
        (date(2006, 4, 7), "day", [(date(2006, 4, 5), 2), (date(2006, 4, 7), 5)]),
        (date(2006, 11, 2), "week", [(date(2006, 4, 3), 2), (date(2006, 10, 30), 5)]),
        (date(2009, 1, 31), "month", [(date(2006, 4, 1), 2), (date(2009, 1, 1), 5)]),
    ],
)
def test_time_is_told_apart_as_finely_as_it_is_long(last, unit, expected):
    by_day = {date(2006, 4, 5): 2, last: 3}
    found, period_of = pictures.periods(by_day)
    assert found == unit
    assert pictures.summed(by_day, period_of) == expected


@pytest.mark.django_db
def test_years_of_coding_are_drawn_by_months(client):
    study = make_study()
    coder = make_coder(study)
    for year in (2004, 2006):
        coded = make_coded_segment(make_transcript(study), make_code(study), coder)
        CodedSegment.objects.filter(pk=coded.pk).update(created_at=datetime(year, 5, 20, tzinfo=UTC))
    client.force_login(coder)
    page = client.get(reverse("coding:pictures", args=[study.slug]), {"picture": "time"}).content.decode()
    assert "Month from" in page and "2004-05-01" in page and "2006-05-01" in page
