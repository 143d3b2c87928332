"""Hostile and broken input: a finding, or an error with status 3; no crash, hang or half a file.

Each command that reads files is run on each kind of bad file. What it may do: end with 0 or 1 and
findings, or with 3 and a message that names the file. What it may not: die by a signal, take long,
change a file that it does not mend, or leave a temporary behind.
"""
import os
import pwd
import shutil
import subprocess
import time

import pytest

BIG = 100 * 1000 * 1000
LIMIT = 16 << 20
NOBODY = pwd.getpwnam("nobody")
IS_ROOT = os.geteuid() == 0

DOCKERFILES = {
    "empty": b"",
    "blank": b" \n\t\n",
    "binary": bytes(range(256)) * 40,
    "program": b"\x7fELF\x02\x01\x01" + b"\0" * 5000,
    "nul": b"FROM debian:12\nRUN a\0b\nENV \0=\0\n",
    "utf-16": "FROM debian:12\nRUN café\n".encode("utf-16"),
    "utf-16-without-bom": "FROM debian:12\nRUN a\n".encode("utf-16-le"),
    "latin-1": b"FROM debian:12\nLABEL name=\"caf\xe9\"\nRUN apt-get install \xfc\n",
    "overlong-utf-8": b"FROM debian:12\nRUN \xc0\xaf\xed\xa0\x80\xf5\xff\n",
    "controls": b"FROM debian:12\nRUN \x1b[31m\x07\x08 echo\x7f \xe2\x80\xae x\n",
    "heredoc": b"FROM debian:12\nRUN <<EOF\napt-get install curl\n",
    "heredocs": b"FROM debian:12\nCOPY <<A <<B /x/\n1\nA\n2\n",
    "quote": b"FROM debian:12\nRUN echo 'a\nRUN echo \"b\nENV A=\"x\n",
    "expansion": b"FROM ${x\nRUN echo ${a:-${b\nENV A=${\n",
    "long-line": b"FROM debian:12\nRUN echo " + b"x" * 66560 + b"\nRUN apt-get install curl\n",
    "line-of-64-KiB": b"FROM debian:12\n# " + b"x" * 65533 + b"\nRUN true\n",
    "one-line": b"RUN " + b"a && " * 200000,
    "joins": b"FROM debian:12\nRUN a" + b" \\\n" * 100000 + b"\n",
    "comments": b"FROM debian:12\nRUN a \\\n" + b"# x\n" * 100000 + b"b\n",
    "no-from": b"RUN apt-get update\n" * 100,
    "only-from": b"FROM\n" * 1000,
    "backslash": b"FROM debian:12\nRUN a \\",
    "deep-shell": b"FROM debian:12\nRUN " + b"$(" * 20000 + b"\nRUN " + b"(" * 60000 + b"\n",
    "deep-json": b"FROM debian:12\nCMD " + b"[" * 50000 + b"\n",
    "deep-onbuild": b"FROM debian:12\n" + b"ONBUILD " * 5000 + b"RUN a\n",
    "many-stages": b"".join(b"FROM s%d AS s%d\n" % (i, i + 1) for i in range(5000)),
    "stage-loop": b"FROM b AS a\nFROM a AS b\nCOPY --from=b x y\nCOPY --from=1 x y\n",
    "variables": b"FROM debian:12\nENV a=x\n" + b"ENV a=$a$a\n" * 64 + b"RUN echo $a\n",
    "carriage-returns": b"FROM debian:12\rRUN a\rRUN b\r",
    "mixed-line-ends": b"FROM debian:12\r\nRUN a\nRUN b \\\r\n  c\n",
    "unknown-escape": b"# escape=x\nFROM debian:12\nRUN a `\n b\n",
    "mounts": b"FROM debian:12\nRUN --mount=type=" + b"cache," * 20000 + b" a\n",
    "flags": b"FROM debian:12\nCOPY " + b"--x=y " * 3000 + b"a b\n",
}
LAUGHS = "a0: &a0 [" + ",".join("x" * 9) + "]\n" + "".join(
    f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 9) + "]\n" for i in range(1, 12))
YAML = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "laughs": b"services:\n  x: {image: y}\n" + LAUGHS.encode(),
    "alias-of-itself": b"services: &s\n  x: *s\n",
    "merge-of-itself": b"services: &s\n  <<: *s\n  x: {image: y}\n",
    "deep-flow": b"services: " + b"[" * 100000,
    "deep-map": b"services: " + b"{a: " * 100000,
    "deep-block": b"services:\n" + b"".join(b" " * i + b"a:\n" for i in range(1, 1500)),
    "deep-list": b"services:\n  " + b"- " * 50000 + b"x\n",
    "tabs": b"services:\n\tx:\n\t\timage: y\n",
    "utf-16": "services:\n  x:\n    image: y\n".encode("utf-16"),
    "latin-1": "services:\n  x:\n    image: caf\xe9\n".encode("latin-1"),
    "nul": b"services:\n  x:\0\n",
    "quote": b"services:\n  x:\n    image: 'y\n",
    "long-line": b"services:\n  x:\n    image: " + b"y" * 70000 + b"\n",
    "many-documents": b"---\nservices: {x: {image: y}}\n" * 5000,
    "many-keys": b"services:\n" + b"".join(b"  s%d: {image: x}\n" % i for i in range(5000)),
    "not-a-map": b"services: 7\n",
    "lists-for-maps": b"services: [1, [2], {x: }]\n",
    "nothing-below": b"services:\n  x:\n  y:\n    image:\n    ports: {}\n    volumes: 3\n",
}
IGNORE = {
    "empty": b"", "binary": bytes(range(256)) * 40, "nul": b"a\0b\n*.c\n",
    "bad-brackets": b"[\n[]a\n[z-a]\n\\\n!\n**/[\n",
    "stars": b"*" * 10000 + b"/x\n" + b"**/" * 2000 + b"y\n",
    "long-line": b"x" * 70000 + b"\n", "many": b"a*b*c*d\n" * 10000,
    "utf-16": "*.c\n".encode("utf-16"),
}


def tree(folder):
    """path -> (mode, bytes) of everything below a folder that is a regular file."""
    found = {}
    for top, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(top, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = (os.stat(path).st_mode, file.read())
            else:
                found[os.path.relpath(path, folder)] = os.readlink(path) if os.path.islink(path) \
                    else None
    return found


def run(plimsoll, folder, *words, codes=(0, 1, 3), seconds=10, feed=None):
    """Run in a folder: it must end by itself, in time, with one of the codes, and say why if 3."""
    before = time.monotonic()
    done = subprocess.run([plimsoll.binary, *words], cwd=folder, input=feed, capture_output=True,
                          timeout=60, check=False, stdin=None if feed is not None else
                          subprocess.DEVNULL, env={"PLIMSOLL_NOW": "2026-11-24", "NO_COLOR": "1"})
    seconds *= 10 if "asan" in plimsoll.binary else 1
    assert time.monotonic() - before < seconds, "it takes too long"
    assert done.returncode in codes, (words, done.returncode, done.stderr[-2000:])
    if done.returncode == 3:
        assert b"plimsoll: error: " in done.stderr
    if "--diff" not in words and words[:2] != ("fix", "-"):  # those are the file's own bytes
        assert b"\x1b" not in done.stdout and b"\0" not in done.stdout
    assert not [name for name in os.listdir(folder) if name.startswith(".plimsoll-")]
    return done


def write(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return path


def every_command(plimsoll, folder, name):
    """check in all formats, fix twice, context, plumbing: over one bad file of that name."""
    for form in ("human", "line", "json", "sarif", "github", "gitlab", "rdjson", "buildkit"):
        run(plimsoll, folder, "check", "--format", form, name)
    run(plimsoll, folder, "check")
    run(plimsoll, folder)
    before = tree(folder)
    run(plimsoll, folder, "fix", "--diff", "--unproven", name)
    assert tree(folder) == before
    run(plimsoll, folder, "fix", "--unproven", "--modernize", name)
    once = tree(folder)
    run(plimsoll, folder, "fix", "--unproven", "--modernize", name)
    assert tree(folder) == once
    run(plimsoll, folder, "context", "--format", "json")
    run(plimsoll, folder, "plumbing", "parse", name)


@pytest.mark.parametrize("kind", DOCKERFILES)
def test_dockerfiles(plimsoll, tmp_path, kind):
    write(tmp_path, "Dockerfile", DOCKERFILES[kind])
    every_command(plimsoll, tmp_path, "Dockerfile")
    with open(tmp_path / "Dockerfile", "rb") as file:
        text = file.read()
    run(plimsoll, tmp_path, "check", "-", feed=text)
    run(plimsoll, tmp_path, "fix", "-", feed=text)
    run(plimsoll, tmp_path, "plumbing", "parse", feed=text)


@pytest.mark.parametrize("kind", YAML)
@pytest.mark.parametrize("name", ["compose.yaml", ".github/workflows/ci.yml", "pod.yaml"])
def test_yaml(plimsoll, tmp_path, kind, name):
    head = b"apiVersion: v1\nkind: Pod\n" if name == "pod.yaml" and kind != "empty" else b""
    write(tmp_path, name, head + YAML[kind])
    every_command(plimsoll, tmp_path, name)


@pytest.mark.parametrize("kind", IGNORE)
def test_ignore_files(plimsoll, tmp_path, kind):
    write(tmp_path, "Dockerfile", b"FROM debian:12\nCOPY . /x\n")
    write(tmp_path, "a/b/c.c", b"int a;\n")
    write(tmp_path, ".dockerignore", IGNORE[kind])
    every_command(plimsoll, tmp_path, ".dockerignore")
    run(plimsoll, tmp_path, "context", "--explain", "a/b/c.c")
    run(plimsoll, tmp_path, "context", "--write")


@pytest.mark.parametrize("kind", ["empty", "binary", "laughs", "deep-flow", "utf-16", "not-a-map"])
def test_configuration(plimsoll, tmp_path, kind):
    write(tmp_path, "Dockerfile", b"FROM debian:12\n")
    for name in (".plimsoll.yaml", ".hadolint.yaml"):
        path = write(tmp_path, name, YAML[kind])
        run(plimsoll, tmp_path, "check", codes=(0, 1, 2, 3))
        run(plimsoll, tmp_path, "check", "--config", name, codes=(0, 1, 2, 3))
        os.unlink(path)
    write(tmp_path, "base.json", YAML[kind])
    run(plimsoll, tmp_path, "check", "--baseline", "base.json", codes=(0, 1, 2, 3))


@pytest.mark.parametrize("lines", [
    b"", b"{", b"null\n", b"[]\n", b"{}\n", b'{"word": 7}\n', b'{"word":"${x"}\n', b"\xff\xfe\n",
    b"[" * 100000 + b"\n", b'{"patterns":"x","path":1}\n', b'{"patterns":["["],"path":"a"}\n',
    b'{"word":"' + b"${a:-" * 20000 + b'"}\n', b'{"word":"$a","env":{"a":' + b"[" * 300 + b"\n",
    b'{"patterns":["' + b"**/" * 5000 + b'x"],"path":"' + b"a/" * 5000 + b'"}\n',
])
def test_plumbing_questions(plimsoll, tmp_path, lines):
    for what in ("words", "ignore"):
        run(plimsoll, tmp_path, "plumbing", what, feed=lines, codes=(0, 1, 2, 3))


def test_a_large_file(plimsoll, tmp_path):
    with open(tmp_path / "Dockerfile", "wb") as file:
        file.write(b"FROM debian:12\n")
        file.truncate(BIG)
    for words in (["check", "Dockerfile"], ["fix", "Dockerfile"], ["check"],
                  ["plumbing", "parse", "Dockerfile"]):
        done = run(plimsoll, tmp_path, *words, codes=(3,), seconds=2)
        assert b"larger than the limit of 16777216 bytes" in done.stderr
    assert os.path.getsize(tmp_path / "Dockerfile") == BIG
    done = run(plimsoll, tmp_path, "check", "-", codes=(3,), feed=b"x" * (LIMIT + 1))
    assert b"larger than the limit" in done.stderr


@pytest.mark.slow
def test_the_largest_file(plimsoll, tmp_path):
    text = b"FROM debian:12\n" + b"# " + b"x" * 60000 + b"\n"
    text += (b"# " + b"x" * 60 + b"\n") * ((LIMIT - len(text)) // 63)
    write(tmp_path, "Dockerfile", text)
    run(plimsoll, tmp_path, "check", "Dockerfile", codes=(0,), seconds=10)


@pytest.mark.slow
@pytest.mark.parametrize("line", [
    b"RUN apt-get install x\n", b"RUN true\n", b"COPY a b\n", b"ENV A=$A\n", b"FROM debian:12\n",
    b"NOPE\n", b"ARG A=b\n", b"ADD x y\n", b"RUN cd /x && rm -rf /var/lib/apt/lists/* || true\n"])
def test_many_instructions(plimsoll, tmp_path, line):
    write(tmp_path, "Dockerfile", b"FROM debian:12\n" + line * 100000)
    run(plimsoll, tmp_path, "check", "--format", "json", "Dockerfile", seconds=10)


@pytest.mark.slow
def test_many_fixes(plimsoll, tmp_path):
    write(tmp_path, "Dockerfile", b"FROM debian:12\n" + b"RUN apt-get install x\n" * 20000)
    run(plimsoll, tmp_path, "fix", "Dockerfile", seconds=30)


# -- files that are none -------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["check"], ["fix"], ["plumbing", "parse"]])
def test_a_folder_a_fifo_a_device_and_nothing(plimsoll, tmp_path, command):
    os.mkdir(tmp_path / "Dockerfile")
    os.mkdir(tmp_path / "x")
    os.mkfifo(tmp_path / "x" / "Dockerfile")
    os.symlink("/dev/zero", tmp_path / "zero.Dockerfile")
    os.symlink("loop.Dockerfile", tmp_path / "loop.Dockerfile")
    os.symlink("nothing", tmp_path / "broken.Dockerfile")
    for name in ("x/Dockerfile", "zero.Dockerfile", "loop.Dockerfile", "broken.Dockerfile", "gone",
                 "x/y/z", "x\n\x1b[31m", "a" * 5000):
        done = run(plimsoll, tmp_path, *command, name, codes=(2, 3), seconds=2)
        assert b"\x1b" not in done.stderr
    if command[0] == "plumbing":
        assert b"is a directory" in run(plimsoll, tmp_path, *command, "Dockerfile",
                                        codes=(3,)).stderr
    else: # a folder is looked into, whatever it is called
        run(plimsoll, tmp_path, *command, "Dockerfile", codes=(0, 3))
        run(plimsoll, tmp_path, *command, seconds=2)


def test_loops_and_odd_files_in_a_context(plimsoll, tmp_path):
    write(tmp_path, "Dockerfile", b"FROM debian:12\nCOPY . /x\n")
    os.makedirs(tmp_path / "a" / "b")
    os.symlink("..", tmp_path / "a" / "b" / "up")
    os.symlink(tmp_path, tmp_path / "a" / "self")
    os.makedirs(tmp_path.parent / (tmp_path.name + "-outside") / "x")
    os.symlink(tmp_path.parent / (tmp_path.name + "-outside"), tmp_path / "root")
    os.mkfifo(tmp_path / "a" / "fifo")
    write(tmp_path, "a/new\nline\x1b[31m", b"x")
    write(tmp_path, os.fsdecode(b"a/bytes\xff\xfe"), b"x")
    folder = tmp_path
    for _ in range(150):
        folder = folder / "deep"
    os.makedirs(folder)
    for words in (["context"], ["context", "--format", "json"], ["check"], [],
                  ["context", "root"], ["context", "nothing"], ["context", "Dockerfile"]):
        run(plimsoll, tmp_path, *words, seconds=5)


def test_context_of_what_is_no_folder(plimsoll, tmp_path):
    write(tmp_path, "file", b"x")
    os.mkfifo(tmp_path / "fifo")
    for name in ("file", "fifo", "nothing", "a" * 5000):
        run(plimsoll, tmp_path, "context", name, codes=(2, 3), seconds=2)


# -- permissions, disks ------------------------------------------------------------------------


def as_nobody(plimsoll, folder, *words):
    """Run without root's rights; root is not stopped by a mode."""
    if not IS_ROOT:
        return run(plimsoll, folder, *words)
    if not shutil.which("setpriv"):
        pytest.skip("setpriv is not installed")
    binary = os.path.join(folder, "..", "plimsoll-of-nobody")
    if not os.path.exists(binary):
        shutil.copy(plimsoll.binary, binary)
        os.chmod(binary, 0o755)
    path = os.path.abspath(folder)
    while path != "/" and path.startswith("/tmp"):
        if not os.path.samefile(path, folder):  # its own mode is what the test is about
            os.chmod(path, os.stat(path).st_mode | 0o011)
        path = os.path.dirname(path)
    done = subprocess.run(["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}",
                           "--clear-groups", binary, *words], cwd=folder, capture_output=True,
                          timeout=60, check=False, env={"PLIMSOLL_NOW": "2026-11-24"})
    assert done.returncode >= 0
    return done


def owned(folder, mode):
    """Give the folder and what is in it to the user who will run, and set the folder's mode."""
    for top, folders, files in os.walk(folder):
        for name in folders + files:
            if IS_ROOT:
                os.lchown(os.path.join(top, name), NOBODY.pw_uid, NOBODY.pw_gid)
    if IS_ROOT:
        os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    os.chmod(folder, mode)


BAD = b"FROM debian:12\nRUN apt-get install curl\n"


def test_unreadable_files(plimsoll, tmp_path):
    folder = tmp_path / "work"
    write(folder, "Dockerfile", BAD)
    write(folder, "sub/Dockerfile", BAD)
    write(folder, "dark/Dockerfile", BAD)
    write(folder, ".dockerignore", b"x\n")
    os.chmod(folder / "sub" / "Dockerfile", 0)
    os.chmod(folder / ".dockerignore", 0)
    owned(folder, 0o755)
    os.chmod(folder / "dark", 0)
    try:
        for words in (["check", "sub/Dockerfile"], ["fix", "sub/Dockerfile"], ["check"],
                      ["plumbing", "parse", "sub/Dockerfile"], ["check", "dark/Dockerfile"],
                      ["context", "dark"]):
            done = as_nobody(plimsoll, folder, *words)
            assert done.returncode == 3, (words, done.stdout, done.stderr)
            assert b"Permission denied" in done.stderr
        done = as_nobody(plimsoll, folder, "check", "--format", "line")
        assert b"Dockerfile:2:" in done.stdout  # the others are looked at all the same
        os.chmod(folder / ".dockerignore", 0o644)
        os.chmod(folder / "sub" / "Dockerfile", 0o644)
        done = as_nobody(plimsoll, folder, "check")
        assert done.returncode == 3 and b"dark: this folder cannot be read" in done.stderr
        for words in (["check", "Dockerfile"], ["check", "Dockerfile", "sub/Dockerfile"],
                      ["fix", "--diff", "Dockerfile"]):  # the folder was not asked for
            done = as_nobody(plimsoll, folder, *words)
            assert done.returncode == 1, (words, done.stderr)
            assert b"warning: dark: this folder cannot be read" in done.stderr, done.stderr
            assert b"error:" not in done.stderr and b"Dockerfile" in done.stdout
        assert not as_nobody(plimsoll, folder, "check", "-q", "Dockerfile").stderr
        with open(folder / ".dockerignore", "w", encoding="utf-8") as file:
            file.write("dark\n")  # no build goes there, so that nothing is missing
        done = as_nobody(plimsoll, folder, "check", "--fail-on", "none")
        assert done.returncode == 0, done.stderr
        assert as_nobody(plimsoll, folder, "context").returncode in (0, 1, 3)
    finally:
        os.chmod(folder / "dark", 0o755)


def test_fix_in_a_folder_that_is_read_only(plimsoll, tmp_path):
    folder = tmp_path / "work"
    write(folder, "Dockerfile", BAD)
    owned(folder, 0o555)
    for words in (["fix", "Dockerfile"], ["check", "-o", "out.json", "Dockerfile"],
                  ["context", "--write"], ["check", "--write-baseline", "base.json", "Dockerfile"]):
        done = as_nobody(plimsoll, folder, *words)
        assert done.returncode == 3, (words, done.stdout, done.stderr)
        assert b"Permission denied" in done.stderr
    assert os.listdir(folder) == ["Dockerfile"]
    with open(folder / "Dockerfile", "rb") as file:
        assert file.read() == BAD
    os.chmod(folder, 0o755)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB."""
    folder = tmp_path / "disk"
    os.mkdir(folder)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
                           capture_output=True, text=True, check=False)
    if mount.returncode:
        pytest.skip(f"no disk of our own can be mounted here: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(plimsoll, small_disk):
    write(small_disk, "Dockerfile", BAD)
    write(small_disk, "filler", b"")
    with open(small_disk / "filler", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    write_once = [["fix", "Dockerfile"], ["check", "-o", "out.json", "-f", "json", "Dockerfile"],
                  ["check", "--write-baseline", "base.json", "Dockerfile"], ["context", "--write"],
                  ["context", "-o", "out"], ["explain", "-o", "out"]]
    before = tree(small_disk)
    for words in write_once:
        done = run(plimsoll, small_disk, *words, codes=(3,))
        assert b"No space left on device" in done.stderr, (words, done.stderr)
        assert tree(small_disk) == before
    os.unlink(small_disk / "filler")
    run(plimsoll, small_disk, "fix", "Dockerfile", codes=(0,))


def test_standard_output_is_closed_or_full(plimsoll, tmp_path):
    write(tmp_path, "Dockerfile", BAD)
    for words in (["check"], ["fix", "--diff"], ["context"], ["explain"], ["--help"], [], ["skill"],
                  ["plumbing", "parse", "Dockerfile"], ["version"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([plimsoll.binary, *words], cwd=tmp_path, stdout=full,
                                  stderr=subprocess.PIPE, timeout=60, check=False)
        assert done.returncode == 3 and b"No space left" in done.stderr, words
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", plimsoll.binary, *words],
                              cwd=tmp_path, stderr=subprocess.PIPE, timeout=60, check=False)
        assert done.returncode == 3, words
        done = subprocess.run(["sh", "-c", '"$@" | true', "sh", plimsoll.binary, *words],
                              cwd=tmp_path, stderr=subprocess.PIPE, timeout=60, check=False)
        assert b"Sanitizer" not in done.stderr


@pytest.mark.slow
def test_files_that_vanish_and_change(plimsoll, tmp_path):
    """Files come and go while a tree is looked at: the run ends, and tells of what it missed."""
    folder = tmp_path / "work"
    for number in range(60):
        write(folder, f"d{number}/Dockerfile", BAD)
    script = ("i=0; while [ $i -lt 400 ]; do n=$((i % 60)); rm -rf d$n; mkdir d$n; "
              "printf 'FROM debian:12\\nRUN apt-get install curl\\n' > d$n/Dockerfile; "
              "i=$((i + 1)); done")
    with subprocess.Popen(["sh", "-c", script], cwd=folder, stderr=subprocess.DEVNULL) as churn:
        while churn.poll() is None:
            run(plimsoll, folder, "check", "--format", "json")
            run(plimsoll, folder, "fix")
            run(plimsoll, folder, "context", "--format", "json")
    for top, _, files in os.walk(folder):
        assert not [name for name in files if name.startswith(".plimsoll-")]
        for name in files:
            with open(os.path.join(top, name), "rb") as file:
                assert file.read() in (BAD, BAD.replace(b"install curl", b"install -y curl"))
