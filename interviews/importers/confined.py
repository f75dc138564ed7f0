"""Start a program within limits: ``python confined.py <seconds of processor time> <program> <argument>...``.

Run as a script, for a limit set in the child between fork and exec (preexec_fn) is unsafe beside threads.
An address-space limit is left out: programs built by GHC reserve a terabyte of it and would not start.
"""

import os
import resource
import sys

if __name__ == "__main__":
    seconds = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606
