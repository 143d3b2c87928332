"""Man pages are made from the option tables, and mandoc has nothing to say about them."""
import glob
import os
import re
import shutil
import subprocess

import pytest
from made_images import docker_archive, oci_layout


def lint(path):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    run = subprocess.run(["mandoc", "-Tlint", path], capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def test_pages_of_commands_are_clean(plimsoll, tmp_path):
    page = tmp_path / "page.1"
    for command in [None, *plimsoll.commands()]:
        page.write_text(plimsoll("man", *([command] if command else []), code=0).stdout)
        assert lint(page) == "", command


def test_pages_by_hand_are_clean(plimsoll):
    pages = glob.glob(os.path.join(plimsoll.root, "docs", "man", "*.[1-9]"))
    assert pages
    for page in pages:
        assert lint(page) == "", page


def test_a_page_names_every_option(plimsoll):
    for command in plimsoll.commands():
        text = plimsoll("man", command, code=0).stdout.replace("\\-", "-")
        for option in plimsoll.options(command):
            assert option in text, f"{command} {option}"


def test_the_page_of_rules(plimsoll, tmp_path):
    """plimsoll-rules(7) is clean, and names each rule with its severity and class of fix."""
    text = plimsoll("man", "rules", code=0).stdout
    page = tmp_path / "plimsoll-rules.7"
    page.write_text(text)
    assert lint(page) == ""
    terms = dict(re.findall(r"^\.TP\n\\fB(\S+/\S+)\\fR\n(.*)$", text.replace("\\-", "-"), re.M))
    rules = plimsoll.json("explain")["rules"]
    assert set(terms) == {rule["rule"] for rule in rules}
    for rule in rules:
        off = "" if rule["default"] else ", off"
        assert terms[rule["rule"]] == f"({rule['severity']}, fix: {rule['fix']}{off})"


def test_every_page_is_installed(plimsoll):
    """The build makes one page a command; docs/man/meson.build lists them."""
    with open(os.path.join(plimsoll.root, "docs", "man", "meson.build"), encoding="utf-8") as file:
        pages = re.search(r"\['', (.*?)\]", file.read(), re.S).group(1)
    commands = {command.replace(" ", "-") for command in plimsoll.commands()}
    assert set(re.findall(r"'-([\w-]+)'", pages)) == commands


def test_pages_that_are_named_exist(plimsoll):
    known = {"plimsoll", "plimsoll.yaml", "plimsoll-rules",
             *(f"plimsoll-{command}".replace(" ", "-") for command in plimsoll.commands())}
    for command in [None, "rules", *plimsoll.commands()]:
        text = plimsoll("man", *([command] if command else []), code=0).stdout
        named = re.findall(r"^\.BR (\S+) \(\d\)", text.split(".SH SEE ALSO")[1], re.M)
        assert named and {name.replace("\\-", "-") for name in named} <= known


def examples(plimsoll):
    """(command, line) for each example of a man page."""
    for command in plimsoll.commands():
        text = plimsoll("man", command, code=0).stdout.replace("\\-", "-").replace("\\e", "\\")
        if ".SH EXAMPLES\n" in text:
            part = text.split(".SH EXAMPLES\n")[1].split("\n.SH ")[0]
            for line in re.findall(r"^\.TP\n\\fB(.*)\\fR$", part, re.M):
                yield command, line


def test_examples_run(plimsoll, repository):
    """Each as it stands, by a shell, in a repository: no wrong option, no error, no complaint."""
    lines = list(examples(plimsoll))
    assert len(lines) > 12
    (repository / "bin").mkdir()
    (repository / "bin" / "plimsoll").symlink_to(os.path.abspath(plimsoll.binary))
    (repository / ".agents" / "skills" / "container-images").mkdir(parents=True)
    (repository / ".git").rmdir()
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    for name in ("image.tar", "old.tar", "new.tar"):
        docker_archive(repository / name, [[("etc/", None), ("etc/a", b"a")]])
    oci_layout(repository / "layout", [[("etc/a", b"a")]], tag="1.0")
    before = (repository / "Dockerfile").read_text()
    for command, line in lines:
        (repository / "Dockerfile").write_text(before)
        run = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=repository, text=True,
                             input=before, capture_output=True, check=False,
                             env={"PATH": f"{repository}/bin:{os.environ['PATH']}",
                                  "PLIMSOLL_STORE": f"{repository}/store"})
        assert run.returncode in (0, 1) and run.stderr == "", f"{command}: {line}: {run.stderr}"


def test_the_configuration_has_the_keys_of_its_page(plimsoll, repository):
    path = os.path.join(plimsoll.root, "docs", "man", "plimsoll.yaml.5")
    with open(path, encoding="utf-8") as page:
        text = page.read().replace("\\-", "-")
    described = set(re.findall(r"^\.TP\n\\fB(\S+)\\fR$", text, re.M))
    (repository / ".plimsoll.yaml").write_text("surely-no-key: 1\n")
    run = plimsoll("check", cwd=repository, code=2)
    assert ".plimsoll.yaml:1" in run.stderr
    known = run.stderr.split("known are ")[1].strip().split(", ")
    assert described == set(known)
    (repository / ".plimsoll.yaml").write_text(text.split(".nf\n")[1].split(".fi\n")[0])
    plimsoll("check", "--write-baseline", "plimsoll-baseline.json", cwd=repository, code=0)
    assert plimsoll("check", cwd=repository, code=0).stdout.startswith("nothing found")
