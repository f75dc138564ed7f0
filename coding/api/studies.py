"""A study as a script sees it: its codebook, its people and its transcripts, without their texts."""

from datetime import date

from ninja import Router, Schema

from coding import codebook
from coding.colours import looks
from coding.exports import path_text
from interviews.access import reach
from interviews.models import Study

router = Router(tags=["study"])


class CodeOut(Schema):
    """``look`` are the CSS classes that give a code its hue; ``colour`` is what it came with."""

    id: int
    parent: int | None
    name: str
    path: str
    depth: int
    colour: str
    look: str
    definition: str
    retired: bool
    order: int
    revision: int


class TypeOut(Schema):
    id: int
    key: str
    name: str


class AttributeOut(Schema):
    key: str
    name: str
    kind: str
    choices: list[str]


class RespondentOut(Schema):
    id: int
    pseudonym: str
    respondent_type: str | None
    values: dict


class CoderOut(Schema):
    id: int
    username: str
    role: str


class TranscriptOut(Schema):
    id: int
    title: str
    filename: str
    words: int
    interview_date: date | None
    language: str
    respondent: int | None
    revision: int


class StudyOut(Schema):
    slug: str
    name: str
    research_question: str
    role: str
    codebook: list[CodeOut]
    respondent_types: list[TypeOut]
    attributes: list[AttributeOut]
    respondents: list[RespondentOut]
    coders: list[CoderOut]
    transcripts: list[TranscriptOut]


@router.get("/studies/{slug}/", response=StudyOut, summary="A study: codebook, people, transcripts")
def show_study(request, slug: str):
    """``coders`` are all members, whatever their role; a respondent's type is its key."""
    study = reach(Study.objects, request.user, "read", slug=slug)
    return {
        "slug": study.slug,
        "name": study.name,
        "research_question": study.research_question,
        "role": study.my_role,
        "codebook": _codebook(study),
        "respondent_types": list(study.respondent_types.values("id", "key", "name")),
        "attributes": list(study.attributes.values("key", "name", "kind", "choices")),
        "respondents": [_respondent(person) for person in _respondents(study)],
        "coders": [_member(member) for member in study.memberships.select_related("user")],
        "transcripts": [_transcript(row) for row in study.transcripts.kept().without_text()],
    }


def _codebook(study):
    codes = list(study.codes.all())
    path_of, look_of = codebook.paths(codes), looks(codes)
    return [
        {
            "id": code.pk,
            "parent": code.parent_id,
            "name": code.name,
            "path": path_text(path_of[code.pk]),
            "depth": depth,
            "colour": code.colour,
            "look": look_of[code.pk],
            "definition": code.definition,
            "retired": code.retired_at is not None,
            "order": code.order,
            "revision": code.revision,
        }
        for depth, code in codebook.in_tree_order(codes)
    ]


def _respondents(study):
    return study.respondents.kept().select_related("respondent_type")


def _respondent(person):
    kind = person.respondent_type
    return {
        "id": person.pk,
        "pseudonym": person.pseudonym,
        "respondent_type": kind.key if kind else None,
        "values": person.values,
    }


def _member(membership):
    user = membership.user
    return {"id": user.pk, "username": user.get_username(), "role": membership.role}


def _transcript(row):
    fields = ("title", "filename", "words", "interview_date", "language", "revision")
    return {"id": row.pk, "respondent": row.respondent_id, **{name: getattr(row, name) for name in fields}}
