"""The columns of a cross-tabulation: by type or attribute, in classes or crossed; by respondent, transcript, coder."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from interviews.models import Attribute

from .analysis.classes import PERIODS, class_key, class_of, period_of, round_limits

BY_TYPE = "respondent_type"
BY_RESPONDENT, BY_TRANSCRIPT, BY_CODER = "respondent", "transcript", "coder"
OF_ROWS = (BY_TRANSCRIPT, BY_CODER)  # columns that no respondent alone belongs to
NO_VALUE = ""
NO_RESPONDENT = "__no_respondent__"
NO_CLASS = "?"
MOST_COLUMNS = 30
CLASSES = ("3", "4", "5", "6")
MOST_LIMITS = 12
FURTHEST_LIMIT = 1e12


class Unclear(Exception):
    """A question that cannot be answered; its message says why."""


@dataclass(frozen=True)
class Head:
    """A column: the ids of its respondents (None among them stands for words of nobody), and the transcript or coder
    it is of. ``above`` is the label that several columns share where two attributes are crossed.
    """

    key: str
    label: str
    people: list = field(default_factory=list)
    above: str = ""
    of: int | None = None


def keys_of(frame) -> list[str]:
    """What can take the columns. An attribute that has a name of ours gets ``attribute_`` in front, as in files."""
    return [BY_TYPE, *(key for key, _attribute in _attributes(frame)), BY_RESPONDENT, BY_TRANSCRIPT, BY_CODER]


def _attributes(frame):
    ours = {BY_TYPE, BY_RESPONDENT, BY_TRANSCRIPT, BY_CODER}
    return [(f"attribute_{a.key}" if a.key in ours else a.key, a) for a in frame.attributes]


def attribute_of(frame, key):
    """The attribute that takes the columns, or None."""
    return dict(_attributes(frame)).get(key)


def names_of_keys(frame) -> dict[str, str]:
    ours = {
        BY_TYPE: _("Respondent type"),
        BY_RESPONDENT: _("Respondent"),
        BY_TRANSCRIPT: _("Transcript"),
        BY_CODER: _("Coder"),
    }
    return ours | {key: attribute.name for key, attribute in _attributes(frame)}


def groups_of(frame, key) -> list[tuple[str, str]]:
    """How the values of an attribute can be put together, as ``[(what the address says, label)]``."""
    attribute = attribute_of(frame, key)
    if attribute is None or attribute.kind not in (Attribute.Kind.NUMBER, Attribute.Kind.DATE):
        return []
    if attribute.kind == Attribute.Kind.NUMBER:
        return [(number, _("about %(n)s classes") % {"n": number}) for number in CLASSES]
    labels = {
        "decade": _("by decade"),
        "year": _("by year"),
        "quarter": _("by quarter"),
        "month": _("by month"),
    }
    return [(period, labels[period]) for period in PERIODS]


def limits_from(given: str) -> tuple[float, ...]:
    """Limits of classes as a person writes them, ``5, 10, 15``. Raises Unclear."""
    try:
        limits = tuple(sorted({float(part) for part in given.replace(";", ",").split(",") if part.strip()}))
    except ValueError:
        limits = None
    if limits is None or not all(abs(limit) <= FURTHEST_LIMIT for limit in limits):  # nan is no number either
        raise Unclear(
            _("“%(value)s” are no limits: write numbers with commas between them, such as 5, 10.")
            % {"value": given[:40]}
        )
    if len(limits) > MOST_LIMITS:
        raise Unclear(_("A table has at most %(n)s limits of classes.") % {"n": MOST_LIMITS})
    return limits


def heads_of(frame, question, people, most: int | None = MOST_COLUMNS) -> list[Head]:
    """The columns that a question about these people has, in their order. Raises Unclear for more than ``most``."""
    if question.by == BY_CODER:
        asked = [person.id for person in people]
        heads = [
            Head(name, name, asked, of=pk)
            for pk, name in frame.coders
            if not question.coders or pk in question.coders
        ]
    elif question.by == BY_TRANSCRIPT:
        heads = _of_transcripts(frame, question, people)
    else:
        heads = _of_people(frame, question.by, question.group, question.limits, question.types, people)
        if question.across:
            heads = _crossed(frame, question, heads)
    if most is not None and len(heads) > most:
        raise Unclear(
            _(
                "“%(name)s” has %(many)s different values, and a table has at most %(most)s columns: "
                "choose another attribute, put its values into classes, or filter the respondents."
            )
            % {"name": names_of_keys(frame)[question.by], "many": len(heads), "most": most}
        )
    return heads


def _of_transcripts(frame, question, people):
    speaking = defaultdict(list)
    for person in people:
        for transcript in person.transcripts:
            speaking[transcript].append(person.id)
    return [
        Head(str(pk), title, speaking[pk], of=pk)
        for pk, title in frame.transcripts.items()
        if pk in speaking or not question.filters_people
    ]


def _of_people(frame, by, group, limits, types, people):
    if by == BY_RESPONDENT:
        return [Head(str(person.id), person.pseudonym, [person.id]) for person in people]
    found = defaultdict(list)
    if by == BY_TYPE:
        for person in people:
            found[person.type].append(person.id)
        labels = [head for head in frame.types if not types or head[0] in types]
    else:
        attribute = attribute_of(frame, by)
        in_class, labels = _classes(attribute, group, limits, people)
        for person in people:
            found[in_class(person.values.get(attribute.key, NO_VALUE))].append(person.id)
        labels = [label for label in labels if label[0] in found]
    if NO_VALUE in found:
        labels = [*labels, (NO_VALUE, _("No value"))]
    return [Head(key, label, found[key]) for key, label in labels]


def _classes(attribute, group, limits, people):
    """Which key each value has, and ``[(key, label)]`` of all of them."""
    values = [person.values[attribute.key] for person in people if attribute.key in person.values]
    if attribute.kind == Attribute.Kind.NUMBER and (group or limits):
        return _of_numbers(values, limits or round_limits(_numbers(values), int(group)))
    if attribute.kind == Attribute.Kind.DATE and group:
        found = sorted({period for value in values if (period := period_of(value, group))})
        return (
            lambda value: value and (period_of(value, group) or NO_CLASS),
            [*((period, period) for period in found), (NO_CLASS, _("Not a date"))],
        )
    return lambda value: value, list(attribute.values)


def _numbers(values):
    return [number for value in values if (number := _number(value)) is not None]


def _number(value):
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


def _of_numbers(values, limits):
    whole = all(number == int(number) for number in [*_numbers(values), *limits])

    def in_class(value):
        if value == NO_VALUE:
            return value
        number = _number(value)
        return NO_CLASS if number is None else class_key(limits, class_of(limits, number))

    labels = [(class_key(limits, number), _label(limits, number, whole)) for number in range(len(limits) + 1)]
    return in_class, [*labels, (NO_CLASS, _("Not a number"))]


def _label(limits, number, whole):
    """A class in words, so that each table says where its classes begin and end."""
    if not limits:
        return _("all")
    if number == 0:
        return _("under %(high)s") % {"high": f"{limits[0]:g}"}
    low = f"{limits[number - 1]:g}"
    if number == len(limits):
        return _("%(low)s and more") % {"low": low}
    high = limits[number]
    if not whole:
        return _("%(low)s to under %(high)s") % {"low": low, "high": f"{high:g}"}
    return low if high - limits[number - 1] == 1 else f"{low}–{high - 1:g}"


def _crossed(frame, question, heads):
    """Each column divided by a second attribute; combinations that nobody has are left out."""
    people = frame.people
    crossed = []
    for head in heads:
        inner = _of_people(
            frame, question.across, question.across_group, (), (), [people[pk] for pk in head.people]
        )
        crossed += [
            Head(_pair(head.key, each.key), each.label, each.people, head.label)
            for each in inner
            if each.people
        ]
    return crossed


def _pair(first, second):
    """The key of a crossed column: both keys with ``|`` between, which is ``\\|`` inside of one."""
    return "|".join(key.replace("\\", "\\\\").replace("|", "\\|") for key in (first, second))
