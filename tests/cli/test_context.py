"""`plimsoll context`, from outside: what it measures, what it suggests, and what it writes."""
import os
import shutil
import subprocess

import pytest

DOCKERFILE = ("FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n"
              "RUN npm run build\n")


def write(root, path, text=""):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.fixture
def project(tmp_path):
    write(tmp_path, "Dockerfile", DOCKERFILE)
    write(tmp_path, "package.json", '{"scripts": {"build": "tsc"}}')
    write(tmp_path, "package-lock.json", "{}")
    write(tmp_path, "src/a.ts", "x" * 100)
    write(tmp_path, "node_modules/a/index.js", "x" * 5000)
    write(tmp_path, ".git/HEAD", "ref: refs/heads/main\n")
    write(tmp_path, "dist/a.js", "x" * 300)
    write(tmp_path, "README.md", "# A\n")
    write(tmp_path, ".env", "API_KEY=sk-abc123xyz789abc123\n")
    write(tmp_path, ".env.example", "API_KEY=changeme\n")
    return tmp_path


def patterns(report):
    return [row["pattern"] for row in report["suggest"]]


def test_what_is_sent_is_what_stands_there(plimsoll, project):
    report = plimsoll.json("context", project, code=0)
    files = [path for path in project.rglob("*") if path.is_file()]
    assert report["schema"] == "plimsoll.context/1"
    assert report["files"] == len(files)
    assert report["bytes"] == sum(path.stat().st_size for path in files)
    assert (report["ignored_files"], report["ignored_bytes"]) == (0, 0)
    assert report["largest"][0] == {"path": "node_modules/a/index.js", "bytes": 5000}


def test_suggestions_are_sorted_by_what_they_save(plimsoll, project):
    report = plimsoll.json("context", project, code=0)
    saved = [row["bytes"] for row in report["suggest"]]
    assert saved == sorted(saved, reverse=True)
    assert {"**/node_modules", ".git", "dist", ".env"} <= set(patterns(report))
    assert ".env.example" not in patterns(report)
    assert not {"src", "package.json", "package-lock.json"} & set(patterns(report))
    assert report["secrets"] == [{"path": ".env", "kind": "environment file"}]


def test_write_twice_is_write_once(plimsoll, project):
    before = plimsoll.json("context", project, code=0)
    plimsoll("context", "--write", project, code=0)
    first = (project / ".dockerignore").read_bytes()
    after = plimsoll.json("context", project, code=0)
    assert after["suggest"] == [] and after["secrets"] == []
    assert after["bytes"] == before["bytes"] - sum(row["bytes"] for row in before["suggest"])
    plimsoll("context", "--write", project, code=0)
    assert (project / ".dockerignore").read_bytes() == first


def test_write_keeps_what_is_there_and_its_line_ends(plimsoll, project):
    old = b"# mine\r\n*.md\r\n!README.md\r\nlast"
    (project / ".dockerignore").write_bytes(old)
    plimsoll("context", "--write", project, code=0)
    new = (project / ".dockerignore").read_bytes()
    assert new.startswith(old + b"\r\n")
    assert new.count(b"\n") == new.count(b"\r\n")
    assert b"README" not in new[len(old):]  # an exception names it


def test_the_ignore_file_beside_the_dockerfile_wins(plimsoll, project):
    (project / ".dockerignore").write_text("src\n")
    (project / "Dockerfile.dockerignore").write_text("node_modules\n")
    run = plimsoll("context", "--explain", "src/a.ts", "-f", "Dockerfile", cwd=project, code=0)
    assert "sent" in run.stdout
    run = plimsoll("context", "--explain", "node_modules/a", "-f", "Dockerfile", cwd=project,
                   code=0)
    assert "Dockerfile.dockerignore:1: node_modules" in run.stdout


def test_explain_names_the_line_that_decides(plimsoll, project):
    (project / ".dockerignore").write_text("# docs\n*.md\n!README.md\n")
    kept = plimsoll.json("context", "--explain", "README.md", project, code=0)
    left = plimsoll.json("context", "--explain", "./a.md", project, code=0)
    free = plimsoll.json("context", "--explain", "src/a.ts", project, code=0)
    assert (kept["ignored"], kept["line"], kept["pattern"]) == (False, 3, "!README.md")
    assert (left["ignored"], left["line"], left["exists"]) == (True, 2, False)
    assert (free["ignored"], free["line"]) == (False, None)


@pytest.mark.parametrize("size,code", [("1kB", 1), ("1MiB", 0)])
def test_max_is_a_gate(plimsoll, project, size, code):
    plimsoll("context", "--max", size, project, code=code)


def test_output_is_written_also_when_the_gate_fails(plimsoll, project, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "context.json"
    plimsoll("context", "--max", "1kB", "--format", "json", "-o", out, project, code=1)
    assert out.read_text().startswith("{")


def test_links_are_not_followed(plimsoll, project):
    before = plimsoll.json("context", project)["bytes"]
    (project / "loop").symlink_to(".")
    (project / "src" / "up").symlink_to("../..")
    (project / "dangling").symlink_to("nowhere")
    assert plimsoll.json("context", project, code=0)["bytes"] == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_said(plimsoll, project):
    (project / "shut").mkdir(mode=0o000)
    run = plimsoll("context", project, code=3)
    (project / "shut").chmod(0o755)
    assert "shut" in run.stderr and "sent" in run.stdout


def test_a_dockerfile_that_is_a_directory(plimsoll, project):
    (project / "Dockerfile").unlink()
    (project / "Dockerfile").mkdir()
    plimsoll("context", project, code=0)
    run = plimsoll("context", "-f", "Dockerfile", project, code=3)
    assert "directory" in run.stderr


def test_a_bad_pattern_stops_as_the_build_would(plimsoll, project):
    (project / ".dockerignore").write_text("a\n[\n")
    run = plimsoll("context", project, code=3)
    assert ".dockerignore" in run.stderr and "2" in run.stderr


def test_a_directory_that_is_missing(plimsoll, tmp_path):
    assert "nowhere" in plimsoll("context", tmp_path / "nowhere", code=3).stderr


@pytest.mark.parametrize("add,files,kept", [
    ("RUN git describe --tags\n", [".git/HEAD"], ".git"),
    ("RUN npm test\n", ["test/a.js"], "test"),
    ("RUN pip install .\n", ["pyproject.toml", "README.md"], "README*"),
    ("RUN make version\n", ["Makefile", ".git/HEAD"], ".git"),
])
def test_build_inputs_stay(plimsoll, project, add, files, kept):
    """The same tree with and without the step: only the step keeps the file."""
    for name in files:
        write(project, name, {"pyproject.toml": '[project]\nreadme = "README.md"\n',
                              "Makefile": "version:\n\tgit describe\n"}.get(name, "x"))
    assert kept in patterns(plimsoll.json("context", project, code=0))
    write(project, "Dockerfile", DOCKERFILE + add)
    assert kept not in patterns(plimsoll.json("context", project, code=0))


def test_all_dockerfiles_of_the_repository_count(plimsoll, project):
    write(project, "docs/a.md", "a")
    assert "docs" in patterns(plimsoll.json("context", project, code=0))
    write(project, "docker/Dockerfile.site", "FROM nginx\nCOPY docs /usr/share/nginx/html\n")
    assert "docs" not in patterns(plimsoll.json("context", project, code=0))


def test_unused_files_are_told(plimsoll, tmp_path):
    write(tmp_path, "Dockerfile", "FROM scratch\nCOPY app /\n")
    write(tmp_path, "app/run", "x" * 10)
    write(tmp_path, "video/a.mp4", "x" * 2000)
    out = plimsoll("context", tmp_path, code=0).stdout
    assert "unused      2.0 kB in 1 file" in out


@pytest.mark.skipif(not shutil.which("find"), reason="needs find")
def test_files_are_those_that_find_lists(plimsoll, tmp_path):
    for i in range(3000):
        write(tmp_path, f"d{i % 17}/e{i % 5}/f{i}", "x" * (i % 7))
    run = subprocess.run(["find", str(tmp_path), "-type", "f", "-printf", "%s\\n"],
                         capture_output=True, check=True)
    sizes = [int(line) for line in run.stdout.split()]
    report = plimsoll.json("context", tmp_path, code=0)
    assert (report["files"], report["bytes"]) == (len(sizes), sum(sizes))
