"""How much of what is asked for stays out of files, as it is restricted."""

from interviews.restricted import hidden_in_exports

from .queries.frame import Frame
from .queries.question import Question, asked_codes, asked_people, coded_rows


def segments_withheld(study, frame: Frame, question: Question) -> int:
    """The number of segments with restricted words among those that a question is about."""
    hidden = hidden_in_exports(study)
    if not hidden:
        return 0
    rows = coded_rows(frame, question, [code.id for code in asked_codes(frame, question)])
    if question.filters_people:
        rows = rows.filter(respondent__in=[person.id for person in asked_people(frame, question)])
    rows = rows.filter(content_object__transcript__in=list(hidden.ranges.keys() & frame.transcripts.keys()))
    places = rows.order_by().values_list(
        "content_object_id",
        "content_object__transcript_id",
        "content_object__start",
        "content_object__end",
    )
    return sum(hidden.touches(*place) for _pk, *place in places.distinct())
