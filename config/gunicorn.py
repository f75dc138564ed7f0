"""How gunicorn serves Passages: `python -m gunicorn -c config/gunicorn.py config.wsgi`."""

import ctypes
import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATEMENT_SECONDS", "60")  # no statement of a page may take longer

from django.conf import settings

M_MMAP_THRESHOLD = -3  # of malloc.h
on_sqlite = "sqlite" in settings.DATABASES["default"]["ENGINE"]

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{settings.PORT}"
worker_class = "gthread"
# SQLite has one writer at a time, and config.sqlite queues writers within a process: there must be only one.
workers = 1 if on_sqlite else int(os.environ.get("WORKERS", min(4, (os.cpu_count() or 1) + 1)))
threads = int(os.environ.get("THREADS", 16 if on_sqlite else 4))
preload_app = True
limit_request_line = 8190  # a query of some hundred codes
timeout = 120
graceful_timeout = 20
keepalive = 75  # longer than a proxy keeps its connections, or it would send requests into closing ones
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a heartbeat, away from slow disks
accesslog = None  # who read which transcript when is in no log
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "warning").lower()


def post_fork(server, worker):
    """Have large blocks given back to the system when they are freed: by itself glibc keeps what an upload took."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries do without
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, 8 << 20)
