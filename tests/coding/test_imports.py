import pytest

from coding.imports import CannotImport, import_coded_segments
from coding.models import CodedSegment, Segment
from interviews.history import undo
from interviews.models import Event, Speaker
from interviews.tables import Table
from tests.factories import (
    TEXT,
    make_code,
    make_coder,
    make_lead,
    make_respondent,
    make_study,
    make_transcript,
)

WORDS = "We decided together"
START = TEXT.index(WORDS)
ROW = {
    "filename": "a.txt",
    "start": str(START),
    "end": str(START + len(WORDS)),
    "text": WORDS,
    "code": "Trust",
    "coder": "anna",
}


@pytest.fixture
def study(db):
    study = make_study()
    make_transcript(study, respondent=make_respondent(study, "Wenbo"), filename="a.txt")
    make_code(study, "Trust", revision=3)
    return study


def bring(study, *rows, coder=None):
    table = Table(list(ROW), list(enumerate(rows, start=2)))
    return import_coded_segments(study, table, make_lead(study), {"anna": coder or make_coder(study)})


def test_coded_segments_come_with_respondent_quote_and_one_event(study):
    coder = make_coder(study)

    assert bring(study, ROW, coder=coder) == 1

    row = CodedSegment.objects.get()
    assert (row.tag.name, row.coder, row.respondent.pseudonym) == ("Trust", coder, "Wenbo")
    assert (row.content_object.quote, row.content_object.words, row.code_revision) == (WORDS, 3, 3)
    event = Event.objects.get()
    assert event.action == "import-coded-segments"
    undo(event, coder)
    assert not CodedSegment.objects.exists()


def test_the_interviewers_words_are_no_respondents(study):
    Speaker.objects.filter(label="INTERVIEWER").update(is_interviewer=True)

    bring(study, {**ROW, "start": "0", "end": "11", "text": "INTERVIEWER"})

    assert CodedSegment.objects.get().respondent is None


def test_what_is_there_already_is_passed_over(study):
    coder = make_coder(study)
    bring(study, ROW, coder=coder)

    assert bring(study, ROW, ROW, coder=coder) == 0
    assert bring(study, ROW, coder=make_coder(study)) == 1
    assert Segment.objects.count() == 1 and CodedSegment.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"text": "We decided alone"}, "Line 3: the words are not those at"),
        ({"end": "999"}, "the words are not those at"),
        ({"start": "-1"}, "the words are not those at"),
        ({"start": "five"}, "start and end are to be whole numbers"),
        ({"code": "Love"}, "there is no “Love” in this study"),
        ({"code": "Twin"}, "there are several “Twin” in this study"),
        ({"filename": "b.txt"}, "there is no “b.txt” in this study"),
        ({"coder": "ben"}, "there is no “ben” in this study"),
    ],
)
def test_one_row_that_does_not_fit_stops_all(study, changed, sentence):
    make_code(parent=make_code(study, "Twin"), name="Twin")
    make_code(name="Love")  # of another study

    with pytest.raises(CannotImport, match=sentence):
        bring(study, ROW, {**ROW, **changed})
    assert not Segment.objects.exists() and not Event.objects.exists()
