"""Comments in the margin of an imported Word file are memos."""

import pytest
from django.urls import reverse

from coding.models import Memo
from interviews.material import import_transcript
from interviews.models import Transcript
from tests.factories import make_lead, make_study
from tests.interviews.test_importers import COMMENTED, COMMENTS, make_docx, paragraph

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return make_study()


@pytest.fixture
def commented():
    return make_docx(paragraph("I: so") + COMMENTED, COMMENTS)


def test_a_comment_is_a_memo_on_its_words_by_who_imports(study, commented):
    lead = make_lead(study)
    transcript = import_transcript(study, lead, "a.docx", commented)
    memo = Memo.objects.get()
    assert memo.text.startswith("ask again")
    assert "Qin" in memo.text
    assert (memo.author, memo.segment.transcript, memo.segment.quote) == (lead, transcript, "𬭎 yes")
    assert memo.segment.respondent == transcript.respondent
    assert f"memo:{memo.pk}" in study.events.get().after


def test_the_import_page_says_so_and_keeps_them(client, study, commented):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.force_login(make_lead(study))
    page = reverse("interviews:import", args=[study.slug])
    client.post(
        reverse("interviews:upload", args=[study.slug]), {"file": SimpleUploadedFile("a.docx", commented)}
    )
    assert "Comments in the margin become memos: 1." in client.get(page).content.decode()
    client.post(page, {"do": "import"})
    assert Memo.objects.get().segment.transcript == Transcript.objects.get()


@pytest.mark.parametrize(
    ("start", "end", "quote"), [(0, 0, None), (9, 9, "yes we did"), (3, 5, "yes we did")]
)
def test_a_comment_on_no_words_is_on_its_turn_or_on_the_transcript(study, start, end, quote):
    from coding.memos import keep_comments
    from tests.factories import make_transcript

    transcript = make_transcript(study, "R:   yes we did\n")
    keep_comments(transcript, [{"start": start, "end": end, "author": "", "text": "why"}], make_lead(study))
    memo = Memo.objects.get()
    assert (memo.segment.quote if memo.segment else None) == quote
    assert (memo.transcript is None) == (quote is not None)
