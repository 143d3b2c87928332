"""Each rule of the table has an example, and the example tells the truth.

    tests/golden/rules/GROUP/RULE/
        bad/     a small repository with the finding
        good/    the same, as it should be
        found    where the rule speaks in bad/: FILE:LINE, one a line
        after/   the files that the rule's own fix changed (where its class is safe or proof)
        options  further arguments of `check` and `fix` (where the rule needs any)
    grow     SIDE/PATH SIZE, one a line: files that are filled up with 'x' to that size, because
             they are too large to keep or are named as git lets no file be named

tools/make-docs puts the first file of each side into docs/rules. BLESS=1 rewrites found and after/.
"""
import json
import os
import shutil
import subprocess

import pytest

from test_golden import BINARY, BLESS, ENVIRONMENT, HERE, ROOT, read, tree, write

FOLDER = os.path.join(HERE, "rules")

# Rules that no small folder can show, each with its reason.
WAIVED = {
}


def run(*args, cwd, codes=(0, 1)):
    process = subprocess.run([BINARY, *args], cwd=cwd, capture_output=True, env=ENVIRONMENT,
                             timeout=60, check=False)
    assert process.returncode in codes, process.stderr.decode()
    return process.stdout.decode()


def table():
    if not os.path.exists(BINARY):
        return {}
    rows = json.loads(run("explain", "--format", "json", cwd=HERE))["rules"]
    return {row["rule"]: row for row in rows}


RULES = table()
EXAMPLES = sorted(f"{group}/{name}" for group in sorted(os.listdir(FOLDER))
                  for name in os.listdir(os.path.join(FOLDER, group)))


def options_of(rule):
    return read(os.path.join(FOLDER, rule, "options")).decode().split()


def findings(rule, folder, *more):
    """What the rule says about a folder: as a user gets it where it is on, else by its name."""
    choice = [] if RULES[rule]["default"] else ["--select", rule]
    out = run("check", "--format", "json", "--fail-on", "none", *choice, *options_of(rule), *more,
              ".", cwd=folder, codes=(0,))
    return [row for row in json.loads(out)["findings"] if row["rule"] == rule]


def places(rows):
    return "".join(f"{row['file'].removeprefix('./')}:{row['line']}\n" for row in rows)


def copy(rule, side, tmp_path):
    work = str(tmp_path / side)
    shutil.copytree(os.path.join(FOLDER, rule, side), work, symlinks=True)
    for line in read(os.path.join(FOLDER, rule, "grow")).decode().splitlines():
        path, size = line.split()
        if not path.startswith(side + "/"):
            continue
        place = os.path.join(work, path[len(side) + 1:])
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "ab") as file:
            file.write(b"x" * (int(size) - file.tell()))
    return work


def fix(rule, work):
    run("fix", "--unproven", "--select", rule, *options_of(rule), ".", cwd=work)


def changed(work, before):
    return {path: data for path, data in tree(work).items() if before.get(path) != data}


def test_every_rule_has_an_example():
    assert RULES
    missing = set(RULES) - set(EXAMPLES)
    assert sorted(missing - set(WAIVED)) == [], "write tests/golden/rules/GROUP/RULE for these"
    assert sorted(set(WAIVED) - missing) == [], "these need no waiver"
    assert sorted(set(EXAMPLES) - set(RULES)) == [], "there are no such rules"


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_bad_one_is_found(rule, tmp_path):
    got = places(findings(rule, copy(rule, "bad", tmp_path)))
    if BLESS:
        write(os.path.join(FOLDER, rule, "found"), got.encode())
    assert got and got == read(os.path.join(FOLDER, rule, "found")).decode()


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_good_one_is_not(rule, tmp_path):
    assert findings(rule, copy(rule, "good", tmp_path)) == []


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_good_one_is_good(rule, tmp_path):
    """Whoever copies it gets no other rule's error or warning for it."""
    out = run("check", "--format", "line", "--fail-on", "none", *options_of(rule), ".",
              cwd=copy(rule, "good", tmp_path), codes=(0,))
    assert [line for line in out.splitlines() if ": note " not in line] == []


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_fix_ends_it(rule, tmp_path):
    """Of the table's class, with the edits expected, gone afterwards, and done in one go."""
    work, wanted = copy(rule, "bad", tmp_path), os.path.join(FOLDER, rule, "after")
    rows, before = findings(rule, work), tree(work)
    offered = {row["fix"]["safety"] for row in rows if row["fix"] and row["fix"]["edits"]}
    mends = RULES[rule]["fix"] in ("safe", "proof")
    assert not mends or RULES[rule]["fix"] in offered, "the example shows no fix of that class"
    fix(rule, work)
    after = changed(work, before)
    if BLESS:
        shutil.rmtree(wanted, ignore_errors=True)
        for path, data in after.items():
            os.makedirs(os.path.dirname(os.path.join(wanted, path)), exist_ok=True)
            write(os.path.join(wanted, path), data)
    assert after == (tree(wanted) if os.path.isdir(wanted) else {})
    if offered & {"safe", "proof"}:
        assert after
        assert findings(rule, work) == [], "the finding is still there"
    once = tree(work)
    fix(rule, work)
    assert tree(work) == once, "a second fix changes more"


def test_the_pages_are_what_the_program_prints():
    make = subprocess.run([os.path.join(ROOT, "tools", "make-docs"), "--check"], text=True,
                          capture_output=True, env={**os.environ, "PLIMSOLL": BINARY}, check=False)
    assert make.returncode == 0, make.stdout + make.stderr
