import re

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
    return re.findall(r'title="([^"]*)"', html)


def test_members_see_the_tree_with_counts_that_include_subcodes(client, study):
    reader, coder = make_reader(study), make_coder(study)
    family = make_code(study, "Ties", colour="#2e7d4f")
    trust = make_code(parent=family, name="Trust", definition="To rely on")
    transcript = make_transcript(study)
    make_coded_segment(transcript, family, coder)
    make_coded_segment(transcript, trust, coder)
    make_coded_segment(transcript, trust, make_coder(study))
    client.force_login(reader)

    page = client.get(url(study)).text

    assert "2 codes in 1 family" in page and "To rely on" in page and "hue-green shade-1" in page
    numbers = re.findall(r'data-level="(\d)".*?class="num">(\d+)<.*?coders">(\d+)<', page, re.S)
    assert numbers == [("1", "3", "2"), ("2", "2", "2")]


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
    detail = page[page.index("<aside") :]

    for words in ("Ties", "To rely on", "Vouching", "Hope", "I trust him", "From the data", "Returnee"):
        assert words in detail
    assert re.search(rf'<th scope="row">{coder.username}</th><td class="num">1</td>', detail)
    assert 'aria-selected="true"' in page and "Edit in admin" not in page


def test_a_code_of_another_study_is_not_shown(client, study):
    other = make_code(name="Elsewhere", definition="Secret")
    client.force_login(make_coder(study))

    for asked in (other.pk, "x", ""):
        page = client.get(f"{url(study)}?code={asked}")
        assert page.status_code == 200 and "Elsewhere" not in page.text and "Secret" not in page.text


def test_retired_codes_are_folded_at_the_end_unless_subcodes_hang_on_them(client, study):
    lead = make_lead(study)
    make_code(study, "Old", retired_at=timezone.now())
    codebook.merge(make_code(study, "Gone"), make_code(study, "Into"), lead)
    parent = make_code(study, "Parent", retired_at=timezone.now())
    make_code(parent=parent, name="Child")
    client.force_login(lead)

    tree, folded = client.get(url(study)).text.split("<details")

    assert names(tree) == ["Into", "Parent", "Child"]
    assert "2 retired codes" in folded and names(folded) == ["Gone", "Old"]


def test_the_filter_finds_names_and_definitions_with_their_parents(client, study):
    family = make_code(study, "Ties")
    make_code(parent=family, name="Trust")
    make_code(parent=family, name="Other")
    make_code(study, "Work", definition="What one TRUSTS")
    client.force_login(make_coder(study))

    assert names(client.get(f"{url(study)}?q=trust").text) == ["Ties", "Trust", "Work"]
    page = client.get(f"{url(study)}?q=nothing").text
    assert names(page) == [] and "No code matches this filter." in page


def test_leads_get_the_ways_to_change_it(client, study):
    code = make_code(study)
    client.force_login(make_lead(study))

    page = client.get(f"{url(study)}?code={code.pk}").text

    for link in (
        f"{reverse('admin:coding_code_add')}?study={study.slug}",
        reverse("admin:coding_code_change", args=[code.pk]),
        reverse("coding:import-codebook", args=[study.slug]),
        reverse("coding:codebook-csv", args=[study.slug]),
    ):
        assert f'href="{link}"' in page


def test_an_empty_codebook_says_what_to_do_next(client, study):
    client.force_login(make_lead(study))
    assert "The codebook is empty" in client.get(url(study)).text
    client.force_login(make_coder(study))
    assert "A lead of this study adds codes" in client.get(url(study)).text


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
        # user, study, codes, counts, coders of the chosen code, its types
        with django_assert_num_queries(8):
            client.get(f"{url(study)}?code={code.pk}")
