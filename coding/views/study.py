"""The study page: how far a study is, and what to do next."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from coding.overview import names_of, overview
from interviews import narrate
from interviews.access import allows, reach
from interviews.models import Study

LATELY = 5


@login_required
@require_safe
def show_study(request, slug):
    study = reach(Study.objects, request.user, slug=slug)
    found = overview(study)
    members = list(study.memberships.select_related("user"))
    context = {
        "study": study,
        "page": "study",
        "members": _members(members, found["coded_by"]),
        "lately": narrate.tell(narrate.newest(study)[:LATELY]),
    }
    if not found["transcripts"]:
        return render(request, "coding/study_empty.html", {**context, "found": found})
    groups = _groups(found, names_of({coder_id for t in found["transcripts"] for coder_id in t["coders"]}))
    transcripts = [t for group in groups for t in group["transcripts"]]
    return render(
        request,
        "coding/study.html",
        {
            **context,
            "found": found,
            "groups": groups,
            "coded_segments": sum(t["segments"] for t in transcripts),
            "by_two": sum(len(t["coders"]) > 1 for t in transcripts),
            "go_on": _go_on(transcripts, found["last_coded"].get(request.user.pk))
            if study.may["code"]
            else None,
            "steps": list(_next_steps(study, found, transcripts, members)),
        },
    )


def _members(memberships, coded_by):
    return [
        {"user": m.user, "role": m.get_role_display(), "coded_segments": coded_by.get(m.user_id, 0)}
        for m in memberships
    ]


def _groups(found, names):
    """Transcripts by respondent type, in the study's order; last those whose respondent has none or is unknown."""
    kinds = [(t["id"], True, t["name"]) for t in found["types"]]
    kinds += [(None, True, _("No respondent type")), (None, False, _("No respondent yet"))]
    groups = []
    for type_id, has_respondent, name in kinds:
        rows = [
            {**t, "coders": sorted(names[pk] for pk in t["coders"])}
            for t in found["transcripts"]
            if t["type"] == type_id and t["has_respondent"] == has_respondent
        ]
        if rows:
            groups.append({"name": name, "transcripts": rows})
    return groups


def _go_on(transcripts, last_coded):
    """The transcript this person coded last, else the first that nobody has coded, else the first."""
    mine = [t for t in transcripts if t["id"] == last_coded]
    uncoded = [t for t in transcripts if not t["segments"]]
    return {"again": bool(mine), **(mine or uncoded or transcripts)[0]}


def _next_steps(study, found, transcripts, members):
    """What there is to do, as (address, words, detail): only what is so, and what this person may do."""
    nobodys = [t for t in transcripts if not t["has_respondent"]]
    uncoded = [t for t in transcripts if not t["segments"]]
    by_one = [t for t in transcripts if len(t["coders"]) == 1]
    if nobodys and study.may["manage_material"]:
        yield (
            reverse("interviews:respondents", args=[study.slug]),
            ngettext(
                "Say whose words %(n)d transcript is", "Say whose words %(n)d transcripts are", len(nobodys)
            )
            % {"n": len(nobodys)},
            _("Without a respondent they are in no column of a cross-tabulation: %(titles)s")
            % {"titles": _titles(nobodys)},
        )
    if not found["codes"] and study.may["manage_codebook"]:
        yield (
            reverse("coding:codebook", args=[study.slug]),
            _("Begin the codebook"),
            _("Add a few codes, or import a codebook as CSV."),
        )
    if uncoded and found["codes"] and study.may["code"]:
        yield (
            reverse("coding:transcript", args=[uncoded[0]["id"]]),
            ngettext(
                "Code the %(n)d transcript nobody has coded",
                "Code the %(n)d transcripts nobody has coded",
                len(uncoded),
            )
            % {"n": len(uncoded)},
            _titles(uncoded),
        )
    if by_one and sum(allows(m.role, "code") for m in members) > 1 and study.may["code"]:
        yield (
            reverse("coding:transcript", args=[by_one[0]["id"]]),
            ngettext(
                "Give %(n)d transcript a second coder", "Give %(n)d transcripts a second coder", len(by_one)
            )
            % {"n": len(by_one)},
            _titles(by_one),
        )
    if found["coded_by"]:
        yield (
            reverse("coding:query", args=[study.slug]),
            _("Look at the cross-tabulation"),
            _("%(codes)s by %(types)s")
            % {
                "codes": ngettext("%(n)d code", "%(n)d codes", found["codes"]) % {"n": found["codes"]},
                "types": ngettext("%(n)d respondent type", "%(n)d respondent types", len(found["types"]))
                % {"n": len(found["types"])},
            },
        )


def _titles(transcripts, at_most=8):
    titles = ", ".join(t["title"] for t in transcripts[:at_most])
    more = len(transcripts) - at_most
    return titles if more < 1 else _("%(titles)s and %(n)d more") % {"titles": titles, "n": more}
