"""What others wrote is here unaltered, with its licence."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PARTS = sorted([*ROOT.glob("static/vendor/*/"), *ROOT.glob("tests/vendor/*/")])


def test_the_parts_that_pages_and_tests_need_are_vendored():
    assert {part.name.rsplit("-", 1)[0] for part in PARTS} >= {"fuzzysort", "axe-core"}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_vendored_part_is_what_its_record_says(part):
    record = json.loads((part / "VENDOR.json").read_text())
    assert part.name == f"{record['package']}-{record['version']}"
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in part.iterdir()
        if path.name != "VENDOR.json"
    }
    assert found == record["sha256"]
    assert "LICENSE" in found


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_vendored_part_is_the_version_package_json_names(part):
    record = json.loads((part / "VENDOR.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    assert wanted[record["package"]] == record["version"]


def test_no_vendored_script_asks_for_a_source_map():
    scripts = [path for part in PARTS for path in part.glob("*js")]
    assert scripts
    for script in scripts:
        assert not re.search("^//# sourceMappingURL=", script.read_text(), re.MULTILINE), script


def test_the_lock_file_records_hashes_and_no_download_addresses():
    lock = (ROOT / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert "://" not in lock
    assert all(entry.get("integrity") for name, entry in packages.items() if name)
