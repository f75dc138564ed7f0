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

    def processes(self):
        """The numbers of the server's processes, or None where they cannot be known."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *map(int, children.read_text().split())] if children.exists() else None

    def memory(self, processes=None):
        """Bytes of their own that the server's processes, or some of them, hold; None where it cannot be known."""
        processes = self.processes() if processes is None else processes
        return None if processes is None else sum(map(anonymous_memory, processes))

    @contextmanager
    def memory_watched(self):
        """Gives a list that in the end holds the memory before, and the most there was in between, in bytes, of the
        processes there were before: one that starts meanwhile would be taken for growth.
        """
        processes = self.processes()
        if processes is None:
            yield [None]
            return
        found = [self.memory(processes)]
        seen, done = [found[0]], Event()

        def look():
            while not done.wait(0.02):
                seen.append(self.memory(processes))

        watcher = Thread(target=look)
        watcher.start()
        try:
            yield found
        finally:
            done.set()
            watcher.join()
            found.append(max(seen))


def anonymous_memory(pid):
    """Bytes of its own that a process holds, files mapped into it not counted; 0 of one that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(
        (int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon:")), 0
    )
