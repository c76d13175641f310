"""Tools installed by npm: Lighthouse, and the Nu HTML Checker, which needs Java."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MODULES = Path(__file__).parent / "node_modules"

#: How often Lighthouse is started. Now and then Chromium records no start of the navigation (NO_NAVSTART).
ATTEMPTS = 3


def lighthouse(url: str, device: str) -> tuple[dict[str, int], list[str]]:
    """Return the scores of a page, out of 100, by category; and the audits that cost it points, with their values."""
    command = [
        str(MODULES / ".bin" / "lighthouse"),
        url,
        "--quiet",
        "--output=json",
        "--only-categories=performance,accessibility,best-practices,seo",
        "--chrome-flags=--headless=new --no-sandbox",
        *(["--preset=desktop"] if device == "desktop" else []),
    ]
    environment = os.environ | {"CHROME_PATH": os.environ["CHROMIUM"]}
    for _attempt in range(ATTEMPTS):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if not done.returncode:
            break
    else:
        sys.exit(f"Lighthouse failed on {url}:\n{done.stderr}")
    report = json.loads(done.stdout)
    categories = report["categories"]
    weighed = {ref["id"] for category in categories.values() for ref in category["auditRefs"] if ref["weight"]}
    lost = [
        f"{name} {audit['score']} {audit.get('displayValue', '')}".strip()
        for name, audit in report["audits"].items()
        if name in weighed and audit["score"] is not None and audit["score"] < 1
    ]
    return {name: round(100 * (category["score"] or 0)) for name, category in categories.items()}, lost


def invalid(pages: dict[str, str]) -> dict[str, list[str]]:
    """Return the errors in the HTML of pages, each with its line, by the name of the page."""
    if shutil.which("java") is None:
        sys.exit("The Nu HTML Checker needs Java: apt-get install default-jre-headless")
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    found: dict[str, list[str]] = {name: [] for name in pages}
    with tempfile.TemporaryDirectory() as directory:
        files = {name: Path(directory) / f"{number}.html" for number, name in enumerate(pages)}
        for name, file in files.items():
            file.write_text(pages[name])
        # Starting Java takes longer than checking a page.
        command = ["java", "-jar", str(jar), "--errors-only", "--exit-zero-always", "--format", "json"]
        done = subprocess.run([*command, *map(str, files.values())], capture_output=True, text=True, check=True)
        names = {file.as_uri(): name for name, file in files.items()}
        for one in json.loads(done.stderr)["messages"]:
            found[names[one["url"].replace("file:/", "file:///").replace("file://///", "file:///")]].append(
                f"{one.get('lastLine')}: {one['message']}"
            )
    return found
