"""Findings that are one to a person are one in the reports for people, and each its own elsewhere."""
import json

COMPOSE = """services:
  web:
    image: nginx:1.27
  job:
    image: nginx:1.27
    read_only: true
    tmpfs: [/var/cache/nginx, /run, /tmp]
"""
NAMES = ["compose/capabilities-kept", "compose/new-privileges", "compose/read-only-root"]


def run(plimsoll, tmp_path, *words):
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    return plimsoll("check", *words, "compose.yaml", cwd=tmp_path)


def test_people_read_one(plimsoll, tmp_path):
    lines = run(plimsoll, tmp_path, "--format", "line").stdout.splitlines()
    joined = [line for line in lines if "more rights" in line]
    assert len(joined) == 2
    assert joined[0].startswith("compose.yaml:2:3: note " + ", ".join(NAMES) + ": ")
    assert "default capabilities, new privileges by setuid, a writable root" in joined[0]
    assert NAMES[2] not in joined[1]
    human = run(plimsoll, tmp_path).stdout
    assert f"[{', '.join(NAMES)}]" in human and "Drop all capabilities" in human
    assert f"\n{len(lines)} notes in 1 file" in human


def test_programs_read_each(plimsoll, tmp_path):
    found = json.loads(run(plimsoll, tmp_path, "--format", "json").stdout)["findings"]
    assert [row["rule"] for row in found if row["line"] == 2] == NAMES
    assert all(row["fix"]["edits"] for row in found if row["line"] == 2)


def test_what_is_ignored_is_no_part(plimsoll, tmp_path):
    line = run(plimsoll, tmp_path, "--format", "line", "--ignore", NAMES[1]).stdout
    assert f"{NAMES[0]}, {NAMES[2]}: " in line and NAMES[1] not in line


def test_the_same_number_ends_a_gate(plimsoll, tmp_path):
    for words in (["--format", "json"], ["--format", "line"], []):
        assert run(plimsoll, tmp_path, "--fail-on", "note", *words).returncode == 1
