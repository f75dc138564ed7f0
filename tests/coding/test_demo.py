import csv

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from coding.demo import load_demo
from coding.models import CodedSegment
from interviews.models import Event, Speaker, Study
from tests.factories import make_study

EXPECTED = settings.BASE_DIR / "tests" / "expected" / "crosstab_by_respondent_type.csv"


@pytest.fixture
def demo(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return load_demo()


def test_the_demo_has_its_material_codes_and_coded_segments(demo):
    assert (demo.transcripts.count(), demo.respondents.count(), demo.codes.count()) == (12, 12, 37)
    assert demo.codes.filter(parent=None).count() == 7
    assert CodedSegment.objects.of_study(demo).count() == 251
    rows = CodedSegment.objects.of_study(demo)
    assert rows.filter(coder__username="coder_a").count() == 124
    assert rows.filter(coder__username="coder_b").count() == 127


def test_the_quotes_of_the_demo_are_the_words_at_their_places(demo):
    for row in CodedSegment.objects.of_study(demo).select_related("content_object__transcript"):
        segment = row.content_object
        assert segment.quote == segment.transcript.text[segment.start : segment.end] != ""


def test_the_demos_own_counts_are_those_expected(demo):
    with EXPECTED.open(encoding="utf-8") as file:
        expected = [row for row in csv.DictReader(file) if row["level"] == "own"]

    assert len(expected) == 37 * 3
    for row in expected:
        found = CodedSegment.objects.filter(
            tag__study=demo,
            tag__name=row["code"],
            respondent__respondent_type__key=row["respondent_type"],
        )
        counts = (
            found.count(),
            found.filter(coder__username="coder_a").count(),
            found.filter(coder__username="coder_b").count(),
            found.values("content_object__transcript").distinct().count(),
        )
        names = ("segments", "segments_coder_a", "segments_coder_b", "transcripts")
        assert counts == tuple(int(row[name]) for name in names), row


def test_the_demos_members_have_roles_and_no_passwords(demo):
    users = {user.username: user for user in get_user_model().objects.all()}

    assert dict(demo.memberships.values_list("user__username", "role")) == {
        "lead": "owner",
        "coder_a": "coder",
        "coder_b": "coder",
        "reader": "reader",
    }
    assert not any(user.has_usable_password() for user in users.values())
    assert [name for name, user in users.items() if user.is_staff] == ["lead"]


def test_every_label_of_the_demo_is_mapped(demo):
    assert not Speaker.objects.filter(respondent=None, is_interviewer=False).exists()
    chinese = Speaker.objects.get(label="国伟")
    assert chinese.respondent.pseudonym == "Guowei"
    assert Speaker.objects.get(label="访谈者").is_interviewer


def test_the_demo_is_in_the_history_step_by_step(demo):
    actions = set(Event.objects.filter(study=demo).values_list("action", flat=True))

    assert {"create-study", "import-transcript", "import-codebook", "import-coded-segments"} <= actions


def test_the_command_loads_the_demo_once(db, settings, tmp_path, capsys):
    settings.MEDIA_ROOT = tmp_path
    call_command("load_demo", "--if-empty")
    call_command("load_demo", "--if-empty")

    assert Study.objects.get().slug == "return-migration-of-engineers"
    assert capsys.readouterr().out.count("Loaded") == 1


def test_the_command_leaves_a_database_with_studies_alone(db):
    study = make_study()

    call_command("load_demo", "--if-empty")

    assert Study.objects.get() == study
