"""Retrieval: a query that reads as a sentence, and the passages or respondents that answer it."""

from django.contrib.auth.decorators import login_required
from django.contrib.messages import success
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from interviews.access import reach
from interviews.models import Study
from interviews.numbers import whole_number
from interviews.restricted import hidden_from

from .. import retrieval, search
from ..asked import RELATION_NAMES, WITHIN_NAMES, sentence
from ..columns import Unclear
from ..queries.frame import frame_of
from ..queries.question import question_from
from .filtering import address_of, people_filters
from .find import MODES

SHOWS = {
    "passages": gettext_lazy("passages"),
    "respondents": gettext_lazy("respondents who have a passage"),
    "without": gettext_lazy("respondents who have no passage"),
}
SORTS = {"transcript": gettext_lazy("By transcript"), "respondent": gettext_lazy("By respondent")}
FURTHER = (
    "is",
    "to",
    "q",
    "memo",
    "memo_q",
    "since",
    "until",
    "coder",
)  # conditions folded away while none is set
UNITS = {"turns": gettext_lazy("turns"), "words": gettext_lazy("words")}


@login_required
@require_GET
def show_retrieval(request, slug):
    study = reach(Study.objects, request.user, slug=slug)
    return _page(request, study, request.GET)


def _page(request, study, params, *, refused="", status=200):
    event_id = study.last_event_id()
    frame = frame_of(study, event_id)
    context = {
        "study": study,
        "page": "retrieval",
        "frame": frame,
        "params": params,
        "shows": SHOWS.items(),
        "relations": RELATION_NAMES.items(),
        "units": UNITS.items(),
        "withins": WITHIN_NAMES.items(),
        "modes": MODES.items(),
        "sorts": SORTS.items(),
        "pickers": _pickers(frame, params),
        "further": "show" not in params or any(params.get(name) for name in FURTHER),
        "coders": [(name, name in params.getlist("coder")) for _pk, name in frame.coders],
        "address": _address(params),
        "refused": refused,
        "chosen": set(params.getlist("chosen")),
        "undoable": search.own_coding(study, request.user, params.get("coded", "")),
    }
    try:
        context |= people_filters(frame, question_from(frame, params), params)
        asked = retrieval.retrieval_from(frame, params)
        if "show" not in params:
            return render(request, "coding/retrieval.html", context)
        context["asked"] = asked
        context |= _answer(request, study, frame, asked, event_id, params)
    except Unclear as unclear:
        return render(request, "coding/retrieval.html", {**context, "problem": str(unclear)}, status=400)
    return render(request, "coding/retrieval.html", context, status=status)


def _answer(request, study, frame, asked, event_id, params):
    hidden = hidden_from(study)
    if asked.show != "passages":
        answer = retrieval.find(study, frame, asked, event_id, request.user, hidden)
        people = [
            (person, many, [(pk, frame.transcripts[pk]) for pk in person.transcripts])
            for person, many in retrieval.respondents(frame, asked, answer)
        ]
        return {"people": people, "n_people": len(people), "sentence": sentence(frame, asked, len(people))}
    number = whole_number(params.get("page", ""), 5) or 1
    least = None if params.get("total") == "yes" else number * retrieval.PER_PAGE
    answer = retrieval.find(study, frame, asked, event_id, request.user, hidden, least=least)
    pages = Paginator(answer.places, retrieval.PER_PAGE)
    shown = pages.get_page(number)
    return {
        "answer": answer,
        "sentence": sentence(frame, asked, len(answer.places)),
        "back": f"{reverse('coding:retrieval', args=[study.slug])}?{_address(params)}&page={shown.number}",
        "shown": shown,
        "groups": _groups(frame, asked, retrieval.shown(frame, asked, shown.object_list, hidden)),
        "page_numbers": list(pages.get_elided_page_range(shown.number)),
        "n_respondents": len({place.respondent for place in answer.places} - {None}),
    }


def _groups(frame, asked, found):
    """Passages under the heading of their transcript, or of their respondent."""
    groups = []
    for place, passage in found:
        person = frame.people.get(place.respondent)
        if asked.sort == "transcript":
            key, heading = place.transcript, passage.title
        else:
            key, heading = place.respondent, person.pseudonym if person else _("No respondent")
        if not groups or groups[-1][0] != key:
            groups.append((key, heading, []))
        groups[-1][2].append((passage, person))
    return [(heading, passages) for _key, heading, passages in groups]


def _pickers(frame, params):
    """The three choices of codes: the codes, the ids of those that are chosen, their names."""
    found = {}
    for name in ("with", "none", "to"):
        given = set(params.getlist(name))
        chosen = [code for code in frame.codes if str(code.id) in given]
        picked = {code.id for code in chosen}
        codes = [code for code in frame.codes if not code.retired or code.id in picked]
        found[name] = {"codes": codes, "picked": picked, "chosen": [code.name for code in chosen]}
    return found


def _address(params):
    return address_of(params, "coded", "chosen", "code_id", "old_code", "total", "csrfmiddlewaretoken")


@login_required
@require_POST
def code_retrieved(request, slug):
    """Give the chosen passages a code, or another one instead, as one change."""
    study = reach(Study.objects, request.user, "code", slug=slug)
    params = request.GET.copy()
    params.update(request.POST)
    chosen, code = params.getlist("chosen"), params.get("code_id", "")
    address = f"{reverse('coding:retrieval', args=[study.slug])}?{_address(params)}"
    try:
        if old := params.get("old_code"):
            event, made = search.recode_passages(study, request.user, old, code, chosen)
        else:
            event, made = search.code_passages(study, request.user, code, chosen)
    except search.Refused as refused:
        return _page(request, study, params, refused=str(refused), status=400)
    success(request, ngettext("%(n)d passage is coded.", "%(n)d passages are coded.", made) % {"n": made})
    return redirect(f"{address}&coded={event.pk}")
