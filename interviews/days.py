"""Days as addresses and forms write them, and when they begin."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date

FIRST, LAST = date(1900, 1, 1), date(9000, 1, 1)  # beyond them a time zone would leave the calendar


def day_from(text: str) -> date | None:
    """The day that ``2006-04-05`` says, or None where it says none."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and FIRST <= day <= LAST else None


def midnight(day: date) -> datetime:
    """When a day begins."""
    return timezone.make_aware(datetime.combine(day, time()))


def next_midnight(day: date) -> datetime:
    """When a day is over."""
    return midnight(day + timedelta(days=1))
