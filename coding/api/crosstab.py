"""Cross-tabulations for scripts."""

from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from coding.columns import Unclear
from coding.queries.crosstab import cross_tabulate
from coding.queries.frame import frame_of
from coding.queries.question import question_from
from interviews.access import reach
from interviews.models import Study

router = Router(tags=["results"])


class Asked(Schema):
    """Documents the parameters; ``question_from`` reads them, for this and for the page."""

    by: str = Field(
        "respondent_type",
        description="respondent_type, respondent, transcript, coder, or the key of an attribute (with attribute_ in "
        "front where it is one of these)",
    )
    group: str = Field(
        "", description="numbers in about 3 to 6 classes; dates by decade, year, quarter or month"
    )
    limits: str = Field("", description="where classes of numbers begin, as 5,10,15")
    across: str = Field("", description="what divides the columns further: respondent_type or an attribute")
    across_group: str = Field("", description="as group, of what divides the columns")
    count: str = Field(
        "respondents",
        description="respondents, transcripts, segments, coded_segments, words, or share (characters that are coded)",
    )
    coder: list[str] = Field([], description="only coded segments of these coders (user names)")
    code: str = Field("", description="only this code and those below it (its number)")
    respondent_type: list[str] = Field([], description="only respondents of these types (keys)")
    where: list[str] = Field([], description="only respondents with this value, as attribute:value")
    respondent: list[str] = Field([], description="only these respondents (their numbers)")


class ColumnOut(Schema):
    key: str
    label: str
    n: int
    above: str = Field(description="the label of the first attribute, where two are crossed")
    respondents: int


class RowOut(Schema):
    code: int
    name: str
    path: list[str]
    parent: int | None
    depth: int
    retired: bool
    cells: list[int]
    own: list[int]
    asked: list[int] = Field(description="respondents of the column who were asked about any of these codes")
    bases: list[int] = Field(
        description="what the cells are of: of those asked, where respondents are counted"
    )
    beside: list[int] = Field(
        description="how many of the cells are mentions by respondents who were not asked"
    )


class CrossTableOut(Schema):
    by: str
    count: str
    n: int
    columns: list[ColumnOut]
    rows: list[RowOut]
    unattributed: int


@router.get(
    "/studies/{slug}/crosstab/", response=CrossTableOut, summary="Codes by respondent type or attribute"
)
def get_crosstab(request, slug: str, asked: Query[Asked]):
    """Numbers of each code (``cells`` with the codes below it, ``own`` without), one per column, in their order.

    A column's ``n`` is its respondents or transcripts; for what has no such base, all that is coded in the column.
    Where ``asked`` is 0 and the cell too, nobody was asked: that is no zero.
    """
    study = reach(Study.objects, request.auth, "read", slug=slug)
    try:
        event_id = study.last_event_id()
        frame = frame_of(study, event_id)
        question = question_from(frame, request.GET)
        table = cross_tabulate(study, frame, question, event_id)
    except Unclear as unclear:
        raise HttpError(422, str(unclear)) from unclear
    return {
        "by": question.by,
        "count": question.count,
        "n": table.n,
        "columns": [
            {"key": c.key, "label": c.label, "n": c.n, "above": c.above, "respondents": people}
            for c, people in zip(table.columns, table.people, strict=False)
        ],
        "rows": [
            {
                "code": row.code.id,
                "name": row.code.name,
                "path": list(row.code.path),
                "parent": row.code.parent,
                "depth": row.code.depth,
                "retired": row.code.retired,
                "cells": row.cells[:-1],
                "own": row.own[:-1],
                "asked": row.below.people[:-1],
                "bases": row.below.bases[:-1],
                "beside": row.below.beside[:-1],
            }
            for row in table.rows
        ],
        "unattributed": table.unattributed,
    }
