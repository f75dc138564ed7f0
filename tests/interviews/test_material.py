"""Bringing transcripts in: staging, checking, importing, and what a lead does with one afterwards."""

import hashlib
import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from interviews import material, staging
from interviews.models import Event, Respondent, Speaker, TextRevision, Transcript, Upload
from tests.factories import (
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

pytestmark = pytest.mark.django_db
DEMO = Path(settings.BASE_DIR) / "interviews" / "demo"
TALK = "INTERVIEWER: When did you return?\nJUNFENG: In spring, with the others.\n"
SCRIPT = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def study():
    study = make_study()
    for name in ("Returnee", "Migrant", "Institutional actor"):
        make_type(study, name)
    return study


@pytest.fixture
def lead(client, study):
    lead = make_lead(study)
    client.force_login(lead)
    return lead


def send(client, study, *files, **extra):
    """Upload (name, bytes or text) pairs as one form."""
    given = [
        SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data) for name, data in files
    ]
    return client.post(reverse("interviews:upload", args=[study.slug]), {"file": given}, **extra)


def act(client, study, doing, **fields):
    return client.post(reverse("interviews:import", args=[study.slug]), {"do": doing, **fields}, follow=True)


def page(client, study):
    return client.get(reverse("interviews:import", args=[study.slug])).content.decode()


def fields(upload, respondent="", kind="", **more):
    """What the page's form posts about one file."""
    named = {"respondent": respondent, "respondent_type": kind, **more}
    return {f"file{upload.pk}-{name}": value for name, value in named.items()}


def test_a_file_is_staged_and_not_yet_in_the_study(client, study, lead):
    send(client, study, ("RET03_junfeng.txt", TALK))
    upload = Upload.objects.get()
    assert staging.state(upload) == "ready"
    assert upload.words == 9
    assert upload.speakers == {"INTERVIEWER": "interviewer", "JUNFENG": "respondent", "": {"new": "Junfeng"}}
    assert upload.respondent_type.name == "Returnee"
    assert not Transcript.objects.exists()
    assert not Event.objects.exists()
    assert "Import 1 ready file" in page(client, study)


def test_import_makes_transcript_revision_speakers_respondent_and_one_event(client, study, lead):
    send(client, study, ("RET03_junfeng.txt", TALK))
    act(client, study, "import")
    transcript = Transcript.objects.get()
    assert transcript.title == "RET03 Junfeng"
    assert transcript.filename == "RET03_junfeng.txt"
    assert transcript.text == TALK
    assert transcript.words == 9
    assert transcript.sha256 == hashlib.sha256(TALK.encode()).hexdigest()
    assert transcript.original.read() == TALK.encode()
    assert transcript.created_by == lead
    assert transcript.respondent.pseudonym == "Junfeng"
    assert transcript.respondent.respondent_type.name == "Returnee"
    revision = TextRevision.objects.get()
    assert (revision.number, revision.text, revision.turns) == (1, TALK, transcript.turns)
    assert list(Speaker.objects.values_list("label", "respondent__pseudonym", "is_interviewer")) == [
        ("INTERVIEWER", None, True),
        ("JUNFENG", "Junfeng", False),
    ]
    event = Event.objects.get()
    assert (event.action, event.transcript, event.actor) == ("import-transcript", transcript, lead)
    assert f"respondent:{transcript.respondent_id}" in event.after
    assert not Upload.objects.exists()


def test_a_staged_file_leaves_the_disk_when_it_is_imported_or_left_out(
    client, study, lead, django_capture_on_commit_callbacks
):
    send(client, study, ("a.txt", TALK), ("b.txt", TALK + "More.\n"))
    first, second = Upload.objects.all()
    paths = [Path(upload.file.path) for upload in (first, second)]
    assert all(path.exists() for path in paths)
    with django_capture_on_commit_callbacks(execute=True):
        act(client, study, f"leave-out:{first.pk}")
        act(client, study, "import")
    assert not any(path.exists() for path in paths)
    assert Transcript.objects.get().filename == "b.txt"


def test_all_demo_transcripts_come_in_at_once(client, study, lead):
    paths = sorted((DEMO / "transcripts").iterdir())
    send(client, study, *((path.name, path.read_bytes()) for path in paths))
    states = {upload.filename: staging.state(upload) for upload in Upload.objects.all()}
    assert states.pop("MIG03_guowei.txt") == "check"
    assert set(states.values()) == {"ready"}
    act(client, study, "import")
    assert Transcript.objects.count() == 11
    assert Upload.objects.get().filename == "MIG03_guowei.txt"
    assert set(Respondent.objects.values_list("pseudonym", "respondent_type__key")) == {
        ("Tan", "institutional_actor"),
        ("Pu", "institutional_actor"),
        ("Kuang", "institutional_actor"),
        ("Xiaoyu", "migrant"),
        ("Haoran", "migrant"),
        ("Shanshan", "migrant"),
        ("Wenbo", "returnee"),
        ("Lihua", "returnee"),
        ("Junfeng", "returnee"),
        ("Meiling", "returnee"),
        ("Daqing", "returnee"),
    }
    for transcript in Transcript.objects.all():
        assert transcript.text == (DEMO / "transcripts" / transcript.filename).read_text()


def test_labels_in_doubt_are_checked_by_a_person(client, study, lead):
    send(client, study, ("MIG03_guowei.txt", (DEMO / "transcripts" / "MIG03_guowei.txt").read_bytes()))
    upload = Upload.objects.get()
    assert staging.unsettled(upload) == ["国伟"]
    assert "4 speaker labels" in page(client, study)
    labels = ["INTERVIEWER", "GUOWEI", "国伟", "访谈者"]
    assert [label.name for label in material.labels_of(upload.text, upload.turns)] == labels
    said = {"who_0": "interviewer", "who_1": "respondent", "who_2": "respondent", "who_3": "interviewer"}
    act(client, study, f"settle:{upload.pk}", **fields(upload, "Guowei", **said))
    upload.refresh_from_db()
    assert staging.state(upload) == "ready"
    act(client, study, "import")
    mapped = dict(Speaker.objects.values_list("label", "respondent__pseudonym"))
    assert mapped == {"INTERVIEWER": None, "访谈者": None, "GUOWEI": "Guowei", "国伟": "Guowei"}


def test_saving_the_rest_of_the_page_does_not_settle_labels_in_doubt(client, study, lead):
    send(client, study, ("MIG03_guowei.txt", (DEMO / "transcripts" / "MIG03_guowei.txt").read_bytes()))
    upload = Upload.objects.get()
    said = {f"who_{number}": "respondent" for number in range(4)}
    act(client, study, "import", **fields(upload, "Guo", **said))
    upload.refresh_from_db()
    assert staging.unsettled(upload) == ["国伟"]
    assert staging.own_name(upload) == "Guo"
    assert not Transcript.objects.exists()


def test_a_group_has_a_respondent_for_each_label(client, study, lead):
    ben = make_respondent(study, "Ben")
    talk = "MODERATOR: Who begins?\nANNA: I do.\nBEN: Then I.\nANNA: Good.\nCARL: And I.\n"
    send(client, study, ("focus_group.txt", talk))
    upload = Upload.objects.get()
    assert staging.unsettled(upload) == ["ANNA", "CARL"]
    assert upload.speakers == {"MODERATOR": "interviewer", "BEN": ben.pk}
    said = {"who_0": "interviewer", "who_1": "other", "other_1": "Anna", "who_2": "other", "other_2": "ben"}
    act(client, study, f"settle:{upload.pk}", **fields(upload, **said, who_3="other", other_3="Carl"))
    act(client, study, "import")
    mapped = dict(Speaker.objects.values_list("label", "respondent__pseudonym"))
    assert mapped == {"MODERATOR": None, "ANNA": "Anna", "BEN": "Ben", "CARL": "Carl"}
    assert Transcript.objects.get().respondent is None


def test_another_respondent_must_be_named(client, study, lead):
    send(client, study, ("RET03_junfeng.txt", TALK))
    upload = Upload.objects.get()
    shown = act(client, study, f"save:{upload.pk}", **fields(upload, who_0="interviewer", who_1="other"))
    assert "Type who speaks" in shown.content.decode()
    upload.refresh_from_db()
    assert upload.speakers["JUNFENG"] == "respondent"


def test_a_typed_pseudonym_of_the_study_is_that_respondent(client, study, lead):
    person = make_respondent(study, "Jun Feng")
    send(client, study, ("RET03_junfeng.txt", TALK))
    upload = Upload.objects.get()
    said = fields(upload, "jun feng", who_0="interviewer", who_1="respondent")
    act(client, study, "import", **said)
    assert Transcript.objects.get().respondent == person
    assert Speaker.objects.get(label="JUNFENG").respondent == person
    assert Respondent.objects.count() == 1


def test_a_type_is_given_only_to_a_respondent_who_has_none(client, study, lead):
    migrant = study.respondent_types.get(key="migrant")
    known = make_respondent(study, "Junfeng", migrant)
    untyped = make_respondent(study, "Lihua")
    send(client, study, ("RET03_junfeng.txt", TALK), ("RET02_lihua.txt", TALK.replace("JUNFENG", "LIHUA")))
    act(client, study, "import")
    known.refresh_from_db()
    untyped.refresh_from_db()
    assert known.respondent_type == migrant
    assert untyped.respondent_type.key == "returnee"


def test_two_files_of_one_new_person_make_one_respondent(client, study, lead):
    send(client, study, ("a1.txt", TALK), ("a2.txt", TALK + "JUNFENG: Again.\n"))
    act(client, study, "import")
    assert Respondent.objects.get().pseudonym == "Junfeng"
    assert Transcript.objects.filter(respondent__pseudonym="Junfeng").count() == 2


def zipped():
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "text")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.txt", b"", "There is no text in this file"),
        ("blank.txt", b" \n\t\n", "There is no text in this file"),
        ("binary.txt", bytes(range(256)) * 20, "This file is not text"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "before 2007"),
        ("scan.pdf", b"%PDF-1.7\n", "This file is damaged"),
        ("broken.docx", b"PK\x03\x04" + b"\0" * 50, "Unpack it"),
        ("all.zip", zipped()[:-5], "Unpack it"),
    ],
)
def test_what_cannot_be_read_says_why_and_stops_no_other(client, study, lead, name, data, says):
    send(client, study, (name, data), ("RET03_junfeng.txt", TALK))
    bad, good = Upload.objects.order_by("pk")
    assert says in bad.problem
    assert bool(bad.file) == bool(data)  # to be tried again
    shown = page(client, study)
    assert says in shown
    assert "Import 1 ready file" in shown
    act(client, study, "import")
    assert Transcript.objects.get().filename == good.filename
    assert Upload.objects.get() == bad


def test_a_file_above_the_limit_is_not_kept_and_told_its_size(client, study, lead, settings):
    settings.MAX_UPLOAD_BYTES = 100_000
    send(client, study, ("long.txt", "a" * 300_000), ("RET03_junfeng.txt", TALK))
    upload = Upload.objects.get(filename="long.txt")
    assert upload.size == 300_000
    assert not upload.file
    assert "293.0" in upload.problem
    assert "97.7" in upload.problem
    assert staging.state(Upload.objects.get(filename="RET03_junfeng.txt")) == "ready"


def test_a_file_of_exactly_the_limit_is_read(client, study, lead, settings):
    settings.MAX_UPLOAD_BYTES = len(TALK)
    send(client, study, ("a.txt", TALK))
    assert staging.state(Upload.objects.get()) == "ready"


def test_a_script_learns_by_the_announced_length_that_a_file_is_too_large(client, study, lead, settings):
    settings.MAX_UPLOAD_BYTES = 100_000
    answer = send(client, study, ("long.txt", "a" * 300_000), **SCRIPT)
    assert answer.status_code == 413
    assert "the limit is" in answer.content.decode()
    assert not Upload.objects.exists()


def test_uploads_are_protected_against_forged_requests(study):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_lead(study))
    assert send(strict, study, ("a.txt", TALK)).status_code == 403
    assert not Upload.objects.exists()


def test_a_file_that_is_in_the_study_is_refused(client, study, lead):
    here = make_transcript(study, sha256=hashlib.sha256(TALK.encode()).hexdigest(), title="Here already")
    send(client, study, ("again.txt", TALK))
    assert "“Here already”" in Upload.objects.get().problem
    act(client, study, "import")
    assert Transcript.objects.get() == here


def test_the_same_file_twice_in_a_batch_is_imported_once(client, study, lead):
    send(client, study, ("one.txt", TALK), ("two.txt", TALK))
    first, second = Upload.objects.all()
    assert not first.problem
    assert "one.txt" in second.problem
    act(client, study, "import")
    assert Transcript.objects.get().filename == "one.txt"
    assert "in the study already, as “One”" in page(client, study)


def test_a_copy_takes_the_place_of_the_file_it_is_a_copy_of_when_that_is_left_out(client, study, lead):
    send(client, study, ("one.txt", TALK), ("two.txt", TALK), ("three.txt", TALK))
    act(client, study, f"leave-out:{Upload.objects.first().pk}")
    two, three = Upload.objects.order_by("pk")
    assert staging.state(two) == "ready"
    assert "two.txt" in three.problem


def test_a_respondent_made_since_the_file_was_staged_is_not_called_new(client, study, lead):
    group = "INTERVIEWER: Who?\n\nJUNFENG: Me.\n\nLIHUA: And me.\n"
    send(client, study, ("RET03_junfeng.txt", TALK), ("group.txt", group))
    _junfeng, both = Upload.objects.all()
    act(
        client,
        study,
        f"settle:{both.pk}",
        **fields(both, who_1="other", other_1="Lihua", who_2="other", other_2="Lihua"),
    )
    assert "Junfeng will be a new respondent." in page(client, study)
    assert "(new)" in page(client, study)
    make_respondent(study, "Junfeng", study.respondent_types.get(key="migrant"))
    make_respondent(study, "Lihua")
    shown = page(client, study)
    assert "will be a new respondent" not in shown and "(new)" not in shown
    assert "Migrant<input" in shown


def test_a_file_a_colleague_imported_meanwhile_is_refused_at_import(client, study, lead, folder):
    send(client, study, ("one.txt", TALK))
    make_transcript(study, sha256=hashlib.sha256(TALK.encode()).hexdigest(), title="Quicker")
    act(client, study, "import")
    assert "“Quicker”" in Upload.objects.get().problem
    assert Transcript.objects.count() == 1
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert kept == [Path(Upload.objects.get().file.path)]


def test_the_same_file_may_be_in_two_studies(client, study, lead):
    make_transcript(sha256=hashlib.sha256(TALK.encode()).hexdigest())
    send(client, study, ("one.txt", TALK))
    assert staging.state(Upload.objects.get()) == "ready"


def test_an_encoding_in_doubt_is_chosen_by_preview(client, study, lead):
    text = "采访者：您是哪一年回国的？\n俊峰：二〇〇四年春天，和几个同学一起回来的。\n"
    send(client, study, ("RET03_俊峰.txt", text.encode("gb18030")))
    upload = Upload.objects.get()
    assert staging.state(upload) == "encoding"
    assert "二〇〇四年春天" in page(client, study)
    act(client, study, f"encoding:{upload.pk}", **{f"encoding{upload.pk}": "gb18030"})
    upload.refresh_from_db()
    assert staging.state(upload) == "ready"
    act(client, study, "import")
    transcript = Transcript.objects.get()
    assert transcript.text == text
    assert transcript.language == "zh-Hans"
    assert transcript.respondent.pseudonym == "俊峰"


def test_only_proposed_encodings_are_taken(client, study, lead):
    send(client, study, ("a.txt", "采访者：您是哪一年回国的？".encode("gb18030")))
    upload = Upload.objects.get()
    act(client, study, f"encoding:{upload.pk}", **{f"encoding{upload.pk}": "rot13"})
    upload.refresh_from_db()
    assert staging.state(upload) == "encoding"


def test_leaving_and_coming_back_finds_the_files_as_they_were_and_only_ones_own(client, study, lead):
    send(client, study, ("RET03_junfeng.txt", TALK))
    assert "RET03_junfeng.txt" in page(client, study)
    other = make_lead(study)
    client.force_login(other)
    assert "RET03_junfeng.txt" not in page(client, study)
    upload = Upload.objects.get()
    assert act(client, study, f"leave-out:{upload.pk}").status_code == 404
    client.get(reverse("interviews:upload-text", args=[study.slug, upload.pk]))
    assert Upload.objects.exists()


def test_the_whole_text_of_a_staged_file_can_be_read_by_its_person_only(client, study, lead):
    send(client, study, ("a.txt", TALK))
    url = reverse("interviews:upload-text", args=[study.slug, Upload.objects.get().pk])
    answer = client.get(url)
    assert answer.content.decode() == TALK
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    client.force_login(make_lead(study))
    assert client.get(url).status_code == 404


def test_a_script_gets_the_line_and_the_sums(client, study, lead):
    answer = send(client, study, ("RET03_junfeng.txt", TALK), **SCRIPT).content.decode()
    upload = Upload.objects.get()
    assert f'id="upload-{upload.pk}"' in answer
    assert "1 file: 1 ready" in answer
    assert "<html" not in answer
    url = reverse("interviews:import", args=[study.slug])
    gone = client.post(url, {"do": f"leave-out:{upload.pk}"}, **SCRIPT).content.decode()
    assert f'id="upload-{upload.pk}"' not in gone


def test_all_can_be_left_out(client, study, lead):
    send(client, study, ("a.txt", TALK), ("b.txt", b""))
    act(client, study, "leave-all-out")
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "doing", ["", "import-all", "save", "save:", "save:x", "settle:0", "leave-out:99999999"]
)
def test_what_no_button_says_is_not_found(client, study, lead, doing):
    assert act(client, study, doing).status_code == 404


@pytest.mark.parametrize("make", [make_coder, make_reader])
@pytest.mark.parametrize("name", ["interviews:import", "interviews:upload"])
def test_only_leads_import(client, study, make, name):
    client.force_login(make(study))
    assert client.post(reverse(name, args=[study.slug])).status_code == 403


@pytest.mark.parametrize("name", ["interviews:import", "interviews:upload"])
def test_strangers_find_no_import_page(client, study, name):
    client.force_login(make_lead())
    assert client.post(reverse(name, args=[study.slug])).status_code == 404


def test_the_page_takes_the_same_queries_whatever_is_staged(client, study, lead, django_assert_num_queries):
    client.get(reverse("interviews:import", args=[study.slug]))
    for number in range(2):
        make_respondent(study)
        talks = [(f"{number}{each}.txt", f"{TALK}JUNFENG: {number}{each}.\n") for each in range(3)]
        send(client, study, *talks)
        with django_assert_num_queries(8):  # the session with its user, then seven of the page
            client.get(reverse("interviews:import", args=[study.slug]))


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\RET01.txt", "RET01.txt"),
        ("a\x00b\x1f\n.txt", "ab.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe"),
        ("国伟 e\u0301.txt", "国伟 e\u0301.txt"),
        ("x" * 300 + ".docx", "x" * 250 + ".docx"),
        ("\x07", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_file_names_are_shown_without_paths_and_control_characters(name, clean):
    assert material.clean_filename(name) == clean


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("RET03_junfeng.txt", "RET03 Junfeng"),
        ("INS01_tan_table.docx", "INS01 Tan Table"),
        ("访谈 国伟.txt", "访谈 国伟"),
        ("interview.2006.txt", "Interview.2006"),
        (".txt", ".txt"),
        ("Guo Wei – second talk.docx", "Guo Wei – Second Talk"),
    ],
)
def test_titles_come_from_file_names(filename, title):
    assert material.title_from_filename(filename) == title


@pytest.mark.parametrize(
    ("filename", "labels", "name"),
    [
        ("RET03_junfeng.txt", ["INTERVIEWER", "JUNFENG"], "Junfeng"),
        ("RET03.txt", ["INTERVIEWER", "LI MING"], "Li Ming"),
        ("P07.txt", ["I", "R"], "P07"),
        ("RET03_junfeng.txt", [], "Junfeng"),
        ("teacher_2.txt", [], "Teacher 2"),
        ("05_interview.txt", ["Q", "A"], "05 Interview"),
        ("MIG03_guowei.txt", ["INTERVIEWER", "GUOWEI", "国伟", "访谈者"], "Guowei"),
        ("group.txt", ["ANNA", "BEN"], None),
    ],
)
def test_pseudonyms_are_guessed_from_labels_then_names(filename, labels, name):
    assert staging.guess_name(filename, labels) == name


# One transcript


def url(name, transcript):
    return reverse(f"interviews:{name}", args=[transcript.pk])


def test_mapping_speakers_anew_moves_what_is_coded(client, study, lead):
    wenbo, lihua = make_respondent(study, "Wenbo"), make_respondent(study, "Lihua")
    transcript = make_transcript(study, respondent=wenbo)
    start = transcript.text.index("WENBO")
    coded = make_coded_segment(transcript, start=start, end=start + 20, respondent=wenbo)
    posted = {"title": "New title", "interview_date": "2006-04-05", "respondent": "Lihua"}
    posted |= {"who_0": "interviewer", "who_1": "respondent"}
    assert client.post(url("speakers", transcript), posted).status_code == 302
    transcript.refresh_from_db()
    coded.refresh_from_db()
    assert (transcript.title, str(transcript.interview_date)) == ("New title", "2006-04-05")
    assert transcript.respondent == coded.respondent == lihua
    assert list(Event.objects.values_list("action", flat=True)) == ["edit-transcript", "map-speakers"]


def test_a_new_pseudonym_typed_for_a_label_makes_a_respondent(client, study, lead):
    transcript = make_transcript(study)
    posted = {"title": "T", "respondent": "", "who_0": "interviewer", "who_1": "other", "other_1": "Wen"}
    client.post(url("speakers", transcript), posted)
    assert transcript.speakers.get(label="WENBO").respondent.pseudonym == "Wen"
    assert Event.objects.filter(action="add-respondent").exists()


def test_saving_speakers_unchanged_records_nothing(client, study, lead):
    transcript = make_transcript(study, respondent=make_respondent(study, "Wenbo"))
    posted = {"title": transcript.title, "respondent": "Wenbo", "who_0": "interviewer", "who_1": "respondent"}
    client.post(url("speakers", transcript), posted)
    number = Event.objects.count()
    client.post(url("speakers", transcript), posted)
    assert Event.objects.count() == number


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"interview_date": "yesterday"},
        {"who_1": "other"},
        {"who_0": "nobody"},
        {"respondent": "x" * 201},
    ],
)
def test_a_wrong_mapping_is_shown_again_and_changes_nothing(client, study, lead, wrong):
    transcript = make_transcript(study)
    posted = {"title": "T", "respondent": "", "who_0": "interviewer", "who_1": "respondent", **wrong}
    assert client.post(url("speakers", transcript), posted).status_code == 200
    assert not Event.objects.exists()


def test_a_removed_transcript_is_kept_and_comes_back(client, study, lead):
    transcript = make_transcript(study, title="Gone")
    coded = make_coded_segment(transcript)
    client.post(url("remove-transcript", transcript))
    transcript.refresh_from_db()
    assert transcript.removed_at
    trash = client.get(reverse("coding:trash", args=[study.slug])).content.decode()
    assert "Gone" in trash
    assert client.get(url("transcript-settings", transcript)).status_code == 200
    client.post(url("restore-transcript", transcript))
    transcript.refresh_from_db()
    coded.refresh_from_db()
    assert transcript.removed_at is None
    assert list(Event.objects.values_list("action", flat=True)) == ["remove-transcript", "restore-transcript"]


def test_removing_twice_is_one_event(client, study, lead):
    transcript = make_transcript(study)
    for _ in range(2):
        client.post(url("remove-transcript", transcript))
    assert Event.objects.count() == 1


def test_a_transcript_whose_file_came_again_is_not_restored(client, study, lead):
    send(client, study, ("a.txt", TALK))
    act(client, study, "import")
    first = Transcript.objects.get()
    client.post(url("remove-transcript", first))
    send(client, study, ("b.txt", TALK))
    act(client, study, "import")
    answer = client.post(url("restore-transcript", first), follow=True)
    assert "Remove that one first" in answer.content.decode()
    first.refresh_from_db()
    assert first.removed_at


def test_the_original_is_downloaded_as_it_came(client, study, lead):
    send(client, study, ("RET03 俊峰.txt", TALK))
    act(client, study, "import")
    answer = client.get(url("original", Transcript.objects.get()))
    assert b"".join(answer.streaming_content) == TALK.encode()
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "%E4%BF%8A%E5%B3%B0.txt" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/octet-stream"
    client.head(url("original", Transcript.objects.get()))
    taken = Event.objects.filter(action="download-original").get()
    assert (taken.actor, taken.kind, taken.transcript.title) == (lead, "export", "RET03 俊峰")


def test_a_transcript_without_a_file_has_no_original(client, study, lead):
    assert client.get(url("original", make_transcript(study))).status_code == 404
    assert not Event.objects.exists()


@pytest.mark.parametrize("name", ["speakers", "transcript-settings", "original"])
@pytest.mark.parametrize("make", [make_coder, make_reader])
def test_only_leads_see_files_and_settings(client, study, name, make):
    transcript = make_transcript(study)
    client.force_login(make(study))
    assert client.get(url(name, transcript)).status_code == 403


@pytest.mark.parametrize("name", ["remove-transcript", "restore-transcript"])
def test_only_leads_remove_and_restore_and_only_by_post(client, study, lead, name):
    transcript = make_transcript(study)
    assert client.get(url(name, transcript)).status_code == 405
    client.force_login(make_coder(study))
    assert client.post(url(name, transcript)).status_code == 403
    client.force_login(make_lead())
    assert client.post(url(name, transcript)).status_code == 404


def test_format_encoding_language_and_date_are_shown_and_can_be_changed(client, study, lead):
    send(client, study, ("RET03 2006-04-05.txt", TALK))
    upload = Upload.objects.get()
    assert (upload.format, upload.encoding, str(upload.interview_date)) == ("txt", "utf-8", "2006-04-05")
    assert "plain text, UTF-8" in page(client, study)
    said = {"who_0": "interviewer", "who_1": "respondent"}
    given = fields(upload, respondent="Junfeng", language="zh-Hans", interview_date="2006-04-06", **said)
    act(client, study, f"save:{upload.pk}", **given)
    act(client, study, "import")
    transcript = Transcript.objects.get()
    assert (transcript.language, str(transcript.interview_date)) == ("zh-Hans", "2006-04-06")


@pytest.mark.parametrize(
    ("name", "head", "found"),
    [
        ("a.txt", "Interview | 2006-03-14 | Suzhou", "2006-03-14"),
        ("2006_3_4.txt", "", "2006-03-04"),
        ("a.txt", "日期：2006年4月5日", "2006-04-05"),
        ("2006-03-14.txt", "transcribed 2006-05-01", "None"),
        ("a.txt", "2006-13-45", "None"),
        ("12006-03-141.txt", "", "None"),
    ],
)
def test_a_date_is_proposed_where_only_one_is_named(name, head, found):
    assert str(staging.guess_date(name, head)) == found


def test_a_wrong_date_is_told_and_nothing_else_is_lost(client, study, lead):
    send(client, study, ("RET03_junfeng.txt", TALK))
    upload = Upload.objects.get()
    given = fields(upload, respondent="Jun", interview_date="yesterday")
    shown = act(client, study, f"save:{upload.pk}", **given).content.decode()
    assert "Enter a valid date." in shown
    assert 'value="Jun"' in shown
    assert act(client, study, "import", **given).status_code == 200
    assert not Transcript.objects.exists()


GROUP = "ANNA: I came first.\nBEN: I came later.\nI: And then?\n"


def test_who_speaks_in_one_file_is_suggested_in_the_others(client, study, lead):
    anna = make_respondent(study, "Anna Li")
    send(client, study, ("one.txt", GROUP), ("two.txt", GROUP + "ANNA: Yes.\n"))
    one, two = Upload.objects.order_by("pk")
    assert staging.state(two) == "check"
    given = fields(
        one, who_0="other", other_0="Anna Li", who_1="other", other_1="Ben Wu", who_2="interviewer"
    )
    answer = client.post(
        reverse("interviews:import", args=[study.slug]), {"do": f"settle:{one.pk}", **given}, **SCRIPT
    ).content.decode()
    assert f'id="upload-{two.pk}"' in answer
    assert answer.count("as in one.txt") == 2
    assert 'value="Ben Wu"' in answer
    act(client, study, "import")
    assert "as in One" in page(client, study)
    two.refresh_from_db()
    heard = staging.heard_elsewhere(study, lead)
    assert staging.heard_for(two, "Anna", heard).who == anna.pk


def test_labels_that_are_somebody_else_elsewhere_are_not_suggested(client, study, lead):
    text = "R: Yes.\nS: No.\nI: So?\n"
    for name in ("one", "two"):
        send(client, study, (f"{name}.txt", f"{text}{name}"))
        upload = Upload.objects.get()
        given = fields(upload, who_0="other", other_0=f"R {name}", who_1="other", other_1=f"S {name}")
        act(client, study, f"settle:{upload.pk}", **given, **{f"file{upload.pk}-who_2": "interviewer"})
        act(client, study, "import")
    send(client, study, ("three.txt", text))
    assert "as in" not in page(client, study)


def test_what_was_chosen_but_not_settled_is_found_again(client, study, lead):
    send(client, study, ("one.txt", GROUP))
    upload = Upload.objects.get()
    given = fields(upload, who_0="interviewer", who_1="other", other_1="Ben Wu", who_2="interviewer")
    act(client, study, f"save:{upload.pk}", **given)
    upload.refresh_from_db()
    assert staging.state(upload) == "check"
    assert upload.drafts == {"ANNA": "interviewer", "BEN": {"new": "Ben Wu"}}
    assert 'value="Ben Wu"' in page(client, study)


def test_what_was_typed_about_one_file_is_kept_when_another_is_saved(client, study, lead):
    send(client, study, ("one.txt", GROUP), ("RET03_junfeng.txt", TALK))
    one, other = Upload.objects.order_by("pk")
    typed = fields(other, respondent="Jun", who_0="interviewer", who_1="respondent", language="de")
    given = fields(one, who_0="interviewer", who_1="interviewer", who_2="interviewer")
    act(client, study, f"save:{one.pk}", **given, **typed)
    other.refresh_from_db()
    assert (staging.own_name(other), other.language) == ("Jun", "de")


def test_a_file_that_was_in_the_study_is_read_once_it_is_not(client, study, lead):
    send(client, study, ("RET03_junfeng.txt", TALK))
    act(client, study, "import")
    send(client, study, ("RET03_junfeng.txt", TALK))
    upload = Upload.objects.get()
    assert "in the study already" in upload.problem
    act(client, study, f"retry:{upload.pk}")
    assert "in the study already" in Upload.objects.get().problem
    material.remove(Transcript.objects.get(), lead)
    act(client, study, f"retry:{upload.pk}")
    assert staging.state(Upload.objects.get()) == "ready"


TABLE = "who;minute;remark\nI;1;so\nR;2;yes, we left\nR;3;in spring\n"


def test_columns_of_a_table_are_chosen_and_can_be_chosen_again(client, study, lead):
    send(client, study, ("notes.csv", TABLE))
    upload = Upload.objects.get()
    assert staging.state(upload) == "columns"
    assert "1 with columns to choose" in page(client, study)

    def choose(**chosen):
        given = {f"table{upload.pk}-{name}": value for name, value in chosen.items()}
        return act(client, study, f"columns:{upload.pk}", **given).content.decode()

    assert "Choose the one column" in choose(column_0="speaker", has_heads="on")
    choose(column_0="speaker", column_2="words", has_heads="on")
    upload.refresh_from_db()
    assert [turn["speaker"] for turn in upload.turns] == ["I", "R", "R"]
    choose(column_2="words", has_heads="on")
    upload.refresh_from_db()
    assert [turn["speaker"] for turn in upload.turns] == [None, None, None]
    assert staging.state(upload) == "ready"


def test_turns_of_a_text_without_labels_are_given_to_two_voices(client, study, lead):
    text = "When?\n\nIn spring.\n\nWith whom?\n\n我们一起。\n"
    send(client, study, ("RET01_wenbo.txt", text))
    upload = Upload.objects.get()
    address = reverse("interviews:upload-turns", args=[study.slug, upload.pk])
    assert address in page(client, study)
    assert "我们一起" in client.get(address).content.decode()
    wrong = client.post(address, {"voice_1": "A", "voice_2": "a"})
    assert "two names" in wrong.content.decode()
    chosen = {
        "voice_1": "Interviewer",
        "voice_2": "Wenbo",
        "turn_0": "1",
        "turn_1": "2",
        "turn_2": "1",
        "turn_3": "2",
    }
    client.post(address, chosen)
    upload.refresh_from_db()
    assert upload.text == text
    assert [turn["speaker"] for turn in upload.turns] == ["Interviewer", "Wenbo", "Interviewer", "Wenbo"]
    assert staging.state(upload) == "ready"
    act(client, study, "import")
    assert Speaker.objects.get(label="Interviewer").is_interviewer
    assert Speaker.objects.get(label="Wenbo").respondent.pseudonym == "Wenbo"


def test_giving_turns_away_takes_the_same_queries_however_many_there_are(
    client, study, lead, django_assert_num_queries
):
    for number in range(1, 3):
        send(client, study, (f"{number}.txt", "So?\n\nYes.\n\n" * number * 5))
        upload = Upload.objects.last()
        with django_assert_num_queries(3):  # the session with its user, the study, the file
            client.get(reverse("interviews:upload-turns", args=[study.slug, upload.pk]))


def test_a_text_with_labels_has_no_turns_to_give_away(client, study, lead):
    send(client, study, ("RET03_junfeng.txt", TALK))
    address = reverse("interviews:upload-turns", args=[study.slug, Upload.objects.get().pk])
    assert client.get(address).status_code == 404


def test_files_come_in_together_or_not_at_all(client, study, lead, monkeypatch, folder):
    send(client, study, ("one.txt", TALK), ("two.txt", TALK + "JUNFENG: Yes.\n"))
    kept = sorted(path for path in folder.rglob("*") if path.is_file())
    commit = staging.commit

    def broken(upload, actor):
        if upload.filename == "two.txt":
            raise OSError("the disk is full")
        return commit(upload, actor)

    monkeypatch.setattr(staging, "commit", broken)
    with pytest.raises(OSError, match="disk is full"):
        act(client, study, "import")
    assert not Transcript.objects.exists()
    assert Upload.objects.count() == 2
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == kept
