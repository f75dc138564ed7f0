"""What the query view asks of the database: the frame of a study, cross-tabulations, and the passages behind a cell.

A question comes as the parameters of an address, the same for the page, the API and the files: ``by`` with ``group`` or
``limits``, ``across`` with ``across_group``, ``count``, ``coder``, ``code``, ``respondent_type``,
``where=<attribute key>:<value>`` and ``respondent=<id>``.
"""

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Greatest, Substr
from django.utils.text import get_text_list
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from interviews.models import Attribute, Respondent, Speaker, Transcript
from interviews.restricted import NOTHING
from interviews.turns import count_words, lang_of

from .analysis import crosstab
from .analysis.asked import Asked, asked_about, asked_by_all, types_below
from .codebook import in_tree_order
from .colours import looks
from .columns import (
    BY_CODER,
    BY_TRANSCRIPT,
    BY_TYPE,
    MOST_COLUMNS,
    NO_RESPONDENT,
    NO_VALUE,
    OF_ROWS,
    Head,
    Unclear,
    attribute_of,
    groups_of,
    heads_of,
    keys_of,
    limits_from,
    names_of_keys,
)
from .models import Code, CodedSegment, Segment
from .said import Said

COUNTS = ("respondents", "transcripts", "segments", "coded_segments", "words", "share")
WITH_BASE = ("respondents", "transcripts")  # the others are shares of what is coded
CACHE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class CodeLine:
    """A code where it stands in the tree; ``path`` holds the names from the top code to this one.

    ``asked_of`` are the keys of the respondent types that were asked about it, none meaning all.
    """

    id: int
    name: str
    parent: int | None
    depth: int
    path: tuple[str, ...]
    retired: bool
    look: str
    asked_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttributeChoice:
    """An attribute and its values among the respondents, as ``[(key, label)]`` in the order to show them."""

    key: str
    name: str
    kind: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Person:
    """A respondent who was interviewed; ``values`` by attribute key, as they are written in addresses."""

    id: int
    pseudonym: str
    type: str
    values: dict
    transcripts: tuple[int, ...]


@dataclass(frozen=True)
class Frame:
    """What a study can be asked about. Respondents never interviewed, or put away, are not in it."""

    codes: tuple[CodeLine, ...]
    types: tuple[tuple[str, str], ...]
    attributes: tuple[AttributeChoice, ...]
    coders: tuple[tuple[int, str], ...]
    people: dict[int, Person]
    transcripts: dict[int, str]
    some_removed: bool

    def subtree(self, code_id):
        wanted = {code_id}
        for code in self.codes:  # parents come before children
            if code.parent in wanted:
                wanted.add(code.id)
        return wanted

    def title_of(self, by):
        return names_of_keys(self)[by]


@dataclass(frozen=True)
class Question:
    """What is counted, of whom, by what. Empty filters mean all."""

    by: str = BY_TYPE
    count: str = "respondents"
    coders: tuple[int, ...] = ()
    code: int | None = None
    types: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    group: str = ""
    limits: tuple[float, ...] = ()
    across: str = ""
    across_group: str = ""
    respondents: tuple[int, ...] = ()

    @property
    def filters_people(self):
        return bool(self.types or self.where or self.respondents)

    @property
    def of_people(self):
        """The part that says of whom."""
        return Question(types=self.types, where=self.where, respondents=self.respondents)


@dataclass(frozen=True)
class Column:
    """``above`` is the label that it shares with others, where two attributes are crossed."""

    key: str
    label: str
    n: int
    above: str = ""


@dataclass(frozen=True)
class Row:
    """A code's numbers, each list one number per column and last that of all columns.

    ``cells`` include the codes below, ``own`` do not; ``coded`` and ``own_coded`` count coded segments. ``below`` and
    ``alone`` say who was asked, of the code with those below it, and of the code by itself.
    """

    code: CodeLine
    cells: list[int]
    own: list[int]
    coded: list[int]
    own_coded: list[int]
    below: Asked
    alone: Asked


@dataclass(frozen=True)
class WhoWasAsked:
    """By code, alone and with those below it; ``people`` are the respondents of each column, and of all."""

    alone: dict[int, Asked]
    below: dict[int, Asked]
    people: list[int]


@dataclass(frozen=True)
class CrossTable:
    """A cross-tabulation. ``unattributed`` coded segments are no respondent's words and are not counted.

    ``people`` is how many respondents each column has, and last all columns together.
    """

    columns: list[Column]
    n: int
    rows: list[Row]
    coded: int
    unattributed: int
    people: list[int]


# --- the frame


def frame_of(study, event_id=None):
    """The study's frame, from the cache where nothing has changed since ``event_id``, its last event."""
    event_id = study.last_event_id() if event_id is None else event_id
    return _cached(study, event_id, "frame", lambda: _read_frame(study))


def _cached(study, event_id, what, make):
    language = get_language()
    key = hashlib.sha256(repr((study.pk, event_id, language, what)).encode()).hexdigest()
    found = cache.get(f"query:{key}")
    if found is None:
        found = make()
        cache.set(f"query:{key}", found, CACHE_SECONDS)
    return found


def _read_frame(study):
    codes = list(study.codes.all())
    tree = list(in_tree_order(codes))
    look = looks([code for _depth, code in tree])
    asked_of = _asked_of(study)
    lines = {}
    for depth, code in tree:
        above = lines[code.parent_id].path if code.parent_id else ()
        lines[code.pk] = CodeLine(
            code.pk,
            code.name,
            code.parent_id,
            depth,
            (*above, code.name),
            code.retired_at is not None,
            look[code.pk],
            asked_of.get(code.pk, ()),
        )
    people, transcripts = _read_people(study)
    return Frame(
        tuple(lines.values()),
        tuple(study.respondent_types.values_list("key", "name")),
        tuple(_choice(attribute, people.values()) for attribute in study.attributes.all()),
        tuple(_coders(study)),
        people,
        transcripts,
        Transcript.objects.filter(study=study).exclude(removed_at=None).exists(),
    )


def _asked_of(study):
    """The respondent types, by key, that each code was asked of, where not all were."""
    found = defaultdict(list)
    pairs = Code.asked_of.through.objects.filter(code__study=study).order_by("respondenttype__order", "pk")
    for code, key in pairs.values_list("code_id", "respondenttype__key"):
        found[code].append(key)
    return {code: tuple(keys) for code, keys in found.items()}


def _read_people(study):
    kept = Transcript.objects.filter(study=study).kept()
    main = list(kept.order_by("title", "pk").values_list("pk", "respondent_id", "title"))
    speaking = Speaker.objects.filter(transcript__in=kept, is_interviewer=False).exclude(respondent=None)
    of_respondent = defaultdict(dict)  # as an ordered set
    for transcript_id, respondent_id in [
        *((pk, respondent_id) for pk, respondent_id, _title in main),
        *speaking.values_list("transcript_id", "respondent_id"),
    ]:
        of_respondent[respondent_id][transcript_id] = True
    rows = (
        Respondent.objects.filter(study=study)
        .kept()
        .values_list("pk", "pseudonym", "respondent_type__key", "values")
    )
    people = {
        pk: Person(pk, name, kind or NO_VALUE, _written(values), tuple(of_respondent[pk]))
        for pk, name, kind, values in rows.order_by("pseudonym", "pk")
        if pk in of_respondent
    }
    return people, {pk: title for pk, _respondent, title in main}


def _written(values):
    """Values as addresses write them: yes and no, 7 for 7.0; what is unknown is left out."""
    return {key: written for key, value in values.items() if (written := _as_text(value)) != NO_VALUE}


def _as_text(value):
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _choice(attribute, people):
    found = {person.values[attribute.key] for person in people if attribute.key in person.values}
    return AttributeChoice(
        attribute.key,
        attribute.name,
        attribute.kind,
        tuple((value, _label(attribute.kind, value)) for value in sorted(found, key=_order(attribute))),
    )


def _label(kind, value):
    return {"yes": _("Yes"), "no": _("No")}.get(value, value) if kind == Attribute.Kind.YES_NO else value


def _order(attribute):
    if attribute.kind == Attribute.Kind.YES_NO:
        return lambda value: (value != "yes", value)
    if attribute.kind == Attribute.Kind.ONE_OF:
        places = {str(choice): place for place, choice in enumerate(attribute.choices)}
        return lambda value: (places.get(value, len(places)), value)
    if attribute.kind == Attribute.Kind.NUMBER:
        return lambda value: (_number(value), value)
    return str.casefold


def _number(value):
    try:
        return float(value)
    except ValueError:
        return float("inf")


def _coders(study):
    """Who has coded, found by one look-up for each person and code: much may be coded, here and in other studies."""
    rows = CodedSegment.objects.filter(coder=OuterRef(OuterRef("pk")), tag=OuterRef("pk"))
    codes = study.codes.filter(Exists(rows)).order_by()
    return get_user_model().objects.filter(Exists(codes)).order_by("username").values_list("pk", "username")


# --- the question


def question_from(frame, params):
    """Read a question from the parameters of an address (a QueryDict). Raises Unclear."""
    by = params.get("by") or BY_TYPE
    count = params.get("count") or "respondents"
    across = params.get("across") or ""
    if by not in keys_of(frame):
        raise Unclear(
            _("“%(value)s” cannot take the columns: choose one of %(known)s.") % _known(by, keys_of(frame))
        )
    if count not in COUNTS:
        raise Unclear(_("“%(value)s” cannot be counted: choose one of %(known)s.") % _known(count, COUNTS))
    if across and (across not in keys_of(frame) or across == by or {by, across} & {*OF_ROWS}):
        raise Unclear(_("“%(value)s” cannot divide these columns.") % {"value": across})
    return Question(
        by,
        count,
        _asked_coders(frame, params.getlist("coder")),
        _asked_code(frame, params.get("code")),
        _asked_types(frame, params.getlist("respondent_type")),
        _asked_values(frame, params.getlist("where")),
        _asked_group(frame, by, params.get("group")),
        limits_from(params.get("limits") or "") if _has_numbers(frame, by) else (),
        across,
        _asked_group(frame, across, params.get("across_group")),
        _asked_respondents(frame, params.getlist("respondent")),
    )


def _asked_group(frame, key, given):
    """How values are put together; of no meaning, and so not minded, where they cannot be."""
    groups = [value for value, _label in groups_of(frame, key)]
    if given and groups and given not in groups:
        raise Unclear(
            _("“%(value)s” is no way to put values together: choose one of %(known)s.")
            % _known(given, groups)
        )
    return given if given in groups else ""


def _has_numbers(frame, key):
    attribute = attribute_of(frame, key)
    return attribute is not None and attribute.kind == Attribute.Kind.NUMBER


def _known(value, known):
    return {"value": value, "known": get_text_list(list(known), _("or"))}


def _asked_coders(frame, names):
    by_name = {name: pk for pk, name in frame.coders}
    unknown = [name for name in names if name and name not in by_name]
    if unknown:
        raise Unclear(_("Nobody called “%(name)s” has coded in this study.") % {"name": unknown[0]})
    return tuple(sorted({by_name[name] for name in names if name}))


def _asked_code(frame, given):
    if not given:
        return None
    if given not in {str(code.id) for code in frame.codes}:
        raise Unclear(_("This study has no code with the number %(code)s.") % {"code": given})
    return int(given)


def _asked_types(frame, keys):
    known = [key for key, _name in frame.types]
    unknown = [key for key in keys if key and key not in known]
    if unknown:
        raise Unclear(_("This study has no respondent type “%(key)s”.") % {"key": unknown[0]})
    return tuple(sorted({key for key in keys if key}))


def _asked_values(frame, given):
    """``founder:yes``, or ``founder:`` for those of whom it is not known."""
    known = {a.key for a in frame.attributes}
    pairs = [each.partition(":")[::2] for each in given if each]
    unknown = [key for key, _value in pairs if key not in known]
    if unknown:
        raise Unclear(_("This study has no attribute “%(key)s”.") % {"key": unknown[0]})
    return tuple(sorted(set(pairs)))


def _asked_respondents(frame, given):
    known = {str(pk): pk for pk in frame.people}
    unknown = [pk for pk in given if pk and pk not in known]
    if unknown:
        raise Unclear(
            _("This study has no respondent with a transcript and the number %(pk)s.")
            % {"pk": unknown[0][:20]}
        )
    return tuple(sorted({known[pk] for pk in given if pk}))


def asked_people(frame, question):
    """The respondents a question is about: several values of one attribute are alternatives."""
    wanted = defaultdict(set)
    for key, value in question.where:
        wanted[key].add(value)
    return [
        person
        for person in frame.people.values()
        if (not question.respondents or person.id in question.respondents)
        and (not question.types or person.type in question.types)
        and all(person.values.get(key, NO_VALUE) in values for key, values in wanted.items())
    ]


def asked_codes(frame, question):
    wanted = None if question.code is None else frame.subtree(question.code)
    return [code for code in frame.codes if wanted is None or code.id in wanted]


# --- the rows


def coded_rows(frame, question, codes):
    """Coded segments with any of these codes (ids), by the asked coders, in transcripts that are kept."""
    rows = CodedSegment.objects.filter(tag__in=codes)
    if question.coders:
        rows = rows.filter(coder__in=question.coders)
    if frame.some_removed:  # the join is paid for only by studies that need it
        rows = rows.filter(content_object__transcript__removed_at=None)
    return rows


def cross_tabulate(study, frame, question, event_id=None, most=MOST_COLUMNS):
    """The CrossTable that answers a question, from the cache where nothing has changed.

    Raises Unclear, also for more columns than ``most`` where it is not None.
    """
    event_id = study.last_event_id() if event_id is None else event_id
    what = question if most == MOST_COLUMNS else (question, most)
    return _cached(study, event_id, what, lambda: _cross_tabulate(frame, question, most))


def _cross_tabulate(frame, question, most=MOST_COLUMNS):
    codes = asked_codes(frame, question)
    parents = {code.id: code.parent for code in codes}
    rows = coded_rows(frame, question, parents)
    if question.by in OF_ROWS:
        return _by_row(frame, question, codes, parents, rows)
    # One scan of the covering index, whatever is counted; nothing but its columns may be named here.
    grouped = list(rows.order_by().values_list("tag_id", "respondent_id").annotate(n=Count("*")))
    heads = _columns(frame, question, any(pk is None for _code, pk, _n in grouped), most)
    people_in = [head.people for head in heads]
    column_of = {pk: number for number, people in enumerate(people_in) for pk in people}
    coded = crosstab.sum_rows(
        ((code, column_of[pk], n) for code, pk, n in grouped if pk in column_of), parents, len(heads)
    )
    counts = _counts(question.count, frame, rows, grouped, coded, column_of, parents, len(heads))
    members = _members(frame, question.count, rows, people_in)
    if question.count in WITH_BASE:
        bases = _sizes(members)
    elif question.count == "share":
        pairs = [{(t, pk) for pk in people for t in frame.people[pk].transcripts} for people in people_in]
        bases = _said_by(frame, pairs)
    else:
        bases = counts.totals

    def mentions(codes):
        if question.count == "transcripts":
            found = rows.filter(tag__in=codes).order_by()
            found = found.values_list("tag_id", "respondent_id", "content_object__transcript_id").distinct()
        else:
            found = ((code, pk, pk) for code, pk, _n in grouped)
        return [(code, column_of[pk], unit, pk) for code, pk, unit in found if pk in column_of]

    asked = _who_was_asked(frame, codes, parents, members, bases, mentions, question.count)
    return CrossTable(
        [Column(head.key, head.label, base, head.above) for head, base in zip(heads, bases, strict=False)],
        bases[-1],
        _rows(codes, counts, coded, asked),
        coded.totals[-1],
        sum(n for _code, pk, n in grouped if pk is None) if question.count == "respondents" else 0,
        asked.people,
    )


def _by_row(frame, question, codes, parents, rows):
    """The table where a column is a coder or a transcript: what no respondent alone decides."""
    field = "coder_id" if question.by == BY_CODER else "content_object__transcript_id"
    heads = _columns(frame, question, False)
    column_of = {head.of: number for number, head in enumerate(heads)}
    people = {person.id for person in asked_people(frame, question)}
    if question.count not in ("respondents", "share") and not question.filters_people:
        people.add(None)

    def placed(of, *more):
        found = of.order_by().values_list("tag_id", "respondent_id", field, *more).distinct()
        for code, pk, column, *rest in found.iterator(chunk_size=10_000):
            if pk in people and column in column_of:
                yield code, column_of[column], rest[0] if rest else pk, pk

    grouped = rows.order_by().values_list("tag_id", "respondent_id", field).annotate(n=Count("*"))
    coded = crosstab.sum_rows(
        (
            (code, column_of[column], n)
            for code, pk, column, n in grouped
            if pk in people and column in column_of
        ),
        parents,
        len(heads),
    )
    unit = {"respondents": (), "transcripts": ("content_object__transcript_id",)}.get(
        question.count, ("content_object_id",)
    )
    if question.count == "coded_segments":
        counts = coded
    else:
        units = ((code, column, unit) for code, column, unit, _pk in placed(rows, *unit))
        counts = _measured_units(question.count, frame, units, parents, len(heads))
    pairs = _spoken_in(frame, question, heads, people - {None})
    members = [_units_of(question.count, each) for each in pairs]
    if question.count in WITH_BASE:
        bases = _sizes(members)
    else:
        bases = _said_by(frame, pairs) if question.count == "share" else counts.totals

    def mentions(codes):
        return list(placed(rows.filter(tag__in=codes), *unit)) if question.count in WITH_BASE else []

    asked = _who_was_asked(frame, codes, parents, members, bases, mentions, question.count)
    return CrossTable(
        [Column(head.key, head.label, base) for head, base in zip(heads, bases, strict=False)],
        bases[-1],
        _rows(codes, counts, coded, asked),
        coded.totals[-1],
        0,
        asked.people,
    )


def _spoken_in(frame, question, heads, people):
    """By column the ``{(transcript, respondent)}`` it is about; of a coder, where the coder has coded anything."""
    spoken = {(t, pk) for pk in people for t in frame.people[pk].transcripts}
    if question.by == BY_TRANSCRIPT:
        return [{pair for pair in spoken if pair[0] == head.of} for head in heads]
    rows = coded_rows(frame, question, [code.id for code in frame.codes])
    found = defaultdict(set)
    for coder, transcript in (
        rows.order_by().values_list("coder_id", "content_object__transcript_id").distinct()
    ):
        found[coder].add(transcript)
    return [{pair for pair in spoken if pair[0] in found[head.of]} for head in heads]


def _members(frame, count, rows, people_in):
    """Each column's units with their people: ``[{unit: {person}}]``."""
    found = []
    for people in people_in:
        if people == [None]:
            found.append(
                dict.fromkeys(_of_nobody(frame, rows), frozenset()) if count == "transcripts" else {}
            )
        else:
            found.append(_units_of(count, {(t, pk) for pk in people for t in frame.people[pk].transcripts}))
    return found


def _of_nobody(frame, rows):
    """The transcripts in which nobody is said to speak, and those with coded words of nobody."""
    spoken = {pk for person in frame.people.values() for pk in person.transcripts}
    unknown = rows.filter(respondent=None).order_by()
    coded = unknown.values_list("content_object__transcript_id", flat=True).distinct()
    return (frame.transcripts.keys() - spoken) | set(coded)


def _units_of(count, pairs):
    units = defaultdict(set)
    for transcript, pk in pairs:
        units[transcript if count == "transcripts" else pk].add(pk)
    return units


def _sizes(members):
    return [*map(len, members), len(set().union(*members))]


def _said_by(frame, pairs):
    said = Said(frame.transcripts)
    return [*map(said.said, pairs), said.said(set().union(*pairs))]


def _who_was_asked(frame, codes, parents, members, bases, mentions, count):
    asked_of = {code.id: code.asked_of for code in codes if code.asked_of}
    all_asked = asked_by_all(members, bases)
    if not asked_of:
        everybody = dict.fromkeys(parents, all_asked)
        return WhoWasAsked(everybody, everybody, all_asked.people)
    type_of = {pk: person.type for pk, person in frame.people.items()}
    in_use = {code.id: code.parent for code in codes if not code.retired or code.asked_of}
    below = types_below(in_use, asked_of)
    limited = {code for code in parents if below.get(code) is not None} | asked_of.keys()
    said = mentions([code for code in parents if any(each in limited for each in _upwards(code, parents))])

    def asked(types, within):
        if types is None:
            return all_asked
        places = [set() for _ in members]
        for code, column, unit, person in said:
            if code in within:
                places[column].add((unit, person))
        found = asked_about(types, type_of, members, places)
        return found if count in WITH_BASE else Asked(found.people, bases, all_asked.beside)

    children = defaultdict(set)
    for code in parents:
        for above in _upwards(code, parents):
            children[above].add(code)
    return WhoWasAsked(
        {code: asked(asked_of.get(code), {code}) for code in parents},
        {code: asked(below.get(code), children[code]) for code in parents},
        all_asked.people,
    )


def _upwards(code, parents):
    while code in parents:
        yield code
        code = parents[code]


def columns_of(frame, question, most=MOST_COLUMNS) -> list[Head]:
    """The columns that a question has where only respondents count. Raises Unclear."""
    return heads_of(frame, question, asked_people(frame, question), most)


def _columns(frame, question, somebody_unknown, most=MOST_COLUMNS):
    heads = columns_of(frame, question, most)
    if (
        somebody_unknown
        and question.by not in OF_ROWS
        and question.count not in ("respondents", "share")
        and not question.filters_people
    ):
        heads.append(Head(NO_RESPONDENT, _("No respondent"), [None]))
    return heads


def _counts(count, frame, rows, grouped, coded, column_of, parents, columns):
    if count == "coded_segments":
        return coded
    if count == "respondents":
        return crosstab.count_units(
            ((code, column_of[pk], pk) for code, pk, _n in grouped if pk in column_of), parents, columns
        )
    unit = "content_object__transcript_id" if count == "transcripts" else "content_object_id"
    found = (
        rows.order_by().values_list("tag_id", "respondent_id", unit).distinct().iterator(chunk_size=10_000)
    )
    units = ((code, column_of[pk], unit) for code, pk, unit in found if pk in column_of)
    return _measured_units(count, frame, units, parents, columns)


def _measured_units(count, frame, units, parents, columns):
    """Counts of ``(code, number of the column, unit)``: how many units, or how much text, their segments cover."""
    if count not in ("words", "share"):
        return crosstab.count_units(units, parents, columns)
    units = list(units)
    used = {segment for _code, _column, segment in units}
    if count == "share":
        return crosstab.count_lengths(units, parents, columns, _spans(frame, used))
    of_study = Segment.objects.filter(transcript__in=list(frame.transcripts)).order_by()
    stretches = {
        pk: crosstab.Stretch(*where)
        for pk, *where in of_study.values_list("pk", "transcript_id", "start", "end", "words").iterator(
            chunk_size=10_000
        )
        if pk in used
    }
    quotes = _quotes(crosstab.crossing(stretches))
    return crosstab.count_words(units, parents, columns, stretches, quotes, count_words)


def _spans(frame, used):
    """Where each segment lies in all that respondents said."""
    said = Said(frame.transcripts)
    of_study = Segment.objects.filter(transcript__in=list(frame.transcripts)).order_by()
    rows = of_study.values_list("pk", "transcript_id", "respondent_id", "start", "end")
    return {pk: said.span(*where) for pk, *where in rows.iterator(chunk_size=10_000) if pk in used}


def _quotes(segment_ids):
    wanted, found = sorted(segment_ids), {}
    for start in range(0, len(wanted), 5000):
        part = Segment.objects.filter(pk__in=wanted[start : start + 5000])
        found.update(part.order_by().values_list("pk", "quote"))
    return found


def _rows(codes, counts, coded, asked):
    """Rows in tree order. A retired code is shown where it, or a code below it, has coded segments or is in use."""
    shown = set()
    for code in reversed(codes):
        if code.id in shown or not code.retired or coded.cells[code.id][-1]:
            shown.update((code.id, code.parent))
    return [
        Row(
            code,
            counts.cells[code.id],
            counts.own[code.id],
            coded.cells[code.id],
            coded.own[code.id],
            asked.below[code.id],
            asked.alone[code.id],
        )
        for code in codes
        if code.id in shown
    ]


# --- the passages behind a cell

AROUND = 90  # code points of the text shown before and after a quote
PER_PAGE = 50


@dataclass(frozen=True)
class Cell:
    """A code and a column; ``column`` is None for all columns together."""

    code: int
    column: str | None = None


def cell_from(frame, given):
    """Read ``<code>,<column key>``; without a comma, all columns. Raises Unclear."""
    code, comma, column = given.partition(",")
    return Cell(_asked_code(frame, code or "0"), column if comma else None)


@dataclass
class Passage:
    segment: int
    transcript: int
    title: str
    turn: int
    before: str
    quote: str
    lang: str
    after: str
    coders: list[str]
    codes: list[CodeLine]


@dataclass
class Opened:
    """What is behind a cell: passages by respondent, a page at a time, and who is without the code."""

    code: CodeLine
    column: str
    groups: list[tuple[Person | None, int, list[Passage]]]
    total: int
    coded: int
    have: int
    asked: int
    transcripts: int
    asked_transcripts: int
    page: int
    pages: int
    without: list[tuple[Person, list[tuple[int, str]]]]


def passages(frame, question, cell, *, with_children=True, page=1, hidden=NOTHING):
    """Open a cell: one page of its passages in context, less what is ``hidden`` from whom it is for.

    Raises Unclear for a column that is not there.
    """
    ids = frame.subtree(cell.code) if with_children else {cell.code}
    heads = _columns(frame, question, True)
    labels = {head.key: f"{head.above}, {head.label}" if head.above else head.label for head in heads}
    if cell.column is not None and cell.column not in labels:
        raise Unclear(_("This table has no column “%(key)s”.") % {"key": cell.column})
    shown = [head for head in heads if cell.column in (None, head.key)]
    chosen = list(dict.fromkeys(pk for head in shown for pk in head.people))
    if (
        question.by in OF_ROWS
        and question.count not in ("respondents", "share")
        and not question.filters_people
    ):
        chosen.append(None)
    rows = _of_people(_of_heads(coded_rows(frame, question, ids), question, shown), chosen)
    found = rows.order_by().values_list("respondent_id")
    by_person = {
        pk: (segments, coded)
        for pk, segments, coded in found.annotate(Count("content_object", distinct=True), n=Count("*"))
    }
    total = sum(segments for segments, _coded in by_person.values())
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(page, 1), pages)
    segments = _page_of_segments(rows, page)
    codes = {code.id: code for code in frame.codes}
    return Opened(
        codes[cell.code],
        labels[cell.column] if cell.column is not None else _("All"),
        _grouped(frame, segments, _bearing(rows, segments, codes), by_person, hidden),
        total,
        sum(coded for _segments, coded in by_person.values()),
        sum(1 for pk in by_person if pk is not None),
        sum(1 for pk in chosen if pk is not None),
        rows.order_by().aggregate(n=Count("content_object__transcript", distinct=True))["n"],
        len(_asked_transcripts(frame, rows, question, shown, chosen)),
        page,
        pages,
        [_with_transcripts(frame, pk) for pk in chosen if pk is not None and pk not in by_person],
    )


def _of_heads(rows, question, heads):
    if question.by not in OF_ROWS:
        return rows
    of = [head.of for head in heads]
    by_coder = question.by == BY_CODER
    return rows.filter(coder__in=of) if by_coder else rows.filter(content_object__transcript__in=of)


def _asked_transcripts(frame, rows, question, heads, people):
    if question.by == BY_TRANSCRIPT:
        return {head.of for head in heads}
    found = {t for pk in people if pk is not None for t in frame.people[pk].transcripts}
    return found | _of_nobody(frame, rows) if None in people else found


def _with_transcripts(frame, pk):
    person = frame.people[pk]
    return person, [(transcript, frame.transcripts[transcript]) for transcript in person.transcripts]


def _of_people(rows, people):
    wanted = Q(respondent__in=[pk for pk in people if pk is not None])
    return rows.filter(wanted | Q(respondent=None) if None in people else wanted)


def _page_of_segments(rows, page):
    """One page of segments with what surrounds them; the database cuts it, no text is loaded whole."""
    start = (page - 1) * PER_PAGE
    order = ["respondent", "transcript__title", "transcript", "start", "end"]
    found = rows.order_by(
        F("respondent__pseudonym").asc(nulls_last=True), *(f"content_object__{name}" for name in order)
    )
    ids = [
        pk
        for pk, *_sorted_by in found.values_list(
            "content_object", "respondent__pseudonym", *(f"content_object__{name}" for name in order)
        ).distinct()[start : start + PER_PAGE]
    ]
    segments = (
        Segment.objects.filter(pk__in=ids)
        .annotate(
            title=F("transcript__title"),
            before=Substr("transcript__text", Greatest(F("start") - AROUND + 1, 1), AROUND),
            after=Substr("transcript__text", F("end") + 1, AROUND),
        )
        .in_bulk()
    )
    return [segments[pk] for pk in ids]


def _bearing(rows, segments, codes):
    """Of each segment: who coded it, and with which of the codes."""
    found = defaultdict(lambda: ({}, {}))
    of_page = rows.filter(content_object__in=[segment.pk for segment in segments])
    for segment, code, coder in of_page.order_by("created_at").values_list(
        "content_object_id", "tag_id", "coder__username"
    ):
        found[segment][0][coder] = True
        found[segment][1][code] = True
    return {
        pk: (sorted(coders), [code for code in codes.values() if code.id in bearing])
        for pk, (coders, bearing) in found.items()
    }


def _grouped(frame, segments, bearing, by_person, hidden):
    turns = turns_of({segment.transcript_id for segment in segments})
    groups = []
    for segment in segments:
        if not groups or groups[-1][0] != segment.respondent_id:
            groups.append((segment.respondent_id, []))
        coders, codes = bearing[segment.pk]
        place = segment.transcript_id, segment.start, segment.end
        before = segment.transcript_id, segment.before, max(0, segment.start - AROUND)
        after = segment.transcript_id, segment.after, segment.end
        groups[-1][1].append(
            Passage(
                segment.pk,
                segment.transcript_id,
                segment.title,
                turn_at(turns[segment.transcript_id], segment.start)[0],
                text_before(hidden.text(*before), segment.start),
                hidden.quote(*place, segment.quote),
                lang_of(segment.quote),
                text_after(hidden.text(*after)),
                coders,
                codes,
            )
        )
    return [(frame.people.get(pk), by_person[pk][0], found) for pk, found in groups]


def text_before(text, start):
    """What stands before a quote, from a whole word on; "…" says that it goes on. Near the beginning, all there is."""
    if start <= AROUND:
        return text[:start].lstrip()
    return "…" + re.sub(r"^\S{0,20}\s+", "", text)


def text_after(text):
    if len(text) < AROUND:
        return text.rstrip()
    return re.sub(r"\s+\S{0,20}$", "", text).rstrip(".,;:，。；：、 ") + "…"


def turns_of(transcripts):
    """The turns of some transcripts (ids), as ``{id: (ends, turns)}`` for ``turn_at``."""
    rows = Transcript.objects.filter(pk__in=transcripts).order_by().values_list("pk", "turns")
    return {pk: ([turn["end"] for turn in turns], turns) for pk, turns in rows}


def turn_at(turns, start):
    """The number (from 1) and the turn that holds a place, or the first after it; (0, None) where none is."""
    ends, listed = turns
    if not listed:
        return 0, None
    number = min(bisect_right(ends, start), len(listed) - 1)
    return number + 1, listed[number]
