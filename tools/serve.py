"""`make run`: brings the data folder up to date, serves it, and prints a link that signs in once.

All in one process, because each start of Django costs a second.
"""

import hashlib
import os
import socket
import sys
from io import StringIO
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from gunicorn.app.wsgiapp import WSGIApplication

DEMO_OWNER = "lead"


def main():
    refuse_a_taken_port()
    django.setup()
    try:
        update_database()
    except DatabaseError as error:
        sys.exit(f"The database cannot be used: {error}")
    update_static_files()
    call_command("load_demo", if_empty=True)
    link = sign_in_link()
    connections.close_all()  # connections do not survive the fork of the server's worker
    serve(link)


def refuse_a_taken_port():
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((os.environ.get("BIND", "127.0.0.1"), settings.PORT))
    except (OSError, OverflowError) as error:
        sys.exit(
            f"Port {settings.PORT} cannot be used ({error}). "
            f"Is Passages running already? If not, choose another port: make run PORT={settings.PORT + 1}"
        )


def update_database():
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print("Preparing the database …", flush=True)
        call_command("migrate", interactive=False, verbosity=0)


def update_static_files():
    """Collect them when they differ from those collected last."""
    fingerprint = static_fingerprint()
    stamp = settings.STATIC_ROOT / ".fingerprint"
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    print("Collecting static files …", flush=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(fingerprint)


def static_fingerprint():
    """A digest that changes whenever a static file does: of names, sizes and times."""
    found = hashlib.sha256(django.__version__.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = os.stat(storage.path(name))
            found.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return found.hexdigest()


def sign_in_link():
    """A link that signs the demo study's owner in once; None where there is no such person."""
    from django.contrib.auth import get_user_model

    if not get_user_model().objects.filter(username=DEMO_OWNER, is_active=True).exists():
        return None
    out = StringIO()
    call_command("sign_in_link", DEMO_OWNER, stdout=out)
    return out.getvalue().strip()


def serve(link):
    sys.argv = [
        "gunicorn",
        "--config",
        str(Path(settings.BASE_DIR) / "config" / "gunicorn.py"),
        "config.wsgi",
    ]
    server = WSGIApplication()
    server.cfg.set("when_ready", lambda _arbiter: greet(link))
    server.run()


def greet(link):
    print(f"\nPassages is running at {settings.SITE_URL}/", flush=True)
    if link:
        print(f"Sign in as {DEMO_OWNER} by this link, which works once:\n\n    {link}\n", flush=True)
    print("Ctrl+C stops it.", flush=True)


if __name__ == "__main__":
    main()
