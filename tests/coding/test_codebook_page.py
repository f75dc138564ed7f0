import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from coding import codebook
from tests.factories import (
    make_code,
    make_coded_segment,
    make_coder,
    make_lead,
    make_reader,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)


@pytest.fixture
def study(db):
    return make_study()


def url(study):
    return reverse("coding:codebook", args=[study.slug])


def names(html):
    return re.findall(r'<a class="one-line"[^>]*title="([^"]*)"', html)


def detail(html):
    return html[html.index("<aside") :]


def test_members_see_the_tree_with_counts_that_include_subcodes(client, study):
    reader, coder = make_reader(study), make_coder(study)
    family = make_code(study, "Ties", colour="#2e7d4f")
    trust = make_code(parent=family, name="Trust", definition="To rely on")
    ann, ben = make_respondent(study), make_respondent(study)
    transcript = make_transcript(study)
    make_coded_segment(transcript, family, coder, respondent=ann)
    make_coded_segment(transcript, trust, coder, start=1, respondent=ben)
    make_coded_segment(transcript, trust, make_coder(study), start=1)
    client.force_login(reader)

    page = client.get(url(study)).text

    assert "2 codes in 1 family" in page and "To rely on" in page and "hue-green shade-1" in page
    row = r'data-level="(\d)".*?class="num">(\d+)<.*?people">(\d+)<'
    assert re.findall(row, page, re.S) == [("1", "3", "2"), ("2", "2", "1")]
    page = client.get(f"{url(study)}?subcodes=no").text
    assert re.findall(row, page, re.S) == [("1", "1", "1"), ("2", "2", "1")]
    assert 'type="checkbox" name="codes"' not in page and "data-editable" not in page


def test_a_chosen_code_shows_all_that_is_said_of_it(client, study):
    coder = make_coder(study)
    family = make_code(study, "Ties")
    code = make_code(
        parent=family,
        name="Trust",
        definition="To rely on",
        include="Vouching",
        exclude="Hope",
        example="I trust him",
        origin="data",
    )
    code.asked_of.set([make_type(study, "Returnee")])
    make_coded_segment(make_transcript(study), code, coder)
    client.force_login(coder)

    page = client.get(f"{url(study)}?code={code.pk}").text

    for words in ("Ties", "To rely on", "Vouching", "Hope", "I trust him", "From the data", "Returnee"):
        assert words in detail(page)
    [(address, number)] = re.findall(
        rf'<th scope="row">{coder.username}</th><td class="num"><a href="([^"]*)">(\d)</a></td>', detail(page)
    )
    assert number == "1" and "1–1 of 1 passage" in client.get(unescape(address)).text
    assert 'aria-current="true"' in page and "<form" not in detail(page)


def test_a_code_is_counted_by_respondent_type_and_not_asked_is_not_nothing(client, study):
    returnee, migrant = make_type(study, "Returnee"), make_type(study, "Migrant")
    make_type(study, "Actor")
    wenbo, mei = make_respondent(study, "Wenbo", returnee), make_respondent(study, "Mei", returnee)
    first = make_transcript(study, respondent=wenbo)
    make_transcript(study, respondent=mei)
    make_transcript(study, respondent=make_respondent(study, "Lin", migrant))
    make_respondent(study, "Never interviewed", migrant)
    code = make_code(study)
    code.asked_of.set([returnee, migrant])
    make_coded_segment(first, code, respondent=wenbo)
    make_coded_segment(first, code, respondent=wenbo)
    client.force_login(make_coder(study))

    page = detail(client.get(f"{url(study)}?code={code.pk}").text)

    found = re.findall(
        r'<th scope="row">(\w+)</th><td class="num"><b>(\d)</b> of (\d)</td><td class="num">(?:<a [^>]*>)?(\d)',
        page,
    )
    assert found == [("Returnee", "1", "2", "2"), ("Migrant", "0", "1", "0")]
    assert re.search(r'<th scope="row">Actor</th><td class="num faint" colspan="2">not asked', page)


def test_what_is_coded_in_a_transcript_put_away_is_not_counted(client, study):
    code = make_code(study)
    make_coded_segment(make_transcript(study, removed_at=timezone.now()), code)
    make_coded_segment(make_transcript(study), code)
    client.force_login(make_coder(study))

    assert re.search(r'class="num">1<', client.get(url(study)).text)


def test_a_code_of_another_study_is_not_shown(client, study):
    other = make_code(name="Elsewhere", definition="Secret")
    client.force_login(make_coder(study))

    for address in (url(study), reverse("coding:codebook-pane", args=[study.slug])):
        for asked in (other.pk, "x", "", "9" * 30):
            page = client.get(f"{address}?code={asked}")
            assert page.status_code == 200 and "Elsewhere" not in page.text and "Secret" not in page.text


def test_retired_codes_are_shown_when_asked_for_unless_subcodes_hang_on_them(client, study):
    lead = make_lead(study)
    old = make_code(study, "Old", retired_at=timezone.now())
    codebook.merge(make_code(study, "Gone"), make_code(study, "Into"), lead)
    parent = make_code(study, "Parent", retired_at=timezone.now())
    make_code(parent=parent, name="Child")
    client.force_login(lead)

    assert names(client.get(url(study)).text) == ["Into", "Parent", "Child"]
    assert names(client.get(f"{url(study)}?retired=yes").text) == ["Gone", "Into", "Old", "Parent", "Child"]
    assert "Old" in names(client.get(f"{url(study)}?code={old.pk}").text)


def test_the_filter_finds_names_and_definitions_with_their_parents(client, study):
    family = make_code(study, "Ties")
    make_code(parent=family, name="Trust")
    make_code(parent=family, name="Other")
    make_code(study, "Work", definition="What one TRUSTS")
    client.force_login(make_coder(study))

    assert names(client.get(f"{url(study)}?q=trust").text) == ["Ties", "Trust", "Work"]
    page = client.get(f"{url(study)}?q=nothing").text
    assert names(page) == [] and "No code matches this filter." in page


def test_a_large_book_opens_with_its_families_and_their_subcodes(client, study):
    code = None
    for level in range(3):
        code = make_code(study, f"A{level}", parent=code)
    for _ in range(150):
        make_code(study)
    client.force_login(make_coder(study))

    page = client.get(url(study)).text
    assert re.findall(r'data-level="(\d)"( data-folds="closed"| data-folds)?( hidden)?>', page)[:3] == [
        ("1", " data-folds", ""),
        ("2", ' data-folds="closed"', ""),
        ("3", "", " hidden"),
    ]
    assert (
        " hidden>"
        not in re.findall(r'data-level="3"[^>]*>', client.get(f"{url(study)}?code={code.pk}").text)[0]
    )


def test_an_empty_codebook_says_what_to_do_next(client, study):
    client.force_login(make_lead(study))
    assert "The codebook is empty" in client.get(url(study)).text
    client.force_login(make_coder(study))
    assert "A lead of this study adds codes" in client.get(url(study)).text


def test_what_is_asked_of_several_codes_is_for_leads(client, study):
    code = make_code(study)
    client.force_login(make_coder(study))

    for asked in ("new", f"act=move&codes={code.pk}", f"act=merge&codes={code.pk}"):
        assert client.get(f"{url(study)}?{asked}").status_code == 403
    client.force_login(make_lead(study))
    for asked in ("act=move", "act=explode&codes={code.pk}", f"act=move&codes={make_code().pk}"):
        assert client.get(f"{url(study)}?{asked}").status_code == 404


def test_a_stranger_finds_no_codebook(client, study):
    client.force_login(make_lead())

    assert client.get(url(study)).status_code == 404


def test_the_codebook_takes_the_same_queries_whatever_its_size(client, study, django_assert_num_queries):
    coder = make_coder(study)
    transcript = make_transcript(study)
    client.force_login(coder)
    for _ in range(2):
        code = make_code(parent=make_code(parent=make_code(study)))
        make_coded_segment(transcript, code, coder)
        make_coded_segment(transcript, code)
        # user, study, codes, whether a transcript is put away, counts
        with django_assert_num_queries(5):
            client.get(url(study))
        # and: types it was asked of, all types, who coded what (and whether a transcript is put away), respondents,
        # coders, memos
        with django_assert_num_queries(13):
            client.get(f"{url(study)}?code={code.pk}")


def test_keys_move_a_code_past_retired_ones_that_are_hidden(client, study):
    lead = make_lead(study)
    client.force_login(lead)
    first, gone, last = (codebook.create_code(study, lead, name=name) for name in ("First", "Gone", "Last"))
    codebook.retire(gone, lead)
    acts = reverse("coding:codebook-acts", args=[study.slug])

    def order():
        return list(study.codes.filter(parent=None).values_list("name", flat=True))

    client.post(acts, {"do": "up", "codes": last.pk})
    assert order() == ["Last", "First", "Gone"]
    refused = client.post(acts, {"do": "up", "codes": last.pk}, follow=True).text
    assert "“Last” is the first here already." in refused
    client.post(acts, {"do": "in", "codes": first.pk})
    first.refresh_from_db()
    assert first.parent == last
    told = client.get(reverse("interviews:history", args=[study.slug])).text
    assert "moved <b>First</b> from the top to under Last" in told
    assert "moved <b>Last</b> from place 3 to place 1 among its siblings" in told

    client.post(f"{acts}?retired=yes", {"do": "in", "codes": gone.pk})
    refused = client.post(f"{acts}?retired=yes", {"do": "in", "codes": first.pk}, follow=True).text
    assert "“First” has no code before it" in refused
