"""Replacing names by pseudonyms over a whole study, in one change that can be taken back as one.

Texts get a new revision, and codings stay on their words. Whatever else holds a name is replaced alike: titles, file
names, labels, respondents, memos, codes, and what the history holds of these. What was replaced is sealed with the
study's key (keyring.py) and stands nowhere else in clear but in the older revisions and the original files, which are
sealed: only owners see them, until they destroy them.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from django.apps import apps
from django.core.cache import cache, caches
from django.db import IntegrityError, models, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from . import editing, history, keyring
from .anchors import NEEDS_EYES, through
from .locks import own_text
from .models import (
    Event,
    Mention,
    NamesKey,
    SealedNames,
    Speaker,
    Study,
    TextRevision,
    Transcript,
    Upload,
    free_slug,
)
from .names import ReplacedMap, Rule, Rules, Span, identifiers
from .turns import is_answerer_label, is_interviewer_label

AROUND = 40
MOST_SHOWN = 5
_SKIPPED = {Event, Mention, NamesKey, SealedNames, Upload, Speaker}
_NO_NAMES = {"turns", "marks", "sha256", "original", "colour", "language", "digest"}
_GOES_ALONG = {
    "transcript": {"text"},
    "textrevision": {"text"},
    "segment": {"quote"},
}  # with the revisions of texts
_SLUGS = {"slug": "-", "key": "_"}  # fields made of names, and what stands for a space there


class Refused(Exception):
    """Why names cannot be replaced, for the person who wants to."""


class Wrong(Refused):
    """The passphrase does not open the key."""


# Finding


class Place(NamedTuple):
    """An occurrence with the words around it; ``key`` names it in forms."""

    key: str
    title: str
    before: str
    words: str
    after: str


@dataclass
class Candidate:
    """Something that may be replaced: how often it stands in the texts, and where it was found out."""

    words: str
    kind: str
    number: int = 0
    transcripts: set = field(default_factory=set)
    places: list = field(default_factory=list)


def candidates(study, terms=()):
    """What may have to be replaced: names known from respondents and labels, ``terms``, and identifiers."""
    found = {}
    for kind, names in (("term", terms), ("respondent", _respondents(study)), ("label", _labels(study))):
        for name in names:
            if name.strip():
                found.setdefault(name.casefold(), Candidate(name.strip(), kind))
    names = list(found.values())
    rules = Rules([Rule(each.words, each.words) for each in names])
    for pk, title, text in _texts(study):
        for span in rules.spans(text):
            _count(names[span.rule], pk, title, text, span.start, span.end)
        for each in identifiers(text):
            words = text[each.start : each.end]
            candidate = found.setdefault(f"{each.kind} {words}", Candidate(words, each.kind))
            _count(candidate, pk, title, text, each.start, each.end)
    kinds = ["term", "respondent", "label"]
    return sorted(found.values(), key=lambda c: (kinds.index(c.kind) if c.kind in kinds else 9, c.kind))


def _respondents(study):
    return study.respondents.order_by("pseudonym").values_list("pseudonym", flat=True)


def _labels(study):
    labels = Speaker.objects.filter(transcript__study=study).order_by("label")
    return [
        label
        for label in labels.values_list("label", flat=True).distinct()
        if not is_interviewer_label(label) and not is_answerer_label(label)
    ]


def _texts(study):
    rows = Transcript.objects.filter(study=study).order_by("title", "pk")
    return rows.values_list("pk", "title", "text").iterator(chunk_size=20)


def _count(candidate, pk, title, text, start, end):
    candidate.number += 1
    candidate.transcripts.add(pk)
    if len(candidate.places) < MOST_SHOWN:
        candidate.places.append(_place(pk, title, text, start, end))


def _place(pk, title, text, start, end):
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Place(f"{pk}.{start}", title, before, text[start:end], after)


# Looking ahead


@dataclass
class Foreseen:
    """What rules would do: per rule its spellings with numbers and its places; rows elsewhere, by model."""

    spellings: list = field(default_factory=list)  # per rule: {spelling: (number, pseudonym)}
    places: list = field(default_factory=list)  # per rule: the first places
    elsewhere: list = field(default_factory=list)  # [(model, number, [(before, after)])]
    number: int = 0
    transcripts: int = 0
    events: int = 0
    staged: int = 0
    address: str = ""  # of the study, where it changes
    state: str = ""


def foresee(study, given, reader):
    """What replacing would do; what private memos of others than the ``reader`` say is not shown."""
    rules = Rules(given)
    ahead = Foreseen([{} for _rule in given], [[] for _rule in given], state=state_of(study))
    for pk, title, text in _texts(study):
        spans = rules.spans(text)
        ahead.number += len(spans)
        ahead.transcripts += bool(spans)
        for span in spans:
            words = text[span.start : span.end]
            known = ahead.spellings[span.rule]
            known[words] = (known.get(words, (0,))[0] + 1, span.words)
            if len(ahead.places[span.rule]) < 200:
                ahead.places[span.rule].append(_place(pk, title, text, span.start, span.end))
    for model, changes in _rows(study, rules).items():
        if model is Study:
            ahead.address = next((after for _row, each, _was, after in changes if each.name == "slug"), "")
        samples = [
            (before, after) for row, _name, before, after in changes if _may_show(row, reader) and before
        ]
        numbers = len({row.pk for row, *_rest in changes})
        ahead.elsewhere.append((model, numbers, [tuple(map(_short, each)) for each in samples[:MOST_SHOWN]]))
    ahead.events = sum(1 for _event in _events(study, rules, set(_models())))
    ahead.staged = Upload.objects.filter(study=study).count()
    return ahead


def standing(study, rules):
    """The numbers of the rules whose names stand in the texts."""
    return {span.rule for _pk, _title, text in _texts(study) for span in rules.spans(text)}


def _may_show(row, reader):
    return getattr(row, "shared", True) or getattr(row, "author_id", None) == reader.pk


def _short(value):
    text = value if isinstance(value, str) else ", ".join(_strings(value))
    return text if len(text) < 120 else f"{text[:119]}…"


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def state_of(study):
    """Changes when a text of the study is edited, added or removed for good."""
    rows = Transcript.objects.filter(study=study).order_by("pk").values_list("pk", "revision")
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


# Everything that is not text


def _models():
    """``{model: path to its study}`` of the rows that may hold names."""
    found = {}
    for model in apps.get_models():
        if model._meta.app_label not in ("interviews", "coding") or model in _SKIPPED or not _fields(model):
            continue
        path = _path_to_study(model)
        if path:
            found[model] = path
    return found


def _path_to_study(model, steps=3):
    """How a model's rows lead to their study, by the history or by the fewest references; None if they do not."""
    if spec := history.TRACKED.get(model._meta.model_name):
        return spec.study_path
    ways = [(model, "")]
    for _step in range(steps):
        further = []
        for at, path in ways:
            for each in at._meta.concrete_fields:
                if each.related_model is Study:
                    return f"{path}{each.name}"
                if each.related_model and each.related_model._meta.app_label in ("interviews", "coding"):
                    further.append((each.related_model, f"{path}{each.name}__"))
        ways = further
    return None


def _fields(model):
    held = (models.CharField, models.TextField, models.JSONField)
    left = _NO_NAMES | _GOES_ALONG.get(model._meta.model_name, set())
    return [
        each
        for each in model._meta.concrete_fields
        if isinstance(each, held) and not each.choices and not each.primary_key and each.name not in left
    ]


def _rows(study, rules):
    """What would change in rows: ``{model: [(row, field, before, after), ...]}``, models without changes left out."""
    found = defaultdict(list)
    for model, path in _models().items():
        fields = _fields(model)
        rows = model._base_manager.filter(**{path: study.pk}).order_by("pk")
        extra = [name for name in ("shared", "author") if _has(model, name)]
        for row in rows.only("pk", *(each.name for each in fields), *extra).iterator(chunk_size=500):
            for each in fields:
                before = getattr(row, each.attname)
                after = _instead(rules, each.attname, before)
                if model is Study and each.attname == "slug" and after != before:
                    after = free_slug(Study.objects.exclude(pk=study.pk), after, "study")
                if after != before:
                    found[model].append((row, each, before, after))
    return dict(found)


def _has(model, name):
    return name in {each.name for each in model._meta.concrete_fields}


def _instead(rules, name, value):
    """What a field is to hold: names are replaced in its words, and in what is made of words."""
    if name in _SLUGS and isinstance(value, str):
        return _slug(rules, value, _SLUGS[name])
    if name == "values" and isinstance(value, dict):  # of a respondent, by the keys of attributes
        return {_slug(rules, key, "_"): _applied(rules, each) for key, each in value.items()}
    if name == "address" and isinstance(value, str):
        return _address(rules, value)
    return _applied(rules, value)


def _slug(rules, slug, space):
    after = rules.apply(slug)
    return slug if after == slug else slugify(after, allow_unicode=True).replace("-", space) or "unnamed"


def _address(rules, address):
    """The parameters of a question, in which keys of types and attributes stand too."""
    params = QueryDict(address, mutable=True)
    for name, values in params.lists():
        if name == "where":
            pairs = (value.partition(":") for value in values)
            after = [f"{_slug(rules, key, '_')}{colon}{rules.apply(value)}" for key, colon, value in pairs]
        else:
            is_key = name in ("by", "across", "respondent_type", "attribute")
            after = [_slug(rules, value, "_") if is_key else rules.apply(value) for value in values]
        params.setlist(name, after)
    return address if params == QueryDict(address) else params.urlencode()


def _applied(rules, value):
    """A value with names replaced in all its strings; keys of dicts are not names."""
    if isinstance(value, str):
        return rules.apply(value)
    if isinstance(value, list):
        return [_applied(rules, each) for each in value]
    if isinstance(value, dict):
        return {key: _applied(rules, each) for key, each in value.items()}
    return value


def _events(study, rules, chosen):
    """The events whose images hold names, as ``(event, what it held, what it holds instead)``."""
    known = {model._meta.model_name: {each.attname for each in _fields(model)} for model in chosen}
    known["speaker"] = {"label"}
    rows = Event.objects.filter(study=study).only("before", "after", "reason").order_by("pk")
    for event in rows.iterator(chunk_size=200):
        held = {"before": event.before, "after": event.after, "reason": event.reason}
        instead = {
            "before": _images(rules, event.before, known),
            "after": _images(rules, event.after, known),
            "reason": rules.apply(event.reason),
        }
        if held != instead:
            yield event, held, instead


def _images(rules, images, known):
    found = {}
    for key, image in images.items():
        model = key.partition(":")[0]
        if model in history.TRACKED:
            fields = known.get(model, ())
            found[key] = {
                name: _instead(rules, name, value) if name in fields else value
                for name, value in image.items()
            }
        else:
            found[key] = _applied(rules, image)
    return found


# Replacing


@transaction.atomic
def replace(study, actor, given, *, skipped=(), left_out=(), state):
    """Replace names as the rules say. Returns the event. Raises Refused, and then nothing is changed.

    ``skipped`` are ``(transcript id, start)`` of names that stay; ``left_out`` are names of models whose rows stay as
    they are; ``state`` is ``state_of`` when it was looked at.
    """
    study, rules, sealer = _begin(study), Rules(given), _key_of(study)
    if state_of(study) != state:
        raise Refused(_("The texts were changed meanwhile. Look at the places again, then replace."))
    chosen = {model for model in _models() if model._meta.model_name not in left_out}
    kept = {"rules": [[rule.original, rule.pseudonym] for rule in given], "texts": {}}
    before, after = {}, {}
    transcripts = _owned(study)
    maps = {}
    for transcript in transcripts:
        places = {start for pk, start in skipped if pk == transcript.pk}
        spans = rules.spans(transcript.text, places)
        if spans:
            maps[transcript.pk] = ReplacedMap(transcript.text, spans)
    labels = _rename_speakers(maps, rules)
    for transcript in transcripts:
        if transcript.pk in maps:
            way = maps[transcript.pk]
            old, new = _make(transcript, way, rules.apply, actor, _("Names replaced"))
            before, after = before | old, after | new
            back = [[span.start, span.end, span.words] for span in way.back]
            kept["texts"][transcript.pk] = {"revision": transcript.revision, "back": back}
    changes = [change for model, found in _rows(study, rules).items() if model in chosen for change in found]
    kept["rows"] = [*labels, *(_write(*change) for change in changes)]
    kept["events"] = _write_events(study, rules, chosen)
    if not maps and not kept["rows"]:
        raise Refused(_("None of these names is found."))
    kept["sealed"] = _seal_older(maps)
    about = {"names": len(given), "places": sum(len(way.hunks) for way in maps.values()), "texts": len(maps)}
    noted = {f"{history.NOTED}:pseudonymise": about}
    event = history.record(study, actor, "pseudonymise", study, before=before, after=after | noted)
    SealedNames.objects.create(
        study=study, event=event, sealed=keyring.seal(sealer.public, kept, _about(study))
    )
    transaction.on_commit(_forget_caches)
    return event


def _begin(study):
    return Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def _key_of(study):
    key = NamesKey.objects.filter(study=study).first()
    if key is None:
        raise Refused(_("There is no key yet: an owner has to choose a passphrase first."))
    return key


def _about(study):
    return f"study {study.pk}"


def _owned(study):
    """All transcripts of a study, in the trash too, whose texts nobody else edits or codes until the end."""
    pks = list(Transcript.objects.filter(study=study).order_by("pk").values_list("pk", flat=True))
    for pk in pks:
        own_text(pk)
    return list(Transcript.objects.filter(pk__in=pks).select_related("study").order_by("pk"))


def _make(transcript, way, relabel, actor, reason):
    edit = editing.Edit(transcript, way.new)
    edit.map, edit.way_back = way, []
    edit.turns = [
        {
            **turn,
            "start": way.first(turn["start"]),
            "said": way.last(turn["said"]),
            "end": way.last(turn["end"]),
            "speaker": relabel(turn["speaker"]) if turn["speaker"] else turn["speaker"],
        }
        for turn in transcript.turns
    ]
    edit.marks = [
        {**mark, "start": way.first(mark["start"]), "end": way.last(mark["end"])} for mark in transcript.marks
    ]
    before, after, _receipt = editing.make(edit, actor, reason)
    return before, after


def _rename_speakers(maps, rules):
    """Labels go along with the text, whatever is chosen, as turns are known by them."""
    written = []
    for speaker in Speaker.objects.filter(transcript__in=list(maps)).order_by("pk"):
        label = rules.apply(speaker.label)
        if label != speaker.label:
            written.append(_write(speaker, Speaker._meta.get_field("label"), speaker.label, label))
    return written


def _write(row, each, before, after):
    """Write one field of a row; returns what it takes to write it back."""
    if each.max_length and isinstance(after, str) and len(after) > each.max_length:
        raise Refused(_("A pseudonym makes “%(field)s” too long.") % {"field": each.verbose_name})
    try:
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(**{each.attname: after})
    except IntegrityError:
        raise Refused(
            _("With these pseudonyms two of the %(rows)s would be called the same. Choose others.")
            % {"rows": row._meta.verbose_name_plural}
        ) from None
    return [row._meta.label_lower, str(row.pk), each.attname, before, after]


def _write_events(study, rules, chosen):
    """Take the names out of what the history holds: replaced there as in the rows, so that undoing still fits."""
    kept = []
    for event, held, instead in list(_events(study, rules, chosen)):
        Event.objects.filter(pk=event.pk).update(**instead)
        kept.append([event.pk, held, instead])
    return kept


def _seal_older(maps):
    """Seal the older revisions of texts that held names, and the files they came from."""
    now = timezone.now()
    present = models.F("transcript__revision")
    older = TextRevision.objects.filter(transcript__in=list(maps), sealed_at=None, number__lt=present)
    revisions = list(older.values_list("pk", flat=True))
    for start in range(0, len(revisions), 500):
        TextRevision.objects.filter(pk__in=revisions[start : start + 500]).update(sealed_at=now)
    originals = Transcript.objects.filter(pk__in=list(maps), original_sealed_at=None).exclude(original="")
    files = list(originals.values_list("pk", flat=True))
    Transcript.objects.filter(pk__in=files).update(original_sealed_at=now)
    return {"revisions": revisions, "originals": files}


def _forget_caches():
    cache.clear()
    caches["texts"].clear()


# The key


def set_passphrase(study, passphrase, *, old=None):
    """Make the study's key, or lock it by another passphrase. Raises Wrong."""
    with transaction.atomic():
        study = _begin(study)
        key = NamesKey.objects.filter(study=study).first()
        if key is None:
            NamesKey.objects.create(study=study, **keyring.make(passphrase, _about(study)))
            return
        try:
            key.locked = keyring.change(key.locked, old or "", passphrase, _about(study))
        except keyring.WrongPassphrase:
            raise Wrong(_("This is not the passphrase.")) from None
        key.save(update_fields=["locked"])


def unlocked(study, passphrase):
    """The key: ``[(original, pseudonym, when, entry)]``. Raises Wrong. The caller writes into the history who looked.

    ``entry`` names a line for ``erase_entry``.
    """
    batches = list(study.sealed_names.filter(undone=False).select_related("event"))
    opened = _unseal(study, passphrase, batches)
    return [
        (*names, batch.event.at, f"{batch.pk}.{number}")
        for batch, kept in zip(batches, opened, strict=True)
        for number, names in enumerate(kept["rules"])
        if names
    ]


@transaction.atomic
def erase_entry(study, entry, passphrase, actor):
    """Erase one line of the key for good: who it was is told no more, and not put back. Raises Wrong and Refused.

    Older revisions and originals that are sealed may still hold the name.
    """
    study, key = _begin(study), _key_of(study)
    pk, _dot, number = entry.partition(".")
    batches = study.sealed_names.select_for_update()
    batch = batches.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    kept = _unseal(study, passphrase, [batch] if batch else [])
    names = kept[0]["rules"] if kept else []
    if not number.isdecimal() or int(number) >= len(names) or not names[int(number)]:
        raise Refused(_("This entry of the key is erased already."))
    [held] = kept
    rules = Rules([Rule(*held["rules"][int(number)])])
    held["rules"][int(number)] = None  # the others keep their numbers
    for text in held["texts"].values():
        text["back"] = [each for each in text["back"] if rules.apply(each[2]) == each[2]]
    held["rows"] = [
        [label, row, name, _instead(rules, name, old), new] for label, row, name, old, new in held["rows"]
    ]
    known = {model._meta.model_name: {each.attname for each in _fields(model)} for model in _models()}
    known["speaker"] = {"label"}
    held["events"] = [
        [
            event,
            {
                name: _images(rules, value, known) if isinstance(value, dict) else rules.apply(value)
                for name, value in was.items()
            },
            instead,
        ]
        for event, was, instead in held["events"]
    ]
    history.overwrite_deleted()
    batch.sealed = keyring.seal(key.public, held, _about(study))
    batch.save(update_fields=["sealed"])
    return history.note(study, actor, "erase-name", study, {"entries": 1})


def _unseal(study, passphrase, batches):
    try:
        sealed = [batch.sealed for batch in batches]
        return keyring.unseal(_key_of(study).locked, passphrase, sealed, _about(study))
    except keyring.WrongPassphrase:
        raise Wrong(_("This is not the passphrase.")) from None


# Taking it back


class TakenBack(NamedTuple):
    """What stays as it is when names are put back: rows that were changed since, and places in texts."""

    rows: int
    places: int


@transaction.atomic
def take_back(batch, passphrase, actor):
    """Put the names of one replacement back everywhere, as one change. Raises Wrong and Refused.

    Returns a TakenBack.
    """
    study = _begin(batch.study)
    batch = SealedNames.objects.select_for_update(of=("self",)).select_related("event").get(pk=batch.pk)
    if batch.undone:
        raise Refused(_("This is taken back already."))
    [kept] = _unseal(study, passphrase, [batch])
    transcripts = {str(each.pk): each for each in _owned(study)}
    texts = {pk: text for pk, text in kept["texts"].items() if pk in transcripts}  # others were erased
    ways, lost = {}, 0
    for pk, text in texts.items():
        spans = _spans_now(transcripts[pk], text)
        lost += len(text["back"]) - len(spans)
        if spans:
            ways[pk] = ReplacedMap(transcripts[pk].text, spans)
    changed, labels = 0, {}
    for label, pk, name, old, new in reversed(kept["rows"]):
        model = apps.get_model(label)
        row = model._base_manager.filter(pk=pk).first()
        if row is None:
            continue
        if getattr(row, name) != new:
            changed += 1
            continue
        _write(row, model._meta.get_field(name), new, old)
        if model is Speaker:
            labels[str(row.transcript_id), new] = old
    before, after = {}, {}
    for pk, way in ways.items():
        relabel = lambda name, pk=pk: labels.get((pk, name), name)  # noqa: E731
        old, new = _make(transcripts[pk], way, relabel, actor, _("Names put back"))
        before, after = before | old, after | new
    for pk, held, instead in kept["events"]:
        event = Event.objects.filter(pk=pk).first()
        if event and {name: getattr(event, name) for name in instead} == instead:
            Event.objects.filter(pk=pk).update(**held)
    TextRevision.objects.filter(pk__in=kept["sealed"]["revisions"]).update(sealed_at=None)
    Transcript.objects.filter(pk__in=kept["sealed"]["originals"]).update(original_sealed_at=None)
    batch.undone = True
    batch.save(update_fields=["undone"])
    noted = {f"{history.NOTED}:undo": {"texts": len(ways)}}
    history.record(study, actor, "undo", study, before=before, after=after | noted, undoes=batch.event)
    transaction.on_commit(_forget_caches)
    return TakenBack(changed, lost)


def _spans_now(transcript, text):
    """Where the pseudonyms are now that were put in, less those whose words were edited since. Raises Refused."""
    if transcript.revision == text["revision"]:
        return [Span(*each, 0) for each in text["back"]]
    maps = editing.maps_since(transcript.pk, text["revision"])
    if maps is None:
        raise Refused(
            _("The text of “%(title)s” was edited since, and the revision from then is not kept.")
            % {"title": transcript.title}
        )
    found = []
    for start, end, words in text["back"]:
        place = through(maps, start, end)
        if place.exact and place.state != NEEDS_EYES:
            found.append(Span(place.start, place.end, words, 0))
    found.sort()
    return [each for number, each in enumerate(found) if not number or found[number - 1].end <= each.start]


def _by_passphrase(event, actor, change):
    raise history.Conflict(_("Names are put back on the page “Names”, by an owner who knows the passphrase."))


history.undoers["pseudonymise"] = _by_passphrase


# What still holds names


def sealed_things(study):
    """Per transcript that has sealed revisions or a sealed original: ``(transcript, number of revisions)``."""
    transcripts = Transcript.objects.filter(study=study).without_text()
    counted = transcripts.annotate(
        n_sealed=models.Count("revisions", filter=models.Q(revisions__sealed_at__isnull=False))
    )
    return [
        (each, each.n_sealed)
        for each in counted.order_by("title", "pk")
        if each.n_sealed or (each.original and each.original_sealed_at)
    ]


@transaction.atomic
def destroy(study, actor):
    """Destroy all sealed revisions and originals of a study, for good; the history says how many."""
    study = _begin(study)
    things = sealed_things(study)
    pks = [transcript.pk for transcript, _number in things]
    revisions = TextRevision.objects.filter(transcript__in=pks, sealed_at__isnull=False)
    files = [transcript for transcript, _number in things if transcript.original]
    about = {"revisions": revisions.count(), "files": len(files)}
    history.overwrite_deleted()
    revisions.delete()
    before = {history.key_of(each): {"original": str(each.original)} for each in files}
    after = {key: {"original": ""} for key in before}
    for transcript in files:
        storage, name = transcript.original.storage, transcript.original.name
        Transcript.objects.filter(pk=transcript.pk).update(original="")
        if not Transcript.objects.filter(study=study, original=name).exists():
            transaction.on_commit(lambda storage=storage, name=name: storage.delete(name))
    transaction.on_commit(_forget_caches)
    noted = {f"{history.NOTED}:destroy-sealed": about}
    return history.record(study, actor, "destroy-sealed", study, before=before, after=after | noted)


@transaction.atomic
def destroy_key(study, actor):
    """Destroy the key: from then on nobody can tell who was who, and nothing can be taken back."""
    study = _begin(study)
    history.overwrite_deleted()
    number = study.sealed_names.count()
    study.sealed_names.all().delete()
    NamesKey.objects.filter(study=study).delete()
    return history.note(study, actor, "destroy-names-key", study, {"batches": number})
