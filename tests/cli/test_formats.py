"""Every format of `check`, `fix`, `context` and `explain`, against its own specification."""
import base64
import json
import os
import re

import pytest

jsonschema = pytest.importorskip("jsonschema")


def schema(plimsoll, name):
    with open(os.path.join(plimsoll.root, "docs", "schema", name), encoding="utf-8") as file:
        return json.load(file)


def validate(plimsoll, name, document):
    jsonschema.Draft202012Validator(schema(plimsoll, name)).validate(document)


def check(plimsoll, repository, kind, *more):
    return plimsoll("check", "--format", kind, *more, cwd=repository, code=1).stdout


@pytest.fixture
def findings(plimsoll, repository):
    return json.loads(check(plimsoll, repository, "json"))["findings"]


# -- plimsoll's own -------------------------------------------------------------------------------

def test_the_schemas_are_schemas(plimsoll):
    folder = os.path.join(plimsoll.root, "docs", "schema")
    for name in os.listdir(folder):
        jsonschema.Draft202012Validator.check_schema(schema(plimsoll, name))
        assert name in open(os.path.join(plimsoll.root, "docs", "json.md"), encoding="utf-8").read()


def test_the_example_of_the_documentation_is_valid(plimsoll):
    with open(os.path.join(plimsoll.root, "docs", "json.md"), encoding="utf-8") as page:
        for block in re.findall(r"```json\n(.*?)```", page.read(), re.S):
            validate(plimsoll, "check-1.json", json.loads(block))


def test_check_json(plimsoll, repository, findings):
    document = json.loads(check(plimsoll, repository, "json"))
    validate(plimsoll, "check-1.json", document)
    assert list(document) == ["schema", "files", "findings"]
    assert list(findings[0]) == ["rule", "severity", "file", "line", "column", "end_line",
                                 "end_column", "stage", "message", "aka", "fix"]
    assert document == json.loads(check(plimsoll, repository, "json", "--threads", "1"))


def test_positions_name_the_text(repository, findings):
    lines = (repository / "Dockerfile").read_bytes().split(b"\n")
    for finding in findings:
        if finding["file"] != "Dockerfile":
            continue
        assert 1 <= finding["line"] <= finding["end_line"] <= len(lines)
        assert finding["column"] <= len(lines[finding["line"] - 1]) + 1
        assert finding["end_column"] <= len(lines[finding["end_line"] - 1]) + 1


def test_edits_stand_inside_the_file(repository, findings):
    size = (repository / "Dockerfile").stat().st_size
    fixes = [finding["fix"] for finding in findings if finding["fix"]]
    assert fixes
    for fix in fixes:
        for edit in fix["edits"]:
            assert 0 <= edit["start"] <= edit["end"] <= size


def test_bytes_that_are_not_utf8_become_valid_json(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_bytes(b"FROM debian:12\nRUM \xff\xfe\n")
    run = plimsoll("check", "--format", "json", "Dockerfile", cwd=tmp_path)
    validate(plimsoll, "check-1.json", json.loads(run.stdout))


def test_fix_json(plimsoll, repository):
    before = (repository / "Dockerfile").read_text()
    document = json.loads(plimsoll("fix", "--diff", "--format", "json", cwd=repository,
                                   code=1).stdout)
    validate(plimsoll, "fix-1.json", document)
    assert not document["written"] and document["patch"].startswith("--- a/")
    assert (repository / "Dockerfile").read_text() == before
    document = json.loads(plimsoll("fix", "--format", "json", cwd=repository, code=0).stdout)
    validate(plimsoll, "fix-1.json", document)
    assert document["written"] and (repository / "Dockerfile").read_text() != before


def test_context_json(plimsoll, repository):
    (repository / "node_modules").mkdir()
    (repository / "node_modules" / "x.js").write_text("x" * 5000)
    (repository / ".env").write_text("TOKEN=abcdef0123456789\n")
    document = json.loads(plimsoll("context", "--format", "json", cwd=repository, code=0).stdout)
    validate(plimsoll, "context-1.json", document)
    assert document["largest"][0] == {"path": "node_modules/x.js", "bytes": 5000}
    assert ".env" in [secret["path"] for secret in document["secrets"]]
    assert "node_modules" in " ".join(row["pattern"] for row in document["suggest"])


def test_context_explain_json(plimsoll, repository):
    (repository / ".dockerignore").write_text("*.md\n!API.md\n")
    run = plimsoll("context", "--explain", "README.md", "--format", "json", cwd=repository, code=0)
    document = json.loads(run.stdout)
    validate(plimsoll, "context-explain-1.json", document)
    assert (document["ignored"], document["line"], document["pattern"]) == (True, 1, "*.md")
    assert not plimsoll.json("context", "--explain", "API.md", cwd=repository)["ignored"]


def test_explain_json(plimsoll):
    document = plimsoll.json("explain")
    validate(plimsoll, "explain-1.json", document)
    names = [rule["rule"] for rule in document["rules"]]
    assert names == sorted(names) and len(set(names)) == len(names)
    assert names == plimsoll("plumbing", "rules", code=0).stdout.split()


# -- of others ------------------------------------------------------------------------------------

def test_line(plimsoll, repository, findings):
    lines = check(plimsoll, repository, "line").splitlines()
    assert lines == [f"{f['file']}:{f['line']}:{f['column']}: {f['severity']} {f['rule']}: "
                     f"{f['message']}" for f in findings]


def unescape(text):
    for code, plain in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, plain)
    return text


def test_github(plimsoll, repository, findings):
    levels = {"error": "error", "warning": "warning", "note": "notice"}
    lines = check(plimsoll, repository, "github").splitlines()
    assert len(lines) == len(findings)
    for line, finding in zip(lines, findings):
        level, rest = re.fullmatch(r"::(\w+) (.*)", line).groups()
        properties, message = rest.split("::", 1)
        values = dict(item.split("=", 1) for item in properties.split(","))
        assert level == levels[finding["severity"]]
        assert unescape(values["file"]) == finding["file"]
        assert int(values["line"]) == finding["line"]
        assert unescape(values["title"]) == finding["rule"]
        assert unescape(message) == finding["message"]


def test_gitlab(plimsoll, repository, findings):
    rows = json.loads(check(plimsoll, repository, "gitlab"))
    assert len(rows) == len(findings)
    for row, finding in zip(rows, findings):
        assert row["description"] == finding["message"]
        assert row["check_name"] == finding["rule"]
        assert row["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert row["location"]["path"] == finding["file"]
        assert row["location"]["lines"]["begin"] == finding["line"]
    marks = [row["fingerprint"] for row in rows]
    assert len(set(marks)) == len(marks)
    dockerfile = repository / "Dockerfile"
    dockerfile.write_text("# moved down\n" + dockerfile.read_text())
    moved = json.loads(check(plimsoll, repository, "gitlab"))
    assert [row["fingerprint"] for row in moved] == marks


def test_rdjson(plimsoll, repository, findings):
    document = json.loads(check(plimsoll, repository, "rdjson"))
    assert document["source"]["name"] == "plimsoll"
    assert len(document["diagnostics"]) == len(findings)
    suggestions = 0
    for row, finding in zip(document["diagnostics"], findings):
        assert row["message"] == finding["message"]
        assert row["severity"] in ("ERROR", "WARNING", "INFO")
        assert row["code"]["value"] == finding["rule"]
        assert row["location"]["range"]["start"] == {"line": finding["line"],
                                                     "column": finding["column"]}
        suggestions += len(row.get("suggestions", []))
    assert suggestions == sum(bool(f["fix"] and f["fix"]["edits"]) for f in findings)


def test_buildkit(plimsoll, repository, findings):
    document = json.loads(check(plimsoll, repository, "buildkit"))
    ours = [finding for finding in findings if finding["file"] == "Dockerfile"]
    assert len(document["warnings"]) == len(ours)
    for warning, finding in zip(document["warnings"], ours):
        assert warning["detail"] == finding["message"]
        assert warning["location"]["ranges"][0]["start"]["line"] == finding["line"]
        theirs = [aka[9:] for aka in finding["aka"] if aka.startswith("buildkit:")]
        assert warning["ruleName"] == (theirs[0] if theirs else finding["rule"])
    assert document["sources"][0]["fileName"] == "Dockerfile"
    data = base64.b64decode(document["sources"][0]["data"])
    assert data == (repository / "Dockerfile").read_bytes()


# -- SARIF ----------------------------------------------------------------------------------------

def line_hashes(text):
    """GitHub's line hash, written down a second time: 64-bit rolling hash of 100 UTF-16 units."""
    mask, first = (1 << 64) - 1, pow(37, 100, 1 << 64)
    units = re.sub("\r\n|\r", "\n", text).replace(" ", "").replace("\t", "")
    data = units.encode("utf-16-le")
    values = [data[i] | data[i + 1] << 8 for i in range(0, len(data), 2)] + [65535]
    starts = [0] + [i + 1 for i, value in enumerate(values) if value == 10]
    values += [0] * 200
    prefix, value = [0], 0
    for i, unit in enumerate(values):
        old = values[i - 100] if i >= 100 else 0
        value = (37 * value + unit - first * old) & mask
        prefix.append(value)
    seen, found = {}, []
    for start in starts:
        mark = f"{prefix[start + 100]:x}"
        seen[mark] = seen.get(mark, 0) + 1
        found.append(f"{mark}:{seen[mark]}")
    return found


@pytest.fixture
def sarif(plimsoll, repository):
    return json.loads(check(plimsoll, repository, "sarif"))


def test_sarif_has_what_the_standard_requires(sarif, findings):
    assert sarif["version"] == "2.1.0"
    run, = sarif["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "Plimsoll"
    assert len(run["results"]) == len(findings)
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result, finding in zip(run["results"], findings):
        assert result["ruleId"] == finding["rule"] == rules[result["ruleIndex"]]["id"]
        assert result["level"] == finding["severity"]
        assert result["message"]["text"] == finding["message"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": finding["file"], "uriBaseId": "%SRCROOT%"}
        assert place["region"]["startLine"] == finding["line"]
        assert place["region"]["endLine"] == finding["end_line"]
        assert bool(result.get("fixes")) == bool(finding["fix"] and finding["fix"]["edits"])
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"] and rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note", "none")
    assert run["invocations"][0]["executionSuccessful"] is True


def test_sarif_line_hashes_are_those_of_github(sarif, repository):
    text = (repository / "Dockerfile").read_text()
    hashes = line_hashes(text)
    for result in sarif["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        if place["artifactLocation"]["uri"] == "Dockerfile":
            assert (result["partialFingerprints"]["primaryLocationLineHash"]
                    == hashes[place["region"]["startLine"] - 1])


def test_sarif_columns_are_code_points(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:12\nRUN echo caf\u00e9 \U0001f433 && sudo true\n")
    byte = json.loads(plimsoll("check", "--format", "json", "Dockerfile", cwd=tmp_path).stdout)
    sarif = json.loads(plimsoll("check", "--format", "sarif", "Dockerfile", cwd=tmp_path).stdout)
    line = "RUN echo caf\u00e9 \U0001f433 && sudo true"
    pairs = 0
    for finding, result in zip(byte["findings"], sarif["runs"][0]["results"]):
        region = result["locations"][0]["physicalLocation"]["region"]
        if finding["line"] == 2:
            before = line.encode()[:finding["column"] - 1].decode()
            assert region["startColumn"] == len(before) + 1
            pairs += 1
    assert sarif["runs"][0]["columnKind"] == "unicodeCodePoints" and pairs


def test_sarif_tells_what_could_not_be_read(plimsoll, repository):
    run = plimsoll("check", "--format", "sarif", "Dockerfile", "absent", cwd=repository, code=3)
    invocation = json.loads(run.stdout)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert "absent" in json.dumps(invocation["toolExecutionNotifications"])


def test_sarif_is_valid_by_the_schema(sarif):
    """By classes that are generated from OASIS' schema, where they are installed; the schema itself
    is in no package. PLIMSOLL_SARIF_SCHEMA may name a copy of it."""
    path = os.environ.get("PLIMSOLL_SARIF_SCHEMA")
    if path:
        with open(path, encoding="utf-8") as file:
            jsonschema.Draft7Validator(json.load(file)).validate(sarif)
        return
    model = pytest.importorskip("pydantic_sarif.model")
    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(sarif)


# -- foreign bytes --------------------------------------------------------------------------------

def test_a_file_cannot_drive_the_terminal(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_bytes(
        b"FROM debian:12\nRUM \x1b]0;title\x07\x1b[2J \xe2\x80\xae \x9b31m\n")
    for kind in ("human", "line"):
        out = plimsoll("check", "--format", kind, "Dockerfile", cwd=tmp_path).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
