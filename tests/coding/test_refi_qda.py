"""REFI-QDA codebooks, out and in."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from coding import codebook, codebook_files, refi_qda
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


def without_guids(data):
    root = etree.fromstring(data)
    for element in root.iter():
        element.attrib.pop("guid", None)
    return etree.tostring(root)


def test_what_is_written_is_valid(study):
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    schema.assertValid(etree.fromstring(refi_qda.write_qdc(full(study))))


def test_a_codebook_comes_back_equal(study):
    data = refi_qda.write_qdc(full(study))
    other = make_study()

    read_into(other, data)

    assert len(content(study)) == 4
    again = refi_qda.write_qdc(other)
    for path, values in content(study).items():
        assert content(other)[path][1:] == values[1:]
    third = make_study()
    read_into(third, again)
    assert content(third) == content(other)
    assert without_guids(refi_qda.write_qdc(third)) == without_guids(again)


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
    copy = make_study()
    read_into(copy, out)
    assert without_guids(refi_qda.write_qdc(copy)) == without_guids(out)


def test_what_has_no_place_here_is_said(client, study):
    data = FOREIGN.replace(b"</CodeBook>", b'<Sets><Set guid="x" name="Wave"/></Sets></CodeBook>')
    data = data.replace(b'isCodable="true" color="#A1c"', b'isCodable="false"')
    client.force_login(make_lead(study))
    url = reverse("coding:import-codebook", args=[study.slug])
    page = client.post(url, {"file": SimpleUploadedFile("book.qdc", data)}).text
    assert "Sets of codes are left out: 1." in page
    assert "only folders in the other program come as codes that can be applied: 1." in page
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
