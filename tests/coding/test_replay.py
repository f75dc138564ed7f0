"""The history is whole: replayed from nothing it gives the present tables, and undone it gives those of the start."""

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding import (
    changes,
    codebook,
    codebook_files,
    demo,
    erasing,
    imports,
    memos,
    reanchor,
    recoding,
    refi_qda,
    search,
)
from coding.models import Code, CodedSegment, Memo, Segment
from interviews import editing, history, people, respondents, restricted
from interviews.access import Role
from interviews.material import import_transcript, remove, restore
from interviews.models import Attribute, Membership, Respondent, RespondentType, RestrictedPassage, Transcript
from interviews.replay import differences
from interviews.speakers import assign
from interviews.tables import Table, read_table
from tests.factories import make_user

pytestmark = pytest.mark.django_db
TEXT = (
    "INTERVIEWER: How did you decide?\n\nWENBO: We decided together, in the car park, 老𬭎 and I.\n\n"
    "INTERVIEWER: When?\n\nDAQING: In March, when the money came.\n"
)
EXAMPLES = 8  # each of some fifty acts, all undone again


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def whole(study):
    return list(differences(study)) == []


class Team:
    """A study made as people make one, and what they may do in it; each act is given choices by ``pick``."""

    def __init__(self):
        self.lead = make_user()
        self.study = people.create_study("Study", "Why?", ["Returnee", "Migrant"], self.lead)
        self.coders = [self._coder(), self._coder()]
        self.transcript = import_transcript(
            self.study, self.lead, "RET01_wenbo.txt", TEXT.encode(), respondent="Wenbo"
        )
        for name in ("Ties", "Work"):
            codebook.create_code(self.study, self.lead, name=name)

    def _coder(self):
        invitation, _secret = people.invite(self.study, Role.CODER, "", self.lead)
        return people.accept(invitation, make_user()).user

    def codes(self):
        return list(self.study.codes.order_by("pk"))

    def code(self, pick):
        codes = self.codes()
        if not codes:
            raise codebook.Refused("All codes are deleted.")
        return pick(codes)

    # The codebook

    def create(self, pick):
        name = pick(["Cost", "信任", "Team", "Home"])
        codebook.create_code(
            self.study, self.lead, name=name, parent=pick([None, *self.codes()]), definition=name
        )

    def edit(self, pick):
        kinds = list(self.study.respondent_types.all())
        changed = pick(
            [
                {"name": pick(["Price", "Ties", "人"])},
                {"definition": pick(["Old", "New"])},
                {"asked_of": pick([[], kinds, kinds[:1]])},
                {"colour": "#123456", "origin": "theory"},
            ]
        )
        codebook.edit_code(self.code(pick), self.lead, pick(["", "Coders differed"]), **changed)

    def take_as_example(self, pick):
        rows = list(CodedSegment.objects.of_study(self.study).order_by("created_at"))
        row = pick([None, *rows])
        if row:
            codebook.edit_code(row.tag, self.lead, "Clear", example=row.content_object.quote)

    def move(self, pick):
        codebook.move_code(self.code(pick), self.lead, pick([None, *self.codes()]), pick([None, 0, 1]))

    def step(self, pick):
        pick([codebook.move_up, codebook.move_down])(self.code(pick), self.lead)

    def reorder(self, pick):
        parent = pick([None, *self.codes()])
        children = list(self.study.codes.filter(parent=parent))
        codebook.reorder(self.study, self.lead, parent, children[::-1])

    def retire(self, pick):
        codebook.retire(self.code(pick), self.lead)

    def restore(self, pick):
        codebook.restore(self.code(pick), self.lead)

    def delete(self, pick):
        codebook.delete_code(self.code(pick), self.lead)

    def merge(self, pick):
        codebook.merge(self.code(pick), self.code(pick), self.lead)

    def several(self, pick):
        return list({self.code(pick): True for _ in range(2)})

    def move_several(self, pick):
        codebook.move_codes(self.several(pick), self.lead, pick([None, *self.codes()]), pick([None, 0]))

    def retire_several(self, pick):
        codebook.retire_codes(self.several(pick), self.lead)

    def restore_several(self, pick):
        codebook.restore_codes(self.several(pick), self.lead)

    def merge_several(self, pick):
        codebook.merge_codes(self.several(pick), self.code(pick), self.lead)

    def duplicate(self, pick):
        codebook.duplicate(self.code(pick), self.lead)

    def split_code(self, pick):
        code = self.code(pick)
        rows = code.coded_segments.filter(coder=pick(self.coders))
        codebook.split(code, self.lead, rows, name=pick(["Part", "人"]), parent=pick([None, code]))

    def require_reasons(self, pick):
        codebook.require_reasons(self.study, self.lead, pick([True, False]))

    def import_codebook(self, pick):
        table = read_table(
            "code,parent,definition\nTies,,{0}\nNew,Ties,{0}\n".format(pick(["a", "b"])).encode()
        )
        self.take_in(pick, table)

    def import_qdc(self, pick):
        inner = (
            '<Code guid="{0}" name="{1}" isCodable="false"><Code guid="{2}" name="Deep" color="#1ac"/></Code>'
        )
        code = inner.format(uuid.UUID(int=1), pick(["Work", "人"]), uuid.UUID(int=pick([1, 2])))
        self.take_in(pick, refi_qda.read_qdc(f"<CodeBook><Codes>{code}</Codes></CodeBook>".encode()))

    def take_in(self, pick, table):
        codebook.lock(self.study)
        plan = codebook_files.plan(self.study, table)
        plan.choose({row.number: pick(["take", "keep", "leave"]) for row in plan.rows})
        codebook_files.apply(self.study, self.lead, plan, pick(["", "As agreed"]))

    def in_or_out(self, pick):
        pick([codebook.move_in, codebook.move_out])(self.code(pick), self.lead)

    # Coding

    def send(self, coder, change):
        revision = Transcript.objects.values_list("revision", flat=True).get(pk=self.transcript.pk)
        changes.make(self.transcript.pk, coder, revision, [{"id": uuid.uuid4(), **change}])

    def apply(self, pick):
        start = pick([34, 41, 60])
        self.send(
            pick(self.coders), {"do": "apply", "start": start, "end": start + 9, "code": self.code(pick).pk}
        )

    def mine(self, pick):
        coder = pick(self.coders)
        rows = CodedSegment.objects.filter(coder=coder).order_by("created_at")
        return coder, pick([None, *rows])

    def withdraw(self, pick):
        coder, coded = self.mine(pick)
        if coded:
            self.send(coder, {"do": "withdraw", "target": coded.pk})

    def resize(self, pick):
        coder, coded = self.mine(pick)
        if coded:
            start = pick([30, 41])
            self.send(coder, {"do": "resize", "target": coded.pk, "start": start, "end": start + 12})

    def recode(self, pick):
        coder, coded = self.mine(pick)
        if coded:
            self.send(coder, {"do": "recode", "target": coded.pk, "code": self.code(pick).pk})

    def split(self, pick):
        coder, coded = self.mine(pick)
        if coded:
            middle = coded.content_object.start + 4
            self.send(coder, {"do": "split", "target": coded.pk, "start": middle, "end": middle})

    def merge_codings(self, pick):
        coder, coded = self.mine(pick)
        _same, other = coder, pick([None, *CodedSegment.objects.filter(coder=coder).order_by("created_at")])
        if coded and other:
            self.send(coder, {"do": "merge", "target": coded.pk, "other": other.pk})

    def many(self, pick):
        """An actor, and coded segments as the recoding table gives them."""
        actor = pick([*self.coders, self.lead])
        rows = recoding.of_study(self.study, pick([None, {self.code(pick).pk}]))
        return actor, recoding.changeable(rows, actor, "lead" if actor == self.lead else "coder")

    def recode_many(self, pick):
        actor, rows = self.many(pick)
        recoding.recode(self.study, rows, self.code(pick), actor)

    def add_code(self, pick):
        actor, rows = self.many(pick)
        segments = dict(rows.values_list("content_object", "content_object__respondent"))
        recoding.add_code(self.study, segments, self.code(pick), actor)

    def withdraw_many(self, pick):
        actor, rows = self.many(pick)
        recoding.withdraw(self.study, rows, actor)

    def keep_many(self, pick):
        actor, rows = self.many(pick)
        recoding.keep(self.study, rows, actor)

    def review(self, pick):
        """What was coded under an older definition: kept, recoded or withdrawn."""
        actor, rows = self.many(pick)
        rows = recoding.to_review(rows)
        decide = pick([recoding.keep, recoding.withdraw, recoding.recode])
        more = [self.code(pick)] if decide is recoding.recode else []
        decide(self.study, rows, *more, actor)

    def code_hits(self, pick):
        revision = Transcript.objects.values_list("revision", flat=True).get(pk=self.transcript.pk)
        hits = [
            search.Hit(self.transcript.pk, revision, start, start + 4, 1) for start in (43, pick([47, 62]))
        ]
        extent = pick(["match", "sentence", "turn"])
        search.code_hits(self.study, pick(self.coders), self.code(pick).pk, hits, extent)

    def code_passages(self, pick):
        segments = Segment.objects.filter(transcript=self.transcript.pk).values_list("pk", flat=True)
        search.code_passages(self.study, pick(self.coders), self.code(pick).pk, list(segments))

    def import_codings(self, pick):
        start = pick([34, 43])
        quote = TEXT[start : start + 9]
        header = ("filename", "start", "end", "text", "code", "coder")
        cells = (self.transcript.filename, str(start), str(start + 9), quote, self.code(pick).name, "one")
        table = Table(list(header), [(1, dict(zip(header, cells, strict=True)))])
        imports.import_coded_segments(self.study, table, self.lead, {"one": pick(self.coders)})

    def write_memo(self, pick):
        coder, coded = self.mine(pick)
        target = pick(
            [{}, {"code": self.code(pick)}, {"coded_segment": coded}, {"transcript": self.transcript}]
        )
        memos.write(self.study, coder, pick(["Why?", "[here](/x)"]), pick([True, False]), **target)

    def change_memo(self, pick):
        memo = pick([None, *Memo.objects.order_by("pk")])
        if memo and pick([True, False]):
            memos.edit(memo, "Because.", True)
        elif memo:
            memos.delete(memo)

    # The material, which is put away and edited rather than unmade

    def edit_text(self, pick):
        transcript = Transcript.objects.get(pk=self.transcript.pk)
        text = pick(
            [
                TEXT,
                TEXT.replace("We", "We all"),
                "Head\n\n" + TEXT,
                TEXT.replace("car park", "park"),
                TEXT[:-20],
            ]
        )
        editing.save(transcript.pk, text, self.lead, revision=transcript.revision)

    def map_speakers(self, pick):
        person = pick([None, *self.study.respondents.all()])
        assign(Transcript.objects.get(pk=self.transcript.pk), {pick(["WENBO", "DAQING"]): person}, self.lead)

    def import_respondents(self, pick):
        text = f"pseudonym,respondent_type,year\nWenbo,Returnee,{pick([2004, 2005])}\nDaqing,New,2001\n"
        respondents.apply(self.study, respondents.plan(self.study, read_table(text.encode())), self.lead)

    def restrict(self, pick):
        transcript = Transcript.objects.get(pk=self.transcript.pk)
        row = pick([None, *RestrictedPassage.objects.order_by("pk")])
        if row:
            restricted.lift(row, self.lead)
        else:
            start = pick([5, 40])
            restricted.restrict(transcript.pk, self.lead, start, start + 9, revision=transcript.revision)

    def settle(self, pick):
        waiting = list(
            Segment.objects.filter(transcript=self.transcript, needs_eyes=True).values_list("pk", flat=True)
        )
        reanchor.settle(Transcript.objects.get(pk=self.transcript.pk), waiting, pick(self.coders))

    def recode_passages(self, pick):
        segments = Segment.objects.filter(transcript=self.transcript.pk).values_list("pk", flat=True)
        search.recode_passages(
            self.study, pick(self.coders), self.code(pick).pk, self.code(pick).pk, list(segments)
        )

    def put_away(self, pick):
        transcript = Transcript.objects.get(pk=self.transcript.pk)
        (restore if transcript.removed_at else remove)(transcript, self.lead)

    def undo_something(self, pick):
        history.undo(pick(list(self.study.events.order_by("-pk")[:8])), self.lead)


CODEBOOK = [
    "create",
    "edit",
    "move",
    "step",
    "reorder",
    "retire",
    "restore",
    "delete",
    "merge",
    "import_codebook",
    "move_several",
    "retire_several",
    "merge_several",
    "duplicate",
    "split_code",
    "require_reasons",
    "in_or_out",
    "take_as_example",
    "restore_several",
    "import_qdc",
]
CODING = ["apply", "apply", "apply", "withdraw", "resize", "recode", "split", "merge_codings"]
CODING += ["write_memo", "change_memo", "recode_many", "add_code", "withdraw_many", "keep_many", "review"]
CODING += ["code_hits", "code_passages", "recode_passages", "import_codings"]
MATERIAL = ["edit_text", "map_speakers", "import_respondents", "put_away", "undo_something"]
MATERIAL += ["restrict", "settle"]
REFUSALS = (
    codebook.Refused,
    changes.Refused,
    editing.Refused,
    restricted.Refused,
    search.Refused,
    imports.CannotImport,
    history.Conflict,
    Http404,
)
LONG = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


def do(team, acts, data):
    """Do these acts one after the other, each with drawn choices; those that the rules forbid change nothing."""
    for act in acts:
        try:
            getattr(team, act)(lambda options: data.draw(st.sampled_from(options)))
        except REFUSALS:
            continue


def tables(study):
    """All rows of a study that people know of; segments that nothing is on any more are only ranges."""
    found = {}
    for model in (Code, CodedSegment, Memo, RespondentType, Attribute, Respondent, Membership):
        spec = history.TRACKED[model._meta.model_name]
        rows = model.objects.filter(**{spec.study_path: study.pk})
        found[model] = {row.pk: history.image(row) for row in rows}
    used = Segment.objects.filter(coded_segments__tag__study=study).distinct()
    found[Segment] = {row.pk: history.image(row) for row in used}
    return found


@LONG
@given(data=st.data())
def test_whatever_is_done_to_codebook_and_codings_undoing_all_of_it_leads_back(db, data):
    team = Team()
    beginning, last = tables(team.study), team.study.last_event_id()
    do(team, data.draw(st.lists(st.sampled_from(CODEBOOK + CODING), min_size=1, max_size=50)), data)
    assert whole(team.study)
    for event in team.study.events.filter(pk__gt=last).order_by("-pk"):
        history.undo(event, team.lead)
    assert tables(team.study) == beginning
    assert whole(team.study)


@LONG
@given(data=st.data())
def test_whatever_is_done_replaying_it_gives_the_present(db, data):
    team = Team()
    do(team, data.draw(st.lists(st.sampled_from(CODING + CODEBOOK + 2 * MATERIAL), max_size=30)), data)
    assert list(differences(team.study)) == []
    text = Transcript.objects.get(pk=team.transcript.pk).text
    for segment in Segment.objects.filter(transcript=team.transcript.pk):
        assert segment.quote == text[segment.start : segment.end]


def test_the_demo_study_is_accounted_for_and_what_bypassed_the_history_is_named():
    study = demo.load_demo()
    out = io.StringIO()
    call_command("replay_history", study.slug, stdout=out)
    assert "no difference" in out.getvalue()

    code = study.codes.first()
    Code.objects.filter(pk=code.pk).update(name="Elsewhere")
    stray = Code.objects.create(study=study, name="Stray")
    gone = CodedSegment.objects.of_study(study).first()
    CodedSegment.objects.filter(pk=gone.pk).delete()
    Transcript.objects.filter(study=study).update(text="Another")
    out = io.StringIO()
    with pytest.raises(CommandError, match="does not account"):
        call_command("replay_history", study.slug, stdout=out)
    assert f"code:{code.pk}: name is not what the history says." in out.getvalue()
    assert f"code:{stray.pk} is not in the history." in out.getvalue()
    assert f"codedsegment:{gone.pk} is in the history only." in out.getvalue()
    assert "text is not that of its last revision" in out.getvalue()
    assert "Elsewhere" not in out.getvalue()


def test_a_study_that_is_not_there_is_said_to_be_so():
    with pytest.raises(CommandError, match="There is no study nowhere"):
        call_command("replay_history", "nowhere")


def test_what_was_erased_is_gone_from_the_history_too_and_the_rest_is_accounted_for():
    team = Team()
    other = import_transcript(
        team.study, team.lead, "b.txt", b"DAQING: I stayed for the lab.", respondent="Daqing"
    )
    code = team.codes()[0]
    for transcript in (team.transcript, other):
        change = {"id": uuid.uuid4(), "do": "apply", "start": 0, "end": 20, "code": code.pk}
        changes.make(transcript.pk, team.coders[0], 1, [change])
    editing.save(team.transcript.pk, "Head\n\n" + TEXT, team.lead, revision=1)
    codebook.merge(code, team.codes()[1], team.lead)
    person = Respondent.objects.get(pseudonym="Wenbo")
    remove(team.transcript, team.lead)
    respondents.remove(person, team.lead)
    erasing.erase_transcript(Transcript.objects.get(pk=team.transcript.pk), team.lead)
    erasing.erase_respondent(person, team.lead)
    assert list(differences(team.study)) == []
    assert CodedSegment.objects.of_study(team.study).count() == 1
