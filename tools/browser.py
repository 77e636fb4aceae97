"""The Chromium that the browser tests and the screenshots drive: found, installed where that is possible, launched.

`python -m evalmap.tools.browser` prints its path; with `--install`, one is installed first where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

CANDIDATES = (
    "/usr/bin/chromium",
    "google-chrome",
    "chromium-browser",
    "chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SOFTWARE_WEBGL = ("--use-gl=swiftshader", "--enable-unsafe-swiftshader")
NO_WEBGL = ("--disable-gpu", "--disable-3d-apis")

TOUR_COOKIE, TOUR_SEEN = "evalmap_tour", "seen"

NONE_FOUND = "no Chromium found (set CHROMIUM to one, or install it: apt-get install chromium, or playwright install chromium)"


class BrowserMissing(RuntimeError):
    """There is no Chromium to drive."""


def find_chromium() -> Path:
    """The path of the Chromium to use: $CHROMIUM, else the system's, else Playwright's own.

    Raises
    ------
    BrowserMissing : there is none, or $CHROMIUM names a program that is not there
    """
    if named := os.environ.get("CHROMIUM"):
        if found := shutil.which(named):
            return Path(found)
        raise BrowserMissing(f"CHROMIUM={named} is not a program that can be run")
    for candidate in CANDIDATES:
        if found := shutil.which(candidate):
            return Path(found)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if own.is_file():
        return own
    raise BrowserMissing(NONE_FOUND)


def install_chromium() -> None:
    """Try the Debian package when we are root and apt-get is there, then Playwright's own download."""
    attempts: list[list[list[str]]] = []
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        attempts.append([["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]])
    attempts.append([[sys.executable, "-m", "playwright", "install", "chromium"]])
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for commands in attempts:
        # What they print goes to stderr: stdout carries the path alone.
        if all(subprocess.run(command, env=environment, stdout=sys.stderr).returncode == 0 for command in commands):
            return


def launch(playwright: Playwright, chromium: Path, *, webgl: bool = True) -> Browser:
    """Start Chromium headless, with WebGL in software (the same on every machine) or with none at all."""
    flags = [*FLAGS, *(SOFTWARE_WEBGL if webgl else NO_WEBGL)]
    return playwright.chromium.launch(executable_path=chromium, headless=True, args=flags)


def skip_tour(context: BrowserContext) -> None:
    """Give a context the cookie of somebody who has seen the tour: the bare address of a site then leads nowhere else."""
    context.add_cookies([{"name": TOUR_COOKIE, "value": TOUR_SEEN, "domain": "127.0.0.1", "path": "/"}])


def main(arguments: list[str]) -> int:
    try:
        path = find_chromium()
    except BrowserMissing as missing:
        if "--install" not in arguments or "CHROMIUM" in os.environ:
            print(missing, file=sys.stderr)
            return 1
        install_chromium()
        try:
            path = find_chromium()
        except BrowserMissing as still_missing:
            print(still_missing, file=sys.stderr)
            return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
