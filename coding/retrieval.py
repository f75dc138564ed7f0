"""Retrieval: the passages, or the respondents, of which several things are true at once.

A query comes as the parameters of an address, read by ``retrieval_from``: ``show`` (passages, respondents, without),
``match`` (any, all) and ``with`` (codes), ``none`` (codes), ``in`` (passage, turn, respondent, transcript: where all or
none of them are looked for), ``own=yes`` (without subcodes), ``is`` (a relation, with ``not=yes`` its contrary), ``n``
and ``unit`` (turns, words), ``to`` (codes), ``since`` and ``until``, ``q``, ``mode`` and ``whole`` as in a search,
``memo`` (yes) and ``memo_q``, ``sort`` (transcript, respondent), and the query view's ``coder``, ``respondent_type``
and ``where``.

A passage is a segment with what the asked coders put on it in the asked time. Transcripts are looked at one after the
other, so that a first page does not wait for the last of them.
"""

import time
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import F
from django.db.models.functions import Greatest, Substr
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from interviews.days import day_from, midnight, next_midnight
from interviews.models import Transcript
from interviews.turns import lang_of, word_starts

from .analysis import retrieval, search
from .analysis.retrieval import MEASURED, RELATIONS, Relation
from .columns import Unclear
from .models import CodedSegment, Memo, Segment
from .queries.around import AROUND, ends_of, text_after, text_before, turn_at, turns_of
from .queries.cache import cached
from .queries.passages import Passage, coders_and_codes
from .queries.question import Question, asked_people, question_from
from .search import MODES, WHY_NOT

SHOWS = ("passages", "respondents", "without")
SORTS = ("transcript", "respondent")
UNITS = ("turns", "words")
WITHIN = ("passage", "turn", "respondent", "transcript")
MOST_CODES = 200
FURTHEST = 10_000
PER_PAGE = 50
AT_ONCE = 10  # transcripts whose codings are read by one statement
FEW = 20_000  # codings that are read at once
PATIENCE = 0.15  # seconds: once a page is full, the rest is counted only if it takes no longer


@dataclass(frozen=True)
class Retrieval:
    """What is asked; ``with_codes``, ``none`` and ``to`` are codes as they were chosen."""

    people: Question
    show: str = "passages"
    with_codes: tuple[int, ...] = ()
    every: bool = False
    within: str = "passage"
    subcodes: bool = True
    none: tuple[int, ...] = ()
    relation: Relation | None = None
    negated: bool = False
    unit: str = "turns"
    to: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None
    text: search.Wanted | None = None
    memo: bool = False
    memo_text: str = ""
    sort: str = "transcript"

    def group(self, frame, codes):
        """The chosen codes, each as a set with its subcodes."""
        return [frozenset(frame.subtree(code) if self.subcodes else {code}) for code in codes]


class Found(NamedTuple):
    """A passage that is an answer."""

    segment: int
    transcript: int
    start: int
    end: int
    respondent: int | None


def retrieval_from(frame, params):
    """Read a query from the parameters of an address. Raises Unclear."""
    people = question_from(frame, params)
    show = _one_of(params, "show", SHOWS)
    text = params.get("q", "").strip()
    asked = Retrieval(
        replace(people.of_people, coders=people.coders),
        show,
        _codes(frame, params, "with"),
        _one_of(params, "match", ("any", "all")) == "all",
        _one_of(params, "in", WITHIN),
        params.get("own") != "yes",
        _codes(frame, params, "none"),
        _relation(params),
        params.get("not") == "yes",
        _one_of(params, "unit", UNITS),
        _codes(frame, params, "to"),
        _day(params, "since"),
        _day(params, "until"),
        search.Wanted(text, _one_of(params, "mode", MODES), params.get("whole") == "yes") if text else None,
        params.get("memo") == "yes",
        params.get("memo_q", "").strip()[: search.LONGEST],
        _one_of(params, "sort", SORTS),
    )
    if asked.relation and not asked.to:
        raise Unclear(_("Choose the codes that the passages are to stand in this relation to."))
    if asked.since and asked.until and asked.since > asked.until:
        raise Unclear(_("The first day is after the last one."))
    return asked


def _one_of(params, name, known):
    value = params.get(name) or known[0]
    if value not in known:
        raise Unclear(_("This query is not understood. Choose anew below."))
    return value


def _codes(frame, params, name):
    known = {str(code.id): code.id for code in frame.codes}
    given = [value for value in params.getlist(name) if value]
    unknown = [value for value in given if value not in known]
    if unknown:
        raise Unclear(_("This study has no code with the number %(code)s.") % {"code": unknown[0][:20]})
    if len(given) > MOST_CODES:
        raise Unclear(
            _("At most %(most)s codes can be chosen at once: choose the code above them.")
            % {"most": MOST_CODES}
        )
    return tuple(sorted({known[value] for value in given}))


def _relation(params):
    kind = params.get("is") or ""
    if not kind:
        return None
    if kind not in RELATIONS:
        raise Unclear(_("This query is not understood. Choose anew below."))
    n = params.get("n", "").strip()
    if kind not in MEASURED or not n:
        return Relation(kind, 0 if kind == "near" else None)
    if not (n.isascii() and n.isdecimal()) or len(n) > 5 or int(n) > FURTHEST:
        raise Unclear(_("The distance is a whole number, at most %(most)s.") % {"most": FURTHEST})
    return Relation(kind, int(n))


def _day(params, name):
    given = params.get(name, "").strip()
    day = day_from(given)
    if given and day is None:
        raise Unclear(_("“%(day)s” is no date: write it as 2006-04-05.") % {"day": given[:20]})
    return day


# --- looking


@dataclass
class Answer:
    """``places`` in order; of an answer that is not ``complete`` they are the first ones."""

    places: list
    complete: bool


class _Asking:
    """A query on the way through a study's transcripts."""

    def __init__(self, study, frame, asked, user, hidden):
        self.frame, self.asked, self.hidden = frame, asked, hidden
        self.groups = asked.group(frame, asked.with_codes)
        self.none = frozenset().union(*asked.group(frame, asked.none))
        self.to = frozenset().union(*asked.group(frame, asked.to))
        self.mine = frozenset().union(*self.groups)
        self.people = (
            {person.id for person in asked_people(frame, asked.people)}
            if asked.people.filters_people
            else None
        )
        self.find = search.finder(asked.text) if asked.text else None
        self.noted = _noted(study, user, asked) if asked.memo or asked.memo_text else None
        self.transcripts = list(frame.transcripts)
        if self.people is not None:
            theirs = {pk for person in self.people for pk in frame.people[person].transcripts}
            self.transcripts = [pk for pk in self.transcripts if pk in theirs]
        self.goes_on = not self._are_few()
        self.at_once = AT_ONCE if self.goes_on else len(self.transcripts)

    def _are_few(self):
        """Whether all that can matter is read faster by its codes than transcript by transcript."""
        if not self.mine or len(self.transcripts) <= AT_ONCE:
            return False
        rows = CodedSegment.objects.filter(tag__in=self.mine | self.none | self.to).order_by()
        return rows.values("pk")[: FEW + 1].count() <= FEW

    def batches(self):
        for start in range(0, len(self.transcripts), self.at_once):
            yield from self._answers(self.transcripts[start : start + self.at_once])

    def _answers(self, pks):
        """The answers in some transcripts, a list for each."""
        rows = CodedSegment.objects.filter(content_object__transcript__in=pks).order_by()
        if not self.goes_on:
            rows = CodedSegment.objects.filter(tag__in=self.mine | self.none | self.to).order_by()
        rows = self._asked_of(rows)
        passages, segments = {pk: defaultdict(set) for pk in pks}, {}
        where = "content_object__"
        for segment, transcript, start, end, respondent, code in rows.values_list(
            "content_object_id",
            f"{where}transcript_id",
            f"{where}start",
            f"{where}end",
            "respondent_id",
            "tag_id",
        ):
            if transcript not in passages:
                continue
            passages[transcript][start, end].add(code)
            segments[transcript, start, end] = segment, respondent
        steps, units = self._steps(pks), self._units(pks, segments)
        found = {
            pk: [
                Found(segments[pk, start, end][0], pk, start, end, segments[pk, start, end][1])
                for start, end in self._places(
                    {place: frozenset(codes) for place, codes in passages[pk].items()},
                    steps.get(pk),
                    units(pk),
                )
            ]
            for pk in pks
        }
        said = self._said(found)
        for pk in pks:
            yield [place for place in found[pk] if self._holds(place, said)]

    def _asked_of(self, rows):
        """Narrowed to the asked coders and time."""
        if self.asked.people.coders:
            rows = rows.filter(coder__in=self.asked.people.coders)
        if self.asked.since:
            rows = rows.filter(created_at__gte=midnight(self.asked.since))
        if self.asked.until:
            rows = rows.filter(created_at__lt=next_midnight(self.asked.until))
        return rows

    @cached_property
    def held(self):
        """The codes of each respondent, in all transcripts."""
        found = {pk: set() for pk in self.frame.people}
        rows = CodedSegment.objects.filter(
            tag__in=self.mine | self.none, content_object__transcript__in=list(self.frame.transcripts)
        )
        for pk, code in self._asked_of(rows).order_by().values_list("respondent_id", "tag_id").distinct():
            found.setdefault(pk, set()).add(code)
        found.pop(None, None)
        return found

    def _units(self, pks, segments):
        """What a passage stands in, by transcript, as ``bearing`` takes it."""
        within = self.asked.within
        if within == "turn":
            turns = {pk: retrieval.in_turns(ends) for pk, ends in ends_of(pks).items()}
            return lambda pk: lambda place: range(turns[pk](place)[0], turns[pk](place)[1] + 1)
        return {
            "passage": lambda pk: lambda place: (place,),
            "transcript": lambda pk: lambda place: (pk,),
            "respondent": lambda pk: lambda place: (segments[(pk, *place)][1],),
        }[within]

    def _places(self, passages, steps, units):
        """By codes and relation; what asks about a passage alone comes later."""
        held = self.held if self.asked.within == "respondent" else None
        found = retrieval.bearing(passages, self.groups, self.asked.every, self.none, units, held)
        if self.asked.relation and found:
            are = retrieval.related(
                found, passages, self.mine, self.to, self.asked.relation, steps or (lambda place: place)
            )
            found = [place for place, is_so in zip(found, are, strict=True) if is_so != self.asked.negated]
        return found

    def _steps(self, pks):
        """How far apart two places of each transcript are, where the relation asks for it."""
        relation = self.asked.relation
        if relation is None or relation.kind not in MEASURED or relation.distance is None:
            return {}
        if self.asked.unit == "turns":
            return {pk: retrieval.in_turns(ends) for pk, ends in ends_of(pks).items()}
        return {pk: retrieval.in_words(starts) for pk, starts in _words_of(pks).items()}

    def _said(self, found):
        """The quotes, where words are asked for."""
        if self.find is None:
            return {}
        pks = [place.segment for places in found.values() for place in places]
        quotes = {}
        for start in range(0, len(pks), 1000):
            rows = Segment.objects.filter(pk__in=pks[start : start + 1000]).order_by()
            quotes.update(rows.values_list("pk", "quote"))
        self.turns = turns_of(list(found))
        return quotes

    def _holds(self, place, said):
        if self.people is not None and place.respondent not in self.people:
            return False
        if self.noted is not None and place.segment not in self.noted:
            return False
        if self.find is None:
            return True
        if self.hidden.touches(place.transcript, place.start, place.end):
            return False
        quote = self._spoken(place, said[place.segment])
        in_turns = self.find(quote)
        return in_turns is not None and bool(in_turns([{"said": 0, "end": len(quote)}]))

    def _spoken(self, place, quote):
        """A passage's words, with a sign that nobody looks for in place of labels, times and head lines in it."""
        ends, turns = self.turns[place.transcript]
        if not turns:
            return quote
        signs = ["\0"] * len(quote)
        for turn in turns[bisect_right(ends, place.start) :]:
            if turn["start"] >= place.end:
                break
            part = slice(max(turn["said"] - place.start, 0), max(turn["end"] - place.start, 0))
            signs[part] = quote[part]
        return "".join(signs)


def _noted(study, user, asked):
    """Segments with a memo this person may read, on them or on a coding of theirs."""
    memos = Memo.objects.visible_to(user).filter(study=study).exclude(segment=None, coded_segment=None)
    wanted = search.fold(asked.memo_text)
    rows = memos.values_list("segment_id", "coded_segment__content_object_id", "text")
    return {own or coded for own, coded, text in rows if wanted in search.fold(text)}


def _words_of(pks):
    """Where the words of each transcript begin; kept, as the texts of a revision never change."""
    revisions = dict(Transcript.objects.filter(pk__in=pks).order_by().values_list("pk", "revision"))
    keys = {pk: f"words:{pk}:{revision}" for pk, revision in revisions.items()}
    kept = cache.get_many(keys.values())
    missing = [pk for pk, key in keys.items() if key not in kept]
    fresh = {
        keys[pk]: word_starts(text)
        for pk, text in Transcript.objects.filter(pk__in=missing).order_by().values_list("pk", "text")
    }
    cache.set_many(fresh)
    return {pk: kept.get(key) or fresh[key] for pk, key in keys.items()}


def find(study, frame, asked, event_id, user, hidden, *, least=None):
    """The Answer; with ``least``, an incomplete one may do that has so many places. Raises Unclear."""
    private = user.pk if asked.memo or asked.memo_text else None

    def whole():
        return _found(_asking(study, frame, asked, user, hidden), asked, None)

    if least is None or asked.sort == "respondent":
        return cached(study, event_id, ("retrieval", asked, private, bool(hidden)), whole)
    return _found(_asking(study, frame, asked, user, hidden), asked, least)


def _asking(study, frame, asked, user, hidden):
    try:
        return _Asking(study, frame, asked, user, hidden)
    except search.Unsearchable as error:
        raise Unclear(WHY_NOT[error.why] % {"detail": error.detail}) from None


def _found(asking, asked, least):
    begun = time.monotonic()
    found = []
    try:
        for places in asking.batches():
            found += places
            if (
                asking.goes_on
                and least is not None
                and len(found) > least
                and time.monotonic() - begun > PATIENCE
            ):
                return Answer(found, False)
    except search.Unsearchable as error:
        raise Unclear(WHY_NOT[error.why] % {"detail": error.detail}) from None
    if asked.sort == "respondent":
        names = {pk: (person.pseudonym, pk) for pk, person in asking.frame.people.items()}
        order = {pk: number for number, pk in enumerate(asking.frame.transcripts)}
        found.sort(
            key=lambda place: (
                place.respondent not in names,
                names.get(place.respondent, ()),
                order[place.transcript],
                place.start,
                place.end,
            )
        )
    return Answer(found, True)


def respondents(frame, asked, answer):
    """Of the asked respondents, those with such passages, or those without any: ``[(person, passages), ...]``."""
    counts = defaultdict(int)
    for place in answer.places:
        counts[place.respondent] += 1
    return [
        (person, counts[person.id])
        for person in asked_people(frame, asked.people)
        if (person.id in counts) == (asked.show == "respondents")
    ]


# --- showing


def shown(frame, asked, places, hidden):
    """Places as Passages in context, each with its respondent: ``[(Found, Passage), ...]``."""
    segments = (
        Segment.objects.filter(pk__in=[place.segment for place in places])
        .annotate(
            title=F("transcript__title"),
            before=Substr("transcript__text", Greatest(F("start") - AROUND + 1, 1), AROUND),
            after=Substr("transcript__text", F("end") + 1, AROUND),
        )
        .in_bulk()
    )
    there = [place for place in places if place.segment in segments]
    rows = CodedSegment.objects.all()
    if asked.people.coders:
        rows = rows.filter(coder__in=asked.people.coders)
    bearing = coders_and_codes(rows, list(segments.values()), {code.id: code for code in frame.codes})
    turns = turns_of({place.transcript for place in there})
    return [(place, _passage(segments[place.segment], bearing, turns, hidden)) for place in there]


def _passage(segment, bearing, turns, hidden):
    coders, codes = bearing.get(segment.pk, ([], []))
    pk, start, end = segment.transcript_id, segment.start, segment.end
    before = hidden.text(pk, segment.before, max(0, start - AROUND))
    return Passage(
        segment.pk,
        pk,
        segment.title,
        turn_at(turns[pk], start)[0],
        text_before(before, start),
        hidden.quote(pk, start, end, segment.quote),
        lang_of(segment.quote),
        text_after(hidden.text(pk, segment.after, end)),
        coders,
        codes,
    )
