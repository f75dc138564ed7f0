"""How many examples property tests try: some at hand, and with PASSAGES_EXAMPLES as many as CI asks for."""

from os import environ

from hypothesis import HealthCheck, settings

NUMBER = int(environ.get("PASSAGES_EXAMPLES", "200"))

MANY = settings(max_examples=NUMBER)  # of functions of plain values
STORED = settings(  # where each example writes to the database
    max_examples=max(25, NUMBER // 8), suppress_health_check=list(HealthCheck)
)
