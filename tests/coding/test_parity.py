"""What a lead does in the admin leaves the same codes, revisions and events as the same done on the codebook's page."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from coding import codebook
from coding.colours import HEX
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
                *(getattr(code, field) for field in MEANING),
                [kind.name for kind in code.asked_of.all()],
            )
            for code in self.study.codes.order_by("name", "pk")
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

    def warnings(self, answer):
        return [str(message) for message in answer.context["messages"] if message.level_tag == "warning"]

    def take_in(self, text):
        """Import a codebook, by the link that the page or the admin has."""
        url = self.linked("import-codebook")
        file = SimpleUploadedFile("codebook.csv", text.encode())
        looked_at = self.client.post(url, {"file": file}).text
        hidden = dict(re.findall(r'name="(data|filename|plan)" value="([^"]*)"', looked_at))
        self.client.post(url, {**hidden, "conflicts": "take", "reason": "As agreed"})

    def take_out(self):
        for kind in ("csv", "xlsx", "qdc", "docx"):
            self.client.get(self.linked(f"codebook-{kind}"))

    def linked(self, name):
        url = reverse(f"coding:{name}", args=[self.study.slug])
        assert f'href="{url}"' in self.client.get(self.home).text
        return url

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
    @property
    def home(self):
        return reverse("coding:codebook", args=[self.study.slug])

    def post(self, do, names=(), **given):
        url = reverse("coding:codebook-acts", args=[self.study.slug])
        return self.client.post(url, {"do": do, "codes": self.pks(names), **given}, follow=True)

    def add(self, **values):
        self.client.post(reverse("coding:new-code", args=[self.study.slug]), values)

    def edit(self, name, reason="", /, **changed):
        code = self.code(name)
        form = self.client.get(f"{self.home}?code={code.pk}").context["form"]
        values = {field: form[field].value() or "" for field in (*MEANING, "seen")}
        values["asked_of"] = list(code.asked_of.values_list("pk", flat=True))
        self.client.post(reverse("coding:code", args=[code.pk]), {**values, "reason": reason, **changed})

    def colour(self, name, hue):
        self.edit(name, hue=hue)

    def step(self, name, to):
        return self.post(to, [name])

    def move(self, names, parent):
        self.post("move", names, parent=self.code(parent).pk, place="last")

    def several(self, do, names):
        return self.post(do, names)

    def merge(self, names, into):
        self.post("merge", names, into=self.code(into).pk)

    def delete(self, name):
        self.post("delete", [name])


class Admin(Book):
    @property
    def home(self):
        return f"{reverse('admin:coding_code_changelist')}?study={self.study.slug}"

    def add(self, **values):
        self.client.post(f"{reverse('admin:coding_code_add')}?study={self.study.slug}", values)

    def edit(self, name, reason="", /, **changed):
        code = self.code(name)
        values = {field: getattr(code, field) for field in (*MEANING, "colour")}
        values |= {
            "parent": code.parent_id or "",
            "asked_of": list(code.asked_of.values_list("pk", flat=True)),
        }
        url = reverse("admin:coding_code_change", args=[code.pk])
        self.client.post(url, {**values, "reason": reason, **changed})

    def colour(self, name, hue):
        self.edit(name, colour=HEX[hue])

    def step(self, name, to):
        url = reverse("admin:coding_code_act", args=[self.code(name).pk, to])
        return self.client.post(url, follow=True)

    def move(self, names, parent):
        if len(names) == 1:
            return self.edit(names[0], parent=self.code(parent).pk)
        asked = self.several("move", names).context
        sent = {"do": "move", "codes": [code.pk for code in asked["codes"]], "place": "last"}
        url = reverse("coding:codebook-acts", args=[self.study.slug])
        return self.client.post(url, {**sent, "parent": self.code(parent).pk})

    def several(self, do, names):
        sent = {"action": f"{do}_codes", "_selected_action": self.pks(names)}
        return self.client.post(self.home, sent, follow=True)

    def merge(self, names, into):
        url = reverse("admin:coding_code_merge")
        self.client.post(url, {"codes": self.pks(names), "into": self.code(into).pk})

    def delete(self, name):
        self.client.post(reverse("admin:coding_code_delete", args=[self.code(name).pk]), {"post": "yes"})


IMPORTED = "code,parent,definition\nTrust,Ties,To rely on somebody\nMoney,Home,What it costs\n"
ACTS = {  # what is done: (the actions of its events, how)
    "add a subcode": (
        ["create-code"],
        lambda book: book.add(
            name="Money", parent=book.code("Home").pk, definition="Cost", asked_of=[book.kind.pk]
        ),
    ),
    "add a family": (["create-code"], lambda book: book.add(name="Law")),
    "rename": (["edit-code"], lambda book: book.edit("Trust", "Clearer", name="Reliance")),
    "define": (
        ["edit-code"],
        lambda book: book.edit(
            "Trust", "Too wide", definition="On somebody", include="Vouching", exclude="Law"
        ),
    ),
    "give an example": (["edit-code"], lambda book: book.edit("Trust", example="I trust him")),
    "colour": (["edit-code"], lambda book: book.colour("Ties", "pink")),
    "say its origin": (["edit-code"], lambda book: book.edit("Trust", origin="data")),
    "say of whom it was asked": (["edit-code"], lambda book: book.edit("Trust", asked_of=[book.kind.pk])),
    "move up": (["move-code"], lambda book: book.step("Work", "up")),
    "move down": (["move-code"], lambda book: book.step("Trust", "down")),
    "move in": (["move-code"], lambda book: book.step("Work", "in")),
    "move out": (["move-code"], lambda book: book.step("Work", "out")),
    "move elsewhere": (["move-code"], lambda book: book.move(["Trust"], "Home")),
    "move several": (["move-code"], lambda book: book.move(["Trust", "Work"], "Home")),
    "merge": (["merge-codes"], lambda book: book.merge(["Trust"], "Work")),
    "merge several": (["merge-codes"], lambda book: book.merge(["Trust", "Work"], "Home")),
    "retire": (["retire-code"], lambda book: book.step("Trust", "retire")),
    "retire several": (["retire-code"], lambda book: book.several("retire", ["Trust", "Home"])),
    "restore": (
        ["retire-code", "restore-code"],
        lambda book: [book.step("Trust", act) for act in ("retire", "restore")],
    ),
    "restore several": (
        ["retire-code", "restore-code"],
        lambda book: [book.several(act, ["Trust", "Home"]) for act in ("retire", "restore")],
    ),
    "duplicate a branch": (["duplicate-code"], lambda book: book.step("Ties", "duplicate")),
    "delete": (["delete-code"], lambda book: book.delete("Home")),
    "import": (["import-codebook"], lambda book: book.take_in(IMPORTED)),
    "export": (["export"] * 4, lambda book: book.take_out()),
}


@pytest.mark.django_db
@pytest.mark.parametrize("act", ACTS)
def test_the_admin_leaves_the_same_codes_events_and_revisions_as_the_page(client, act):
    lead = make_lead()
    client.force_login(lead)
    by_page, by_admin = Page(client, lead), Admin(client, lead)
    actions, do = ACTS[act]

    do(by_page)
    do(by_admin)

    assert [action for action, *_images in by_page.told()[2]] == actions
    assert by_admin.told() == by_page.told()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "retire", [lambda book: book.step("Ties", "retire"), lambda book: book.several("retire", ["Ties"])]
)
def test_retiring_a_parent_warns_of_its_subcodes_in_the_admin_as_on_the_page(client, retire):
    lead = make_lead()
    client.force_login(lead)
    told = [book.warnings(retire(book)) for book in (Page(client, lead), Admin(client, lead))]
    assert told == 2 * [["2 subcodes of what is retired stay in use: “Trust”, “Work”."]]


@pytest.mark.django_db
def test_the_admin_asks_for_reasons_where_the_page_does(client):
    lead = make_lead()
    client.force_login(lead)
    for book in (Page(client, lead), Admin(client, lead)):
        codebook.require_reasons(book.study, lead, True)
        book.edit("Trust", definition="New")
        book.colour("Ties", "pink")
        assert (book.code("Trust").revision, book.code("Ties").colour) == (1, HEX["pink"])
        book.edit("Trust", "Too wide", definition="New")
        assert book.code("Trust").revision == 2
