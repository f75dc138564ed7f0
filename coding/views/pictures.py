"""Pictures of what is coded: on the page with their numbers as a table, and as files."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from interviews.access import reach
from interviews.models import Study

from .. import exports, guard, pictures
from ..colours import styles_on_paper
from ..columns import BY_TYPE, Unclear
from ..queries.frame import frame_of
from ..queries.question import asked_people, question_from
from ..withheld import told_beside_counts
from .asking import address_of, lifts, page_in


@login_required
@require_GET
def show_pictures(request, slug):
    study = reach(Study.objects, request.user, "read", slug=slug)
    frame = frame_of(study)
    try:
        drawn = draw(study, frame, request.GET)
    except Unclear as unclear:
        context = {"study": study, "page": "query", "problem": str(unclear)}
        return render(request, "coding/pictures.html", context, status=400)
    question = drawn["question"]
    coders = [(name, pk in question.coders) for pk, name in frame.coders]
    context = {
        **drawn,
        "guard": _warning(study, frame, drawn) if study.may["export"] else "",
        "study": study,
        "page": "query",
        "frame": frame,
        "tabs": [
            (key, title, address_of(request.GET, picture=key), key == drawn["name"])
            for key, (title, _about) in pictures.PICTURES.items()
        ],
        "coders": coders,
        "lifts": lifts(frame, question, request.GET),
        "address": address_of(request.GET),
        "download": address_of(request.GET, picture=drawn["name"], page=str(drawn["number"])),
        "pages": [(n, f"?{address_of(request.GET)}&page={n}") for n in range(1, drawn["of_pages"] + 1)],
    }
    return render(request, "coding/pictures.html", context)


@login_required
@require_GET
def download_picture(request, slug):
    """One SVG file with its colours inside, as on paper."""
    study = reach(Study.objects, request.user, "export", slug=slug)
    frame = frame_of(study)
    try:
        drawn = draw(study, frame, request.GET)
    except Unclear as unclear:
        context = {"study": study, "page": "query", "problem": str(unclear)}
        return render(request, "coding/pictures.html", context, status=400)
    taken = exports.taken_text(frame, drawn["question"], f"picture={drawn['name']}")
    exports.note_export(study, request.user, "picture.svg", taken, len(drawn["picture"].table.rows))
    told = [told_beside_counts(study, frame, drawn["question"]), _warning(study, frame, drawn)]
    drawn["about"] = " ".join(filter(None, [str(drawn["about"]), *told]))
    return svg_response(exports.filename(study, drawn["name"], "svg"), drawn)


def _warning(study, frame, drawn):
    question = drawn["question"]
    if drawn["name"] == "types":
        return guard.warning(guard.of_table(study, frame, question))
    if drawn["name"] == "respondents":
        people = [person.id for person in asked_people(frame, question)]
        return guard.warning(guard.of_people(study, frame, question, [BY_TYPE], people))
    return guard.warning(guard.of_filter(study, frame, question))


def svg_response(filename, drawn):
    content = render_to_string("coding/_picture.svg", {**drawn, "styles": styles_on_paper()})
    return HttpResponse(
        content.strip(),
        content_type="image/svg+xml",
        headers={"Content-Disposition": content_disposition_header(True, filename)},
    )


def draw(study, frame, params):
    """The picture that an address asks for. Raises Unclear."""
    question = question_from(frame, params)
    name = params.get("picture")
    name = name if name in pictures.PICTURES else "strips"
    of_pages = pictures.pages_of(name, frame, question)
    number = min(page_in(params), of_pages)
    title, about = pictures.PICTURES[name]
    picture, links, _keys = pictures.MAKERS[name](study, frame, question, number)
    return {
        "question": question,
        "name": name,
        "title": title,
        "about": about,
        "picture": picture,
        "numbers": list(zip(links, picture.table.rows, strict=True)),
        "number": number,
        "of_pages": of_pages,
    }
