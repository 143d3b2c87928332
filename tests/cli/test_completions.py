"""Completions are made from the option tables: they parse, and know every command and option."""
import shutil
import subprocess

import pytest

SHELLS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_parses(plimsoll, shell, tmp_path):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(plimsoll("completion", shell, code=0).stdout)
    run = subprocess.run([*SHELLS[shell], script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_known(plimsoll, shell):
    script = plimsoll("completion", shell, code=0).stdout
    for command in plimsoll.commands():
        assert command in script
        for option in plimsoll.options(command):
            assert (f"-l {option[2:]}" if shell == "fish" else option) in script


def complete(plimsoll, tmp_path, *words):
    """What bash offers for the last of the words."""
    script = tmp_path / "script"
    script.write_text(plimsoll("completion", "bash", code=0).stdout)
    line = " ".join(f"'{word}'" for word in words)
    program = (f"PATH={tmp_path}:$PATH; source {script}; COMP_WORDS=(plimsoll {line}); "
               f"COMP_CWORD={len(words)}; _plimsoll; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    link = tmp_path / "plimsoll"
    if not link.exists():
        link.symlink_to(plimsoll.binary)
    run = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    return run.stdout.split()


def test_bash_completes_commands(plimsoll, tmp_path):
    assert complete(plimsoll, tmp_path, "che") == ["check"]


def test_bash_completes_options(plimsoll, tmp_path):
    assert complete(plimsoll, tmp_path, "check", "--fail") == ["--fail-on"]


def test_bash_completes_choices(plimsoll, tmp_path):
    assert complete(plimsoll, tmp_path, "check", "--fail-on", "w") == ["warning"]
    assert "sarif" in complete(plimsoll, tmp_path, "check", "--format", "")


def test_bash_completes_rules(plimsoll, tmp_path):
    assert "layers/dead-bytes" in complete(plimsoll, tmp_path, "explain", "layers/")
