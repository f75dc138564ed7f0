import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from coding import codebook
from coding.models import Code, CodedSegment, Memo, Segment
from interviews.history import Conflict, image, study_rows, undo
from interviews.models import Event
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
def lead(study):
    return make_lead(study)


def last_event(study):
    return Event.objects.filter(study=study).latest("pk")


def tables(study):
    """All tracked rows of a study, as images."""
    return {
        f"{model._meta.model_name}:{row.pk}": image(row) for model, rows in study_rows(study) for row in rows
    }


def children(study, parent=None):
    return list(study.codes.filter(parent=parent).values_list("name", flat=True))


# Making and editing


def test_a_new_name_is_no_path_but_one_that_came_by_a_file_may_stay(study, lead):
    came = make_code(study, "Work > pay")
    codebook.edit_code(came, lead, name="Work > pay", definition="As it came")
    for refused in (
        lambda: codebook.create_code(study, lead, name="Home  >  rent"),
        lambda: codebook.edit_code(came, lead, name="Work > wages"),
        lambda: codebook.check(study, name="Home > rent"),
    ):
        with pytest.raises(codebook.Refused, match="between the names of a path") as refusal:
            refused()
        assert refusal.value.field == "name"
    assert codebook.create_code(study, lead, name="a>b").name == "a>b"


def test_a_new_code_stands_after_its_siblings_and_is_in_the_history(study, lead):
    make_code(study, "B", order=4)
    code = codebook.create_code(study, lead, name="  A  code ", definition=" Why \r\nnot ", origin="data")

    assert children(study) == ["B", "A code"]
    assert (code.definition, code.origin, code.slug) == ("Why \nnot", "data", "a-code")
    event = last_event(study)
    assert (event.action, event.target, event.actor, event.before) == (
        "create-code",
        f"code:{code.pk}",
        lead,
        {},
    )
    assert event.after[f"code:{code.pk}"]["name"] == "A code"


def test_a_new_family_gets_the_first_hue_that_no_family_has(study, lead):
    make_code(study, colour="#1f5fa8")
    orange = codebook.create_code(study, lead, name="A")
    child = codebook.create_code(study, lead, name="B", parent=orange)
    green = codebook.create_code(study, lead, name="C")

    assert (orange.colour, child.colour, green.colour) == ("#8a460c", "", "#388447")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "Ties"}, "There is a code named “Ties” here already."),
        ({"name": " "}, "A code needs a name."),
        ({"name": "x" * 201}, "This name is longer than 200 characters."),
        ({"name": "A", "colour": "red"}, "“red” is no colour; write it as #rrggbb."),
        ({"name": "A", "origin": "god"}, "“god” is no origin; write theory or data."),
    ],
)
def test_a_code_that_cannot_be_is_refused_with_a_sentence(study, lead, fields, sentence):
    make_code(study, "Ties")

    with pytest.raises(codebook.Refused, match=sentence):
        codebook.create_code(study, lead, **fields)
    assert study.codes.count() == 1 and not Event.objects.exists()


def test_a_code_may_not_stand_under_one_of_another_study_or_a_retired_one(study, lead):
    with pytest.raises(codebook.Refused, match="of another study"):
        codebook.create_code(study, lead, name="A", parent=make_code())
    with pytest.raises(codebook.Refused, match="“Old” is retired"):
        codebook.create_code(study, lead, name="A", parent=make_code(study, "Old", retired_at=timezone.now()))


def test_respondent_types_of_another_study_are_refused(study, lead):
    with pytest.raises(codebook.Refused, match="respondent type is of another study"):
        codebook.create_code(study, lead, name="A", asked_of=[make_type()])
    kind = make_type(study)
    code = codebook.create_code(study, lead, name="A", asked_of=[kind])
    assert list(code.asked_of.all()) == [kind]


@pytest.mark.parametrize("field", ["name", "definition", "include", "exclude", "example"])
def test_a_change_of_meaning_makes_a_revision(study, lead, field):
    code = make_code(study, "A", colour="#112233")

    assert codebook.edit_code(code, lead, **{field: "B"}).revision == 2
    assert last_event(study).after == {f"code:{code.pk}": {field: "B", "revision": 2}}


def test_a_change_of_looks_or_place_makes_no_revision(study, lead):
    parent, code = make_code(study, "P", colour="#112233"), make_code(study, "A")

    code = codebook.edit_code(
        code, lead, colour="#ABC", order=3, origin="theory", parent=parent, asked_of=[make_type(study)]
    )

    assert (code.revision, code.colour, code.parent) == (1, "#aabbcc", parent)


def test_an_edit_that_changes_nothing_leaves_no_event(study, lead):
    code = make_code(study, "A", colour="#112233")

    codebook.edit_code(code, lead, name="A")

    assert not Event.objects.exists()


def test_an_edit_starts_from_the_code_as_it_is_now(study, lead):
    code = make_code(study, "A", colour="#112233")
    Code.objects.filter(pk=code.pk).update(definition="Meanwhile")

    codebook.edit_code(code, lead, name="B")

    assert Code.objects.get(pk=code.pk).definition == "Meanwhile"


# Order and place


def test_codes_move_among_their_siblings_and_stop_at_the_ends(study, lead):
    a, b, c = (make_code(study, name, colour="#112233") for name in "abc")

    codebook.move_up(c, lead)
    assert children(study) == ["a", "c", "b"]
    with pytest.raises(codebook.Refused, match="“a” is the first here already"):
        codebook.move_up(a, lead)
    codebook.move_down(a, lead)
    assert children(study) == ["c", "a", "b"]
    with pytest.raises(codebook.Refused, match="“b” is the last here already"):
        codebook.move_down(b, lead)
    assert children(study) == ["c", "a", "b"]


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_step_goes_past_what_is_hidden_and_moves_what_is_seen_by_one(study, lead, data):
    study.codes.all().delete()
    codes = [make_code(study, f"c{n}", colour="#112233") for n in range(5)]
    hidden = {code.pk for code in codes if data.draw(st.booleans())}
    code = data.draw(st.sampled_from(codes))
    seen = [each.pk for each in codes if each.pk not in hidden - {code.pk}]
    others = [each.pk for each in codes if each.pk != code.pk]
    at, step = seen.index(code.pk), data.draw(st.sampled_from([-1, 1]))
    move = codebook.move_up if step < 0 else codebook.move_down

    if not 0 <= at + step < len(seen):
        with pytest.raises(codebook.Refused):
            move(code, lead, hidden)
        return
    move(code, lead, hidden)

    seen[at], seen[at + step] = seen[at + step], seen[at]
    now = list(study.codes.values_list("pk", flat=True))
    assert [pk for pk in now if pk in seen] == seen
    assert [pk for pk in now if pk != code.pk] == others


@pytest.mark.parametrize(
    "name", ["career ceiling", "Career\u200b ceiling", "Ｃareer  ceiling", "CAREER CEILING"]
)
def test_a_name_that_looks_like_a_siblings_is_refused(study, lead, name):
    make_code(study, "Career ceiling")
    below = make_code(study, "Career ceiling", parent=make_code(study, "Work"))
    with pytest.raises(codebook.Refused, match="There is a code named “Career ceiling” here already"):
        codebook.create_code(study, lead, name=name)
    codebook.edit_code(below, lead, name=name)  # of itself it is no twin


def test_a_code_moves_to_a_place_under_another_parent(study, lead):
    parent = make_code(study, "P")
    for name in "xy":
        make_code(parent=parent, name=name)
    code = make_code(study, "A")

    codebook.move_code(code, lead, parent, 1)

    assert children(study, parent) == ["x", "A", "y"]
    assert last_event(study).action == "move-code"


def test_a_code_that_moves_to_the_top_gets_a_colour(study, lead):
    child = make_code(parent=make_code(study, colour="#1f5fa8"))

    assert codebook.move_code(child, lead, None).colour == "#8a460c"


def test_a_code_cannot_move_into_its_own_subtree_or_beside_its_namesake(study, lead):
    family = make_code(study, "Cost")
    child = make_code(parent=family, name="Cost")
    grandchild = make_code(parent=child, name="Low")

    for parent in (family, child, grandchild):
        with pytest.raises(codebook.Refused, match="cannot stand under itself"):
            codebook.move_code(family, lead, parent)
    with pytest.raises(codebook.Refused, match="named “Cost” here already"):
        codebook.move_code(child, lead, None)


def test_children_are_put_in_an_order_at_once(study, lead):
    a, b, c = (make_code(study, name) for name in "abc")

    codebook.reorder(study, lead, None, [c, a, b])
    assert children(study) == ["c", "a", "b"]
    assert Event.objects.filter(action="reorder-codes").count() == 1
    with pytest.raises(codebook.Refused, match="changed meanwhile"):
        codebook.reorder(study, lead, None, [c, a])


# Retiring and deleting


def test_retiring_a_code_leaves_its_subcodes_in_use(study, lead):
    parent = make_code(study)
    child = make_code(parent=parent)

    codebook.retire(parent, lead)

    assert list(study.codes.in_use()) == [child]
    with pytest.raises(codebook.Refused, match="retired already"):
        codebook.retire(parent, lead)
    assert codebook.restore(parent, lead).retired_at is None
    with pytest.raises(codebook.Refused, match="is in use"):
        codebook.restore(parent, lead)


def test_an_unused_code_is_deleted_and_undo_brings_it_back(study, lead):
    code = make_code(study, "A")
    kind = make_type(study)
    code.asked_of.set([kind])

    codebook.delete_code(code, lead)
    assert not study.codes.exists()
    undo(last_event(study), lead)
    assert list(study.codes.get(name="A").asked_of.all()) == [kind]


def test_a_code_that_took_part_in_anything_is_not_deleted(study, lead):
    used = make_code(study)
    make_coded_segment(make_transcript(study), used)
    parent = make_code(parent=make_code(study)).parent
    merged, into = make_code(study), make_code(study)
    codebook.merge(merged, into, lead)
    noted = make_code(study)
    Memo.objects.create(study=study, author=lead, code=noted, text="Is it one?")

    for code, sentence in [
        (used, "is used"),
        (parent, "has subcodes"),
        (merged, "took part in a merge"),
        (into, "took part in a merge"),
        (noted, "memos"),
    ]:
        with pytest.raises(codebook.Refused, match=sentence):
            codebook.delete_code(code, lead)


# Merging


def test_a_merge_moves_codings_and_subcodes_and_retires_the_code(study, lead):
    transcript, coder = make_transcript(study), make_coder(study)
    code, into = make_code(study, "Old"), make_code(study, "New")
    make_code(parent=into, name="x")
    make_code(parent=code, name="y")
    row = make_coded_segment(transcript, code, coder)

    merged = codebook.merge(code, into, lead)

    assert merged.merged_into == into and merged.retired_at
    assert children(study, into) == ["x", "y"]
    assert CodedSegment.objects.get() == row and CodedSegment.objects.get().tag == into
    event = last_event(study)
    assert (event.action, event.target) == ("merge-codes", f"code:{code.pk}")
    assert event.after[f"codedsegment:{row.pk}"] == {"tag_id": into.pk}


def test_a_merge_folds_what_one_coder_has_twice_and_keeps_what_two_coders_have(study, lead):
    transcript, anna, ben = make_transcript(study), make_coder(study), make_coder(study)
    code, into = make_code(study), make_code(study)
    twice = make_coded_segment(transcript, code, anna)
    kept = make_coded_segment(transcript, into, anna)
    bens = make_coded_segment(transcript, code, ben)
    memo = Memo.objects.create(study=study, author=anna, coded_segment=twice, text="Because")
    before = tables(study)
    assert codebook.merge_preview([code], into) == {"moving": 1, "folding": 1, "coders": 2, "subcodes": 0}

    codebook.merge(code, into, lead)

    assert set(into.coded_segments.values_list("pk", flat=True)) == {kept.pk, bens.pk}
    assert not code.coded_segments.exists()
    memo.refresh_from_db()
    assert memo.coded_segment == kept
    event = last_event(study)
    assert event.before[f"codedsegment:{twice.pk}"]["coder_id"] == anna.pk

    merged = tables(study)
    back = undo(event, lead)
    assert tables(study) == before
    undo(back, lead)
    assert tables(study) == merged


def test_merges_that_make_no_sense_are_refused(study, lead):
    code = make_code(study, "A")
    child = make_code(parent=code, name="x")
    into = make_code(study, "B")
    make_code(parent=into, name="x")
    retired = make_code(study, "R", retired_at=timezone.now())
    gone, target = make_code(study, "G"), make_code(study, "T")
    codebook.merge(gone, target, lead)

    for one, other, sentence in [
        (code, code, "into itself"),
        (code, child, "into itself or one of its subcodes"),
        (code, make_code(), "two studies"),
        (code, into, "has a subcode named “x” already"),
        (code, retired, "“R” is retired"),
        (gone, into, "merged already"),
    ]:
        with pytest.raises(codebook.Refused, match=sentence):
            codebook.merge(one, other, lead)
    assert Event.objects.filter(action="merge-codes").count() == 1


def test_a_child_is_merged_into_its_parent_and_stays_in_its_place(study, lead):
    parent = make_code(study, "P")
    child = make_code(parent=parent, name="c")
    make_code(parent=child, name="grandchild")

    codebook.merge(child, parent, lead)

    assert children(study, parent) == ["c", "grandchild"]


def test_a_merge_takes_the_same_queries_however_much_it_moves(study, lead, django_assert_num_queries):
    transcript, coder = make_transcript(study, text="x" * 3000, turns=[]), make_coder(study)
    for size in (10, 2000):
        code, into = make_code(study), make_code(study)
        segments = Segment.objects.bulk_create(
            [Segment(transcript=transcript, start=at, end=size + at, quote="x") for at in range(size)]
        )
        CodedSegment.objects.bulk_create(
            [CodedSegment(content_object=segment, tag=code, coder=coder) for segment in segments]
        )
        with django_assert_num_queries(21):
            codebook.merge(code, into, lead)
        undo(last_event(study), lead)
        assert code.coded_segments.count() == size


# Undoing


def test_making_a_code_is_not_undone_once_it_is_used(study, lead):
    code = codebook.create_code(study, lead, name="A")
    make_coded_segment(make_transcript(study), code)

    with pytest.raises(Conflict, match="used since"):
        undo(last_event(study), lead)
    assert study.codes.get() == code


class Undoing(TestCase):
    """Any series of changes, undone one by one from the last, leaves the tables as they were."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ["create", "edit", "move", "up", "down", "retire", "restore", "delete", "merge"]
                ),
                st.integers(0, 9),
                st.integers(0, 9),
            ),
            max_size=15,
        )
    )
    def test_any_changes_of_the_codebook_are_undone(self, steps):
        study = make_study()
        lead = make_lead(study)
        transcript = make_transcript(study)
        coders = [make_coder(study), make_coder(study)]
        families = [make_code(study, f"F{n}") for n in range(3)]
        codes = families + [make_code(parent=family, name=f"c{n}") for n, family in enumerate(families)]
        for n, code in enumerate(codes):
            for coder in coders[: 1 + n % 2]:
                row = make_coded_segment(transcript, code, coder, start=0, end=5 + n % 2)
                Memo.objects.create(study=study, author=coder, coded_segment=row, text="m")
        before = tables(study)

        for step in steps:
            change(study, lead, *step)
        for event in Event.objects.filter(study=study).order_by("-pk"):
            undo(event, lead)

        assert tables(study) == before


def change(study, lead, do, one, other):
    """One step of a random series; what is refused changes nothing."""
    codes = list(study.codes.order_by("pk"))
    code, target = codes[one % len(codes)], codes[other % len(codes)]
    acts = {
        "create": lambda: codebook.create_code(study, lead, name=f"n{other}", parent=code),
        "edit": lambda: codebook.edit_code(code, lead, name=f"n{other}", parent=target, colour=""),
        "move": lambda: codebook.move_code(code, lead, target if other % 2 else None, other),
        "up": lambda: codebook.move_up(code, lead),
        "down": lambda: codebook.move_down(code, lead),
        "retire": lambda: codebook.retire(code, lead),
        "restore": lambda: codebook.restore(code, lead),
        "delete": lambda: codebook.delete_code(code, lead),
        "merge": lambda: codebook.merge(code, target, lead),
    }
    try:
        acts[do]()
    except codebook.Refused:
        assert study.codes.count() == len(codes)
