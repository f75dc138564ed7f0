"""Replacing names over a whole study: everywhere, on every coding's words, sealed, and taken back as one."""

import json
import logging
from urllib.parse import unquote_plus, urlencode

import pytest
from django.db import connection
from django.urls import reverse

from coding import changes, codebook, memos, results
from coding.demo import load_demo
from coding.models import CodedSegment, Memo, Segment
from interviews import editing, history, keyring, material, pseudonymising, replay, respondents, restricted
from interviews.models import (
    Attribute,
    Event,
    Membership,
    NamesKey,
    Respondent,
    RespondentType,
    SealedNames,
    Speaker,
    TextRevision,
    Transcript,
)
from interviews.names import Rule
from tests.factories import (
    make_code,
    make_coder,
    make_lead,
    make_owner,
    make_respondent,
    make_study,
    make_transcript,
)
from tests.test_access import ADDRESSES, LEAD, OWNER, READER, SIGNED_IN, World
from tests.test_restricted import client_of, code_words, content_of

pytestmark = pytest.mark.django_db
PASSPHRASE = "four quiet grey herons"
TALK = (
    "INTERVIEWER: Who are you?\n\nZEBEDEE: I am Zebedee. Zebedee's wife is Quillonia 茜文, "
    "reach us at zebedee@example.org.\n\nINTERVIEWER: Thank you, Zebedee.\n"
)
NAMES = ("zebedee", "quillonia", "茜文")
RULES = [
    Rule("Zebedee", "Dalin"),
    Rule("Quillonia", "Ruth"),
    Rule("茜文", "小芳"),
    Rule("zebedee@example.org", "[e-mail]"),
]


@pytest.fixture(autouse=True)
def cheap(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(keyring, "COST", 2**4)
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def study():
    return make_study("Return migration")


@pytest.fixture
def owner(study):
    return make_owner(study)


@pytest.fixture
def lead(study):
    return make_lead(study)


@pytest.fixture
def coder(study):
    return make_coder(study)


@pytest.fixture
def transcript(study, owner):
    pseudonymising.set_passphrase(study, PASSPHRASE)
    return material.import_transcript(study, owner, "RET01_zebedee.txt", TALK.encode(), respondent="Zebedee")


def replace(study, actor, rules=RULES, **more):
    state = pseudonymising.state_of(study)
    return pseudonymising.replace(study, actor, rules, state=state, **more)


def names_in(text, names=NAMES):
    return [name for name in names if name in text.casefold()]


def all_in_the_database(*left_out):
    """All rows of all tables as text, less some tables."""
    held = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table not in left_out:
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
                held += [str(row) for row in cursor.fetchall()]
    return "\n".join(sorted(held))


class Named(World):
    """A study that holds names wherever it can."""

    def __init__(self):
        super().__init__(make_study("The Zebedee study 茜文"))

    def __post_init__(self):
        super().__post_init__()
        people = self.people
        owner, coder = people[OWNER], people["coder"]
        pseudonymising.set_passphrase(self.study, PASSPHRASE)
        self.told = material.import_transcript(
            self.study, owner, "RET01_zebedee.txt", TALK.encode(), respondent="Zebedee"
        )
        self.transcript = self.told
        person = Respondent.objects.get(study=self.study, pseudonym="Zebedee")
        person.values = {self.attribute.key: "Friend of Quillonia"}
        respondents.save(person, owner)
        material.describe(self.told, owner, title="Zebedee, first talk")
        codebook.edit_code(
            self.code, owner, name="Zebedee's team", definition="As Quillonia says", example="I am Zebedee"
        )
        self.coded = code_words(self.told, coder, self.code, "Zebedee's wife")
        code_words(self.told, coder, self.code, "wife is Quillonia 茜文, reach")
        code_words(self.told, coder, self.code, "you?")
        memos.write(self.study, coder, "Ask Zebedee", True, coded_segment=self.coded)
        memos.write(self.study, coder, "茜文 again", False, transcript=self.told)
        self.memo = memos.write(self.study, coder, "Quillonia?", True)
        memos.edit(self.memo, "Quillonia!", True)
        editing.save(
            self.told.pk, TALK.replace("Who are", "So who are"), owner, revision=1, reason="Zebedee wrote"
        )
        start = Transcript.objects.get(pk=self.told.pk).text.index("reach us")
        restricted.restrict(self.told.pk, owner, start, start + 8, revision=2, reason="Zebedee asked")
        for row in (
            RespondentType(study=self.study, name="Quillonia firm"),
            Attribute(study=self.study, name="Friend of 茜文"),
        ):
            respondents.save(row, owner)
        self.kind, self.friend = (
            RespondentType.objects.get(name="Quillonia firm"),
            Attribute.objects.latest("pk"),
        )
        person.respondent_type, person.values = self.kind, {**person.values, self.friend.key: "yes"}
        respondents.save(person, owner)
        self.kept = [
            results.keep(self.study, coder, f"Kept {number} of Zebedee", *question, freeze=True)
            for number, question in enumerate(self.questions())
        ]
        material.remove(self.removed, owner)

    def questions(self):
        yield "retrieval", "show=passages"
        yield "retrieval", urlencode({"show": "passages", "respondent_type": self.kind.key})
        yield "retrieval", urlencode({"show": "passages", "where": f"{self.friend.key}:yes"})
        yield "crosstab", urlencode({"by": self.friend.key})
        yield "crosstab", urlencode({"by": self.attribute.key})
        yield "crosstab", "by=respondent"
        yield "search", urlencode({"q": "Zebedee"})
        yield "search", urlencode({"q": "茜文"})
        yield "quotes", f"code={self.code.pk}&by={self.friend.key}"
        yield "voices", f"code={self.code.pk}&by=respondent"
        yield "pictures", "picture=types"

    def _memo_of(self, who):
        return self.memo

    def addresses(self, least):
        slug = self.study.slug
        for name, (get, _post) in ADDRESSES.items():
            if get in least and not name.startswith("admin:") and name != "interviews:original":
                yield self.address(name, OWNER)
        for name, params in (
            ("coding:query", {"cell": self.code.pk}),
            ("coding:passages", {"cell": self.code.pk}),
            ("coding:memos", {"q": "a"}),
            ("interviews:history", {"page": 1}),
        ):
            yield f"{reverse(name, args=[slug])}?{urlencode(params)}"
        everything = "&".join(f"result={kept.pk}" for kept in self.kept)
        for kind in ("docx", "html"):
            yield f"{reverse('coding:download-report', args=[slug, kind])}?{everything}"
        for kept in self.kept:
            yield reverse("coding:result", args=[kept.pk])
        yield f"{reverse('interviews:revisions', args=[self.told.pk])}?old=1&new=2"


def test_no_page_export_answer_log_or_search_has_a_name_afterwards(caplog):
    caplog.set_level(logging.DEBUG)
    world = Named()
    lead, reader = client_of(world.people[LEAD]), client_of(world.people[READER])
    assert names_in(content_of(lead.get(reverse("coding:transcript", args=[world.told.pk]))))
    caplog.clear()
    replace(world.study, world.people[LEAD])
    world.study.refresh_from_db()
    world.transcript.refresh_from_db()
    found = {}
    for client, least in ((reader, (READER, SIGNED_IN)), (lead, (READER, SIGNED_IN, LEAD))):
        for address in world.addresses(least):
            answer = client.get(address)
            if answer.status_code == 200:
                found[address] = names_in(content_of(answer))
    assert len(found) > 60
    assert not {address: names for address, names in found.items() if names}
    assert not [address for address in found if names_in(unquote_plus(address))]
    for name in NAMES:
        assert not lead.get(
            f"{reverse('coding:find', args=[world.study.slug])}?{urlencode({'q': name})}"
        ).context["lines"]
    assert not names_in(caplog.text)
    assert lead.get(reverse("interviews:original", args=[world.told.pk])).status_code == 403
    older = f"{reverse('interviews:edit-text', args=[world.told.pk])}?revision=1"
    assert lead.get(older).status_code == 404
    stale = {"text": "So much.", "revision": 1, "reason": "", "do": "look"}
    answer = lead.post(reverse("interviews:edit-text", args=[world.told.pk]), stale)
    assert not names_in(content_of(answer))


def test_only_sealed_revisions_hold_names_in_the_database_and_then_nothing(settings, tmp_path):
    world = Named()
    replace(world.study, world.people[LEAD])
    assert not names_in(all_in_the_database("interviews_textrevision"))
    held = TextRevision.objects.filter(transcript=world.told).values_list("sealed_at", "text")
    assert [bool(sealed) for sealed, text in held if names_in(text)] == [True, True]
    pseudonymising.destroy(world.study, world.people[OWNER])
    assert not names_in(all_in_the_database())
    assert Event.objects.get(action="destroy-sealed").after["noted:destroy-sealed"] == {
        "revisions": 2,
        "files": 1,
    }


def test_codings_stay_on_their_words_and_need_no_eyes(study, owner, coder, transcript):
    code = make_code(study)
    exact = code_words(transcript, coder, code, "Zebedee's wife is Quillonia 茜文")
    within = code_words(transcript, coder, code, "bedee: I am Zeb".replace("bedee: ", ""))
    untouched = code_words(transcript, coder, code, "Thank you")
    replace(study, owner)
    transcript.refresh_from_db()
    for coded, quote in (
        (exact, "Dalin's wife is Ruth 小芳"),
        (within, "I am Dalin"),
        (untouched, "Thank you"),
    ):
        segment = Segment.objects.get(pk=coded.content_object_id)
        assert segment.quote == quote
        assert transcript.text[segment.start : segment.end] == quote
        assert not segment.needs_eyes
        assert segment.respondent == (None if coded is untouched else Respondent.objects.get())


def test_speakers_respondents_titles_and_turns_go_along(study, owner, transcript):
    replace(study, owner)
    transcript.refresh_from_db()
    assert transcript.title == "RET01 Dalin"
    assert transcript.filename == "RET01_dalin.txt"
    assert [turn["speaker"] for turn in transcript.turns] == ["INTERVIEWER", "DALIN", "INTERVIEWER"]
    speaker = Speaker.objects.get(label="DALIN")
    assert speaker.respondent.pseudonym == "Dalin"
    assert set(Speaker.objects.values_list("label", flat=True)) == {"INTERVIEWER", "DALIN"}
    for turn in transcript.turns:
        assert transcript.text[turn["start"] :].startswith(turn["speaker"])
    assert "[e-mail]" in transcript.text
    assert transcript.revision == 2


def test_places_spellings_and_kinds_can_be_left(study, owner, coder, transcript):
    memo = memos.write(study, coder, "Ask Zebedee", True)
    start = TALK.index("Zebedee.")
    rules = [Rule("Zebedee", "Dalin", frozenset({"ZEBEDEE"}))]
    replace(study, owner, rules, skipped={(transcript.pk, start)}, left_out=["memo"])
    transcript.refresh_from_db()
    memo.refresh_from_db()
    assert "ZEBEDEE: I am Zebedee. Dalin's wife" in transcript.text
    assert memo.text == "Ask Zebedee"
    assert Speaker.objects.filter(label="ZEBEDEE").exists()


def test_the_key_opens_to_the_passphrase_only_and_the_history_says_who_looked(
    client, study, owner, transcript
):
    replace(study, owner)
    client.force_login(owner)
    address = reverse("interviews:open-names-key", args=[study.slug])
    wrong = client.post(address, {"passphrase": "wrong herons"})
    assert "This is not the passphrase" in wrong.content.decode()
    assert not names_in(wrong.content.decode())
    answer = client.post(address, {"passphrase": PASSPHRASE})
    assert "Quillonia" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store" or "no-store" in answer["Cache-Control"]
    assert Event.objects.filter(action="open-names-key").count() == 1
    assert not names_in(json.dumps(dict(client.session)))
    assert not names_in(client.get(reverse("interviews:names-key", args=[study.slug])).content.decode())


def test_a_key_is_locked_by_another_passphrase_only_by_who_knows_it(study, owner, transcript):
    replace(study, owner)
    with pytest.raises(pseudonymising.Wrong):
        pseudonymising.set_passphrase(study, "another long one", old="guessed it")
    pseudonymising.set_passphrase(study, "another long one", old=PASSPHRASE)
    with pytest.raises(pseudonymising.Wrong):
        pseudonymising.unlocked(study, PASSPHRASE)
    assert pseudonymising.unlocked(study, "another long one")[0][:2] == ("Zebedee", "Dalin")


def test_a_key_of_one_study_does_not_open_in_another(study, owner, transcript):
    replace(study, owner)
    key, batch = NamesKey.objects.get(), SealedNames.objects.get()
    with pytest.raises(keyring.WrongPassphrase):
        keyring.unseal(key.locked, PASSPHRASE, [batch.sealed], "study 999")


def test_it_is_taken_back_as_one(settings):
    world = Named()
    tables = (
        "interviews_event",
        "interviews_textrevision",
        "interviews_mention",
        "interviews_sealednames",
        "interviews_transcript",
    )
    before = all_in_the_database(*tables)
    held = list(Event.objects.order_by("pk").values_list("before", "after", "reason"))
    places = list(Segment.objects.order_by("pk").values_list("start", "end", "quote", "needs_eyes"))
    text = Transcript.objects.get(pk=world.told.pk).text
    replace(world.study, world.people[LEAD])
    assert all_in_the_database(*tables) != before
    changed = pseudonymising.take_back(SealedNames.objects.get(), PASSPHRASE, world.people[OWNER])
    assert changed == (0, 0)
    assert Transcript.objects.get(pk=world.told.pk).text == text
    assert list(Segment.objects.order_by("pk").values_list("start", "end", "quote", "needs_eyes")) == places
    after = list(Event.objects.order_by("pk").values_list("before", "after", "reason"))
    assert after[: len(held)] == held
    assert not TextRevision.objects.filter(sealed_at__isnull=False, number__lt=3).exists()
    assert all_in_the_database(*tables) == before


def test_it_is_taken_back_after_older_revisions_were_destroyed(study, owner, coder, transcript):
    coded = code_words(transcript, coder, make_code(study), "Zebedee's wife")
    replace(study, owner)
    pseudonymising.destroy(study, owner)
    pseudonymising.take_back(SealedNames.objects.get(), PASSPHRASE, owner)
    transcript.refresh_from_db()
    assert transcript.text == TALK
    assert Segment.objects.get(pk=coded.content_object_id).quote == "Zebedee's wife"


def test_what_was_edited_since_keeps_its_pseudonym_and_all_else_is_taken_back(
    client, study, owner, coder, transcript
):
    coded = code_words(transcript, coder, make_code(study), "Zebedee's wife")
    replace(study, owner)
    transcript.refresh_from_db()
    edited = "Head.\n\n" + transcript.text.replace("Thank you, Dalin", "Thank you, Darling")
    editing.save(transcript.pk, edited, owner, revision=2)
    with pytest.raises(history.Conflict, match="who knows the passphrase"):
        history.undo(Event.objects.get(action="pseudonymise"), owner)
    client.force_login(owner)
    page = client.post(
        url("take-names-back", study), {"passphrase": PASSPHRASE}, follow=True
    ).content.decode()
    assert "At 1 place in the texts the pseudonym stays" in page
    transcript.refresh_from_db()
    assert transcript.text == "Head.\n\n" + TALK.replace("Thank you, Zebedee", "Thank you, Darling")
    assert Segment.objects.get(pk=coded.content_object_id).quote == "Zebedee's wife"
    assert [turn["speaker"] for turn in transcript.turns] == ["INTERVIEWER", "ZEBEDEE", "INTERVIEWER"]


def test_without_the_revisions_between_a_later_edit_keeps_the_pseudonyms(study, owner, transcript):
    replace(study, owner)
    editing.save(transcript.pk, Transcript.objects.get().text + "More.\n", owner, revision=2)
    TextRevision.objects.filter(number=2).delete()
    with pytest.raises(pseudonymising.Refused, match="the revision from then is not kept"):
        pseudonymising.take_back(SealedNames.objects.get(), PASSPHRASE, owner)


def test_one_entry_of_the_key_is_erased_alone(client, study, owner, coder, transcript):
    memos.write(study, coder, "Ask Zebedee of Quillonia", True)
    person = Respondent.objects.get()
    person.values = {"Friend": "QUILLONIA"}
    respondents.save(person, owner)
    replace(study, owner)
    client.force_login(owner)
    page = client.post(url("open-names-key", study), {"passphrase": PASSPHRASE})
    entry = next(entry for name, *_rest, entry in page.context["pairs"] if name == "Quillonia")
    assert f'value="{entry}"' in page.content.decode()
    wrong = client.post(url("erase-name", study), {"passphrase": "wrong herons", "entry": entry})
    assert "This is not the passphrase" in wrong.content.decode()
    assert "Quillonia" in str(pseudonymising.unlocked(study, PASSPHRASE))
    told = client.post(url("erase-name", study), {"passphrase": PASSPHRASE, "entry": entry}, follow=True)
    assert "nobody can tell any more" in told.content.decode()
    again = client.post(url("erase-name", study), {"passphrase": PASSPHRASE, "entry": entry}, follow=True)
    assert "erased already" in again.content.decode()
    for odd in ("", "x", "1.x", "999.0", f"{entry}9"):
        assert (
            client.post(url("erase-name", study), {"passphrase": PASSPHRASE, "entry": odd}).status_code == 302
        )
    names = [name for name, *_rest in pseudonymising.unlocked(study, PASSPHRASE)]
    assert names == ["Zebedee", "茜文", "zebedee@example.org"]
    batch = SealedNames.objects.get()
    assert "quillonia" not in str(pseudonymising._unseal(study, PASSPHRASE, [batch])).casefold()
    assert Event.objects.filter(action="erase-name").count() == 1
    pseudonymising.take_back(batch, PASSPHRASE, owner)
    transcript.refresh_from_db()
    assert transcript.text == TALK.replace("Quillonia", "Ruth")
    assert Memo.objects.get().text == "Ask Zebedee of Ruth"
    assert Respondent.objects.get().values == {"Friend": "RUTH"}


def test_addresses_keys_and_questions_made_of_names_are_replaced_and_come_back(client, owner):
    study = make_study("Li Ming study")
    other = make_study("Da Hai study")
    Membership.objects.create(study=study, user=owner, role="owner")
    kind = RespondentType(study=study, name="Friend of Li Ming")
    attribute = Attribute(study=study, name="Li Ming's city")
    respondents.save(kind, owner)
    respondents.save(attribute, owner)
    assert (kind.key, attribute.key) == ("friend_of_li_ming", "li_mings_city")
    make_transcript(study, respondent=make_respondent(study, "Ann", kind, **{attribute.key: "Suzhou"}))
    address = urlencode({"show": "passages", "respondent_type": kind.key, "where": f"{attribute.key}:Suzhou"})
    kept = results.keep(study, owner, "Kept", "retrieval", address, freeze=False)
    pseudonymising.set_passphrase(study, PASSPHRASE)
    client.force_login(owner)
    posted = {"original": "Li Ming", "pseudonym": "Da Hai", "state": pseudonymising.state_of(study)}
    answer = client.post(url("names", study), {"do": "replace", **posted})
    study.refresh_from_db()
    kind.refresh_from_db()
    attribute.refresh_from_db()
    assert study.slug == f"{other.slug}-2"
    assert answer.url == url("history", study)
    assert (kind.key, attribute.key) == ("friend_of_da_hai", "da_hais_city")
    assert Respondent.objects.get(study=study).values == {"da_hais_city": "Suzhou"}
    shown = client.get(reverse("coding:result", args=[kept.pk])).context["address"]
    assert "Friend of Da Hai" in client.get(shown).content.decode()
    assert client.get(shown).status_code == 200
    pseudonymising.take_back(SealedNames.objects.get(), PASSPHRASE, owner)
    study.refresh_from_db()
    kept.refresh_from_db()
    assert (study.slug, kept.address) == ("li-ming-study", address)
    assert Respondent.objects.get(study=study).values == {"li_mings_city": "Suzhou"}


def test_the_history_still_accounts_for_all_there_is(study, owner, coder, transcript):
    code_words(transcript, coder, make_code(study), "Zebedee's wife")
    memos.write(study, coder, "Ask Zebedee", True)
    made_by_factories = ("study:", "membership:", "code:")

    def unlike():
        return [line for line in replay.differences(study) if not line.startswith(made_by_factories)]

    replace(study, owner)
    assert unlike() == []
    pseudonymising.take_back(SealedNames.objects.get(), PASSPHRASE, owner)
    assert unlike() == []


def test_what_was_changed_since_stays_when_it_is_taken_back(study, owner, coder, transcript):
    memo = memos.write(study, coder, "Ask Zebedee", True)
    replace(study, owner)
    memo.refresh_from_db()
    memos.edit(memo, "Asked Dalin", True)
    assert pseudonymising.take_back(SealedNames.objects.get(), PASSPHRASE, owner).rows == 1
    assert Memo.objects.get(pk=memo.pk).text == "Asked Dalin"


def test_older_changes_can_still_be_undone_and_bring_no_name_back(study, owner, coder, transcript):
    memo = memos.write(study, coder, "Ask Zebedee", True)
    memos.edit(memo, "Ask Zebedee again", True)
    edit = study.events.latest("pk")
    replace(study, owner)
    edit.refresh_from_db()
    history.undo(edit, owner)
    assert Memo.objects.get(pk=memo.pk).text == "Ask Dalin"


def test_without_a_key_and_on_a_changed_text_nothing_is_replaced(study, owner):
    transcript = material.import_transcript(study, owner, "a.txt", TALK.encode())
    with pytest.raises(pseudonymising.Refused, match="There is no key yet"):
        replace(study, owner)
    pseudonymising.set_passphrase(study, PASSPHRASE)
    state = pseudonymising.state_of(study)
    editing.save(transcript.pk, TALK + "More.\n", owner, revision=1)
    with pytest.raises(pseudonymising.Refused, match="changed meanwhile"):
        pseudonymising.replace(study, owner, RULES, state=state)
    with pytest.raises(pseudonymising.Refused, match="None of these names"):
        replace(study, owner, [Rule("Nobody", "Anybody")])
    assert not Event.objects.filter(action="pseudonymise").exists()


def test_a_pseudonym_that_is_taken_is_refused_and_nothing_is_changed(study, owner, transcript):
    Respondent.objects.create(study=study, pseudonym="Dalin")
    with pytest.raises(pseudonymising.Refused, match="would be called the same"):
        replace(study, owner)
    transcript.refresh_from_db()
    assert transcript.text == TALK
    assert Speaker.objects.filter(label="ZEBEDEE").exists()


def test_browsers_with_the_older_text_code_the_right_words(study, owner, coder, transcript):
    from uuid import uuid4

    code, start = make_code(study), TALK.index("reach us")
    replace(study, owner)
    change = {"id": uuid4(), "do": "apply", "start": start, "end": start + 8, "code": code.pk}
    _event, [result], _revision = changes.make(transcript.pk, coder, 1, [change])
    assert result["state"] == "done"
    assert CodedSegment.objects.get().content_object.quote == "reach us"


def test_every_table_that_may_hold_names_is_looked_through():
    """Those that are not: what is sealed, replaced by other means, or no study's."""
    from django.apps import apps

    looked_through = pseudonymising._models()
    left = {
        model.__name__
        for label in ("interviews", "coding")
        for model in apps.get_app_config(label).get_models()
        if pseudonymising._fields(model) and model not in looked_through
    }
    assert left <= {"ApiToken", "Upload", "Speaker", "NamesKey", "SealedNames", "Event", "Mention"}


# The pages


def url(name, study):
    return reverse(f"interviews:{name}", args=[study.slug])


def test_a_lead_finds_looks_and_replaces(client, study, lead, transcript):
    client.force_login(lead)
    page = client.get(url("names", study))
    assert "no-store" in page["Cache-Control"]
    found = {each.words: each.number for each in page.context["names"]}
    assert found["Zebedee"] == 5  # one in the address
    page = client.post(url("names", study), {"do": "find", "terms": "Quillonia\n茜文"})
    assert {each.words for each in page.context["names"]} == {"Zebedee", "Quillonia", "茜文"}
    assert [kind for kind, *_rest in page.context["identifiers"]] == ["e-mail"]
    posted = {
        "original": ["Zebedee", "Quillonia", "zebedee@example.org"],
        "kind": ["respondent", "term", "e-mail"],
        "pseudonym": ["Dalin", "", ""],
        "all-e-mail": "[e-mail]",
    }
    page = client.post(url("names", study), {"do": "look", **posted})
    shown = page.content.decode()
    assert "WENBO" not in shown
    assert "ZEBEDEE → DALIN" in shown
    assert "zebedee@example.org → [e-mail]" in shown
    posted = {
        "original": ["Zebedee", "zebedee@example.org"],
        "pseudonym": ["Dalin", "[e-mail]"],
        "state": page.context["ahead"].state,
    }
    answer = client.post(url("names", study), {"do": "replace", **posted}, follow=True)
    assert "The names are replaced" in answer.content.decode()
    transcript.refresh_from_db()
    assert "Dalin's wife is Quillonia" in transcript.text


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("Zebedee", "")], "Give at least one name a pseudonym"),
        ([("Zebedee", "zebedee")], "would be replaced by itself"),
        ([("Zebedee", "Quillonia"), ("Quillonia", "Ruth")], "is a name that is to be replaced too"),
        ([("Zebedee", "x" * 201)], "is too long"),
    ],
)
def test_what_cannot_be_replaced_says_why_and_keeps_what_was_typed(
    client, study, lead, transcript, pairs, said
):
    client.force_login(lead)
    posted = {
        "original": [a for a, _b in pairs],
        "pseudonym": [b for _a, b in pairs],
        "kind": ["term"] * len(pairs),
    }
    page = client.post(url("names", study), {"do": "look", **posted})
    assert said in page.content.decode()
    assert {each.words: each.pseudonym for each in page.context["names"]}["Zebedee"] == pairs[0][1]


def test_a_replacement_on_texts_that_changed_shows_the_places_again(client, study, lead, transcript):
    client.force_login(lead)
    posted = {"do": "replace", "original": "Zebedee", "pseudonym": "Dalin", "state": "old"}
    answer = client.post(url("names", study), posted)
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.content.decode()


def test_private_memos_of_others_are_counted_and_not_shown(client, study, lead, coder, transcript):
    memos.write(study, coder, "Zebedee is evasive", False)
    client.force_login(lead)
    page = client.post(url("names", study), {"do": "look", "original": "Zebedee", "pseudonym": "Dalin"})
    assert "evasive" not in page.content.decode()
    assert ("memo", 1) in [(name, number) for name, _plural, number, _samples in page.context["elsewhere"]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"new": "short", "again": "short"}, "at least 12"),
        ({"new": "a long enough one", "again": "another one there"}, "The two differ"),
        ({}, "This field is required"),
    ],
)
def test_a_passphrase_that_will_not_do_says_why(client, study, owner, given, said):
    client.force_login(owner)
    answer = client.post(url("names-passphrase", study), given)
    assert said in answer.content.decode()
    assert not NamesKey.objects.exists()


def test_an_owner_sets_the_passphrase_takes_back_and_destroys(client, study, owner, transcript):
    NamesKey.objects.all().delete()
    client.force_login(owner)
    client.post(url("names-passphrase", study), {"new": PASSPHRASE, "again": PASSPHRASE})
    replace(study, owner)
    client.post(url("take-names-back", study), {"passphrase": "wrong herons"})
    assert SealedNames.objects.filter(undone=False).exists()
    client.post(url("take-names-back", study), {"passphrase": PASSPHRASE})
    transcript.refresh_from_db()
    assert transcript.text == TALK
    replace(study, owner)
    client.post(url("destroy-sealed", study), {"name": "another"})
    assert TextRevision.objects.filter(sealed_at__isnull=False).exists()
    client.post(url("destroy-sealed", study), {"name": study.name})
    assert not TextRevision.objects.filter(sealed_at__isnull=False).exists()
    client.post(url("destroy-names-key", study), {"name": study.name})
    assert not NamesKey.objects.exists()
    assert not SealedNames.objects.exists()
    assert client.get(url("names-key", study)).status_code == 200


def test_owners_download_a_sealed_original_and_compare_sealed_revisions(client, study, owner, transcript):
    replace(study, owner)
    client.force_login(owner)
    assert client.get(reverse("interviews:original", args=[transcript.pk])).status_code == 200
    page = client.get(f"{reverse('interviews:revisions', args=[transcript.pk])}?old=1&new=2").content.decode()
    assert "Zebedee" in page


def test_the_demo_study_is_pseudonymised_end_to_end():
    study = load_demo()
    owner, lead = make_owner(study), make_lead(study)
    pseudonymising.set_passphrase(study, PASSPHRASE)
    names = [*Respondent.objects.values_list("pseudonym", flat=True), "国伟"]
    invented = [
        "Aron",
        "Bert",
        "Carl",
        "Dora",
        "Emil",
        "Fritz",
        "Gerd",
        "Hanna",
        "Ilse",
        "Jonas",
        "Karla",
        "Lutz",
        "大山",
    ]
    numbers = CodedSegment.objects.count()
    replace(study, owner, [Rule(*pair) for pair in zip(names, invented, strict=True)])
    assert CodedSegment.objects.count() == numbers
    assert not Segment.objects.filter(needs_eyes=True).exists()
    for segment in Segment.objects.select_related("transcript"):
        assert segment.transcript.text[segment.start : segment.end] == segment.quote
    names = [name for name in names if name not in ("Tan", "Pu")]  # found in other words: below
    leak = {}
    client, least = client_of(lead), (READER, SIGNED_IN, LEAD)
    for name, (get, _post) in ADDRESSES.items():
        if get not in least or name.startswith("admin:") or name == "interviews:original":
            continue
        for address in _addresses(name, study):
            answer = client.get(address)
            if answer.status_code == 200:
                text = content_of(answer).casefold()
                leak[address] = [each for each in names if each.casefold() in text]
    assert len(leak) > 40
    assert not {address: found for address, found in leak.items() if found}
    for text in Transcript.objects.values_list("text", flat=True):
        assert not [
            1 for word in text.replace("'", " ").split() if word.strip(":.,") in ("Tan", "TAN", "Pu", "PU")
        ]


def _addresses(name, study):
    from django.urls import NoReverseMatch

    some = study.transcripts.filter(filename__regex="^(MIG03|RET04|INS01)").values_list("pk", flat=True)
    for found in ([], [study.slug], *([pk] for pk in some)):
        try:
            yield reverse(name, args=found)
        except NoReverseMatch:
            continue
