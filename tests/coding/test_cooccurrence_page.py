"""The page Co-occurrence: its matrix opens what it counts, its picture has its numbers."""

import csv
import io
import re
from html import unescape

import pytest
from django.core.cache import cache
from django.urls import reverse

from coding import cooccurrence
from coding.demo import load_demo
from coding.models import CodedSegment
from coding.queries.frame import frame_of
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_user,
)

pytestmark = pytest.mark.django_db


def open_page(client, study, name="coding:cooccurrence", status=200, **params):
    answer = client.get(reverse(name, args=[study.slug]), params)
    assert answer.status_code == status
    return answer


def text(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def recount(study, how, heads):
    """By looking at every pair of rows."""
    frame = frame_of(study)
    place = {below: head for head in heads for below in frame.subtree(head)}
    rows = CodedSegment.objects.select_related("content_object__transcript")
    passages = {
        (
            row.content_object.transcript_id,
            row.content_object.start,
            row.content_object.end,
            place[row.tag_id],
        )
        for row in rows
    }
    people = {}
    for row in rows:
        people.setdefault(place[row.tag_id], set()).add(row.respondent_id)
    turns = {}
    for row in rows:
        segment = row.content_object
        for number, turn in enumerate(segment.transcript.turns):
            if segment.start < turn["end"] and turn["start"] < segment.end:
                turns.setdefault(place[row.tag_id], set()).add((segment.transcript_id, number))
    found = {}
    for one in heads:
        for other in heads:
            pairs = [
                (a, b) for a in passages for b in passages if a[3] == one and b[3] == other and a[0] == b[0]
            ]
            found[one, other] = {
                "overlap": sum(a[1] < b[2] and b[1] < a[2] for a, b in pairs),
                "nesting": sum(a[1] <= b[1] and b[2] <= a[2] for a, b in pairs),
                "turn": len(turns.get(one, set()) & turns.get(other, set())),
                "respondent": len(people.get(one, set()) & people.get(other, set()) - {None}),
            }[how]
    return found


@pytest.mark.parametrize("how", cooccurrence.HOWS)
def test_the_demo_studys_families_meet_as_often_as_every_pair_of_rows_says(client, how):
    study = load_demo()
    client.force_login(study.memberships.get(user__username="lead").user)
    answer = open_page(client, study, "coding:export-cooccurrence", how=how)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    heads = {code.name: code.pk for code in study.codes.filter(parent=None)}
    expected = recount(study, how, list(heads.values()))
    assert len(rows) == 7 * 6
    for row in rows:
        assert int(row["c"]) == expected[heads[row["code"]], heads[row["other_code"]]], row
    assert any(int(row["c"]) for row in rows)


def test_a_cell_leads_to_the_passages_behind_it(client):
    study = load_demo()
    client.force_login(make_reader(study))
    page = open_page(client, study).content.decode()
    addresses = [unescape(each) for each in re.findall(r'<a class="cell" href="([^"]+)"', page)]
    assert addresses
    for address in addresses[:6]:
        answer = client.get(address)
        assert answer.status_code == 200
        assert '<span class="words">' in answer.content.decode()


def test_the_matrix_says_its_formula_and_shows_the_coefficient(client):
    study = make_study()
    transcript = make_transcript(study)
    one, other = make_code(study, "One"), make_code(study, "Other")
    coder = make_coder(study)
    make_coded_segment(transcript, one, coder, 0, 10)
    make_coded_segment(transcript, other, coder, 5, 8)
    make_coded_segment(transcript, other, make_coder(study), 5, 8)
    client.force_login(make_reader(study))
    page = text(open_page(client, study, show="coefficient"))
    assert "c ÷ (n₁ + n₂ − c)" in page
    assert "One and Other: 1, 1.00" in page
    assert "One and Other: 1, 1 " in text(open_page(client, study, how="turn"))


@pytest.mark.parametrize(
    "params",
    [
        {"how": "magic"},
        {"codes": "some"},
        {"show": "x"},
        {"least": "-1"},
        {"least": "9" * 40},
        {"code": "999"},
    ],
)
def test_a_table_that_cannot_be_shown_says_so(client, params):
    study = make_study()
    client.force_login(make_reader(study))
    assert "This cannot be shown" in text(open_page(client, study, status=400, **params))


def test_more_codes_than_a_table_or_a_picture_holds_are_refused(client, monkeypatch):
    study = make_study()
    coded = [make_code(study) for _ in range(4)]
    make_coded_segment(make_transcript(study), coded[0])
    client.force_login(make_lead(study))
    monkeypatch.setattr(cooccurrence, "MOST_DRAWN", 3)
    assert "has room for 3 codes" in text(open_page(client, study))
    open_page(client, study, "coding:network", status=400)
    monkeypatch.setattr(cooccurrence, "MOST_CODES", 3)
    assert "4 codes are too many" in text(open_page(client, study, status=400))


def test_an_empty_study_says_what_to_do(client):
    study = make_study()
    client.force_login(make_reader(study))
    assert "Nothing is coded yet" in text(open_page(client, study))


def test_the_network_is_a_file_and_the_history_tells_who_took_it(client):
    study = load_demo()
    client.force_login(study.memberships.get(user__username="lead").user)
    answer = open_page(client, study, "coding:network", codes="all", how="turn")
    assert answer["Content-Type"] == "image/svg+xml"
    assert b"<title" in answer.content and b"Team formation" in answer.content
    open_page(client, study, "coding:export-cooccurrence")
    history = text(client.get(reverse("interviews:history", args=[study.slug])))
    assert "exported the co-occurrence of codes as CSV" in history


@pytest.mark.parametrize("name", ["coding:cooccurrence", "coding:export-cooccurrence", "coding:network"])
def test_strangers_find_nothing(client, name):
    client.force_login(make_user())
    open_page(client, make_study(), name, status=404)


def test_the_page_takes_the_same_queries_whatever_its_size(client, django_assert_num_queries):
    study = make_study()
    coder, reader = make_coder(study), make_reader(study)
    client.force_login(reader)
    for _ in range(2):
        for _ in range(3):
            who = make_respondent(study)
            make_coded_segment(make_transcript(respondent=who), make_code(study), coder, respondent=who)
        cache.clear()
        with django_assert_num_queries(15):
            open_page(client, study, codes="all")
