"""Hold `check` to the guide: every fenced block, by number, against expect.tsv.

A CORRECT block may get notes, but no warning and no error except the rules named as the guide's own
mistakes. A WRONG block must get what is required, at the line that is given.
"""
import json
import os
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GUIDE = os.path.join(ROOT, "..", "shared", "guide", "image-optimization.md")
PLIMSOLL = os.environ.get("PLIMSOLL", os.path.join(ROOT, "build", "plimsoll"))
NAMES = {"dockerfile": "Dockerfile", "text": ".dockerignore", "bash": "guide.sh",
         "yaml": "guide.yaml"}


def blocks():
    """The guide's fenced blocks: number -> (language, text)."""
    found, body = {}, None
    with open(GUIDE, encoding="utf-8") as guide:
        for line in guide:
            if line.startswith("```"):
                if body is None:
                    language, body = line[3:].strip(), []
                else:
                    found[len(found) + 1] = (language, "".join(body))
                    body = None
            elif body is not None:
                body.append(line)
    return found


def rows():
    with open(os.path.join(HERE, "expect.tsv"), encoding="utf-8") as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                number, mark, name, required, named = line.rstrip("\n").split("\t")
                yield pytest.param(int(number), mark, name, words(required), words(named),
                                   id=f"block-{number}")


def words(cell):
    return [] if cell == "-" else cell.split()


@pytest.mark.skipif(not os.path.exists(GUIDE), reason="the guide is not beside this checkout")
def test_every_block_has_a_row():
    listed = {row.values[0] for row in rows()}
    assert listed == set(blocks())


@pytest.mark.skipif(not os.path.exists(GUIDE), reason="the guide is not beside this checkout")
@pytest.mark.parametrize("number,mark,name,required,named", list(rows()))
def test_block(tmp_path, number, mark, name, required, named):
    language, text = blocks()[number]
    path = tmp_path / (name if name != "-" else NAMES[language])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    run = subprocess.run([PLIMSOLL, "check", "--no-repository", "--fail-on", "none", "--format",
                          "json", str(path)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    findings = json.loads(run.stdout)["findings"]
    got = {f"{f['rule']}@{f['line']}" for f in findings} | {f["rule"] for f in findings}
    missing = [want for want in required if want not in got]
    assert not missing, f"missing {missing} in {sorted(got)}"
    if mark == "CORRECT":
        loud = [f"{f['severity']} {f['rule']}@{f['line']}: {f['message']}" for f in findings
                if f["severity"] != "note" and f["rule"] not in named]
        assert not loud, "\n".join(loud)


@pytest.mark.skipif(not os.path.exists(GUIDE), reason="the guide is not beside this checkout")
def test_secrets_of_the_wrong_block_are_errors(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text(blocks()[36][1], encoding="utf-8")
    run = subprocess.run([PLIMSOLL, "check", "--no-repository", "--format", "json", str(path)],
                         capture_output=True, text=True)
    assert run.returncode == 1
    errors = [f["rule"] for f in json.loads(run.stdout)["findings"] if f["severity"] == "error"]
    assert errors == ["secrets/env", "secrets/env"]


@pytest.mark.skipif(not os.path.exists(GUIDE), reason="the guide is not beside this checkout")
def test_dead_bytes_name_the_line_that_wrote_them(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text(blocks()[5][1], encoding="utf-8")
    run = subprocess.run([PLIMSOLL, "check", "--no-repository", "--fail-on", "none", "--format",
                          "json", str(path)], capture_output=True, text=True)
    dead = [f for f in json.loads(run.stdout)["findings"] if f["rule"] == "layers/dead-bytes"]
    assert len(dead) == 1 and "line 6" in dead[0]["message"]
