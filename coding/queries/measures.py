"""How many units, words or characters the segments in the cells of a table are."""

from interviews.turns import count_words

from ..analysis import crosstab
from ..models import Segment
from ..said import Said


def counted(count, frame, rows, grouped, coded, column_of, parents, columns):
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
    return measured(count, frame, units, parents, columns)


def measured(count, frame, units, parents, columns):
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
