"""A transcript with its codes in the margin, to be read, printed and taken along."""

from collections import Counter
from dataclasses import dataclass, replace

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Transcript
from interviews.restricted import Hidden, hidden_from, hidden_in_exports

from .. import exports
from ..coded_html import blocks_html
from ..coded_text import Coding, lay_out, passages_of
from ..colours import styles_of_file
from ..columns import Unclear
from ..documents import TYPE, docx_of
from ..models import CodedSegment
from ..queries.frame import Frame, frame_of
from ..queries.question import Question, asked_codes, question_from


@dataclass
class CodedTranscript:
    """A transcript with those of its codings that are asked for."""

    transcript: Transcript
    frame: Frame
    question: Question
    hidden: Hidden

    @cached_property
    def text(self):
        return self.hidden.whole(self.transcript)

    @cached_property
    def withheld(self):
        """The number of its passages that have hidden words."""
        pk = self.transcript.pk
        return sum(self.hidden.touches(pk, passage.start, passage.end) for passage in self.passages)

    @cached_property
    def codes(self):
        return {code.id: code for code in self.frame.codes}

    @cached_property
    def coders(self):
        return dict(self.frame.coders)

    @cached_property
    def codings(self):
        """In text order, on one stretch by the codebook's order and the coder's name."""
        rows = CodedSegment.objects.filter(content_object__transcript=self.transcript.pk)
        if self.question.coders:
            rows = rows.filter(coder__in=self.question.coders)
        asked = {code.id for code in asked_codes(self.frame, self.question)}
        place = {pk: at for at, pk in enumerate(self.codes)}
        found = rows.values_list(
            "content_object__start", "content_object__end", "tag_id", "coder_id", "created_at"
        )
        codings = [Coding(*row) for row in found if row[2] in asked]
        return sorted(codings, key=lambda c: (c.start, c.end, place[c.code], self.coders[c.coder]))

    @cached_property
    def passages(self):
        return passages_of(self.codings)

    @cached_property
    def blocks(self):
        transcript = self.transcript
        return lay_out(self.text, transcript.turns, transcript.marks, self.passages)

    @cached_property
    def legend(self):
        """``[(code, number of its codings)]`` of the codes that are used, in the codebook's order."""
        numbers = Counter(coding.code for coding in self.codings)
        return [(code, numbers[code.id]) for code in self.frame.codes if numbers[code.id]]

    def facts(self):
        """What the head of the page says of the transcript, a text each."""
        transcript = self.transcript
        person = transcript.respondent
        if person:
            yield f"{person} ({person.respondent_type})" if person.respondent_type else str(person)
        if transcript.interview_date:
            yield date_format(transcript.interview_date, "j F Y")
        yield ngettext("%(n)d word", "%(n)d words", transcript.words) % {"n": transcript.words}
        yield ngettext("%(n)d turn", "%(n)d turns", len(transcript.turns)) % {"n": len(transcript.turns)}
        number = len(self.codings)
        yield ngettext("%(n)d coding", "%(n)d codings", number) % {"n": number}
        if self.withheld:
            told = ngettext(
                "%(n)d segment withheld (restricted)", "%(n)d segments withheld (restricted)", self.withheld
            )
            yield told % {"n": self.withheld}

    def shown(self):
        """What the filters leave, in words; empty without filters."""
        if self.question.coders:
            names = ", ".join(self.coders[pk] for pk in self.question.coders)
            yield _("Codings by %(names)s") % {"names": names}
        if self.question.code is not None:
            path = " > ".join(self.codes[self.question.code].path)
            yield _("Only “%(code)s” and the codes below it") % {"code": path}

    def html(self, turns_at=""):
        labels = self.transcript.speakers.filter(is_interviewer=True).values_list("label", flat=True)
        return blocks_html(self.text, self.blocks, self.codes, self.coders, labels, turns_at=turns_at)

    def context(self, **more):
        return {
            "coded": self,
            "transcript": self.transcript,
            "study": self.transcript.study,
            "facts": list(self.facts()),
            "filters": list(self.shown()),
            **more,
        }


def _reached(request, transcript_id, act):
    queryset = Transcript.objects.kept().select_related("study", "respondent__respondent_type")
    transcript = reach(queryset, request.user, act, pk=transcript_id)
    transcript.study.my_role = transcript.my_role
    return transcript


def _asked(transcript, params, hidden):
    """The coded transcript for an address's ``coder`` and ``code``. Raises Unclear."""
    frame = frame_of(transcript.study)
    question = question_from(frame, params)
    return CodedTranscript(transcript, frame, replace(question, types=(), where=(), respondents=()), hidden)


def _unclear(request, transcript, unclear):
    context = {"transcript": transcript, "study": transcript.study, "problem": str(unclear)}
    return render(request, "coding/coded_transcript.html", context, status=400)


@login_required
@require_GET
def show_coded_transcript(request, transcript_id):
    transcript = _reached(request, transcript_id, "read")
    try:
        coded = _asked(transcript, request.GET, hidden_from(transcript))
    except Unclear as unclear:
        return _unclear(request, transcript, unclear)
    turns_at = reverse("coding:transcript", args=[transcript.pk])
    context = coded.context(text=coded.html(turns_at), address=request.GET.urlencode())
    return render(request, "coding/coded_transcript.html", context)


@login_required
@require_GET
def download_html(request, transcript_id):
    """One file that needs no other: its styles are inside, and its policy forbids it to ask for anything."""
    return _download(request, transcript_id, "coded.html", "text/html; charset=utf-8", _html_file)


@login_required
@require_GET
def download_docx(request, transcript_id):
    """A Word document in which each coding is a comment by its coder."""
    return _download(request, transcript_id, "coded.docx", TYPE, _docx_file)


def _download(request, transcript_id, kind, content_type, make):
    transcript = _reached(request, transcript_id, "export")
    try:
        coded = _asked(transcript, request.GET, hidden_in_exports(transcript))
    except Unclear as unclear:
        return _unclear(request, transcript, unclear)
    content = make(coded)
    filters = exports.filters_text(coded.frame, coded.question)
    number = len(coded.codings)
    exports.note_export(
        transcript.study, request.user, kind, filters, number, transcript, withheld=coded.withheld
    )
    name = slugify(transcript.title, allow_unicode=True) or "transcript"
    filename = f"{name}-{timezone.localdate().isoformat()}-{kind}"
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": content_disposition_header(True, filename)},
    )


def _html_file(coded):
    context = coded.context(text=coded.html(), styles=styles_of_file("tokens.css", "print.css"))
    return render_to_string("coding/coded_transcript_file.html", context)


def _docx_file(coded):
    about = [f"{coded.transcript.study}", " · ".join(coded.facts()), *coded.shown()]
    return docx_of(
        coded.transcript.title,
        about,
        coded.legend,
        _("Codes used"),
        coded.text,
        coded.blocks,
        coded.codes,
        coded.coders,
    )
