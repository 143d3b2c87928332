"""Respect for existing repositories: what a repository does already is extended, not replaced."""
import pytest

FILES = {
    "node": "FROM node:20\nWORKDIR /a\nCOPY a.js .\nCMD [\"node\", \"a.js\"]\n",
    "python": "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\n"
              "RUN pip install -r requirements.txt\nCOPY . .\nCMD [\"python\", \"app.py\"]\n",
    "go": "FROM golang:1.22\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\nCMD [\"/app\"]\n",
    "old": "FROM debian:9 AS base\nRUN apt-get update\nRUN apt-get install curl\n"
           "FROM base\nCOPY x /x\nENTRYPOINT /x\n",
    "stages": "FROM rust:1 as build\nRUN cargo build\nFROM gcr.io/distroless/cc:debug\n"
              "COPY --from=build /a /a\nCMD [\"/a\"]\n",
}


def stages(text):
    """What each stage is built on."""
    return [line.split()[1] for line in text.splitlines() if line.upper().startswith("FROM ")]


@pytest.fixture(params=sorted(FILES))
def service(request, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(FILES[request.param])
    return tmp_path / "Dockerfile"


@pytest.mark.parametrize("options", [(), ("--unproven",), ("--unproven", "--select", "all"),
                                     ("--unproven", "--select", "base,layers,size")])
def test_no_base_and_no_stage_is_changed_unasked(plimsoll, service, options):
    before = service.read_text()
    plimsoll("fix", *options, cwd=service.parent, code=0)
    assert stages(service.read_text()) == stages(before)


@pytest.mark.parametrize("options", [("--modernize",), ("--select", "base/slim-sibling")])
def test_a_base_is_changed_when_asked(plimsoll, tmp_path, options):
    (tmp_path / "Dockerfile").write_text(FILES["node"])
    plimsoll("fix", "--unproven", *options, cwd=tmp_path, code=0)
    assert stages((tmp_path / "Dockerfile").read_text()) == ["node:20-slim"]


# -- CI ----------------------------------------------------------------------------------------

BUILD = """on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/setup-buildx-action@v3
      - uses: docker/build-push-action@v6
        with:
          push: true
          tags: ghcr.io/x/{0}:1
"""
CACHED = """          cache-from: type=registry,ref=ghcr.io/x/{0}:warm
          cache-to: type=registry,ref=ghcr.io/x/{0}:warm,mode=max
"""
SCAN = """      - uses: anchore/scan-action@v6
        with:
          image: ghcr.io/x/{0}:1
          severity-cutoff: high
"""


@pytest.fixture
def workflows(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    return folder


def test_the_cache_backend_is_extended(plimsoll, workflows):
    (workflows / "one.yml").write_text(BUILD.format("one") + CACHED.format("one"))
    (workflows / "two.yml").write_text(BUILD.format("two"))
    plimsoll("fix", "--unproven", "--select", "ci/cache-missing", cwd=workflows, code=0)
    assert (workflows / "two.yml").read_text() == BUILD.format("two") + CACHED.format("two")
    assert (workflows / "one.yml").read_text() == BUILD.format("one") + CACHED.format("one")


def test_the_scanner_is_extended(plimsoll, workflows):
    (workflows / "one.yml").write_text(BUILD.format("one") + SCAN.format("one"))
    (workflows / "two.yml").write_text(BUILD.format("two"))
    root = workflows.parent.parent
    plimsoll("fix", "--unproven", "--select", "ci/scan-missing", cwd=root, code=0)
    assert "anchore/scan-action@v6" in (workflows / "two.yml").read_text()
    assert "trivy" not in (workflows / "two.yml").read_text()
    assert (workflows / "one.yml").read_text() == BUILD.format("one") + SCAN.format("one")
    again = plimsoll("fix", "--unproven", "--select", "ci/scan-missing", "--diff", cwd=root, code=0)
    assert "+++" not in again.stdout


def test_the_options_of_other_runs_are_taken(plimsoll, tmp_path):
    (tmp_path / "a.sh").write_text("docker run -d --read-only --cap-drop ALL --tmpfs /x a\n")
    (tmp_path / "b.sh").write_text("docker run -d b\n")
    plimsoll("fix", "--unproven", "--select", "command/run-rights", cwd=tmp_path, code=0)
    assert (tmp_path / "b.sh").read_text() == "docker run --read-only --cap-drop ALL -d b\n"


def test_a_secret_argument_that_does_not_ship_is_a_warning(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM a AS b\nARG NPM_TOKEN\nRUN x\nFROM scratch\nCOPY --from=b /x /x\n")
    (tmp_path / "b.sh").write_text("docker build --build-arg NPM_TOKEN=$T .\n")
    select = ("--select", "secrets/build-arg")
    finding, = plimsoll.json("check", *select, "b.sh", cwd=tmp_path)["findings"]
    assert finding["severity"] == "warning" and "provenance" in finding["message"]
    (tmp_path / "Dockerfile").write_text("FROM a\nARG NPM_TOKEN\nRUN x\n")
    finding, = plimsoll.json("check", *select, "b.sh", cwd=tmp_path)["findings"]
    assert finding["severity"] == "error" and "history" in finding["message"]


# -- ignore files ------------------------------------------------------------------------------

@pytest.mark.parametrize("pattern, files, wider", [
    ("bin", ("app/bin/cli.js", "bin/x"), False),
    ("bin", ("app/app.csproj", "app/bin/Debug/app.dll", "bin/x"), True),
    ("obj", ("app/app.fsproj", "app/obj/a.json"), True),
    ("coverage", ("web/coverage/index.js",), False),
    ("coverage", ("web/coverage/lcov.info", "web/coverage/a.html"), True),
    ("node_modules", ("web/node_modules/a/index.js",), True),
])
def test_only_output_is_left_out_at_every_depth(plimsoll, tmp_path, pattern, files, wider):
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPY . .\n")
    (tmp_path / ".dockerignore").write_text(pattern + "\n")
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    plimsoll("fix", "--select", "context/root-anchored", cwd=tmp_path, code=0)
    text = (tmp_path / ".dockerignore").read_text()
    assert text == (f"**/{pattern}\n" if wider else f"{pattern}\n")


def test_fixes_of_one_step_are_made_in_one_run(plimsoll, workflows):
    """Two inserts at one place wait for each other; none of them is lost."""
    (workflows / "one.yml").write_text(BUILD.format("one"))
    root = workflows.parent.parent
    plimsoll("fix", "--unproven", "--select", "ci", cwd=root, code=0)
    once = (workflows / "one.yml").read_text()
    assert "cache-to: type=gha,mode=max" in once and "name: Scan the image" in once
    plimsoll("fix", "--unproven", "--select", "ci", cwd=root, code=0)
    assert (workflows / "one.yml").read_text() == once


def test_the_stage_that_compose_builds_ships(plimsoll, tmp_path):
    """A last stage for development is none that ships where every known build names another one."""
    (tmp_path / "Dockerfile").write_text(
        "FROM node:20-alpine AS app\nWORKDIR /app\nCOPY package.json ./\nUSER node\n"
        "CMD [\"node\", \"a.js\"]\n"
        "FROM app AS dev-envs\nUSER root\nRUN useradd -m vscode\nCMD [\"npx\", \"nodemon\"]\n",
        encoding="utf-8")
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    compose = "services:\n  web:\n    build:\n      context: .\n"
    asked = ["check", "--fail-on", "none", "--select", "security", "Dockerfile"]
    (tmp_path / "compose.yaml").write_text(compose + "      target: app\n", encoding="utf-8")
    assert plimsoll.json(*asked, cwd=tmp_path)["findings"] == []
    (tmp_path / "compose.yaml").write_text(compose, encoding="utf-8")
    rules = {row["rule"] for row in plimsoll.json(*asked, cwd=tmp_path)["findings"]}
    assert rules == {"security/root-user"}
