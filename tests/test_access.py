"""Who may open what: every address and every operation of the API, as everybody.

``ADDRESSES`` says for each name what the least role is that may GET and POST it. An address that is not listed fails
the tests: add it, and in ``World.arguments`` what its converters need.
"""

import json
from dataclasses import dataclass, field
from itertools import count

import pytest
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.tokens import default_token_generator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from coding import codebook, results, search
from coding.models import Code, Memo
from config.api import api
from interviews.access import Role
from interviews.material import import_transcript
from interviews.models import ApiToken, Invitation, Respondent, RestrictedPassage, Transcript, Upload
from interviews.tokens import make_api_token, new_secret, sign_in_link
from tests.factories import (
    TEXT,
    make_attribute,
    make_code,
    make_coded_segment,
    make_member,
    make_respondent,
    make_study,
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db

NOT_OFFERED, ANYONE, SIGNED_IN = "not offered", "anyone", "signed in"
READER, CODER, LEAD, OWNER = Role.READER, Role.CODER, Role.LEAD, Role.OWNER
SUPERUSER, STAFF_OF_ANY_STUDY, NOBODY = "superuser", "staff of any study", "nobody"
LEAD_OF_ANY_STUDY, THE_SIGNED_OUT = "lead of any study", "the signed out"

ADDRESSES = {  # name: (least to GET, least to POST)
    "health": (ANYONE, ANYONE),
    "interviews:studies": (SIGNED_IN, NOT_OFFERED),
    "interviews:new-study": (SIGNED_IN, SIGNED_IN),
    "interviews:delete-study": (OWNER, OWNER),
    "interviews:history": (READER, NOT_OFFERED),
    "interviews:undo-change": (NOT_OFFERED, LEAD),
    "interviews:export-history": (LEAD, NOT_OFFERED),
    "interviews:members": (READER, NOT_OFFERED),
    "interviews:invite-member": (NOT_OFFERED, OWNER),
    "interviews:revoke-invitation": (NOT_OFFERED, OWNER),
    "interviews:change-role": (NOT_OFFERED, OWNER),
    "interviews:remove-member": (OWNER, OWNER),
    "interviews:join": (ANYONE, ANYONE),
    "interviews:import": (LEAD, LEAD),
    "interviews:upload": (NOT_OFFERED, LEAD),
    "interviews:upload-text": (LEAD, NOT_OFFERED),
    "interviews:upload-turns": (LEAD, LEAD),
    "interviews:respondents": (READER, NOT_OFFERED),
    "interviews:new-respondent": (LEAD, LEAD),
    "interviews:import-respondents": (LEAD, LEAD),
    "interviews:new-respondent-type": (LEAD, LEAD),
    "interviews:new-attribute": (LEAD, LEAD),
    "interviews:respondent": (LEAD, LEAD),
    "interviews:respondent-cell": (NOT_OFFERED, LEAD),
    "interviews:respondent-transcripts": (LEAD, LEAD),
    "interviews:remove-respondent": (NOT_OFFERED, LEAD),
    "interviews:restore-respondent": (NOT_OFFERED, LEAD),
    "interviews:respondent-type": (LEAD, LEAD),
    "interviews:attribute": (LEAD, LEAD),
    "interviews:transcript-turns": (LEAD, LEAD),
    "interviews:speakers": (LEAD, LEAD),
    "interviews:transcript-settings": (LEAD, NOT_OFFERED),
    "interviews:names": (LEAD, LEAD),
    "interviews:names-key": (OWNER, NOT_OFFERED),
    "interviews:names-passphrase": (NOT_OFFERED, OWNER),
    "interviews:open-names-key": (NOT_OFFERED, OWNER),
    "interviews:erase-name": (NOT_OFFERED, OWNER),
    "interviews:destroy-names-key": (NOT_OFFERED, OWNER),
    "interviews:take-names-back": (NOT_OFFERED, OWNER),
    "interviews:destroy-sealed": (NOT_OFFERED, OWNER),
    "interviews:restricted": (LEAD, LEAD),
    "interviews:lift-restriction": (NOT_OFFERED, LEAD),
    "interviews:settle-restriction": (NOT_OFFERED, LEAD),
    "interviews:edit-text": (LEAD, LEAD),
    "interviews:revisions": (LEAD, NOT_OFFERED),
    "interviews:remove-transcript": (NOT_OFFERED, LEAD),
    "interviews:restore-transcript": (NOT_OFFERED, LEAD),
    "interviews:original": (LEAD, NOT_OFFERED),
    "interviews:sign-in": (ANYONE, ANYONE),
    "interviews:sign-in-link": (ANYONE, ANYONE),
    "interviews:sign-out": (NOT_OFFERED, ANYONE),
    "interviews:account": (SIGNED_IN, NOT_OFFERED),
    "interviews:change-email": (NOT_OFFERED, SIGNED_IN),
    "interviews:change-password": (SIGNED_IN, SIGNED_IN),
    "interviews:create-token": (NOT_OFFERED, SIGNED_IN),
    "interviews:revoke-token": (NOT_OFFERED, SIGNED_IN),
    "interviews:reset-password": (ANYONE, ANYONE),
    "interviews:reset-password-sent": (ANYONE, NOT_OFFERED),
    "interviews:choose-password": (ANYONE, ANYONE),
    "coding:study": (READER, NOT_OFFERED),
    "coding:codebook": (READER, NOT_OFFERED),
    "coding:codebook-pane": (READER, NOT_OFFERED),
    "coding:new-code": (NOT_OFFERED, LEAD),
    "coding:code": (NOT_OFFERED, LEAD),
    "coding:codebook-acts": (NOT_OFFERED, LEAD),
    "coding:recoding": (READER, CODER),
    "coding:to-review": (READER, NOT_OFFERED),
    "coding:codebook-as-of": (READER, NOT_OFFERED),
    "coding:revisions-of-code": (READER, NOT_OFFERED),
    "coding:import-codebook": (LEAD, LEAD),
    "coding:codebook-csv": (LEAD, NOT_OFFERED),
    "coding:codebook-qdc": (LEAD, NOT_OFFERED),
    "coding:codebook-xlsx": (LEAD, NOT_OFFERED),
    "coding:codebook-txt": (LEAD, NOT_OFFERED),
    "coding:codebook-html": (LEAD, NOT_OFFERED),
    "coding:codebook-docx": (LEAD, NOT_OFFERED),
    "coding:query": (READER, NOT_OFFERED),
    "coding:passages": (READER, NOT_OFFERED),
    "coding:take-out": (LEAD, NOT_OFFERED),
    "coding:export-coded-segments": (LEAD, NOT_OFFERED),
    "coding:export-coded-segments-xlsx": (LEAD, NOT_OFFERED),
    "coding:export-crosstab": (LEAD, NOT_OFFERED),
    "coding:export-crosstab-xlsx": (LEAD, NOT_OFFERED),
    "coding:trash": (LEAD, NOT_OFFERED),
    "coding:erase-transcript": (OWNER, OWNER),
    "coding:erase-respondent": (OWNER, OWNER),
    "coding:results": (READER, NOT_OFFERED),
    "coding:keep-result": (NOT_OFFERED, CODER),
    "coding:least-group": (NOT_OFFERED, LEAD),
    "coding:report": (LEAD, NOT_OFFERED),
    "coding:download-report": (LEAD, NOT_OFFERED),
    "coding:result": (READER, NOT_OFFERED),
    "coding:remove-result": (NOT_OFFERED, CODER),
    "coding:cooccurrence": (READER, NOT_OFFERED),
    "coding:pairs": (READER, NOT_OFFERED),
    "coding:export-cooccurrence": (LEAD, NOT_OFFERED),
    "coding:export-cooccurrence-xlsx": (LEAD, NOT_OFFERED),
    "coding:network": (LEAD, NOT_OFFERED),
    "coding:retrieval": (READER, NOT_OFFERED),
    "coding:code-retrieved": (NOT_OFFERED, CODER),
    "coding:find": (READER, NOT_OFFERED),
    "coding:code-found": (NOT_OFFERED, CODER),
    "coding:undo-found": (NOT_OFFERED, CODER),
    "coding:matrix": (READER, NOT_OFFERED),
    "coding:export-matrix": (LEAD, NOT_OFFERED),
    "coding:export-matrix-xlsx": (LEAD, NOT_OFFERED),
    "coding:crosstab-picture": (LEAD, NOT_OFFERED),
    "coding:quotes": (READER, NOT_OFFERED),
    "coding:voices": (READER, NOT_OFFERED),
    "coding:pictures": (READER, NOT_OFFERED),
    "coding:picture": (LEAD, NOT_OFFERED),
    "coding:memos": (READER, CODER),
    "coding:memo": (READER, NOT_OFFERED),
    "coding:edit-memo": (CODER, CODER),
    "coding:delete-memo": (NOT_OFFERED, CODER),
    "coding:transcript-memos": (READER, NOT_OFFERED),
    "coding:transcript": (READER, NOT_OFFERED),
    "coding:transcript-respondent": (READER, NOT_OFFERED),
    "coding:needs-eyes": (READER, CODER),
    "coding:coded-transcript": (READER, NOT_OFFERED),
    "coding:coded-transcript-html": (LEAD, NOT_OFFERED),
    "coding:coded-transcript-docx": (LEAD, NOT_OFFERED),
    "api:api-root": (NOBODY, NOT_OFFERED),
    "api:openapi-json": (ANYONE, ANYONE),
    "api:openapi-view": (ANYONE, ANYONE),
    "api:list_studies": (SIGNED_IN, NOT_OFFERED),
    "api:show_study": (READER, NOT_OFFERED),
    "api:import_transcript": (NOT_OFFERED, LEAD),
    "api:read_transcript": (READER, NOT_OFFERED),
    "api:segments": (READER, NOT_OFFERED),
    "api:changes": (READER, CODER),
    "api:make-changes": (READER, CODER),
    "api:codes": (NOT_OFFERED, LEAD),
    "api:presence": (NOT_OFFERED, READER),
    "api:get_crosstab": (READER, NOT_OFFERED),
    "api:memos": (READER, NOT_OFFERED),
    "api:transcript-memos": (READER, NOT_OFFERED),
    "admin:index": (STAFF_OF_ANY_STUDY, STAFF_OF_ANY_STUDY),
    "admin:app_list": (LEAD_OF_ANY_STUDY, LEAD_OF_ANY_STUDY),
    "admin:login": (THE_SIGNED_OUT, THE_SIGNED_OUT),
    "admin:logout": (NOT_OFFERED, ANYONE),
    "admin:jsi18n": (STAFF_OF_ANY_STUDY, NOT_OFFERED),
    "admin:password_change": (STAFF_OF_ANY_STUDY, STAFF_OF_ANY_STUDY),
    "admin:password_change_done": (STAFF_OF_ANY_STUDY, NOT_OFFERED),
    "admin:autocomplete": (NOBODY, NOT_OFFERED),
    "admin:view_on_site": (NOBODY, NOBODY),
    "admin:(?P<url>.*)$": (NOBODY, NOBODY),
    "admin:coding_code_changelist": (LEAD_OF_ANY_STUDY, LEAD_OF_ANY_STUDY),
    "admin:coding_code_add": (LEAD_OF_ANY_STUDY, LEAD_OF_ANY_STUDY),
    "admin:coding_code_merge": (LEAD, LEAD),
    "admin:coding_code_act": (NOT_OFFERED, LEAD),
    "admin:coding_code_change": (LEAD, LEAD),
    "admin:coding_code_delete": (LEAD, LEAD),
    "admin:coding_code_history": (LEAD, LEAD),
    "admin:coding/code/<path:object_id>/": (STAFF_OF_ANY_STUDY, STAFF_OF_ANY_STUDY),  # leads on to …/change/
    "admin:auth_user_changelist": (SUPERUSER, SUPERUSER),
    "admin:auth_user_add": (SUPERUSER, SUPERUSER),
    "admin:auth_user_change": (SUPERUSER, SUPERUSER),
    "admin:auth_user_delete": (NOBODY, NOBODY),
    "admin:auth_user_history": (SUPERUSER, SUPERUSER),
    "admin:auth_user_password_change": (SUPERUSER, SUPERUSER),
    "admin:auth/user/<path:object_id>/": (STAFF_OF_ANY_STUDY, STAFF_OF_ANY_STUDY),  # leads on to …/change/
    "admin:interviews_membership_changelist": (SUPERUSER, SUPERUSER),
    "admin:interviews_membership_add": (SUPERUSER, SUPERUSER),
    "admin:interviews_membership_change": (NOBODY, NOBODY),
    "admin:interviews_membership_delete": (NOBODY, NOBODY),
    "admin:interviews_membership_history": (NOBODY, NOBODY),
    "admin:interviews/membership/<path:object_id>/": (
        STAFF_OF_ANY_STUDY,
        STAFF_OF_ANY_STUDY,
    ),  # leads on to …/change/
}
NOT_OURS = ("admin:axes",)  # the throttle's own tables: for superusers, by Django's own permissions


def names_of_addresses(patterns=None, space="", route=""):
    """Every address by its name, or by its route where it has none."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from names_of_addresses(
                pattern.url_patterns, inner, "" if pattern.namespace else route + str(pattern.pattern)
            )
        else:
            name = f"{space}{pattern.name or route + str(pattern.pattern)}"
            if not name.startswith(NOT_OURS):
                yield name


@dataclass
class World:
    """A study with one of everything, and people of every kind."""

    study: object = field(default_factory=make_study)

    def __post_init__(self):
        self.people = {role: make_member(self.study, role) for role in Role}
        self.people["stranger"] = make_user()
        for role in Role:
            self.people[f"{role} of another study"] = make_member(make_study(), role)
        self.people["superuser"] = make_user(is_superuser=True, is_staff=True)
        self.member = make_member(self.study, Role.CODER)
        self.membership = self.member.memberships.get()
        owner = self.people[OWNER]
        self.transcript = import_transcript(self.study, owner, "one.txt", TEXT.encode())
        self.removed = import_transcript(self.study, owner, "two.txt", TEXT.encode() + b"\nMore.")
        Transcript.objects.filter(pk=self.removed.pk).update(removed_at=timezone.now())
        self.unlabelled = import_transcript(self.study, owner, "three.txt", b"Why?\n\nWe were young.\n")
        self.type = make_type(self.study)
        self.attribute = make_attribute(self.study)
        self.respondent = make_respondent(self.study, respondent_type=self.type)
        self.passage = RestrictedPassage.objects.create(transcript=self.transcript, start=0, end=3)
        self.gone = make_respondent(self.study)
        Respondent.objects.filter(pk=self.gone.pk).update(removed_at=timezone.now())
        self.code = make_code(self.study)
        self.change = self._edited(self.code)
        make_coded_segment(self.transcript, self.code)
        self.unused = make_code(self.study)
        self.memo = Memo.objects.create(study=self.study, author=self.people[CODER], text="Why now?")
        self.secret, digest = new_secret()
        self.invitation = Invitation.objects.create(
            study=self.study,
            digest=digest,
            created_by=owner,
            expires_at=timezone.now() + timezone.timedelta(days=1),
        )
        self.results = {who: self._kept(who) for who in (CODER, LEAD, OWNER)}
        self.found = {who: self._coded_by_search(who) for who in (CODER, LEAD, OWNER)}
        self.upload = Upload.objects.create(
            study=self.study,
            user=self.people[LEAD],
            filename="x.txt",
            text="x",
            turns=[{"start": 0, "end": 1, "said": 0, "speaker": None, "at": None}],
        )
        self.tokens = {}
        for who, person in self.people.items():
            make_api_token(person)
            self.tokens[who] = ApiToken.objects.get(user=person)

    def _edited(self, code):
        codebook.edit_code(code, self.people[OWNER], definition="Said of somebody")
        return self.study.events.latest("pk")

    def _kept(self, who):
        return results.keep(self.study, self.people[who], "Kept", "crosstab", "", freeze=True)

    def _coded_by_search(self, who):
        place = search.Hit(self.transcript.pk, 1, 13, 16, 0)
        return search.code_hits(self.study, self.people[who], self.code.pk, [place], "match")[0]

    def arguments(self, name, who, study=None):
        """What the address's converters need, in their order; ``study`` where its address is another's."""
        slug = (study or self.study).slug
        uploads_owner = who if who in (LEAD, OWNER) else LEAD
        special = {
            "interviews:revoke-invitation": [slug, self.invitation.pk],
            "interviews:undo-change": [slug, self.change.pk],
            "interviews:change-role": [slug, self.membership.pk],
            "interviews:remove-member": [slug, self.membership.pk],
            "interviews:upload-text": [slug, self._upload_of(uploads_owner).pk],
            "coding:download-report": [slug, "docx"],
            "coding:result": [self.results[OWNER].pk],
            "coding:remove-result": [self.results.get(who, self.results[OWNER]).pk],
            "coding:undo-found": [slug, self.found.get(who, self.found[OWNER]).pk],
            "interviews:upload-turns": [slug, self._upload_of(uploads_owner).pk],
            "interviews:join": [self.secret],
            "interviews:respondent": [self.respondent.pk],
            "interviews:respondent-cell": [self.respondent.pk],
            "interviews:respondent-transcripts": [self.respondent.pk],
            "interviews:respondent-type": [self.type.pk],
            "interviews:attribute": [self.attribute.pk],
            "interviews:restore-transcript": [self.removed.pk],
            "interviews:transcript-turns": [self.unlabelled.pk],
            "interviews:lift-restriction": [self.passage.pk],
            "interviews:settle-restriction": [self.passage.pk],
            "interviews:remove-respondent": [self.respondent.pk],
            "interviews:restore-respondent": [self.gone.pk],
            "coding:erase-transcript": [self.removed.pk],
            "coding:erase-respondent": [self.gone.pk],
            "interviews:revoke-token": [self.tokens.get(who, self.tokens[OWNER]).pk],
            "interviews:sign-in-link": [self.member.pk, sign_in_link.make_token(self.member)],
            "interviews:choose-password": [
                urlsafe_base64_encode(force_bytes(self.member.pk)),
                default_token_generator.make_token(self.member),
            ],
            "api:read_transcript": [self.transcript.pk],
            "coding:memo": [self.memo.pk],
            "coding:code": [self.code.pk],
            "coding:revisions-of-code": [self.code.pk],
            "coding:edit-memo": [self._memo_of(who).pk],
            "coding:delete-memo": [self._memo_of(who).pk],
            "admin:app_list": ["coding"],
            "admin:view_on_site": [1, 1],
            "admin:coding_code_act": [self.code.pk, "down"],
            "admin:coding/code/<path:object_id>/": f"admin/coding/code/{self.code.pk}/",
            "admin:auth/user/<path:object_id>/": f"admin/auth/user/{self.member.pk}/",
            "admin:interviews/membership/<path:object_id>/": f"admin/interviews/membership/{self.membership.pk}/",
            "admin:(?P<url>.*)$": "admin/nothing/",
        }
        if name in special:
            return special[name]
        if name == "admin:coding_code_delete":
            return [self.unused.pk]
        if name.startswith("admin:coding_code_") and name.endswith(("change", "delete", "history")):
            return [self.code.pk]
        if name.startswith("admin:auth_user_") and not name.endswith(("list", "_add")):
            return [self.member.pk]
        if name.startswith("admin:interviews_membership_") and not name.endswith(("list", "_add")):
            return [self.membership.pk]
        for found in ([], [slug], [self.transcript.pk]):
            try:
                reverse(name, args=found)
            except NoReverseMatch:
                continue
            return found
        raise AssertionError(f"What does {name} need? Say it in World.arguments.")

    def _memo_of(self, who):
        """The memo, shared, as this person's own where they may write one."""
        author = self.people[who if who in (CODER, LEAD, OWNER) else CODER]
        Memo.objects.filter(pk=self.memo.pk).update(author=author)
        return self.memo

    def _upload_of(self, who):
        Upload.objects.filter(pk=self.upload.pk).update(user=self.people[who])
        return self.upload

    def address(self, name, who, study=None):
        needed = self.arguments(name, who, study)
        if isinstance(needed, str):
            return "/" + needed
        address = reverse(name, args=needed)
        return f"{address}?codes={self.code.pk}" if name == "admin:coding_code_merge" else address

    def clients(self):
        yield "anonymous", Client(raise_request_exception=False)
        for who, person in self.people.items():
            client = Client(raise_request_exception=False)
            client.force_login(person)
            yield who, client


def may(who, least):
    if least == ANYONE:
        return True
    if least == THE_SIGNED_OUT:
        return who == "anonymous"
    if least == NOBODY or who == "anonymous":
        return False
    if least == SIGNED_IN:
        return True
    if least == SUPERUSER:
        return who == "superuser"
    if least == STAFF_OF_ANY_STUDY:
        return who == "superuser" or may(who, LEAD_OF_ANY_STUDY)
    if least == LEAD_OF_ANY_STUDY:
        return who.split(" ")[0] in (LEAD, OWNER)
    return who in list(Role) and list(Role).index(who) >= list(Role).index(least)


POSTED = {  # where an empty form is not understood, and so refused before anybody asks whose it is
    "api:import_transcript": lambda: {"file": SimpleUploadedFile("new.txt", b"ANNA: Something new.")},
    "admin:coding_code_merge": lambda: {"codes": Code.objects.values_list("pk", flat=True)[:1]},
    "interviews:import": lambda: {"do": "leave-all-out"},
    "coding:codebook-acts": lambda: {"do": "retire"},
    "coding:recoding": lambda: {"do": "keep"},
    "interviews:respondent-cell": lambda: {"field": "pseudonym", "value": "Wen"},
}


def ask(client, method, address, name):
    """The answer, with whatever it changed put back."""
    body = {}
    if method == "post" and name in ("api:changes", "api:make-changes"):
        body = {"data": json.dumps({"revision": 1, "changes": []}), "content_type": "application/json"}
    elif method == "post" and name in ("api:codes", "api:presence"):
        body = {"data": json.dumps({"name": "New"}), "content_type": "application/json"}
    elif method == "post" and name in POSTED:
        body = {"data": POSTED[name]()}
    with transaction.atomic():
        answer = getattr(client, method)(address, **body)
        transaction.set_rollback(True)
    return answer


def is_sign_in(answer):
    """Whether it leads to the page for signing in, the admin's way of refusing included."""
    if answer.status_code != 302:
        return False
    page, _, query = answer["Location"].partition("?")
    return (
        page in (reverse("interviews:sign-in"), reverse("admin:login")) and f"{REDIRECT_FIELD_NAME}=" in query
    )


def judge(who, name, least, answer):
    """What is wrong with an answer, or nothing."""
    status, in_admin = answer.status_code, name.startswith("admin:")
    if status >= 500:
        return "broke"
    if least == NOT_OFFERED:
        return "" if status in (401, 403, 404, 405) or is_sign_in(answer) else f"is offered ({status})"
    if may(who, least):
        return (
            f"was refused ({status})"
            if status in (401, 403, 404, 405) or (is_sign_in(answer) and name != "admin:login")
            else ""
        )
    if who == "anonymous":
        fine = (
            status in (401, 404)
            if name.startswith("api:")
            else is_sign_in(answer) or (least == NOBODY and status == 404)
        )
        return "" if fine else f"was not asked to sign in ({status})"
    if in_admin:  # the admin answers what is not there by a message on its first page
        gone = status == 302 and answer["Location"] in (
            reverse("admin:index"),
            reverse("admin:coding_code_changelist"),
        )
        return "" if status in (403, 404) or gone or is_sign_in(answer) else f"was let in ({status})"
    wanted = 403 if who in list(Role) else 404
    if least == NOBODY:
        wanted = 404
    return "" if status == wanted else f"got {status}, not {wanted}"


@pytest.fixture(scope="module")
def names():
    return sorted(set(names_of_addresses()))


def test_every_address_is_listed_with_the_least_role(names):
    assert set(names) == set(ADDRESSES)


def test_every_operation_of_the_api_is_listed_with_the_least_role():
    listed = api.get_openapi_schema()["paths"]
    assert len(listed) >= 7
    numbers = count(1)
    for path, operations in listed.items():
        match = resolve(path.replace("{slug}", "x").replace("{transcript_id}", str(next(numbers))))
        offered = {
            method
            for method, least in zip(("get", "post"), ADDRESSES[match.view_name], strict=True)
            if least != NOT_OFFERED
        }
        assert set(operations) == offered, path


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_address_lets_in_whom_it_should_and_nobody_else(method, names, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = World()
    wrong = []
    asked = 0
    for who, client in world.clients():
        for name in names:
            if name in ("admin:logout", "interviews:sign-out"):
                continue  # would end the sessions of this test: below
            least = ADDRESSES[name][method == "post"]
            answer = ask(client, method, world.address(name, who), name)
            asked += 1
            if problem := judge(who, name, least, answer):
                wrong.append(f"{method.upper()} {name}: {who} {problem}")
            if (
                name in ("interviews:join", "interviews:sign-in-link", "interviews:change-password")
                and who != "anonymous"
            ):
                client.force_login(world.people[who])
            elif who == "anonymous":
                client.cookies.clear()
    assert not wrong, "\n".join(wrong)
    assert asked == len(world.people | {"anonymous": 0}) * (len(names) - 2)


def test_signing_out_is_for_everybody_and_by_post_only():
    for person in (None, make_user()):
        client = Client()
        if person:
            client.force_login(person)
        assert client.get(reverse("interviews:sign-out")).status_code == 405
        assert client.post(reverse("interviews:sign-out")).status_code == 302
        assert client.get(reverse("interviews:account")).status_code == 302


def test_ids_of_one_study_are_not_found_under_another(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = World()
    who = f"{OWNER} of another study"
    own = world.people[who].memberships.get().study
    client = Client()
    client.force_login(world.people[who])
    for name, method in (
        ("interviews:revoke-invitation", "post"),
        ("interviews:change-role", "post"),
        ("interviews:remove-member", "post"),
        ("interviews:remove-member", "get"),
        ("interviews:upload-text", "get"),
    ):
        assert ask(client, method, world.address(name, who, own), name).status_code == 404, name


def test_tokens_of_others_are_not_revoked():
    world = World()
    client = Client()
    client.force_login(world.people[LEAD])
    token = world.tokens[OWNER]
    assert client.post(reverse("interviews:revoke-token", args=[token.pk])).status_code == 404


def test_a_code_is_seen_in_the_admin_by_leads_of_its_study_only():
    world = World()
    for who, client in world.clients():
        answer = client.get(reverse("admin:coding_code_changelist"), follow=True)
        assert (f"/admin/coding/code/{world.code.pk}/change/" in answer.content.decode()) == (
            who in (LEAD, OWNER)
        ), who


def test_a_deactivated_person_is_nobody():
    world = World()
    person = world.people[OWNER]
    client = Client()
    client.force_login(person)
    secret = make_api_token(person)
    person.is_active = False
    person.save()
    assert client.get(world.study.get_absolute_url()).status_code == 302
    bearer = {"Authorization": f"Bearer {secret}"}
    assert Client().get(reverse("api:list_studies"), headers=bearer).status_code == 401


def test_a_token_opens_the_api_as_its_person_does():
    world = World()
    for name in ("api:segments", "api:changes", "api:read_transcript", "api:show_study", "api:get_crosstab"):
        for who in (READER, "stranger", "superuser"):
            headers = {"Authorization": f"Bearer {make_api_token(world.people[who])}"}
            status = Client().get(world.address(name, who), headers=headers).status_code
            assert status == (200 if who == READER else 404), (name, who)
