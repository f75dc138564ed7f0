import re

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from coding import codebook
from coding.models import Code, CodedSegment
from interviews.access import Role
from interviews.models import Event
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_owner,
    make_reader,
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


def list_url(study):
    return f"{reverse('admin:coding_code_changelist')}?study={study.slug}"


def change_url(code):
    return reverse("admin:coding_code_change", args=[code.pk])


def act_url(code, act):
    return reverse("admin:coding_code_act", args=[code.pk, act])


def fields(**changed):
    names = ("name", "parent", "colour", "definition", "include", "exclude", "example", "origin")
    return {**dict.fromkeys(names, ""), **changed}


def events(study):
    """What the history says, in a form that two studies can be compared by."""
    return [
        (event.action, [list(images.values()) for images in (event.before, event.after)])
        for event in Event.objects.filter(study=study).order_by("pk")
    ]


def told(code):
    """What the history says of a code: (action, reason, before, after) of each of its events."""
    key = f"code:{code.pk}"
    return [
        (event.action, event.reason, event.before.get(key), event.after.get(key))
        for event in Event.objects.filter(target=key).order_by("pk")
    ]


# Who may


@pytest.mark.parametrize("make", [make_coder, make_reader])
def test_coders_and_readers_are_not_let_into_the_admin(client, study, make):
    user = make(study)
    client.force_login(user)
    code = make_code(study)
    for url in (list_url(study), change_url(code), reverse("admin:coding_code_add")):
        assert client.get(url).url.startswith("/admin/login/")

    # is_staff alone, as a lead of another study has it, opens nothing here
    make_member(make_study(), Role.LEAD, user)
    assert client.get(change_url(code)).url == reverse("admin:index")
    assert client.post(act_url(code, "retire")).status_code == 404
    assert client.get(f"{reverse('admin:coding_code_merge')}?codes={code.pk}").status_code == 404
    assert Code.objects.get(pk=code.pk).retired_at is None


def test_a_superuser_who_is_no_member_sees_no_code(client, study):
    code = make_code(study, "Secret ties")
    client.force_login(get_user_model().objects.create_superuser("root"))

    assert client.get(list_url(study)).status_code == 403
    assert client.get(reverse("admin:coding_code_add")).status_code in (403, 404)
    assert "Secret ties" not in client.get(change_url(code), follow=True).text
    assert "Codes" not in client.get(reverse("admin:index")).text


def test_somebody_staff_without_a_study_to_lead_sees_no_code(client, study):
    user = make_coder(study)
    user.is_staff = True
    user.save()
    client.force_login(user)

    assert client.get(list_url(study)).status_code == 403


@pytest.mark.parametrize("make", [make_lead, make_owner])
def test_leads_and_owners_see_their_codes(client, study, make):
    make_code(study, "Trust")
    client.force_login(make(study))

    assert "Trust" in client.get(list_url(study)).text


def test_one_study_at_a_time_the_first_if_none_is_named(client, study, lead):
    other = make_study("A first one")
    make_member(other, Role.LEAD, lead)
    make_code(study, "Here")
    make_code(other, "There")
    stranger = make_code(name="Elsewhere")

    assert client.get(reverse("admin:coding_code_changelist")).url.endswith("?study=a-first-one")
    assert client.get(list_url(stranger.study)).url.endswith("?study=a-first-one")
    page = client.get(list_url(study)).text
    assert "Here" in page and "There" not in page and "Elsewhere" not in page
    assert "?study=a-first-one" in page


def test_no_form_offers_a_code_or_type_of_another_study(client, study, lead):
    other = make_study()
    make_member(other, Role.LEAD, lead)
    here, kind = make_code(study, "Here"), make_type(study, "Returnee")
    there, other_kind = make_code(other, "There"), make_type(other, "Pilot")

    for url in (
        change_url(make_code(study)),
        f"{reverse('admin:coding_code_add')}?study={study.slug}",
        f"{reverse('admin:coding_code_merge')}?codes={make_code(study).pk}",
    ):
        page = client.get(url).text
        assert f'value="{here.pk}"' in page and f'value="{there.pk}"' not in page and "There" not in page
    assert (
        "Returnee" in client.get(change_url(here)).text and "Pilot" not in client.get(change_url(here)).text
    )
    answer = client.post(change_url(here), fields(name="Here", parent=there.pk))
    assert answer.status_code == 200
    answer = client.post(change_url(here), fields(name="Here", asked_of=[other_kind.pk]))
    assert answer.status_code == 200
    answer = client.post(change_url(here), fields(name="Here", asked_of=[kind.pk]))
    assert answer.status_code == 302
    assert Code.objects.get(pk=here.pk).parent is None


# The list


def rows(page):
    """(level, name) of each row of the list."""
    return re.findall(r'data-level="(\d)"><i class="swatch [^"]*"></i><a href="[^"]*">([^<]*)</a>', page)


def test_the_list_is_a_tree_with_swatches_states_and_counts(client, study, lead):
    family = make_code(study, "Ties", colour="#2e7d4f", order=2)
    trust = make_code(parent=family, name="Trust")
    make_code(study, "Before", order=1)
    retired = make_code(study, "Old", order=3, retired_at=timezone.now())
    into = make_code(study, "Into", order=4)
    codebook.merge(make_code(study, "Gone", order=5), into, lead)
    transcript = make_transcript(study)
    coder = make_coder(study)
    make_coded_segment(transcript, trust, coder)
    make_coded_segment(transcript, trust, lead)
    make_coded_segment(transcript, trust, coder, end=12)

    page = client.get(list_url(study)).text

    assert rows(page) == [
        ("0", "Before"),
        ("0", "Ties"),
        ("1", "Trust"),
        ("0", "Old"),
        ("0", "Into"),
        ("0", "Gone"),
    ]
    assert '<i class="swatch hue-green shade-1">' in page
    assert re.search(
        r'Trust</a>.*?field-n_coded_segments"><a href="[^"]*code=\d+">3<.*?field-n_coders">2<', page, re.S
    )
    assert re.search(r"Old</a>.*?Retired", page, re.S) and "Merged into Into" in page
    page = client.get(f"{list_url(study)}&state=retired").text
    assert rows(page) == [("0", "Old")] and retired.name in page
    assert rows(client.get(f"{list_url(study)}&state=merged").text) == [("0", "Gone")]
    assert ("0", "Old") not in rows(client.get(f"{list_url(study)}&state=in-use").text)


def test_search_finds_names_and_definitions_and_shows_paths(client, study, lead):
    family = make_code(study, "Ties")
    make_code(parent=family, name="Trust")
    make_code(study, "Work", definition="What one trusts")
    make_code(study, "Other")

    page = client.get(f"{list_url(study)}&q=trust").text

    assert rows(page) == [("0", "Ties &gt; Trust"), ("0", "Work")]
    assert "Move “" not in page


def test_the_list_takes_the_same_queries_whatever_its_size(client, study, lead, django_assert_num_queries):
    transcript = make_transcript(study)
    client.get(list_url(study))
    for _ in range(2):
        child = make_code(parent=make_code(parent=make_code(study)))
        make_coded_segment(transcript, child)
        codebook.merge(make_code(study), child, lead)
        # user, studies, families, how many are found, codes found, all codes, whether a transcript is put away, counts,
        # permissions of other models (2)
        with django_assert_num_queries(10):
            client.get(list_url(study))


def test_pages_of_the_admin_have_no_inline_style_or_script(client, study, lead):
    code, into = make_code(study), make_code(study)
    make_coded_segment(make_transcript(study), code)
    for url in (
        list_url(study),
        change_url(code),
        f"{reverse('admin:coding_code_add')}?study={study.slug}",
        f"{reverse('admin:coding_code_merge')}?codes={code.pk}&into={into.pk}",
    ):
        page = client.get(url).text
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script>|javascript:", page)


# One code


def test_a_code_is_added_through_the_same_function_with_the_same_history(client, study, lead):
    parent, kind = make_code(study, "Ties"), make_type(study)
    url = f"{reverse('admin:coding_code_add')}?study={study.slug}"
    values = {"name": "Trust", "colour": "#abc", "definition": "So", "origin": "data"}
    answer = client.post(url, fields(parent=parent.pk, asked_of=[kind.pk], **values))

    assert answer.url == list_url(study)
    code = study.codes.get(name="Trust")
    assert (code.parent, code.colour, code.slug) == (parent, "#aabbcc", "trust")
    assert list(code.asked_of.all()) == [kind]
    event = Event.objects.get()
    assert (event.action, event.actor, event.target) == ("create-code", lead, f"code:{code.pk}")
    codebook.delete_code(code, lead)
    codebook.create_code(study, lead, parent=parent, asked_of=[kind], **values)
    first, second = (
        {name: value for name, value in next(iter(event.after.values())).items() if name != "created_at"}
        for event in Event.objects.filter(action="create-code").order_by("pk")
    )
    assert first == second


def test_a_code_is_edited_through_the_same_function_with_the_same_history(client, study, lead):
    by_page, by_function = (
        make_code(study, "One", colour="#112233"),
        make_code(study, "Two", colour="#112233"),
    )
    parent = make_code(study, "P")
    changes = {"definition": "New\nlines", "example": "So"}

    given = fields(name="One", colour="#112233", parent=parent.pk, reason="Too wide", **changes)
    client.post(change_url(by_page), given)
    codebook.edit_code(by_function, lead, "Too wide", **changes)
    codebook.move_code(by_function, lead, parent)

    first, second = told(by_page), told(by_function)
    assert [action for action, *_rest in first] == ["edit-code", "move-code"]
    assert {**first[1][3], "order": 2} == second[1][3]  # one stands after the other
    assert first[0] == second[0] and first[1][:3] == second[1][:3]
    by_page.refresh_from_db()
    assert (by_page.revision, by_page.parent, by_page.definition) == (2, parent, "New\nlines")


def test_a_required_reason_is_asked_for_here_too(client, study, lead):
    codebook.require_reasons(study, lead, True)
    code = make_code(study, "One", colour="#112233")

    answer = client.post(change_url(code), fields(name="Two", colour="#112233"))
    assert answer.status_code == 200 and "Say why" in answer.text
    client.post(change_url(code), fields(name="Two", colour="#112233", reason="Clearer"))
    assert Event.objects.latest("pk").reason == "Clearer"


def test_saving_without_a_change_leaves_no_trace(client, study, lead):
    code = make_code(study, "A", colour="#112233")

    client.post(change_url(code), fields(name="A", colour="#112233"))

    assert not Event.objects.exists() and Code.objects.get().revision == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "Taken"}, "There is a code named “Taken” here already."),
        ({"name": ""}, "This field is required."),
        ({"name": "A", "colour": "deep pink"}, "Ensure this value has at most 7 characters"),
        ({"name": "A", "colour": "pink"}, "“pink” is no colour; write it as #rrggbb."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(client, study, lead, values, sentence):
    make_code(study, "Taken")
    code = make_code(study, "A")

    for url in (change_url(code), f"{reverse('admin:coding_code_add')}?study={study.slug}"):
        answer = client.post(url, fields(**{"name": "B", **values}))
        assert answer.status_code == 200 and sentence in answer.text
    assert not Event.objects.exists() and study.codes.count() == 2


def test_a_code_is_not_offered_its_own_subtree_as_parent(client, study, lead):
    family = make_code(study, "Ties")
    child = make_code(parent=family, name="Trust")

    assert f'<option value="{child.pk}"' not in client.get(change_url(family)).text
    answer = client.post(change_url(family), fields(name="Ties", parent=child.pk))
    assert answer.status_code == 200 and Code.objects.get(pk=family.pk).parent is None


def test_saving_and_adding_another_stays_in_the_study(client, study, lead):
    make_member(make_study("A first one"), Role.LEAD, lead)
    url = f"{reverse('admin:coding_code_add')}?study={study.slug}"

    answer = client.post(url, fields(name="A", _addanother="1"))

    assert answer.url == url and study.codes.get().name == "A"


# Acts


def test_codes_are_moved_by_buttons_that_post(client, study, lead):
    a, b = make_code(study, "a"), make_code(study, "b")
    page = client.get(list_url(study)).text
    assert f'formaction="{act_url(b, "up")}"' in page and f'formaction="{act_url(a, "up")}"' not in page
    assert 'aria-label="Move “b” up"' in page

    assert client.get(act_url(b, "up")).status_code == 405
    assert client.post(act_url(b, "up")).url == list_url(study)
    assert list(study.codes.values_list("name", flat=True)) == ["b", "a"]
    client.post(act_url(b, "down"))
    assert list(study.codes.values_list("name", flat=True)) == ["a", "b"]
    assert [event.action for event in Event.objects.all()] == ["move-code", "move-code"]
    assert client.post(act_url(b, "explode")).status_code == 404


def test_retiring_a_code_tells_of_those_below_it(client, study, lead):
    parent = make_code(study, "Above")
    make_code(parent=parent)
    make_code(parent=parent, retired_at=timezone.now())
    assert "leaves the 1 code directly below it in use" in client.get(change_url(parent)).text
    codebook.retire(parent, lead)
    assert "directly below it" not in client.get(change_url(parent)).text


def test_codes_go_in_and_out_and_are_sent_to_the_page_that_moves_several(client, study, lead):
    a, b = make_code(study, "a", order=1), make_code(study, "b", order=2, colour="#112233")

    client.post(act_url(b, "in"))
    assert Code.objects.get(pk=b.pk).parent == a
    client.post(act_url(b, "out"))
    assert Code.objects.get(pk=b.pk).parent is None
    answer = client.post(list_url(study), {"action": "move_codes", "_selected_action": [a.pk, b.pk]})
    assert answer.url == f"{reverse('coding:codebook', args=[study.slug])}?act=move&codes={a.pk}&codes={b.pk}"
    assert client.get(answer.url).status_code == 200


def test_retiring_a_parent_warns_of_the_subcodes_that_stay_in_use(client, study, lead):
    parent = make_code(study, "P")
    make_code(parent=parent, name="Left")
    make_code(parent=parent, name="Gone", retired_at=timezone.now())

    assert "stays in use: “Left”" in client.post(act_url(parent, "retire"), follow=True).text
    codebook.restore(parent, lead)
    answer = client.post(
        list_url(study), {"action": "retire_codes", "_selected_action": [parent.pk]}, follow=True
    )
    assert "stays in use: “Left”" in answer.text


def test_the_list_is_filtered_by_family_and_use(client, study, lead):
    family, other = make_code(study, "Ties"), make_code(study, "Work")
    trust = make_code(parent=family, name="Trust", origin="data")
    make_coded_segment(make_transcript(study), trust)

    def shown(query):
        page = client.get(f"{list_url(study)}&{query}").text
        return [code.name for code in (family, trust, other) if change_url(code) in page]

    assert shown(f"family={family.pk}") == ["Ties", "Trust"]
    assert shown("family=x") == []
    assert shown("use=used") == ["Trust"]
    assert shown("use=unused") == ["Ties", "Work"]
    assert shown("origin__exact=data") == ["Trust"]


def test_a_code_is_retired_and_restored(client, study, lead):
    code = make_code(study, "A")

    assert client.post(act_url(code, "retire")).url == change_url(code)
    assert Code.objects.get().retired_at
    assert "is retired already" in client.post(act_url(code, "retire"), follow=True).text
    client.post(act_url(code, "restore"))
    assert Code.objects.get().retired_at is None
    assert [event.action for event in Event.objects.all()] == ["retire-code", "restore-code"]


def test_several_codes_are_retired_and_restored_at_once(client, study, lead):
    codes = [make_code(study), make_code(study)]
    chosen = {"_selected_action": [code.pk for code in codes]}

    client.post(list_url(study), {"action": "retire_codes", **chosen})
    assert not study.codes.in_use().exists()
    client.post(list_url(study), {"action": "restore_codes", **chosen})
    assert study.codes.in_use().count() == 2
    assert [event.action for event in Event.objects.all()] == ["retire-code", "restore-code"]
    assert all(len(event.after) == 2 for event in Event.objects.all())


def test_codes_are_merged_after_a_look_at_what_that_moves(client, study, lead):
    transcript, anna, ben = make_transcript(study), make_coder(study), make_coder(study)
    one, two, into = make_code(study, "One"), make_code(study, "Two"), make_code(study, "Into")
    make_code(parent=one)
    make_coded_segment(transcript, one, anna)
    make_coded_segment(transcript, two, anna)  # folds with the one above
    make_coded_segment(transcript, one, ben)
    make_coded_segment(transcript, into, ben)  # takes in the one above
    chosen = {"_selected_action": [one.pk, two.pk]}

    answer = client.post(list_url(study), {"action": "merge_codes", **chosen})
    merge = reverse("admin:coding_code_merge")
    assert answer.url == f"{merge}?codes={one.pk}&codes={two.pk}"
    assert "Show what moves" in client.get(answer.url).text
    page = " ".join(client.get(f"{answer.url}&into={into.pk}").text.split())
    assert "1 coded segment moves, of 2 coders." in page
    assert "2 fold into those that the same coder has on the same words." in page
    assert "1 subcode moves." in page
    assert not Event.objects.exists()

    answer = client.post(merge, {"codes": [one.pk, two.pk], "into": into.pk})

    assert answer.url == list_url(study)
    assert set(CodedSegment.objects.values_list("tag", "coder")) == {(into.pk, anna.pk), (into.pk, ben.pk)}
    assert set(Code.objects.filter(merged_into=into)) == {one, two}
    assert Event.objects.get().action == "merge-codes"


def test_a_merge_that_cannot_be_says_why_and_changes_nothing(client, study, lead):
    one, into = make_code(study, "One"), make_code(study, "Into")
    make_code(parent=one, name="x")
    make_code(parent=into, name="x")
    merge = reverse("admin:coding_code_merge")

    for answer in (
        client.get(f"{merge}?codes={one.pk}&into={into.pk}"),
        client.post(merge, {"codes": [one.pk], "into": into.pk}),
    ):
        assert "has a subcode named “x” already" in answer.text
    assert "Select a valid choice" in client.post(merge, {"codes": [one.pk], "into": one.pk}).text
    other = make_study()
    make_member(other, Role.LEAD, lead)
    assert client.get(f"{merge}?codes={one.pk}&codes={make_code(other).pk}").status_code == 404
    assert client.get(merge).status_code == 404
    assert not Event.objects.exists()


def test_an_unused_code_is_deleted_with_its_event(client, study, lead):
    code = make_code(study, "A")
    url = reverse("admin:coding_code_delete", args=[code.pk])
    assert url in client.get(change_url(code)).text

    assert client.post(url, {"post": "yes"}).url == list_url(study)

    assert not Code.objects.exists()
    assert Event.objects.get().action == "delete-code"


def test_a_used_code_cannot_be_deleted(client, study, lead):
    code = make_code(study, "A")
    make_coded_segment(make_transcript(study), code)
    url = reverse("admin:coding_code_delete", args=[code.pk])
    page = client.get(change_url(code)).text
    assert url not in page and "is used, so it cannot be deleted" in page

    for answer in (client.get(url, follow=True), client.post(url, {"post": "yes"}, follow=True)):
        assert answer.redirect_chain == [(change_url(code), 302)]
        assert "is used, so it cannot be deleted" in str(next(iter(answer.context["messages"])))
    assert "delete_selected" not in client.get(list_url(study)).text
    client.post(list_url(study), {"action": "delete_selected", "_selected_action": [code.pk], "post": "yes"})
    assert Code.objects.get() == code


def test_a_code_that_is_used_while_its_deletion_is_confirmed_stays(client, study, lead, monkeypatch):
    code = make_code(study, "A")
    look = codebook.why_not_delete
    answers = iter(["", ""])
    monkeypatch.setattr("coding.codebook.why_not_delete", lambda code: next(answers, look(code)))
    make_coded_segment(make_transcript(study), code)
    url = reverse("admin:coding_code_delete", args=[code.pk])

    client.post(url, {"post": "yes"})

    assert Code.objects.get() == code


def test_what_a_colleague_saved_meanwhile_is_told_before_it_is_overwritten(client, study, lead):
    colleague = make_lead(study)
    top = make_code(study, "Home")
    code = make_code(study, "Return", definition="First")
    page = client.get(change_url(code)).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page).group(1)
    codebook.edit_code(code, colleague, definition="Hers")
    codebook.move_code(code, colleague, top)
    mine = fields(name="Return", definition="First", include="Mine", seen=seen)

    answer = client.post(change_url(code), mine).content.decode()

    assert f"{colleague.username} has changed this code at" in answer
    assert "It is now: definition “Hers”." in answer
    assert "It stands under “Home” now." in answer
    assert ">\nMine</textarea>" in answer
    code.refresh_from_db()
    assert (code.definition, code.include, code.parent) == ("Hers", "", top)
    now_seen = re.search(r'name="seen" value="([^"]*)"', answer).group(1)
    assert client.post(change_url(code), {**mine, "seen": now_seen}).status_code == 302
    code.refresh_from_db()
    assert (code.definition, code.include, code.parent) == ("First", "Mine", None)


def test_what_one_saved_and_put_in_order_oneself_is_no_rival(client, study, lead):
    code, other = make_code(study, "Return"), make_code(study, "Home")
    seen = re.search(r'name="seen" value="([^"]*)"', client.get(change_url(code)).content.decode()).group(1)
    codebook.move_down(other, lead)
    data = fields(name="Return", colour=code.colour, definition="New", seen=seen)
    assert client.post(change_url(code), data).status_code == 302
    code.refresh_from_db()
    assert code.definition == "New"
