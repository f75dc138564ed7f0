"""Whose words a segment is."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding.attribution import Speech
from interviews.models import Speaker
from tests.factories import make_respondent, make_study, make_transcript

pytestmark = pytest.mark.django_db


def turn(start, end, speaker):
    return {"start": start, "end": end, "speaker": speaker, "at": None, "said": start}


def transcript_of(spans, speakers=(), respondent=None, study=None):
    """A transcript whose turns are ``(length, label)``, one character apart; ``speakers`` says who the labels are."""
    turns, at = [], 0
    for length, label in spans:
        turns.append(turn(at, at + length, label))
        at += length + 1
    study = study or (respondent.study if respondent else make_study())
    transcript = make_transcript(study, text="x" * (at + 5), turns=turns, respondent=respondent)
    for label, who in dict(speakers).items():
        Speaker.objects.update_or_create(
            transcript=transcript,
            label=label,
            defaults={
                "is_interviewer": who == "interviewer",
                "respondent": None if who == "interviewer" else who,
            },
        )
    return transcript


@pytest.fixture
def study():
    return make_study()


def who(transcript, start, end):
    return Speech(transcript).respondent_at(start, end)


def test_who_speaks_most_of_a_segment_has_it(study):
    ann, ben = make_respondent(study), make_respondent(study)
    transcript = transcript_of([(10, "ANN"), (10, "BEN")], {"ANN": ann, "BEN": ben})
    assert who(transcript, 0, 15) == ann.pk
    assert who(transcript, 7, 21) == ben.pk
    assert who(transcript, 11, 12) == ben.pk


def test_the_characters_of_all_their_turns_are_added_up(study):
    ann, ben = make_respondent(study), make_respondent(study)
    transcript = transcript_of([(6, "ANN"), (10, "BEN"), (6, "ANN")], {"ANN": ann, "BEN": ben})
    assert who(transcript, 0, 24) == ann.pk


def test_on_a_tie_who_speaks_first_has_it(study):
    ann, ben = make_respondent(study), make_respondent(study)
    transcript = transcript_of([(10, "BEN"), (10, "ANN")], {"ANN": ann, "BEN": ben})
    assert who(transcript, 5, 16) == ben.pk


def test_interviewers_do_not_count_however_much_they_say(study):
    ann = make_respondent(study)
    transcript = transcript_of([(100, "Q"), (3, "ANN")], {"Q": "interviewer", "ANN": ann})
    assert who(transcript, 0, 104) == ann.pk
    assert who(transcript, 0, 100) is None


def test_an_interviewer_is_not_the_main_respondent(study):
    ann = make_respondent(study)
    transcript = transcript_of([(10, "Q")], {"Q": "interviewer"}, respondent=ann)
    assert who(transcript, 0, 10) is None


def test_turns_without_label_or_with_one_nobody_claims_are_the_main_respondents(study):
    ann, ben = make_respondent(study), make_respondent(study)
    transcript = transcript_of([(10, None), (10, "A"), (10, "BEN")], {"A": None, "BEN": ben}, respondent=ann)
    assert who(transcript, 0, 5) == ann.pk
    assert who(transcript, 12, 18) == ann.pk
    assert who(transcript, 23, 28) == ben.pk


def test_a_transcript_of_nobody_has_no_respondent(study):
    transcript = transcript_of([(10, None), (10, "A")], {"A": None}, study=study)
    assert who(transcript, 0, 21) is None


def test_what_lies_between_turns_or_beyond_them_is_nobodys(study):
    ann = make_respondent(study)
    transcript = transcript_of([(10, "ANN"), (10, "ANN")], {"ANN": ann})
    assert who(transcript, 10, 11) is None
    assert who(transcript, 22, 25) is None


def test_two_labels_of_one_respondent_count_together(study):
    guowei, ben = make_respondent(study), make_respondent(study)
    transcript = transcript_of(
        [(6, "GUOWEI"), (8, "BEN"), (6, "国伟")], {"GUOWEI": guowei, "国伟": guowei, "BEN": ben}
    )
    assert who(transcript, 0, 22) == guowei.pk


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_agrees_with_counting_character_by_character(db, data):
    study = make_study()
    people = [make_respondent(study), make_respondent(study)]
    labels = {"A": people[0], "B": people[1], "Q": "interviewer", "U": None}
    main = data.draw(st.sampled_from([None, *people]))
    spans = data.draw(
        st.lists(st.tuples(st.integers(1, 6), st.sampled_from([*labels, None])), min_size=1, max_size=8)
    )
    transcript = transcript_of(spans, labels, respondent=main, study=study)
    length = len(transcript.text)
    start = data.draw(st.integers(0, length - 1))
    end = data.draw(st.integers(start + 1, length))
    counted = {}
    for position in range(start, end):
        for spoken in transcript.turns:
            if not spoken["start"] <= position < spoken["end"]:
                continue
            speaker = labels.get(spoken["speaker"])
            if speaker == "interviewer":
                continue
            speaker = speaker or main
            if speaker:
                counted[speaker.pk] = counted.get(speaker.pk, 0) + 1
    # A dict keeps the order of first insertion, and max the first of equals.
    assert who(transcript, start, end) == (max(counted, key=counted.get) if counted else None)
