"""history prints what the docker client prints: the client is asked, through an engine's socket that
this test serves with the same rows."""
import calendar
import http.server
import json
import os
import shutil
import socketserver
import subprocess
import threading
import time

import jsonschema
import pytest

from made_images import oci_layout

NOW = 1795500000
# The client asks the clock itself, some seconds later: no age is just below the next word.
AGES = [60, 110, 120, 3580, 5380, 5400, 47 * 3600, 171000, 86400 * 13, 86400 * 14,
        86400 * 59, 86400 * 60, 86400 * 364, 86400 * 729, 86400 * 730, -90, NOW,
        NOW - 946684800, NOW - 946684801]
TEXTS = ["CMD [\"/bin/true\"]", "RUN /bin/sh -c apt-get update\t && apt-get install -y a long one",
         "COPY 日本語日本語日本語日本語日本語日本語日本語日本語日本語 x", "line one\nline two <&>",
         "é" * 45, "é" * 46, "e\u0301" * 40, "\U0001f40b-" * 3, "x" * 45, "x" * 46, "", "/bin/sh -c #(nop)  CMD [\"bash\"]"]
SIZES = [0, 1, 999, 1000, 1001, 9999, 99949, 99950]
TEMPLATES = [
    [], ["--no-trunc"], ["-H=false"], ["--human=false", "--no-trunc"], ["-q"], ["-q", "--no-trunc"],
    ["--format", "{{.ID}} {{.Size}}"], ["--format", "{{ .ID }}\\t{{.CreatedAt}}\\n"],
    ["--format", "table {{.ID}}\\t{{.CreatedBy}}\\t{{.Size}}"], ["--format", "{{json .}}"],
    ["--format", "table"], ["--format", "table{{.Comment}}"], ["--format", "TABLE {{.ID}}"],
    ["--format", "{{json .CreatedBy}}"], ["--format", "table {{.Size}} x {{.ID}}"],
    ["--format", "table {{json .}}"], ["-H=false", "--format", "{{.CreatedSince}} {{.Size}}"],
    ["-q", "--format", "{{.Size}}"], ["--format", "{{lower .Comment}}"],
    ["--format", "{{.CreatedSince}}|{{.Comment}}|{{.CreatedBy}}", "--no-trunc"],
]


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A layout, and what an engine would say of its history."""
    folder = tmp_path_factory.mktemp("history") / "layout"
    layers, history = [], []
    for i, age in enumerate(AGES):
        entry = {"created": stamp(NOW - age), "created_by": TEXTS[i % len(TEXTS)],
                 "comment": "buildkit.dockerfile.v0" if i % 3 else "Two\twords"}
        if i % 3 == 2:
            entry["empty_layer"] = True
        else:
            layers.append([(f"f{i}", b"x" * SIZES[len(layers) % len(SIZES)])])
        history.append(entry)
    history.append({"created_by": "no time at all", "empty_layer": True})
    oci_layout(folder, layers, history=history)
    with open(folder / "index.json", encoding="utf-8") as file:
        manifest = json.load(file)["manifests"][0]["digest"][7:]
    config = json.loads((folder / "blobs" / "sha256" / manifest).read_text())["config"]["digest"]
    sizes = iter(len(layer[0][1]) for layer in layers)
    rows = []
    for entry in history:
        created = entry.get("created")
        rows.append({
            "Id": "<missing>", "CreatedBy": entry["created_by"],
            "Comment": entry.get("comment", ""), "Tags": None,
            "Created": calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))
                       if created else -62135596800,
            "Size": 0 if entry.get("empty_layer") else next(sizes)})
    rows.reverse()
    rows[0]["Id"] = config
    return folder, rows


class Engine(http.server.BaseHTTPRequestHandler):
    rows = []

    def do_GET(self):
        history = self.path.split("?")[0].endswith("/history")
        body = json.dumps(self.rows).encode() if history else b"OK"
        self.send_response(200)
        self.send_header("Api-Version", "1.43")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass

    def address_string(self):
        return ""


@pytest.fixture(scope="module")
def docker(image, tmp_path_factory):
    """Ask the docker client."""
    if not shutil.which("docker"):
        pytest.skip("the docker client is not installed")
    path = tmp_path_factory.mktemp("engine") / "sock"
    handler = type("Rows", (Engine,), {"rows": image[1]})
    with socketserver.ThreadingUnixStreamServer(str(path), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(args, zone):
            run = subprocess.run(["docker", "-H", f"unix://{path}", "history", *args, "x"],
                                 capture_output=True, text=True, check=True,
                                 env={"PATH": os.environ["PATH"], "TZ": zone, "HOME": "/nowhere"})
            return run.stdout

        yield ask
        server.shutdown()


def shift(rows, by):
    """The client asks the real clock: rows as old as they are to be now."""
    for row in rows:
        if row["Created"] > 946684801:
            row["Created"] += by


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
@pytest.mark.parametrize("args", TEMPLATES, ids=" ".join)
def test_output_is_dockers(plimsoll, image, docker, args, zone):
    folder, rows = image
    if any("CreatedAt" in arg or arg.startswith(("-H", "--human", "{{json .}}", "table {{json"))
           for arg in args):
        theirs = docker(args, zone)
    else:  # ages: as seen from the clock of now
        by = int(time.time()) - NOW
        shift(rows, by)
        theirs = docker(args, zone)
        shift(rows, -by)
    ours = plimsoll("history", folder, *args, code=0,
                    env={"PLIMSOLL_NOW": str(NOW), "TZ": zone}).stdout
    if "{{json .}}" in " ".join(args):  # the age that the client saw is of another clock
        ours, theirs = ([json.loads(line) for line in text.splitlines() if line]
                        for text in (ours, theirs))
        for row in ours + theirs:
            del row["CreatedSince"]
    assert ours == theirs


def test_json_is_the_shape_of_the_design(plimsoll, image):
    folder, rows = image
    told = plimsoll.json("history", folder)
    path = os.path.join(plimsoll.root, "docs", "schema", "history-1.json")
    with open(path, encoding="utf-8") as file:
        jsonschema.validate(told, json.load(file))
    assert [row["size"] for row in told["layers"]] == [row["Size"] for row in rows]
    assert [row["created_by"] for row in told["layers"]] == [row["CreatedBy"] for row in rows]
    for row in told["layers"]:
        assert (row["diff_id"] is None) == row["empty"] == (row["digest"] is None)


def test_layers_without_a_history_are_told(plimsoll, tmp_path):
    oci_layout(tmp_path / "layout", [[("a", b"aa")], [("b", b"bbb")]], history=[])
    told = plimsoll.json("history", tmp_path / "layout")["layers"]
    assert [row["size"] for row in told] == [3, 2] and {row["created_by"] for row in told} == {""}


@pytest.mark.parametrize("template", ["{{.Foo}}", "{{", "{{.ID", "{{json .Foo}}", "{{.ID .Size}}"])
def test_a_template_that_is_none(plimsoll, image, template):
    run = plimsoll("history", image[0], "--format", template, code=2)
    assert "--format" in run.stderr and run.stdout == ""


def test_output_in_a_file_is_what_would_be_printed(plimsoll, image, tmp_path):
    for kind in ("table", "json", "{{.ID}}"):
        want = plimsoll("history", image[0], "--format", kind, code=0).stdout
        plimsoll("history", image[0], "--format", kind, "-o", tmp_path / "out", code=0)
        assert (tmp_path / "out").read_text() == want and want
