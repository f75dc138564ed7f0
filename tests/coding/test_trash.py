"""The trash, and erasing for good: what goes, what stays, and that a study lives on."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from coding import erasing, memos, results
from coding.models import CodedSegment, Memo, Segment
from coding.queries.crosstab import cross_tabulate
from coding.queries.frame import frame_of
from coding.queries.question import question_from
from interviews import editing, history, material, narrate, replay, respondents, staging
from interviews.models import Event, Respondent, Speaker, TextRevision, Transcript, Upload
from interviews.speakers import assign
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_owner,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
)

pytestmark = pytest.mark.django_db
TALK = "INTERVIEWER: When did you return?\nZEBEDEE: With Quillon, in the spring of that year.\n"
SECRET = ("zebedee", "quillon", "perimeter")


@pytest.fixture
def study(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return make_study("Return migration")


@pytest.fixture
def owner(study, client):
    owner = make_owner(study)
    client.force_login(owner)
    return owner


@pytest.fixture
def coder(study):
    return make_coder(study)


@pytest.fixture
def code(study):
    return make_code(study, "Team return")


@pytest.fixture
def transcript(study, owner, coder, code):
    """A transcript that was coded, edited and written about, and then removed."""
    made = material.import_transcript(study, owner, "RET_zebedee.txt", TALK.encode(), respondent="Zebedee")
    _apply(made, coder, code, 35, 50)
    coded = CodedSegment.objects.get()
    memos.write(study, coder, "Who is Quillon?", True, coded_segment=coded)
    memo = memos.write(study, coder, "The perimeter", True, transcript=made)
    memos.edit(memo, "The perimeter again", True)
    memos.write(study, owner, "Of the whole study", True)
    editing.save(made.pk, TALK + "ZEBEDEE: And that was all.\n", owner, revision=1)
    made.refresh_from_db()
    material.remove(made, owner)
    return made


def _apply(transcript, coder, code, start, end):
    from uuid import uuid4

    from coding import changes

    change = {"id": uuid4(), "do": "apply", "start": start, "end": end, "code": code.pk}
    _event, results, _revision = changes.make(transcript.pk, coder, transcript.revision, [change])
    assert results[0]["state"] == "done"


def unlike_the_history(study):
    """How the tables differ from the replayed history, what factories made aside."""
    return [
        line for line in replay.differences(study) if not line.startswith(("study:", "membership:", "code:"))
    ]


def erase(client, row, typed=None, **more):
    name = "transcript" if isinstance(row, Transcript) else "respondent"
    called = row.title if typed is None and name == "transcript" else typed or getattr(row, "pseudonym", "")
    return client.post(reverse(f"coding:erase-{name}", args=[row.pk]), {"name": called, **more}, follow=True)


def held(study):
    """All that the history holds, as text."""
    rows = Event.objects.filter(study=study).values_list("before", "after")
    return json.dumps(list(rows), ensure_ascii=False).casefold()


def test_the_trash_lists_what_was_removed_with_its_days(client, study, transcript):
    Transcript.objects.filter(pk=transcript.pk).update(
        removed_at=timezone.now() - timedelta(days=12, hours=1)
    )
    person = Respondent.objects.get()
    respondents.remove(person, None)
    page = client.get(reverse("coding:trash", args=[study.slug])).content.decode()
    assert transcript.title in page
    assert '<td class="num">18</td>' in page
    assert '<td class="num">30</td>' in page
    assert "Zebedee" in page


def test_days_left_end_at_nothing(study, transcript):
    transcript.removed_at = timezone.now() - timedelta(days=30, seconds=1)
    assert erasing.days_left(transcript) == 0
    transcript.removed_at = timezone.now()
    assert erasing.days_left(transcript) == 30


@pytest.mark.parametrize("many", [0, 3])
def test_the_trash_takes_the_same_queries_whatever_its_size(
    client, study, owner, django_assert_num_queries, many
):
    for number in range(many):
        made = material.import_transcript(study, owner, f"{number}.txt", f"{TALK}{number}".encode())
        material.remove(made, owner)
    with django_assert_num_queries(4):  # user, study, transcripts, respondents
        assert client.get(reverse("coding:trash", args=[study.slug])).status_code == 200


def test_leads_see_the_trash_and_do_not_erase(client, study, transcript):
    client.force_login(make_lead(study))
    assert "Erase for good…" not in client.get(reverse("coding:trash", args=[study.slug])).content.decode()
    assert erase(client, transcript).status_code == 403
    assert Transcript.objects.filter(pk=transcript.pk).exists()


def test_a_transcript_comes_back_with_its_codings(client, study, transcript):
    client.post(reverse("interviews:restore-transcript", args=[transcript.pk]))
    transcript.refresh_from_db()
    assert transcript.removed_at is None
    assert CodedSegment.objects.count() == 1


def test_what_is_not_in_the_trash_is_not_erased(client, study, transcript, owner):
    material.restore(transcript, owner)
    assert erase(client, transcript).status_code == 404
    with pytest.raises(erasing.Refused):
        erasing.erase_transcript(transcript, owner)
    assert Transcript.objects.filter(pk=transcript.pk).exists()


@pytest.mark.parametrize("typed", ["", "RET", "ret zebedee 2"])
def test_a_wrong_name_erases_nothing(client, transcript, typed):
    answer = erase(client, transcript, typed=typed)
    assert answer.status_code == 200
    assert "error" in answer.content.decode()
    assert Transcript.objects.filter(pk=transcript.pk).exists()


def test_the_page_says_in_numbers_what_goes_and_what_stays(client, study, owner, transcript):
    quoting = make_code(study, "Quoting", example="“With Quillon, in the spring”")
    link = f"See [that](/transcripts/{transcript.pk}/#at35-50)"
    memos.write(study, owner, link, True, code=quoting)
    lines = dict(client.get(reverse("coding:erase-transcript", args=[transcript.pk])).context["lines"])
    assert lines["Coded segments, of all coders"] == 1
    assert lines["Its revisions"] == 2
    assert lines["Memos on it, its passages and codings, of all authors"] == 2
    assert lines["The original file"] == 1
    page = client.get(reverse("coding:erase-transcript", args=[transcript.pk])).content.decode()
    assert "A memo that links into it" in page
    assert "A code whose example is from it" in page


def test_erasing_leaves_only_the_fact_and_the_numbers(
    client, study, owner, transcript, tmp_path, django_capture_on_commit_callbacks
):
    assert any(word in held(study) for word in SECRET)
    assert any(path.is_file() for path in tmp_path.rglob("*"))
    person = Respondent.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        answer = erase(client, transcript)
    assert "Erased for good" in answer.content.decode()
    for model in (Transcript, TextRevision, Speaker, Segment, CodedSegment):
        assert not model.objects.exists(), model
    assert [memo.text for memo in Memo.objects.all()] == ["Of the whole study"]
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    respondents.remove(person, owner)
    with django_capture_on_commit_callbacks(execute=True):
        erase(client, person)
    left = held(study)
    assert not [word for word in SECRET if word in left]
    assert not unlike_the_history(study)
    last = Event.objects.filter(action="erase-transcript").get()
    assert last.after["noted:erase-transcript"]["codedsegment"] == 1
    told = [strip_tags(item.sentence) for item in narrate.tell(narrate.newest(study))]
    assert any(line.startswith(f"erased a transcript for good: {transcript.words} words") for line in told), (
        told
    )
    assert "changed something that was erased for good since" in told


def test_every_page_of_the_study_opens_after_an_erasure(client, study, owner, transcript):
    erase(client, transcript)
    for name in ("coding:study", "coding:query", "coding:memos", "coding:codebook", "coding:trash"):
        page = client.get(reverse(name, args=[study.slug]))
        assert page.status_code == 200, name
        assert "quillon" not in page.content.decode().casefold(), name
    for name in ("interviews:history", "interviews:respondents", "interviews:import"):
        assert client.get(reverse(name, args=[study.slug])).status_code == 200, name
    frame = frame_of(study)
    assert cross_tabulate(study, frame, question_from(frame, _no_parameters())).coded == 0


def _no_parameters():
    from django.http import QueryDict

    return QueryDict()


def test_older_changes_of_what_was_erased_cannot_be_undone_and_say_why(study, owner, transcript):
    erasing.erase_transcript(transcript, owner)
    erased = [event for event in Event.objects.filter(study=study) if history.is_erased(event)]
    assert {event.action for event in erased} >= {"import-transcript", "apply", "edit-text", "write-memo"}
    for event in erased:
        with pytest.raises(history.Conflict, match=r"erased for good|undone already"):
            history.undo(event, owner)


def test_changes_of_other_things_can_still_be_undone(study, owner, coder, code, transcript):
    other = material.import_transcript(study, owner, "two.txt", b"INTERVIEWER: Why?\nPU: Because.\n")
    _apply(other, coder, code, 0, 5)
    event = study.events.latest("pk")
    erasing.erase_transcript(transcript, owner)
    history.undo(event, coder)
    assert not CodedSegment.objects.exists()


def test_what_is_shared_by_an_event_loses_only_what_was_erased(study, owner, transcript):
    other = Respondent.objects.create(study=study, pseudonym="Pu")
    person = Respondent.objects.get(pseudonym="Zebedee")
    images = history.images(other, person)
    event = history.record(study, owner, "import-respondents", other, after=images)
    respondents.remove(person, owner)
    erasing.erase_respondent(person, owner)
    event.refresh_from_db()
    assert event.after == {
        f"respondent:{other.pk}": images[f"respondent:{other.pk}"],
        history.ERASED: {"n": 1},
    }


def test_a_staged_copy_of_the_file_goes_too(study, owner, transcript):
    upload = staging.stage(study, owner, "again.txt", TALK.encode())
    assert Upload.objects.filter(pk=upload.pk, problem="").exists()
    erasing.erase_transcript(transcript, owner)
    assert not Upload.objects.exists()


def test_a_file_that_came_again_stays_for_its_transcript(
    study, owner, transcript, django_capture_on_commit_callbacks
):
    again = material.import_transcript(study, owner, "again.txt", TALK.encode())
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase_transcript(transcript, owner)
    with again.original.open("rb") as file:
        assert file.read() == TALK.encode()


def test_a_respondent_goes_with_their_own_transcripts(client, study, owner, transcript):
    person = Respondent.objects.get()
    respondents.remove(person, owner)
    page = client.get(reverse("coding:erase-respondent", args=[person.pk]))
    assert page.context["chosen"] == [(transcript, True)]
    erase(client, person, transcripts=[transcript.pk])
    assert not Respondent.objects.exists()
    assert not Transcript.objects.exists()


def test_a_respondent_of_a_group_goes_and_the_others_words_stay(client, study, owner, coder, code):
    talk = b"INTERVIEWER: Why?\nANNA: Because we wanted to.\nBO: Because of work.\n"
    made = material.import_transcript(study, owner, "group.txt", talk)
    anna = respondents.find_or_create(study, "Anna", owner)
    bo = respondents.find_or_create(study, "Bo", owner)
    assign(made, {"ANNA": anna, "BO": bo}, owner)
    _apply(made, coder, code, 20, 30)
    assert CodedSegment.objects.get().respondent == anna
    respondents.remove(anna, owner)
    page = client.get(reverse("coding:erase-respondent", args=[anna.pk]))
    assert page.context["contents"].shared == [made]
    erase(client, anna, transcripts=[made.pk])  # not hers alone: refused
    assert Respondent.objects.filter(pk=anna.pk).exists()
    erase(client, anna)
    assert list(Respondent.objects.all()) == [bo]
    assert CodedSegment.objects.get().respondent is None
    assert Transcript.objects.get().speakers.get(label="ANNA").respondent is None
    assert not unlike_the_history(study)


def test_a_removed_respondent_comes_back_and_counts_again(client, study, owner, transcript):
    material.restore(transcript, owner)
    person = Respondent.objects.get()
    client.post(reverse("interviews:remove-respondent", args=[person.pk]))
    assert not frame_of(study).people
    client.post(reverse("interviews:restore-respondent", args=[person.pk]))
    assert list(frame_of(study).people) == [person.pk]
    assert [*study.events.order_by("pk").values_list("action", flat=True)][-2:] == [
        "remove-respondent",
        "restore-respondent",
    ]


def test_a_respondent_whose_name_is_taken_is_not_restored(client, study, owner, transcript):
    person = Respondent.objects.get()
    respondents.remove(person, owner)
    Respondent.objects.create(study=study, pseudonym=person.pseudonym)
    answer = client.post(reverse("interviews:restore-respondent", args=[person.pk]), follow=True)
    assert "Give that one another pseudonym first" in answer.content.decode()
    person.refresh_from_db()
    assert person.removed_at


def test_the_command_lists_and_erases_only_what_is_overdue(study, owner, transcript, capsys):
    call_command("empty_trash", "--erase")
    assert Transcript.objects.filter(pk=transcript.pk).exists()
    Transcript.objects.filter(pk=transcript.pk).update(removed_at=timezone.now() - timedelta(days=31))
    call_command("empty_trash")
    said = capsys.readouterr().out
    assert f"transcript {transcript.pk}, removed" in said
    assert "To erase: 1" in said
    assert transcript.title not in said
    assert Transcript.objects.filter(pk=transcript.pk).exists()
    call_command("empty_trash", "--erase", "--study", study.slug)
    assert not Transcript.objects.exists()


def test_results_that_were_asked_of_somebody_tell_the_name_no_more(client, owner, study):
    person = make_respondent(study, "Zebedee")
    other = make_respondent(study, "Anna")
    talk = make_transcript(study, respondent=person)
    make_coded_segment(talk, respondent=person)
    make_transcript(study, respondent=other)
    client.force_login(owner)
    address = f"show=passages&respondent={person.pk}&respondent={other.pk}"
    kept = results.keep(study, owner, "Kept", "retrieval", address, freeze=True)
    assert "Zebedee" in str(kept.frozen)
    client.get(reverse("coding:export-coded-segments", args=[study.slug]), {"respondent": person.pk})
    material.remove(talk, owner)
    respondents.remove(person, owner)
    erasing.erase_respondent(
        Respondent.objects.get(pk=person.pk), owner, [Transcript.objects.get(pk=talk.pk)]
    )
    kept.refresh_from_db()
    assert "Zebedee" not in str(kept.frozen)
    assert "Anna" in str(kept.frozen)
    assert not [event for event in study.events.values_list("before", "after") if "Zebedee" in str(event)]
    page = client.get(reverse("coding:result", args=[kept.pk]))
    assert page.status_code == 200
    assert "Zebedee" not in page.content.decode()


AGED = """
from interviews.models import Transcript
from interviews import material
transcript = Transcript.objects.get(filename__startswith="RET04")
material.remove(transcript, None)
Transcript.objects.filter(pk=transcript.pk).update(removed_at="2026-01-01T00:00Z")
"""


def test_after_a_vacuum_no_file_holds_a_word_of_what_was_erased(tmp_path, settings):
    words = "called Paper Crane Learning. We make English"
    env = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")}

    def manage(*command):
        call = [sys.executable, "manage.py", *command]
        env["PASSAGES_DATA"] = str(tmp_path)
        done = subprocess.run(call, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def holding():
        paths = [path for path in tmp_path.rglob("*") if path.is_file()]
        return [path.name for path in paths if words.encode() in path.read_bytes()]

    manage("migrate", "--verbosity", "0")
    manage("load_demo", "--verbosity", "0")
    manage("shell", "-c", AGED)
    assert holding()
    assert "Erased: 1." in manage("empty_trash", "--erase", "--vacuum")
    assert holding() == []


def test_readers_do_not_see_the_trash(client, study, transcript):
    client.force_login(make_reader(study))
    assert client.get(reverse("coding:trash", args=[study.slug])).status_code == 403
    client.force_login(make_member(make_study()))
    assert client.get(reverse("coding:trash", args=[study.slug])).status_code == 404
