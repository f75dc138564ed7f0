"""Passages served as in production, and what it takes of the machine's memory."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from tools.postgres import free_port

from .http import Connection


@contextmanager
def running():
    """A gunicorn with production's settings on a free port; gives a Server."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    environment = os.environ | {"PORT": str(port), "BIND": "127.0.0.1"}
    process = subprocess.Popen(command, env=environment)
    try:
        wait_until_ready(process, port)
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def wait_until_ready(process, port):
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            Connection(port).get("/health/")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not start.")


class Server:
    def __init__(self, process, port):
        self.process = process
        self.port = port

    def memory(self):
        """Bytes of its own memory the server's processes hold (files mapped into it are not counted), or None."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if not children.exists():
            return None
        return sum(anonymous_memory(int(pid)) for pid in [self.process.pid, *children.read_text().split()])

    @contextmanager
    def memory_watched(self):
        """Gives a list that in the end holds the memory before, and the most there was in between."""
        found = [self.memory()]
        if found[0] is None:
            yield found
            return
        seen, done = [found[0]], Event()

        def look():
            while not done.wait(0.02):
                seen.append(self.memory())

        watcher = Thread(target=look)
        watcher.start()
        try:
            yield found
        finally:
            done.set()
            watcher.join()
            found.append(max(seen))


def anonymous_memory(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0
