import base64
import csv
import io
import re
from datetime import datetime
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from docx import Document
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from coding import codebook, codebook_files, exports, outline, refi_qda
from coding.models import Code
from coding.workbooks import workbook_response
from interviews.access import Role
from interviews.history import undo
from interviews.models import Event
from interviews.tables import read_table
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_reader,
    make_study,
    make_transcript,
    make_type,
)

DEMO = "interviews/demo/codebook.csv"


@pytest.fixture
def study(db):
    return make_study()


@pytest.fixture
def lead(study):
    return make_lead(study)


def plan(study, text):
    return codebook_files.plan(study, read_table(text.encode()))


def tree(study):
    codes = list(study.codes.all())
    return [f"{'  ' * depth}{code.name}" for depth, code in codebook.in_tree_order(codes)]


def states(planned):
    return [(row.name, row.state) for row in planned.rows]


def csv_of(study):
    header, rows = codebook_files.table_of(study)
    return b"".join(exports.csv_response("codebook.csv", header, rows))


def workbook_of(study):
    answer = workbook_response("codebook.xlsx", [codebook_files.sheet_of(study)], list)
    return b"".join(answer.streaming_content)


# What a file will do


def test_a_file_makes_a_tree_whatever_the_order_of_its_lines(study, lead):
    planned = plan(study, "code,parent\nTrust,Ties\nBlind trust,Trust\nTies,\nWork,\n")
    assert states(planned) == [(name, "created") for name in ("Trust", "Blind trust", "Ties", "Work")]
    assert planned.rows[1].path == "Ties > Trust > Blind trust"

    codebook_files.apply(study, lead, planned)

    assert tree(study) == ["Ties", "  Trust", "    Blind trust", "Work"]
    event = Event.objects.get(study=study)
    assert (event.action, event.target, event.actor) == ("import-codebook", f"study:{study.pk}", lead)
    undo(event, lead)
    assert tree(study) == []


def test_namesakes_are_told_apart_by_their_paths(study, lead):
    text = (
        "code,parent\nBarriers,\nBenefits,\nCost,Barriers\nCost,Benefits\n"
        "Low,Barriers > Cost\nLow,Benefits>Cost\n"
    )
    codebook_files.apply(study, lead, plan(study, text))

    assert tree(study) == ["Barriers", "  Cost", "    Low", "Benefits", "  Cost", "    Low"]
    assert {state for _name, state in states(plan(study, text))} == {"unchanged"}


def test_a_path_may_stand_for_name_and_parent(study, lead):
    codebook_files.apply(study, lead, plan(study, "Path;Definition\nTies;\nTies > Trust;So\n"))

    assert tree(study) == ["Ties", "  Trust"]
    assert study.codes.get(name="Trust").definition == "So"


def test_changes_are_listed_field_by_field_and_empty_cells_change_nothing(study, lead):
    family = make_code(study, "Ties", colour="#2e7d4f", definition="Old", example="Keep")
    make_code(parent=family, name="Trust")
    planned = plan(study, "name,parent,colour,definition,example\nTies,,,New,\nTrust,,#123456,,\n")

    ties, trust = planned.rows
    assert [(str(name), old, new) for name, old, new in ties.changes] == [("definition", "Old", "New")]
    assert [(str(name), old, new) for name, old, new in trust.changes] == [
        ("parent", "Ties", "the top level"),
        ("colour", "", "#123456"),
    ]
    codebook_files.apply(study, lead, planned)

    family.refresh_from_db()
    assert (family.definition, family.example, family.revision) == ("New", "Keep", 2)
    assert tree(study) == ["Ties", "Trust"]


def test_without_a_parent_column_codes_stay_where_they_are(study, lead):
    make_code(parent=make_code(study, "Ties"), name="Trust")
    planned = plan(study, "code,definition\nTrust,Faith\nNew,\n")
    codebook_files.apply(study, lead, planned)

    assert tree(study) == ["Ties", "  Trust", "New"]
    assert study.codes.get(name="Trust").definition == "Faith"


@pytest.mark.parametrize("lines", ["A,\nB,A\nC,B\nA,", "A,\nB,A\nC,B\nB,A"])
def test_a_repeated_line_is_wrong_alone(study, lead, lines):
    planned = plan(study, f"code,parent\n{lines}\n")
    assert [row.state for row in planned.rows] == ["created", "created", "created", "wrong"]
    codebook_files.apply(study, lead, planned)
    assert tree(study) == ["A", "  B", "    C"]


def test_a_repeated_line_of_an_indented_list_leaves_what_stands_below(study, lead):
    planned = codebook_files.plan(study, outline.read("甲\n  乙\n    丙\n  乙\n".encode()))
    codebook_files.apply(study, lead, planned)
    assert tree(study) == ["甲", "  乙", "    丙"]


def test_a_loop_has_a_short_path(study):
    planned = plan(study, "code,parent\nA,B\nB,A\nC,A\n")
    assert [(row.path, row.problem) for row in planned.rows] == [
        ("A", "Its parents lead back to itself."),
        ("B", "Its parents lead back to itself."),
        ("A > C", "Its parent, in line 2, is wrong."),
    ]


def test_names_that_look_the_same_in_one_place_are_warned_of(study):
    make_code(study, "Cost")
    planned = plan(study, "code,parent\ncost,\nTies,\nTrust,Ties\ntrust,Ties\nTrust,Cost\n")
    assert [row.warnings for row in planned.rows] == [
        ["“Cost” stands here too, and looks the same. Is it another code?"],
        [],
        [],
        ["“Trust” stands here too, and looks the same. Is it another code?"],
        [],
    ]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("A,Nowhere", "There is no code “Nowhere”, here or in the codebook, to be its parent."),
        ("A,\nA,", "Line 2 has this code already."),
        ("A,B\nB,C\nC,A", "Its parents lead back to itself."),
        ("A,A", "Its parents lead back to itself."),
        ("Family,Child", "A code cannot stand under itself or one of its subcodes."),
        (f"{'x' * 201},", "This name is longer than 200 characters."),
        (",Family", "This line has no name for its code."),
        ("A,Twin", "Several codes are named “Twin”. Write the parent as a path, as in “Family > Code”."),
        ("A,Old", "Its parent “Old” is retired. Restore it first."),
    ],
)
def test_what_cannot_be_is_wrong_with_a_sentence(study, lines, sentence):
    family = make_code(study, "Family")
    make_code(parent=family, name="Child")
    make_code(parent=family, name="Twin")
    make_code(parent=make_code(study, "Other"), name="Twin")
    make_code(study, "Old", retired_at=timezone.now())

    planned = plan(study, f"code,parent\n{lines}\n")

    assert planned.rows[-1].problem == sentence or planned.rows[0].problem == sentence


def test_what_stands_under_a_wrong_line_is_wrong_too_and_the_rest_is_written(study, lead):
    planned = plan(study, "code,parent\nA,Nowhere\nB,A\nC,\n")
    assert states(planned) == [("A", "wrong"), ("B", "wrong"), ("C", "created")]
    assert planned.rows[1].problem == "Its parent, in line 2, is wrong."

    codebook_files.apply(study, lead, planned)

    assert tree(study) == ["C"]


def test_what_is_odd_but_harmless_is_left_out_with_a_warning(study, lead):
    planned = plan(study, "code,colour,origin,order\nA,reddish,heaven,first\n")
    assert [str(warning) for warning in planned.rows[0].warnings] == [
        "“reddish” is no colour such as #1f5fa8; it is left out.",
        "“heaven” is no origin: it may be theory or data. It is left out.",
        "“first” is no whole number; the order is left out.",
    ]
    codebook_files.apply(study, lead, planned)
    assert study.codes.get().colour == ""


def test_short_colours_origins_and_orders_are_read(study, lead):
    codebook_files.apply(study, lead, plan(study, "code,color,origin,order\nB,#ABC,Theory,2\nA,,data,1\n"))

    assert tree(study) == ["A", "B"]
    code = study.codes.get(name="B")
    assert (code.colour, code.origin) == ("#aabbcc", "theory")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("kode,parent\nA,\n", "There is no column named “code”"), ("code,parent\n", "There are no codes")],
)
def test_a_file_without_codes_is_refused(study, text, sentence):
    planned = plan(study, text)

    assert sentence in planned.problem and not planned.can_apply


# Out, and in again


def test_a_codebook_comes_out_as_it_went_in(study, lead):
    family = make_code(study, "Cost, high", colour="#1f5fa8", origin="theory")
    make_code(
        parent=family, name="老𬭎", definition='He said "no",\nthen =left', include="=1+1", exclude="'=x"
    )
    other = make_code(study, "A > B", colour="#aabbcc")
    make_code(parent=other, name="Cost", example="-5")
    make_code(parent=make_code(parent=family, name="Cost"), name="x", retired_at=timezone.now())
    out = csv_of(study)
    copy = make_study()

    codebook_files.apply(copy, make_lead(copy), codebook_files.plan(copy, read_table(out)))

    assert csv_of(copy) == out
    assert copy.codes.get(name="老𬭎").include == "=1+1"
    assert copy.codes.get(name="x").retired_at
    assert {state for _n, state in states(codebook_files.plan(study, read_table(out)))} == {"unchanged"}


def test_no_cell_of_the_file_is_run_by_a_spreadsheet(study):
    make_code(study, "=cmd", definition="+1", include="@x", example="＝1")

    cells = next(csv.reader(io.StringIO(csv_of(study).decode("utf-8-sig").split("\r\n")[1])))

    assert cells[:6] == ["'=cmd", "", "", "'+1", "'@x", ""]


def test_the_demos_codebook_round_trips(study, lead):
    with open(DEMO, "rb") as file:
        codebook_files.apply(study, lead, codebook_files.plan(study, read_table(file.read())))
    out = csv_of(study)
    with open(DEMO, encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    found = list(csv.DictReader(io.StringIO(out.decode("utf-8-sig"), newline="")))

    assert [{key: row[key] for key in expected[0]} for row in found] == expected


class RoundTrip(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @example([(0, "\\"), (0, "\\\\"), (1, "=")])
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 9), st.text(st.sampled_from("ab>'=\\ é𬭎,\"\n"), min_size=1, max_size=4)
            ),
            max_size=8,
        )
    )
    def test_any_codebook_comes_out_as_it_went_in(self, rows):
        study = make_study()
        lead = make_lead(study)
        made = [None]
        for at, text in rows:
            try:
                made.append(
                    codebook.create_code(study, lead, name=text, parent=made[at % len(made)], definition=text)
                )
            except codebook.Refused:
                continue
        if made[1:]:
            out = csv_of(study)
            again = codebook_files.plan(study, read_table(out))
            assert {row.state for row in again.rows} == {"unchanged"}
            for data in (out, workbook_of(study), refi_qda.write_qdc(study)):
                copy = make_study()
                codebook_files.apply(copy, lead, codebook_files.plan(copy, codebook_files.read(data)))
                assert csv_of(copy) == out
            copy = make_study()
            names = codebook_files.read(outline.write(study.codes.all()).encode(), "outline.txt")
            codebook_files.apply(copy, lead, codebook_files.plan(copy, names))
            assert tree(copy) == tree(study)


def test_asked_of_and_the_day_of_retiring_go_along(study, lead):
    make_code(study, "Ties").asked_of.set(
        [make_type(study, "Returnee"), make_type(study, "Institutional actor")]
    )
    make_code(study, "Old", retired_at=timezone.make_aware(datetime(2026, 3, 4, 15)))
    out = csv_of(study)
    copy = make_study()
    make_type(copy, "Returnee"), make_type(copy, "Institutional actor")

    codebook_files.apply(copy, make_lead(copy), codebook_files.plan(copy, read_table(out)))

    assert csv_of(copy) == out
    assert [kind.key for kind in copy.codes.get(name="Ties").asked_of.all()] == [
        "returnee",
        "institutional_actor",
    ]
    planned = codebook_files.plan(make_study(), read_table(out))
    assert "no respondent type “returnee”, “institutional_actor”" in str(planned.rows[-1].warnings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Ties\n  Trust\n    Blind trust\n  Help\nWork\n",
            ["Ties", "  Trust", "    Blind trust", "  Help", "Work"],
        ),
        ("\ufeff- Ties\r\n\t* Trust\r\n\r\n- 老𬭎\r\n", ["Ties", "  Trust", "老𬭎"]),
        ("1. Ties\n1.1. Trust\n", ["Ties", "Trust"]),
        ("Deep\n        Deeper\n   Back\n", ["Deep", "  Deeper", "  Back"]),
        ("\\- 1, 2\n  Cost, money\n", ["- 1, 2", "  Cost, money"]),
    ],
)
def test_an_indented_list_is_read_however_it_is_indented(study, lead, text, expected):
    planned = codebook_files.plan(study, codebook_files.read(text.encode(), "codes.txt"))
    codebook_files.apply(study, lead, planned)
    assert tree(study) == expected


def test_a_text_file_with_columns_is_a_table(study):
    table = codebook_files.read(b"code\tparent\nTies\t\n", "codes.txt")
    assert table.header == ["code", "parent"]


# Choosing


def test_what_both_say_is_in_conflict_and_what_only_the_file_says_is_not(study):
    make_code(study, "Ties", definition="Ours")
    planned = plan(study, "code,definition,example,colour\nTies,Theirs,Said so,#123456\nNew,,,\n")
    assert states(planned) == [("Ties", "conflict"), ("New", "created")]
    assert planned.rows[0].conflicts == ["definition"]


@pytest.mark.parametrize(
    ("of_conflicts", "choices", "definition", "example"),
    [
        ("keep", {}, "Ours", "Said so"),
        ("take", {}, "Theirs", "Said so"),
        ("take", {2: "keep"}, "Ours", "Said so"),
        ("keep", {2: "take"}, "Theirs", "Said so"),
        ("take", {2: "leave"}, "Ours", ""),
    ],
)
def test_a_conflict_is_settled_as_chosen(study, lead, of_conflicts, choices, definition, example):
    code = make_code(study, "Ties", definition="Ours")
    planned = plan(study, "code,definition,example\nTies,Theirs,Said so\n")
    planned.choose(choices, of_conflicts)
    codebook_files.apply(study, lead, planned)
    code.refresh_from_db()
    assert (code.definition, code.example) == (definition, example)


def test_what_stands_under_a_code_that_is_left_out_is_left_out_too(study, lead):
    planned = plan(study, "code,parent\nTies,\nTrust,Ties\nBlind,Trust\nWork,\n")
    planned.choose({2: "leave"})
    codebook_files.apply(study, lead, planned)
    assert tree(study) == ["Work"]


# The page


def upload(client, study, text):
    file = SimpleUploadedFile("codebook.csv", text.encode())
    return client.post(reverse("coding:import-codebook", args=[study.slug]), {"file": file})


def confirm(client, study, answer, **chosen):
    hidden = dict(re.findall(r'name="(data|filename|plan|study)" value="([^"]*)"', answer.text))
    return client.post(reverse("coding:import-codebook", args=[study.slug]), hidden | chosen)


def test_a_file_is_looked_at_and_then_imported(client, study, lead):
    client.force_login(lead)
    answer = upload(client, study, "code,parent\nTies,\nTrust,Ties\nLost,Nowhere\n")
    assert "Ties &gt; Trust" in answer.text and "There is no code “Nowhere”" in answer.text
    assert "Import 2 codes" in answer.text
    assert not study.codes.exists() and not Event.objects.exists()

    answer = confirm(client, study, answer)

    assert answer.url == reverse("coding:codebook", args=[study.slug])
    assert "2 codes imported." in client.get(answer.url).text
    assert tree(study) == ["Ties", "  Trust"]
    assert Event.objects.get().actor == lead


def test_what_changed_since_the_look_is_looked_at_again(client, study, lead):
    client.force_login(lead)
    answer = upload(client, study, "code,definition\nTies,New\n")
    make_code(study, "Ties", definition="Meanwhile")

    answer = confirm(client, study, answer)

    assert "The codebook has changed since you looked" in answer.text
    assert Code.objects.get().definition == "Meanwhile"
    assert confirm(client, study, answer, conflicts="take").status_code == 302
    assert Code.objects.get().definition == "New"


def test_where_a_study_requires_reasons_an_import_that_changes_definitions_has_one(client, study, lead):
    client.force_login(lead)
    make_code(study, "Ties", definition="Old")
    make_code(study, "Work", definition="Kept")
    codebook.require_reasons(study, lead, True)
    answer = upload(client, study, "code,definition\nTies,New\nWork,Other\nNew,Its own\n")
    assert "This study asks for a reason where a definition changes." in answer.text

    chosen = {"conflicts": "take", "row-3": "keep"}
    answer = confirm(client, study, answer, **chosen)

    assert "Say why: in this study" in answer.text and "The codebook has changed" not in answer.text
    assert 'name="row-3" value="keep" checked' in answer.text and study.codes.count() == 2
    assert confirm(client, study, answer, **chosen, reason=" Coders \n differed ").status_code == 302
    assert (Event.objects.latest("pk").reason, study.codes.get(name="Ties").definition) == (
        "Coders differed",
        "New",
    )
    answer = upload(client, study, "code,definition\nFurther,Its own\n")
    assert "Why definitions change" not in answer.text
    assert confirm(client, study, answer).status_code == 302


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "not a table"),
        (b'code\n"A\n', "quotation mark"),
        ("kode\nÄ\n".encode("latin-1"), "not encoded as UTF-8"),
        (b"name\n\n", "no codes in this file"),
    ],
)
def test_files_that_cannot_be_read_say_why(client, study, lead, data, sentence):
    client.force_login(lead)
    file = SimpleUploadedFile("codebook.csv", data)

    answer = client.post(reverse("coding:import-codebook", args=[study.slug]), {"file": file})

    assert answer.status_code == 200 and sentence in answer.text


def test_a_confirmation_that_was_cut_off_is_refused(client, study, lead):
    client.force_login(lead)
    data = base64.b64encode(b"code\nA\n").decode()[:-2]

    answer = client.post(reverse("coding:import-codebook", args=[study.slug]), {"data": data, "plan": "x"})

    assert "did not come back whole" in answer.text and not study.codes.exists()


@pytest.mark.parametrize("make", [make_coder, make_reader])
def test_only_leads_import_and_download(client, study, make):
    client.force_login(make(study))

    assert client.get(reverse("coding:import-codebook", args=[study.slug])).status_code == 403
    assert upload(client, study, "code\nA\n").status_code == 403
    assert client.get(reverse("coding:codebook-csv", args=[study.slug])).status_code == 403
    client.force_login(make_lead())
    assert client.get(reverse("coding:import-codebook", args=[study.slug])).status_code == 404
    assert client.get(reverse("coding:codebook-csv", args=[study.slug])).status_code == 404
    assert not study.codes.exists()


def test_the_download_is_the_codebook(client, study, lead):
    make_code(study, "Ties")
    client.force_login(lead)

    answer = client.get(reverse("coding:codebook-csv", args=[study.slug]))

    assert b"".join(answer.streaming_content) == csv_of(study)
    assert "codebook" in answer["Content-Disposition"]


def test_single_rows_are_left_out_and_conflicts_settled_on_the_page(client, study, lead):
    client.force_login(lead)
    make_code(study, "Ties", definition="Ours")
    answer = upload(client, study, "code,definition\nTies,Theirs\nNew,\nOther,\n")
    assert "in conflict" in answer.text
    confirm(client, study, answer, **{"row-2": "take", "row-3": "leave"})
    assert tree(study) == ["Ties", "Other"]
    assert study.codes.get(name="Ties").definition == "Theirs"


def test_a_pasted_list_is_looked_at_and_imported(client, study, lead):
    client.force_login(lead)
    url = reverse("coding:import-codebook", args=[study.slug])
    answer = client.post(url, {"outline": "Ties\r\n    Trust, blind\r\n"})
    assert "Ties &gt; Trust, blind" in answer.text
    confirm(client, study, answer)
    assert tree(study) == ["Ties", "  Trust, blind"]


def test_the_codebook_of_another_study_comes_in_if_one_may_read_that(client, study, lead):
    other, strange = make_study("Another"), make_study("Strange")
    make_code(parent=make_code(other, "Ties", definition="Said"), name="Trust")
    make_member(other, Role.READER, lead)
    client.force_login(lead)
    url = reverse("coding:import-codebook", args=[study.slug])
    page = client.get(url).text
    assert "Another" in page and "Strange" not in page

    answer = client.post(url, {"study": other.pk})
    assert tree(study) == [] and "Ties &gt; Trust" in answer.text
    confirm(client, study, answer)

    assert tree(study) == ["Ties", "  Trust"]
    assert study.codes.get(name="Ties").definition == "Said"
    assert other.events.get().action == "export"
    refused = client.post(url, {"study": strange.pk})
    assert refused.status_code == 200 and "plan" not in refused.context


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a file"),
        ({"outline": "A", "study": True}, "Choose one of the three"),
        ({"outline": " "}, "Choose a"),
    ],
)
def test_nothing_or_too_much_chosen_is_said(client, study, lead, sent, sentence):
    other = make_study()
    make_member(other, Role.READER, lead)
    client.force_login(lead)
    sent = {name: other.pk if value is True else value for name, value in sent.items()}
    assert sentence in client.post(reverse("coding:import-codebook", args=[study.slug]), sent).text


@pytest.mark.parametrize("kind", ["csv", "xlsx", "qdc", "txt", "html", "docx"])
def test_every_kind_of_file_is_offered_and_noted(client, study, lead, kind):
    make_code(study, "Ties")
    client.force_login(lead)
    url = reverse(f"coding:codebook-{kind}", args=[study.slug])
    answer = client.get(url)
    assert answer.status_code == 200
    assert f".{kind}" in answer["Content-Disposition"]
    note = study.events.get()
    about = note.after["noted:export"]
    assert (about["file"], about["rows"]) == (f"codebook.{kind}", 1)
    assert url in client.get(reverse("coding:codebook", args=[study.slug])).text


def test_the_document_has_definitions_examples_and_counts(client, study, lead):
    ties = make_code(study, "Ties <b>", definition="Who & whom\nand how", example="老𬭎 came", origin="data")
    trust = make_code(parent=ties, name="Trust", include="Faith", exclude="Hope")
    ties.asked_of.set([make_type(study, "Returnee")])
    transcript = make_transcript(study)
    for code, start in ((ties, 0), (trust, 0), (trust, 5)):
        make_coded_segment(transcript, code, lead, start=start, end=20)
    make_code(study, "Gone", retired_at=timezone.now())
    client.force_login(lead)

    page = client.get(reverse("coding:codebook-html", args=[study.slug])).text
    data = client.get(reverse("coding:codebook-docx", args=[study.slug])).content

    document = Document(io.BytesIO(data))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for found in (unescape(strip_tags(page.replace("<br>", "\n"))), text):
        for words in (
            "Ties <b>",
            "Who & whom\nand how",
            "老𬭎 came",
            "Trust",
            "Faith",
            "Hope",
            "From the data",
        ):
            assert words in found
        assert "1 coded segment by 1 coder; 3 with its subcodes" in found
        assert "2 coded segments by 1 coder" in found
        assert "Asked of: Returnee" in found
        assert "Gone" not in found
    assert "default-src 'none'" in page and "<script" not in page
    assert [p.style.name for p in document.paragraphs if p.text == "Trust"] == ["Heading 2"]
