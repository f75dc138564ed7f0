#!/bin/sh
# Makes .venv with the first Python that is new enough, or says in a sentence what is missing. One that works is kept.
set -eu
enough='import sys; sys.exit(sys.version_info < (3, 11))'
if .venv/bin/python -c "$enough" 2>/dev/null && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    exit 0
fi
for python in "$@" python3 python3.13 python3.12 python3.11; do
    command -v "$python" >/dev/null 2>&1 || continue
    "$python" -c "$enough" 2>/dev/null || continue
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv" >&2
        exit 1
    fi
    echo "Making .venv with $("$python" --version) ..."
    exec "$python" -m venv .venv
done
if command -v python3 >/dev/null 2>&1; then
    echo "Passages needs Python 3.11 or newer, and python3 is $(python3 --version 2>&1). If a newer one is installed:" >&2
    echo "make run PYTHON=/path/to/python3.12" >&2
else
    echo "Passages needs Python 3.11 or newer. On Debian and Ubuntu: sudo apt install python3 python3-venv" >&2
fi
exit 1
