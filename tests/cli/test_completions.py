"""Completions are made from the option tables: they parse, and know every command and option."""
import os
import pty
import select
import shutil
import subprocess
import time

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
        assert all(word in script for word in command.split())
        for option in plimsoll.options(command):
            assert (f"-l {option[2:]}" if shell == "fish" else option) in script


def install(plimsoll, tmp_path, shell, name):
    """The script of a shell, and the program under its own name, in a folder of their own."""
    script = tmp_path / name
    script.write_text(plimsoll("completion", shell, code=0).stdout)
    link = tmp_path / "plimsoll"
    if not link.exists():
        link.symlink_to(plimsoll.binary)
    return script


def complete(plimsoll, tmp_path, *words):
    """What bash offers for the last of the words."""
    script = install(plimsoll, tmp_path, "bash", "script")
    line = " ".join(f"'{word}'" for word in words)
    program = (f"PATH={tmp_path}:$PATH; source {script}; COMP_WORDS=(plimsoll {line}); "
               f"COMP_CWORD={len(words)}; _plimsoll; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
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


# -- fish: it tells what it would offer ------------------------------------------------------------

@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pytest.mark.parametrize("line, offered", [
    ("plimsoll che", {"check"}),
    ("plimsoll check --fail", {"--fail-on"}),
    ("plimsoll check --fail-on w", {"warning"}),
    ("plimsoll explain layers/dead", {"layers/dead-bytes"}),
    ("plimsoll completion z", {"zsh"}),
])
def test_fish_completes(plimsoll, tmp_path, line, offered):
    script = install(plimsoll, tmp_path, "fish", "script.fish")
    run = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
                         capture_output=True, text=True, check=True, cwd=tmp_path,
                         env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)})
    assert {row.split("\t")[0] for row in run.stdout.splitlines()} == offered


# -- zsh: it only completes for somebody at a terminal ---------------------------------------------

class Typist:
    """Somebody at a terminal, in front of zsh."""

    def __init__(self, folder):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.execve(shutil.which("zsh"), ["zsh", "-f", "-i"],
                      {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder),
                       "TERM": "dumb", "COLUMNS": "200"})

    def types(self, text):
        os.write(self.fd, text.encode())

    def sees(self, text, seconds=20):
        seen, end = "", time.monotonic() + seconds
        while text not in seen and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.2)[0]:
                seen += os.read(self.fd, 4096).decode(errors="replace")
        assert text in seen, seen
        return seen

    def leaves(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes(plimsoll, tmp_path):
    install(plimsoll, tmp_path, "zsh", "_plimsoll")
    typist = Typist(tmp_path)
    try:
        typist.types("PS1='ready'; fpath=($PWD $fpath); autoload -U compinit; compinit -D; "
                     "print ${_comps[plimsoll]}-is-known\n")
        typist.sees("_plimsoll-is-known")
        for typed, seen in (("plimsoll che\t", "plimsoll check "),
                            ("plimsoll check --fail\t", "--fail-on="),
                            ("plimsoll check --fail-on=w\t", "--fail-on=warning"),
                            ("plimsoll explain layers/dead-b\t", "layers/dead-bytes"),
                            ("plimsoll completion fi\t", "completion fish")):
            typist.types(typed)
            typist.sees(seen)
            typist.types("\x15")  # take the line back
    finally:
        typist.leaves()
