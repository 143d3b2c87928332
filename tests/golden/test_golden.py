"""Golden cases: a folder each, compared raw.

    tests/golden/COMMAND/CASE/
        cmd      the arguments; "stdin < FILE" in a second line feeds a file
        in/      what the command finds in its working directory
        out err code     expected stdout, stderr and status (absent: empty, empty, 0)
        after/   what the working directory holds afterwards (absent: as before)
        limits   peak_kib=N open=N: most memory, most files opened

Width 100, no colour, a fixed clock and an empty environment are inputs of every case. BLESS=1
rewrites what is expected.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("PLIMSOLL") or os.path.join(ROOT, "build", "plimsoll"))
BLESS = os.environ.get("BLESS") == "1"
ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "PLIMSOLL_NOW": "2026-11-24",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
               "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")}


def cases():
    for folder, _, files in sorted(os.walk(HERE)):
        if "cmd" in files:
            yield os.path.relpath(folder, HERE)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def write(path, data):
    if data:
        with open(path, "wb") as file:
            file.write(data)
    elif os.path.exists(path):
        os.unlink(path)


def tree(folder):
    """path -> bytes of every file below a folder."""
    found = {}
    for top, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(top, name)
            found[os.path.relpath(path, folder)] = read(path)
    return found


def run_case(case, work):
    """Run a case in a copy of its in/; give what it printed, its status and its peak memory."""
    folder = os.path.join(HERE, case)
    lines = read(os.path.join(folder, "cmd")).decode().splitlines()
    if os.path.isdir(os.path.join(folder, "in")):
        shutil.copytree(os.path.join(folder, "in"), work, symlinks=True, dirs_exist_ok=True)
    feed = b""
    if len(lines) > 1:
        feed = read(os.path.join(work, lines[1].removeprefix("stdin < ")))
    process = subprocess.run([BINARY, *shlex.split(lines[0])], cwd=work, input=feed,
                             capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    return process.stdout, process.stderr, process.returncode


def limits_of(case):
    text = read(os.path.join(HERE, case, "limits")).decode()
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", text)}


def test_there_are_cases():
    assert list(cases())


@pytest.mark.parametrize("case", list(cases()))
def test_golden(case, tmp_path):
    folder, work = os.path.join(HERE, case), str(tmp_path / "work")
    os.makedirs(work)
    out, err, code = run_case(case, work)
    if os.path.isdir(os.path.join(folder, "in")):
        before = tree(os.path.join(folder, "in"))
    else:
        before = {}
    after = tree(work)
    if BLESS:
        write(os.path.join(folder, "out"), out)
        write(os.path.join(folder, "err"), err)
        write(os.path.join(folder, "code"), f"{code}\n".encode() if code else b"")
        shutil.rmtree(os.path.join(folder, "after"), ignore_errors=True)
        if after != before:
            shutil.copytree(work, os.path.join(folder, "after"), symlinks=True)
        return
    for name, got in (("out", out), ("err", err)):
        want = read(os.path.join(folder, name))
        assert got.decode(errors="replace") == want.decode(errors="replace")
    assert code == int(read(os.path.join(folder, "code")) or 0)
    wanted = os.path.join(folder, "after")
    assert after == (tree(wanted) if os.path.isdir(wanted) else before)


LIMITED = [case for case in cases() if limits_of(case)]


@pytest.mark.limits
@pytest.mark.parametrize("case", LIMITED)
def test_limits(case, tmp_path):
    limits, folder = limits_of(case), os.path.join(HERE, case)
    line = read(os.path.join(folder, "cmd")).decode().splitlines()[0]
    command = [BINARY, *shlex.split(line)]
    work = str(tmp_path / "work")
    shutil.copytree(os.path.join(folder, "in"), work, symlinks=True)
    if "peak_kib" in limits:
        program = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], "
                   "stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, "
                   "stderr=subprocess.DEVNULL); "
                   "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        run = subprocess.run([sys.executable, "-c", program, *command], cwd=work, env=ENVIRONMENT,
                             capture_output=True, text=True, timeout=60, check=True)
        assert int(run.stdout) <= limits["peak_kib"]
    if "open" in limits:
        if not shutil.which("strace"):
            pytest.skip("strace is not installed")
        trace = str(tmp_path / "trace")
        probe = subprocess.run(["strace", "-f", "-e", "trace=open,openat,openat2", "-o", trace,
                                *command], cwd=work, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                               capture_output=True, timeout=60, check=False)
        if not os.path.exists(trace):
            pytest.skip(f"strace cannot trace here: {probe.stderr.decode()[:100]}")
        with open(trace, encoding="utf-8", errors="replace") as lines:
            opened = [text for text in lines if "open" in text and "= -1" not in text
                      and "resumed" not in text and ".so" not in text]
        assert len(opened) <= limits["open"]
