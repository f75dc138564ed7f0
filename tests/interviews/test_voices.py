"""In which transcripts a respondent speaks: changed in the table, and all that follows from it."""

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding.models import CodedSegment, Segment
from interviews import history, speakers, voices
from interviews.models import Speaker, Transcript
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_respondent,
    make_study,
    make_transcript,
)

pytestmark = pytest.mark.django_db
TALK = "Q: How?\n\nANN: We went back together.\n\nBEN: Alone, in fact.\n"
STORY = "We left in spring.\n\nAnd came back.\n"
BY_SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def lead(client, study):
    lead = make_lead(study)
    client.force_login(lead)
    return lead


def key(transcript, label=None):
    speaker = Speaker.objects.get(transcript=transcript, label=label).pk if label else ""
    return f"{transcript.pk}.{speaker}"


def post(client, person, had=(), voice=(), **headers):
    url = reverse("interviews:respondent-transcripts", args=[person.pk])
    return client.post(url, {"had": had, "voice": voice}, headers=headers)


def code(transcript, words, code=None, coder=None):
    start = transcript.text.index(words)
    return make_coded_segment(transcript, code=code, coder=coder, start=start, end=start + len(words))


def owners():
    return list(
        CodedSegment.objects.order_by("created_at", "pk").values_list("respondent__pseudonym", flat=True)
    )


def test_a_voice_is_given_taken_away_and_taken_back_with_all_that_counts(client, study, lead):
    ann, ben = make_respondent(study, "Ann"), make_respondent(study, "Ben")
    talk = make_transcript(study, TALK, respondent=ann)
    for words in ("went back", "Alone"):
        code(talk, words)
    speakers.assign(talk, {"Q": speakers.INTERVIEWER, "ANN": ann}, lead, respondent=ann)
    assert owners() == ["Ann", "Ann"]  # whom no other label claims
    answer = post(client, ben, voice=[key(talk, "BEN")], **BY_SCRIPT).content.decode()
    assert owners() == ["Ann", "Ben"]
    assert [f'data-row="{person.pk}"' in answer for person in (ann, ben)] == [True, True]
    event = study.events.latest("pk")
    assert (event.action, event.target, event.transcript) == ("link-respondent", f"respondent:{ben.pk}", talk)
    assert f'data-undo="{reverse("interviews:undo-change", args=[study.slug, event.pk])}"' in answer
    page = client.get(reverse("interviews:history", args=[study.slug])).content.decode()
    assert "said where <b>Ben</b> speaks in" in page
    client.post(reverse("interviews:undo-change", args=[study.slug, event.pk]))
    assert owners() == ["Ann", "Ann"]
    history.undo(study.events.latest("pk"), lead)
    assert owners() == ["Ann", "Ben"]
    post(client, ann, had=[key(talk, "ANN")])
    assert owners() == [None, "Ben"]
    assert Transcript.objects.get().respondent is None


def test_a_transcript_without_labels_is_somebodys_as_a_whole(client, study, lead):
    ann = make_respondent(study, "Ann")
    story = make_transcript(study, STORY)
    code(story, "came back")
    shown = client.get(reverse("interviews:respondent-transcripts", args=[ann.pk])).content.decode()
    assert f'<option value="{key(story)}">' in shown
    assert post(client, ann, voice=[key(story), ""]).status_code == 302
    assert owners() == ["Ann"]
    post(client, ann, had=[key(story)], voice=[""])
    assert owners() == [None]


def test_the_number_of_coded_segments_opens_exactly_that_persons_passages(client, study, lead):
    ann, ben = make_respondent(study, "Ann"), make_respondent(study, "Ben")
    talk, other = make_transcript(study, TALK), make_transcript(study, TALK)
    for transcript in (talk, other):
        code(transcript, "went back")
        code(transcript, "Alone")
        mapping = {"Q": speakers.INTERVIEWER, "ANN": ann, "BEN": ben}
        speakers.assign(transcript, mapping, lead)
    address = f"{reverse('coding:retrieval', args=[study.slug])}?show=passages&respondent={ben.pk}"
    table = client.get(reverse("interviews:respondents", args=[study.slug])).content.decode()
    assert address.replace("&", "&amp;") in table
    page = client.get(address)
    found = [
        (passage.transcript, passage.quote) for _h, lines in page.context["groups"] for passage, _p in lines
    ]
    assert sorted(found) == sorted([(talk.pk, "Alone"), (other.pk, "Alone")])
    shown = page.content.decode()
    assert "said by Ben" in shown
    assert "Respondent: Ben" in shown  # a filter that can be lifted
    assert f'name="respondent" value="{ben.pk}"' in shown  # and that stays while more is asked
    for name in ("query", "cooccurrence", "find", "matrix", "quotes", "voices", "pictures"):
        answer = client.get(
            reverse(f"coding:{name}", args=[study.slug]), {"respondent": ben.pk, "q": "Alone"}
        )
        assert "Respondent: Ben" in answer.content.decode(), name
    assert client.get(address.replace(f"={ben.pk}", "=99999")).status_code == 400
    table = client.get(f"/api/studies/{study.slug}/crosstab/?respondent={ben.pk}").json()
    assert [column["n"] for column in table["columns"]] == [1]
    csv = b"".join(
        client.get(reverse("coding:export-coded-segments", args=[study.slug]), {"respondent": ben.pk})
    ).decode()
    assert csv.count("Alone") == 2
    assert "went back" not in csv


@pytest.mark.parametrize("voice", ["1", "x.y", "999999.", "7.8.9"])
def test_a_voice_that_is_not_there_is_refused_and_changes_nothing(client, study, lead, voice):
    ann = make_respondent(study, "Ann")
    make_transcript(study, TALK)
    foreign = make_transcript(make_study(), STORY)
    for asked in (voice, key(foreign)):
        answer = post(client, ann, voice=[asked], **BY_SCRIPT)
        assert answer.status_code == 422
        assert "meanwhile" in answer.content.decode()
        assert post(client, ann, voice=[asked]).status_code == 422
    assert not study.events.exists()
    assert Transcript.objects.get(pk=foreign.pk).respondent is None


def test_nothing_changed_is_no_event(client, study, lead):
    ann = make_respondent(study, "Ann")
    story = make_transcript(study, STORY, respondent=ann)
    assert post(client, ann, had=[key(story)], voice=[key(story)], **BY_SCRIPT).status_code == 200
    assert not study.events.exists()


@pytest.mark.parametrize("many", [1, 4])
def test_the_page_takes_the_same_queries_whatever_there_is(
    client, study, lead, django_assert_num_queries, many
):
    ann = make_respondent(study, "Ann")
    for _ in range(many):
        make_transcript(study, TALK, respondent=ann)
    with django_assert_num_queries(5):  # user, respondent, transcripts, speakers, what is left of labels
        assert client.get(reverse("interviews:respondent-transcripts", args=[ann.pk])).status_code == 200


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.integers(0, 2), st.sets(st.integers(0, 6)), st.sets(st.integers(0, 6))), max_size=5
    )
)
def test_whatever_is_linked_whose_words_are_follows_and_goes_back(acts):
    study = make_study()
    lead, tag, coder = make_lead(study), make_code(study), make_coder(study)
    people = [make_respondent(study) for _ in range(3)]
    texts = [TALK, TALK, STORY, STORY]
    transcripts = [make_transcript(study, text) for text in texts]
    for transcript in transcripts:
        for words in ("went back", "Alone", "left", "came back"):
            if words in transcript.text:
                code(transcript, words, tag, coder)
    speakers.assign(transcripts[0], {"Q": speakers.INTERVIEWER}, lead, respondent=people[0])
    held, events = [state(study)], []
    for who, linked, unlinked in acts:
        keys = [voice.key for voice in voices.voices(study)]
        linked, unlinked = (
            {keys[n] for n in chosen if n < len(keys)} for chosen in (linked, unlinked - linked)
        )
        was = {voice.key: voice.owner for voice in voices.voices(study)}
        event, _people = voices.link(people[who], linked, unlinked, lead)
        for voice in voices.voices(study):
            if voice.key in linked:
                assert voice.owner == people[who]
            elif voice.key in unlinked and was[voice.key] == people[who]:
                assert voice.owner != people[who]
            else:
                assert voice.owner == was[voice.key]
        for transcript in transcripts:
            assert speakers._followers[0](Transcript.objects.get(pk=transcript.pk)) == ({}, {})
        if event:
            events.append(event)
            held.append(state(study))
    for event, before in zip(reversed(events), reversed(held[:-1]), strict=True):
        history.undo(event, lead)
        assert state(study) == before


def state(study):
    return [
        list(rows.order_by("pk").values_list("pk", *fields))
        for rows, fields in (
            (Transcript.objects.filter(study=study), ["respondent"]),
            (Speaker.objects.filter(transcript__study=study), ["respondent", "is_interviewer"]),
            (Segment.objects.filter(transcript__study=study), ["respondent"]),
            (CodedSegment.objects.filter(tag__study=study), ["respondent"]),
        )
    ]
