"""Text search across transcripts: the page Find, and coding what it found."""

from django.contrib.auth.decorators import login_required
from django.contrib.messages import error, success
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from interviews import history
from interviews.access import reach
from interviews.models import Study
from interviews.restricted import hidden_from

from .. import search
from ..columns import Unclear
from ..queries.frame import frame_of
from ..queries.question import question_from
from .filtering import address_of, people_filters

PER_PAGE = 50
MODES = {
    "exact": gettext_lazy("These words"),
    "words": gettext_lazy("All of these words"),
    "regex": gettext_lazy("Regular expression"),
}
SPEAKERS = {
    "all": gettext_lazy("Everybody’s words"),
    "respondents": gettext_lazy("Respondents only"),
    "interviewers": gettext_lazy("Interviewers only"),
}
EXTENTS = {
    "match": gettext_lazy("The words found"),
    "sentence": gettext_lazy("Their sentence"),
    "turn": gettext_lazy("Their turn"),
}


@login_required
@require_GET
def show_find(request, slug):
    study = reach(Study.objects, request.user, slug=slug)
    return _page(request, study, request.GET)


def _page(request, study, params, *, refused="", status=200):
    """The page for a search; ``refused`` says why what was found could not be coded: what was chosen stays chosen."""
    event_id, hidden = study.last_event_id(), hidden_from(study)
    frame = frame_of(study, event_id)
    context = {
        "study": study,
        "page": "find",
        "frame": frame,
        "params": params,
        "modes": MODES.items(),
        "speakers": SPEAKERS.items(),
        "extents": EXTENTS.items(),
        "refused": refused,
        "chosen": set(params.getlist("chosen")),
        "address": _address(params),
        "undoable": search.own_coding(study, request.user, params.get("coded", "")),
    }
    try:
        context |= people_filters(frame, question_from(frame, params), params)
        asked = search.search_from(frame, params)
        if asked is None:
            return render(request, "coding/find.html", context)
        hits, more = search.find_all(study, frame, asked, event_id, hidden)
    except Unclear as unclear:
        return render(request, "coding/find.html", {**context, "problem": str(unclear)}, status=400)
    pages = Paginator(hits, PER_PAGE)
    shown = pages.get_page(params.get("page"))
    context |= {
        "asked": asked,
        "back": f"{reverse('coding:find', args=[study.slug])}?{_address(params)}&page={shown.number}",
        "lines": search.lines(frame, shown.object_list, hidden),
        "shown": shown,
        "more": more,
        "n_transcripts": len({hit.transcript for hit in hits}),
        "page_numbers": list(pages.get_elided_page_range(shown.number)),
        "can_code_all": not more and len(hits) <= search.MOST_CODED,
        "most_coded": search.MOST_CODED,
    }
    return render(request, "coding/find.html", context, status=status)


def _address(params):
    """The search itself, without the page and what is to be done with it."""
    return address_of(params, "coded", "chosen", "code_id", "extent", "all", "seen", "csrfmiddlewaretoken")


@login_required
@require_POST
def code_found(request, slug):
    """Code the chosen hits, or all of them, as one change."""
    study = reach(Study.objects, request.user, "code", slug=slug)
    params = request.GET.copy()  # the search; what is to be done with it was posted
    params.update(request.POST)
    try:
        event, made, there = search.code_hits(
            study, request.user, params.get("code_id", ""), _hits(study, params), params.get("extent", "")
        )
    except (search.Refused, Unclear) as refused:
        return _page(request, study, params, refused=str(refused), status=400)
    address = f"{reverse('coding:find', args=[study.slug])}?{_address(params)}"
    if not made:
        error(request, _("You have applied this code to these words already."))
        return redirect(address)
    told = ngettext("%(n)d passage is coded.", "%(n)d passages are coded.", made) % {"n": made}
    if there:
        told += " " + ngettext(
            "%(n)d had this code of yours already.", "%(n)d had this code of yours already.", there
        ) % {"n": there}
    success(request, told)
    return redirect(f"{address}&coded={event.pk}")


def _hits(study, params):
    """The chosen ones; all, if they are as many as the person saw."""
    if params.get("all") != "yes":
        return search.chosen_hits(params.getlist("chosen"))
    event_id = study.last_event_id()
    frame = frame_of(study, event_id)
    asked = search.search_from(frame, params)
    hits, _more = search.find_all(study, frame, asked, event_id) if asked else ([], False)
    if params.get("seen") != str(len(hits)):
        raise search.Refused(
            _(
                "The texts were changed meanwhile: these words are now found %(n)d times. Look again, then code them."
            )
            % {"n": len(hits)}
        )
    return hits


@login_required
@require_POST
def undo_found(request, slug, event_id):
    """Take back one's own coding of found or retrieved passages."""
    study = reach(Study.objects, request.user, "code", slug=slug)
    event = search.own_coding(study, request.user, event_id)
    if event is None:
        raise Http404
    try:
        history.undo(event, request.user)
    except history.Conflict as conflict:
        error(request, str(conflict))
    else:
        success(request, _("Undone: the passages no longer have this code of yours."))
    page = "coding:retrieval" if request.POST.get("to") == "retrieval" else "coding:find"
    return redirect(f"{reverse(page, args=[study.slug])}?{_address(request.GET)}")
