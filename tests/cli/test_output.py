"""Where results go, what is said beside them, and in which colours: for every command."""
import os
import re
import stat
import subprocess

import pytest

from conftest import BINARY
from made_images import docker_archive, oci_layout

# A command line for each command with --format, with the status that it ends with.
RESULTS = {
    "check": (["check", "Dockerfile"], 1),
    "fix": (["fix", "--diff", "Dockerfile"], 1),
    "context": (["context", "--max", "1B"], 1),
    "analyze": (["analyze", "image.tar", "--max-size", "1B"], 1),
    "diff": (["diff", "image.tar", "layout"], 0),
    "image ls": (["image ls", "--store", "layout"], 0),
    "image load": (["image load", "image.tar", "--store", "store"], 0),
    "image inspect": (["image inspect", "image.tar"], 0),
    "image prune": (["image prune", "--dry-run", "--store", "layout"], 0),
    "explain": (["explain", "DL3009"], 0),
    "skill": (["skill"], 0),
}


@pytest.fixture(autouse=True)
def image(repository):
    layers = [[("etc/a", b"aaaa")], [("etc/.wh.a", b"")]]
    docker_archive(repository / "image.tar", layers)
    oci_layout(repository / "layout", layers)


def formats(plimsoll, command):
    text = plimsoll(command, "--help", code=0).stdout
    if "--format FORMAT" not in text:
        return []
    words = text.split("how the result is printed:")[1].split("-o, --output")[0]
    return [word.strip() for word in " ".join(words.split()).split(",")]


def test_every_command_with_formats_stands_here(plimsoll):
    remote = {"image pull", "image push", "image referrers"}  # want a registry: test_registry.py
    with_formats = {name for name in plimsoll.commands() if formats(plimsoll, name)}
    assert with_formats == set(RESULTS) | remote


@pytest.mark.parametrize("command", RESULTS)
def test_output_in_a_file_is_what_would_be_printed(plimsoll, repository, tmp_path_factory, command):
    """Byte for byte, in each format, also when the gate fails, with nothing left beside it."""
    args, code = RESULTS[command]
    folder = tmp_path_factory.mktemp("out")
    for kind in formats(plimsoll, command):
        want = plimsoll(*args, "--format", kind, cwd=repository, code=code).stdout
        run = plimsoll(*args, "--format", kind, "-o", folder / "result", cwd=repository, code=code)
        assert run.stdout == "" and (want or kind == "github")
        assert (folder / "result").read_text() == want
        assert os.listdir(folder) == ["result"]


@pytest.mark.parametrize("command", RESULTS)
def test_a_file_is_replaced_whole_or_not_at_all(plimsoll, repository, tmp_path_factory, command):
    """Whoever has the old file open reads the old text on; a folder that is shut leaves it."""
    args, code = RESULTS[command]
    folder = tmp_path_factory.mktemp("out")
    result = folder / "result"
    result.write_text("old\n")
    result.chmod(0o640)
    with open(result, encoding="utf-8") as old:
        plimsoll(*args, "-o", result, cwd=repository, code=code)
        assert old.read() == "old\n"
    assert result.read_text() != "old\n"
    assert stat.S_IMODE(result.stat().st_mode) == 0o640
    run = plimsoll(*args, "-o", folder / "absent" / "result", cwd=repository, code=3)
    assert run.stderr.startswith("plimsoll: error: ")
    assert os.listdir(folder) == ["result"]


@pytest.mark.parametrize("command", RESULTS)
def test_a_dash_is_standard_output(plimsoll, repository, command):
    args, code = RESULTS[command]
    want = plimsoll(*args, cwd=repository, code=code).stdout
    assert plimsoll(*args, "-o", "-", cwd=repository, code=code).stdout == want


# -- colour ----------------------------------------------------------------------------------------

COLOURED = ["check", "fix", "context", "explain"]


@pytest.mark.parametrize("command", COLOURED)
def test_colour_is_asked_for(plimsoll, repository, command):
    args, code = RESULTS[command]
    plain = plimsoll(*args, cwd=repository, code=code).stdout
    bright = plimsoll(*args, "--color", "always", cwd=repository, code=code).stdout
    assert "\033[" in bright and "\033[" not in plain
    for env in ({"NO_COLOR": "1"}, {}):
        again = plimsoll(*args, "--color", "always", cwd=repository, code=code, env=env).stdout
        assert again == bright, "an option wins over NO_COLOR"
    assert plimsoll(*args, "--color", "never", cwd=repository, code=code).stdout == plain
    env = {"PLIMSOLL_COLOR": "always"}
    assert plimsoll(*args, cwd=repository, code=code, env=env).stdout == bright


def test_a_coloured_diff_is_the_diff(plimsoll, repository):
    plain = plimsoll("fix", "--diff", cwd=repository, code=1).stdout
    bright = plimsoll("fix", "--diff", "--color", "always", cwd=repository, code=1).stdout
    assert re.sub("\033\\[[0-9;]*m", "", bright) == plain


def on_terminal(args, cwd, env):
    """What a command writes when its standard output is a terminal."""
    leader, follower = os.openpty()
    with subprocess.Popen([BINARY, *args], cwd=cwd, stdout=follower, stderr=subprocess.PIPE,
                          env={"PATH": os.environ["PATH"], **env}) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                more = os.read(leader, 4096)
            except OSError:  # the other side is shut
                break
            if not more:
                break
            seen += more
    os.close(leader)
    return seen


def test_colour_by_itself_is_for_terminals(repository):
    assert b"\033[" in on_terminal(["check"], repository, {"TERM": "xterm"})
    assert b"\033[" not in on_terminal(["check"], repository, {"TERM": "xterm", "NO_COLOR": "1"})
    assert b"\033[" not in on_terminal(["check"], repository, {"TERM": "dumb"})
    assert b"\033[" not in on_terminal(["check", "--color", "never"], repository, {"TERM": "xterm"})


@pytest.mark.parametrize("kind", ["json", "sarif", "github", "gitlab", "rdjson", "buildkit"])
def test_formats_for_programs_have_no_colour(plimsoll, repository, kind):
    run = plimsoll("check", "--color", "always", "--format", kind, cwd=repository, code=1)
    assert "\033[" not in run.stdout


# -- talk ------------------------------------------------------------------------------------------

def test_progress(plimsoll, repository):
    """Said on standard error only, and only where somebody may want it."""
    result = plimsoll("check", cwd=repository).stdout
    for word, talks in (("auto", False), ("none", False), ("plain", True), ("tty", True),
                        ("json", True)):
        run = plimsoll("check", "--progress", word, cwd=repository, code=1)
        assert run.stdout == result
        assert bool(run.stderr) == talks, word
    assert plimsoll("check", "--progress", "plain", "-q", cwd=repository, code=1).stderr == ""


def test_quiet_keeps_results_and_errors(plimsoll, repository):
    run = plimsoll("check", "-q", "--format", "json", "Dockerfile", cwd=repository, code=1)
    assert run.stdout == plimsoll("check", "--format", "json", "Dockerfile", cwd=repository).stdout
    run = plimsoll("check", "-q", "absent", cwd=repository, code=3)
    assert run.stderr.startswith("plimsoll: error: ")


# -- plimsoll alone --------------------------------------------------------------------------------

def test_the_overview(plimsoll, repository):
    """What was found, at most five wins, what can be mended, and the one next command."""
    run = plimsoll(cwd=repository, code=0)
    lines = run.stdout.splitlines()
    assert lines[0] == "found 1 Dockerfile"
    wins = [line for line in lines if line[:2] in ("1.", "2.", "3.", "4.", "5.", "6.")]
    assert 1 <= len(wins) <= 5 and wins[0].startswith("1. ")
    assert lines[-1] == "next: plimsoll fix --diff"
    assert "secrets/env" in run.stdout and "'plimsoll fix' can mend" in run.stdout
    assert all(line == line.rstrip() for line in lines)
    next_command = lines[-1].split(": ", 1)[1].split()[1:]
    assert plimsoll(*next_command, cwd=repository, code=1).stdout.startswith("--- a/")


def test_the_overview_knows_the_baseline_of_the_configuration(plimsoll, repository):
    plimsoll("check", "--write-baseline", "known.json", cwd=repository, code=0)
    (repository / ".plimsoll.yaml").write_text("baseline: known.json\nignore: [context]\n")
    run = plimsoll(cwd=repository, code=0)
    assert "nothing to mend" in run.stdout and "next:" not in run.stdout


def test_the_overview_of_a_clean_repository(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    run = plimsoll(cwd=tmp_path, code=0)
    assert run.stdout == "found 1 Dockerfile\nnothing to mend\n"


def test_the_overview_of_what_only_a_rebuild_proves(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.22\n"
                                         "RUN wget -qO- https://example.org/a | tar -x\n")
    run = plimsoll(cwd=tmp_path, code=0)
    assert run.stdout.endswith("\nnext: plimsoll fix --diff --unproven\n")
