"""Bringing transcripts in: staged, checked, imported; and what a lead does with one afterwards."""

from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import editing, history, material, respondents, staging
from ..access import reach
from ..forms_material import ColumnsForm, TranscriptForm, TurnsForm, UploadForm, language_name
from ..importers import apart, archive
from ..importers.encodings import encoding_name
from ..models import Study, Transcript, Upload
from ..numbers import whole_number
from ..speakers import INTERVIEWER, assign
from ..turns import lang_of
from .asking import is_script

ENVELOPE = 64 * 1024  # what a multipart body has beside its file
FORMATS = {
    "txt": gettext_lazy("plain text"),
    "docx": gettext_lazy("Word"),
    "odt": gettext_lazy("OpenDocument"),
    "rtf": gettext_lazy("RTF"),
    "html": gettext_lazy("web page"),
    "epub": gettext_lazy("e-book"),
    "pdf": gettext_lazy("PDF"),
    "vtt": gettext_lazy("subtitles (WebVTT)"),
    "srt": gettext_lazy("subtitles (SubRip)"),
    "csv": gettext_lazy("table (CSV)"),
    "tsv": gettext_lazy("table (TSV)"),
    "xlsx": gettext_lazy("table (Excel)"),
}


_TURNS_SHOWN = 6
_TURN_SHOWN = 400  # characters


class Spoken(NamedTuple):
    """A turn, or the beginning of a long one, for a preview."""

    speaker: str
    words: str
    lang: str


class Voice(NamedTuple):
    """Who speaks under a label, in words for a summary."""

    label: str
    name: str
    is_new: bool


@dataclass
class Line:
    """A staged file as the page shows it."""

    upload: Upload
    form: UploadForm
    state: str
    voices: list[Voice] = field(default_factory=list)
    encodings: list[tuple[str, str, str]] = field(default_factory=list)
    columns: ColumnsForm | None = None

    @property
    def preview(self):
        text = self.upload.text
        return [
            Spoken(turn["speaker"] or "", words, lang_of(words))
            for turn in self.upload.turns[:_TURNS_SHOWN]
            for words in [Truncator(text[turn["said"] : turn["end"]]).chars(_TURN_SHOWN)]
        ]

    @property
    def turns_left(self):
        return max(0, len(self.upload.turns) - _TURNS_SHOWN)

    @property
    def may_assign_turns(self):
        return len(self.upload.turns) > 1 and not staging.has_labels(self.upload)

    @property
    def language(self):
        return language_name(self.upload.language)

    @property
    def format(self):
        return FORMATS.get(self.upload.format, self.upload.format)

    @property
    def own_name(self):
        return staging.own_name(self.upload)

    @property
    def has_times(self):
        return any(turn["at"] is not None for turn in self.upload.turns)

    @property
    def encoding(self):
        return encoding_name(self.upload.encoding)


@dataclass
class Lines:
    """All that a person has staged in a study, and what its lines share."""

    study: Study
    user: object

    def __post_init__(self):
        self.known = material.respondents_by_name(self.study)
        self.types = list(self.study.respondent_types.all())
        self.heard = staging.heard_elsewhere(self.study, self.user)

    def states(self):
        """The state of each file by its id, in order; what is large is not read."""
        rows = Upload.objects.filter(study=self.study, user=self.user)
        return {row.pk: staging.state(row) for row in rows.defer("text", "marks", "warnings", "comments")}

    def all(self, **lookup):
        rows = Upload.objects.filter(study=self.study, user=self.user, **lookup)
        return [self.line(upload) for upload in rows.select_related("respondent__respondent_type")]

    def form(self, upload, posted=None):
        return UploadForm(posted, upload=upload, known=self.known, types=self.types, heard=self.heard)

    def line(self, upload, form=None, columns=None):
        upload.study = self.study
        if upload.table and columns is None:
            columns = ColumnsForm(upload=upload)
        form = form or self.form(upload)
        if upload.respondent is None:  # somebody may have made the respondent since the file was staged
            upload.respondent = self.known.get(staging.own_name(upload).casefold())
        return Line(
            upload,
            form,
            staging.state(upload),
            self._voices(upload),
            [
                (name, encoding_name(name), _without_blank_lines(preview))
                for name, preview in upload.encodings
            ],
            columns,
        )

    def _voices(self, upload):
        names = {person.pk: person.pseudonym for person in self.known.values()}
        own = staging.own_name(upload)
        found = []
        for label in dict.fromkeys(turn["speaker"] for turn in upload.turns if turn["speaker"]):
            who = upload.speakers.get(label)
            if who == INTERVIEWER:
                found.append(Voice(label, "", False))
            elif isinstance(who, dict):
                known = self.known.get(who["new"].casefold())
                found.append(Voice(label, known.pseudonym if known else who["new"], known is None))
            elif who == material.OWN:
                found.append(Voice(label, own or _("not said yet"), bool(own) and not upload.respondent))
            elif who is not None:
                found.append(Voice(label, names.get(who, own), False))
        return found


def _without_blank_lines(text):
    return "\n".join(line for line in text.splitlines() if line.strip())


def _context(study, states):
    """What sums up staged files of these states."""
    counts = {state: states.count(state) for state in STATES}
    return {
        "study": study,
        "page": "import",
        "number": len(states),
        "counts": counts,
        "summary": _summary(len(states), counts),
        "open_lines": counts["check"] + counts["encoding"] + counts["columns"],
        "limit": settings.MAX_UPLOAD_BYTES,
        "longest_reading": apart.LONGEST,
        "limit_in_words": filesizeformat(settings.MAX_UPLOAD_BYTES).replace(".0\xa0", "\xa0"),
    }


STATES = {
    "ready": gettext_lazy("%(number)s ready"),
    "check": gettext_lazy("%(number)s to check"),
    "encoding": gettext_lazy("%(number)s with an encoding to choose"),
    "columns": gettext_lazy("%(number)s with columns to choose"),
    "unreadable": gettext_lazy("%(number)s not importable"),
}


def _summary(number, counts):
    files = ngettext("%(number)s file", "%(number)s files", number) % {"number": number}
    parts = [str(STATES[state]) % {"number": number} for state, number in counts.items() if number]
    return f"{files}: {', '.join(parts)}" if number else ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_transcripts(request, slug):
    """The import page; its one form saves what is said about the files and does what its button says."""
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    lines = Lines(study, request.user)
    if request.method != "POST":
        return _import_page(request, study, lines.all())
    do, _colon, number = request.POST.get("do", "").partition(":")
    if do == "import":
        return _import_ready(request, study, lines)
    if do == "leave-all-out":
        staging.leave_all_out(study, request.user)
        return redirect("interviews:import", study.slug)
    pk = whole_number(number)
    if do not in LINE_ACTS or pk is None:
        raise Http404
    uploads = Upload.objects.filter(study=study, user=request.user)
    upload = get_object_or_404(uploads.select_related("respondent__respondent_type"), pk=pk)
    upload.study = study
    if not is_script(request):
        _keep_all_typed(request, lines, besides=upload)
    changed = LINE_ACTS[do](request, lines, upload)
    if is_script(request):
        return _fragments(request, lines, _following(study, request.user, changed))
    if changed and (changed.form.errors or (changed.columns and changed.columns.errors)):
        return _import_page(request, study, [changed if x.upload.pk == upload.pk else x for x in lines.all()])
    return redirect("interviews:import", study.slug)


def _import_page(request, study, lines):
    people = study.respondents.kept().values_list("pseudonym", flat=True)
    context = _context(study, [line.state for line in lines]) | {"lines": lines, "pseudonyms": people}
    return render(request, "interviews/import.html", context)


def _fragments(request, lines, changed):
    """The lines that changed, and the sums of all, for a script to put in their places."""
    context = _context(lines.study, list(lines.states().values())) | {"changed": changed}
    return render(request, "interviews/_uploads.html", context)


def _following(study, user, changed):
    """A line that changed with those whose suggestions may follow from it; all lines where one has gone."""
    lines = Lines(study, user)
    if changed is None:
        return lines.all()
    to_check = {pk for pk, state in lines.states().items() if state == "check"} - {changed.upload.pk}
    return [changed, *lines.all(pk__in=to_check)]


def _save_line(request, lines, upload, *, settle=False):
    form = lines.form(upload, request.POST)
    if not form.is_valid():
        return lines.line(upload, form)
    form.save(settle=settle or not staging.unsettled(upload))
    return lines.line(Upload.objects.select_related("respondent__respondent_type").get(pk=upload.pk))


def _settle_line(request, lines, upload):
    return _save_line(request, lines, upload, settle=True)


def _leave_line_out(request, lines, upload):
    staging.leave_out(upload)


def _choose_encoding(request, lines, upload):
    chosen = request.POST.get(f"encoding{upload.pk}", "")
    if chosen in [name for name, _preview in upload.encodings]:
        staging.read(upload, staging.contents(upload), encoding=chosen)
        upload.save()
    return lines.line(upload)


def _choose_columns(request, lines, upload):
    form = ColumnsForm(request.POST, upload=upload)
    if not form.is_valid():
        return lines.line(upload, columns=form)
    staging.read_columns(upload, form.columns())
    return lines.line(upload)


def _retry(request, lines, upload):
    if upload.problem and upload.file:
        staging.retry(upload)
    return lines.line(upload)


LINE_ACTS = {
    "save": _save_line,
    "settle": _settle_line,
    "leave-out": _leave_line_out,
    "encoding": _choose_encoding,
    "columns": _choose_columns,
    "retry": _retry,
}


def _import_ready(request, study, lines):
    """Import what is ready, all at once; one that is refused meanwhile stays, and stops no other."""
    ready = [
        line.upload
        for line in lines.all()
        if line.state in ("ready", "check")
        and _keep_typed(request, lines, line.upload)
        and line.state == "ready"
    ]
    done = staging.commit_all(ready, request.user)
    if done:
        messages.success(
            request,
            ngettext("%(number)s transcript imported.", "%(number)s transcripts imported.", len(done))
            % {"number": len(done)},
        )
    left = Upload.objects.filter(study=study, user=request.user).exists()
    return redirect("interviews:import" if left or not done else "coding:study", study.slug)


def _keep_all_typed(request, lines, besides):
    """Save what the page's one form says about all other files, which a script saves as it is typed."""
    for line in lines.all():
        if line.upload.pk != besides.pk:
            _keep_typed(request, lines, line.upload)


def _keep_typed(request, lines, upload):
    """Save what the posted form says about a file, if it says anything; False where that cannot be."""
    if f"file{upload.pk}-respondent" not in request.POST:
        return True
    form = lines.form(upload, request.POST)
    if not form.is_valid():
        return False
    form.save(settle=not staging.unsettled(upload))
    return True


@csrf_exempt  # _upload_files is protected: that check reads the body, and must come after this one
def upload_files(request, slug):
    """Refuse one file that is too large by its announced length, before its body is read."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if is_script(request) and length > settings.MAX_UPLOAD_BYTES + ENVELOPE:
        return HttpResponse(material.too_large(length), status=413, content_type="text/plain; charset=utf-8")
    return _upload_files(request, slug)


@csrf_protect
@login_required
@require_POST
def _upload_files(request, slug):
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    staged = [
        staging.stage(study, request.user, name, data, size)
        for file in request.FILES.getlist("file")
        for name, data, size in archive.unpacked(file.name, file.read(), file.size)
    ]
    if not is_script(request):
        if not staged:
            messages.warning(request, _("Choose files first."))
        return redirect("interviews:import", study.slug)
    lines = Lines(study, request.user)
    return _fragments(request, lines, [lines.line(upload) for upload in staged])


@login_required
@require_safe
def show_upload(request, slug, upload_id):
    """The whole text that was read from a staged file."""
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    upload = get_object_or_404(Upload, study=study, user=request.user, pk=upload_id)
    return HttpResponse(upload.text, content_type="text/plain; charset=utf-8")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def assign_turns(request, slug, upload_id):
    """Who speaks which turn of a staged text that does not say so."""
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    uploads = Upload.objects.filter(study=study, user=request.user).select_related("respondent")
    upload = get_object_or_404(uploads, pk=upload_id)
    upload.study = study
    form = _turns_form(request, upload, staging.own_name(upload))
    if _are_assigned(request, form):
        staging.assign_turns(upload, form.labels())
        messages.success(request, _("Saved: who speaks in %(name)s.") % {"name": upload.filename})
        return redirect("interviews:import", study.slug)
    back = (reverse("interviews:import", args=[study.slug]), _("Import transcripts"))
    context = {"study": study, "page": "import", "name": upload.filename, "form": form, "back": back}
    return render(request, "interviews/assign_turns.html", context)


def _turns_form(request, text, own_name):
    """The form for a text without labels; 404 for any other."""
    if not text.turns or staging.has_labels(text):
        raise Http404
    asked = [_number(params.get(name)) for params, name in ((request.GET, "from"), (request.POST, "voices"))]
    if asked[0] % TurnsForm.MOST or asked[0] >= len(text.turns):
        raise Http404
    more = request.POST.get("do") == "more"
    about = {"text": text.text, "turns": text.turns, "own_name": own_name, "start": asked[0]}
    form = TurnsForm(_posted(request), **about, voices=asked[1])
    if not more:
        return form
    chosen = {name: request.POST.get(name, "") for name in form.fields}
    return TurnsForm(**about, voices=form.number + 1, initial=chosen)


def _number(given):
    return int(given) if given and given.isdecimal() and len(given) < 7 else 0


def _posted(request):
    return request.POST if request.method == "POST" else None


def _are_assigned(request, form):
    return form.is_bound and form.is_valid()


# One transcript


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def map_speakers(request, transcript_id):
    transcript = _material(request, transcript_id)
    known = material.respondents_by_name(transcript.study)
    posted = request.POST if request.method == "POST" else None
    form = TranscriptForm(posted, transcript=transcript, known=known)
    if form.is_valid():
        _save_speakers(form, transcript, request.user)
        messages.success(request, _("Saved. All that is coded here counts for who speaks now."))
        return redirect("interviews:speakers", transcript.pk)
    context = {
        "transcript": transcript,
        "study": transcript.study,
        "form": form,
        "pseudonyms": known.values(),
        "may_assign_turns": transcript.turns and not staging.has_labels(transcript),
    }
    return render(request, "interviews/speakers.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def assign_turns_of_transcript(request, transcript_id):
    """As ``assign_turns``, once it is imported: an edit of who speaks, with codings and all that counts."""
    transcript = _material(request, transcript_id)
    own = transcript.respondent.pseudonym if transcript.respondent else ""
    form = _turns_form(request, transcript, own)
    stale = ""
    if _are_assigned(request, form):
        try:
            event = editing.assign_turns(
                transcript.pk, form.labels(), request.user, revision=_number(request.POST.get("revision"))
            )
        except editing.Stale:
            stale = _("Somebody has changed this transcript meanwhile. Look at the turns again, then save.")
        else:
            if event:
                messages.success(request, _("Saved. All that is coded here counts for who speaks now."))
            return redirect("interviews:speakers", transcript.pk)
    context = {
        "study": transcript.study,
        "transcript": transcript,
        "name": transcript.title,
        "form": form,
        "back": (reverse("interviews:speakers", args=[transcript.pk]), _("Speakers")),
        "stale": stale,
    }
    return render(request, "interviews/assign_turns.html", context, status=409 if stale else 200)


@transaction.atomic
def _save_speakers(form, transcript, actor):
    study = transcript.study
    given = form.cleaned_data
    about = {name: given[name] for name in ("title", "interview_date", "language")}
    material.describe(transcript, actor, **about)
    name = given["respondent"]
    own = respondents.find_or_create(study, name, actor) if name else None
    mapping = {}
    for label, who in form.mapping().items():
        if who in (INTERVIEWER, material.OWN):
            mapping[label] = own if who == material.OWN else INTERVIEWER
        else:
            mapping[label] = respondents.find_or_create(study, who, actor)
    assign(transcript, mapping, actor, respondent=own)


def _material(request, transcript_id):
    """A transcript, removed or not, of which this person manages the material; its study knows that too."""
    transcript = reach(
        Transcript.objects.select_related("study", "respondent"),
        request.user,
        "manage_material",
        pk=transcript_id,
    )
    transcript.study.my_role = transcript.my_role
    return transcript


@login_required
@require_safe
def show_settings(request, transcript_id):
    transcript = _material(request, transcript_id)
    context = {"transcript": transcript, "study": transcript.study}
    return render(request, "interviews/transcript_settings.html", context)


@login_required
@require_POST
def remove_transcript(request, transcript_id):
    transcript = _material(request, transcript_id)
    material.remove(transcript, request.user)
    messages.success(request, _("“%(title)s” is in the trash.") % {"title": transcript.title})
    return redirect("coding:trash", transcript.study.slug)


@login_required
@require_POST
def restore_transcript(request, transcript_id):
    transcript = _material(request, transcript_id)
    try:
        material.restore(transcript, request.user)
    except material.Refused as error:
        messages.error(request, str(error))
        return redirect("coding:trash", transcript.study.slug)
    messages.success(request, _("“%(title)s” is back, with its codings.") % {"title": transcript.title})
    return redirect("interviews:speakers", transcript.pk)


@login_required
@require_safe
def download_original(request, transcript_id):
    """The file as it came, for leads only: originals may hold names. A sealed one is for owners."""
    transcript = _material(request, transcript_id)
    if transcript.original_sealed_at and not transcript.may["see_names"]:
        raise PermissionDenied
    if not transcript.original:
        raise Http404
    if request.method == "GET":
        history.note(
            transcript.study, request.user, "download-original", transcript, {}, transcript=transcript
        )
    return FileResponse(
        transcript.original.open("rb"),
        as_attachment=True,
        filename=transcript.filename,
        content_type="application/octet-stream",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
