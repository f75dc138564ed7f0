"""Files made to break a reader, sent to the import page: each is read or refused in words, in time, and little stays.

A few of each kind run here; `make bench ARGS="--only hostile"` sends 500 to a server.
"""

import resource
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bench import hostile
from bench.material import make_zip
from interviews.models import Upload
from tests.factories import make_lead, make_study

pytestmark = pytest.mark.django_db
NUMBER = 40
SECONDS = 20


@pytest.fixture
def send(client, settings, tmp_path):
    """``send(name, bytes)``: what the page keeps of a file, having checked that it was quick and is whole."""
    settings.MEDIA_ROOT = tmp_path
    study = make_study()
    client.force_login(make_lead(study))
    address = reverse("interviews:upload", args=[study.slug])

    def sent(name, data):
        started = time.monotonic()
        given = {"file": SimpleUploadedFile(name, data)}
        answer = client.post(address, given, HTTP_X_REQUESTED_WITH="XMLHttpRequest")
        assert time.monotonic() - started < SECONDS
        assert answer.status_code == 200
        uploads = list(Upload.objects.all())
        assert uploads
        for upload in uploads:
            assert_whole(upload)
        Upload.objects.all().delete()
        return uploads

    return sent


def assert_whole(upload):
    """Refused with a sentence, waiting for a choice, or read, with turns in order and within the text."""
    if upload.problem:
        assert len(upload.problem) > 20
        assert upload.problem.endswith(".")
        return
    if upload.encodings:
        return
    assert upload.text.strip()
    assert "\0" not in upload.text
    last = 0
    for turn in upload.turns:
        assert last <= turn["start"] <= turn["said"] <= turn["end"] <= len(upload.text)
        last = turn["end"]


def test_mutated_files_are_read_or_refused_in_words_and_leave_no_memory_behind(send):
    for name, data in hostile.good_files():
        send(name, data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for name, data in hostile.mutated_files(NUMBER):
        refused += any(upload.problem for upload in send(name, data))
    assert refused
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


@pytest.mark.parametrize("format", hostile.LAUGHING)
def test_a_billion_laughs_are_not_heard(format, send):
    (upload,) = send("a", make_zip(hostile.LAUGHING[format]))
    assert "no word processor writes" in upload.problem


@pytest.mark.parametrize(
    ("name", "data"), [pytest.param(*each, id=each[0]) for each in hostile.exhausting_files()]
)
def test_what_is_built_to_exhaust_costs_a_sentence(name, data, send):
    send(name, data)


def test_a_bomb_of_many_layers_is_opened_once(send):
    inner = make_zip({f"{number}.txt": b"\0" * 1_000_000 for number in range(9)})
    assert all(
        "archive" in upload.problem for upload in send("a.zip", make_zip({"b.zip": inner, "c.zip": inner}))
    )
