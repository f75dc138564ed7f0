"""A statement that would run on and on is stopped, and the person is told."""

import pytest
from django.db import connection
from django.urls import reverse

from tests.factories import make_reader, make_study

RUNAWAY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def one_second(settings):
    """Connections of this test stop a statement after about a second."""
    settings.STATEMENT_SECONDS = 1
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET statement_timeout = '1s'")
        else:
            connection.close()
    yield
    connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "said"), [("coding:query", "Ask for less at once"), ("api:get_crosstab", "This takes too long.")]
)
def test_a_runaway_statement_is_stopped_and_the_person_told(client, monkeypatch, one_second, name, said):
    study = make_study()
    client.force_login(make_reader(study))

    def run_on(*_args, **_options):
        with connection.cursor() as cursor:
            cursor.execute(RUNAWAY)

    monkeypatch.setattr("coding.views.query.frame_of", run_on)
    monkeypatch.setattr("coding.api.crosstab.frame_of", run_on)
    page = client.get(reverse(name, args=[study.slug]))
    assert page.status_code == 503 and said in page.text
    assert client.get(reverse("coding:study", args=[study.slug])).status_code == 200
