"""What the environment sets, each in a process of its own."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import reverse

from interviews import access
from tests.factories import make_reader, make_study

SHOW = """
import json, sys
import django
from django.conf import settings
django.setup()
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def settings_of(*names, data, code=0, **environment):
    """The settings of these names in a new process with this environment; its stderr if it fails."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-c", SHOW, *names],
        cwd=settings.BASE_DIR,
        env=kept | {"PASSAGES_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    return ran.stderr if code else json.loads(ran.stdout)


def test_nothing_set_means_safe_defaults(tmp_path):
    found = settings_of("DEBUG", "ALLOWED_HOSTS", "DATABASES", "SESSION_COOKIE_HTTPONLY", data=tmp_path)
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["DATABASES"]["default"]["ENGINE"] == "config.sqlite"
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "passages.sqlite3")
    assert found["SESSION_COOKIE_HTTPONLY"] is True


def test_a_key_is_made_once_and_kept_from_others(tmp_path):
    data = tmp_path / "new"
    first = settings_of("SECRET_KEY", data=data)["SECRET_KEY"]
    assert len(first) >= 50
    assert settings_of("SECRET_KEY", data=data)["SECRET_KEY"] == first
    assert (data / "secret_key").stat().st_mode & 0o777 == 0o600
    assert data.stat().st_mode & 0o777 == 0o700


def test_each_data_folder_has_a_key_of_its_own(tmp_path):
    keys = {settings_of("SECRET_KEY", data=tmp_path / name)["SECRET_KEY"] for name in "ab"}
    assert len(keys) == 2


def test_secrets_may_come_from_files(tmp_path):
    key, url = tmp_path / "key", tmp_path / "url"
    key.write_text("k" * 50)
    url.write_text("postgres://ada:secret@db.example/passages")
    found = settings_of(
        "SECRET_KEY", "DATABASES", data=tmp_path, SECRET_KEY_FILE=str(key), DATABASE_URL_FILE=str(url)
    )
    assert found["SECRET_KEY"] == "k" * 50
    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert found["DATABASES"]["default"]["HOST"] == "db.example"
    assert not (tmp_path / "secret_key").exists()


def test_a_database_url_is_all_it_takes_to_move_to_postgresql(tmp_path):
    url = "postgres://ada:se%40cret@db.example:5433/passages"
    names = ("DATABASES", "CACHES", "SESSION_CACHE_ALIAS")
    found = settings_of(*names, data=tmp_path, DATABASE_URL=url)
    database = found["DATABASES"]["default"]
    assert (database["USER"], database["PASSWORD"], database["PORT"]) == ("ada", "se@cret", 5433)
    # Several processes serve there: a session that one has ended must not live on in another's memory.
    sessions = found["CACHES"][found["SESSION_CACHE_ALIAS"]]
    assert sessions["LOCATION"] == str(tmp_path / "sessions")


@pytest.mark.parametrize(("https", "expected"), [("true", True), ("false", False)])
def test_cookies_are_secure_behind_https(tmp_path, https, expected):
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    assert set(settings_of(*names, data=tmp_path, HTTPS=https).values()) == {expected}


def test_the_policy_allows_nothing_inline(tmp_path):
    policy = settings_of("CONTENT_SECURITY_POLICY", data=tmp_path)["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    sources = {source for listed in policy.values() for source in listed}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"} & sources
    assert policy["default-src"] == ["'none'"]
    assert not [source for source in sources if "://" in source]


@pytest.mark.django_db
def test_a_refusal_is_one_line_in_the_log_and_a_fault_has_its_traceback(client, caplog, monkeypatch):
    study = make_study()
    client.force_login(make_reader(study))
    address = reverse("interviews:import", args=[study.slug])
    assert client.get(address).status_code == 403
    [record] = caplog.records
    assert "Forbidden" in record.message and record.exc_info is None and "Traceback" not in caplog.text
    caplog.clear()
    monkeypatch.setattr(access, "allows", lambda *_args: 1 / 0)
    client.raise_request_exception = False
    assert client.get(address).status_code == 500
    assert "ZeroDivisionError" in caplog.text
