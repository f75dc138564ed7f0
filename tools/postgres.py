"""A PostgreSQL server for as long as it is needed: `python -m tools.postgres make test` sets DATABASE_URL.

The server runs in a temporary directory, as an unprivileged user, on a free port of 127.0.0.1.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

LEAST_VERSION = 15
# What a crash would cost does not matter to tests; a bench must pay for it.
CARELESS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


class Missing(Exception):
    """There is no PostgreSQL to start."""


def is_root():
    return os.geteuid() == 0


def binaries():
    """The folder of the newest installed server's programs, or None."""
    folders = [Path(path) for path in os.get_exec_path()]
    folders += Path("/usr/lib/postgresql").glob("*/bin")
    folders += Path("/opt/homebrew/opt").glob("postgresql*/bin")
    found = [
        folder for folder in folders if (folder / "initdb").exists() and version(folder) >= LEAST_VERSION
    ]
    return max(found, key=version, default=None)


def version(folder):
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    numbers = [word.split(".")[0] for word in answer.stdout.split() if word[0].isdigit()]
    return int(numbers[0]) if numbers and numbers[0].isdigit() else 0


def install():
    """Debian's packages, without the server that they would start by themselves."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if not settings.exists():
        settings.parent.mkdir(exist_ok=True)
        settings.write_text("create_main_cluster = false\n")
    print("Installing PostgreSQL …", flush=True)
    subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)
    keep = ["-o", "Dpkg::Options::=--force-confold"]
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *keep, "postgresql"]
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)


def unprivileged():
    """How subprocess starts a program as a user with no rights; PostgreSQL refuses to run as root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if is_root() else {}


@contextmanager
def server(careless=False, may_install=False):
    """A running server; gives the DATABASE_URL of an empty database. Raises Missing."""
    if binaries() is None and may_install and is_root() and shutil.which("apt-get"):
        install()
    programs = binaries()
    if programs is None:
        raise Missing(f"No PostgreSQL {LEAST_VERSION} or newer is installed.")
    folder = Path(tempfile.mkdtemp(prefix="passages-postgres-"))
    try:
        password = secrets.token_hex(16)
        (folder / "password").write_text(password)
        if is_root():
            for path in (folder, folder / "password"):
                shutil.chown(path, "nobody", "nogroup")
        port = free_port()
        process = start(programs, folder, port, CARELESS if careless else [])
        try:
            create_database(process, folder, port, password)
            yield f"postgres://passages:{password}@127.0.0.1:{port}/passages"
        finally:
            process.send_signal(signal.SIGINT)  # "fast": disconnects whoever is left
            process.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(programs, folder, port, settings):
    """Make a cluster that sorts and folds text as people do (ICU), and start it."""
    as_user = {**unprivileged(), "cwd": folder, "stdin": subprocess.DEVNULL}
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=und"]
    access = ["--username=passages", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
    made = subprocess.run(
        [programs / "initdb", *locale, *access, "--no-sync", f"--pgdata={folder / 'data'}"],
        capture_output=True,
        text=True,
        check=False,
        **as_user,
    )
    if made.returncode:
        raise Missing(f"PostgreSQL's initdb failed: {made.stderr.strip()}")
    settings = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", *settings]
    options = [part for setting in settings for part in ("-c", setting)]
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *options],
            stdout=log,
            stderr=log,
            process_group=0,  # Ctrl+C is for the command that uses it; this one is stopped after it
            **as_user,
        )


def create_database(process, folder, port, password):
    """Wait until the server answers, and create the database in it."""
    import psycopg

    address = f"postgresql://passages:{password}@127.0.0.1:{port}/postgres"
    for _ in range(150):
        if process.poll() is not None:
            break
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("CREATE DATABASE passages")
                return
        except psycopg.OperationalError:
            time.sleep(0.2)
    raise Missing(f"PostgreSQL did not start: {(folder / 'log').read_text().strip()}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop_on_terminate(*_):
    raise SystemExit(143)


def run(command, environment):
    """Run a command in a process group of its own, which goes when this process is told to go; its exit code."""
    process = subprocess.Popen(
        command, env=os.environ | environment, process_group=0, stdin=subprocess.DEVNULL
    )
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def main():
    signal.signal(signal.SIGTERM, stop_on_terminate)
    try:
        with server(careless=True, may_install=True) as url:
            return run(sys.argv[1:], {"DATABASE_URL": url})
    except Missing as missing:
        return str(missing)


if __name__ == "__main__":
    sys.exit(main())
