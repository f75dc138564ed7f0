"""REFI-QDA codebooks, out and in."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from coding import codebook, codebook_files, refi_qda
from interviews import history
from interviews.models import Study
from interviews.replay import differences
from interviews.tables import TableError
from tests.factories import make_code, make_coder, make_lead, make_study

pytestmark = pytest.mark.django_db
SCHEMA = Path(__file__).parent.parent / "refi_qda" / "Codebook.xsd"


@pytest.fixture
def study():
    return make_study()


def full(study):
    family = make_code(study, "Ties, “old” and 老𬭎", colour="#2e7d4f", definition="Line one\n\nline < two")
    make_code(parent=family, name="Cost", definition="A", include="B, c", exclude="D\nE", example='"F"')
    other = make_code(study, "Work", example="=1+1")
    make_code(parent=other, name="Cost", definition="Another")
    return study


def read_into(study, data, lead=None):
    plan = codebook_files.plan(study, refi_qda.read_qdc(data))
    assert not plan.problem and [row.problem for row in plan.rows if row.problem] == []
    codebook_files.apply(study, lead or make_lead(study), plan)


def content(study):
    codes = list(study.codes.all())
    paths = codebook.paths(codes)
    return {
        paths[code.pk]: tuple(
            getattr(code, f) for f in ("colour", "definition", "include", "exclude", "example")
        )
        for code in codes
    }


def test_what_is_written_is_valid(study):
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    schema.assertValid(etree.fromstring(refi_qda.write_qdc(full(study))))


def test_a_codebook_comes_back_equal(study):
    data = refi_qda.write_qdc(full(study))
    other = make_study()

    read_into(other, data)

    assert len(content(study)) == 4
    assert content(other) == content(study)
    assert refi_qda.write_qdc(other) == data


def test_a_code_has_the_same_guid_each_time(study):
    full(study)
    assert refi_qda.write_qdc(study) == refi_qda.write_qdc(study)


def test_retired_codes_are_written_only_above_codes_in_use(study):
    make_code(study, "Gone", retired_at=timezone.now())
    make_code(parent=make_code(study, "Folder", retired_at=timezone.now()), name="Kept")

    found = etree.fromstring(refi_qda.write_qdc(study)).iter("{*}Code")

    assert [(code.get("name"), code.get("isCodable")) for code in found] == [
        ("Folder", "false"),
        ("Kept", "true"),
    ]


def test_control_characters_are_left_out(study):
    make_code(study, "Bell", definition="a\x07b")
    assert refi_qda.read_qdc(refi_qda.write_qdc(study)).rows[0][1]["definition"] == "ab"


TAGUETTE = b"""\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>
<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Taguette 1.4.1"><Codes>
<Code guid="0d62985d-b147-4d01-a9b5-cb9f1e4d2d9f" name="Trust" isCodable="true">
<Description>To rely</Description></Code>
</Codes><Sets/></CodeBook>"""
ATLAS = b"""<CodeBook xmlns="urn:QDA-XML:codebook:0:4"><Codes><!-- first -->
<Code name="Folder" color="#abc"><Code name="Inside" color="RGB(1,2,3)"/></Code></Codes></CodeBook>"""


def colours(data):
    """The colours of a file by the paths of their codes, three digits as six."""
    root, found = etree.fromstring(data), {}
    for code in root.iter("{*}Code"):
        above = [each.get("name") for each in code.iterancestors("{*}Code")]
        found[*reversed(above), code.get("name")] = codebook.clean_colour(code.get("color") or "")
    return found


FOREIGN = """<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Another 1.0"><Codes>
<Code guid="0d62985d-b147-4d01-a9b5-cb9f1e4d2d01" name="Barriers, “high”" isCodable="true" color="#A1c">
<Description>费用,
"money" and, 老𬭎</Description>
<Code guid="0d62985d-b147-4d01-a9b5-cb9f1e4d2d02" name="Cost" isCodable="true"/></Code>
<Code guid="0d62985d-b147-4d01-a9b5-cb9f1e4d2d03" name="Benefits" isCodable="true">
<Code guid="0d62985d-b147-4d01-a9b5-cb9f1e4d2d04" name="Cost" isCodable="true" color="#00ff7F"/></Code>
</Codes></CodeBook>""".encode()


def test_a_foreign_codebook_goes_out_as_it_came_in_missing_colours_too(study):
    read_into(study, FOREIGN)
    out = refi_qda.write_qdc(study)
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(etree.fromstring(out))
    assert colours(out) == colours(FOREIGN)
    assert colours(out)["Barriers, “high”",] == "#aa11cc" and colours(out)["Benefits",] == ""
    texts = [[each.text for each in etree.fromstring(data).iter("{*}Description")] for data in (FOREIGN, out)]
    assert texts[0] == texts[1]
    guids = [[each.get("guid") for each in etree.fromstring(data).iter("{*}Code")] for data in (FOREIGN, out)]
    assert guids[0] == guids[1]
    copy = make_study()
    read_into(copy, out)
    assert refi_qda.write_qdc(copy) == out


TEXTS = st.text(st.sampled_from('aZ ,;"\n=费𬭎<&>:'), max_size=12) | st.sampled_from(
    ["Include: a", "a\n\nExample: b", "\n\nExclude:  c\n\nInclude: d", "Definition"]
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_codebook_goes_from_study_to_file_to_study_to_an_equal_file(db, data):
    study, lead = make_study(), make_lead()
    for n in range(data.draw(st.integers(1, 6))):
        parent = data.draw(st.sampled_from([None, *study.codes.all()]))
        texts = {name: data.draw(TEXTS) for name in ("definition", "include", "exclude", "example")}
        name = data.draw(st.sampled_from(["Cost", "费用, “old”", 'a "b"', "=1", "C > D"])) + f" {n % 2}"
        if not study.codes.filter(parent=parent, name=name).exists():
            codebook.add(study, name=name, parent=parent, as_given=True, **texts)
    if above := study.codes.exclude(children=None).first():
        codebook.retire(above, lead)
    written = refi_qda.write_qdc(study)

    read_into(make_study(), written)

    assert refi_qda.write_qdc(Study.objects.latest("pk")) == written


def test_a_guid_that_is_taken_or_is_none_is_told_and_not_kept(study):
    read_into(study, FOREIGN)
    study.codes.filter(name="Benefits").update(name="Gains")
    data = FOREIGN.replace(b"2d02", b"2d04").replace(b"0d62985d-b147-4d01-a9b5-cb9f1e4d2d01", b"17")

    other = codebook_files.plan(make_study(), refi_qda.read_qdc(data))
    planned = codebook_files.plan(study, refi_qda.read_qdc(data))

    assert [str(warning) for row in other.rows for warning in row.warnings] == [
        "“17” is no GUID; this code gets one of its own.",
        "“Cost” has the same GUID, and may be the same code. This one gets a GUID of its own.",
    ]
    assert [str(warning) for row in planned.rows if row.state == "created" for warning in row.warnings] == [
        "“Gains” has the same GUID, and may be the same code. This one gets a GUID of its own.",
        "“Cost” has the same GUID, and may be the same code. This one gets a GUID of its own.",
    ]
    codebook_files.apply(study, make_lead(study), planned)
    assert len({refi_qda.guid_of(study, code) for code in study.codes.all()}) == study.codes.count()


def test_folders_come_in_retired_above_their_subcodes_and_go_out_as_folders(study):
    data = FOREIGN.replace(b'name="Benefits" isCodable="true"', b'name="Benefits" isCodable="false"')
    read_into(study, data)
    assert [code.name for code in study.codes.exclude(retired_at=None)] == ["Benefits"]
    found = {
        code.get("name"): code.get("isCodable") for code in etree.fromstring(refi_qda.write_qdc(study)).iter()
    }
    assert found["Benefits"] == "false" and found["Barriers, “high”"] == "true"


def test_a_guid_comes_back_when_an_undone_import_is_done_again(study):
    lead = make_lead(study)
    read_into(study, FOREIGN, lead)
    out = refi_qda.write_qdc(study)
    undone = history.undo(study.events.latest("pk"), lead)
    assert not study.codes.exists()
    history.undo(undone, lead)
    assert refi_qda.write_qdc(study) == out
    assert not [told for told in differences(study) if told.startswith("code:")]


def test_what_has_no_place_here_is_said(client, study):
    data = FOREIGN.replace(b"</CodeBook>", b'<Sets><Set guid="x" name="Wave"/></Sets></CodeBook>')
    data = data.replace(b'isCodable="true" color="#A1c"', b'isCodable="false"')
    client.force_login(make_lead(study))
    url = reverse("coding:import-codebook", args=[study.slug])
    page = client.post(url, {"file": SimpleUploadedFile("book.qdc", data)}).text
    assert "Sets of codes are left out: “Wave”. A codebook here is one tree" in page
    assert "only folders in the other program come in retired, above their subcodes: 1." in page
    empty = FOREIGN.replace(b'd02" name="Cost" isCodable="true"', b'd02" name="Cost" isCodable="false"')
    assert refi_qda.notes(empty) == ["Empty folders come as codes that can be applied: 1."]
    assert refi_qda.notes(TAGUETTE) == []


BROKEN = b"""<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes><Code name=""/><Code name="A" color="#AABBCCDD"/>
<Code name="A"/><Code/></Codes></CodeBook>"""


def test_a_broken_file_is_read_as_far_as_it_goes_with_a_list_of_what_is_wrong(study):
    planned = codebook_files.plan(study, refi_qda.read_qdc(BROKEN))
    assert [(row.state, row.problem or str(row.warnings[0])) for row in planned.rows] == [
        ("wrong", "This line has no name for its code."),
        ("created", "“#AABBCCDD” is no colour such as #1f5fa8; it is left out."),
        ("wrong", "Line 2 has this code already."),
        ("wrong", "This line has no name for its code."),
    ]


def test_files_of_other_tools_are_read(study):
    read_into(study, TAGUETTE)
    read_into(study, ATLAS)
    found = content(study)
    assert found["Trust",][1] == "To rely"
    assert found["Folder",][0] == "#aabbcc" and found["Folder", "Inside"][0] == ""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<CodeBook><Codes>", "broken in line"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><CodeBook><Codes/></CodeBook>", "DOCTYPE"),
        (b"<!DOCTYPE CodeBook><CodeBook><Codes/></CodeBook>", "DOCTYPE"),
        (b"<Project/>", "no REFI-QDA codebook"),
        (
            b"<CodeBook><Codes>" + b"<Code name='x'>" * 101 + b"</Code>" * 101 + b"</Codes></CodeBook>",
            "deeper",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data, why):
    with pytest.raises(TableError, match=why):
        refi_qda.read_qdc(data)


def test_a_file_is_looked_at_before_it_is_imported(client, study):
    client.force_login(make_lead(study))
    url = reverse("coding:import-codebook", args=[study.slug])

    looked = client.post(url, {"file": SimpleUploadedFile("book.qdc", TAGUETTE)})

    assert not study.codes.exists() and looked.context["counts"]["created"] == 1
    client.post(url, {"data": looked.context["data"], "plan": looked.context["plan"].digest})
    assert study.codes.get().name == "Trust"


def test_leads_download_it_and_coders_do_not(client, study):
    make_code(study, "Trust")
    url = reverse("coding:codebook-qdc", args=[study.slug])
    client.force_login(make_coder(study))
    assert client.get(url).status_code == 403
    client.force_login(make_lead(study))

    answer = client.get(url)

    assert answer.content == refi_qda.write_qdc(study)
    assert ".qdc" in answer["Content-Disposition"]
    assert url in client.get(reverse("coding:codebook", args=[study.slug])).text


def test_an_empty_codebook_is_not_downloaded_but_said(client, study):
    client.force_login(make_lead(study))
    url = reverse("coding:codebook-qdc", args=[study.slug])
    assert "No code is in use" in client.get(url, follow=True).text
