"""The history in a reader's words: one sentence for each kind of action.

Other apps add theirs: ``@sentence("apply")`` on a function that takes a Story and returns what comes after the
actor's name; ``name_fields["code"] = "name"`` for what rows of a model are called (a field or an expression); and
``@places("code")`` on a function that says where rows can be seen.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace

from django.contrib.auth import get_user_model
from django.db.models import Case, F, JSONField, TextField, Value, When
from django.db.models.functions import Cast, Length
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .access import Role
from .history import ERASED, TRACKED, kinds
from .models import Event

User = get_user_model()
READ_AT_MOST = (
    200_000  # characters of an event's images; a batch of thousands of rows is told without its rows
)
NAMED_PER_EVENT = 10
NAMES_AT_ONCE = 500

KINDS = {
    "coding": gettext_lazy("Codings"),
    "codebook": gettext_lazy("Codebook"),
    "material": gettext_lazy("Transcripts and respondents"),
    "memo": gettext_lazy("Memos"),
    "people": gettext_lazy("Members"),
    "study": gettext_lazy("The study"),
    "export": gettext_lazy("Exports"),
}
sentences = {}
finders = {}  # model -> (primary keys, study) -> {primary key: the address where it can be seen}
name_fields = {
    "study": "name",
    "respondenttype": "name",
    "attribute": "name",
    "respondent": "pseudonym",
    "transcript": "title",
    "speaker": "label",
    "membership": "user__username",
    "user": "username",
}


def sentence(*actions, kind=None):
    """Decorator: this function tells these actions, which are of this kind, if not of that of their targets."""

    def register(tell_it):
        sentences.update(dict.fromkeys(actions, tell_it))
        if kind:
            kinds.update(dict.fromkeys(actions, kind))
        return tell_it

    return register


def places(model):
    """Decorator: this function says where rows of a model can be seen, ``(primary keys, study) -> {key: address}``."""

    def register(find):
        finders[model] = find
        return find

    return register


@places("transcript")
def _transcript_places(pks, study):
    kept = study.transcripts.kept().filter(pk__in=pks).values_list("pk", flat=True)
    return {pk: reverse("coding:transcript", args=[pk]) for pk in kept}


@places("respondent")
def _respondent_places(pks, study):
    if not study.may["manage_material"]:
        return {}
    kept = study.respondents.kept().filter(pk__in=pks).values_list("pk", flat=True)
    return {pk: reverse("interviews:respondent", args=[pk]) for pk in kept}


def _place_keys(event):
    """Rows at which a reader may want to look, the best first: ``segment:5``, ``code:12``."""
    for images in (event.short_after, event.short_before):
        for fields in list(images.values())[:NAMED_PER_EVENT]:
            if fields.get("content_object_id"):
                yield f"segment:{fields['content_object_id']}"
    yield event.target
    if event.transcript_id:
        yield f"transcript:{event.transcript_id}"


def addresses(study, events):
    """``{event id: where to look}`` of the events that have such a place; a query a model at most."""
    wanted = defaultdict(set)
    keys = {event.pk: list(_place_keys(event)) for event in events}
    for key in {key for found in keys.values() for key in found}:
        model, _sep, pk = key.partition(":")
        if model in finders and pk.isdecimal():
            wanted[model].add(int(pk))
    found = {
        f"{model}:{pk}": address
        for model, pks in wanted.items()
        for pk, address in finders[model](pks, study).items()
    }
    best = {pk: next((found[key] for key in its if key in found), None) for pk, its in keys.items()}
    return {pk: address for pk, address in best.items() if address}


@dataclass
class Story:
    """One event, as a sentence needs it."""

    event: Event
    names: dict = field(repr=False)
    is_turned: bool = False  # told as what an undoing took back

    @property
    def before(self):
        return self.event.short_after if self.is_turned else self.event.short_before

    @property
    def after(self):
        return self.event.short_before if self.is_turned else self.event.short_after

    def name(self, key):
        """What a row was called then, or is called now: ``name("code:12")``."""
        model, _sep, _pk = key.partition(":")
        kept = name_fields.get(model)
        for image in (self.after.get(key, {}), self.before.get(key, {})):
            if isinstance(kept, str) and image.get(kept):
                return image[kept]
        return self.names.get(key) or _("something that is gone")

    @property
    def target(self):
        return self.name(self.event.target)

    @property
    def transcript(self):
        return self.name(f"transcript:{self.event.transcript_id}") if self.event.transcript_id else ""

    def rows(self, model):
        """(key, image before or {}, image after or {}) of the rows of a model the event touched."""
        keys = [key for key in {**self.before, **self.after} if key.startswith(f"{model}:")]
        return [(key, self.before.get(key, {}), self.after.get(key, {})) for key in keys]

    def referred(self, model, field_name):
        """The name behind the first such reference in the images: ``referred("membership", "user_id")``."""
        for key, before, after in self.rows(model):
            pk = after.get(field_name) or before.get(field_name)
            if pk:
                return self.name(f"{related(key, field_name)}:{pk}")
        return _("something that is gone")


@dataclass
class Told:
    """An event with the name of who did it, what comes after the name, as safe HTML, and what else there is to say."""

    event: Event
    who: str
    sentence: str
    story: Story


def newest(study):
    """A study's events, the last first, ready to be told: huge images stay in the database."""
    return to_tell(Event.objects.filter(study=study).order_by("-pk"))


def to_tell(events, whole=False):
    """Events with what telling them needs; with ``whole``, however huge their images are."""
    return events.defer("before", "after").annotate(
        short_before=F("before") if whole else _short("before"),
        short_after=F("after") if whole else _short("after"),
        who=F("actor__username"),
        undone_action=F("undoes__action"),
    )


def _short(name):
    size = Length(Cast(name, TextField()))
    return Case(
        When(GreaterThan(size, READ_AT_MOST), then=Value({}, JSONField())),
        default=F(name),
        output_field=JSONField(),
    )


def tell(events, named=NAMED_PER_EVENT):
    """Told events, in the order given, in a number of queries that does not grow with theirs.

    The rows of an event have names up to this number of them; None: all.
    """
    events = list(events)
    names = _names(events, named)
    return [_told(Story(event, names)) for event in events]


def _told(story):
    tell_it = sentences.get(story.event.action, _otherwise)
    if not story.before and story.after.keys() == {ERASED}:
        tell_it = _erased
    return Told(story.event, story.event.who or _("Somebody"), tell_it(story), story)


def _names(events, named):
    wanted = defaultdict(set)
    for event in events:
        for key in _keys(event, named):
            model, _sep, pk = key.partition(":")
            if model in name_fields and pk:
                wanted[model].add(pk)
    names = {
        f"{model}:{pk}": name
        for model, pks in wanted.items()
        for part in _parts(list(pks))
        for pk, name in _model(model)._base_manager.filter(pk__in=part).values_list("pk", name_fields[model])
    }
    gone = {f"membership:{pk}" for pk in wanted["membership"]} - names.keys()
    return names | (_former_members(events[0].study_id, gone) if gone else {})


def _parts(pks):
    return (pks[start : start + NAMES_AT_ONCE] for start in range(0, len(pks), NAMES_AT_ONCE))


def _former_members(study_id, keys):
    """Who they were whose memberships were removed: the removal's event has kept it."""
    removals = Event.objects.filter(study=study_id, action="remove-member", target__in=keys)
    users = {key: image[key]["user_id"] for key, image in removals.values_list("target", "before")}
    names = dict(User.objects.filter(pk__in=users.values()).values_list("pk", "username"))
    return {key: names[pk] for key, pk in users.items()}


def _keys(event, named):
    """Rows an event's sentence may name: its target, its transcript, and what its first rows refer to."""
    yield event.target
    if event.transcript_id:
        yield f"transcript:{event.transcript_id}"
    for images in (event.short_before, event.short_after):
        told = dict(list(images.items())[:named])
        if event.target in images:
            told[event.target] = images[event.target]
        for key, image in told.items():
            yield key
            for field_name, value in image.items():
                if field_name.endswith("_id") and isinstance(value, int):
                    yield f"{related(key, field_name)}:{value}"
                elif isinstance(value, list) and (model := related(key, field_name)):
                    yield from (f"{model}:{pk}" for pk in value)


def related(key, field_name):
    """The model a field of an image refers to: ``related("membership:3", "user_id")`` is "user"."""
    spec = TRACKED.get(key.partition(":")[0])
    fields = [*spec.fields, *spec.many_to_many] if spec else []
    found = [f for f in fields if field_name in (f.attname, f.name)]
    return found[0].related_model._meta.model_name if found and found[0].related_model else ""


def _model(name):
    return User if name == "user" else TRACKED[name].model


def _erased(story):
    return _("changed something that was erased for good since")


def _otherwise(story):
    return _("made a change (%(action)s)") % {"action": story.event.action.replace("-", " ")}


def role_name(role):
    return Role(role).label if role in Role.values else _("member")


@sentence("create-study")
def _create_study(story):
    return _("made the study")


@sentence("edit-study")
def _edit_study(story):
    changed = story.after.get(story.event.target, {})
    if "reasons_required" in changed:
        if changed["reasons_required"]:
            return _("asked for a reason where a definition changes, from then on")
        return _("asked for no reason any more where a definition changes")
    if "least_group" in changed:
        return _("set the smallest group that reports may describe to %(n)s") % {"n": changed["least_group"]}
    return _("changed the study’s name or research question")


@sentence("import-transcript")
def _import_transcript(story):
    return format_html(_("imported <b>{}</b>"), story.target)


@sentence("remove-transcript")
def _remove_transcript(story):
    return format_html(_("removed <b>{}</b>"), story.target)


@sentence("restore-transcript")
def _restore_transcript(story):
    return format_html(_("brought <b>{}</b> back"), story.target)


@sentence("edit-transcript")
def _edit_transcript(story):
    return format_html(_("changed the particulars of <b>{}</b>"), story.target)


@sentence("edit-text")
def _edit_text(story):
    return format_html(_("changed the text of <b>{}</b>"), story.target)


def _about(story):
    return story.after.get(f"noted:{story.event.action}", {})


@sentence("pseudonymise")
def _pseudonymise(story):
    return _("replaced names by pseudonyms: %(names)s names, at %(places)s places in %(texts)s texts") % {
        name: _about(story).get(name, "?") for name in ("names", "places", "texts")
    }


@sentence("open-names-key")
def _open_names_key(story):
    return _("looked into the key to the pseudonyms")


@sentence("destroy-sealed")
def _destroy_sealed(story):
    return _("destroyed what still held names: %(revisions)s older revisions, %(files)s original files") % {
        name: _about(story).get(name, "?") for name in ("revisions", "files")
    }


@sentence("erase-name")
def _erase_name(story):
    return _("erased one entry of the key to the pseudonyms")


@sentence("destroy-names-key")
def _destroy_names_key(story):
    return _("destroyed the key to the pseudonyms")


@sentence("map-speakers")
def _map_speakers(story):
    return format_html(_("said who speaks in <b>{}</b>"), story.transcript or story.target)


@sentence("assign-turns")
def _assign_turns(story):
    return format_html(_("said turn by turn who speaks in <b>{}</b>"), story.target)


@sentence("add-respondent")
def _add_respondent(story):
    return format_html(_("added the respondent <b>{}</b>"), story.target)


@sentence("edit-respondent")
def _edit_respondent(story):
    return format_html(_("changed what is known of <b>{}</b>"), story.target)


@sentence("link-respondent")
def _link_respondent(story):
    if story.event.transcript_id:
        return format_html(
            _("said where <b>{who}</b> speaks in <b>{where}</b>"), who=story.target, where=story.transcript
        )
    return format_html(_("said in which transcripts <b>{}</b> speaks"), story.target)


@sentence("remove-respondent")
def _remove_respondent(story):
    return format_html(_("removed the respondent <b>{}</b>"), story.target)


@sentence("restore-respondent")
def _restore_respondent(story):
    return format_html(_("brought the respondent <b>{}</b> back"), story.target)


@sentence("add-respondent-type")
def _add_respondent_type(story):
    return format_html(_("added the respondent type <b>{}</b>"), story.target)


@sentence("edit-respondent-type")
def _edit_respondent_type(story):
    return format_html(_("changed the respondent type <b>{}</b>"), story.target)


@sentence("merge-respondent-types")
def _merge_respondent_types(story):
    merged = next((was["name"] for _key, was, now in story.rows("respondenttype") if not now), "")
    return format_html(
        _("merged the respondent type <b>{merged}</b> into <b>{into}</b>"), merged=merged, into=story.target
    )


@sentence("split-respondent-type")
def _split_respondent_type(story):
    part = next((now["name"] for _key, was, now in story.rows("respondenttype") if not was), "")
    return format_html(
        _("split <b>{part}</b> off the respondent type <b>{whole}</b>"), part=part, whole=story.target
    )


@sentence("add-attribute")
def _add_attribute(story):
    return format_html(_("added the attribute <b>{}</b>"), story.target)


@sentence("edit-attribute")
def _edit_attribute(story):
    return format_html(_("changed the attribute <b>{}</b>"), story.target)


@sentence("import-respondents", kind="material")
def _import_respondents(story):
    number = len(story.rows("respondent"))
    if not number:
        return _("imported respondents")
    return ngettext("imported %(n)d respondent", "imported %(n)d respondents", number) % {"n": number}


@sentence("invite-member", kind="people")
def _invite_member(story):
    return _("made an invitation (%(role)s)") % {"role": _role_of(story.after)}


@sentence("revoke-invitation", kind="people")
def _revoke_invitation(story):
    return _("revoked an invitation (%(role)s)") % {"role": _role_of(story.before)}


def _role_of(images):
    return role_name(next(iter(images.values()), {}).get("role")).lower()


@sentence("join-study")
def _join_study(story):
    who = story.referred("membership", "user_id")
    if who != story.event.who:
        return format_html(_("added <b>{who}</b> ({role})"), who=who, role=_role_of(story.after))
    return _("joined the study (%(role)s)") % {"role": _role_of(story.after)}


@sentence("superuser-joined")
def _superuser_joined(story):
    return _("joined the study as a superuser, without an invitation (%(role)s)") % {
        "role": _role_of(story.after)
    }


@sentence("change-role")
def _change_role(story):
    return format_html(
        _("changed the role of <b>{who}</b> from {old} to {new}"),
        who=story.target,
        old=_role_of(story.before),
        new=_role_of(story.after),
    )


@sentence("remove-member")
def _remove_member(story):
    who = story.referred("membership", "user_id")
    if who == story.event.who:
        return _("left the study")
    return format_html(_("removed <b>{}</b> from the members"), who)


@sentence("close-account", kind="people")
def _close_account(story):
    return format_html(_("closed the account of <b>{}</b>: what they coded stays"), story.target)


@sentence("open-account", kind="people")
def _open_account(story):
    return format_html(_("opened the account of <b>{}</b> again"), story.target)


@sentence("rename-account", kind="people")
def _rename_account(story):
    about = {"was": "?", "now": "?"} | _about(story)
    return format_html(_("renamed the account <b>{was}</b> to <b>{now}</b>"), **about)


@sentence("download-original", kind="export")
def _download_original(story):
    return format_html(_("downloaded the original file of <b>{}</b>"), story.target)


@sentence("undo")
def _undo(story):
    first = story.event.first_action
    if tell_it := undo_sentences.get(first):
        return tell_it(story)
    if first not in sentences:
        return _("took a change back (%(action)s)") % {"action": first.replace("-", " ")}
    if story.event.undone_action == "undo":
        return format_html(_("took an undoing back: {}"), sentences[first](story))
    return format_html(_("undid this: {}"), sentences[first](replace(story, is_turned=True)))


undo_sentences = {}  # by what was done first, before it was undone and redone; the images are those of this undoing


def _take_text_back(story):
    return format_html(_("brought the text of <b>{}</b> back as it was"), story.target)


undo_sentences["edit-text"] = _take_text_back


def _take_import_back(story):
    if story.after.get(story.event.target, {}).get("removed_at"):
        return format_html(_("undid the import of <b>{}</b>: it is in the trash"), story.target)
    return format_html(_("brought <b>{}</b> back, whose import had been undone"), story.target)


undo_sentences["import-transcript"] = _take_import_back


def _take_names_back(story):
    return _("put the names back that had been replaced by pseudonyms")


undo_sentences["pseudonymise"] = _take_names_back
