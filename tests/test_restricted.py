"""Restricted passages: no reader and no file gets to see them, wherever text is handed out."""

import csv
import io
import json
import zipfile
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from coding import changes, codebook, memos, results
from coding.models import CodedSegment, Memo
from coding.queries.frame import frame_of
from coding.queries.question import question_from
from coding.withheld import segments_withheld
from interviews import editing, history, narrate, restricted
from interviews.access import Role
from interviews.anchors import EditMap
from interviews.models import RestrictedPassage, Transcript
from interviews.restricted import PLACEHOLDER, WITHHELD, Hidden
from tests.examples import MANY
from tests.factories import (
    make_code,
    make_coder,
    make_lead,
    make_owner,
    make_reader,
    make_study,
    make_transcript,
)
from tests.test_access import ADDRESSES, NOT_OFFERED, READER, SIGNED_IN, World

pytestmark = pytest.mark.django_db
TALK = (
    "INTERVIEWER: Who left first?\n\nMEILING: Before that, a word to you. Rui sold to Crane 鹤鸣 in "
    "March, in secret. So much for that.\n\nINTERVIEWER: Thank you.\n"
)
SECRET = "Rui sold to Crane 鹤鸣 in March, in secret."
QUESTIONS = (
    ("retrieval", "show=passages"),
    ("retrieval", "show=passages&q=sold"),
    ("crosstab", "by=respondent_type"),
    ("cooccurrence", ""),
    ("search", "q=that"),
    ("quotes", "code={code}"),
    ("voices", "code={code}"),
    ("pictures", "picture=strips"),
)
WORDS = ("Rui sold", "sold to", "Crane", "鹤鸣", "in secret")


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(study):
    return make_lead(study)


@pytest.fixture
def transcript(study):
    return make_transcript(study, TALK)


@pytest.fixture
def passage(transcript, lead):
    start = TALK.index(SECRET)
    return restricted.restrict(transcript.pk, lead, start, start + len(SECRET), revision=1, reason="Asked to")


def code_words(transcript, coder, code, words):
    start = transcript.text.index(words)
    change = {"id": uuid4(), "do": "apply", "start": start, "end": start + len(words), "code": code.pk}
    changes.make(transcript.pk, coder, transcript.revision, [change])
    return CodedSegment.objects.get(pk=change["id"])


def content_of(answer):
    """All that an answer holds, as text: also what is packed into it."""
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            data = b"\n".join(parts.read(name) for name in parts.namelist())
    text = data.decode("utf-8", "replace")
    if answer.get("Content-Type", "").startswith("application/json"):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    return strip_tags(text) + text


def leaks(text):
    return [word for word in WORDS if word in text]


class Confided(World):
    """A study in which somebody has confided something, coded and written about."""

    def __post_init__(self):
        super().__post_init__()
        people = self.people
        self.transcript = self.told = make_transcript(self.study, TALK, self.respondent)
        start = TALK.index(SECRET)
        coder = people[Role.CODER]
        inside = code_words(self.told, coder, self.code, "sold to Crane")
        across = code_words(self.told, coder, self.code, "word to you. Rui sold")
        code_words(self.told, coder, self.code, "Before that, a word")
        code_words(self.told, coder, self.code, "So much for that")
        self.memo = memos.write(self.study, coder, "Crane is the firm", True, coded_segment=inside)
        memos.write(
            self.study,
            coder,
            "He sold to Crane",
            True,
            transcript=self.told,
            span=(start, start + 8),
            revision=1,
        )
        edited = TALK.replace("Thank you", "Thank you very much")
        editing.save(self.told.pk, edited, people[Role.OWNER], revision=1)
        editing.save(self.told.pk, edited.replace("word to you", "term"), people[Role.OWNER], revision=2)
        across.refresh_from_db()
        assert across.content_object.needs_eyes
        start = self.told.text.index(SECRET)
        self.told.refresh_from_db()
        start = self.told.text.index(SECRET)
        codebook.edit_code(self.code, people[Role.OWNER], example="“Rui sold  to Crane 鹤鸣 in March”")
        self.kept = [
            results.keep(self.study, coder, f"Kept {n}", kind, asked.format(code=self.code.pk), freeze=True)
            for n, (kind, asked) in enumerate(QUESTIONS)
        ]
        self.passage = restricted.restrict(
            self.told.pk, people[Role.OWNER], start, start + len(SECRET), revision=3
        )

    def _memo_of(self, who):
        return self.memo

    def questions(self):
        """Addresses with what opens the most."""
        slug = self.study.slug
        for cell in (f"{self.code.pk}", f"{self.code.pk},{self.type.key}"):
            for name in ("coding:query", "coding:passages"):
                yield f"{reverse(name, args=[slug])}?{urlencode({'cell': cell})}"
        for word in ("that", "R", "🤫"):
            yield f"{reverse('coding:find', args=[slug])}?{urlencode({'q': word})}"
        for sort in ("transcript", "respondent"):
            yield f"{reverse('coding:retrieval', args=[slug])}?{urlencode({'show': 'passages', 'sort': sort})}"

    def searches(self):
        """Addresses that look for what is restricted, and how many they find."""
        slug = self.study.slug
        for word in WORDS:
            yield f"{reverse('coding:memos', args=[slug])}?{urlencode({'q': word})}", "memos"
            for mode in ("exact", "words", "regex"):
                yield f"{reverse('coding:find', args=[slug])}?{urlencode({'q': word, 'mode': mode})}", "lines"
                asked = urlencode({"show": "passages", "q": word, "mode": mode})
                yield f"{reverse('coding:retrieval', args=[slug])}?{asked}", "groups"


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


def test_no_page_and_no_answer_shows_readers_what_is_restricted(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = Confided()
    client = client_of(world.people[Role.READER])
    asked = [
        world.address(name, Role.READER)
        for name, (least, _post) in ADDRESSES.items()
        if least in (READER, SIGNED_IN) and not name.startswith("admin:")
    ]
    found = {}
    for address in [*asked, *world.questions()]:
        answer = client.get(address)
        if answer.status_code == 200:
            found[address] = leaks(content_of(answer))
    assert len(found) > 15
    for address, what in world.searches():
        assert not client.get(address).context[what], address
    owner = client_of(world.people[Role.OWNER])
    assert all(owner.get(address).context[what] for address, what in world.searches() if what == "lines")
    assert not {address: words for address, words in found.items() if words}
    shown = content_of(client.get(reverse("coding:transcript", args=[world.told.pk])))
    assert "So much for that" in shown
    assert PLACEHOLDER * 8 in shown


def exports_of(world, client, person):
    """All that can be taken out of a study, ``(name, answer)``: what is sent as a file, and what scripts get."""
    for name, (least, _post) in ADDRESSES.items():
        if least == NOT_OFFERED or name in ("interviews:original", "health") or name.startswith("admin:"):
            continue
        for address in with_questions(world, name, world.address(name, person)):
            answer = client.get(address)
            is_file = "attachment" in answer.get("Content-Disposition", "")
            of_scripts = (
                name.startswith("api:") and name != "api:transcript-memos"
            )  # the workspace's: as on pages
            if is_file or (of_scripts and answer.status_code == 200):
                yield name, address, answer


def with_questions(world, name, address):
    """An address, as it is and where it takes questions with those that give away the most."""
    yield address
    if name == "coding:download-report":
        everything = "&".join(f"result={kept.pk}" for kept in world.kept)
        for kind in ("docx", "html"):
            yield f"{reverse(name, args=[world.study.slug, kind])}?{everything}"
    if name in ("coding:picture", "coding:export-matrix", "coding:export-crosstab"):
        yield f"{address}?by=transcript&code={world.code.pk}"


def test_no_export_and_no_script_gets_what_is_restricted_whoever_asks(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = Confided()
    found = {
        (name, address): leaks(content_of(answer))
        for name, address, answer in exports_of(world, client_of(world.people[Role.OWNER]), Role.OWNER)
    }
    names = {name for name, _address in found}
    kinds = ("coded-segments", "crosstab", "matrix", "cooccurrence", "coded-transcript", "codebook", "report")
    assert all(any(kind in name for name in names) for kind in (*kinds, "picture", "network", "history"))
    assert {"api:read_transcript", "api:segments", "api:changes", "api:show_study"} <= names
    assert len(found) > 25
    assert not {name: words for name, words in found.items() if words}


def test_a_text_that_has_a_restricted_word_quotes_it(study, lead, transcript):
    start = TALK.index("INTERVIEWER: Thank")
    restricted.restrict(transcript.pk, lead, start, start + 11, revision=1)
    quotations = restricted.Quotations(restricted.passages_of(study.pk))
    assert "The INTERVIEWER asked" in quotations
    assert "the interview" not in quotations
    assert "" not in quotations


def test_the_report_says_how_much_it_withholds_and_the_history_too(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = Confided()
    client = client_of(world.people[Role.OWNER])
    for kind in ("docx", "html"):
        address = reverse("coding:download-report", args=[world.study.slug, kind])
        text = content_of(client.get(f"{address}?result={world.kept[0].pk}"))
        assert "So much for that" in text
        assert "3 passages are withheld" in text  # two here, one in the other transcript
        assert "3 segments withheld" in strip_tags(narrate.tell(narrate.newest(world.study)[:1])[0].sentence)


def test_examples_that_quote_a_restricted_passage_are_emptied_and_stay_out_of_what_was(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = Confided()
    world.code.refresh_from_db()
    assert world.code.example == ""
    edit = world.study.events.latest("pk")
    assert (edit.action, edit.reason) == ("edit-code", "It quoted a passage that is restricted.")
    reader, owner = client_of(world.people[Role.READER]), client_of(world.people[Role.OWNER])
    address = reverse("coding:revisions-of-code", args=[world.code.pk])
    assert not leaks(content_of(reader.get(address)))
    assert leaks(content_of(owner.get(address)))
    restricted.lift(world.passage, world.people[Role.OWNER])
    assert leaks(content_of(reader.get(address)))


@pytest.mark.parametrize(
    ("example", "goes"),
    [
        ("sold to Crane", True),
        ("“Rui sold to\nCrane”", True),
        (f"One who asked: {SECRET} (Meiling)", True),
        ("Before that, a word to you. Rui", True),
        ("So much for that", False),
        ("Crane flies", False),
        ("secret", False),
    ],
)
def test_an_example_is_emptied_where_it_quotes_what_is_restricted(study, lead, transcript, example, goes):
    code = make_code(study, "Trust", example=example)
    other = make_code(make_study(), example=example)
    start = TALK.index(SECRET)
    passage = restricted.restrict(transcript.pk, lead, start, start + len(SECRET), revision=1)
    code.refresh_from_db()
    other.refresh_from_db()
    assert (code.example == "") == goes
    assert passage.taken_out == ([code] if goes else [])
    assert other.example == example


def test_what_is_taken_out_says_how_much_was_withheld(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = Confided()
    client = client_of(world.people[Role.OWNER])
    text = content_of(client.get(reverse("coding:export-coded-segments", args=[world.study.slug])))
    assert str(WITHHELD) in text
    ends = [line.rstrip().rsplit(",", 3)[1:3] for line in text.splitlines()]
    assert ["yes", "3"] in ends  # two here, one in the other transcript
    assert ["", "3"] in ends
    page = content_of(client.get(reverse("coding:coded-transcript-html", args=[world.told.pk])))
    assert "2 segments withheld (restricted)" in page
    assert "2 segments withheld" in content_of(
        client.get(reverse("coding:coded-transcript-docx", args=[world.told.pk]))
    )
    told = [strip_tags(item.sentence) for item in narrate.tell(narrate.newest(world.study)[:3])]
    for name in ("crosstab", "matrix", "cooccurrence"):
        lines = content_of(client.get(reverse(f"coding:export-{name}", args=[world.study.slug]))).splitlines()
        table = list(csv.DictReader(lines))
        assert {row["segments_withheld"] for row in table} - {"segments_withheld"} == {"3"}
    for name in ("picture", "network"):
        picture = content_of(client.get(reverse(f"coding:{name}", args=[world.study.slug])))
        assert "3 segments with restricted words" in picture
    assert ["segments withheld" in sentence for sentence in told] == [True] * 3, told
    answer = client.get(reverse("api:read_transcript", args=[world.told.pk])).json()
    start = world.told.text.index(SECRET)
    assert answer["restricted"] == [[start, start + len(SECRET)]]
    assert len(answer["text"]) == len(world.told.text)


def test_coders_see_restricted_words_marked(client, study, transcript, passage):
    client.force_login(make_coder(study))
    page = client.get(reverse("coding:transcript", args=[transcript.pk])).content.decode()
    assert (
        f'<span class="restricted" title="Restricted passage" data-at="{passage.start}">{SECRET}</span>'
        in page
    )


def test_a_text_edited_in_the_same_moment_is_hidden_altogether(transcript, passage):
    hidden = restricted.passages_of(transcript.study_id)
    transcript.revision, transcript.text = 2, "New " + transcript.text
    assert set(hidden.whole(transcript)) == {PLACEHOLDER, "\n"}


def test_the_demo_has_a_passage_that_its_respondent_wants_out(study, lead, settings):
    text = (settings.BASE_DIR / "interviews/demo/transcripts/RET04_meiling.txt").read_text()
    transcript = make_transcript(study, text)
    words = "Rui, I'm not sure"
    start = text.index(words)
    line = text.rindex("\n", 0, start), text.index("\n", start)
    row = restricted.restrict(transcript.pk, lead, *line, revision=1)
    hidden = restricted.passages_of(study.pk).whole(transcript)
    assert words not in hidden
    assert len(hidden) == len(text)
    assert hidden[: row.start] == text[: row.start]
    assert hidden[row.end :] == text[row.end :]


ranges = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted).map(tuple)


@MANY
@given(text=st.text(max_size=40), hidden=st.lists(ranges, max_size=4), at=st.integers(0, 10), asked=ranges)
def test_hiding_keeps_every_position_and_nothing_of_what_is_hidden(text, hidden, at, asked):
    mask = Hidden({1: hidden})
    piece = text[at:]
    shown = mask.text(1, piece, at)
    assert len(shown) == len(piece)
    covered = {place for start, end in hidden for place in range(start, end)}
    for place, (sign, was) in enumerate(zip(shown, piece, strict=True), start=at):
        if place in covered:
            assert sign in (PLACEHOLDER, "\n")
        else:
            assert sign == was
    if asked[0] < asked[1]:
        assert mask.touches(1, *asked) == any(place in covered for place in range(*asked))
    assert mask.text(2, piece, at) == piece


EDITS = {
    "before": lambda text: text.replace("Who left", "And who left"),
    "within": lambda text: text.replace("in March", "in early April"),
    "across its end": lambda text: text.replace("in secret. So much", "hush-hush. That is it"),
    "the whole turn moved": lambda text: text.replace(SECRET + " ", "") + "MEILING: " + SECRET + "\n",
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_restricted_passage_goes_along_with_edits(study, transcript, lead, passage, edit):
    changed = EDITS[edit](TALK)
    editing.save(transcript.pk, changed, lead, revision=1)
    transcript.refresh_from_db()
    hidden = restricted.passages_of(study.pk).whole(transcript)
    for word in ("Rui sold", "Crane", "April", "hush"):
        assert word not in hidden
    passage.refresh_from_db()
    assert passage.needs_eyes == (edit in ("within", "across its end"))
    history.undo(study.events.latest("pk"), lead)
    transcript.refresh_from_db()
    assert transcript.text == TALK
    assert not leaks(restricted.passages_of(study.pk).whole(transcript))


@MANY
@given(data=st.data())
def test_whatever_is_edited_no_restricted_word_that_stays_in_place_is_shown(data):
    letters = st.text("abc de\n", max_size=12)
    before, secret, after = (
        data.draw(letters),
        data.draw(st.text("xyz", min_size=3, max_size=9)),
        data.draw(letters),
    )
    old = before + secret + after
    cut = sorted((data.draw(st.integers(0, len(old))), data.draw(st.integers(0, len(old)))))
    new = old[: cut[0]] + data.draw(letters) + old[cut[1] :]
    if not new or new == old:
        return
    start, end, _changed = restricted._where(EditMap(old, new), len(before), len(before) + len(secret))
    shown = Hidden({1: [(start, end)]}).text(1, new)
    assert not set(shown) & set("xyz")


@MANY
@given(data=st.data())
def test_a_part_of_a_passage_that_is_put_elsewhere_stays_hidden(data):
    words = [f"open{n}" for n in range(data.draw(st.integers(0, 12)))]
    secret = [f"secret{n}" for n in range(data.draw(st.integers(1, 8)))]
    first = data.draw(st.integers(0, len(words)))
    joined = data.draw(st.sampled_from([" ", ", ", "\n"]))
    before, after = words[:first], words[first:]
    old = joined.join([*before, *secret, *after])
    start = len(joined.join([*before, ""]))
    end = start + len(joined.join(secret))
    low = data.draw(st.integers(0, len(secret) - 1))
    high = data.draw(st.integers(low + 1, len(secret)))
    is_copied = high - low >= min(restricted.RUN, len(secret)) and data.draw(st.booleans())
    left = secret if is_copied else secret[:low] + secret[high:]
    rest = [*before, *left, *after]
    at = data.draw(st.integers(0, len(rest)))
    new = joined.join([*rest[:at], *secret[low:high], *rest[at:]])
    if new == old:
        return
    edit = EditMap(old, new)
    main = restricted._where(edit, start, end)[:2]
    [others] = restricted.put_elsewhere(old, new, [((start, end), main)])
    ranges = [main, *others]
    assert "secret" not in Hidden({1: ranges}).text(1, new).replace(PLACEHOLDER, "")


def test_a_part_that_is_moved_is_listed_for_eyes_and_goes_back(study, transcript, lead, passage):
    rest = TALK.replace(" to Crane 鹤鸣", "")
    event, _receipt = editing.save(transcript.pk, rest + "MEILING: Crane, 鹤鸣!\n", lead, revision=1)
    transcript.refresh_from_db()
    hidden = restricted.passages_of(study.pk)
    shown = hidden.whole(transcript)
    assert "Crane" not in shown
    assert "鹤鸣" not in shown
    assert "So much for that" in shown
    rows = RestrictedPassage.objects.filter(transcript=transcript)
    assert [(row.reason, row.needs_eyes) for row in rows] == [("Asked to", True)] * len(rows)
    assert len(rows) == 2
    undone = history.undo(event, lead)
    transcript.refresh_from_db()
    assert transcript.text == TALK
    assert not leaks(restricted.passages_of(study.pk).whole(transcript))
    history.undo(undone, lead)
    assert RestrictedPassage.objects.filter(transcript=transcript).count() == 2


def test_ordinary_words_and_pseudonyms_that_are_put_in_are_not_hidden(study, transcript, lead, passage):
    editing.save(transcript.pk, TALK.replace("Thank you", "Thank you, in March too"), lead, revision=1)
    transcript.refresh_from_db()
    assert "Thank you, in March too" in restricted.passages_of(study.pk).whole(transcript)


# Marking and lifting


def url(name, row):
    return reverse(f"interviews:{name}", args=[row.pk])


def post(client, transcript, **given):
    return client.post(url("restricted", transcript), {"revision": transcript.revision, **given})


@pytest.fixture
def leading(client, lead):
    client.force_login(lead)
    return client


def test_words_chosen_in_the_transcript_are_restricted(leading, study, transcript):
    start = TALK.index(SECRET)
    chosen = {"start": start, "end": start + len(SECRET), "revision": 1}
    page = leading.get(f"{url('restricted', transcript)}?{urlencode(chosen)}").content.decode()
    assert "Restrict the chosen words" in page
    assert post(leading, transcript, **chosen, reason="Asked to").status_code == 302
    row = RestrictedPassage.objects.get()
    assert (row.start, row.end, row.reason) == (start, start + len(SECRET), "Asked to")
    assert study.events.latest("pk").action == "restrict-passage"
    assert SECRET in leading.get(url("restricted", transcript)).content.decode()


def test_words_in_a_turn_are_restricted_without_a_mouse(leading, transcript):
    assert post(leading, transcript, first=2, words="Rui sold\nto Crane").status_code == 302
    row = RestrictedPassage.objects.get()
    assert TALK[row.start : row.end] == "Rui sold to Crane"


def test_whole_turns_are_restricted(leading, transcript):
    post(leading, transcript, first=2, last=3)
    row = RestrictedPassage.objects.get()
    assert TALK[row.start :].startswith("Before that")
    assert TALK[: row.end].endswith("Thank you.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Say in which turn it begins"),
        ({"first": 9}, "This transcript has 3 turns"),
        ({"first": 2, "last": 1}, "comes before the first"),
        ({"first": 1, "words": "Rui"}, "do not stand in these turns"),
        ({"first": 2, "words": "that"}, "stand there 2 times"),
        ({"start": 5, "end": 5000}, "There are no such words"),
        ({"start": 9, "end": 4}, "There are no such words"),
        ({"start": 1, "end": 4, "revision": 7}, "The text was changed meanwhile"),
    ],
)
def test_what_cannot_be_restricted_says_why(leading, transcript, given, said):
    answer = post(leading, transcript, **given, reason="Kept as typed")
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert "Kept as typed" in answer.content.decode()
    assert not RestrictedPassage.objects.exists()


def test_an_address_with_a_range_of_another_text_is_not_taken(leading, transcript):
    for query in ("start=0&end=9&revision=2", "start=9&end=2&revision=1", "start=x&end=9&revision=1"):
        page = leading.get(f"{url('restricted', transcript)}?{query}").content.decode()
        assert "Restrict a passage" in page


def test_a_lifted_passage_is_seen_again_and_the_history_takes_it_back(
    leading, study, lead, transcript, passage
):
    leading.post(url("lift-restriction", passage))
    assert not restricted.passages_of(study.pk)
    lifting = study.events.latest("pk")
    leading.post(reverse("interviews:undo-change", args=[study.slug, lifting.pk]))
    assert restricted.passages_of(study.pk)


def test_undoing_a_restriction_lifts_it_and_undoing_that_restricts_again(study, lead, passage):
    undone = history.undo(study.events.get(action="restrict-passage"), lead)
    assert not restricted.passages_of(study.pk)
    history.undo(undone, lead)
    assert restricted.passages_of(study.pk)


def test_readers_do_not_learn_the_reason_from_the_history(client, study, passage):
    client.force_login(make_reader(study))
    page = client.get(reverse("interviews:history", args=[study.slug])).content.decode()
    assert "restricted a passage" in page
    assert "Asked to" not in page


def test_what_was_looked_at_after_an_edit_needs_no_more_eyes(leading, transcript, passage):
    editing.save(transcript.pk, EDITS["within"](TALK), None, revision=1)
    assert "Its words were edited" in leading.get(url("restricted", transcript)).content.decode()
    leading.post(url("settle-restriction", passage))
    passage.refresh_from_db()
    assert not passage.needs_eyes


def test_memos_on_restricted_words_are_not_the_readers(study, lead, transcript, passage):
    coder = make_coder(study)
    coded = code_words(transcript, coder, make_code(study), "sold to Crane")
    memo = memos.write(study, coder, "Crane is the firm", True, coded_segment=coded)
    other = memos.write(study, coder, "On the study", True)
    assert set(Memo.objects.visible_to(make_reader(study))) == {other}
    assert set(Memo.objects.visible_to(make_owner(study))) == {memo, other}
    restricted.lift(passage, lead)
    assert set(Memo.objects.visible_to(make_reader(study))) == {memo, other}


def test_segments_withheld_are_counted_as_asked(study, lead, transcript, passage):
    coder, other = make_coder(study), make_coder(study)
    code, another = make_code(study), make_code(study)
    for person in (coder, other):
        code_words(transcript, person, code, "sold to Crane")
    code_words(transcript, coder, another, "Rui sold")
    code_words(transcript, coder, another, "So much")
    frame = frame_of(study)
    assert segments_withheld(study, frame, question_from(frame, QueryDict())) == 2
    assert segments_withheld(study, frame, question_from(frame, QueryDict(f"code={code.pk}"))) == 1
    Transcript.objects.filter(pk=transcript.pk).update(removed_at="2026-01-01T00:00Z")
    history.record(study, lead, "remove-transcript", transcript, before={"x:1": {}}, after={})
    assert segments_withheld(study, frame_of(study), question_from(frame, QueryDict())) == 0


@pytest.mark.parametrize("many", [1, 4])
def test_the_page_takes_the_same_queries_whatever_is_restricted(
    leading, transcript, lead, django_assert_num_queries, many
):
    for number in range(many):
        restricted.restrict(transcript.pk, lead, number, number + 3, revision=1)
    with django_assert_num_queries(3):  # user, transcript, passages
        assert leading.get(url("restricted", transcript)).status_code == 200


def test_ranges_are_joined():
    assert Hidden({1: [(5, 9), (0, 3), (3, 6), (12, 12)]}).ranges == {1: [(0, 9)]}
