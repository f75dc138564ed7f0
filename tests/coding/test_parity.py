"""What a lead does in the admin leaves the same codes, revisions and events as the same done on the codebook's page."""

import pytest
from django.urls import reverse

from coding.models import CodedSegment
from interviews.access import Role
from interviews.models import Event
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_member,
    make_study,
    make_transcript,
    make_type,
)

UNLIKE = ("created_at", "retired_at", "study_id", "asked_of", "slug", "coder_id", "content_object_id")
MEANING = ("name", "definition", "include", "exclude", "example", "origin")


class Book:
    """A study with a small codebook, the same each time it is made, and a lead at work in it."""

    def __init__(self, client, lead):
        self.client, self.study = client, make_study()
        make_member(self.study, Role.LEAD, lead)
        self.kind = make_type(self.study, "Returnee")
        ties = make_code(self.study, "Ties", colour="#4373b2", order=1)
        make_code(parent=ties, name="Trust", order=1, definition="To rely on")
        make_code(parent=ties, name="Work", order=2)
        make_code(self.study, "Home", colour="#8a460c", order=2)
        transcript, coder = make_transcript(self.study), make_coder(self.study)
        for name, start in (("Trust", 0), ("Work", 0), ("Work", 5)):
            make_coded_segment(transcript, self.code(name), coder, start=start)

    def code(self, name):
        return self.study.codes.get(name=name)

    def pks(self, names):
        return [self.code(name).pk for name in names]

    def told(self):
        """Codes, codings and events, with names in the place of ids and without times."""
        names = {code.pk: code.name for code in self.study.codes.all()}
        codes = [
            (
                code.name,
                names.get(code.parent_id),
                code.order,
                code.revision,
                bool(code.retired_at),
                code.colour,
            )
            for code in self.study.codes.order_by("name")
        ]
        codings = CodedSegment.objects.of_study(self.study).values_list("tag__name", "content_object__start")
        events = [
            (
                event.action,
                event.reason,
                *(self._images(images, names) for images in (event.before, event.after)),
            )
            for event in Event.objects.filter(study=self.study).order_by("pk")
        ]
        return codes, sorted(codings), events

    def _images(self, images, names):
        found = []
        for key, fields in images.items():
            model, pk = key.split(":")
            plain = {
                name: names.get(value) if name in ("parent_id", "merged_into_id", "tag_id") else value
                for name, value in fields.items()
                if name not in UNLIKE
            }
            whose = names.get(int(pk)) if model == "code" else model
            found.append((str(whose), sorted(plain.items(), key=str), len(fields.get("asked_of") or [])))
        return sorted(found, key=str)


class Page(Book):
    def post(self, do, names=(), **given):
        url = reverse("coding:codebook-acts", args=[self.study.slug])
        return self.client.post(url, {"do": do, "codes": self.pks(names), **given})

    def add(self, **values):
        self.client.post(reverse("coding:new-code", args=[self.study.slug]), values)

    def edit(self, name, reason, **changed):
        form = self.client.get(
            f"{reverse('coding:codebook', args=[self.study.slug])}?code={self.code(name).pk}"
        ).context["form"]
        values = {field: form[field].value() or "" for field in (*MEANING, "seen")}
        url = reverse("coding:code", args=[self.code(name).pk])
        self.client.post(url, {**values, "reason": reason, **changed})

    def step(self, name, to):
        self.post(to, [name])

    def move(self, name, parent):
        self.post("move", [name], parent=self.code(parent).pk, place="last")

    def several(self, do, names):
        self.post(do, names)

    def merge(self, names, into):
        self.post("merge", names, into=self.code(into).pk)

    def delete(self, name):
        self.post("delete", [name])


class Admin(Book):
    @property
    def list_url(self):
        return f"{reverse('admin:coding_code_changelist')}?study={self.study.slug}"

    def add(self, **values):
        self.client.post(f"{reverse('admin:coding_code_add')}?study={self.study.slug}", values)

    def edit(self, name, reason, **changed):
        code = self.code(name)
        values = {field: getattr(code, field) for field in (*MEANING, "colour")} | {
            "parent": code.parent_id or ""
        }
        self.client.post(
            reverse("admin:coding_code_change", args=[code.pk]), {**values, "reason": reason, **changed}
        )

    def step(self, name, to):
        self.client.post(reverse("admin:coding_code_act", args=[self.code(name).pk, to]))

    def move(self, name, parent):
        self.edit(name, "", parent=self.code(parent).pk)

    def several(self, do, names):
        self.client.post(self.list_url, {"action": f"{do}_codes", "_selected_action": self.pks(names)})

    def merge(self, names, into):
        url = reverse("admin:coding_code_merge")
        self.client.post(url, {"codes": self.pks(names), "into": self.code(into).pk})

    def delete(self, name):
        self.client.post(reverse("admin:coding_code_delete", args=[self.code(name).pk]), {"post": "yes"})


def work(book):
    book.add(name="Money", parent=book.code("Home").pk, definition="What it costs", asked_of=[book.kind.pk])
    book.add(name="Law")
    book.edit("Trust", "Too wide", definition="To rely on somebody", include="Vouching")
    book.edit("Trust", "", origin="data")
    book.step("Work", "up")
    book.step("Work", "down")
    book.step("Work", "in")
    book.step("Work", "out")
    book.move("Law", "Home")
    book.step("Money", "retire") if isinstance(book, Admin) else book.several("retire", ["Money"])
    book.several("retire", ["Law", "Home"])
    book.several("restore", ["Law", "Home", "Money"])
    book.merge(["Trust", "Work"], "Home")
    book.delete("Law")


@pytest.mark.django_db
def test_the_admin_leaves_the_same_as_the_page(client):
    lead = make_lead()
    client.force_login(lead)
    by_page, by_admin = Page(client, lead), Admin(client, lead)

    for book in (by_page, by_admin):
        work(book)

    codes, codings, events = by_page.told()
    for one, other in zip(events, by_admin.told()[2], strict=True):
        assert one == other
    assert by_admin.told() == (codes, codings, events)
    assert len(events) == 14 and codings == [("Home", 0), ("Home", 5)]
    assert next(code for code in codes if code[0] == "Trust")[3] == 2
