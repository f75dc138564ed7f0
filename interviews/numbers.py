"""Whole numbers as addresses and forms write them."""

LONGEST = 18  # digits, which every database holds


def whole_number(text, digits=LONGEST) -> int | None:
    """The number that some text writes in at most so many digits, or None."""
    text = str(text)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None
