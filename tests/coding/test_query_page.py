"""The query page: its table, its cells, and the passages behind them."""

import csv
import re
from html import unescape

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from coding.demo import load_demo
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
    make_user,
)

pytestmark = pytest.mark.django_db
EXPECTED = settings.BASE_DIR / "tests" / "expected" / "crosstab_by_respondent_type.csv"


def open_page(client, study, name="coding:query", status=200, **params):
    answer = client.get(reverse(name, args=[study.slug]), params)
    assert answer.status_code == status
    return answer


def html(answer):
    return answer.content.decode()


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html(answer)))


def labels(answer):
    """{(code, column): what the cell says to a screen reader}"""
    cells = re.findall(r'<a class="cell"[^>]*>(.*?)</a>', html(answer), re.DOTALL)
    said = [unescape(re.sub(r"<[^>]+>", "", cell)).partition(": ") for cell in cells]
    return {tuple(head.rsplit(", ", 1)): rest for head, _colon, rest in said}


def test_the_page_shows_the_demo_studys_numbers_to_the_last_cell(client):
    study = load_demo()
    client.force_login(study.memberships.get(user__username="reader").user)
    asked = {
        "segments": {"count": "coded_segments"},
        "segments_coder_a": {"count": "coded_segments", "coder": "coder_a"},
        "segments_coder_b": {"count": "coded_segments", "coder": "coder_b"},
        "transcripts": {"count": "transcripts"},
    }
    names = dict(study.respondent_types.values_list("key", "name"))
    with open(EXPECTED, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for children, level in (("yes", "with_children"), ("no", "own")):
        pages = {name: labels(open_page(client, study, children=children, **q)) for name, q in asked.items()}
        parents = {row["code"] for row in rows if row["level"] == "with_children"}
        for row in rows:
            if row["level"] != level and row["code"] in parents:
                continue
            for name, page in pages.items():
                said = page[row["code"], names[row["respondent_type"]]]
                assert re.match(r"\d+", said).group() == row[name], (row, name, said)


def test_every_cell_opens_its_passages_and_names_who_is_without(client):
    study = load_demo()
    client.force_login(make_reader(study))
    code = study.codes.get(name="Brokerage doubted")
    page = open_page(client, study, cell=f"{code.pk},returnee")
    said = text(page)
    assert "Returnee: 4 of 5 respondents, 5 coded segments" in said
    assert "Not coded here: Wenbo" in said
    assert "It's like a matchmaker, 媒人." in said.replace("&#x27;", "'")
    assert "RET03 Junfeng, turn 16" in said
    transcript = study.transcripts.get(filename="RET03_junfeng.txt")
    assert re.search(rf'href="/transcripts/{transcript.pk}/\?back=[^"]+%23q\d+#t16"', html(page))
    assert f'data-cell="{code.pk},returnee" aria-expanded="true"' in html(page)
    fragment = open_page(client, study, "coding:passages", cell=f"{code.pk},returnee")
    assert "<html" not in html(fragment)
    assert "Not coded here: Wenbo" in text(fragment)


def test_a_zero_cell_shows_who_is_without_and_their_transcripts(client):
    study = load_demo()
    client.force_login(make_reader(study))
    code = study.codes.get(name="Team break-up")
    page = open_page(client, study, "coding:passages", cell=f"{code.pk},migrant")
    assert "0 of 4 respondents" in text(page)
    for name in ("Xiaoyu", "Haoran", "Guowei", "Shanshan"):
        transcript = study.transcripts.get(respondent__pseudonym=name)
        assert f'<li><b>{name}</b> <a href="/transcripts/{transcript.pk}/">' in html(page)


def test_a_parent_opens_the_passages_of_its_children_only_if_it_includes_them(client):
    study = load_demo()
    client.force_login(make_reader(study))
    code = study.codes.get(name="Return decision")
    with_children = text(open_page(client, study, "coding:passages", cell=str(code.pk)))
    alone = text(open_page(client, study, "coding:passages", cell=str(code.pk), children="no"))
    assert "11 of 12 respondents, 43 coded segments" in with_children
    assert "Career ceiling" in with_children
    assert "0 of 12 respondents, 0 coded segments" in alone


def test_a_parent_row_says_its_own_number_beside_the_rolled_up_one(client):
    study = load_demo()
    client.force_login(make_reader(study))
    page = open_page(client, study)
    assert "own 4" in text(page)
    said = labels(page)["Team return", "Returnee"]
    assert said == "5 of 5 respondents, own 4, 32 coded segments"
    assert not re.search(r"own \d", text(open_page(client, study, children="no")))


def test_what_stands_around_a_quote_is_cut_at_words(client):
    study = make_study()
    who = make_respondent(study, "Wenbo", make_type(study, "Returnee"))
    before, quote, after = "one 老𬭎 three " * 20, "we decided together", " in the car park" * 20
    transcript = make_transcript(respondent=who, text=f"WENBO: {before}{quote}{after}")
    start = transcript.text.index(quote)
    made = make_coded_segment(
        transcript, make_code(study), start=start, end=start + len(quote), respondent=who
    )
    client.force_login(make_reader(study))
    page = html(open_page(client, study, "coding:passages", cell=f"{made.tag_id},returnee"))
    around = re.findall(r'<span class="around">([^<]*)</span>', page)
    assert around[0].startswith("…")
    assert f"WENBO: {before}".endswith(around[0].lstrip("…"))
    assert around[0].lstrip("…").split()[0] in ("one", "老𬭎", "three")
    assert after.startswith(around[1].rstrip("…"))
    assert around[1].rstrip("…").split()[-1] in ("in", "the", "car", "park")
    assert f'<span class="words">{quote}</span>' in page


def test_a_chinese_quote_says_that_it_is_chinese(client):
    study = load_demo()
    client.force_login(make_reader(study))
    code = study.codes.get(name="Selection by gatekeepers")
    page = html(open_page(client, study, "coding:passages", cell=f"{code.pk},migrant"))
    assert page.count('lang="zh-Hans"') == 1


def test_many_passages_come_in_pages_of_fifty(client):
    study = make_study()
    who = make_respondent(study, "Wenbo", make_type(study, "Returnee"))
    transcript = make_transcript(respondent=who, text="word " * 60, turns=[])
    code, coder = make_code(study), make_coder(study)
    for place in range(60):
        make_coded_segment(transcript, code, coder, place * 5, place * 5 + 4, respondent=who)
    client.force_login(make_reader(study))
    first = open_page(client, study, "coding:passages", cell=f"{code.pk},returnee")
    second = open_page(client, study, "coding:passages", cell=f"{code.pk},returnee", page=2)
    assert html(first).count("<blockquote") == 50
    assert html(second).count("<blockquote") == 10
    assert "51–60 of 60 passages" in text(second)


def test_the_table_has_links_without_scripts_and_a_way_to_close(client):
    study = load_demo()
    client.force_login(make_reader(study))
    code = study.codes.get(name="Matchmaking")
    page = html(open_page(client, study, count="segments", where=["founder:yes", ""]))
    assert f'href="?count=segments&amp;where=founder%3Ayes&amp;cell={code.pk}%2Creturnee#opened"' in page
    opened = html(open_page(client, study, count="segments", cell=f"{code.pk},returnee"))
    assert f'data-do="close" href="/studies/{study.slug}/query/?count=segments"' in opened


def test_empty_rows_can_be_hidden_and_parents_stay_above_the_rest(client):
    study = make_study()
    who = make_respondent(study, respondent_type=make_type(study, "Returnee"))
    parent, empty = make_code(study, "Parent"), make_code(study, "Empty")
    child = make_code(name="Child", parent=parent)
    make_coded_segment(make_transcript(respondent=who), child, respondent=who)
    client.force_login(make_reader(study))
    for children in ("yes", "no"):
        names = {code for code, _column in labels(open_page(client, study, hide="yes", children=children))}
        assert names == {"Parent", "Child"}
    assert empty.name in {code for code, _column in labels(open_page(client, study))}


def test_shares_of_fewer_than_three_have_no_shade(client):
    study = make_study()
    code = make_code(study, "Car park")
    for size in (2, 4):
        kind = make_type(study, f"Of {size}")
        for number in range(size):
            who = make_respondent(study, respondent_type=kind)
            transcript = make_transcript(respondent=who)
            if number == 0:
                make_coded_segment(transcript, code, respondent=who)
    client.force_login(make_reader(study))
    cells = re.findall(r'<td class="num"( data-heat="\d")?>', html(open_page(client, study)))
    assert cells == ["", ' data-heat="1"']


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda study: None, "There are no codes yet"),
        (lambda study: make_code(study), "There are no transcripts yet"),
        (lambda study: (make_code(study), make_transcript(study)), "Nothing is coded yet"),
        (lambda study: make_coded_segment(make_transcript(study)), "there is nobody to count"),
    ],
)
def test_an_empty_study_says_what_to_do(client, make, sentence):
    study = make_study()
    make(study)
    client.force_login(make_lead(study))
    assert sentence in text(open_page(client, study))


@pytest.mark.parametrize(
    "params",
    [{"by": "shoe_size"}, {"count": "tags"}, {"code": "999999"}, {"cell": "999999,x"}, {"coder": "nobody"}],
)
def test_a_question_without_an_answer_says_so_and_leads_back(client, params):
    study = load_demo()
    client.force_login(make_reader(study))
    page = open_page(client, study, status=400, **params)
    assert "This cannot be shown" in text(page)
    assert f'href="/studies/{study.slug}/query/"' in html(page)


def test_a_cell_of_another_studys_code_is_not_opened(client):
    study, other = load_demo(), make_code()
    client.force_login(make_reader(study))
    open_page(client, study, "coding:passages", status=400, cell=f"{other.pk},returnee")


@pytest.mark.parametrize("name", ["coding:query", "coding:passages"])
def test_readers_may_look_and_strangers_find_nothing(client, name):
    study = make_study()
    code = make_code(study)
    cell = {"cell": str(code.pk)}
    client.force_login(make_reader(study))
    page = open_page(client, study, name, **cell)
    assert "export" not in html(page)
    client.force_login(make_user())
    open_page(client, study, name, status=404, **cell)
    client.logout()
    open_page(client, study, name, status=302, **cell)


def test_leads_are_offered_both_files_with_the_filters_in_force(client):
    study = load_demo()
    client.force_login(make_lead(study))
    page = html(open_page(client, study, coder="coder_a"))
    assert f'href="/studies/{study.slug}/export/crosstab.csv?coder=coder_a"' in page
    assert f'href="/studies/{study.slug}/export/?file=coded-segments&amp;coder=coder_a"' in page


def test_the_page_takes_the_same_queries_whatever_its_size(client, django_assert_num_queries):
    study = make_study()
    kind, coder, reader = make_type(study, "Returnee"), make_coder(study), make_reader(study)
    for _ in range(2):
        parent = make_code(study)
        for _ in range(3):
            who = make_respondent(study, respondent_type=kind)
            make_coded_segment(
                make_transcript(respondent=who), make_code(parent=parent), coder, respondent=who
            )
        cache.clear()
        client.force_login(reader)
        with django_assert_num_queries(
            23
        ):  # user, study, last event; frame 8; table 1; passages 7; statement 2; restricted
            open_page(client, study, cell=f"{parent.pk},returnee")


@pytest.mark.parametrize("count", ["respondents", "transcripts", "segments", "coded_segments"])
@pytest.mark.parametrize(
    "asked", [{}, {"by": "city", "coder": "coder_a"}, {"by": "coder"}, {"children": "no"}]
)
def test_each_cell_opens_a_page_that_says_its_number(client, count, asked):
    study = load_demo()
    client.force_login(make_reader(study))
    asked = {"count": count, **asked}
    page = client.get(reverse("coding:query", args=[study.slug]), asked).content.decode()
    cells = re.findall(r'data-cell="([^"]+)"[^>]*>.*?<b>(\d+)</b>', page)
    assert len(cells) > 60
    kinds = {
        "respondents": "of",
        "transcripts": "of",
        "segments": "segments?",
        "coded_segments": "coded segments?",
    }
    for key, number in cells[::7]:
        opened = client.get(reverse("coding:passages", args=[study.slug]), {**asked, "cell": unescape(key)})
        said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", opened.content.decode()))
        assert re.search(rf"\b{number} {kinds[count]}\b", said), (key, number)


def figures(page, column):
    """(level, number in a column) of each row, as far as the page shows one."""
    rows = re.findall(r'<tr data-level="(\d)".*?</tr>', page, re.S)
    cells = [
        re.findall(r"<b>([\d−+.]+)%?</b>", row)
        for row in re.findall(r'<tr data-level="\d".*?</tr>', page, re.S)
    ]
    return [
        (int(level), float(found[column].replace("−", "-"))) for level, found in zip(rows, cells, strict=True)
    ]


@pytest.mark.parametrize("asked", [{}, {"show": "deviation"}, {"count": "words"}, {"count": "segments"}])
def test_pressing_a_head_orders_each_family_by_its_column_and_again_as_in_the_codebook(client, asked):
    study = load_demo()
    client.force_login(make_reader(study))
    address = reverse("coding:query", args=[study.slug])
    page = client.get(address, {**asked, "sort": "column:migrant"}).content.decode()
    sorted_by = re.findall(r'aria-sort="descending"><a class="by"[^>]* data-sort="([^"]+)"', page)
    assert sorted_by == ["column:migrant"]
    level = [number for level, number in figures(page, 1) if level == 1]
    assert level == sorted(level, reverse=True)
    family = []
    for level, number in [*figures(page, 1), (1, 0)]:
        if level == 1:
            assert family == sorted(family, reverse=True)
            family = []
        elif level == 2:
            family.append(number)
    back = re.search(r'aria-sort="descending"><a class="by" href="(\?[^"]*)"', page).group(1)
    plain = client.get(address, asked).content.decode()
    assert figures(client.get(address + unescape(back)).content.decode(), 1) == figures(plain, 1)


def test_a_column_that_is_gone_orders_nothing(client):
    study = load_demo()
    client.force_login(make_reader(study))
    page = client.get(reverse("coding:query", args=[study.slug]), {"sort": "column:nobody"}).content.decode()
    assert "aria-sort" not in page


def test_a_family_of_questions_for_one_type_is_not_silence_of_the_others(client):
    study = make_study()
    asked, other = make_type(study, "Returnee"), make_type(study, "Migrant")
    top = make_code(study, "Founding")
    codes = [make_code(name=name, parent=top) for name in ("Motive", "Funding")]
    for code in codes:
        code.asked_of.set([asked])
    for number, kind in enumerate((asked, asked, other)):
        who = make_respondent(study, f"P{number}", kind)
        transcript = make_transcript(respondent=who)
        if not number:
            make_coded_segment(transcript, codes[0], respondent=who)
    client.force_login(make_reader(study))
    [row] = [
        row
        for row in open_page(client, study).content.decode().split("<tr ")
        if row.startswith('data-level="1"')
    ]
    assert "<b>1</b> of 2" in row and "not asked" in row
    make_code(name="Anybody", parent=top)
    cache.clear()
    [row] = [
        row
        for row in open_page(client, study).content.decode().split("<tr ")
        if row.startswith('data-level="1"')
    ]
    assert "<b>0</b> of 1" in row
