"""Who speaks, and what follows from it."""

import pytest

from coding.models import CodedSegment, Segment
from interviews import history, speakers
from interviews.models import Event, Speaker, Transcript
from tests.factories import make_code, make_coder, make_lead, make_respondent, make_study, make_transcript

pytestmark = pytest.mark.django_db
TEXT = "Q: How?\n\nANN: We went back together.\n\nBEN: Alone, in fact.\n"


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(study):
    return make_lead(study)


@pytest.fixture
def transcript(study):
    return make_transcript(study, text=TEXT)


def coded(transcript, words, respondent=None):
    start = TEXT.index(words)
    segment = Segment.objects.create(
        transcript=transcript, start=start, end=start + len(words), quote=words, respondent=respondent
    )
    row = CodedSegment.objects.create(
        content_object=segment,
        tag=make_code(transcript.study),
        coder=make_coder(transcript.study),
        respondent=respondent,
    )
    return segment, row


def tables(study):
    return [
        list(model.objects.order_by("pk").values()) for model in (Transcript, Speaker, Segment, CodedSegment)
    ]


def test_mapping_speakers_moves_their_segments_and_coded_segments(study, transcript, lead):
    ann, ben = make_respondent(study), make_respondent(study)
    rows = coded(transcript, "went back"), coded(transcript, "Alone"), coded(transcript, "How")
    event = speakers.assign(transcript, {"Q": speakers.INTERVIEWER, "ANN": ann, "BEN": ben}, lead)
    wanted = [ann, ben, None]
    for (segment, row), who in zip(rows, wanted, strict=True):
        segment.refresh_from_db()
        row.refresh_from_db()
        assert segment.respondent == row.respondent == who
    assert (event.action, event.transcript, event.actor) == ("map-speakers", transcript, lead)


def test_the_main_respondent_has_what_no_label_claims(study, transcript, lead):
    ann, main = make_respondent(study), make_respondent(study)
    (_, of_ann), (_, of_ben) = coded(transcript, "went back"), coded(transcript, "Alone")
    speakers.assign(transcript, {"ANN": ann}, lead, respondent=main)
    of_ann.refresh_from_db()
    of_ben.refresh_from_db()
    assert (of_ann.respondent, of_ben.respondent) == (ann, main)
    speakers.assign(transcript, {}, lead, respondent=None)
    of_ben.refresh_from_db()
    assert of_ben.respondent is None


def test_an_undone_mapping_leaves_all_as_it_was_and_a_redone_one_brings_it_back(study, transcript, lead):
    ann, ben = make_respondent(study), make_respondent(study)
    coded(transcript, "went back")
    coded(transcript, "Alone")
    before = tables(study)
    event = speakers.assign(transcript, {"ANN": ann, "Q": speakers.INTERVIEWER}, lead, respondent=ben)
    after = tables(study)
    assert before != after
    back = history.undo(event, lead)
    assert tables(study) == before
    history.undo(back, lead)
    assert tables(study) == after


def test_mapping_speakers_as_they_are_is_no_event(study, transcript, lead):
    ann = make_respondent(study)
    assert speakers.assign(transcript, {"ANN": ann}, lead)
    assert speakers.assign(transcript, {"ANN": ann}, lead) is None
    assert Event.objects.count() == 1


def test_a_respondent_of_another_study_or_an_unknown_label_changes_nothing(study, transcript, lead):
    ann, foreign = make_respondent(study), make_respondent()
    before = tables(study)
    for mapping, more in (
        ({"ANN": ann, "BEN": foreign}, {}),
        ({"ANN": ann, "NOBODY": ann}, {}),
        ({"ANN": ann}, {"respondent": foreign}),
    ):
        with pytest.raises(ValueError):
            speakers.assign(transcript, mapping, lead, **more)
        assert tables(study) == before
    assert not Event.objects.exists()


def test_a_label_can_change_from_respondent_to_interviewer_and_back(study, transcript, lead):
    ann = make_respondent(study)
    _segment, row = coded(transcript, "went back")
    for who, has in ((ann, ann), (speakers.INTERVIEWER, None), (ann, ann), (None, None)):
        speakers.assign(transcript, {"ANN": who}, lead)
        row.refresh_from_db()
        assert row.respondent == has


def test_the_respondents_of_a_transcript_are_listed_once_the_main_one_first(study, transcript, lead):
    ann, ben = make_respondent(study), make_respondent(study)
    speakers.assign(transcript, {"ANN": ann, "BEN": ben, "Q": speakers.INTERVIEWER}, lead, respondent=ben)
    transcript.refresh_from_db()
    assert speakers.respondents_of(transcript) == [ben, ann]


def test_other_transcripts_keep_their_speakers(study, transcript, lead):
    ann = make_respondent(study)
    other = make_transcript(study, text=TEXT)
    _segment, row = coded(other, "went back")
    speakers.assign(transcript, {"ANN": ann}, lead)
    row.refresh_from_db()
    assert row.respondent is None
    assert not other.speakers.filter(respondent=ann).exists()


def test_mapping_takes_the_same_queries_however_much_is_coded(study, lead):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    taken = []
    for size in (1, 40):
        transcript = make_transcript(study, text=TEXT)
        for n in range(size):
            start = TEXT.index("We went") + n // 8
            segment = Segment.objects.create(
                transcript=transcript, start=start, end=start + 4 + n % 8, quote="x"
            )
            CodedSegment.objects.create(content_object=segment, tag=make_code(study), coder=lead)
        ann = make_respondent(study)
        with CaptureQueriesContext(connection) as queries:
            speakers.assign(transcript, {"ANN": ann}, lead)
        taken.append(len(queries))
    assert taken[0] == taken[1]
