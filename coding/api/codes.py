"""New codes, made where somebody codes."""

from typing import Annotated
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from ninja.errors import HttpError
from pydantic import Field

from coding import codebook
from coding.catalogue import code_tree
from interviews.access import reach
from interviews.models import Event, Study

from .changes import CodeRow, Key

router = Router(tags=["study"])


class NewCode(Schema):
    """``change`` is a UUID of the sender's: sent again with it, the code is made once."""

    name: Annotated[str, Field(max_length=2000)]
    parent: Key | None = None
    definition: Annotated[str, Field(max_length=100_000)] = ""
    change: UUID | None = None


class CodeMade(Schema):
    """The new code's id, and the codebook with it."""

    id: int
    codes: list[CodeRow]


@router.post("/studies/{slug}/codes/", response={201: CodeMade}, url_name="codes", summary="Make a code")
def make_code(request, slug: str, sent: NewCode):
    study = reach(Study.objects, request.user, "manage_codebook", slug=slug)
    try:
        pk = _make(study, request.user, sent)
    except codebook.Refused as refusal:
        raise HttpError(422, str(refusal)) from refusal
    return Status(201, {"id": pk, "codes": code_tree(list(study.codes.all()))})


@transaction.atomic
def _make(study, user, sent):
    codebook.lock(study)
    made = Event.objects.filter(study=study, change=sent.change, action="create-code").exclude(change=None)
    for target in made.values_list("target", flat=True):
        return int(target.split(":")[1])
    parent = get_object_or_404(study.codes, pk=sent.parent) if sent.parent is not None else None
    return codebook.create_code(
        study, user, name=sent.name, parent=parent, definition=sent.definition, change=sent.change
    ).pk
