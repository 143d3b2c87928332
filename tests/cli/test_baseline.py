"""--baseline and --write-baseline: what was there before stays out of sight, and nothing else."""
import json
import os
import shutil

import pytest

LINE = ("--format", "line")


@pytest.fixture
def known(plimsoll, repository):
    """The repository with a baseline of all that it has now."""
    (repository / "app").mkdir()
    shutil.move(repository / "Dockerfile", repository / "app" / "Dockerfile")
    plimsoll("check", "--write-baseline", "old.json", cwd=repository, code=0)
    return repository


def found(plimsoll, *args, cwd):
    run = plimsoll("check", *LINE, *args, cwd=cwd)
    return run.returncode, [line.split(": ")[1].split()[1] for line in run.stdout.splitlines()]


def test_a_baseline_lists_what_is_there(known):
    document = json.loads((known / "old.json").read_text())
    assert document["schema"] == "plimsoll.baseline/1"
    assert {entry["file"] for entry in document["findings"]} == {"app/Dockerfile"}
    assert {"rule", "file", "fingerprint", "content", "message"} == set(document["findings"][0])
    assert "sk-abc123xyz789abc123" not in (known / "old.json").read_text()


def test_a_baseline_is_valid_by_its_schema(plimsoll, known):
    jsonschema = pytest.importorskip("jsonschema")
    with open(os.path.join(plimsoll.root, "docs", "schema", "baseline-1.json")) as file:
        jsonschema.Draft202012Validator(json.load(file)).validate(
            json.loads((known / "old.json").read_text()))


def test_what_it_knows_is_not_shown(plimsoll, known):
    assert found(plimsoll, "--baseline", "old.json", cwd=known) == (0, [])


@pytest.mark.parametrize("folder, paths", [
    ("app", ()), ("app", ("Dockerfile",)), (".", ("./app/Dockerfile",)), (".", ("app",)),
])
def test_it_does_not_matter_how_a_path_is_named(plimsoll, known, folder, paths):
    old = known / "old.json"
    assert found(plimsoll, "--baseline", old, *paths, cwd=known / folder) == (0, [])
    assert found(plimsoll, "--baseline", old, known, cwd="/") == (0, [])


def test_lines_may_move(plimsoll, known):
    path = known / "app" / "Dockerfile"
    path.write_text("# a\n\n# b\n" + path.read_text().replace("apt-get update", "apt-get   update"))
    assert found(plimsoll, "--baseline", "old.json", cwd=known) == (0, [])


def test_a_new_finding_is_shown(plimsoll, known):
    with open(known / "app" / "Dockerfile", "a") as file:
        file.write("RUN sudo true\n")
    assert found(plimsoll, "--baseline", "old.json", cwd=known) == (1, ["security/sudo"])


def test_one_more_of_a_kind_is_shown(plimsoll, known):
    with open(known / "app" / "Dockerfile", "a") as file:
        file.write("RUN apt-get install curl\n")
    code, rules = found(plimsoll, "--baseline", "old.json", cwd=known)
    assert code == 1 and "correctness/assume-yes" in rules


def test_a_file_may_be_renamed(plimsoll, known):
    shutil.move(known / "app", known / "service")
    assert found(plimsoll, "--baseline", "old.json", cwd=known) == (0, [])


def test_a_copy_of_a_file_is_new(plimsoll, known):
    shutil.copytree(known / "app", known / "copy")
    code, rules = found(plimsoll, "--baseline", "old.json", cwd=known)
    assert code == 1 and len(rules) > 3


def test_a_renamed_file_hides_one_copy_only(plimsoll, known):
    shutil.copytree(known / "app", known / "one")
    shutil.move(known / "app", known / "two")
    total = len(found(plimsoll, cwd=known)[1])
    assert len(found(plimsoll, "--baseline", "old.json", cwd=known)[1]) == total // 2


def test_fix_leaves_what_the_baseline_knows(plimsoll, known):
    path = known / "app" / "Dockerfile"
    before = path.read_text()
    plimsoll("fix", "--baseline", "old.json", cwd=known, code=0)
    assert path.read_text() == before
    path.write_text(before + "RUN apk add curl\n")
    run = plimsoll("fix", "--unproven", "--baseline", "old.json", cwd=known, code=0)
    assert path.read_text().replace("RUN apk add --no-cache curl\n", "") == before, run.stdout


def test_the_configuration_may_name_it(plimsoll, known):
    (known / ".plimsoll.yaml").write_text("baseline: old.json\n")
    assert found(plimsoll, cwd=known) == (0, [])
    assert found(plimsoll, cwd=known / "app") == (0, [])


@pytest.mark.parametrize("text, why", [
    (None, "cannot open 'bad.json'"),
    ("{", "line 1"),
    ("[]", "no plimsoll.baseline/1 document"),
    ('{"schema": "plimsoll.check/1", "findings": []}', "no plimsoll.baseline/1 document"),
    ('{"schema": "plimsoll.baseline/1"}', "no plimsoll.baseline/1 document"),
])
def test_a_baseline_that_cannot_be_read_ends_with_3(plimsoll, known, text, why):
    if text is not None:
        (known / "bad.json").write_text(text)
    run = plimsoll("check", "--baseline", "bad.json", cwd=known, code=3)
    assert why in run.stderr and run.stdout == ""


def test_odd_entries_know_nothing(plimsoll, known):
    (known / "odd.json").write_text(
        '{"schema": "plimsoll.baseline/1", "findings": [1, null, {}, {"fingerprint": 3}, '
        '{"fingerprint": "x", "content": [], "file": {}}]}')
    assert found(plimsoll, "--baseline", "odd.json", cwd=known) == found(plimsoll, cwd=known)
