"""Results: questions with a name, frozen answers, what has changed since, and reports."""

import io
import re
from html import unescape

import pytest
from django.urls import reverse
from docx import Document

from coding import changes, codebook, erasing, results
from coding.demo import load_demo
from coding.models import CodedSegment, FrozenPassage, Result
from interviews import history, restricted
from interviews.access import Role
from interviews.models import Event, Transcript
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_owner,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def kinds():
    return {
        "crosstab": "by=respondent_type&count=respondents",
        "retrieval": "show=passages&with={code}",
        "cooccurrence": "how=overlap",
        "search": "q=association",
        "quotes": "pick={code}",
        "voices": "code={code}&size=10&seed=7",
        "pictures": "picture=types",
    }


@pytest.fixture
def study():
    return load_demo()


def lead_of(study):
    return study.memberships.get(user__username="lead").user


def keep(client, study, kind, address, **posted):
    data = {"name": "First finding", "kind": kind, "address": address, "freeze": "yes", **posted}
    return client.post(reverse("coding:keep-result", args=[study.slug]), data)


def text(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def address_of(study, kinds, kind):
    return kinds[kind].format(code=study.codes.get(name="Brokerage doubted").pk)


@pytest.mark.parametrize("kind", list(results.PAGES))
def test_a_frozen_result_says_that_nothing_or_what_has_changed(client, study, kinds, kind):
    client.force_login(lead_of(study))
    answer = keep(client, study, kind, address_of(study, kinds, kind))
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert "the answer is the same" in text(page)
    result = Result.objects.get()
    assert result.event == study.events.order_by("-pk")[1].pk
    transcript = study.transcripts.get(title__startswith="RET02")
    if kind in ("quotes", "voices"):
        shown = result.passages.order_by("pk").first()
        CodedSegment.objects.filter(content_object=shown.segment).delete()
        study.events.create(action="withdraw", target="segment:1")
        page = text(client.get(answer["Location"]))
        assert "1 passage has gone" in page
        assert shown.quote.split()[1] in page
        return
    if kind == "search":
        Transcript.objects.filter(pk=transcript.pk).update(removed_at="2026-01-01T00:00Z")
        study.events.create(action="remove-transcript", target=f"transcript:{transcript.pk}")
        assert "are gone" in text(client.get(answer["Location"]))
        return
    coded = make_coded_segment(
        transcript,
        study.codes.get(name="Brokerage doubted"),
        study.memberships.get(user__username="coder_a").user,
        600,
        640,
        respondent=transcript.respondent,
    )
    study.events.create(action="apply", target=history.key_of(coded))
    page = text(client.get(answer["Location"]))
    assert "1 passage has come" in page
    assert coded.content_object.quote.split()[1] in page


def test_a_passage_that_has_gone_is_shown_and_the_numbers_then_and_now(client, study):
    client.force_login(lead_of(study))
    answer = keep(client, study, "crosstab", "count=coded_segments")
    coded = CodedSegment.objects.filter(tag__name="Matchmaking").first()
    quote = coded.content_object.quote
    changes.make(
        coded.content_object.transcript_id,
        coded.coder,
        1,
        [{"id": "6a0c1b1e-0000-4000-8000-000000000001", "do": "withdraw", "target": coded.pk}],
    )
    page = text(client.get(answer["Location"]))
    assert "1 passage has gone" in page
    assert re.sub(r"\s+", " ", quote)[:40] in page
    assert "Association brokerage > Matchmaking" in page


def test_only_a_question_is_kept_where_nothing_is_to_be_frozen(client, study):
    client.force_login(lead_of(study))
    answer = keep(client, study, "crosstab", "count=words&cell=1&page=3", freeze="")
    result = Result.objects.get()
    assert result.frozen is None and result.address == "count=words"
    assert "Only the question is kept" in text(client.get(answer["Location"]))


def test_chosen_passages_are_kept_as_a_list(client, study):
    client.force_login(lead_of(study))
    code = study.codes.get(name="Matchmaking")
    rows = CodedSegment.objects.filter(tag=code).order_by("content_object")
    chosen = list(rows.values_list("content_object_id", flat=True).distinct())[:2]
    answer = keep(client, study, "retrieval", f"show=passages&with={code.pk}", list="yes", chosen=chosen)
    assert sorted(FrozenPassage.objects.values_list("segment_id", flat=True)) == sorted(chosen)
    assert "the answer is the same" in text(client.get(answer["Location"]))
    assert Result.objects.get().frozen["title"].startswith("passages coded with")
    keep(client, study, "retrieval", f"show=passages&with={code.pk}", list="yes")
    assert Result.objects.count() == 1
    keep(client, study, "retrieval", f"show=passages&with={code.pk}", list="yes", chosen=chosen[:1])
    assert Result.objects.latest("pk").frozen["title"].startswith("passage coded with")


@pytest.mark.parametrize(
    "posted",
    [
        {"name": " "},
        {"name": "x" * 201},
        {"kind": "table"},
        {"address": "by=nothing"},
        {"address": "x=" + "y" * 8_001},
        {"kind": "search", "address": ""},
        {"kind": "search", "address": "q=(&mode=regex"},
    ],
)
def test_what_cannot_be_kept_is_not(client, study, posted):
    client.force_login(lead_of(study))
    answer = keep(client, study, **{"kind": "crosstab", "address": "", **posted})
    assert answer.status_code == 302
    assert not Result.objects.exists()


def test_more_passages_than_can_be_frozen_are_refused_with_a_way_out(client, study, monkeypatch):
    monkeypatch.setattr(results, "MOST_FROZEN", 5)
    client.force_login(lead_of(study))
    answer = keep(client, study, "crosstab", "")
    assert "too many to freeze" in text(client.get(answer["Location"]))
    assert keep(client, study, "crosstab", "", freeze="")["Location"].startswith("/results/")


def test_results_are_removed_by_who_kept_them_or_a_lead_and_brought_back(client, study):
    author, other, lead = make_coder(study), make_coder(study), make_lead(study)
    result = results.keep(study, author, "Mine", "crosstab", "", freeze=True)
    address = reverse("coding:remove-result", args=[result.pk])
    client.force_login(other)
    assert client.post(address).status_code == 403
    client.force_login(author)
    client.post(address)
    assert client.get(reverse("coding:result", args=[result.pk])).status_code == 404
    history.undo(Event.objects.latest("pk"), lead)
    assert "Mine" in text(client.get(reverse("coding:results", args=[study.slug])))


def test_what_somebody_had_erased_is_in_no_frozen_result(client, study):
    owner = make_owner(study)
    transcript = study.transcripts.get(title__startswith="RET02")
    result = results.keep(study, owner, "All", "retrieval", "show=passages", freeze=True)
    assert result.passages.filter(segment__transcript=transcript).exists()
    Transcript.objects.filter(pk=transcript.pk).update(removed_at="2026-01-01T00:00Z")
    erasing.erase_transcript(transcript, owner)
    assert result.passages.exists()
    assert not result.passages.filter(segment__transcript=transcript.pk).exists()
    client.force_login(owner)
    assert client.get(reverse("coding:result", args=[result.pk])).status_code == 200


def report(client, study, name="coding:report", kind=(), **params):
    answer = client.get(reverse(name, args=[study.slug, *kind]), params)
    assert answer.status_code == 200
    return answer


def docx_text(answer):
    document = Document(io.BytesIO(answer.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_a_report_prints_quotes_with_attribution_and_what_was_counted(client, study):
    lead = lead_of(study)
    client.force_login(lead)
    code = study.codes.get(name="Brokerage doubted")
    quotes = results.keep(study, lead, "Doubts", "retrieval", f"show=passages&with={code.pk}", freeze=True)
    table = results.keep(study, lead, "=Table", "crosstab", "", freeze=False)
    chosen = {"result": [quotes.pk, table.pk], "attribute": ["respondent_type", "city"]}
    for told in (
        text(report(client, study, "coding:download-report", ["html"], **chosen)),
        docx_text(report(client, study, "coding:download-report", ["docx"], **chosen)),
    ):
        assert "(Lihua, Returnee, Beijing)" in told
        assert "coder_a" in told and "12 respondents" in told
        assert "passages coded with Brokerage doubted" in told
        assert "=Table" in told and "Team return > Team formation" in told
    page = text(client.get(reverse("interviews:history", args=[study.slug])))
    assert "exported a report as DOCX: 2 results" in page


def test_a_report_prints_what_a_search_found_and_how_often(client, study):
    lead = lead_of(study)
    client.force_login(lead)
    result = results.keep(study, lead, "Return", "search", "q=return", freeze=True)
    n = result.frozen["total"]
    assert n > 3
    for told in (
        text(report(client, study, result=result.pk)),
        docx_text(report(client, study, "coding:download-report", ["docx"], result=result.pk)),
    ):
        assert f"{n} places where “return” is said" in told
        assert told.count("…") == 2 * n
        assert "37 codes" not in told.partition("places where")[2].partition("Taken")[0]


def test_a_report_leaves_out_restricted_passages_and_says_so(client, study):
    lead = lead_of(study)
    client.force_login(lead)
    code = study.codes.get(name="Team break-up")
    result = results.keep(study, lead, "Break-up", "retrieval", f"show=passages&with={code.pk}", freeze=True)
    for passage in study.transcripts.get(title__startswith="RET04").restricted.all():
        restricted.lift(passage, lead)
    before = docx_text(report(client, study, "coding:download-report", ["docx"], result=result.pk))
    secret = CodedSegment.objects.filter(
        tag=code, content_object__transcript__title__startswith="RET04"
    ).first()
    words = secret.content_object.quote
    assert words in before
    segment = secret.content_object
    restricted.restrict(segment.transcript_id, lead, segment.start, segment.start + 5, revision=1)
    for kind, read in (("docx", docx_text), ("html", text)):
        told = read(report(client, study, "coding:download-report", [kind], result=result.pk))
        assert words[:30] not in told
        assert "withheld" in told
    client.force_login(make_reader(study))
    assert words[:30] not in text(client.get(reverse("coding:result", args=[result.pk])))


def test_a_report_warns_of_who_may_be_recognised(client, study):
    lead = lead_of(study)
    client.force_login(lead)
    code = study.codes.get(name="Brokerage doubted")
    result = results.keep(study, lead, "Doubts", "retrieval", f"show=passages&with={code.pk}", freeze=True)
    asked = {"result": result.pk, "attribute": ["respondent_type", "city"]}
    assert "Returnee, Beijing: 1" in text(report(client, study, **asked))
    assert "may be recognised" not in text(report(client, study, result=result.pk, attribute=""))
    client.post(reverse("coding:least-group", args=[study.slug]), {"least_group": "1"})
    assert "may be recognised" not in text(report(client, study, **asked))
    for wrong in ("0", "x", "1000", ""):
        client.post(reverse("coding:least-group", args=[study.slug]), {"least_group": wrong})
        study.refresh_from_db()
        assert study.least_group == 1


def test_a_result_of_another_study_is_not_printed(client, study):
    other = make_study()
    hidden = results.keep(other, make_coder(other), "Secret", "crosstab", "", freeze=True)
    client.force_login(lead_of(study))
    assert "Secret" not in text(report(client, study, result=hidden.pk))
    client.force_login(make_user())
    assert client.get(reverse("coding:result", args=[hidden.pk])).status_code == 404


def test_readers_look_and_do_not_keep(client, study):
    client.force_login(make_reader(study))
    page = text(client.get(reverse("coding:results", args=[study.slug])))
    assert "No result is kept yet" in page
    assert keep(client, study, "crosstab", "").status_code == 403
    assert study.memberships.filter(role=Role.READER).exists()


def test_the_list_takes_the_same_queries_however_many_are_kept(client, study, django_assert_num_queries):
    coder = make_coder(study)
    client.force_login(coder)
    for number in range(2):
        results.keep(study, coder, f"Kept {number}", "crosstab", "", freeze=True)
        with django_assert_num_queries(5):  # user, study, results, which are frozen, names
            client.get(reverse("coding:results", args=[study.slug]))


def test_a_list_of_passages_that_cannot_be_is_refused(client, study):
    client.force_login(make_coder(study))
    code = study.codes.first()
    keep(client, study, "retrieval", f"show=passages&with={code.pk}", list="yes", chosen="9" * 5000)
    assert not Result.objects.exists()


def test_what_is_frozen_is_what_the_page_showed(client, study):
    lead = lead_of(study)
    client.force_login(lead)
    asked = "show=percent&by=founder&children=no&hide=yes&sort=most&test=yes"
    result = results.keep(study, lead, "Founders", "crosstab", asked, freeze=True)
    page = client.get(reverse("coding:query", args=[study.slug]) + f"?{asked}").content.decode()
    shown = [
        re.sub(r"<[^>]+>", "", row) for row in re.findall(r'<span class="one-line" title="([^"]+)">', page)
    ]
    assert [unescape(path) for path in shown] == [label for _key, label, _figures in result.frozen["rows"]]
    rows = page.partition("<tbody>")[2]
    figures = re.findall(r'<span(?: class="zero")?><b>([^<]+)</b>([^<]*)</span>', rows)
    assert ["".join(each) for each in figures] == [
        figure for _key, _label, row in result.frozen["rows"] for figure in row[:-1]
    ]
    told = text(client.get(reverse("coding:result", args=[result.pk])))
    for words in ("Share of the column", "are counted without their children", "Codebook", "as of change"):
        assert words in told
    assert result.frozen["columns"][-1][0] == "p"


@pytest.mark.parametrize("by", ["transcript", "respondent"])
def test_names_of_columns_are_those_of_now(client, study, by):
    lead = lead_of(study)
    client.force_login(lead)
    result = results.keep(study, lead, "Each", "crosstab", f"by={by}", freeze=True)
    assert all(not label for _key, label, _n in result.frozen["columns"][:-1])
    page = text(client.get(reverse("coding:result", args=[result.pk])))
    name = study.transcripts.first().title if by == "transcript" else "Lihua"
    assert f"{name} 1" in page
    assert name in text(report(client, study, result=result.pk))


def test_a_frozen_result_tells_what_became_of_the_codebook(client, study):
    lead = lead_of(study)
    client.force_login(lead)
    result = results.keep(study, lead, "Table", "crosstab", "", freeze=True)
    address = reverse("coding:result", args=[result.pk])
    assert "The codebook is as it was" in text(client.get(address))
    codebook.edit_code(study.codes.get(name="Matchmaking"), lead, definition="Anything at all")
    page = text(client.get(address))
    assert "1 change of the codebook" in page and "Matchmaking" in page
    assert "the answer is the same" in page


@pytest.mark.parametrize("picture", ["strips", "respondents", "types", "time"])
def test_a_frozen_picture_is_drawn_while_its_numbers_are_the_same(client, study, picture):
    lead = lead_of(study)
    client.force_login(lead)
    result = results.keep(study, lead, "Drawn", "pictures", f"picture={picture}", freeze=True)
    address = reverse("coding:result", args=[result.pk])
    assert "<svg" in client.get(address).content.decode()
    CodedSegment.objects.filter(tag__name="Matchmaking").delete()
    study.events.create(action="withdraw", target="segment:1")
    page = client.get(address).content.decode()
    assert "draws another" in page and 'class="pic"' not in page
    if picture == "respondents":
        assert "Lihua" in page and "Lihua" not in str(result.frozen)


def test_quotes_side_by_side_are_printed_under_their_code_and_column(client, study):
    lead = lead_of(study)
    client.force_login(lead)
    code = study.codes.get(name="Brokerage doubted")
    kept = [
        results.keep(study, lead, kind, kind, f"code={code.pk}&pick={code.pk}", freeze=freeze)
        for kind in ("quotes", "voices")
        for freeze in (True, False)
    ]
    for result in kept:
        told = docx_text(report(client, study, "coding:download-report", ["docx"], result=result.pk))
        assert re.search(
            r"Brokerage doubted · Returnee\n[^\n]+ \(\w+, Returnee\)\n", told
        )  # who is heard goes by number
    assert "Brokerage doubted · Migrant" in text(client.get(reverse("coding:result", args=[kept[0].pk])))


def test_who_has_no_value_is_told_from_all_together(client):
    study = make_study()
    make_attribute(study, "City")
    lead, code = make_lead(study), make_code(study, "Trust")
    for number, values in enumerate([{"city": "Suzhou"}] * 3 + [{}]):
        who = make_respondent(study, f"P{number}", make_type(study), **values)
        make_coded_segment(make_transcript(respondent=who), code, lead, respondent=who)
    client.force_login(lead)
    result = results.keep(study, lead, "Cities", "crosstab", "by=city", freeze=True)
    page = text(report(client, study, result=result.pk))
    assert "Suzhou (3) No value (1) All (4) Trust 3 of 3 1 of 1 * 4 of 4" in page
    CodedSegment.objects.filter(respondent=who).delete()
    study.events.create(action="withdraw", target="segment:1")
    page = text(client.get(reverse("coding:result", args=[result.pk])))
    assert "Trust No value 1 of 1 0 of 1" in page and "Trust All 4 of 4 3 of 4" in page
