"""The same answers by plain SQL, where it has them: what the database alone needs, measured in the same run."""

import time
from statistics import median

from django.db import connection

COUNTED = {"respondents": "respondent_id", "segments": "segment_id"}
CROSSTAB = """
    SELECT {code}, person.respondent_type_id, COUNT(DISTINCT coded.{unit})
    FROM coding_codedsegment coded
    JOIN coding_code code ON code.id = coded.code_id
    JOIN interviews_respondent person ON person.id = coded.respondent_id
    WHERE code.study_id = %s
    GROUP BY 1, 2
"""
EXPORT = """
    SELECT transcript.title, segment.start, segment."end", segment.quote, code.name, coder.username, person.pseudonym
    FROM coding_codedsegment coded
    JOIN coding_segment segment ON segment.id = coded.segment_id
    JOIN interviews_transcript transcript ON transcript.id = segment.transcript_id
    JOIN coding_code code ON code.id = coded.code_id
    JOIN auth_user coder ON coder.id = coded.coder_id
    LEFT JOIN interviews_respondent person ON person.id = coded.respondent_id
    WHERE code.study_id = %s
    ORDER BY transcript.title, segment.start, segment."end"
"""
OVERLAPPING = """
    WITH RECURSIVE tree (top, id) AS (
        SELECT id, id FROM coding_code WHERE id IN (%(code)s, %(other)s)
        UNION ALL
        SELECT tree.top, code.id FROM coding_code code JOIN tree ON code.parent_id = tree.id
    )
    SELECT DISTINCT transcript.title, segment.transcript_id, segment.start, segment."end", segment.id
    FROM coding_codedsegment coded
    JOIN coding_segment segment ON segment.id = coded.segment_id
    JOIN interviews_transcript transcript ON transcript.id = segment.transcript_id
    JOIN interviews_respondent person ON person.id = coded.respondent_id
    JOIN interviews_respondenttype kind ON kind.id = person.respondent_type_id
    WHERE coded.code_id IN (SELECT id FROM tree WHERE top = %(code)s)
        AND kind.key = %(kind)s AND transcript.removed_at IS NULL
        AND EXISTS (
            SELECT 1
            FROM coding_segment beside
            JOIN coding_codedsegment with_it ON with_it.segment_id = beside.id
            WHERE beside.transcript_id = segment.transcript_id
                AND beside.start < segment."end" AND beside."end" > segment.start
                AND with_it.code_id IN (SELECT id FROM tree WHERE top = %(other)s)
        )
    ORDER BY 1, 2, 3, 4
    LIMIT 51
"""
SHARING = """
    WITH held AS (
        SELECT DISTINCT coded.respondent_id, COALESCE(code.parent_id, code.id) AS family
        FROM coding_codedsegment coded
        JOIN coding_code code ON code.id = coded.code_id
        WHERE code.study_id = %s AND coded.respondent_id IS NOT NULL
    )
    SELECT one.family, other.family, COUNT(*)
    FROM held one
    JOIN held other ON other.respondent_id = one.respondent_id
    GROUP BY 1, 2
"""


def crosstab(study, count, repeats):
    """Milliseconds for each code and type, by itself and with what is below it."""
    columns = ("code.id", "COALESCE(code.parent_id, code.id)")
    return sum(
        _milliseconds(CROSSTAB.format(code=code, unit=COUNTED[count]), [study.pk], repeats)
        for code in columns
    )


def overlapping(code, other, kind, repeats):
    """Milliseconds for a first page of the passages of one family, of one type, that overlap those of another."""
    return _milliseconds(OVERLAPPING, {"code": code, "other": other, "kind": kind}, repeats)


def sharing(study, repeats):
    """Milliseconds for how many respondents each two families share."""
    return _milliseconds(SHARING, [study.pk], repeats)


def export(study, repeats):
    return _milliseconds(EXPORT, [study.pk], repeats)


def _milliseconds(statement, params, repeats):
    times = []
    for _ in range(repeats):
        with connection.cursor() as cursor:
            start = time.perf_counter()
            cursor.execute(statement, params)
            cursor.fetchall()
            times.append((time.perf_counter() - start) * 1000)
    return median(times)
