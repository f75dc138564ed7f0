"""The CSV files: what is in them, who may have them, and that spreadsheets cannot be made to run anything."""

import csv
import io
import uuid
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from coding.demo import load_demo
from coding.models import CodedSegment, Memo
from coding.segment_rows import ascending
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_owner,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

pytestmark = pytest.mark.django_db
SEGMENTS, CROSSTAB = "coding:export-coded-segments", "coding:export-crosstab"


def demo_rows(name):
    with open(settings.BASE_DIR / "interviews" / "demo" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def body(answer):
    return b"".join(answer.streaming_content)


def fetch(client, study, name=SEGMENTS, user=None, **params):
    """The rows of a file as dicts."""
    client.force_login(user or make_lead(study))
    answer = client.get(reverse(name, args=[study.slug]), params)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(body(answer).decode("utf-8-sig"), newline="")))


def test_every_coded_segment_of_the_demo_study_is_in_the_file(client):
    study = load_demo()
    rows = fetch(client, study)
    names = dict(study.transcripts.values_list("title", "filename"))
    found = {(names[r["transcript"]], r["start"], r["end"], r["quote"], r["code"], r["coder"]) for r in rows}
    given = {
        (r["filename"], r["start"], r["end"], r["text"], r["code"], r["coder"])
        for r in demo_rows("coded_segments.csv")
    }
    assert len(rows) == 251
    assert found == given
    order = [(r["transcript"], int(r["start"]), int(r["end"]), r["code_path"]) for r in rows]
    assert order == sorted(order)


def test_a_row_says_all_there_is_to_say(client):
    study = make_study("Return")
    make_attribute(study, "Founder", kind="yes_no")
    make_attribute(study, "Start")
    who = make_respondent(study, "Wenbo", make_type(study, "Institutional actor"), founder=True, start="2006")
    transcript = make_transcript(respondent=who, title="RET01")
    parent = make_code(study, "Team > lone return")
    code, coder = make_code(name="Car park \\ talks", parent=parent, revision=3), make_coder(study)
    start = transcript.text.index("We decided")
    made = make_coded_segment(transcript, code, coder, start, start + 19, respondent=who)
    made.code_revision, made.created_at = 3, datetime(2006, 4, 5, 12, 30, tzinfo=UTC)
    made.save()
    for text, shared in (("First", True), ("Second", True), ("Mine alone", False)):
        Memo.objects.create(study=study, author=coder, coded_segment=made, text=text, shared=shared)
    [row] = fetch(client, study)
    assert row == {
        "coded_segment_id": str(made.pk),
        "segment_id": str(made.content_object_id),
        "transcript": "RET01",
        "respondent": "Wenbo",
        "respondent_type": "institutional_actor",
        "founder": "yes",
        "attribute_start": "2006",
        "code": "Car park \\ talks",
        "code_path": "Team \\> lone return > Car park \\\\ talks",
        "coder": coder.username,
        "created": "2006-04-05T12:30:00.000000Z",
        "start": str(start),
        "end": str(start + 19),
        "turn": "2",
        "speaker": "WENBO",
        "quote": "We decided together",
        "memo": "First\n\nSecond",
        "code_revision": "3",
        "withheld": "",
        "segments_withheld": "0",
        "small_group": "yes",
    }
    assert uuid.UUID(row["coded_segment_id"])


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(client, sign):
    study = make_study()
    text = f"{sign}HYPERLINK(1)"
    make_coded_segment(
        make_transcript(study, text, turns=[]), make_code(study, f"{sign}code"), start=0, end=len(text)
    )
    [row] = fetch(client, study)
    assert row["quote"] == f"'{text}"
    assert row["code"] == f"'{sign}code"
    assert row["start"] == "0"


def test_negative_numbers_stay_numbers(client):
    study = make_study()
    make_attribute(study, "Change", kind="number")
    who = make_respondent(study, change=-5)
    make_coded_segment(make_transcript(respondent=who), respondent=who, code=make_code(study))
    assert fetch(client, study)[0]["change"] == "-5"


def test_the_file_is_what_excel_and_rfc_4180_expect(client):
    study = make_study("Rückkehr 返回")
    text = 'He said "go, now"\nand 老𬭎 went.'
    make_coded_segment(make_transcript(study, text, turns=[]), make_code(study), start=0, end=len(text))
    client.force_login(make_owner(study))
    answer = client.get(reverse(SEGMENTS, args=[study.slug]))
    content = body(answer)
    assert content.startswith(b"\xef\xbb\xbfcoded_segment_id,segment_id,")
    assert content.endswith(b"\r\n")
    assert '"He said ""go, now""\nand 老𬭎 went."'.encode() in content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    assert timezone.localdate().isoformat() in answer["Content-Disposition"]


def test_filters_are_those_of_the_page(client):
    study = load_demo()
    lead = make_lead(study)
    assert len(fetch(client, study, user=lead, coder="coder_a")) == 124
    team = study.codes.get(name="Team return")
    assert len(fetch(client, study, user=lead, code=team.pk)) == 56
    assert {r["respondent_type"] for r in fetch(client, study, user=lead, respondent_type="migrant")} == {
        "migrant"
    }
    assert {r["founder"] for r in fetch(client, study, user=lead, where="founder:yes")} == {"yes"}


def test_removed_transcripts_are_left_out(client):
    study = make_study()
    transcript = make_transcript(study, removed_at=timezone.now())
    make_coded_segment(transcript, make_code(study))
    assert fetch(client, study) == []


def test_the_table_is_exported_with_what_was_counted(client):
    study = load_demo()
    rows = fetch(client, study, CROSSTAB, count="coded_segments", coder="coder_a")
    assert rows[0]["level"] == "n"
    assert {row["count"] for row in rows} == {"coded_segments"}
    assert {row["filters"] for row in rows} == {"coder=coder_a"}
    found = {(row["code"], row["level"]): row for row in rows}
    assert found["Return decision", "with_children"]["returnee"] == "15"
    assert found["Team return", "own"]["institutional_actor"] == "1"
    assert found["Team formation", "own"]["path"] == "Team return > Team formation"
    assert len(rows) == 1 + 2 * 37


def test_the_table_is_exported_as_shown(client):
    study = load_demo()
    lead = make_lead(study)
    rows = fetch(client, study, CROSSTAB, user=lead, show="percent", children="no")
    found = {(row["code"], row["level"]): row for row in rows}
    assert found["Brokerage doubted", "own"]["returnee"] == "80.0"
    assert found["", "n"]["returnee"] == "5"
    assert {row["level"] for row in rows} == {"n", "own"}


@pytest.mark.parametrize("name", [SEGMENTS, CROSSTAB])
def test_readers_and_coders_may_not_export_and_strangers_find_nothing(client, name):
    study = make_study()
    address = reverse(name, args=[study.slug])
    for user, status in ((make_reader(study), 403), (make_coder(study), 403), (make_lead(), 404)):
        client.force_login(user)
        assert client.get(address).status_code == status
    client.logout()
    assert client.get(address).status_code == 302


@pytest.mark.parametrize("name", [SEGMENTS, CROSSTAB])
def test_an_unknown_filter_is_refused_with_a_sentence(client, name):
    study = make_study()
    client.force_login(make_lead(study))
    answer = client.get(reverse(name, args=[study.slug]), {"coder": "nobody"})
    assert answer.status_code == 400
    assert "nobody" in answer.content.decode()


def test_a_file_takes_two_queries_per_transcript(client, django_assert_max_num_queries):
    study = load_demo()
    client.force_login(make_lead(study))
    with django_assert_max_num_queries(21 + 2 * 12):  # four of them count, ask what is restricted and note it
        body(client.get(reverse(SEGMENTS, args=[study.slug])))


@pytest.mark.parametrize(
    "params",
    [{}, {"coder": "coder_b"}, {"respondent_type": "returnee"}, {"code": "Team return", "coder": "coder_a"}],
)
def test_the_history_notes_as_many_codings_as_the_file_has(client, params):
    study = load_demo()
    study.transcripts.filter(title__startswith="MIG01").update(removed_at=timezone.now())
    client.force_login(make_lead(study))
    if "code" in params:
        params = params | {"code": study.codes.get(name=params["code"]).pk}
    lines = list(
        csv.reader(io.StringIO(body(client.get(reverse(SEGMENTS, args=[study.slug]), params)).decode()))
    )
    noted = study.events.get(action="export").after["noted:export"]
    assert noted["rows"] == len(lines) - 1 > 0
    assert bool(noted["filters"]) == bool(params)


@given(st.dictionaries(st.integers(0, 99), st.integers(1, 9)), st.integers(1, 5), st.integers(1, 20))
def test_runs_ascend_are_all_of_it_in_order_and_no_larger_than_allowed(sizes, most, largest):
    runs = list(ascending(sizes, most, largest))
    assert [number for run in runs for number in run] == list(sizes)
    assert all(run == sorted(run) and 1 <= len(run) <= most for run in runs)
    assert all(len(run) == 1 or sum(sizes[number] for number in run) <= largest for run in runs)


@pytest.mark.parametrize("most", [1, 40])
def test_a_file_read_in_parts_is_the_same(client, monkeypatch, most):
    study = load_demo()
    client.force_login(make_lead(study))
    whole = body(client.get(reverse(SEGMENTS, args=[study.slug])))
    monkeypatch.setattr("coding.segment_rows.SEGMENTS_AT_ONCE", most)
    assert body(client.get(reverse(SEGMENTS, args=[study.slug]))) == whole


@pytest.mark.django_db(transaction=True)
def test_the_connection_is_free_where_a_file_breaks_off(client, monkeypatch):
    study = load_demo()
    client.force_login(make_lead(study))
    answer = client.get(reverse(SEGMENTS, args=[study.slug]))
    monkeypatch.setattr("coding.segment_rows._Rows.of_segment", lambda *_lines: 1 / 0)
    with pytest.raises(ZeroDivisionError) as broken:
        body(answer)
    assert CodedSegment.objects.count() > 100
    assert broken.traceback  # which holds on to all that was open


def test_rows_are_in_the_order_of_titles_whatever_the_ids(client):
    study = make_study()
    coder, code = make_coder(study), make_code(study, "Order")
    for title in ("C", "A", "B"):
        make_coded_segment(make_transcript(study, title=title), code, coder)
    rows = fetch(client, study)
    assert [row["transcript"] for row in rows] == ["A", "B", "C"]
    assert {uuid.UUID(row["coded_segment_id"]) for row in rows} == set(
        CodedSegment.objects.values_list("pk", flat=True)
    )
