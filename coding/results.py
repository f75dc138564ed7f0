"""Results: questions with a name, what was answered once, and what has changed since."""

from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interviews import editing, history
from interviews.anchors import through
from interviews.models import TextRevision
from interviews.numbers import whole_number
from interviews.restricted import NOTHING

from . import cooccurrence, guard, pictures, quotes, retrieval, search
from .analysis.cooccurrence import coefficients
from .asked import people_words, sentence
from .columns import BY_RESPONDENT, BY_TRANSCRIPT, Unclear
from .models import CodedSegment, FrozenPassage, Result, Segment
from .queries.around import turn_at, turns_of
from .queries.crosstab import cross_tabulate
from .queries.frame import frame_of
from .queries.question import asked_codes, asked_people, coded_rows, question_from
from .shown import (
    about_table,
    can_test,
    columns_words,
    full_label,
    in_words,
    lines_of,
    shown_as,
    table_title,
    tests_of,
)
from .statement import COUNT_NAMES, statement

MOST_FROZEN = 20_000
NAME_LENGTH = 200
LONGEST_ADDRESS = 8_000
PAGES = {
    "crosstab": "coding:query",
    "retrieval": "coding:retrieval",
    "cooccurrence": "coding:cooccurrence",
    "search": "coding:find",
    "quotes": "coding:quotes",
    "voices": "coding:voices",
    "pictures": "coding:pictures",
}
ALL = "__all__"  # the key of all columns together; that of no value is empty
QUOTED = ("retrieval", "quotes", "voices")  # answered with passages themselves


class Refused(Exception):
    """Why a result cannot be kept or frozen, for the person who tried."""


@dataclass
class Answer:
    """What a question is answered now, as its page shows it. ``rows`` are ``[key, label, figures]``; ``members`` are
    ``(segment, code or None, coded segment or None)``; ``hits`` are places in texts; ``cells`` the passages of each
    cell where they stand side by side, as ``[[code, column], segments]``; ``behind`` is what a table says of how many
    respondents, and how many bear the code of each row in each column.
    """

    title: str
    statement: list
    total: int
    columns: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    members: list = field(default_factory=list)
    hits: list = field(default_factory=list)
    cells: list = field(default_factory=list)
    people: set = field(default_factory=set)
    behind: dict = field(default_factory=dict)


def page_of(result):
    address = reverse(PAGES[result.kind], args=[result.study.slug])
    return f"{address}?{result.address}" if result.address else address


@transaction.atomic
def keep(study, user, name, kind, address, *, freeze, chosen=None):
    """Give a question a name; with ``freeze`` its answer is kept too, and of a retrieval only the ``chosen`` segments
    where some are. Raises Refused and Unclear.
    """
    name = name.strip()
    if not name:
        raise Refused(_("Give the result a name."))
    if len(name) > NAME_LENGTH or kind not in PAGES or len(address) > LONGEST_ADDRESS:
        raise Refused(_("This cannot be kept: the name or the question is too long."))
    result = Result(study=study, name=name, kind=kind, address=plain(address), created_by=user)
    given = answer(study, kind, result.address, user, NOTHING)  # a question without an answer is not kept
    result.event = study.last_event_id()
    if chosen is not None:
        wanted = {whole_number(pk) for pk in chosen}
        given.members = [member for member in given.members if member[0] in wanted]
        given.total = len(given.members)
        if not given.members:
            raise Refused(_("No passage is chosen. Choose some in the list first."))
        if kind == Result.Kind.RETRIEVAL:
            frame = frame_of(study)
            asked = retrieval.retrieval_from(frame, QueryDict(result.address))
            given.title = sentence(frame, asked, given.total)
    if freeze or chosen is not None:
        given.statement.append([_("Codebook"), _codebook(study)])
        _freeze(result, given, is_list=chosen is not None)
    result.save()
    passages = _keep_passages(result, given.members) if result.frozen is not None else []
    history.record(study, user, "keep-result", result, after=history.images(result, *passages))
    return result


def _codebook(study):
    """Which state of the codebook it was, by its last change."""
    codes = study.codes.filter(retired_at=None).count()
    told = ngettext("%(n)s code", "%(n)s codes", codes) % {"n": codes}
    last = study.events.filter(kind="codebook").order_by("-pk").values_list("pk", "at").first()
    if last is None:
        return told
    at = date_format(timezone.localtime(last[1]), "Y-m-d H:i T")
    return _("%(codes)s, as of change %(number)s of %(at)s") % {"codes": told, "number": last[0], "at": at}


def codebook_changes(result):
    """The changes of the codebook since a result was kept, the newest first."""
    return result.study.events.filter(kind="codebook", pk__gt=result.event).order_by("-pk")


def plain(address):
    """A question's parameters, without those of the page that was open."""
    params = QueryDict(address, mutable=True)
    for name in ("page", "cell", "coded", "total", "csrfmiddlewaretoken"):
        params.pop(name, None)
    return params.urlencode()


def _freeze(result, given, *, is_list):
    if len(given.members) > MOST_FROZEN or len(given.hits) > MOST_FROZEN:
        raise Refused(
            _(
                "It stands on more than %(most)s passages, too many to freeze: filter it, or keep the question."
            )
            % {"most": MOST_FROZEN}
        )
    result.frozen = {
        "title": given.title,
        "statement": given.statement,
        "total": given.total,
        "columns": given.columns,
        "rows": given.rows,
        "hits": given.hits,
        "cells": given.cells,
        "people": sorted(given.people),
        "behind": given.behind,
        "list": is_list,
    }


def _keep_passages(result, members):
    segments = list({segment for segment, _code, _coded in members})
    quotes = {}
    for start in range(0, len(segments), 1000):
        part = Segment.objects.filter(pk__in=segments[start : start + 1000]).order_by()
        quotes.update(part.values_list("pk", "quote"))
    return FrozenPassage.objects.bulk_create(
        [
            FrozenPassage(result=result, segment_id=segment, code_id=code, coded=coded, quote=quotes[segment])
            for segment, code, coded in members
        ],
        batch_size=500,
    )


@transaction.atomic
def remove(result, user):
    before = history.images(result)
    result.removed_at = timezone.now()
    result.save(update_fields=["removed_at"])
    history.record(result.study, user, "remove-result", result, before=before, after=history.images(result))


# --- answering


def answer(study, kind, address, user, hidden):
    """The Answer of a question as it is now. Raises Unclear."""
    event_id = study.last_event_id()
    frame, params = frame_of(study, event_id), QueryDict(address)
    return ANSWERS[kind](study, frame, params, event_id, user, hidden)


def _crosstab(study, frame, params, event_id, user, hidden):
    question, shown = question_from(frame, params), shown_as(params)
    table = cross_tabulate(study, frame, question, event_id)
    lines = lines_of(table, question, shown)
    answered = Answer(
        f"{COUNT_NAMES[question.count]}: {table_title(frame, question)}",
        [[str(head), str(words)] for head, words in about_table(frame, question, shown)]
        + _told(study, frame, question),
        table.coded,
        [[column.key, _label_kept(question, full_label(column)), column.n] for column in table.columns]
        + [[ALL, _("All"), table.n]],
        [[line.row.code.id, " > ".join(line.row.code.path), [*map(in_words, line.faces)]] for line in lines],
        _coded_of(frame, question),
        people={person.id for person in asked_people(frame, question)},
        behind=behind_table(study, frame, question, shown),
    )
    if shown.test and can_test(question):
        answered.columns.append(["p", "p", ""])
        tested = tests_of(table, [line.row for line in lines], shown)
        for row in answered.rows:
            p = tested[row[0]][0].p
            row[2].append("–" if p is None else f"{p:.3f}")
    return answered


def behind_table(study, frame, question, shown):
    """``{"heads": [[what is said of respondents, of how many], ...], "rows": [[code, [respondents, ...]], ...]}``."""
    found = guard.bearers(study, frame, question).items()
    rows = [[code, below if shown.with_children else own] for code, (own, below) in found]
    return {"heads": [[str(label), many] for label, many in guard.heads_of(frame, question)], "rows": rows}


def _label_kept(question, label):
    """Names of people and transcripts are looked up when shown, as they may be erased."""
    return "" if {question.by, question.across} & {BY_RESPONDENT, BY_TRANSCRIPT} else str(label)


def _quotes(study, frame, params, event_id, user, hidden):
    question = question_from(frame, params)
    codes = quotes.codes_from(frame, question, params)[: quotes.MOST_CODES]
    lines = quotes.sides(frame, question, codes, hidden=NOTHING)
    title = _("Quotes by %(columns)s") % {"columns": columns_words(frame, question)}
    return _side_by_side(study, frame, question, lines, title)


def _voices(study, frame, params, event_id, user, hidden):
    question = question_from(frame, params)
    code, contrast, size, seed = quotes.voices_from(frame, question, params)
    codes = [each for each in (code, contrast) if each]
    lines = quotes.sides(frame, question, codes, hidden=NOTHING, size=size, seed=seed)
    title = _("Voices by %(columns)s, up to %(size)s of each, drawn with seed %(seed)s") % {
        "columns": columns_words(frame, question),
        "size": size,
        "seed": seed,
    }
    return _side_by_side(study, frame, question, lines, title)


def _side_by_side(study, frame, question, lines, title):
    heads = [side.head for side in lines[0][1]] if lines else []
    answered = Answer(
        title,
        _told(study, frame, question),
        0,
        [[head.key, _label_kept(question, full_label(head)), len(head.people)] for head in heads],
        people={person.id for person in asked_people(frame, question)},
    )
    for code, sides in lines:
        path = " > ".join(code.path)
        answered.rows.append([code.id, path, [_respondents_of(side) for side in sides]])
        for side in sides:
            found = [quote.segment for quote in side.quotes]
            answered.members += [(segment, code.id, None) for segment in found]
            answered.cells.append([[code.id, side.head.key], found])
    answered.members = sorted(set(answered.members), key=str)
    answered.total = len({segment for segment, _code, _coded in answered.members})
    return answered


def _respondents_of(side):
    if not side.asked and not side.total:
        return "–"
    return _("%(n)s of %(of)s") % {"n": len(side.have), "of": side.asked}


def _picture(study, frame, params, event_id, user, hidden):
    """A picture's numbers: drawn anew from the same ones it is the same picture."""
    question = question_from(frame, params)
    name = params.get("picture")
    name = name if name in pictures.PICTURES else "strips"
    title, about = pictures.PICTURES[name]
    answered = Answer(
        f"{title}: {about}",
        _told(study, frame, question),
        0,
        members=_coded_of(frame, question),
        people={person.id for person in asked_people(frame, question)},
    )
    for page in range(1, pictures.pages_of(name, frame, question) + 1):
        drawn = pictures.MAKERS[name](study, frame, question, page)
        header, rows = drawn.picture.table
        answered.columns = [[str(number), str(head), ""] for number, head in enumerate(header[1:])]
        named = name in ("types", "time")
        answered.rows += [
            [key, str(row[0]) if named else "", row[1:]] for key, row in zip(drawn.keys, rows, strict=True)
        ]
    answered.total = len(answered.members)
    return answered


def _told(study, frame, question, *, of_codes=True):
    told = statement(study, frame, question, of_codes=of_codes)
    return [[str(heading), str(words)] for heading, words in told]


def _coded_of(frame, question):
    rows = coded_rows(frame, question, [code.id for code in asked_codes(frame, question)])
    if question.filters_people:
        rows = rows.filter(respondent__in=[person.id for person in asked_people(frame, question)])
    # One more than can be kept is enough to know that they cannot be.
    return list(
        rows.order_by("content_object", "tag", "pk").values_list("content_object_id", "tag_id", "pk")[
            : MOST_FROZEN + 1
        ]
    )


def _retrieval(study, frame, params, event_id, user, hidden):
    asked = retrieval.retrieval_from(frame, params)
    found = retrieval.find(study, frame, asked, event_id, user, hidden)
    told = Answer("", _told(study, frame, asked.people, of_codes=False), len(found.places))
    if asked.show == "passages":
        told.members = [(place.segment, None, None) for place in found.places]
        told.people = {place.respondent for place in found.places} - {None}
    else:
        people = retrieval.respondents(frame, asked, found)
        told.total, told.people = len(people), {person.id for person, _many in people}
        told.columns = [["passages", _("Passages"), sum(many for _person, many in people)]]
        told.rows = [[person.id, "", [many]] for person, many in people]
    told.title = sentence(frame, asked, told.total)
    return told


def _cooccurrence(study, frame, params, event_id, user, hidden):
    asked = cooccurrence.asked_from(frame, params)
    meeting = cooccurrence.meet(study, frame, asked, event_id)
    figures = meeting.matrix.pairs.tolist()
    if asked.show == "coefficient":
        figures = [[f"{share:.2f}" for share in row] for row in coefficients(meeting.matrix).tolist()]
    return Answer(
        f"{_('Co-occurrence')}: {cooccurrence.HOW_NAMES[asked.how]}",
        _told(study, frame, asked.question),
        int(meeting.matrix.pairs.sum()),
        [[code.id, code.name, int(own)] for code, own in zip(meeting.codes, meeting.matrix.own, strict=True)],
        [
            [code.id, " > ".join(code.path), [*row[:number], "", *row[number + 1 :]]]
            for number, (code, row) in enumerate(zip(meeting.codes, figures, strict=True))
        ],
        _coded_of(frame, asked.question),
        people={person.id for person in asked_people(frame, asked.question)},
    )


def _search(study, frame, params, event_id, user, hidden):
    asked = search.search_from(frame, params)
    if asked is None:
        raise Unclear(_("Type the words to look for."))
    hits, more = search.find_all(study, frame, asked, event_id, hidden)
    title = [
        ngettext("place where “%(words)s” is said", "places where “%(words)s” is said", len(hits))
        % {"words": asked.wanted.text},
        *people_words(frame, asked.people),
    ]
    people = asked.people.of_people
    return Answer(
        " ".join(title) + (_(" (the first)") if more else ""),
        _told(study, frame, people, of_codes=False),
        len(hits),
        hits=[[hit.transcript, hit.revision, hit.start, hit.end] for hit in hits],
    )


ANSWERS = {
    "crosstab": _crosstab,
    "retrieval": _retrieval,
    "cooccurrence": _cooccurrence,
    "search": _search,
    "quotes": _quotes,
    "voices": _voices,
    "pictures": _picture,
}


# --- what has changed


@dataclass
class Changes:
    """Between a frozen result and its question now. ``came`` and ``went`` are segments with (code, coded segment)."""

    problem: str = ""
    total: int | None = None
    cells: list = field(default_factory=list)  # (row, column, was, is)
    came: list = field(default_factory=list)
    went: list = field(default_factory=list)
    hits_came: int = 0
    hits_went: int = 0

    def __bool__(self):
        return bool(self.problem or self.cells or self.came or self.went or self.hits_came or self.hits_went)


def changes_since(result, user, hidden):
    """What a frozen result's question would be answered differently now, and the passages that make the difference."""
    try:
        now = answer(result.study, result.kind, result.address, user, NOTHING)
    except Unclear as unclear:
        return Changes(problem=str(unclear))
    was = result.frozen
    found = Changes(total=now.total)
    if was["list"]:
        present = set(
            Segment.objects.filter(pk__in=result.passages.values("segment")).values_list("pk", flat=True)
        )
        now.members = [member for member in _members(result) if member[0] in present]
    found.cells = [] if was["list"] else _cells(was, now)
    before, after = set(_members(result)), set(now.members)
    found.came, found.went = sorted(after - before, key=str), sorted(before - after, key=str)
    hits_before, hits_after = ({tuple(hit) for hit in hits} for hits in (was["hits"], now.hits))
    found.hits_came, found.hits_went = len(hits_after - hits_before), len(hits_before - hits_after)
    return found


def _members(result):
    return list(result.passages.values_list("segment_id", "code_id", "coded"))


def _cells(was, now):
    """Numbers that differ, by row and column; what is new or gone differs from nothing."""
    found = []
    columns = {key: label for key, label, _n in [*was["columns"], *now.columns]}
    labels = {key: label for key, label, _numbers in [*was["rows"], *now.rows]}
    old, new = _numbers(was["columns"], was["rows"]), _numbers(now.columns, now.rows)
    for row in labels:
        for column in columns:
            before, after = old.get((row, column)), new.get((row, column))
            if before != after and (before or after):
                found.append((row, column, labels[row], columns[column], before, after))
    return found


def _numbers(columns, rows):
    return {
        (key, column[0]): n
        for key, _label, numbers in rows
        for column, n in zip(columns, numbers, strict=False)
    }


def names_of(result, frame):
    """What stands for a label that was not kept: the names of transcripts or of respondents, by id."""
    params = QueryDict(result.address)
    transcripts = BY_TRANSCRIPT in (params.get("by"), params.get("across"))
    if result.kind == result.Kind.PICTURES:
        transcripts = params.get("picture") in (None, "", "strips")
    if transcripts:
        return frame.transcripts
    return {person.id: person.pseudonym for person in frame.people.values()}


def named(names, key):
    return names.get(whole_number(str(key)), "—")


def side_by_side(told, names, passages):
    """The passages of each cell, as ``[(code, column, passages)]``, cells without any left out."""
    by_segment = {passage["segment"].pk: passage for passage in passages}
    codes = {key: label for key, label, _figures in told["rows"]}
    columns = {key: label or named(names, key) for key, label, _n in told["columns"]}
    for (code, column), segments in told.get("cells", ()):
        there = [by_segment[pk] for pk in segments if pk in by_segment]
        if there:
            yield codes[code], columns[column], there


def passages_of(members, frame, hidden, *, most, quotes=None):
    """The segments of members as they are shown: with codes, coders, respondent; at most ``most``."""
    by_segment = {}
    for segment, code, coded in members:
        by_segment.setdefault(segment, []).append((code, coded))
        if len(by_segment) > most:
            by_segment.popitem()
            break
    rows = (
        Segment.objects.filter(pk__in=by_segment)
        .select_related("transcript")
        .defer("transcript__text", "transcript__turns", "transcript__marks")
    )
    codes = {code.id: code for code in frame.codes}
    found = []
    rows = list(rows.order_by("transcript__title", "transcript", "start", "end"))
    turns = turns_of({segment.transcript_id for segment in rows})
    for segment in rows:
        person = frame.people.get(segment.respondent_id)
        place = segment.transcript_id, segment.start, segment.end
        found.append(
            {
                "segment": segment,
                "title": segment.transcript.title,
                "turn": turn_at(turns[segment.transcript_id], segment.start)[0],
                "person": person,
                "quote": hidden.quote(*place, (quotes or {}).get(segment.pk, segment.quote)),
                "withheld": hidden.touches(*place),
                "codes": [codes[code] for code, _coded in by_segment[segment.pk] if code in codes],
            }
        )
    return found


def coders_of(members):
    """Names by coded segment, of those that are still there."""
    ids = [coded for _segment, _code, coded in members if coded]
    names = {}
    for start in range(0, len(ids), 500):
        rows = CodedSegment.objects.filter(pk__in=ids[start : start + 500]).order_by()
        names.update(rows.values_list("pk", "coder__username"))
    return names


def words_of_hits(hits, hidden, frame, *, most):
    """(title, words) of places in the revision they were found in, of a sealed one as they are now.

    What is restricted now is left out.
    """
    found = []
    wanted = [hit for hit in hits[:most] if hit[0] in frame.transcripts and hit[0] not in hidden.ranges]
    revisions = TextRevision.objects.filter(
        transcript__in={hit[0] for hit in wanted}, number__in={hit[1] for hit in wanted}
    ).values_list("transcript_id", "number", "text", "sealed_at")
    texts = {(pk, number): text for pk, number, text, sealed_at in revisions if not sealed_at}
    ways = {
        (pk, number): editing.maps_since(pk, number)
        for pk, number, _text, sealed_at in revisions
        if sealed_at
    }
    for pk, revision, start, end in wanted:
        text = texts.get((pk, revision))
        if way := ways.get((pk, revision)):
            _state, start, end, _exact = through(way, start, end)
            text = way[-1].new
        if text:
            found.append((pk, frame.transcripts[pk], text[max(0, start - 60) : end + 60]))
    return found


def makers(results):
    return dict(
        get_user_model()
        .objects.filter(pk__in={each.created_by_id for each in results})
        .values_list("pk", "username")
    )


for _act in ("keep-result", "remove-result"):
    history.undoable[_act] = "manage_codebook"
