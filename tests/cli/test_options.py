"""Options, environment, exit codes, streams: what holds for every command."""
import os
import subprocess

import pytest

from conftest import BINARY


def test_every_command_has_help(plimsoll):
    for command in plimsoll.commands():
        run = plimsoll(command, "--help", code=0)
        assert run.stdout.startswith(f"Usage: plimsoll {command} ")
        assert run.stderr == ""
        assert plimsoll("help", command, code=0).stdout == run.stdout
        assert max(map(len, run.stdout.splitlines())) <= 100


def test_only_commands_that_work_are_listed(plimsoll):
    """What --help names must run: --help of a command that is not there ends with status 2."""
    assert set(plimsoll.commands()) >= {"check", "fix", "context", "explain", "skill", "completion"}
    for absent in ("build", "scan", "optimize"):
        assert absent not in plimsoll.commands()


@pytest.mark.parametrize("words, hint", [
    (("chek",), "did you mean 'plimsoll check'?"),
    (("check", "--fail-onn", "error"), "did you mean '--fail-on'?"),
    (("check", "--fail-on", "eror"), "did you mean 'error'?"),
    (("check", "--failure-threshold", "error"), "--fail-on"),
    (("check", "--select", "layers/dead-bites"), "did you mean 'layers/dead-bytes'?"),
    (("explain", "layers/dead-bites"), "did you mean 'layers/dead-bytes'?"),
    (("completion", "tcsh"), "usage: plimsoll completion"),
])
def test_wrong_usage_ends_with_2_and_a_hint(plimsoll, words, hint, tmp_path):
    run = plimsoll(*words, code=2, cwd=tmp_path)
    assert run.stdout == ""
    assert run.stderr.startswith("plimsoll: error: ")
    assert hint in run.stderr


@pytest.mark.parametrize("words, ours", [
    (("buildx", "build", "."), "'plimsoll build'"),
    (("scout", "cves", "x"), "'plimsoll scan image'"),
    (("trivy", "image", "x"), "'plimsoll scan image'"),
    (("grype", "x"), "'plimsoll scan image'"),
    (("snyk", "container", "test", "x"), "'plimsoll scan image'"),
    (("slim", "build", "x"), "'plimsoll optimize'"),
])
def test_verbs_of_other_tools_are_told_ours(plimsoll, words, ours):
    run = plimsoll(*words, code=2)
    assert ours in run.stderr
    assert "not in this version" in run.stderr


@pytest.mark.parametrize("words", [("hadolint",), ("lint",), ("trivy", "config"), ("config",),
                                   ("buildx", "build", "--check")])
def test_verbs_that_mean_check_are_check(plimsoll, words, repository):
    ours = plimsoll("check", "Dockerfile", cwd=repository)
    theirs = plimsoll(*words, "Dockerfile", cwd=repository)
    assert (theirs.returncode, theirs.stdout) == (ours.returncode, ours.stdout)


def test_exit_codes(plimsoll, repository):
    assert plimsoll("check", cwd=repository).returncode == 1
    assert plimsoll("check", "--fail-on", "none", cwd=repository).returncode == 0
    assert plimsoll("check", "--fail-on", "sometimes", cwd=repository).returncode == 2
    assert plimsoll("check", "absent", cwd=repository).returncode == 3
    assert plimsoll("check", "Dockerfile", "absent", cwd=repository).returncode == 3


def test_flag_wins_over_environment_wins_over_configuration(plimsoll, repository):
    (repository / ".plimsoll.yaml").write_text("fail-on: none\n")
    assert plimsoll("check", cwd=repository).returncode == 0
    env = {"PLIMSOLL_FAIL_ON": "error"}
    assert plimsoll("check", cwd=repository, env=env).returncode == 1
    assert plimsoll("check", "--fail-on", "none", cwd=repository, env=env).returncode == 0


def test_a_wrong_variable_is_named(plimsoll, repository):
    run = plimsoll("check", cwd=repository, env={"PLIMSOLL_THREADS": "many"}, code=2)
    assert "PLIMSOLL_THREADS" in run.stderr


def test_standard_input(plimsoll, tmp_path):
    run = plimsoll("check", "--format", "line", "-", text="FROM debian:12\nRUM x\n", cwd=tmp_path)
    assert run.stdout.startswith("-:")
    run = plimsoll("check", "--format", "line", "--stdin-filename", "a/Dockerfile", "-",
                   text="FROM debian:12\nRUM x\n", cwd=tmp_path)
    assert run.stdout.startswith("a/Dockerfile:")


def test_output_goes_to_a_file_also_when_the_gate_fails(plimsoll, repository):
    want = plimsoll("check", "--format", "json", cwd=repository, code=1).stdout
    run = plimsoll("check", "--format", "json", "-o", "out.json", cwd=repository, code=1)
    assert run.stdout == ""
    assert (repository / "out.json").read_text() == want
    assert not [name for name in os.listdir(repository) if "tmp" in name]


def test_output_that_cannot_be_written_ends_with_3(plimsoll, repository):
    run = plimsoll("check", "-o", "absent/out", cwd=repository, code=3)
    assert run.stderr.startswith("plimsoll: error: ")


def test_a_full_disk_is_an_error(plimsoll, repository):
    with open("/dev/full", "w", encoding="ascii") as full:
        run = subprocess.run([BINARY, "check"], cwd=repository, stdout=full, env={},
                             stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 3
    assert "standard output" in run.stderr


def test_results_on_stdout_talk_on_stderr(plimsoll, repository):
    run = plimsoll("check", "--progress", "plain", cwd=repository)
    assert "plimsoll: looked at" in run.stderr
    assert "looked at" not in run.stdout
    assert plimsoll("check", "--progress", "plain", "-q", cwd=repository).stderr == ""
    assert plimsoll("check", cwd=repository).stderr == ""
    run = plimsoll("check", "--progress", "json", cwd=repository)
    assert run.stderr.startswith('{"event"')


def test_color(plimsoll, repository):
    assert "\033[" not in plimsoll("check", cwd=repository).stdout
    assert "\033[" in plimsoll("check", "--color", "always", cwd=repository).stdout
    assert "\033[" not in plimsoll("check", "--color", "never", cwd=repository).stdout


def test_baseline(plimsoll, repository):
    plimsoll("check", "--write-baseline", "base.json", cwd=repository, code=0)
    plimsoll("check", "--baseline", "base.json", "--ignore", "context", cwd=repository, code=0)
    dockerfile = repository / "Dockerfile"
    dockerfile.write_text("# a new line above\n" + dockerfile.read_text())
    plimsoll("check", "--baseline", "base.json", "Dockerfile", cwd=repository, code=0)
    dockerfile.write_text(dockerfile.read_text() + "ENV DB_PASSWORD=hunter2hunter2\n")
    plimsoll("check", "--baseline", "base.json", "Dockerfile", cwd=repository, code=1)


def test_the_overview_names_one_next_command(plimsoll, repository):
    run = plimsoll(cwd=repository, code=0)
    assert "found 1 Dockerfile" in run.stdout
    assert run.stdout.count("\nnext: plimsoll ") == 1


def test_the_overview_of_an_empty_folder_shows_the_commands(plimsoll, tmp_path):
    assert "Commands:" in plimsoll(cwd=tmp_path, code=0).stdout


def test_a_walk_takes_for_dockerfiles_only_what_is_one(plimsoll, tmp_path):
    (tmp_path / "dockerfile.h").write_text("#pragma once\nint from(void);\n", encoding="utf-8")
    (tmp_path / "Dockerfile.env").write_text("ENV A=1 \\\n    B=2\n", encoding="utf-8")
    (tmp_path / "Dockerfile.php").write_text("FROM php:8.3\nCMD [\"php\"]\n", encoding="utf-8")
    report = plimsoll.json("check", "--fail-on", "none", ".", cwd=tmp_path)
    assert {row["file"] for row in report["findings"]} == {"Dockerfile.php"}
    assert report["files"] == 1
    named = plimsoll.json("check", "--fail-on", "none", "Dockerfile.env", cwd=tmp_path)
    assert [row["rule"] for row in named["findings"]].count("correctness/order") == 1
