"""Words of other tools: each row of the tables in src/cli is typed once."""
import os
import re

import pytest

from conftest import ROOT


def rows(file, table):
    """The pairs of strings of a table of C, with the macros that stand for text."""
    with open(os.path.join(ROOT, "src", "cli", file), encoding="utf-8") as source:
        text = source.read()
    macros = dict(re.findall(r'^#define (\w+)[ \\\n]+"(.*)"$', text, re.M))
    body = text[text.index(f"{table}[] = {{"):]
    body = body[:body.index("\n};")]
    pairs = re.findall(r'\{"([^"]+)",\s*(?:"([^"]+)"|(\w+))\}', body)
    return [(theirs, ours or macros[macro]) for theirs, ours, macro in pairs]


ALIASES = rows("aliases.c", "aliases")
VERBS = rows("foreign.c", "verbs")
OPTIONS = rows("foreign.c", "options")
WORDS = rows("foreign.c", "words_of_others")


def test_the_tables_were_read():
    assert len(ALIASES) > 60 and len(VERBS) > 50 and len(OPTIONS) > 60 and len(WORDS) > 10
    for table in (ALIASES, VERBS, OPTIONS, WORDS):
        assert len({row[0] for row in table}) == len(table)
    assert not {row[0] for row in ALIASES} & {row[0] for row in VERBS}


@pytest.mark.parametrize("theirs, ours", ALIASES)
def test_a_verb_with_a_counterpart(plimsoll, tmp_path, theirs, ours):
    """It does what ours does, where ours is in this version; else it is told the name."""
    run = plimsoll(*theirs.split(), "--help", cwd=tmp_path)
    known = plimsoll.commands()
    verbs = [name for name in known if name.startswith(f"{ours.split()[0]} ")]
    if ours in known or (ours.split()[0] in known and not verbs):
        assert run.returncode == 0
        assert run.stdout == plimsoll(*ours.split(), "--help", code=0).stdout
    else:
        assert run.returncode == 2
        assert f"'plimsoll {ours}'" in run.stderr or theirs == ours
        assert "not in this version" in run.stderr


def commands_named(text):
    return re.findall(r"'plimsoll (\w+)", text)


@pytest.mark.parametrize("theirs, instead", VERBS)
def test_a_verb_without_one(plimsoll, tmp_path, theirs, instead):
    run = plimsoll(*theirs.split(), "x", cwd=tmp_path, code=2)
    assert f"nothing here does what '{theirs}' does" in run.stderr
    assert f"hint: {instead}" in run.stderr
    assert commands_named(instead)


@pytest.mark.parametrize("theirs, ours", OPTIONS)
def test_an_option(plimsoll, tmp_path, theirs, ours):
    """Refused with ours, and what the hint names is there."""
    assert f"--{theirs}" not in plimsoll.options("check"), "it has a counterpart of the same name"
    run = plimsoll("check", f"--{theirs}", cwd=tmp_path, code=2)
    assert ours in run.stderr
    known = plimsoll.options("check")
    for option in re.findall(r"--[a-z-]+[a-z]", ours.replace("--call=check", "")):
        assert option in known or option == "--diff", option


@pytest.mark.parametrize("theirs, ours", WORDS)
def test_a_word_for_a_format_or_a_severity(plimsoll, tmp_path, theirs, ours):
    option = "--format" if ours in ("human", "line", "gitlab", "github") else "--fail-on"
    run = plimsoll("check", option, theirs, cwd=tmp_path, code=2)
    assert f"'{ours}'" in run.stderr


def test_docker_takes_f_for_a_file(plimsoll, repository):
    run = plimsoll("buildx", "build", "--check", "-f", "Dockerfile", ".", cwd=repository, code=2)
    assert "'plimsoll check FILE'" in run.stderr


def test_every_command_that_hints_name_is_there(plimsoll):
    named = {name for _, text in VERBS + OPTIONS for name in commands_named(text)}
    assert named - {"help"} <= set(plimsoll.commands())
