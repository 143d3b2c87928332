"""What the documents say of the program is so: links, commands, samples, configuration."""
import glob
import os
import re

import pytest

from conftest import ROOT

PAGES = [path for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md")
         for path in sorted(glob.glob(os.path.join(ROOT, pattern)))]
NAMES = [os.path.relpath(path, ROOT) for path in PAGES]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


@pytest.mark.parametrize("page", NAMES)
def test_links_lead_somewhere(page):
    folder = os.path.dirname(os.path.join(ROOT, page))
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", read(page)):
        if "://" not in target:
            assert os.path.exists(os.path.join(folder, target)), target


@pytest.mark.parametrize("page", NAMES)
def test_files_that_are_named_exist(page):
    for path in re.findall(r"`((?:src|tests|docs|bench|packaging)/[\w./-]+)`", read(page)):
        if "GROUP" not in path:
            assert os.path.exists(os.path.join(ROOT, path)), path


def command_lines(text):
    """Lines of code blocks, and code in running text, that call the program."""
    text = re.sub(r"```console\n.*?```", "", text, flags=re.S)
    for line in re.findall(r"^(?:    |  - run: )(?:build/)?(plimsoll\b.*)$", text, re.M):
        yield line.split("#")[0].split("|")[0].strip()
    yield from (line for line in re.findall(r"`(plimsoll [^`|<]*)`", text))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md",
                                  "docs/json.md"])
def test_commands_that_are_named_parse(plimsoll, tmp_path, page):
    for line in command_lines(read(page)):
        words = [word for word in line.split()[1:] if word.upper() != word or word.startswith("-")]
        plimsoll(*words, "--help", cwd=tmp_path, code=0)


def test_the_sample_of_the_readme_is_what_is_printed(plimsoll):
    line, sample = re.search(r"```console\n\$ plimsoll ([^\n]*)\n(.*?)```", read("README.md"),
                             re.S).groups()
    run = plimsoll(*line.split(), cwd=ROOT, env={"COLUMNS": "100"}, code=1)
    assert run.stdout == sample


def test_the_configuration_of_the_readme_is_taken(plimsoll, tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", read("README.md"), re.S)
    (tmp_path / ".plimsoll.yaml").write_text(next(text for text in blocks if "fail-on" in text))
    text = re.search(r"```dockerfile\n(.*?)```", read("README.md"), re.S).group(1)
    (tmp_path / "Dockerfile").write_text(text)
    assert "base/latest" not in plimsoll("check", cwd=tmp_path).stdout
    assert "base/latest" in plimsoll("check", "--no-inline", cwd=tmp_path).stdout


def test_the_workflow_of_the_readme_has_no_finding(plimsoll, tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", read("README.md"), re.S)
    job = next(text for text in blocks if "upload-sarif" in text)
    head, steps = job.split("steps:\n")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    workflow = f"on: push\n{head}jobs:\n  check:\n    runs-on: ubuntu-latest\n    steps:\n"
    workflow += "".join(f"    {line}\n" for line in steps.splitlines())
    (tmp_path / ".github" / "workflows" / "ci.yml").write_text(workflow)
    assert plimsoll.json("check", cwd=tmp_path, code=0)["findings"] == []


def test_decisions():
    """Each is listed, short, and has its four parts."""
    index = read("docs/decisions/README.md")
    pages = [name for name in NAMES if re.search(r"decisions/\d{4}-", name)]
    assert len({os.path.basename(name)[:4] for name in pages}) == len(pages)
    for page in pages:
        text = read(page)
        assert f"]({os.path.basename(page)})" in index, page
        assert len(text.splitlines()) <= 60, page
        for part in ("Context", "Choice", "Evidence", "Consequence"):
            assert f"**{part}.**" in text, f"{page}: {part}"


def test_sources_of_rules_can_be_looked_up(plimsoll):
    """None is a note that only the makers have, and each rule tells why and how."""
    for rule in plimsoll.json("explain")["rules"]:
        assert rule["why"] and rule["how"] and rule["source"], rule["rule"]
        assert "research/" not in rule["source"], rule["rule"]
