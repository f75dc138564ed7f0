"""Plain functions that make what a test needs; every argument is optional."""

from itertools import count

from django.contrib.auth import get_user_model

from coding.models import Code, CodedSegment, Segment
from interviews.access import Role
from interviews.models import (
    Attribute,
    Membership,
    Respondent,
    RespondentType,
    Speaker,
    Study,
    TextRevision,
    Transcript,
)

numbers = count(1)


def make_user(username=None, **fields):
    return get_user_model().objects.create_user(username or f"person{next(numbers)}", **fields)


def make_study(name=None, **fields):
    return Study.objects.create(name=name or f"Study {next(numbers)}", **fields)


def make_member(study=None, role=Role.CODER, user=None):
    """A user who is in the study with this role."""
    user = user or make_user()
    Membership.objects.create(study=study or make_study(), user=user, role=role)
    if role in (Role.LEAD, Role.OWNER) and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return user


def make_reader(study=None):
    return make_member(study, Role.READER)


def make_coder(study=None):
    return make_member(study, Role.CODER)


def make_lead(study=None):
    return make_member(study, Role.LEAD)


def make_owner(study=None):
    return make_member(study, Role.OWNER)


def make_type(study=None, name=None):
    return RespondentType.objects.create(study=study or make_study(), name=name or f"Type {next(numbers)}")


def make_attribute(study=None, name=None, **fields):
    return Attribute.objects.create(
        study=study or make_study(), name=name or f"Attribute {next(numbers)}", **fields
    )


def make_respondent(study=None, pseudonym=None, respondent_type=None, **values):
    study = study or (respondent_type.study if respondent_type else make_study())
    return Respondent.objects.create(
        study=study,
        pseudonym=pseudonym or f"Person {next(numbers)}",
        respondent_type=respondent_type,
        values=values,
    )


TEXT = "INTERVIEWER: How did you decide?\n\nWENBO: We decided together, in the car park.\n"


def make_transcript(study=None, text=TEXT, respondent=None, **fields):
    """A transcript as an import leaves it: turns found, speakers listed, first revision kept."""
    from interviews.turns import count_words, find_turns, is_interviewer_label

    study = study or (respondent.study if respondent else make_study())
    turns = fields.pop("turns", None)
    turns = find_turns(text) if turns is None else turns
    number = next(numbers)
    transcript = Transcript.objects.create(
        study=study,
        title=fields.pop("title", f"Transcript {number}"),
        filename=fields.pop("filename", f"transcript{number}.txt"),
        text=text,
        turns=turns,
        words=count_words(text),
        respondent=respondent,
        sha256=fields.pop("sha256", f"{number:064d}"),
        **fields,
    )
    TextRevision.objects.create(transcript=transcript, number=1, text=text, turns=turns)
    for label in dict.fromkeys(turn["speaker"] for turn in turns if turn["speaker"]):
        Speaker.objects.create(transcript=transcript, label=label, is_interviewer=is_interviewer_label(label))
    return transcript


def make_code(study=None, name=None, parent=None, **fields):
    study = study or (parent.study if parent else make_study())
    return Code.objects.create(study=study, parent=parent, name=name or f"Code {next(numbers)}", **fields)


def make_segment(transcript=None, start=0, end=10, **fields):
    transcript = transcript or make_transcript()
    return Segment.objects.get_or_create(
        transcript=transcript,
        start=start,
        end=end,
        defaults={
            "quote": transcript.text[start:end],
            "words": len(transcript.text[start:end].split()),
            **fields,
        },
    )[0]


def make_coded_segment(transcript=None, code=None, coder=None, start=0, end=10, **fields):
    transcript = transcript or make_transcript()
    segment = make_segment(transcript, start, end, **fields)
    return CodedSegment.objects.create(
        content_object=segment,
        tag=code or make_code(transcript.study),
        coder=coder or make_coder(transcript.study),
        respondent=segment.respondent,
    )
