"""History: what is recorded, and that it leads back."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding import changes, codebook
from coding.models import Code, CodedSegment, Memo, Segment
from interviews import history
from interviews.models import Attribute, Event, RespondentType
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_respondent,
    make_segment,
    make_study,
    make_transcript,
    make_type,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(study):
    return make_lead(study)


def rename(code, name, actor):
    before = history.images(code)
    code.name = name
    code.save()
    return history.record(code.study, actor, "edit-code", code, before=before, after=history.images(code))


def test_an_event_keeps_only_what_changed(study, lead):
    code = make_code(study, "Cost")
    event = rename(code, "Price", lead)
    key = f"code:{code.pk}"
    assert event.before == {key: {"name": "Cost"}}
    assert event.after == {key: {"name": "Price"}}
    assert (event.target, event.actor, event.action) == (key, lead, "edit-code")


def test_nothing_changed_is_no_event_unless_a_browser_waits_for_its_answer(study, lead):
    code = make_code(study)
    same = {"before": history.images(code), "after": history.images(code)}
    assert history.record(study, lead, "edit-code", code, **same) is None
    change = "00000000-0000-4000-8000-000000000001"
    assert history.record(study, lead, "edit-code", code, change=change, **same)


def test_images_taken_now_equal_images_read_back(study, lead):
    type_ = make_type(study)
    code = make_code(study, origin="data")
    code.asked_of.set([type_])
    rows = [
        code,
        make_attribute(study, kind=Attribute.Kind.ONE_OF, choices=["国", "𬭎"]),
        make_respondent(study, "Ann", type_, years=3, founder=True),
        make_transcript(study),
        make_coded_segment(make_transcript(study), make_code(study)),
    ]
    event = history.record(study, lead, "test", study, after=history.images(*rows))
    event.refresh_from_db()
    assert event.after == history.images(*(type(row)._base_manager.get(pk=row.pk) for row in rows))


def test_an_edit_is_undone_and_the_undoing_undone(study, lead):
    code = make_code(study, "Cost")
    event = rename(code, "Price", lead)
    back = history.undo(event, lead)
    code.refresh_from_db()
    assert code.name == "Cost"
    assert (back.undoes, back.action, back.before, back.after) == (event, "undo", event.after, event.before)
    history.undo(back, lead)
    code.refresh_from_db()
    assert code.name == "Price"


def test_what_is_undone_is_not_undone_again(study, lead):
    event = rename(make_code(study), "Price", lead)
    history.undo(event, lead)
    with pytest.raises(history.Conflict, match="This is undone already"):
        history.undo(event, lead)
    assert Event.objects.count() == 2


def test_a_later_change_of_the_same_stops_an_undo_and_says_whose_it_is(study, lead):
    code = make_code(study, "Cost")
    event = rename(code, "Price", lead)
    other = make_lead(study)
    rename(code, "Fee", other)
    with pytest.raises(
        history.Conflict, match=rf"{other.username} has changed this since \(\d{{4}}-\d\d-\d\d"
    ):
        history.undo(event, lead)
    code.refresh_from_db()
    assert code.name == "Fee"


def test_a_later_change_of_another_field_does_not_stop_an_undo(study, lead):
    code = make_code(study, "Cost")
    event = rename(code, "Price", lead)
    Code.objects.filter(pk=code.pk).update(definition="What it costs")
    history.undo(event, lead)
    code.refresh_from_db()
    assert (code.name, code.definition) == ("Cost", "What it costs")


def test_a_change_without_an_event_stops_an_undo_too(study, lead):
    code = make_code(study, "Cost")
    event = rename(code, "Price", lead)
    Code.objects.filter(pk=code.pk).update(name="Elsewhere")
    with pytest.raises(history.Conflict, match="This has been changed since"):
        history.undo(event, lead)


def test_a_row_made_goes_and_comes_back_with_its_id(study, lead):
    type_ = make_type(study, "Returnee")
    made = history.record(study, lead, "create-type", type_, after=history.images(type_))
    gone = history.undo(made, lead)
    assert not RespondentType.objects.filter(pk=type_.pk).exists()
    history.undo(gone, lead)
    assert RespondentType.objects.get(pk=type_.pk).name == "Returnee"
    later = make_type(study)
    assert later.pk > type_.pk


def test_a_row_made_that_is_used_meanwhile_is_not_taken_away(study, lead):
    code = make_code(study)
    made = history.record(study, lead, "create-code", code, after=history.images(code))
    make_coded_segment(make_transcript(study), code)
    with pytest.raises(history.Conflict, match="This has been used since"):
        history.undo(made, lead)
    assert Code.objects.filter(pk=code.pk).exists()
    assert Event.objects.count() == 1


def test_codes_made_with_their_parents_go_and_come_back_together(study, lead):
    parent = make_code(study)
    child = make_code(parent=parent)
    grandchild = make_code(parent=child)
    before = list(Code.objects.order_by("pk").values())
    made = history.record(
        study, lead, "import-codebook", study, after=history.images(parent, child, grandchild)
    )
    gone = history.undo(made, lead)
    assert not Code.objects.exists()
    history.undo(gone, lead)
    assert list(Code.objects.order_by("pk").values()) == before


def test_many_to_many_values_are_put_back(study, lead):
    code, one, two = make_code(study), make_type(study), make_type(study)
    code.asked_of.set([one])
    before = history.images(code)
    code.asked_of.set([two])
    event = history.record(study, lead, "edit-code", code, before=before, after=history.images(code))
    history.undo(event, lead)
    assert list(code.asked_of.all()) == [one]


def test_a_segment_stays_when_the_coding_that_made_it_is_undone(study, lead):
    transcript = make_transcript(study)
    segment = make_segment(transcript)
    coded = make_coded_segment(transcript, coder=lead)
    made = history.record(study, lead, "apply", coded, after=history.images(coded, segment))
    theirs = make_coded_segment(transcript)
    history.undo(made, lead)
    assert Segment.objects.get().coded_segments.get() == theirs


def test_a_broken_undo_leaves_nothing_half_done(study, lead, monkeypatch):
    codes = make_code(study, "One"), make_code(study, "Two")
    before = history.images(*codes)
    for code in codes:
        code.name += "!"
        code.save()
    event = history.record(study, lead, "edit", study, before=before, after=history.images(*codes))
    Code.objects.filter(pk=codes[1].pk).update(name="Elsewhere")
    with pytest.raises(history.Conflict):
        history.undo(event, lead)
    codes[0].refresh_from_db()
    assert codes[0].name == "One!"


def test_an_undo_that_another_row_has_taken_the_place_of_says_so(study, lead):
    code = make_code(study, "Cost")
    event = rename(code, "Price", lead)
    make_code(study, "Cost")
    with pytest.raises(history.Conflict, match="Something else has taken its place"):
        history.undo(event, lead)
    code.refresh_from_db()
    assert code.name == "Price"


def test_a_coding_applied_anew_stops_the_undoing_of_its_withdrawal(study):
    transcript, code, coder = make_transcript(study), make_code(study), make_coder(study)
    apply = {"do": "apply", "start": 0, "end": 5, "code": code.pk}
    first, gone, again, back = (uuid.uuid4() for _ in range(4))
    changes.make(transcript.pk, coder, 1, [{**apply, "id": first}])
    changes.make(transcript.pk, coder, 1, [{"id": gone, "do": "withdraw", "target": first}])
    changes.make(transcript.pk, coder, 1, [{**apply, "id": again}])
    _event, [result], _revision = changes.make(
        transcript.pk, coder, 1, [{"id": back, "do": "undo", "target": gone}]
    )
    assert result["state"] == "refused"
    assert CodedSegment.objects.get().pk == again


def test_what_belonged_to_a_deleted_code_does_not_come_back(study, lead):
    coded = make_coded_segment(make_transcript(study))
    before = history.images(coded)
    key = history.key_of(coded)
    coded.delete()
    event = history.record(study, lead, "withdraw", key, before=before)
    codebook.delete_code(coded.tag, lead)
    with pytest.raises(history.Conflict, match="has been deleted since"):
        history.undo(event, lead)
    assert not CodedSegment.objects.exists()


def test_a_code_does_not_go_back_under_a_deleted_parent(study, lead):
    parent = make_code(study)
    child = make_code(parent=parent)
    codebook.move_code(child, lead, make_code(study))
    event = Event.objects.latest("pk")
    codebook.delete_code(parent, lead)
    with pytest.raises(history.Conflict, match="has been deleted since"):
        history.undo(event, lead)


def tables():
    return [list(model.objects.order_by("pk").values()) for model in (CodedSegment, Memo)]


def last_of_chains(study):
    """The newest event of each chain of undoings, if what its first event did stands; newest first."""
    found = []
    for event in Event.objects.filter(study=study, undoes=None).order_by("-pk"):
        undoings = 0
        while hasattr(event, "undone_by"):
            event, undoings = event.undone_by, undoings + 1
        if undoings % 2 == 0:
            found.append(event)
    return sorted(found, key=lambda event: -event.pk)


def try_undo(event, actor):
    try:
        history.undo(event, actor)
    except history.Conflict:
        return False
    return True


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_two_coders_do_undoing_all_of_it_leads_back(db, data):
    study = make_study()
    transcript = make_transcript(study)
    coders = make_coder(study), make_coder(study)
    codes = [make_code(study) for _ in range(2)]
    make_coded_segment(transcript, codes[0], coders[0], start=0, end=5)
    memo_on = make_coded_segment(transcript, codes[1], coders[1], start=0, end=5)
    Memo.objects.create(study=study, author=coders[1], text="why", coded_segment=memo_on)
    beginning, sent = tables(), []
    for _ in range(data.draw(st.integers(1, 9))):
        coder = data.draw(st.sampled_from(coders))
        one = {"id": uuid.uuid4(), "do": data.draw(st.sampled_from(sorted(changes.DOERS)))}
        mine = sorted(CodedSegment.objects.filter(coder=coder).values_list("pk", flat=True))
        if one["do"] == "apply":
            start = data.draw(st.integers(0, 1))
            one |= {"start": start, "end": 5, "code": data.draw(st.sampled_from(codes)).pk}
        elif one["do"] == "withdraw" and mine:
            one["target"] = data.draw(st.sampled_from(mine))
        elif one["do"] == "undo" and sent:
            one["target"] = data.draw(st.sampled_from(sent))
        else:
            continue
        before = tables()
        _event, [result], _revision = changes.make(transcript.pk, coder, 1, [one])
        if result["state"] == "done":
            sent.append(one["id"])
        else:
            assert tables() == before
    # An undoing may wait for that of a later change of the same rows: newest first, as often as it takes.
    while standing := last_of_chains(study):
        assert any(try_undo(event, coders[0]) for event in standing)
    assert tables() == beginning
