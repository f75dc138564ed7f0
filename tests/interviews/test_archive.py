import io
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from interviews import staging
from interviews.importers import archive
from interviews.models import Upload
from tests.factories import make_lead, make_study

DEMO = Path(settings.BASE_DIR) / "interviews" / "demo"
TALK = b"INTERVIEWER: So?\nLI: Yes.\n"


def make_zip(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def unpacked(data):
    return list(archive.unpacked("a.zip", data, len(data)))


@pytest.mark.django_db
def test_each_file_of_an_archive_is_staged_by_itself(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    study = make_study()
    client.force_login(make_lead(study))
    others = {path.name: path.read_bytes() for path in (DEMO / "other-formats").iterdir()}
    inner = {"inner.zip": make_zip({"a.txt": TALK}), "__MACOSX/._a.txt": b"x", "deep/talk.txt": TALK}
    file = SimpleUploadedFile("all.zip", make_zip(others | inner))
    answer = client.post(
        reverse("interviews:upload", args=[study.slug]),
        {"file": file},
        HTTP_X_REQUESTED_WITH="XMLHttpRequest",
    )
    staged = {upload.filename: staging.state(upload) for upload in Upload.objects.all()}
    assert staged.pop("inner.zip") == "unreadable"
    assert staged == dict.fromkeys([*others, "talk.txt"], "ready")
    assert answer.content.decode().count("data-upload=") == len(others) + 2
    assert "subtitles (WebVTT)" in answer.content.decode()


def test_a_document_is_no_archive():
    data = (DEMO / "other-formats" / "RET01_wenbo.docx").read_bytes()
    assert unpacked(data) == [("a.zip", data, len(data))]
    assert unpacked(TALK) == [("a.zip", TALK, len(TALK))]


def test_a_bomb_and_a_broken_archive_stay_closed():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
        bomb.open("a.txt", "w", force_zip64=True) as part,
    ):
        for _ in range(1024):
            part.write(bytes(1 << 20))
    good = make_zip({"a.txt": TALK * 50})
    broken = good[:60] + b"\0\0\0" + good[63:]
    many = make_zip({f"{number}.txt": b"" for number in range(archive.MAX_FILES + 1)})
    for data in (out.getvalue(), broken, good[:-30], many, make_zip({})):
        assert unpacked(data) == [("a.zip", data, len(data))]


def test_a_file_over_the_limit_comes_without_its_bytes(settings):
    settings.MAX_UPLOAD_BYTES = 1024
    assert unpacked(make_zip({"a.txt": b"a" * 1025, "b.txt": TALK})) == [
        ("a.txt", b"", 1025),
        ("b.txt", TALK, len(TALK)),
    ]


def test_names_of_chinese_archives_are_read():
    assert archive._name(zipfile.ZipInfo("访谈.txt".encode("gb18030").decode("cp437"))) == "访谈.txt"


def test_names_that_lead_out_of_the_archive_are_read_as_names_alone():
    parts = {
        "../../out.txt": TALK,
        "/etc/talk.txt": TALK,
        "..": b"",
        ".hidden/a.txt": TALK,
        "../.b.txt": TALK,
        "..\\..\\of Windows.txt": TALK,
    }
    found = unpacked(make_zip(parts))
    assert found == [(name, TALK, len(TALK)) for name in ("out.txt", "etc/talk.txt", "of Windows.txt")]
