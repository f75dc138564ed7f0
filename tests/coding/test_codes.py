"""What the codebook's page does with codes, by plain POST."""

import pytest
from django.urls import reverse
from django.utils import timezone

from coding import codebook
from coding.models import Code, CodedSegment
from interviews.models import Event, Study
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_study,
    make_transcript,
    make_type,
)


@pytest.fixture
def study(db):
    return make_study()


@pytest.fixture
def lead(study, client):
    user = make_lead(study)
    client.force_login(user)
    return user


def page_url(study, **query):
    address = reverse("coding:codebook", args=[study.slug])
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}" if query else address


def act(client, study, do, *codes, **given):
    data = {"do": do, "codes": [code.pk for code in codes], **given}
    return client.post(reverse("coding:codebook-acts", args=[study.slug]), data)


def filled(client, code, **changed):
    """The code's form as the page shows it, with some fields changed."""
    form = client.get(page_url(code.study, code=code.pk)).context["form"]
    values = {name: form[name].value() for name in form.fields}
    values["asked_of"] = [kind.pk for kind in values["asked_of"] or []]
    return {name: "" if value is None else value for name, value in values.items()} | changed


def save(client, code, **changed):
    return client.post(reverse("coding:code", args=[code.pk]), filled(client, code, **changed))


def tree(study):
    return [(depth, code.name) for depth, code in codebook.in_tree_order(study.codes.all())]


# One code


def test_a_code_is_made_and_shown(client, study, lead):
    parent, kind = make_code(study, "Ties"), make_type(study)
    assert f'<option value="{parent.pk}" selected' in client.get(page_url(study, new=parent.pk)).text

    answer = client.post(
        reverse("coding:new-code", args=[study.slug]),
        {
            "name": "Trust",
            "parent": parent.pk,
            "definition": "To rely on",
            "asked_of": [kind.pk],
            "origin": "data",
        },
    )

    code = study.codes.get(name="Trust")
    assert answer.url == page_url(study, code=code.pk)
    assert (code.parent, code.definition, code.origin, list(code.asked_of.all())) == (
        parent,
        "To rely on",
        "data",
        [kind],
    )
    assert Event.objects.get().action == "create-code"


def test_a_code_that_cannot_be_made_keeps_what_was_typed(client, study, lead):
    make_code(study, "Taken")

    answer = client.post(
        reverse("coding:new-code", args=[study.slug]), {"name": "Taken", "definition": "Long thought of"}
    )

    assert answer.status_code == 422
    assert "There is a code named “Taken” here already." in answer.text and "Long thought of" in answer.text
    assert not Event.objects.exists()


def test_a_code_is_saved_with_its_reason_as_one_change(client, study, lead):
    code, kind = make_code(study, "Ties", colour="#4373b2"), make_type(study)

    answer = save(
        client,
        code,
        definition="New\r\nwords",
        asked_of=[kind.pk],
        origin="data",
        hue="pink",
        reason="Too wide ",
    )

    assert answer.url == page_url(study, code=code.pk)
    code.refresh_from_db()
    assert (code.definition, code.colour, code.origin, code.revision) == ("New\nwords", "#8b3a62", "data", 2)
    event = Event.objects.get()
    assert (event.action, event.actor, event.reason) == ("edit-code", lead, "Too wide")


def test_an_imported_colour_stays_while_its_hue_is_not_changed(client, study, lead):
    code = make_code(study, "Ties", colour="#1f5fa8")

    save(client, code, definition="New")

    assert Code.objects.get().colour == "#1f5fa8"


def test_hues_of_other_families_are_not_offered_while_some_are_free(client, study, lead):
    code = make_code(study, colour="#4373b2")
    make_code(study, "Work", colour="#8b3a62")

    page = client.get(page_url(study, code=code.pk)).text

    assert 'value="pink" aria-label="pink, taken by Work" disabled' in page
    assert 'value="blue" aria-label="blue" checked' in page


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": "Taken"}, "There is a code named “Taken” here already."),
        ({"name": ""}, "This field is required."),
        ({"hue": "mauve"}, "Select a valid choice"),
        ({"reason": "x" * 301}, "at most 300 characters"),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_typed_is_lost(client, study, lead, changed, sentence):
    make_code(study, "Taken", colour="#8b3a62")
    code = make_code(study, "A", colour="#4373b2")

    answer = save(client, code, **{"definition": "Long thought of", **changed})

    assert answer.status_code == 422 and sentence in answer.text and "Long thought of" in answer.text
    assert not Event.objects.exists()


def test_who_saves_after_somebody_else_is_told_first(client, study, lead):
    code, other = make_code(study, "Ties", colour="#112233"), make_lead(study)
    data = filled(client, code, definition="Mine")
    codebook.edit_code(code, other, definition="Theirs")

    answer = client.post(reverse("coding:code", args=[code.pk]), data)

    assert answer.status_code == 422
    assert f"{other.username} has changed this code at" in answer.text
    assert "Mine" in answer.text and "Theirs" in answer.text
    assert Code.objects.get().definition == "Theirs"
    data["seen"] = answer.context["form"].data["seen"]
    assert client.post(reverse("coding:code", args=[code.pk]), data).status_code == 302
    assert Code.objects.get().definition == "Mine"


def test_a_study_may_require_reasons(client, study, lead):
    code = make_code(study, "Ties", colour="#112233")
    act(client, study, "reasons", required="yes")
    assert Study.objects.get().reasons_required and Event.objects.get().action == "edit-study"

    answer = save(client, code, definition="New")
    assert answer.status_code == 422 and "Say why: in this study" in answer.text
    answer = act(client, study, "rename", code, name="Bonds")
    assert (
        answer.status_code == 422
        and "Say why: in this study" in answer.text
        and 'value="Bonds"' in answer.text
    )
    assert Code.objects.get().revision == 1
    save(client, code, colour="#445566")
    assert save(client, code, definition="New", reason="Coders differed").status_code == 302
    assert Event.objects.latest("pk").reason == "Coders differed"

    act(client, study, "reasons")
    assert not Study.objects.get().reasons_required


def test_a_code_is_renamed_alone(client, study, lead):
    code = make_code(study, "Ties", definition="Kept", colour="#112233")

    act(client, study, "rename", code, name=" New  name ")

    code.refresh_from_db()
    assert (code.name, code.definition, code.revision) == ("New name", "Kept", 2)


# Places


def test_codes_move_up_down_in_and_out(client, study, lead):
    for number, name in enumerate("abc"):
        make_code(study, name, colour="#112233", order=number)
    c = study.codes.get(name="c")

    act(client, study, "up", c)
    assert tree(study) == [(0, "a"), (0, "c"), (0, "b")]
    act(client, study, "in", c)
    assert tree(study) == [(0, "a"), (1, "c"), (0, "b")]
    act(client, study, "out", c)
    assert tree(study) == [(0, "a"), (0, "c"), (0, "b")]
    act(client, study, "down", c)
    assert tree(study) == [(0, "a"), (0, "b"), (0, "c")]
    for do, code, sentence in (
        ("out", c, "at the top already"),
        ("in", study.codes.get(name="a"), "no code before it"),
    ):
        assert sentence in act(client, study, do, code).client.get(page_url(study)).text
    assert {event.action for event in Event.objects.all()} == {"move-code"}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("before", [(0, "b"), (0, "c"), (0, "a"), (1, "a1")]),
        ("after", [(0, "a"), (1, "a1"), (0, "b"), (0, "c")]),
        ("into", [(0, "a"), (1, "a1"), (1, "b"), (1, "c")]),
    ],
)
def test_codes_are_dropped_together_before_after_or_into_another(client, study, lead, place, expected):
    for number, name in enumerate("abc"):
        make_code(study, name, colour="#112233", order=number)
    a, b, c = study.codes.order_by("order")
    make_code(parent=a, name="a1", order=1)

    act(client, study, "move", c, b, at=a.pk, place=place)

    assert tree(study) == expected
    assert Event.objects.count() <= 1


def test_codes_are_moved_to_where_the_form_says_and_their_subcodes_go_along(client, study, lead):
    parent, family = make_code(study, "P"), make_code(study, "F", colour="#112233", order=1)
    make_code(parent=parent, name="first", order=1)
    child = make_code(parent=family, name="child", order=2)
    other = make_code(study, "O", colour="#112233", order=3)

    answer = act(client, study, "move", child, family, other, parent=parent.pk, place="first")

    assert answer.url == page_url(study, code=family.pk)
    assert tree(study) == [(0, "P"), (1, "F"), (2, "child"), (1, "O"), (1, "first")]
    assert Event.objects.count() == 1
    client.post(
        reverse("coding:codebook-acts", args=[study.slug]), {"do": "undo", "event": Event.objects.get().pk}
    )
    assert tree(study) == [(0, "P"), (1, "first"), (0, "F"), (1, "child"), (0, "O")]


def test_a_move_that_cannot_be_says_why(client, study, lead):
    parent = make_code(study, "P")
    make_code(parent=parent, name="x")
    answer = act(client, study, "move", make_code(study, "x"), parent=parent.pk, place="last")
    assert answer.status_code == 422 and "There is a code named “x” here already." in answer.text
    answer = act(client, study, "move", parent, parent=parent.children.get().pk, place="last")
    assert answer.status_code == 422 and "Select a valid choice" in answer.text
    assert not Event.objects.exists()


# Retiring, merging, copying, deleting


def test_several_codes_are_retired_and_restored_as_one_change_each(client, study, lead):
    codes = [make_code(study), make_code(study), make_code(study, retired_at=timezone.now())]

    act(client, study, "retire", *codes)
    assert not study.codes.in_use().exists()
    act(client, study, "restore", *codes)
    assert study.codes.in_use().count() == 3
    assert [event.action for event in Event.objects.all()] == ["retire-code", "restore-code"]
    assert "is in use" in act(client, study, "restore", codes[0]).client.get(page_url(study)).text


def test_several_codes_are_merged_after_a_look_at_what_that_moves(client, study, lead):
    transcript, anna, ben = make_transcript(study), make_coder(study), make_coder(study)
    one, two, into = make_code(study, "One"), make_code(study, "Two"), make_code(study, "Into")
    make_code(parent=one)
    make_coded_segment(transcript, one, anna)
    make_coded_segment(transcript, two, anna)  # folds with the one above
    make_coded_segment(transcript, one, ben)
    make_coded_segment(transcript, into, ben)  # takes in the one above

    address = f"{page_url(study)}?act=merge&codes={one.pk}&codes={two.pk}"
    assert "Show what moves" in client.get(address).text
    page = " ".join(client.get(f"{address}&into={into.pk}").text.split())
    assert "1 coded segment moves, of 2 coders." in page and "1 subcode moves." in page
    assert "2 fold into those that the same coder has on the same words." in page
    before = set(CodedSegment.objects.values_list("pk", "tag", "coder"))

    answer = act(client, study, "merge", one, two, into=into.pk)

    assert answer.url == page_url(study, code=into.pk)
    assert set(CodedSegment.objects.values_list("tag", "coder")) == {(into.pk, anna.pk), (into.pk, ben.pk)}
    event = Event.objects.get()
    act(client, study, "undo", event=event.pk)
    assert set(CodedSegment.objects.values_list("pk", "tag", "coder")) == before


def test_a_merge_that_cannot_be_says_why(client, study, lead):
    one, into = make_code(study, "One"), make_code(study, "Into")
    make_code(parent=one, name="x")
    make_code(parent=into, name="x")

    address = f"{page_url(study)}?act=merge&codes={one.pk}&into={into.pk}"
    for answer in (client.get(address), act(client, study, "merge", one, into=into.pk)):
        assert "has a subcode named “x” already" in answer.text
    assert not Event.objects.exists()


def test_a_branch_is_duplicated_without_what_is_coded_or_retired(client, study, lead):
    family = make_code(study, "Ties", definition="So", colour="#112233")
    child = make_code(parent=family, name="Trust", origin="data")
    child.asked_of.set([make_type(study)])
    gone = make_code(parent=family, name="Old", retired_at=timezone.now())
    make_code(parent=gone, name="Below")
    make_coded_segment(make_transcript(study), child)
    make_code(study, "Work", order=1)

    act(client, study, "duplicate", family)

    assert tree(study)[4:] == [(0, "Ties (copy)"), (1, "Trust"), (0, "Work")]
    copy = study.codes.get(name="Trust", parent__name="Ties (copy)")
    assert copy.origin == "data" and copy.asked_of.count() == 1 and not copy.coded_segments.exists()
    assert study.codes.get(name="Ties (copy)").definition == "So"
    act(client, study, "duplicate", family)
    assert study.codes.filter(name="Ties (copy 2)").exists()
    act(client, study, "undo", event=Event.objects.latest("pk").pk)
    assert not study.codes.filter(name="Ties (copy 2)").exists()


def test_an_unused_code_is_deleted_and_a_used_one_is_not(client, study, lead):
    unused, used = make_code(study), make_code(study, "Used")
    make_coded_segment(make_transcript(study), used)
    assert "Delete: it was never used" in client.get(page_url(study, code=unused.pk)).text
    assert "is used, so it cannot be deleted" in client.get(page_url(study, code=used.pk)).text

    act(client, study, "delete", unused)
    act(client, study, "delete", used)

    assert study.codes.get() == used and Event.objects.get().action == "delete-code"


def test_what_has_changed_since_is_not_undone(client, study, lead):
    code = make_code(study, "A", colour="#112233")
    act(client, study, "rename", code, name="B")
    event = Event.objects.get()
    act(client, study, "rename", code, name="C")

    assert (
        "has changed this since"
        in act(client, study, "undo", event=event.pk).client.get(page_url(study)).text
    )


@pytest.mark.parametrize(
    ("do", "given", "status"),
    [
        ("explode", {}, 404),
        ("undo", {"event": "x"}, 404),
        ("undo", {"event": "123"}, 404),
        ("move", {"at": "0", "place": "before"}, 404),
        ("move", {"at": "x", "place": "into"}, 404),
    ],
)
def test_what_is_not_understood_changes_nothing(client, study, lead, do, given, status):
    code = make_code(study)
    assert act(client, study, do, code, **given).status_code == status
    assert not Event.objects.exists()


def test_codes_of_another_study_are_left_alone(client, study, lead):
    other = make_code()
    act(client, study, "retire", other)
    assert Code.objects.get(pk=other.pk).retired_at is None
    assert client.post(reverse("coding:code", args=[other.pk]), {}).status_code == 404
    coder = make_coder(study)
    client.force_login(coder)
    assert act(client, study, "retire", make_code(study)).status_code == 403
