"""The n-th system call fails, or the n-th block of memory is refused; for every n.

plimsoll-faulty is the program with a base/ that counts its calls and lets one fail (base/fault.h).
After each fault: status 3 and a message, or a warning of what was judged without, or the very
result of a run without one where the call did not matter. In all cases no temporary is left, and
every file of the user's is whole: as it was, or as it should become.
"""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "cli"))
from made_images import oci_layout  # noqa: E402
BINARY = os.path.abspath(os.environ.get("PLIMSOLL") or os.path.join(ROOT, "build", "plimsoll"))
FAULTY = BINARY + "-faulty"
EVERY, DRAWN = 200, 100

pytestmark = pytest.mark.skipif(not os.path.exists(FAULTY), reason="plimsoll-faulty is not built")

FILES = {
    ".git/HEAD": "ref: refs/heads/main\n",
    ".hadolint.yaml": "ignored: [DL3059]\n",
    ".dockerignore": "*.log\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
                                "      - run: docker build .\n",
    "Dockerfile": "FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm install\nCOPY . .\n"
                  "RUN apt-get install curl\nCMD npm start\n",
    "api/Dockerfile": "FROM debian:12\nMAINTAINER me\nRUN apt-get install git\n",
    "compose.yaml": "services:\n  web:\n    build: .\n    ports: ['80:80']\n",
    "package.json": "{\"name\": \"x\"}\n",
    "src/a.js": "a\n" * 100,
    "node_modules/x/index.js": "x\n" * 1000,
    "debug.log": "x\n" * 1000,
    ".env": "PASSWORD=hunter2\n",
}
CASES = {
    "overview": [],
    "check": ["check"],
    "check-one": ["check", "--format", "json", "Dockerfile"],
    "check-to-a-file": ["check", "--format", "sarif", "-o", "out.sarif"],
    "write-baseline": ["check", "--write-baseline", "base.json"],
    "fix": ["fix"],
    "fix-unproven": ["fix", "--unproven", "Dockerfile", "api/Dockerfile", "compose.yaml"],
    "fix-diff": ["fix", "--diff"],
    "context": ["context", "--format", "json"],
    "context-write": ["context", "--write"],
    "context-explain": ["context", "--explain", "debug.log"],
    "explain": ["explain", "size/recommends"],
    "analyze": ["analyze", "--store", "store", "app:1"],
    "analyze-into-a-new-store": ["analyze", "--store", "new", "oci:store"],
    "image-ls": ["image", "ls", "--store", "store", "--format", "json"],
    "image-tag": ["image", "tag", "--store", "store", "app:1", "app:2"],
    "image-rm": ["image", "rm", "--store", "store", "app:1"],
    "image-load": ["image", "load", "--store", "new", "--tag", "x:1", "store"],
    "image-prune": ["image", "prune", "--store", "store"],
    "plumbing": ["plumbing", "parse", "Dockerfile", "api/Dockerfile"],
}


def make(folder):
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in FILES.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    os.chmod(os.path.join(folder, "Dockerfile"), 0o640)
    store = os.path.join(folder, "store")
    oci_layout(store, [[("gone", b"x" * 100)]])
    oci_layout(store, [[("etc/a", b"a" * 100)]], tag="docker.io/library/app:1")


def tree(folder):
    """Every file but those that may differ: locks, SQLite's own and notes that were not kept."""
    found = {}
    for top, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(top, name)
            own = "plimsoll" in os.path.relpath(top, folder).split("/")
            if own and not name.startswith(".plimsoll-"):
                continue
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = (os.stat(path).st_mode & 0o777, file.read())
    return found


def run(folder, words, nth):
    """Run in the one order of calls that a single core gives: children take over our affinity."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[nth % len(cores)]})
    try:
        return subprocess.run([FAULTY, *words], cwd=folder, stdin=subprocess.DEVNULL, timeout=60,
                              capture_output=True, check=False,
                              env={"PLIMSOLL_FAULT": str(nth), "PLIMSOLL_NOW": "2026-11-24"})
    finally:
        os.sched_setaffinity(0, cores)


def calls_of(done):
    found = re.findall(rb"^faults: (\d+) calls$", done.stderr, re.M)
    return int(found[-1]) if found else 0


def numbers(calls):
    """Each call up to 200, and 100 of the others, drawn."""
    yield from range(1, min(calls, EVERY) + 1)
    if calls > EVERY:
        seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
        print(f"SEED={seed}")
        more = range(EVERY + 1, calls + 1)
        yield from random.Random(seed).sample(more, min(DRAWN, len(more)))


@pytest.fixture
def memory():
    """A folder in memory, where a thousand fsyncs cost nothing."""
    within = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="plimsoll-fault-", dir=within) as folder:
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_each_call_fails_once(memory, case):
    folder = os.path.join(memory, "work")
    make(folder)
    before = tree(folder)
    good = run(folder, CASES[case], 0)
    assert good.returncode in (0, 1), good.stderr
    after, calls = tree(folder), calls_of(good)
    assert calls > 0
    wrong = []
    for nth in numbers(calls):
        if tree(folder) != before or os.path.exists(os.path.join(folder, "store", "plimsoll")):
            make(folder)
        done = run(folder, CASES[case], nth)
        now = tree(folder)
        lost = {path for path in before if now.get(path) not in (before[path], after.get(path))}
        strange = {path for path in now if path not in after and path not in before}
        if done.returncode == 3:
            said = b"plimsoll: error: " in done.stderr
        else:
            if case == "analyze-into-a-new-store":  # no store costs an analysis time only
                now, missing = {**after, **now}, set(after) - set(now)
                assert all(path.startswith("new/") for path in missing), missing
            said = (done.returncode, done.stdout) == (good.returncode, good.stdout) and now == after
            # What the user did not name is judged without, and that is said.
            said = said or re.search(b"^plimsoll: warning: .*judge without it$", done.stderr, re.M)
        if lost or strange or not said:
            wrong.append((nth, done.returncode, sorted(lost), sorted(strange),
                          done.stderr.decode(errors="replace")[-300:]))
    assert not wrong, "\n".join(map(str, wrong))
