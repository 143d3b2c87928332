"""Which line of the Dockerfile made which layer, as builders write their history."""

import json
import os

import pytest
from made_images import docker_archive, oci_layout

DOCKERFILE = """# syntax=docker/dockerfile:1
ARG VERSION=12
FROM golang:1.22 AS build
RUN go build -o /app .

FROM debian:${VERSION} AS base
ENV A=1 \\
    B="two words"
RUN apt-get update && \\
    # with a remark
    apt-get install -y curl
FROM base
ARG TARGET=/srv
WORKDIR /srv/app
COPY --from=build --chown=1:1 /app ${TARGET}/app
COPY ["a file", "other", "./"]
RUN --mount=type=cache,target=/root/.cache <<EOF
set -e
pip install flask
EOF
RUN ["chmod", "0755", "/srv/app"]
RUN rm -rf /var/lib/apt/lists
EXPOSE 80
USER app
CMD ["/srv/app", "run"]
"""
BASE = [
    {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
    {"created_by": '/bin/sh -c #(nop)  CMD ["bash"]', "empty_layer": True},
]
APT = "apt-get update &&     apt-get install -y curl"
BUILDKIT = BASE + [
    {"created_by": "ENV A=1 B=two words", "empty_layer": True},
    {"created_by": f"RUN /bin/sh -c {APT} # buildkit"},
    {"created_by": "ARG TARGET=/srv", "empty_layer": True},
    {"created_by": "WORKDIR /srv/app"},
    {"created_by": "COPY --chown=1:1 /app /srv/app # buildkit"},
    {"created_by": "COPY a file other ./ # buildkit"},
    {"created_by": "RUN |1 TARGET=/srv /bin/sh -c set -e\npip install flask\n # buildkit"},
    {"created_by": "RUN |1 TARGET=/srv chmod 0755 /srv/app # buildkit"},
    {"created_by": "RUN |1 TARGET=/srv /bin/sh -c rm -rf /var/lib/apt/lists # buildkit"},
    {"created_by": "EXPOSE map[80/tcp:{}]", "empty_layer": True},
    {"created_by": "USER app", "empty_layer": True},
    {"created_by": 'CMD ["/srv/app" "run"]', "empty_layer": True},
]
LINES = [None, 9, 14, 15, 16, 17, 21, 22]


def classic(row):
    """The same as the classic builder and buildah write it."""
    text = row["created_by"].replace(" # buildkit", "")
    if text.startswith("/bin/sh"):
        return row
    if text.startswith("RUN "):
        text = text[4:]
    elif text.startswith("COPY"):
        text = f"/bin/sh -c #(nop) COPY multi:abcdef in {text.split()[-1]} "
    else:
        text = f"/bin/sh -c #(nop)  {text}"
    return {**row, "created_by": text}


def layers_of(history):
    rows = [row for row in history if not row.get("empty_layer")]
    return [[(f"srv/app/f{i}", b"%d" % i * 50)] for i, _ in enumerate(rows)]


def lines(plimsoll, folder, history, text=DOCKERFILE, name="Dockerfile"):
    (folder / name).write_text(text)
    image = docker_archive(folder / "image.tar", layers_of(history), history=history)
    how = ["--source", folder] if name == "Dockerfile" else ["-f", folder / name]
    report = plimsoll.json("analyze", image, *how)
    return report, [row["line"] for row in report["layers"]]


@pytest.mark.parametrize("builder", ["buildkit", "classic"])
def test_each_layer_has_its_line(plimsoll, tmp_path, builder):
    history = BUILDKIT if builder == "buildkit" else [classic(row) for row in BUILDKIT]
    report, found = lines(plimsoll, tmp_path, history)
    assert found == LINES
    assert report["base"] == {"name": "debian:12", "layers": 1, "known_by": "the Dockerfile"}
    assert [row["base"] for row in report["layers"]] == [True] + [False] * 7


def test_a_dockerfile_of_another_name(plimsoll, tmp_path):
    assert lines(plimsoll, tmp_path, BUILDKIT, name="prod.Dockerfile")[1] == LINES


def test_another_dockerfile_names_no_line(plimsoll, tmp_path):
    other = "FROM debian:12\nRUN something else\nRUN more of it\n"
    assert lines(plimsoll, tmp_path, BUILDKIT, other)[1] == [None] * 8


def test_an_edited_line_is_told_by_its_place(plimsoll, tmp_path):
    edited = DOCKERFILE.replace("pip install flask", "pip install django")
    assert lines(plimsoll, tmp_path, BUILDKIT, edited)[1] == LINES


def test_what_was_put_in_between_moves_no_other(plimsoll, tmp_path):
    more = DOCKERFILE.replace("EXPOSE 80", "RUN never built\nEXPOSE 80")
    assert lines(plimsoll, tmp_path, BUILDKIT, more)[1] == LINES


def test_without_history_the_order_tells(plimsoll, tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:12\nRUN a\nWORKDIR /made\nWORKDIR /there\nCOPY x /app/\nRUN b\nCMD c\n"
    )
    layers = [[("etc/x", b"1")], [("a", b"2")], [("made/", None)], [("app/x", b"3")], [("b", b"4")]]
    image = docker_archive(tmp_path / "image.tar", layers, history=[])
    report = plimsoll.json("analyze", image, "--source", tmp_path)
    # Of two WORKDIRs and one layer the last is taken; a layer with files is none of theirs.
    assert [row["line"] for row in report["layers"]] == [None, 2, 4, 5, 6]


def test_a_layout_of_buildah_without_history(plimsoll, tmp_path):
    """OMIT_HISTORY: the config has none."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY x /app/\nRUN b\n")
    image = oci_layout(tmp_path / "oci", [[("app/x", b"3")], [("b", b"4")]], history=[])
    report = plimsoll.json("analyze", image, "--source", tmp_path)
    assert [row["line"] for row in report["layers"]] == [2, 3]


WASTE = [
    [("big", b"x" * 400_000)],
    [("app/", None), ("app/log", b"y" * 300_000)],
    [(".wh.app", b"")],
]
WASTE_HISTORY = [
    {"created_by": "ADD file:1 in /"},
    {"created_by": "RUN /bin/sh -c make # buildkit"},
    {"created_by": "RUN /bin/sh -c rm -rf /app # buildkit"},
]
WASTE_FILE = "FROM debian:12\nRUN make\nRUN rm -rf /app\n"


def wasteful(folder):
    (folder / "Dockerfile").write_text(WASTE_FILE)
    return docker_archive(folder / "image.tar", WASTE, history=WASTE_HISTORY)


def test_waste_has_both_lines(plimsoll, tmp_path):
    report = plimsoll.json("analyze", wasteful(tmp_path), "--source", tmp_path)
    (row,) = report["waste"]
    assert (row["writer_line"], row["hider_line"]) == (2, 3)
    (bloat,) = [row for row in report["bloat"] if row["rule"] == "image/deleted-later"]
    assert (bloat["line"], bloat["class"], bloat["bytes"]) == (2, "A", 300_000)
    text = plimsoll("analyze", wasteful(tmp_path), "--source", tmp_path, code=0).stdout
    assert "deleted-later, line 2" in text and len(text.splitlines()) <= 20


def test_findings_stand_at_their_lines(plimsoll, tmp_path):
    image = wasteful(tmp_path)
    args = ["analyze", image, "--source", tmp_path, "--format"]
    notes = plimsoll(*args, "github", code=0).stdout.splitlines()
    assert len(notes) == 1 and notes[0].startswith("::warning file=")
    assert ",line=2,col=1,endColumn=9,title=image/deleted-later::300.0 kB of line 2" in notes[0]
    sarif = json.loads(plimsoll(*args, "sarif", code=0).stdout)
    (result,) = sarif["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == 2
    assert place["artifactLocation"]["uri"].endswith("/Dockerfile")
    assert sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"] == "image/deleted-later"
    # Without a Dockerfile they stand in the history.
    sarif = json.loads(plimsoll("analyze", image, "--format", "sarif", code=0).stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 2


@pytest.mark.parametrize(
    "gate,say",
    [
        (["--max-waste", "100kB"], ["300.0 kB", "300000", "app/log", "line 2", "line 3"]),
        (["--max-size", "1kB"], ["700000", "layer 1"]),
        (["--max-layers", "1"], ["3 layers", "line 2"]),
        (["--max-category", "other=1kB"], ["400000", "'big'", "layer 1"]),
    ],
)
def test_a_gate_names_numbers_culprit_and_line(plimsoll, tmp_path, gate, say):
    image = wasteful(tmp_path)
    told = plimsoll("analyze", image, "--source", tmp_path, *gate, code=1).stderr
    assert all(word in told for word in say), told


def test_growth_against_a_reference(plimsoll, tmp_path):
    image = wasteful(tmp_path)
    small = docker_archive(tmp_path / "small.tar", [[("big", b"x" * 600_000)]])
    args = ["analyze", image, "--reference", small, "--max-growth"]
    assert "16.67 %" in plimsoll(*args, "10%", code=1).stderr
    assert "100.0 kB" in plimsoll(*args, "99kB", code=1).stderr
    plimsoll(*args, "100kB", code=0)
    plimsoll(*args, "17%", code=0)
    plimsoll(*args, "x%", code=2)
    plimsoll("analyze", image, "--max-growth", "1%", code=2)


def test_the_base_is_given(plimsoll, tmp_path):
    image = wasteful(tmp_path)
    base = docker_archive(tmp_path / "base.tar", WASTE[:1])
    report = plimsoll.json("analyze", image, "--base", base)
    assert report["base"]["known_by"] == "layers of the base image"
    assert report["base"]["layers"] == 1 and report["split"]["base"] == 400_000
    other = docker_archive(tmp_path / "other.tar", [[("x", b"x")]])
    told = plimsoll.json("analyze", image, "--base", other)["base"]["known_by"]
    assert told != "layers of the base image"


def test_the_base_by_history(plimsoll, tmp_path):
    image = docker_archive(tmp_path / "i.tar", layers_of(BUILDKIT), history=BUILDKIT)
    report = plimsoll.json("analyze", image)
    assert report["base"] == {"name": None, "layers": 1, "known_by": "the history"}


def test_a_tree(plimsoll, tmp_path):
    text = plimsoll("analyze", wasteful(tmp_path), "--tree", code=0).stdout
    rows = [line.split() for line in text.split("folder\n")[1].splitlines()]
    assert rows[0] == ["400.0", "kB", "300.0", "kB", "/"]
    assert rows[1] == ["400.0", "kB", "big"]
    assert rows[2] == ["0", "B", "300.0", "kB", "app/"]


def test_a_summary_has_20_lines_at_most(plimsoll, tmp_path):
    """Also of an image with many layers, and one that tells what stands behind its name."""
    layers = [[(f"{i}/f{k}.pyc", b"%d" % i * 900 * (k + 1)) for k in range(9)] for i in range(30)]
    image = docker_archive(tmp_path / "image.tar", layers)
    text = plimsoll("analyze", image, code=0).stdout
    assert len(text.splitlines()) == 20
    assert text.count("bytecode, layer ") == 5 and "24 others hold" in text
    assert max(len(line) for line in text.splitlines()[1:]) <= 100
    more = plimsoll("analyze", image, "--top", "30", code=0).stdout
    assert len(more.splitlines()) > 35


def test_no_such_dockerfile(plimsoll, tmp_path):
    run = plimsoll("analyze", wasteful(tmp_path), "--source", tmp_path / "none", code=3)
    assert "Dockerfile" in run.stderr and "hint:" in run.stderr


BASES = os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "plimsoll-bases", "layout"
)


@pytest.mark.parametrize("name,owned", [("python:3.11", 94), ("node:20", 80), ("golang:1.19", 94)])
def test_every_byte_of_a_real_image(plimsoll, tmp_path, name, owned):
    """Each byte has its layer, category and part, and most have a package."""
    if not os.path.exists(os.path.join(BASES, "index.json")):
        pytest.skip("no bases are in the cache; tools/bases makes them")
    run = plimsoll("analyze", f"oci:{BASES}:{name}", "--format", "json", "--store", tmp_path / "s")
    if "it has:" in run.stderr:
        pytest.skip(f"{name} is not in the cache; tools/bases makes it")
    report = json.loads(run.stdout)
    size = report["image"]["size"]
    live = size - report["wasted_bytes"]
    assert sum(row["size"] for row in report["layers"]) == size
    assert sum(row["bytes"] for row in report["instructions"]) == size
    assert sum(row["bytes"] for row in report["categories"]) == live
    assert sum(report["split"].values()) == live
    assert sum(row["bytes"] for row in report["packages"]) == report["owned_bytes"]
    assert 100 * report["owned_bytes"] / live >= owned
