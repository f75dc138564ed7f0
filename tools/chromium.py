"""The Chromium that tests, screenshots and the bench drive; `python -m tools.chromium` installs one if needed."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
FONTS = ["fonts-noto-cjk", "fonts-noto-color-emoji"]


def system_chromium():
    """The path of a Chromium that is installed, or None: $CHROMIUM, else one of the usual names."""
    if os.environ.get("CHROMIUM"):
        return os.environ["CHROMIUM"]
    # Ubuntu's chromium-browser may be a stub that asks for snap, so it is not among them.
    return shutil.which("chromium") or shutil.which("google-chrome-stable")


def playwright_chromium():
    """The path of the Chromium that Playwright downloaded, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def launch_arguments():
    """Keyword arguments of Playwright's ``launch``."""
    found = system_chromium()
    return {"args": FLAGS} | ({"executable_path": found} if found else {})


def distribution():
    try:
        return platform.freedesktop_os_release().get("ID", "")
    except OSError:
        return ""


def install():
    """Debian's Chromium where root can install it, Playwright's everywhere else."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and distribution() == "debian":
        print("Installing Chromium and fonts for the browser tests …", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)
        packages = ["chromium", *FONTS]
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
        subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)
        return
    print("Downloading Chromium for the browser tests …", flush=True)
    with_system_libraries = ["--with-deps"] if root else []
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", *with_system_libraries, "chromium"], check=True
    )


if __name__ == "__main__":
    if not system_chromium() and not playwright_chromium():
        install()
