"""The passages of a transcript whose words were changed under their codings, until somebody has looked."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from coding import reanchor
from interviews.access import reach
from interviews.models import Transcript
from interviews.numbers import whole_number
from interviews.restricted import hidden_from


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_passages(request, transcript_id):
    act = "code" if request.method == "POST" else "read"
    rows = Transcript.objects.kept().select_related("study")
    transcript = reach(rows, request.user, act, pk=transcript_id)
    transcript.study.my_role = transcript.my_role
    if request.method == "POST":
        ids = [pk for pk in map(whole_number, request.POST.getlist("passage")) if pk]
        with transaction.atomic():
            event = reanchor.settle(transcript, ids, request.user)
        number = len(event.after) if event else 0
        said = ngettext(
            "%(n)d passage is kept as it is now.", "%(n)d passages are kept as they are now.", number
        )
        messages.success(request, said % {"n": number}) if event else messages.warning(
            request, _("Choose passages first.")
        )
        return redirect("coding:needs-eyes", transcript.pk)
    fates = reanchor.waiting(transcript, hidden_from(transcript))
    context = {"transcript": transcript, "study": transcript.study, "fates": fates}
    return render(request, "coding/needs_eyes.html", context)
