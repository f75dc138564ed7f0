"""How many units, words or characters the segments in the cells of a table are."""

import numpy as np

from interviews.models import Transcript

from ..analysis import crosstab
from ..analysis.covered import Spans, count_places, distinct
from ..analysis.words import FAR, WordPlaces
from ..models import Segment
from ..said import Said
from .arrays import Joined, index_of, numbers, numbers_of

OF_SEGMENTS = ("segments", "words", "share")
WHERE = {"ids": Joined("pk"), "starts": Joined("start"), "ends": Joined("end")}


def counted(count, frame, rows, grouped, coded, column_of, parents, columns):
    if count == "coded_segments":
        return coded
    if count in OF_SEGMENTS:
        found = (
            rows.order_by().values_list("tag_id", "respondent_id").annotate(ids=Joined("content_object_id"))
        )
        groups = ((code, column_of[pk], ids) for code, pk, ids in found if pk in column_of)
        return of_segments(count, frame, groups, parents, columns)
    if count == "respondents":
        units = ((code, column_of[pk], pk) for code, pk, _n in grouped if pk in column_of)
    else:
        found = rows.order_by().values_list("tag_id", "respondent_id", "content_object__transcript_id")
        units = (
            (code, column_of[pk], unit)
            for code, pk, unit in found.distinct().iterator(chunk_size=10_000)
            if pk in column_of
        )
    return crosstab.count_units(units, parents, columns)


def of_segments(count, frame, groups, parents, columns):
    """Counts of segments, of their words, or of their characters in what respondents say.

    ``groups`` are ``(code, number of the column, ids of segments as Joined)``.
    """
    groups = list(groups)
    ids, many = numbers_of([joined for _code, _column, joined in groups])
    code = np.repeat(np.array([code for code, _column, _ids in groups], dtype=np.int64), many)
    column = np.repeat(np.array([column for _code, column, _ids in groups], dtype=np.int64), many)
    if count == "segments":
        return count_places(code, column, ids, parents, columns, distinct)
    known, spans = _words(frame) if count == "words" else _said(frame)
    return count_places(code, column, index_of(known, ids), parents, columns, spans.measure)


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


def _said(frame):
    """Ids of the study's segments, and their Spans on the line of what respondents say."""
    said = Said(frame.transcripts)
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
