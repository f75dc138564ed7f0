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


def crosstab(study, count, repeats):
    """Milliseconds for each code and type, by itself and with what is below it."""
    columns = ("code.id", "COALESCE(code.parent_id, code.id)")
    return sum(
        _milliseconds(CROSSTAB.format(code=code, unit=COUNTED[count]), [study.pk], repeats)
        for code in columns
    )


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
