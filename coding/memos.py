"""Memos: writing them, finding them, and what is linked in them."""

import re
from dataclasses import dataclass
from unicodedata import normalize

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from interviews import history
from interviews.history import images, record
from interviews.turns import count_words, lang_of

from . import changes, markdown
from .attribution import Speech
from .changes import Refused
from .models import CodedSegment, Memo, Segment

LONGEST = 30_000  # characters of a memo
FOLDED_FROM = 1_500  # characters, or
FOLDED_LINES = 14


@transaction.atomic
def write(
    study,
    author,
    text,
    shared,
    *,
    transcript=None,
    span=None,
    revision=None,
    coded_segment=None,
    code=None,
    change=None,
):
    """Write a memo on one thing, or on the study; returns it. ``change`` is the UUID by which it can be undone.

    ``span`` is ``(start, end)`` in the transcript of this ``revision``: the memo is on that segment, made if need be.
    Raises changes.Refused where the words or the coding are not there (any more).
    """
    segment, made = None, False
    if span:
        segment, made = changes.passage(transcript.pk, author, revision, *span)
    if coded_segment and not _stays(coded_segment):
        raise Refused(_("This coding was withdrawn meanwhile."))
    now = timezone.now()
    memo = Memo.objects.create(
        created_at=now,
        changed_at=now,
        study=study,
        author=author,
        text=text,
        shared=shared,
        transcript=None if segment else transcript,
        segment=segment,
        coded_segment=coded_segment,
        code=code,
    )
    after = images(memo, segment) if made else images(memo)
    record(study, author, "write-memo", memo, after=after, transcript=_transcript_of(memo), change=change)
    return memo


def keep_comments(transcript, comments, actor):
    """Memos of the comments in an imported file's margin, on the words they stood at; images of what was made."""
    found = {}
    speech = Speech(
        transcript, transcript.turns
    )  # nothing of what may yet be rolled back belongs in the cache
    for comment in comments:
        segment = _commented(transcript, comment, speech)
        words = comment["text"][: LONGEST - 200] or "…"
        by = _("Comment in the file, by %(who)s") % {"who": comment["author"][:100] or _("somebody")}
        memo = Memo.objects.create(
            study=transcript.study,
            author=actor,
            text=f"{words}\n\n_{by}_",
            transcript=None if segment else transcript,
            segment=segment,
        )
        found |= images(memo, segment) if segment else images(memo)
    return found


def _commented(transcript, comment, speech):
    """The segment of a comment's words, or of the turn in which it stands; None where it stands in none."""
    start, end = comment["start"], comment["end"]
    words = transcript.text[start:end]
    start, end = start + len(words) - len(words.lstrip()), start + len(words.rstrip())
    if start >= end:
        turns = [turn for turn in transcript.turns if turn["start"] <= comment["start"] <= turn["end"]]
        if comment["end"] == 0 or not turns or turns[0]["said"] >= turns[0]["end"]:
            return None
        start, end = turns[0]["said"], turns[0]["end"]
    quote = transcript.text[start:end]
    about = {"quote": quote, "words": count_words(quote), "respondent_id": speech.respondent_at(start, end)}
    return Segment.objects.get_or_create(transcript=transcript, start=start, end=end, defaults=about)[0]


def _stays(coded_segment):
    """Lock a coding, so that it is not withdrawn before the memo is on it; whether it is there."""
    return CodedSegment.objects.select_for_update(of=("self",)).filter(pk=coded_segment.pk).exists()


def _transcript_of(memo):
    if memo.coded_segment:
        return memo.coded_segment.content_object.transcript
    return memo.segment.transcript if memo.segment else memo.transcript


@transaction.atomic
def edit(memo, text, shared, change=None):
    """Change one's memo; whether anything is other now. That it is one's own, the caller has checked."""
    memo = _locked(memo)
    before = images(memo)
    memo.text, memo.shared = text, shared
    if images(memo) == before:
        return False
    memo.changed_at = timezone.now()
    memo.save(update_fields=["text", "shared", "changed_at"])
    record(
        memo.study,
        memo.author,
        "edit-memo",
        memo,
        before=before,
        after=images(memo),
        transcript=_transcript_of(memo),
        change=change,
    )
    return True


@transaction.atomic
def delete(memo, change=None):
    """Delete one's memo; the history keeps it."""
    memo = _locked(memo)
    transcript, before, key = _transcript_of(memo), images(memo), f"memo:{memo.pk}"
    memo.delete()
    record(memo.study, memo.author, "delete-memo", key, before=before, transcript=transcript, change=change)


def _locked(memo):
    return Memo.objects.select_for_update(of=("self",)).select_related("study", "author").get(pk=memo.pk)


def containing(memos, asked):
    """Memos whose text contains this, whatever its case and width."""
    wanted = folded(asked)
    texts = memos.order_by().values_list("pk", "text")
    return memos.filter(pk__in=[pk for pk, text in texts if wanted in folded(text)])


def folded(text):
    return normalize("NFKC", text).casefold()


def linking_to_code(memos, code_id):
    """Memos with a link to a code."""
    candidates = memos.filter(text__contains=f"code={code_id}").order_by().values_list("pk", "text")
    return memos.filter(pk__in=[pk for pk, text in candidates if code_id in markdown.links(text)[0]])


def about_code(memos, code_id):
    """Memos on a code, on its coded segments, or with a link to it."""
    linking = linking_to_code(memos, code_id).order_by().values("pk")
    return memos.filter(Q(code=code_id) | Q(coded_segment__tag=code_id) | Q(pk__in=linking))


def links_into(memos, transcript_id):
    """``{memo id: {(start, end), ...}}`` of memos with links to passages of a transcript."""
    candidates = memos.filter(text__contains=f"/{transcript_id}/#at").order_by().values_list("pk", "text")
    found = {
        pk: {(start, end) for found, start, end in markdown.links(text)[1] if found == transcript_id}
        for pk, text in candidates
    }
    return {pk: ranges for pk, ranges in found.items() if ranges}


def by_coding(memos, transcript):
    """How many memos a transcript has, and those beside its codings: ``{coding id: [memo, ...]}``.

    Beside a coding are memos on it, on its words, or with a link to its words. ``memos`` are all that may be read of
    the study, ``with_targets``.
    """
    here = list(memos.of_transcript(transcript))
    links = links_into(memos, transcript.pk)
    linking = memos.filter(pk__in=links)
    at = {}
    for memo in here:
        if memo.kind == "segment":
            at.setdefault((memo.on_start, memo.on_end), []).append(memo)
    for memo in linking:
        for span in links[memo.pk]:
            at.setdefault(span, []).append(memo)
    found = {}
    for memo in here:
        if memo.coded_segment_id:
            found.setdefault(memo.coded_segment_id, {})[memo.pk] = memo
    for pk, start, end in _codings_at(transcript, at):
        for memo in at.get((start, end), ()):
            found.setdefault(pk, {})[memo.pk] = memo
    return len(here), {pk: list(beside.values()) for pk, beside in found.items()}


def _codings_at(transcript, spans):
    return CodedSegment.objects.filter(
        content_object__transcript=transcript, content_object__start__in={start for start, _end in spans}
    ).values_list("pk", "content_object__start", "content_object__end")


@dataclass
class Shown:
    """A memo as a page shows it: its text as HTML, how its code looks, and what language the words are in."""

    memo: Memo
    html: str
    look: str
    lang: str
    words_lang: str
    is_mine: bool
    is_long: bool


def shown(memos, looks, user):
    """Memos (``with_targets``) ready for a template; ``looks`` as from colours.looks."""
    return [
        Shown(
            memo,
            markdown.render(memo.text),
            looks.get(memo.on_code, ""),
            lang_of(memo.text),
            lang_of(memo.on_words or ""),
            memo.author_id == user.pk,
            len(memo.text) > FOLDED_FROM or memo.text.count("\n") >= FOLDED_LINES,
        )
        for memo in memos
    ]


def gist(text):
    """The first words of a memo, on one line and without Markdown's signs."""
    words = re.sub(r"\]\([^)]*\)|[*_`#>\[\]\\~]", "", text[:400])
    return " ".join(words.split())[:120]


for _action in ("write-memo", "edit-memo", "delete-memo"):
    history.undoable_own[_action] = "code"
