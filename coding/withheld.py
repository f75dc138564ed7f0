"""How much of what is asked for stays out of files, as it is restricted."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interviews.restricted import Hidden, Quotations, hidden_in_exports

from . import codebook
from .models import Code
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


def told_beside_counts(study, frame: Frame, question: Question) -> str:
    """One sentence for a file of numbers, or nothing."""
    many = segments_withheld(study, frame, question)
    if not many:
        return ""
    told = ngettext(
        "%(n)s segment with restricted words is counted; its words are withheld.",
        "%(n)s segments with restricted words are counted; their words are withheld.",
        many,
    )
    return told % {"n": many}


def take_out_examples(passage, actor):
    """Empty the examples that quote a passage that is restricted now: an example is read by all and goes into files.

    Returns the codes, for the person to be told.
    """
    quotations = Quotations(Hidden({passage.transcript_id: [(passage.start, passage.end)]}))
    codes = Code.objects.filter(study=passage.transcript.study_id).exclude(example="")
    found = [code for code in codes if code.example in quotations]
    for code in found:
        codebook.edit_code(code, actor, _("It quoted a passage that is restricted."), example="")
    return found
