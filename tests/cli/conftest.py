"""What the black-box tests of the command line share: the binary, and a clean environment."""
import json
import os
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("PLIMSOLL") or os.path.join(ROOT, "build", "plimsoll")
PATH = os.environ.get("PATH", "/usr/bin:/bin")


class Program:
    """Runs plimsoll in a folder, with nothing in its environment but what a test says, and without
    a store unless the test names one: what one test read, no other finds."""

    root = ROOT
    binary = BINARY

    def __call__(self, *args, cwd=None, env=None, text=None, code=None):
        words = [word for i, arg in enumerate(args)
                 for word in (str(arg).split() if i == 0 else [str(arg)])]
        run = subprocess.run([BINARY, *words], cwd=cwd, input=text, capture_output=True,
                             text=True, timeout=60,
                             env={"PATH": PATH, "PLIMSOLL_NOW": "2026-11-24",
                                  "PLIMSOLL_STORE": "/dev/null/none", **(env or {})})
        if code is not None:
            assert run.returncode == code, f"status {run.returncode}: {run.stderr}{run.stdout}"
        return run

    def json(self, *args, **more):
        return json.loads(self(*args, "--format", "json", **more).stdout)

    def commands(self):
        """The commands that --help lists, and behind each its verbs: "image", "image ls"."""
        def listed(text):
            if "Commands:\n" not in text:
                return []
            lines = text.split("Commands:\n")[1].split("\n\n")[0].splitlines()
            return [line[2:].split("  ")[0] for line in lines if line[:2] == "  " != line[1:3]]

        names = listed(self("--help", code=0).stdout)
        return [name for first in names
                for name in [first, *listed(self(first, "--help", code=0).stdout)]]

    def options(self, command):
        """The options that a command's --help lists, with what stands for their value."""
        found = {}
        text = self(command, "--help", code=0).stdout.split("Options:\n")[1].split("\n\n")[0]
        for line in text.splitlines():
            words = line[:line.find("  ", 6)] if "  " in line[6:] else line
            words = words.replace(",", " ").split()
            names = [word for word in words if word.startswith("-")]
            if names and line.startswith("  ") and line[2:6].strip()[:1] in ("-", ""):
                value = [word for word in words if not word.startswith("-")]
                found[names[-1]] = (names, value[0] if value else None)
        return found


@pytest.fixture(scope="session")
def plimsoll():
    if not os.path.exists(BINARY):
        pytest.fail(f"{BINARY} is not built")
    return Program()


@pytest.fixture
def repository(tmp_path):
    """A folder with a Dockerfile that has findings of several severities."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:12\n"
        "ENV API_KEY=sk-abc123xyz789abc123\n"
        "RUN apt-get update\n"
        "RUN apt-get install curl\n"
        "COPY . .\n")
    return tmp_path
