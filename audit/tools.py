"""The tools that npm brings: Lighthouse, and the Nu HTML Checker, which needs Java."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

MODULES = Path(__file__).parent / "node_modules"


def lighthouse(url: str, device: str) -> dict[str, int]:
    """Return the scores of a page, out of 100, by category."""
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
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(f"Lighthouse failed on {url}:\n{done.stderr}")
    categories = json.loads(done.stdout)["categories"]
    return {name: round(100 * (category["score"] or 0)) for name, category in categories.items()}


def invalid(html: str) -> list[str]:
    """Return the errors of a page, each with its line."""
    if shutil.which("java") is None:
        sys.exit("The Nu HTML Checker needs Java: apt-get install default-jre-headless")
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--errors-only", "--exit-zero-always", "--format", "json", "-"]
    done = subprocess.run(command, input=html, capture_output=True, text=True, check=True)
    return [f"{one.get('lastLine')}: {one['message']}" for one in json.loads(done.stderr)["messages"]]
