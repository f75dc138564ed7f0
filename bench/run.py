"""`make bench`: what Passages takes, on SQLite and on PostgreSQL, against what it may take.

Each database is measured by a process of its own (bench.measure), on a scratch data folder and a server started as in
production. A line is: measure, database, median (p95), limit, the share of the limit that was used.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack

from tools import postgres


def main():
    parser = argparse.ArgumentParser(description="Measure Passages.")
    parser.add_argument("--scale", choices=["full", "small"], default="full")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--only", action="append", default=[], help="a measure's name, or a part of it")
    options = parser.parse_args()
    print(f"{'':48} {'database':10} {'median':>10} {'p95':>10} {'limit':>12} {'used':>6}", flush=True)
    failed = False
    for database in options.database or ["sqlite", "postgresql"]:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="passages-bench-"))
            environment = os.environ | {"PASSAGES_DATA": folder, "LOG_LEVEL": "ERROR"}
            environment.pop("DATABASE_URL", None)
            if database == "postgresql":
                try:
                    environment["DATABASE_URL"] = stack.enter_context(postgres.server())
                except postgres.Missing as missing:
                    print(f"PostgreSQL is left out: {missing}", flush=True)
                    continue
            command = [sys.executable, "-m", "bench.measure", options.scale, *options.only]
            failed |= subprocess.run(command, env=environment, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
