"""Man pages are made from the option tables, and mandoc has nothing to say about them."""
import glob
import os
import shutil
import subprocess

import pytest


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


def test_examples_are_commands_that_parse(plimsoll, tmp_path):
    """Each example of --help is run with --help behind it: a wrong option would be an error."""
    for command in plimsoll.commands():
        text = plimsoll(command, "--help", code=0).stdout
        if "Examples:\n" not in text:
            continue
        for line in text.split("Examples:\n")[1].splitlines():
            words = line.strip().split("  ")[0].split("|")[0].split()
            if words and words[0] == "plimsoll":
                plimsoll(*words[1:], "--help", cwd=tmp_path, code=0)
