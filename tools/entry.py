"""The container's start: bring the database up to date, make the first account if asked to, become the server."""

import os
import sys
from pathlib import Path
from urllib.parse import quote


def main():
    read_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    make_first_admin(os.environ.get("ADMIN_USERNAME"))
    connections.close_all()
    sys.stdout.flush()
    server = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    os.execv(server[0], server)  # noqa: S606 - the server takes this process over


def read_environment():
    """Drop what is empty, ask for a key, and say where docker-compose.yml's database is."""
    for name in [name for name, value in os.environ.items() if not value]:
        del os.environ[name]
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys():
        sys.exit("Set SECRET_KEY to a long random text, or SECRET_KEY_FILE to a file that holds one.")
    password = os.environ.get("POSTGRES_PASSWORD") or read_file(os.environ.get("POSTGRES_PASSWORD_FILE"))
    if password and "DATABASE_URL" not in os.environ:
        host = os.environ.get("POSTGRES_HOST", "database")
        os.environ["DATABASE_URL"] = f"postgres://passages:{quote(password, safe='')}@{host}/passages"


def read_file(path):
    return Path(path).read_text().strip() if path else None


def make_first_admin(username):
    """Make this superuser, unless there is one, and print a link that signs in once."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    users = get_user_model().objects
    if not username or users.filter(username=username).exists():
        return
    users.create_superuser(username)
    print(f"Made the account {username}; this link signs in once, then choose a password:", flush=True)
    call_command("sign_in_link", username)


if __name__ == "__main__":
    main()
