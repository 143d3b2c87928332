"""`plimsoll skill` teaches only what this version does, and all that the guide is about."""
import re

import pytest

TOPICS = ["layer", "stage", "base image", "strip", "production dependencies", "ignore file",
          "cache", "cache mount", "registry", "root", "read-only", "capabilit", "new privileges",
          "scan", "secret", "bytes are"]


@pytest.fixture(scope="module")
def skill(plimsoll):
    return plimsoll("skill", code=0).stdout


def commands(text):
    """The command lines of its code blocks, and those quoted in running text."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.S):
        yield from (line for line in block.splitlines() if line.startswith("plimsoll"))
    yield from re.findall(r"`(plimsoll [^`]*)`", text)


def test_it_is_a_skill(skill):
    head = skill.split("---\n")[1]
    assert re.search(r"^name: \S+$", head, re.M)
    assert re.search(r"^description: \S", head, re.M)
    # Plain YAML: each key on a line of its own, and no further ": " or " #" in a value.
    keys = re.findall(r"^(\w+): ", head, re.M)
    assert keys == ["name", "description"]
    assert head.count(": ") == len(keys) and " #" not in head


def test_it_covers_the_guide(skill):
    headings = "\n".join(re.findall(r"^#+ .*$", skill, re.M)).lower()
    for topic in TOPICS:
        assert topic in headings or topic in skill.lower(), topic


def test_each_section_names_a_command(skill):
    for section in re.split(r"^## ", skill, flags=re.M)[1:]:
        assert "\nplimsoll " in section, section.splitlines()[0]


def test_every_command_line_is_one_of_this_version(plimsoll, skill, tmp_path):
    lines = list(commands(skill))
    assert len(lines) > 15
    for line in lines:
        words = line.split()[1:]
        if words:
            assert words[0] in plimsoll.commands(), line
        plimsoll(*words, "--help", cwd=tmp_path, code=0)


def test_every_group_it_selects_exists(plimsoll, skill, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    for names in re.findall(r"--select (\S+)", skill):
        plimsoll("check", "--select", names, "--fail-on", "none", cwd=tmp_path, code=0)
