"""Erasing for good, when somebody withdraws their consent: what was said, what was found in it, and what the history
holds of both. Afterwards only the fact and the numbers remain.

This is the one exception to the rule that nothing is deleted. It takes an owner, it takes what lies in the trash
already, and it is one transaction.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.cache import cache, caches
from django.db import models, transaction
from django.db.models import Count, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from interviews import history
from interviews.locks import own_text
from interviews.models import Event, Respondent, Study, Transcript, Upload

from . import memos
from .models import Code, Memo, Result

KEPT_FOR = timedelta(days=30)
_PART = 500  # keys in one question


class Refused(Exception):
    """Why something cannot be erased, for the person who wants to."""


@dataclass
class Contents:
    """What goes with a transcript or respondent, as numbers, and what stays and may hold words of it."""

    words: int = 0
    rows: dict = field(default_factory=dict)  # by the names of the models
    original: bool = False
    events: int = 0
    linking_memos: list = field(default_factory=list)
    quoting_codes: list = field(default_factory=list)
    alone: list = field(default_factory=list)  # of a respondent: transcripts in which nobody else is asked
    shared: list = field(default_factory=list)

    def about(self):
        """What remains of it in the history."""
        return {"words": self.words, "files": int(self.original), **self.rows}


# What lies in the trash


def in_trash(study):
    """``(transcripts, respondents)`` that were removed, the last first, each with ``n_coded_segments``."""
    removed = {"removed_at": None}
    transcripts = study.transcripts.exclude(**removed).without_text()
    people = study.respondents.exclude(**removed).annotate(n_coded_segments=Count("coded_segments"))
    return (
        list(
            transcripts.annotate(n_coded_segments=Count("segments__coded_segments")).order_by("-removed_at")
        ),
        list(people.order_by("-removed_at")),
    )


def days_left(row, now=None):
    """For how many days a row in the trash is promised to stay; 0 where the time is over."""
    left = row.removed_at + KEPT_FOR - (now or timezone.now())
    return max(0, -(-left // timedelta(days=1)))


# What goes


def contents_of_transcript(transcript):
    found = _with_all_that_refers(Transcript, [transcript.pk])
    return Contents(
        words=transcript.words,
        rows=_numbers(found),
        original=bool(transcript.original),
        events=_events(transcript.study_id, found, transcript),
        linking_memos=_linking(transcript, found),
        quoting_codes=_quoting(transcript),
    )


def contents_of_respondent(person):
    contents = Contents(rows={"respondent": 1, "codedsegment": person.coded_segments.count()})
    contents.events = _events(person.study_id, {Respondent: {person.pk}})
    for transcript in _spoken_in(person):
        others = transcript.speakers.exclude(respondent=None).exclude(respondent=person)
        is_alone = not others.exists() and transcript.respondent_id in (None, person.pk)
        (contents.alone if is_alone else contents.shared).append(transcript)
    return contents


def _spoken_in(person):
    spoken = Q(respondent=person) | Q(speakers__respondent=person)
    return Transcript.objects.filter(spoken, study=person.study_id).without_text().distinct()


def _numbers(found):
    """How many rows there are of each model, by its name."""
    return {model._meta.model_name: len(pks) for model, pks in found.items()}


def _events(study_id, found, transcript=None):
    keys = _keys(found)
    events = Event.objects.filter(study=study_id).values_list("transcript_id", "before", "after")
    return sum(
        (transcript is not None and its == transcript.pk)
        or not keys.isdisjoint(before)
        or not keys.isdisjoint(after)
        for its, before, after in events.iterator(chunk_size=500)
    )


def _keys(found):
    return {f"{model._meta.model_name}:{pk}" for model, pks in found.items() for pk in pks}


def _linking(transcript, found):
    """Shared memos that stay and link into the transcript: they may quote it."""
    readable = Memo.objects.filter(study=transcript.study_id, shared=True)
    linking = memos.links_into(readable, transcript.pk).keys() - found.get(Memo, set())
    return list(Memo.objects.filter(pk__in=linking))


def _quoting(transcript):
    """Codes whose example stands in the text."""
    text = " ".join(transcript.text.split())
    codes = Code.objects.filter(study=transcript.study_id).exclude(example="")
    return [code for code in codes if " ".join(code.example.split()).strip("“”\"' ") in text]


def _with_all_that_refers(model, pks):
    """``{model: primary keys}`` of rows and of all that belongs to them, however far away."""
    found = defaultdict(set)
    found[model].update(pks)
    todo = [(model, list(pks))]
    while todo:
        of_model, parts = todo.pop()
        for relation in _referring(of_model):
            if relation.on_delete is models.SET_NULL:
                continue
            rows = relation.related_model._base_manager
            new = set()
            for first in range(0, len(parts), _PART):
                wanted = {f"{relation.field.name}__in": parts[first : first + _PART]}
                new.update(rows.filter(**wanted).order_by().values_list("pk", flat=True))
            new -= found[relation.related_model]
            if new:
                found[relation.related_model] |= new
                todo.append((relation.related_model, list(new)))
    return {each: keys for each, keys in found.items() if keys}


def _referring(model):
    return [
        each
        for each in model._meta.get_fields(include_hidden=True)
        if each.auto_created and not each.concrete and (each.one_to_many or each.one_to_one)
    ]


# Erasing


@transaction.atomic
def erase_transcript(transcript, actor):
    """Erase a transcript in the trash: text, revisions, original, segments, codings, memos. Raises Refused."""
    _lock(transcript.study_id)
    own_text(transcript.pk)
    transcript = _in_trash(Transcript, transcript)
    found = _with_all_that_refers(Transcript, [transcript.pk])
    about = Contents(transcript.words, _numbers(found), bool(transcript.original)).about()
    _erase(transcript.study_id, found, transcript)
    _forget_files(transcript)
    return _note(transcript.study_id, actor, "erase-transcript", transcript, about)


@transaction.atomic
def erase_respondent(person, actor, transcripts=()):
    """Erase a respondent in the trash, and these transcripts of theirs; elsewhere nobody says whose words they are.

    Raises Refused.
    """
    _lock(person.study_id)
    person = _in_trash(Respondent, person)
    for transcript in transcripts:
        if transcript.removed_at is None:
            Transcript.objects.filter(pk=transcript.pk).update(removed_at=timezone.now())
        erase_transcript(transcript, actor)
    about = {"respondent": 1, "codedsegment": person.coded_segments.count()}
    before, after = _let_go(person)
    _unname_in_results(person)
    _erase(person.study_id, _with_all_that_refers(Respondent, [person.pk]))
    return _note(person.study_id, actor, "erase-respondent", person, about, before, after)


def _let_go(person):
    """Have nothing refer to a respondent; images before and after, which hold numbers only."""
    before, after = {}, {}
    for relation in _referring(Respondent):
        name = relation.field.name
        if relation.field.null:
            rows = relation.related_model._base_manager.filter(**{name: person.pk})
            if relation.related_model._meta.model_name in history.TRACKED:
                for pk in rows.order_by().values_list("pk", flat=True):
                    key = f"{relation.related_model._meta.model_name}:{pk}"
                    before[key], after[key] = {f"{name}_id": person.pk}, {f"{name}_id": None}
            rows.update(**{name: None})
    return before, after


def _unname_in_results(person):
    """Have frozen results that were asked of a respondent by name tell the name no more."""
    for result in Result.objects.filter(study=person.study_id).exclude(frozen=None):
        if str(person.pk) in QueryDict(result.address).getlist("respondent"):
            gone, told = _("somebody who was erased"), result.frozen
            told["title"] = told["title"].replace(person.pseudonym, gone)
            told["statement"] = [
                [head, words.replace(person.pseudonym, gone)] for head, words in told["statement"]
            ]
            result.save(update_fields=["frozen"])


def _lock(study_id):
    Study.objects.select_for_update(no_key=True).get(pk=study_id)


def _in_trash(model, row):
    found = model.objects.select_for_update(of=("self",)).filter(pk=row.pk).exclude(removed_at=None).first()
    if found is None:
        raise Refused(_("This is not in the trash any more. Nothing was erased."))
    return found


def _erase(study_id, found, transcript=None):
    history.overwrite_deleted()
    history.forget(study_id, _keys(found), transcript)
    for model, pks in found.items():
        pks = list(pks)
        for first in range(0, len(pks), _PART):
            _delete(model, pks[first : first + _PART])
    transaction.on_commit(cache.clear)
    transaction.on_commit(caches["texts"].clear)


def _delete(model, pks):
    """Delete rows past their models' PROTECT rules: all that refers to them goes in the same transaction."""
    for relation in _referring(model):
        if relation.on_delete is models.SET_NULL:
            rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": pks})
            rows.update(**{relation.field.name: None})
    rows = model._base_manager.filter(pk__in=pks).order_by()
    rows._raw_delete(rows.db)


def _forget_files(transcript):
    """The original file, unless another transcript came from the same one, and copies that wait to be imported."""
    same = Transcript.objects.filter(study=transcript.study_id, original=transcript.original.name)
    doomed = [transcript.original] if transcript.original and not same.exists() else []
    if transcript.sha256:
        waiting = Upload.objects.filter(study=transcript.study_id, sha256=transcript.sha256)
        doomed += [upload.file for upload in waiting if upload.file]
        waiting.delete()
    for file in doomed:
        transaction.on_commit(lambda storage=file.storage, name=file.name: storage.delete(name))


def _note(study_id, actor, action, row, about, before=None, after=None):
    after = {f"{history.NOTED}:{action}": about, **(after or {})}
    return history.record(study_id, actor, action, history.key_of(row), before=before, after=after)


def overdue(study, days):
    """``(transcripts, respondents)`` that have been in the trash for longer."""
    since = timezone.now() - timedelta(days=days)
    return tuple([row for row in rows if row.removed_at <= since] for rows in in_trash(study))
