"""Exits with 0 if the server beside it answers: the container's health check."""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen


def main():
    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/health/"
    # The server answers to the names in ALLOWED_HOSTS only, 127.0.0.1 perhaps not among them.
    host = os.environ.get("ALLOWED_HOSTS", "127.0.0.1").split(",")[0].lstrip(".*") or "127.0.0.1"
    try:
        with urlopen(Request(address, headers={"Host": host}), timeout=4):
            return 0
    except (URLError, OSError) as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main())
