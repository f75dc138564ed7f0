"""Start a program within limits: ``confined.py <seconds of processor time> <bytes of memory> <program> ...``.

Run as a script, for a limit set in the child between fork and exec (preexec_fn) is unsafe beside threads.
No bytes of memory is no limit: programs built by GHC reserve a terabyte of addresses and would not start.
"""

import os
import resource
import sys

if __name__ == "__main__":
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606
