"""Finding events of a study's history, by who, what about, which kind and when; and the history as a table."""

from dataclasses import dataclass
from datetime import UTC, date
from html import unescape

from django.contrib.auth import get_user_model
from django.db.models import Max, Min, TextField
from django.db.models.functions import Cast, Length
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from . import narrate
from .days import day_from, midnight, next_midnight
from .differences import differences, row_name
from .history import MENTIONED
from .models import Event
from .numbers import whole_number
from .restricted import Quotations, hidden_in_exports

AT_ONCE = 500
CHARACTERS = 4_000_000  # of the images of events that are read together
HEADER = [
    "event",
    "at",
    "person",
    "kind",
    "action",
    "about",
    "transcript",
    "what",
    "field",
    "from",
    "to",
    "undoes",
    "reason",
]


@dataclass(frozen=True)
class Asked:
    """What a reader wants to see of a history; empty parts ask for nothing."""

    person: int | None = None
    about: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, query):
        """From an address; what makes no sense there is passed over."""
        about = query.get("about", "")
        model, _colon, pk = about.partition(":")
        return cls(
            person=whole_number(query.get("person", "")),
            about=about if model in MENTIONED and whole_number(pk) else "",
            kind=query.get("kind") if query.get("kind") in narrate.KINDS else "",
            since=day_from(query.get("since", "")),
            until=day_from(query.get("until", "")),
        )

    @property
    def is_narrowed(self):
        return self != Asked()

    def __str__(self):
        """As files and the history name it."""
        parts = {"person": self.person, "about": self.about, "kind": self.kind}
        parts |= {"since": self.since, "until": self.until}
        return "; ".join(f"{name}={value}" for name, value in parts.items() if value)


def find(study, asked):
    """The events asked for, the newest first."""
    events = Event.objects.filter(study=study).order_by("-pk")
    if asked.person:
        events = events.filter(actor=asked.person)
    if asked.about:
        events = events.filter(mentions__key=asked.about)
    if asked.kind:
        events = events.filter(kind=asked.kind)
    # Events come in the order of their times: a day's first and last are read from an index.
    if asked.since:
        first = Event.objects.filter(study=study, at__gte=midnight(asked.since)).aggregate(pk=Min("pk"))
        events = events.filter(pk__gte=first["pk"]) if first["pk"] else events.none()
    if asked.until:
        last = Event.objects.filter(study=study, at__lt=next_midnight(asked.until)).aggregate(pk=Max("pk"))
        events = events.filter(pk__lte=last["pk"]) if last["pk"] else events.none()
    return events


def people(study):
    """``(id, name)`` of everybody who did something, by name."""
    actors = Event.objects.filter(study=study).order_by().values("actor").distinct()
    return list(
        get_user_model().objects.filter(pk__in=actors).order_by("username").values_list("pk", "username")
    )


def things(study, about):
    """What events can be about, for choosing: ``[(heading, [(key, name), ...])]``; ``about`` is among them."""
    found = [(heading, rows) for heading, rows in (listed(study) for listed in lists) if rows]
    if about and about not in {key for _heading, rows in found for key, _name in rows}:
        told = narrate.tell(narrate.to_tell(find(study, Asked(about=about)).filter(target=about))[:1])
        name = told[0].story.target if told else _("something that is gone")
        found.append((_("No longer there"), [(about, name)]))
    return found


def _transcripts(study):
    rows = study.transcripts.order_by("title", "pk").values_list("pk", "title")
    return _("Transcripts"), [(f"transcript:{pk}", title) for pk, title in rows]


def _respondents(study):
    rows = study.respondents.order_by("pseudonym", "pk").values_list("pk", "pseudonym")
    return _("Respondents"), [(f"respondent:{pk}", name) for pk, name in rows]


lists = [_transcripts, _respondents]  # study -> (heading, [(key, name), ...])


def table_of(study, events, reader):
    """Rows of cells as HEADER names them, one for each field that an event changed, or one for the event."""
    attributes = dict(study.attributes.values_list("key", "name"))
    below, quotations = None, Quotations(hidden_in_exports(study))
    while chunk := list(_chunk(events, below)):
        below = chunk[-1].pk
        for told in narrate.tell(chunk, named=None):
            yield from _rows(told, differences(told.story, reader, attributes, quotations, most=None))


def _chunk(events, below):
    """The next events, whole: fewer where they are of very many rows."""
    events = events if below is None else events.filter(pk__lt=below)
    size = Length(Cast("before", TextField())) + Length(Cast("after", TextField()))
    pks, room = [], CHARACTERS
    for pk, needs in events.annotate(size=size).values_list("pk", "size")[:AT_ONCE]:
        room -= needs
        if room < 0 and pks:
            break
        pks.append(pk)
    return narrate.to_tell(Event.objects.filter(pk__in=pks).order_by("-pk"), whole=True)


def _rows(told, changed):
    event = told.event
    about = [
        event.pk,
        event.at.astimezone(UTC).isoformat(timespec="seconds"),
        event.who or "",
        event.kind,
        event.action,
        row_name(told.story, event.target),
        told.story.transcript,
        unescape(strip_tags(told.sentence)),
    ]
    end = [event.undoes_id or "", event.reason]
    for field in changed.fields:
        name = ": ".join(filter(None, (field.row, field.field)))
        yield [*about, name, field.old, field.new, *end]
    if not changed.fields:
        yield [*about, "", "", "", *end]
