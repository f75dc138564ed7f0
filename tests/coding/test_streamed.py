import pytest
from django.db.models import F, Func, TextField
from django.db.utils import DatabaseError

from coding.models import Code
from coding.streamed import ROWS_AT_ONCE, streamed
from tests.factories import make_study

pytestmark = pytest.mark.django_db
NUMBER = 3 * ROWS_AT_ONCE + 1


@pytest.fixture
def codes():
    study = make_study()
    Code.objects.bulk_create(
        Code(study=study, name=f"100 % “{number}”", slug=f"code-{number}") for number in range(NUMBER)
    )
    return study.codes.order_by("pk").values_list("pk", "name", "parent_id")


def test_all_rows_come_in_their_order(codes):
    assert list(streamed(codes)) == list(codes)
    assert len(codes) == NUMBER


def test_values_that_are_asked_for_are_quoted(codes):
    name = "100 % “7”"
    assert [row[1] for row in streamed(codes.filter(name__in=[name, "'; --"]))] == [name]


def test_none_come_of_what_cannot_be(codes):
    assert list(streamed(codes.filter(pk__in=[]))) == []


@pytest.mark.django_db(transaction=True)  # what is cancelled would spoil the test's own
def test_the_connection_is_free_after_a_reader_stopped(codes):
    reading = streamed(codes)
    next(reading)
    reading.close()
    assert codes.count() == NUMBER


def test_what_the_database_refuses_is_an_error_of_django(codes):
    with pytest.raises(DatabaseError):
        list(
            streamed(
                codes.annotate(refused=Func(F("pk"), function="no_such_function", output_field=TextField()))
            )
        )
