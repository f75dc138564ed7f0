"""How many units, words or characters the coded segments in the cells of a table are."""

from typing import NamedTuple

import numpy as np
from django.db.models.functions import Coalesce

from interviews.models import Transcript

from ..analysis import crosstab
from ..analysis.arrays import index_of, pairs
from ..analysis.covered import Spans, count_places, distinct
from ..analysis.words import FAR, WordPlaces
from ..models import Segment
from .arrays import Joined, numbers, numbers_of

OF_SEGMENTS = ("segments", "words", "share")
WITH_SEGMENTS = ("transcripts", *OF_SEGMENTS)
NOBODY = 0  # in place of a respondent's id
NONE = np.zeros(0, dtype=np.int64)
WHERE = {"ids": Joined("pk"), "starts": Joined("start"), "ends": Joined("end")}


class Coded(NamedTuple):
    """Coded segments, one after another: ids of the code, of the respondent (or NOBODY) and, where a question needs
    them (or NONE), of the segment and of the coder.
    """

    code: np.ndarray
    respondent: np.ndarray
    segment: np.ndarray = NONE
    coder: np.ndarray = NONE

    @property
    def of_nobody(self):
        return int((self.respondent == NOBODY).sum())


class Placed(NamedTuple):
    """Coded segments in the columns of a table. ``people`` are ids of respondents, None for nobody; ``person`` says
    which of them, by number.
    """

    code: np.ndarray
    column: np.ndarray
    person: np.ndarray
    segment: np.ndarray
    people: list

    def where(self, chosen):
        if chosen.all():
            return self
        arrays = (array[chosen] if len(array) else array for array in self[:-1])
        return Placed(*arrays, self.people)


def coded_of(rows, *, segments, coders):
    """The Coded of a queryset of coded segments. Where neither segments nor coders matter, one scan of the covering
    index; nothing but its columns may be named here.
    """
    joined = {"respondent": Joined(Coalesce("respondent_id", NOBODY))}
    if segments:
        joined["segment"] = Joined("content_object_id")
    if coders:
        joined["coder"] = Joined("coder_id")
    found = list(rows.order_by().values_list("tag_id").annotate(**joined))
    if not found:
        return Coded(NONE, NONE)
    codes, *texts = zip(*found, strict=True)
    arrays = {name: numbers_of(each)[0] for name, each in zip(joined, texts, strict=True)}
    return Coded(np.repeat(codes, numbers_of(texts[0])[1]), **arrays)


def in_columns_of_people(coded, people_in):
    """The Placed of a Coded; ``people_in`` are each column's respondents, None for nobody."""
    column_of = {pk: number for number, people in enumerate(people_in) for pk in people}
    person = _number_of(coded.respondent, column_of)
    column = np.array([*column_of.values(), -1], dtype=np.int64)[person]
    return Placed(coded.code, column, person, coded.segment, list(column_of)).where(person >= 0)


def in_columns_of_rows(coded, ids, columns, people):
    """The Placed of a Coded, of these people; each coded segment has one of ``ids``, and so have the columns."""
    person = _number_of(coded.respondent, people)
    column = index_of(np.array(columns, dtype=np.int64), ids)
    placed = Placed(coded.code, column, person, coded.segment, list(people))
    return placed.where((person >= 0) & (column >= 0))


def _number_of(respondents, people):
    return index_of(np.array([pk or NOBODY for pk in people], dtype=np.int64), respondents)


def sum_placed(placed, parents, columns):
    cells = pairs(placed.code, placed.column, columns)
    return crosstab.sum_rows(zip(*(array.tolist() for array in cells), strict=True), parents, columns)


def counted(count, frame, placed, parents, columns, said=None):
    """Counts of units or of what segments cover; ``said`` is who said how much, for shares of it."""
    if count == "respondents":
        many = max(1, len(placed.people))
        code, cell, _n = pairs(placed.code, placed.column * many + placed.person, columns * many)
        return count_places(code, cell // many, cell % many, parents, columns, distinct)
    where = placed.code, placed.column
    if count == "segments":
        return count_places(*where, placed.segment, parents, columns, distinct)
    if count == "transcripts":
        return count_places(*where, transcripts_of(frame, placed.segment), parents, columns, distinct)
    known, spans = _words(frame) if count == "words" else _in_said(frame, said)
    return count_places(*where, index_of(known, placed.segment), parents, columns, spans.measure)


def mentions(count, frame, placed, codes):
    """``[(code, number of the column, unit, respondent)]`` of some codes; units are respondents or transcripts."""
    chosen = placed.where(np.isin(placed.code, codes))
    units = transcripts_of(frame, chosen.segment) if count == "transcripts" else chosen.person
    arrays = chosen.code, chosen.column, units, chosen.person
    found = set(zip(*(array.tolist() for array in arrays), strict=True))
    who = placed.people
    if count == "transcripts":
        return [(code, column, unit, who[person]) for code, column, unit, person in found]
    return [(code, column, who[person], who[person]) for code, column, _unit, person in found]


def transcripts_of(frame, segments):
    """The ids of the transcripts that some segments (ids) are in."""
    of_study = Segment.objects.filter(transcript__in=list(frame.transcripts)).order_by()
    found = list(of_study.values_list("transcript_id").annotate(ids=Joined("pk")))
    if not found:
        return NONE
    transcripts, texts = zip(*found, strict=True)
    ids, many = numbers_of(texts)
    return np.repeat(transcripts, many)[index_of(ids, segments)]


def _words(frame):
    """Ids of the study's segments, and their Spans, in which words are counted."""
    of_study = Segment.objects.filter(transcript__in=list(frame.transcripts)).order_by()
    joined = of_study.values_list("transcript_id").annotate(**WHERE)
    places = {pk: [numbers(text) for text in texts] for pk, *texts in joined}
    texts = Transcript.objects.filter(pk__in=list(places)).order_by().values_list("pk", "text")
    parts, at, words_before = [], 0, 0
    for pk, text in texts.iterator(chunk_size=50):
        ids, start, end = places[pk]
        words = WordPlaces(text)
        of_text = at + start, at + end, words_before + words.before(start), words_before + words.before(end)
        parts.append((ids, *of_text, at + words.cut(start)))
        at += len(text) + 1
        words_before += int(words.before(len(text)))
    return _in_order(parts)


def _in_said(frame, said):
    """Ids of the study's segments, and their Spans on the line of what respondents say."""
    of_study = Segment.objects.filter(transcript__in=list(frame.transcripts)).order_by()
    joined = of_study.values_list("transcript_id", "respondent_id").annotate(**WHERE)
    parts = []
    for transcript, respondent, *texts in joined:
        ids, start, end = map(numbers, texts)
        start, end = said.places(transcript, respondent, start), said.places(transcript, respondent, end)
        parts.append((ids, start, end, start, end, np.full(len(ids), FAR)))
    return _in_order(parts)


def _in_order(parts):
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] or [
        np.zeros(0, dtype=np.int64)
    ] * 6
    order = np.argsort(columns[1], kind="stable")
    ids, *spans = (column[order] for column in columns)
    return ids, Spans(*spans)
