"""The page Co-occurrence: its matrix opens what it counts, its picture has its numbers."""

import csv
import io
import re
from html import unescape

import pytest
from django.core.cache import cache
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.urls import reverse

from coding import cooccurrence, pairs
from coding.demo import load_demo
from coding.models import CodedSegment
from coding.queries.frame import frame_of
from interviews.restricted import restrict
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


UNITS = {
    "overlap": "passages that overlap",
    "nesting": "passages, one within the other",
    "turn": "with both codes",
    "respondent": "with both codes",
}


@pytest.mark.parametrize("how", cooccurrence.HOWS)
@pytest.mark.parametrize(
    "asked",
    [{}, {"coder": "coder_a"}, {"respondent_type": "returnee"}, {"codes": "all", "code": "Team return"}],
)
def test_a_cell_opens_exactly_what_it_counts(client, how, asked):
    study = load_demo()
    client.force_login(make_reader(study))
    if "code" in asked:
        asked = asked | {"code": study.codes.get(name=asked["code"]).pk}
    page = open_page(client, study, how=how, **asked).content.decode()
    cells = re.findall(r'<a class="cell" id="c([\d-]+)" href="([^"]+)".*?<b>(\d+)</b>', page)
    assert cells or (how == "nesting" and "code" in asked)  # none within one family
    for at, address, number in cells:
        opened = client.get(unescape(address))
        content = text(opened)
        assert re.search(rf"\b{number} \w+ (of )?{UNITS[how]}", content), (address, number)
        shown = re.findall(r'id="u(\d+)"', opened.content.decode())
        assert [int(n) for n in shown] == list(range(1, min(int(number), pairs.PER_PAGE) + 1))
        assert f"#c{at}" in opened.content.decode()
        if "coder" in asked:
            assert "as coded by coder_a" in content


def test_the_pages_of_a_cell_have_each_pair_once_and_quotes_lead_back(client, monkeypatch):
    monkeypatch.setattr(pairs, "PER_PAGE", 2)
    study = make_study()
    transcript, coder = make_transcript(study), make_coder(study)
    one, other = make_code(study, "One"), make_code(study, "Other")
    for start in range(0, 25, 5):
        make_coded_segment(transcript, one, coder, start, start + 3)
    make_coded_segment(transcript, other, coder, 0, 30)
    make_coded_segment(transcript, other, make_coder(study), 0, 3)
    client.force_login(make_reader(study))
    found = []
    for page in range(1, 4):
        answer = open_page(client, study, "coding:pairs", pair=f"{one.pk},{other.pk}", page=page)
        found += re.findall(r'id="q(\d+)a-?(\d+)"', answer.content.decode())
    assert [int(number) for number, _segment in found] == [1, 2, 3, 4, 5, 6]
    link = re.search(r'href="(/transcripts/[^"#]+)', answer.content.decode()).group(1)
    back = re.search(r'class="back"><a href="([^"]+)"', client.get(unescape(link)).content.decode()).group(1)
    assert unescape(back).startswith(reverse("coding:pairs", args=[study.slug]))


@pytest.mark.parametrize("pair", ["", "1", "1,1", "0,x", "99999,1"])
def test_a_cell_that_is_not_there_says_so(client, pair):
    study = make_study()
    make_coded_segment(make_transcript(study), make_code(study, pk=1))
    client.force_login(make_reader(study))
    assert "no such cell" in text(open_page(client, study, "coding:pairs", 400, pair=pair))


def test_restricted_words_of_a_pair_are_withheld_from_readers(client):
    study = make_study()
    transcript, coder = make_transcript(study), make_coder(study)
    one, other = make_code(study, "One"), make_code(study, "Other")
    for code in (one, other):
        make_coded_segment(transcript, code, coder, 0, 12)
    restrict(transcript.pk, make_lead(study), 3, 6, revision=1)
    client.force_login(make_reader(study))
    page = text(open_page(client, study, "coding:pairs", pair=f"{one.pk},{other.pk}"))
    assert transcript.text[:12] not in page
    assert page.count("Withheld") == 2


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
        one, other = study.codes.values_list("pk", flat=True)[:2]
        for code in (one, other):
            make_coded_segment(study.transcripts.last(), study.codes.get(pk=code), coder, 0, 5)
        with django_assert_num_queries(7):
            open_page(client, study, "coding:pairs", codes="all", pair=f"{one},{other}")


def test_of_many_codes_those_that_meet_most_are_shown(client, monkeypatch):
    study = load_demo()
    client.force_login(make_lead(study))
    whole = open_page(client, study, codes="all")
    monkeypatch.setattr(cooccurrence, "MOST_SHOWN", 12)
    page = open_page(client, study, codes="all")
    shown, every = page.context["codes"], whole.context["codes"]
    assert len(shown) == 12 and [code for code in every if code in shown] == list(shown)
    assert f"Shown are the 12 codes that meet others most, of {len(every)}." in text(page)
    assert "Shown are" not in text(whole)
    file = open_page(client, study, "coding:export-cooccurrence", codes="all").getvalue().decode("utf-8-sig")
    lines = csv.reader(io.StringIO(file))
    assert len(list(lines)) == 1 + len(every) * (len(every) - 1)


def test_names_of_codes_are_text_in_the_table(client):
    study = load_demo()
    client.force_login(make_lead(study))
    study.codes.filter(parent=None).update(name=Concat(F("name"), Value("<b>")))
    page = open_page(client, study)
    assert "&lt;b&gt;" in page.text and "<b> and " not in page.text
