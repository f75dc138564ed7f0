"""The study page, and the arithmetic of how far a transcript is coded."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from coding.analysis.coverage import coded_turns, merge
from coding.demo import load_demo
from interviews import history, people
from interviews.access import Role
from interviews.models import Study
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_owner,
    make_reader,
    make_respondent,
    make_segment,
    make_study,
    make_transcript,
    make_type,
    make_user,
)

TURNS = [
    {"start": 0, "end": 10, "speaker": "Q"},
    {"start": 10, "end": 20, "speaker": "A"},
    {"start": 22, "end": 30, "speaker": "B"},
    {"start": 30, "end": 40, "speaker": None},
]


@pytest.mark.parametrize(
    ("ranges", "coded"),
    [
        ([], 0),
        ([(10, 11)], 1),
        ([(19, 20)], 1),
        ([(20, 22)], 0),  # between two turns
        ([(0, 10)], 0),  # only the interviewer's
        ([(5, 11)], 1),
        ([(15, 25)], 2),  # over a turn's end
        ([(30, 40), (12, 13), (12, 18)], 2),
        ([(0, 40)], 3),
    ],
)
def test_a_turn_is_coded_where_a_coded_segment_overlaps_it(ranges, coded):
    assert coded_turns(TURNS, {"Q"}, ranges) == (coded, 3)


def test_without_turns_there_is_nothing_to_code():
    assert coded_turns([], set(), [(0, 5)]) == (0, 0)


spans = st.tuples(st.integers(0, 60), st.integers(1, 12)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(spans), st.lists(st.integers(0, 9), max_size=12))
def test_the_count_equals_that_of_comparing_each_turn_with_each_range(ranges, lengths):
    turns, at = [], 0
    for length in lengths:
        turns.append({"start": at, "end": at + length, "speaker": "Q" if length == 4 else "A"})
        at += length + 1
    spoken = [t for t in turns if t["speaker"] != "Q"]
    slowly = sum(any(min(end, t["end"]) > max(start, t["start"]) for start, end in ranges) for t in spoken)
    assert coded_turns(turns, {"Q"}, ranges) == (slowly, len(spoken))


def test_stretches_that_touch_or_overlap_become_one():
    assert merge([(5, 9), (0, 3), (3, 4), (6, 7)]) == [(0, 4), (5, 9)]


@pytest.fixture
def study(db):
    return make_study("Return migration")


def open_page(client, study, user):
    client.force_login(user)
    return client.get(reverse("coding:study", args=[study.slug]))


def steps(page):
    return [words for _address, words, _detail in page.context["steps"]]


def test_the_demo_study_is_shown_with_the_numbers_of_its_files(client, db):
    study = load_demo()
    page = open_page(client, study, study.memberships.get(user__username="reader").user)
    rows = {t["title"].split()[0]: t for g in page.context["groups"] for t in g["transcripts"]}
    assert {title: f"{t['coded_turns']} of {t['turns']}" for title, t in rows.items()} == {
        "RET01": "16 of 17",
        "RET02": "12 of 19",
        "RET03": "16 of 18",
        "RET04": "15 of 20",
        "RET05": "11 of 18",
        "MIG01": "11 of 18",
        "MIG02": "13 of 17",
        "MIG03": "12 of 17",
        "MIG04": "11 of 17",
        "INS01": "12 of 15",
        "INS02": "12 of 16",
        "INS03": "11 of 15",
    }
    assert [(g["name"], len(g["transcripts"])) for g in page.context["groups"]] == [
        ("Returnee", 5),
        ("Migrant", 4),
        ("Institutional actor", 3),
    ]
    assert (rows["RET01"]["words"], rows["RET01"]["segments"], rows["RET01"]["attribute"]) == (
        1393,
        42,
        "Suzhou",
    )
    assert rows["RET01"]["coders"] == ["coder_a", "coder_b"]
    assert page.context["found"]["attribute"].lower() == "city"
    assert page.context["found"]["words"] == 15070
    assert page.context["found"]["codes"] == 37
    assert (page.context["coded_segments"], page.context["by_two"]) == (251, 4)
    assert {m["user"].username: m["coded_segments"] for m in page.context["members"]} == {
        "lead": 0,
        "coder_a": 124,
        "coder_b": 127,
        "reader": 0,
    }
    assert steps(page) == ["Look at the cross-tabulation"]
    assert "37 codes by 3 respondent types" in page.content.decode()


def test_a_segment_that_bears_no_code_any_more_codes_no_turn(client, study):
    transcript = make_transcript(study)
    make_segment(transcript, 40, 50)
    page = open_page(client, study, make_reader(study))
    assert page.context["groups"][0]["transcripts"][0]["coded_turns"] == 0


def test_transcripts_stand_under_the_type_of_their_respondent_or_first_speaker(client, study):
    returnee, migrant = make_type(study, "Returnee"), make_type(study, "Migrant")
    make_transcript(respondent=make_respondent(study, respondent_type=returnee), title="by respondent")
    spoken = make_transcript(study, title="by speaker")
    spoken.speakers.filter(label="WENBO").update(respondent=make_respondent(study, respondent_type=migrant))
    make_transcript(respondent=make_respondent(study), title="without type")
    make_transcript(study, title="nobody's")
    page = open_page(client, study, make_lead(study))
    assert [(g["name"], [t["title"] for t in g["transcripts"]]) for g in page.context["groups"]] == [
        ("Returnee", ["by respondent"]),
        ("Migrant", ["by speaker"]),
        ("No respondent type", ["without type"]),
        ("No respondent yet", ["nobody's"]),
    ]
    assert "Say whose words 1 transcript is" in steps(page)


def test_removed_transcripts_and_what_is_coded_in_them_are_not_shown(client, study):
    make_transcript(study)
    make_coded_segment(make_transcript(study, removed_at="2026-01-01T00:00Z"))
    page = open_page(client, study, make_reader(study))
    assert page.context["coded_segments"] == 0
    assert len(page.context["found"]["transcripts"]) == 1


def test_the_attribute_shown_is_one_that_tells_respondents_apart(client, study):
    for name in ("Same", "Unlike", "Gender"):
        make_attribute(study, name)
    for number, gender in enumerate(["f", "m", "m"]):
        respondent = make_respondent(study, same="x", unlike=str(number), gender=gender)
        make_transcript(respondent=respondent)
    assert open_page(client, study, make_reader(study)).context["found"]["attribute"] == "Gender"


def test_a_study_without_attributes_has_no_column_for_one(client, study):
    make_transcript(respondent=make_respondent(study))
    page = open_page(client, study, make_reader(study))
    assert page.context["found"]["attribute"] is None
    assert 'colspan="6"' in page.content.decode()


def test_one_goes_on_where_one_coded_last(client, study):
    coder = make_coder(study)
    make_transcript(study, title="A")
    for title in ("B", "C"):
        make_coded_segment(make_transcript(study, title=title), coder=coder)
    make_coded_segment(make_transcript(study, title="D"), coder=make_coder(study))
    assert "Go on coding C" in open_page(client, study, coder).content.decode()


def test_who_has_coded_nothing_is_sent_to_what_nobody_has_coded(client, study):
    make_coded_segment(make_transcript(study, title="A"))
    make_transcript(study, title="B")
    page = open_page(client, study, make_coder(study)).content.decode()
    assert "Code B" in page
    assert "Go on coding" not in page


def test_readers_are_not_asked_to_code(client, study):
    make_code(study)
    make_transcript(study, title="A")
    page = open_page(client, study, make_reader(study))
    assert page.context["go_on"] is None
    assert steps(page) == []
    assert "Import transcripts" not in page.content.decode()
    assert "Delete this study" not in page.content.decode()


def test_next_says_only_what_is_so(client, study):
    owner = make_owner(study)
    transcript = make_transcript(respondent=make_respondent(study), title="A")
    assert steps(open_page(client, study, owner)) == ["Begin the codebook"]
    code = make_code(study)
    history.record(study, owner, "create-code", code, after=history.images(code))
    assert steps(open_page(client, study, owner)) == ["Code the 1 transcript nobody has coded"]
    coded = make_coded_segment(transcript, code, owner)
    history.record(study, owner, "apply", coded, after=history.images(coded))
    assert steps(open_page(client, study, owner)) == ["Look at the cross-tabulation"]
    make_coder(study)
    assert steps(open_page(client, study, owner)) == [
        "Give 1 transcript a second coder",
        "Look at the cross-tabulation",
    ]


def test_lately_tells_the_last_changes_and_leads_to_all(client, study):
    lead = make_lead(study)
    for number in range(7):
        code = make_code(study, f"Code number {number}")
        history.record(study, lead, "create-code", code, after=history.images(code))
    make_transcript(study)
    page = open_page(client, study, lead)
    assert len(page.context["lately"]) == 5
    assert "added the code <b>Code number 6</b>" in page.content.decode()
    assert reverse("interviews:history", args=[study.slug]) in page.content.decode()


def test_an_empty_study_says_what_comes_first(client, db):
    user = make_user()
    people.create_study("Second round", "", ["Returnee"], user)
    study = Study.objects.get()
    page = open_page(client, study, user).content.decode()
    assert "Bring in the first transcripts" in page
    assert "Only you. Invite coders by a link" in page
    reader = make_reader(study)
    page = open_page(client, study, reader).content.decode()
    assert "Bring in the first transcripts" not in page
    assert "No transcripts yet" in page


def test_strangers_and_visitors_find_nothing(client, study):
    address = reverse("coding:study", args=[study.slug])
    assert client.get(address).url == f"/sign-in/?next={address}"
    assert open_page(client, study, make_owner(make_study())).status_code == 404


def test_a_page_of_a_changed_study_is_made_anew(client, study):
    coder = make_coder(study)
    transcript = make_transcript(study)
    assert open_page(client, study, coder).context["coded_segments"] == 0
    coded = make_coded_segment(transcript, coder=coder)
    history.record(study, coder, "apply", coded, after=history.images(coded), transcript=transcript)
    assert open_page(client, study, coder).context["coded_segments"] == 1


def test_the_page_takes_the_same_queries_whatever_the_size(client, study, django_assert_num_queries):
    user = make_member(study, Role.OWNER)
    make_attribute(study, "City")
    client.force_login(user)
    address = reverse("coding:study", args=[study.slug])
    for _more in range(2):
        respondent = make_respondent(study, respondent_type=make_type(study), city="Suzhou")
        transcript = make_transcript(respondent=respondent)
        coded = make_coded_segment(transcript, coder=make_coder(study))
        history.record(study, user, "apply", coded, after=history.images(coded), transcript=transcript)
        with django_assert_num_queries(19):
            client.get(address)
        with django_assert_num_queries(11):  # unchanged: what is derived comes from cache
            client.get(address)
