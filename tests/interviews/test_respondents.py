"""Respondents: the table on the page, one by one, and tables that are planned before they are written."""

import datetime
import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bench.hostile import LAUGHING
from bench.material import make_zip
from interviews import respondents
from interviews.models import Attribute, Event, Respondent, RespondentType
from interviews.speakers import assign
from interviews.tables import Table, TableError, read_table
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
from tests.interviews.test_sheets import make_xlsx

pytestmark = pytest.mark.django_db
DEMO = Path(settings.BASE_DIR) / "interviews" / "demo"


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(client, study):
    lead = make_lead(study)
    client.force_login(lead)
    return lead


def address(name, *args):
    return reverse(f"interviews:{name}", args=args)


def preview(client, study, table):
    data = table.encode() if isinstance(table, str) else table
    given = {"file": SimpleUploadedFile("respondents.csv", data)}
    return client.post(address("import-respondents", study.slug), given)


def confirm(client, study, shown, **more):
    return client.post(
        address("import-respondents", study.slug), {"table": shown.context["table"]}, follow=True, **more
    )


def bring(client, study, table):
    shown = preview(client, study, table)
    return confirm(client, study, shown)


def states(shown):
    return [row.state for row in shown.context["plan"].rows]


def test_nothing_is_written_before_the_table_is_confirmed(client, study, lead):
    shown = preview(client, study, (DEMO / "respondents.csv").read_bytes())
    assert states(shown) == ["new"] * 12
    assert "Write 12 respondents" in shown.content.decode()
    assert not Respondent.objects.exists()
    assert not RespondentType.objects.exists()
    assert not Attribute.objects.exists()
    assert not Event.objects.exists()


def test_the_demo_table_gives_twelve_respondents_of_three_types(client, study, lead):
    bring(client, study, (DEMO / "respondents.csv").read_bytes())
    assert Respondent.objects.count() == 12
    assert list(RespondentType.objects.values_list("key", "name")) == [
        ("returnee", "Returnee"),
        ("migrant", "Migrant"),
        ("institutional_actor", "Institutional actor"),
    ]
    assert list(Attribute.objects.values_list("key", "name", "kind")) == [
        ("gender", "Gender", "text"),
        ("age_band", "Age band", "text"),
        ("city", "City", "text"),
        ("years_abroad", "Years abroad", "number"),
        ("degree", "Degree", "text"),
        ("interview_date", "Interview date", "date"),
        ("association_member", "Association member", "yes_no"),
        ("returned_with_team", "Returned with team", "yes_no"),
        ("founder", "Founder", "yes_no"),
        ("survey_id", "Survey id", "text"),
    ]
    meiling = Respondent.objects.get(pseudonym="Meiling")
    assert meiling.respondent_type.key == "returnee"
    assert meiling.values == {
        "gender": "female",
        "age_band": "30-34",
        "city": "Shanghai",
        "years_abroad": 6,
        "degree": "Master",
        "interview_date": "2006-05-18",
        "association_member": False,
        "returned_with_team": True,
        "founder": True,
        "survey_id": "S052",
    }
    assert "association_member" not in Respondent.objects.get(pseudonym="Kuang").values
    event = Event.objects.get()
    assert (event.action, event.actor) == ("import-respondents", lead)


def test_the_same_table_again_changes_nothing(client, study, lead):
    table = (DEMO / "respondents.csv").read_bytes()
    make_transcript(study, filename="RET01_wenbo.docx")
    bring(client, study, table)
    shown = preview(client, study, table)
    assert states(shown) == ["same"] * 12
    assert "There is nothing to write" in shown.content.decode()
    confirm(client, study, shown)
    assert Event.objects.count() == 1


def test_changes_are_shown_as_old_and_new_and_empty_cells_change_nothing(client, study, lead):
    make_attribute(study, "City")
    make_attribute(study, "Founder", kind="yes_no")
    person = make_respondent(study, "Wenbo", city="Boston", founder=True, kept="as is")
    shown = preview(client, study, "pseudonym,city,founder\nwenbo,Suzhou,\n")
    [row] = shown.context["plan"].rows
    assert [(change.name, change.old, change.new) for change in row.changes] == [("City", "Boston", "Suzhou")]
    confirm(client, study, shown)
    person.refresh_from_db()
    assert person.values == {"city": "Suzhou", "founder": True, "kept": "as is"}
    assert person.pseudonym == "Wenbo"


def test_linking_by_file_name_moves_what_is_coded_to_the_respondent(client, study, lead):
    transcript = make_transcript(study, filename="RET01_wenbo.docx")
    start = transcript.text.index("WENBO")
    coded = make_coded_segment(transcript, start=start, end=start + 20)
    bring(client, study, "pseudonym,filename,interview_date\nWenbo,RET01_wenbo.txt,2006-03-14\n")
    transcript.refresh_from_db()
    coded.refresh_from_db()
    assert transcript.respondent.pseudonym == "Wenbo"
    assert transcript.interview_date == date(2006, 3, 14)
    assert transcript.speakers.get(label="WENBO").respondent == transcript.respondent
    assert transcript.speakers.get(label="INTERVIEWER").is_interviewer
    assert coded.respondent == coded.content_object.respondent == transcript.respondent
    assert list(Event.objects.values_list("action", flat=True)) == ["import-respondents"]


def test_an_unclaimed_label_follows_the_linked_respondent(client, study, lead):
    text = "INTERVIEWER: Yes?\nGUOWEI: It is.\n国伟：好，说中文痛快一点。\n"
    transcript = make_transcript(study, text, filename="MIG03.txt")
    at = text.index("好")
    coded = make_coded_segment(transcript, start=at, end=at + 5)
    bring(client, study, "pseudonym,filename\nGuowei,MIG03.docx\n")
    coded.refresh_from_db()
    assert coded.respondent.pseudonym == "Guowei"


def test_a_file_that_is_not_in_the_study_yet_is_said_so(client, study, lead):
    shown = preview(client, study, "pseudonym,filename\nWenbo,RET01.txt\n")
    assert "RET01.txt is not in the study yet" in shown.content.decode()
    assert states(shown) == ["new"]


def test_a_file_name_of_two_transcripts_is_wrong_unless_it_is_exact(client, study, lead):
    for filename in ("a.txt", "a.docx"):
        make_transcript(study, filename=filename)
    assert states(preview(client, study, "pseudonym,filename\nWenbo,a.pdf\n")) == ["wrong"]
    assert states(preview(client, study, "pseudonym,filename\nWenbo,A.TXT\n")) == ["new"]


def test_a_removed_transcript_is_not_linked(client, study, lead):
    from django.utils import timezone

    make_transcript(study, filename="a.txt", removed_at=timezone.now())
    assert "not in the study yet" in preview(client, study, "pseudonym,filename\nW,a.txt\n").content.decode()


def test_one_respondent_may_have_several_transcripts(client, study, lead):
    for filename in ("a.txt", "b.txt"):
        make_transcript(study, filename=filename)
    table = (
        "pseudonym,filename,city,interview_date\nWen,a.txt,Boston,2006-01-01\nWen,b.txt,Boston,2006-02-02\n"
    )
    bring(client, study, table)
    [person] = Respondent.objects.all()
    assert {(t.filename, str(t.interview_date)) for t in person.main_transcripts.all()} == {
        ("a.txt", "2006-01-01"),
        ("b.txt", "2006-02-02"),
    }
    assert states(preview(client, study, table)) == ["same", "same"]


def test_two_rows_about_one_respondent_must_agree(client, study, lead):
    shown = preview(client, study, "pseudonym,city,type\nWen,Boston,a\nWEN,Suzhou,a\n")
    assert states(shown) == ["new", "wrong"]
    assert "Line 2 is about the same respondent" in shown.content.decode()


def test_a_group_interview_has_one_main_respondent_and_several_labels(client, study, lead):
    transcript = make_transcript(study, "MODERATOR: So?\nANNA: Yes.\nBEN: No.\n", filename="g.txt")
    table = "pseudonym,filename\nAnna,g.txt\nBen,g.txt\n"
    bring(client, study, table)
    transcript.refresh_from_db()
    assert transcript.respondent.pseudonym == "Anna"
    mapped = dict(transcript.speakers.values_list("label", "respondent__pseudonym"))
    assert mapped == {"MODERATOR": None, "ANNA": "Anna", "BEN": "Ben"}
    assert states(preview(client, study, table)) == ["same", "same"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("pseudonym,city\n,Boston\n", "There is no pseudonym in this row"),
        ("pseudonym\n" + "x" * 201 + "\n", "longer than 200"),
        ("pseudonym,type\nWen," + "x" * 101 + "\n", "longer than 100"),
        ("pseudonym,years\nWen,about 5\n", "“about 5” is no number"),
        ("pseudonym,founder\nWen,perhaps\n", "neither yes nor no"),
        ("pseudonym,born\nWen,2006-02-30\n", "no date such as"),
        ("pseudonym,band\nWen,old\n", "none of its choices"),
    ],
)
def test_a_wrong_row_says_why_and_is_left_out_alone(client, study, lead, table, says):
    make_attribute(study, "years", kind="number")
    make_attribute(study, "founder", kind="yes_no")
    make_attribute(study, "born", kind="date")
    make_attribute(study, "band", kind="one_of", choices=["young"])
    shown = preview(client, study, table + "Lihua\n")
    assert states(shown) == ["wrong", "new"]
    assert says in shown.content.decode()
    confirm(client, study, shown)
    assert [person.pseudonym for person in Respondent.objects.all()] == ["Lihua"]
    assert not RespondentType.objects.exists()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("", "is empty"),
        ("who,city\nWen,Boston\n", "No column is called"),
        ("pseudonym,city,City\nWen,a,b\n", "Two columns"),
        (b"PK\x03\x04\x00", "CSV UTF-8"),
        ("pseudonym\n" + "x" * 2_100_000, "at most"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_a_sentence(client, study, lead, table, says):
    shown = preview(client, study, table)
    assert shown.status_code == 200
    assert says in shown.content.decode()


def test_choosing_no_file_is_told(client, study, lead):
    assert "Choose a file first" in client.post(address("import-respondents", study.slug)).content.decode()


def test_types_are_found_by_name_and_by_key(client, study, lead):
    kind = make_type(study, "Institutional actor")
    bring(client, study, "name;type\nTan;institutional_actor\nPu;INSTITUTIONAL ACTOR\n")
    assert RespondentType.objects.get() == kind
    assert kind.respondents.count() == 2


def test_what_changed_between_preview_and_confirmation_is_shown_anew(client, study, lead):
    make_attribute(study, "City")
    person = make_respondent(study, "Wenbo", city="Boston")
    shown = preview(client, study, "pseudonym,city\nWenbo,Suzhou\n")
    person.values = {"city": "Shanghai"}
    person.save()
    again = confirm(client, study, shown)
    assert "The study has changed since the preview" in again.content.decode()
    person.refresh_from_db()
    assert person.values == {"city": "Shanghai"}
    confirm(client, study, again)
    person.refresh_from_db()
    assert person.values == {"city": "Suzhou"}


def test_a_preview_of_another_study_or_none_is_not_written(client, study, lead):
    other = make_study()
    client.force_login(make_owner(other))
    shown = preview(client, other, "pseudonym\nWenbo\n")
    client.force_login(lead)
    for table in (shown.context["table"], "made:up"):
        answer = client.post(address("import-respondents", study.slug), {"table": table}, follow=True)
        assert "The preview has expired" in answer.content.decode()
    assert not Respondent.objects.exists()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["yes", "NO", ""], "yes_no"),
        (["是", "否"], "yes_no"),
        (["1", "2.5", "-3"], "number"),
        (["1", "0"], "number"),
        (["007", "8"], "text"),
        (["2006-04-05", "2006/4/5"], "date"),
        (["2006-13-05"], "text"),
        (["", ""], "text"),
        ([], "text"),
        (["yes", "5"], "text"),
        (["NaN", "1"], "text"),
        (["1e5"], "text"),
        (["٣"], "text"),
    ],
)
def test_kinds_are_guessed_from_all_cells(cells, kind):
    assert respondents.guess_kind(cells) == kind


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12).map(str.strip)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.fixed_dictionaries({"pseudonym": CELLS, "type": CELLS, "said": CELLS}), max_size=6))
def test_any_table_once_written_is_unchanged_when_planned_again(rows):
    study = make_study()
    table = Table(["pseudonym", "type", "said"], list(enumerate(rows, 2)))
    planned = respondents.plan(study, table)
    respondents.apply(study, planned, None)
    again = respondents.plan(study, table)
    assert again.to_write == [] and again.types == [] and again.attributes == []
    assert again.count("wrong") == planned.count("wrong")


# The page and its forms


def test_the_page_shows_everybody_with_what_is_known(client, study):
    make_attribute(study, "Founder", kind="yes_no")
    person = make_respondent(study, "Wenbo", make_type(study, "Returnee"), founder=True)
    make_transcript(study, respondent=person, title="RET01")
    client.force_login(make_reader(study))
    shown = client.get(address("respondents", study.slug)).content.decode()
    row = re.sub(r"<[^>]+>", " ", re.search(r"<tr data-row=.*?</tr>", shown, re.S)[0]).split()
    assert row == ["Wenbo", "Returnee", "RET01", "0", "yes"]
    assert "New respondent" not in shown


def test_the_page_takes_the_same_queries_however_many_there_are(client, study, django_assert_num_queries):
    client.force_login(make_reader(study))
    client.get(address("respondents", study.slug))
    for _ in range(2):
        for _each in range(3):
            make_attribute(study)
            make_transcript(study, respondent=make_respondent(study, None, make_type(study)))
        with django_assert_num_queries(8):  # the session with its user, then seven of the page
            client.get(address("respondents", study.slug))


def test_a_respondent_is_added_with_every_kind_of_attribute(client, study, lead):
    kind = make_type(study, "Returnee")
    given = {"text": "Suzhou", "number": "6", "date": "2006-05-18", "yes_no": "no", "one_of": "PhD"}
    posted = {"pseudonym": " Mei  ling ", "respondent_type": kind.pk}
    for name, value in given.items():
        choices = ["PhD", "Master"] if name == "one_of" else []
        attribute = make_attribute(study, name, kind=name, choices=choices)
        posted[f"value_{attribute.pk}"] = value
    assert client.post(address("new-respondent", study.slug), posted).status_code == 302
    person = Respondent.objects.get()
    assert person.pseudonym == "Mei ling"
    assert person.values == {
        "text": "Suzhou",
        "number": 6,
        "date": "2006-05-18",
        "yes_no": False,
        "one_of": "PhD",
    }
    assert Event.objects.get().action == "add-respondent"


def test_emptying_a_field_makes_its_value_unknown(client, study, lead):
    city = make_attribute(study, "City")
    person = make_respondent(study, "Wenbo", city="Boston", other=1)
    client.post(address("respondent", person.pk), {"pseudonym": "Wenbo", f"value_{city.pk}": ""})
    person.refresh_from_db()
    assert person.values == {"other": 1}
    event = Event.objects.get()
    assert event.action == "edit-respondent"
    assert event.before[f"respondent:{person.pk}"] == {"values": {"city": "Boston", "other": 1}}


@pytest.mark.parametrize(
    "wrong", [{"pseudonym": ""}, {"pseudonym": "LIHUA"}, {"respondent_type": "0"}, {"number": "x"}]
)
def test_a_wrong_respondent_is_shown_again_and_not_written(client, study, lead, wrong):
    make_respondent(study, "Lihua")
    attribute = make_attribute(study, "Years", kind="number")
    person = make_respondent(study, "Wenbo")
    posted = {"pseudonym": "Wenbo", **wrong, f"value_{attribute.pk}": wrong.get("number", "")}
    assert client.post(address("respondent", person.pk), posted).status_code == 200
    assert not Event.objects.exists()


def test_a_type_of_another_study_is_no_choice(client, study, lead):
    foreign = make_type()
    posted = {"pseudonym": "Wenbo", "respondent_type": foreign.pk}
    assert client.post(address("new-respondent", study.slug), posted).status_code == 200
    assert foreign.name not in client.get(address("new-respondent", study.slug)).content.decode()
    assert not Respondent.objects.exists()


def test_types_and_attributes_are_added_and_renamed_keeping_their_keys(client, study, lead):
    client.post(address("new-respondent-type", study.slug), {"name": "Returnee"})
    client.post(
        address("new-attribute", study.slug), {"name": "City", "kind": "one_of", "options": "A\n\nB\nA"}
    )
    kind, attribute = RespondentType.objects.get(), Attribute.objects.get()
    assert attribute.choices == ["A", "B"]
    client.post(address("respondent-type", kind.pk), {"name": "Came back"})
    client.post(address("attribute", attribute.pk), {"name": "Town", "kind": "number", "options": "A\nC"})
    kind.refresh_from_db()
    attribute.refresh_from_db()
    assert (kind.name, kind.key) == ("Came back", "returnee")
    assert (attribute.name, attribute.key, attribute.kind) == ("Town", "city", "one_of")
    assert attribute.choices == ["A", "C"]
    assert list(Event.objects.values_list("action", flat=True)) == [
        "add-respondent-type",
        "add-attribute",
        "edit-respondent-type",
        "edit-attribute",
    ]


@pytest.mark.parametrize("name", ["Returnee", "RETURNEE", "came back"])
def test_two_types_of_one_name_or_key_are_refused(client, study, lead, name):
    make_type(study, "Returnee")
    RespondentType.objects.create(study=study, name="Came back", key="else")
    shown = client.post(address("new-respondent-type", study.slug), {"name": name})
    assert "of this name already" in shown.content.decode()
    assert RespondentType.objects.count() == 2


def test_one_of_needs_choices(client, study, lead):
    shown = client.post(address("new-attribute", study.slug), {"name": "City", "kind": "one_of"})
    assert "at least one choice" in shown.content.decode()


@pytest.mark.parametrize("make", [make_coder, make_reader])
def test_only_leads_change_respondents(client, study, make):
    person, kind, attribute = make_respondent(study), make_type(study), make_attribute(study)
    client.force_login(make(study))
    assert client.get(address("respondents", study.slug)).status_code == 200
    for url in (
        address("new-respondent", study.slug),
        address("import-respondents", study.slug),
        address("new-respondent-type", study.slug),
        address("new-attribute", study.slug),
        address("respondent", person.pk),
        address("respondent-type", kind.pk),
        address("attribute", attribute.pk),
    ):
        assert client.get(url).status_code == 403
        assert client.post(url).status_code == 403


def test_strangers_find_nothing(client, study, lead):
    person, kind, attribute = make_respondent(), make_type(), make_attribute()
    for url in (
        address("respondents", person.study.slug),
        address("respondent", person.pk),
        address("respondent-type", kind.pk),
        address("attribute", attribute.pk),
        address("import-respondents", person.study.slug),
    ):
        assert client.get(url).status_code == 404


# Cells, types and Excel


def change(client, person, field, value):
    return client.post(address("respondent-cell", person.pk), {"field": field, "value": value})


def test_a_cell_is_changed_by_one_event_that_can_be_undone(client, study, lead):
    kind = make_type(study, "Returnee")
    years = make_attribute(study, "Years", kind="number")
    person = make_respondent(study, "Wenbo", kind, city="Suzhou")
    answer = change(client, person, f"value_{years.pk}", "11").content.decode()
    person.refresh_from_db()
    assert person.values == {"city": "Suzhou", "years": 11}
    event = study.events.get()
    undo = reverse("interviews:undo-change", args=[study.slug, event.pk])
    assert f'data-undo="{undo}"' in answer
    client.post(undo)
    person.refresh_from_db()
    assert person.values == {"city": "Suzhou"}
    change(client, person, "respondent_type", "")
    person.refresh_from_db()
    assert person.respondent_type is None
    assert person.pseudonym == "Wenbo"


def test_what_somebody_else_has_put_into_a_cell_meanwhile_is_told_first(client, study, lead):
    years = make_attribute(study, "Years", kind="number")
    person = make_respondent(study, "Wenbo", years=1.5)
    cell = {"field": f"value_{years.pk}", "value": "11", "seen": "1.5"}
    rival = make_lead(study)
    other = Client()
    other.force_login(rival)
    change(other, person, f"value_{years.pk}", "7")
    answer = client.post(address("respondent-cell", person.pk), cell)
    assert answer.status_code == 409
    assert answer.json()["now"] == "7"
    assert rival.username in answer.json()["detail"] and "“7” now" in answer.json()["detail"]
    person.refresh_from_db()
    assert person.values["years"] == 7
    assert client.post(address("respondent-cell", person.pk), {**cell, "seen": "7"}).status_code == 200
    person.refresh_from_db()
    assert person.values["years"] == 11


def test_what_does_not_fit_a_cell_is_refused_in_words_and_changes_nothing(client, study, lead):
    years = make_attribute(study, "Years", kind="number")
    city = make_attribute(study, "City", kind="one_of", choices=["Suzhou"])
    make_respondent(study, "Lihua")
    person = make_respondent(study, "Wenbo", years=1)
    foreign = make_type()
    for field, value, says in (
        (f"value_{years.pk}", "many", "Enter a number."),
        (f"value_{city.pk}", "Boston", "not one of the available choices"),
        ("pseudonym", "LIHUA", "pseudonym already"),
        ("pseudonym", " ", "required"),
        ("respondent_type", str(foreign.pk), "not one of the available choices"),
    ):
        answer = change(client, person, field, value)
        assert answer.status_code == 422
        assert says in answer.content.decode()
    assert change(client, person, "study", "1").status_code == 404
    person.refresh_from_db()
    assert (person.pseudonym, person.values) == ("Wenbo", {"years": 1})
    assert not study.events.exists()


def test_the_table_is_sorted_by_any_column_with_the_unknown_last(client, study, lead):
    years = make_attribute(study, "Years", kind="number")
    for name, value in (("Wenbo", 9), ("Anna", 11), ("Lihua", None)):
        person = make_respondent(study, name, **({"years": value} if value else {}))
    make_coded_segment(make_transcript(study, respondent=person), respondent=person)

    def names(**params):
        shown = client.get(address("respondents", study.slug), params).content.decode()
        return re.findall(r'<th scope="row"[^>]*>([^<]+)<', shown)

    column = f"value_{years.pk}"
    assert names() == ["Anna", "Lihua", "Wenbo"]
    assert names(sort="-pseudonym") == ["Wenbo", "Lihua", "Anna"]
    assert names(sort=column) == ["Wenbo", "Anna", "Lihua"]
    assert names(sort=f"-{column}") == ["Anna", "Wenbo", "Lihua"]
    assert names(sort="-coded")[0] == "Lihua"
    assert names(sort="-transcripts")[0] == "Lihua"
    assert names(sort="nothing") == ["Anna", "Lihua", "Wenbo"]
    page = client.get(address("respondents", study.slug), {"sort": f"-{column}"}).content.decode()
    assert 'aria-sort="descending"' in page
    assert (
        f"{reverse('coding:retrieval', args=[study.slug])}?show=passages&amp;respondent={person.pk}" in page
    )


def test_the_table_shows_one_type(client, study, lead):
    make_respondent(study, "Wenbo", make_type(study, "Returnee"))
    make_respondent(study, "Lihua", make_type(study, "Migrant"))
    shown = client.get(address("respondents", study.slug), {"type": "migrant"}).content.decode()
    assert "Lihua" in shown
    assert "Wenbo" not in shown
    assert "Show all types" in client.get(address("respondents", study.slug), {"type": "x"}).content.decode()


@pytest.fixture
def two_types(study):
    """A returnee and a migrant, and a code asked of returnees."""
    returnee, migrant = make_type(study, "Returnee"), make_type(study, "Migrant")
    make_respondent(study, "Wenbo", returnee), make_respondent(study, "Lihua", migrant)
    code = make_code(study, "Why back")
    code.asked_of.add(returnee)
    return returnee, migrant, code


def types_of(study):
    return {p.pseudonym: getattr(p.respondent_type, "name", None) for p in study.respondents.all()}


def test_types_are_merged_with_what_was_asked_and_come_apart_again(client, study, lead, two_types):
    returnee, migrant, code = two_types
    client.post(address("respondent-type", returnee.pk), {"do": "merge", "merge-into": migrant.pk})
    assert types_of(study) == {"Wenbo": "Migrant", "Lihua": "Migrant"}
    assert list(study.respondent_types.all()) == [migrant]
    assert list(code.asked_of.all()) == [migrant]
    told = client.get(reverse("interviews:history", args=[study.slug])).content.decode()
    assert "merged the respondent type <b>Returnee</b> into <b>Migrant</b>" in told
    client.post(reverse("interviews:undo-change", args=[study.slug, study.events.get().pk]))
    assert types_of(study) == {"Wenbo": "Returnee", "Lihua": "Migrant"}
    assert [kind.name for kind in code.asked_of.all()] == ["Returnee"]


def test_a_type_is_split_and_put_together_again(client, study, lead, two_types):
    returnee, _migrant, code = two_types
    junfeng = make_respondent(study, "Junfeng", returnee)
    split = {"do": "split", "split-name": "Founder", "split-people": [junfeng.pk]}
    client.post(address("respondent-type", returnee.pk), split)
    assert types_of(study) == {"Wenbo": "Returnee", "Lihua": "Migrant", "Junfeng": "Founder"}
    assert {kind.name for kind in code.asked_of.all()} == {"Returnee", "Founder"}
    told = client.get(reverse("interviews:history", args=[study.slug])).content.decode()
    assert "split <b>Founder</b> off the respondent type <b>Returnee</b>" in told
    client.post(reverse("interviews:undo-change", args=[study.slug, study.events.get().pk]))
    assert types_of(study)["Junfeng"] == "Returnee"
    assert not study.respondent_types.filter(name="Founder").exists()
    assert [kind.name for kind in code.asked_of.all()] == ["Returnee"]


@pytest.mark.parametrize(
    ("posted", "says"),
    [
        ({"do": "merge", "merge-into": ""}, "This field is required."),
        ({"do": "split", "split-name": "Migrant", "split-people": ["{wenbo}"]}, "this name already"),
        ({"do": "split", "split-name": "Founder"}, "Choose at least one respondent."),
        ({"do": "split", "split-name": "Founder", "split-people": ["{lihua}"]}, "not one of the available"),
    ],
)
def test_a_wrong_merge_or_split_is_told_and_changes_nothing(client, study, lead, two_types, posted, says):
    people = {person.pseudonym.casefold(): person.pk for person in study.respondents.all()}
    posted = {
        name: [each.format(**people) for each in value] if isinstance(value, list) else value
        for name, value in posted.items()
    }
    shown = client.post(address("respondent-type", two_types[0].pk), posted).content.decode()
    assert says in shown
    assert not study.events.exists()


def test_types_of_another_study_are_no_choice_for_a_merge(client, study, lead, two_types):
    posted = {"do": "merge", "merge-into": make_type().pk}
    client.post(address("respondent-type", two_types[0].pk), posted)
    assert not study.events.exists()


def test_a_choice_that_somebody_has_stays(client, study, lead):
    city = make_attribute(study, "City", kind="one_of", choices=["Suzhou", "Boston"])
    make_respondent(study, "Wenbo", city="Suzhou")
    posted = {"name": "City", "options": "Boston"}
    assert "Wenbo has “Suzhou”" in client.post(address("attribute", city.pk), posted).content.decode()
    client.post(address("attribute", city.pk), posted | {"options": "Suzhou\nWuxi"})
    city.refresh_from_db()
    assert city.choices == ["Suzhou", "Wuxi"]


def test_an_excel_table_does_what_the_same_csv_does(client, study, lead):
    header = ("pseudonym", "respondent_type", "born", "founder", "years")
    rows = [
        ("Wenbo", "returnee", datetime.datetime(1970, 3, 1), True, 11),
        (),
        ("国伟", "migrant", None, False, 2.5),
    ]
    planned = respondents.plan(study, read_table(make_xlsx([header, *rows])))
    assert [(row.line, row.pseudonym, row.state) for row in planned.rows] == [
        (2, "Wenbo", "new"),
        (4, "国伟", "new"),
    ]
    assert planned.rows[0].values == {"born": "1970-03-01", "founder": True, "years": 11}
    assert planned.rows[1].values == {"founder": False, "years": 2.5}
    with pytest.raises(TableError, match="empty"):
        read_table(make_xlsx([]))


def test_importing_a_table_can_be_undone(client, study, lead):
    person = make_respondent(study, "Wenbo", city="Suzhou")
    table = read_table(b"pseudonym,city,respondent_type\nWenbo,Boston,returnee\nLihua,Wuxi,migrant\n")
    event = respondents.apply(study, respondents.plan(study, table), lead)
    client.post(reverse("interviews:undo-change", args=[study.slug, event.pk]))
    person.refresh_from_db()
    assert (person.values, person.respondent_type) == ({"city": "Suzhou"}, None)
    assert list(study.respondents.all()) == [person]
    assert not study.respondent_types.exists()


def test_mapping_a_speaker_anew_can_be_undone_from_the_history(client, study, lead):
    one, other = make_respondent(study, "Wenbo"), make_respondent(study, "Lihua")
    transcript = make_transcript(study, respondent=one)
    coded = make_coded_segment(transcript, start=42, end=60, respondent=one)
    event = assign(transcript, {"WENBO": other}, lead)
    coded.refresh_from_db()
    assert coded.respondent == other
    client.post(reverse("interviews:undo-change", args=[study.slug, event.pk]))
    coded.refresh_from_db()
    assert coded.respondent == one


def test_cells_and_types_take_the_same_queries_however_many_there_are(
    client, study, lead, django_assert_num_queries
):
    kind = make_type(study, "Returnee")
    years = make_attribute(study, "Years", kind="number")
    person = make_respondent(study, "Wenbo", kind)
    change(client, person, f"value_{years.pk}", "0")
    for number in range(1, 3):
        for _each in range(3):
            make_attribute(study)
            make_transcript(study, respondent=make_respondent(study, None, kind))
            make_type(study)
        with django_assert_num_queries(16):
            change(client, person, f"value_{years.pk}", str(number))
        with django_assert_num_queries(6):
            client.get(address("respondent-type", kind.pk))


def test_a_workbook_built_to_exhaust_is_refused_as_a_table(client, study, lead):
    shown = preview(client, study, make_zip(LAUGHING["xlsx"])).content.decode()
    assert "no word processor writes" in shown


def test_the_page_of_a_respondent_leads_to_who_speaks_in_each_of_their_transcripts(client, study, lead):
    person, other = make_respondent(study, "Wenbo"), make_respondent(study, "Lihua")
    own, group = make_transcript(study, respondent=person), make_transcript(study, respondent=other)
    group.speakers.filter(label="WENBO").update(respondent=person)
    shown = client.get(address("respondent", person.pk)).content.decode()
    assert address("speakers", own.pk) in shown
    assert address("speakers", group.pk) in shown
    assert (
        "no transcript yet" in client.get(address("respondent", make_respondent(study).pk)).content.decode()
    )
