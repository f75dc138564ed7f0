"""The demo study: fictional, and loaded by the functions that people's own files go through."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from interviews import history, people, respondents
from interviews.access import Role
from interviews.material import import_transcript
from interviews.models import Membership
from interviews.speakers import assign
from interviews.tables import read_table

from . import codebook_files
from .imports import import_coded_segments

FOLDER = settings.BASE_DIR / "interviews" / "demo"
NAME = "Return migration of engineers"
QUESTION = (
    "Why, when and with whom engineers in the United States go back to China, and who brings them and the gatekeepers "
    "together. Fictional demonstration study."
)
TYPES = ["Returnee", "Migrant", "Institutional actor"]
MEMBERS = {"lead": Role.OWNER, "coder_a": Role.CODER, "coder_b": Role.CODER, "reader": Role.READER}


@transaction.atomic
def load_demo():
    """Make the demo study with its members; returns it. Users of these names who exist already become its members."""
    users = {name: _user(name) for name in MEMBERS}
    lead = users["lead"]
    study = people.create_study(NAME, QUESTION, TYPES, lead)
    _add_members(study, users, lead)
    _import_material(study, lead)
    _import_codebook(study, lead)
    coders = {name: users[name] for name in ("coder_a", "coder_b")}
    import_coded_segments(study, _table("coded_segments.csv"), lead, coders)
    return study


def _table(name):
    return read_table((FOLDER / name).read_bytes())


def _user(name):
    user, made = get_user_model().objects.get_or_create(username=name)
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def _add_members(study, users, lead):
    for name, role in MEMBERS.items():
        if users[name] != lead:
            member = Membership.objects.create(study=study, user=users[name], role=role)
            people.keep_staff(users[name])
            history.record(study, lead, "join-study", member, after=history.images(member))


def _import_material(study, lead):
    table = _table("respondents.csv")
    for _number, cells in table.rows:
        data = (FOLDER / "transcripts" / cells["filename"]).read_bytes()
        transcript = import_transcript(
            study,
            lead,
            cells["filename"],
            data,
            respondent=cells["pseudonym"],
            respondent_type=cells["respondent_type"],
        )
        _map_left_over(transcript, lead)
    respondents.apply(study, respondents.plan(study, table), lead)


def _map_left_over(transcript, lead):
    """In an interview of one person, a label that is no interviewer's is theirs, in whatever script it is written."""
    unsaid = transcript.speakers.filter(respondent=None, is_interviewer=False)
    mapping = {speaker.label: transcript.respondent for speaker in unsaid}
    if mapping:
        assign(transcript, mapping, lead)


def _import_codebook(study, lead):
    plan = codebook_files.plan(study, _table("codebook.csv"))
    codebook_files.apply(study, lead, plan)
