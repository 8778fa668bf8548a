"""Write requirements.txt: the exact versions that pyproject.toml, with its dev extra, resolves to in a fresh venv."""

from __future__ import annotations

import re
import subprocess
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Exact versions of everything Signet runs and is tested with. Written by `make lock`; do not edit.\n"
# pip freeze drops the markers of pyproject.toml: a package that does not exist everywhere gets its own back.
MARKERS = {"uvloop": 'sys_platform != "win32"'}
EXACT_PIN = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)")


def wanted() -> list[str]:
    """The requirements of the product and of its dev extra, as pyproject.toml words them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


def resolved(requirements: list[str]) -> list[str]:
    """What pip installs for them in a venv of its own, as `name==version` lines."""
    with tempfile.TemporaryDirectory(prefix="signet-lock-") as folder:
        venv.create(folder, with_pip=True)
        pip = [str(Path(folder) / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", *requirements], check=True)  # noqa: S603 (our own list)
        frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    return sorted(frozen.splitlines(), key=lambda line: line.partition("==")[0].lower())


def pinned(line: str) -> str:
    """The line as it stands in the lock. Refuses whatever is not a plain exact pin."""
    match = EXACT_PIN.fullmatch(line)
    if match is None:
        raise SystemExit(f"not a plain pin: {line!r}; requirements.txt carries names and versions only")
    marker = MARKERS.get(match[1])
    return f"{line}; {marker}" if marker else line


if __name__ == "__main__":
    lines = [pinned(line) for line in resolved(wanted())]
    (ROOT / "requirements.txt").write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    print(f"requirements.txt: {len(lines)} packages")
