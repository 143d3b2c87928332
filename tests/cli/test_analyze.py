"""`analyze` over images whose every byte is known: the truth of each, and what is refused."""

import json
import os

import jsonschema
import pytest
from made_images import docker_archive, layer_tar, oci_layout, random_bytes

MB = 1_000_000
BASE = [("etc/", None), ("etc/base", random_bytes(2 * MB, "base"))]
DATA = [("data/", None)] + [(f"data/f{i}", random_bytes(MB, i)) for i in range(10)]

# name: layers, (L, deleted, replaced, touched, duplicate) in bytes
IMAGES = {
    "a directory is removed later": (
        [BASE, DATA, [(".wh.data", b"")]],
        (12 * MB, 10 * MB, 0, 0, 0),
    ),
    "the same, file by file": (
        [BASE, DATA, [("data/", None)] + [(f"data/.wh.f{i}", b"") for i in range(10)]],
        (12 * MB, 10 * MB, 0, 0, 0),
    ),
    "a directory is replaced": (
        [BASE, DATA, [("data/", None), ("data/.wh..wh..opq", b""), ("data/new", b"x" * 1000)]],
        (12 * MB + 1000, 10 * MB, 0, 0, 0),
    ),
    "only modes change": (
        [
            BASE,
            DATA,
            [("data/", None)]
            + [(f"data/f{i}", {"data": random_bytes(MB, i), "mode": 0o755}) for i in range(10)],
        ],
        (22 * MB, 0, 0, 10 * MB, 0),
    ),
    "a whiteout of nothing": (
        [
            BASE,
            [("a", b"a" * MB)],
            [(".wh.nothing", b""), ("a", {"data": b"a" * MB, "mode": 0o600})],
        ],
        (4 * MB, 0, 0, MB, 0),
    ),
    "one content six times": (
        [BASE, [(f"copy{i}", b"c" * MB) for i in range(6)]],
        (8 * MB, 0, 0, 0, 5 * MB),
    ),
    "one of two hard links is replaced": (
        [BASE, [("p", b"p" * MB), ("q", {"hard": "p"})], [("p", b"P" * MB)]],
        (4 * MB, 0, 0, 0, 0),
    ),
    "both hard links are removed": (
        [BASE, [("p", b"p" * MB), ("q", {"hard": "p"})], [(".wh.p", b""), (".wh.q", b"")]],
        (3 * MB, MB, 0, 0, 0),
    ),
    "removed and made again in one layer": (
        [BASE, [("x", b"1" * MB)], [("x", b"2" * MB), (".wh.x", b"")]],
        (4 * MB, 0, MB, 0, 0),
    ),
    "a file takes a directory's place": (
        [BASE, DATA, [("data", b"now a file")]],
        (12 * MB + 10, 10 * MB, 0, 0, 0),
    ),
    "a folder that no entry names takes a file's place": (
        [BASE, [("d", b"d" * MB)], [("d/x", b"x" * 10)]],
        (3 * MB + 10, MB, 0, 0, 0),
    ),
    "and is replaced by a file": (
        [BASE, [("d", b"d" * MB)], [("d/e/x", b"x" * 10)], [("d", b"d" * MB)]],
        (4 * MB + 10, MB + 10, 0, 0, 0),
    ),
    "the same path twice in a layer": (
        [BASE, [("t", b"1" * MB), ("t", b"2" * MB)]],
        (4 * MB, 0, MB, 0, 0),
    ),
    "a hard link to a lower layer's file": (
        [BASE, [("l", b"l" * MB)], [("m", {"hard": "l"}), (".wh.l", b"")]],
        (3 * MB, 0, 0, 0, 0),
    ),
    "an attribute is set later": (
        [
            BASE,
            [("b", b"b" * MB)],
            [("b", {"data": b"b" * MB, "xattrs": {"security.capability": "x"}})],
        ],
        (4 * MB, 0, 0, MB, 0),
    ),
    "names that begin alike": (
        [
            [("a/", None), ("a/x", b"1" * 10), ("a-b", b"2" * 20), ("a.c", b"3" * 30)],
            [(".wh.a", b"")],
        ],
        (60, 10, 0, 0, 0),
    ),
    "two empty layers": ([BASE, [], []], (2 * MB, 0, 0, 0, 0)),
}


def answer(plimsoll, image):
    report = plimsoll.json("analyze", image)
    with open(
        os.path.join(plimsoll.root, "docs", "schema", "analyze-1.json"), encoding="utf-8"
    ) as file:
        jsonschema.validate(report, json.load(file))
    return report


@pytest.mark.parametrize("how", ["docker-archive", "oci", "oci-plain"])
@pytest.mark.parametrize("name", IMAGES)
def test_every_byte_has_its_place(plimsoll, tmp_path, name, how):
    layers, (total, deleted, replaced, touched, duplicate) = IMAGES[name]
    if how == "docker-archive":
        image = docker_archive(tmp_path / "image.tar", layers)
    else:
        image = oci_layout(tmp_path / "layout", layers, "gzip" if how == "oci" else "none")
    report = answer(plimsoll, image)
    assert report["image"]["size"] == total
    assert (report["deleted_bytes"], report["replaced_bytes"], report["touched_bytes"]) == (
        deleted,
        replaced,
        touched,
    )
    assert report["wasted_bytes"] == deleted + replaced + touched
    assert report["duplicate_bytes"] == duplicate
    assert sum(row["bytes"] for row in report["waste"]) == report["wasted_bytes"]
    assert sum(row["wasted_bytes"] for row in report["layers"]) == report["wasted_bytes"]
    assert abs(report["efficiency"] - (total - report["wasted_bytes"]) / total) < 1e-6


def test_writer_and_hider_are_told(plimsoll, tmp_path):
    image = docker_archive(tmp_path / "image.tar", IMAGES["a directory is removed later"][0])
    rows = answer(plimsoll, image)["waste"]
    assert {(row["writer"], row["hider"], row["fate"]) for row in rows} == {(1, 2, "deleted")}
    text = plimsoll("analyze", image, "--top", "5", code=0).stdout
    assert "layer 2 wrote it, layer 3 hides it: 10 files" in text
    assert "efficiency 16.67 %" in text


@pytest.mark.parametrize(
    "flag,value,code",
    [
        ("--max-waste", "9MB", 1),
        ("--max-waste", "11MB", 0),
        ("--max-size", "10MB", 1),
        ("--max-layers", "2", 1),
        ("--max-layers", "3", 0),
    ],
)
def test_budgets_are_gates(plimsoll, tmp_path, flag, value, code):
    image = docker_archive(tmp_path / "image.tar", IMAGES["a directory is removed later"][0])
    plimsoll("analyze", image, flag, value, code=code)


def test_history_names_the_layers(plimsoll, tmp_path):
    history = [
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"created_by": "ENV A=1", "empty_layer": True},
        {"created_by": "RUN /bin/sh -c make all # buildkit"},
    ]
    image = docker_archive(tmp_path / "image.tar", [BASE, DATA], history=history)
    assert [row["created_by"] for row in answer(plimsoll, image)["layers"]] == [
        "ADD file:1 in /",
        "RUN make all",
    ]
    image = docker_archive(tmp_path / "none.tar", [BASE, DATA], history=[])
    assert [row["created_by"] for row in answer(plimsoll, image)["layers"]] == ["", ""]


def test_a_layout_may_be_a_tar(plimsoll, tmp_path):
    import tarfile

    oci_layout(tmp_path / "layout", [BASE, DATA])
    with tarfile.open(tmp_path / "image.tar", "w") as archive:
        archive.add(tmp_path / "layout", arcname=".")
    assert answer(plimsoll, f"oci-archive:{tmp_path}/image.tar")["image"]["size"] == 12 * MB
    assert answer(plimsoll, f"oci:{tmp_path}/layout:latest")["image"]["size"] == 12 * MB
    run = plimsoll("analyze", f"oci:{tmp_path}/layout:other", code=2)
    assert "it has: latest" in run.stderr


def test_reports_tell_what_is_behind_a_name_that_is_not_its_own(plimsoll, tmp_path):
    words = "Debian 12 with python3 3.11.2"
    labels = {"Labels": {"io.plimsoll.stands-behind": words}}
    image = "oci:" + oci_layout(tmp_path / "python:3.12", [BASE], config=labels)
    assert answer(plimsoll, image)["image"]["stands_behind"] == words
    for command in (["analyze", image], ["analyze", "--top", "3", image], ["diff", image, image]):
        assert f"behind  {words}\n" in plimsoll(*command).stdout
    assert plimsoll.json("diff", image, image)["b"]["stands_behind"] == words
    plimsoll("analyze", image, "--report", tmp_path / "page.html", code=0)
    assert words in (tmp_path / "page.html").read_text()
    plain = docker_archive(tmp_path / "plain.tar", [BASE])
    assert answer(plimsoll, plain)["image"]["stands_behind"] == ""
    assert "behind" not in plimsoll("analyze", plain).stdout


def test_a_name_in_a_layout_may_be_a_whole_reference(plimsoll, tmp_path):
    name = "registry.example.com:5000/team/app:1.0"
    oci_layout(tmp_path / "lay:out", [BASE, DATA], tag=name)
    assert answer(plimsoll, f"oci:{tmp_path}/lay:out:{name}")["image"]["size"] == 12 * MB
    assert answer(plimsoll, f"oci:{tmp_path}/lay:out:team/app:1.0")["image"]["size"] == 12 * MB
    run = plimsoll("analyze", f"oci:{tmp_path}/lay:out:m/app:1.0", code=2)
    assert f"it has: {name}" in run.stderr


def test_what_is_damaged_is_refused(plimsoll, tmp_path):
    oci_layout(tmp_path / "layout", [BASE, DATA])
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    for name in os.listdir(blobs):
        whole = (blobs / name).read_bytes()
        middle = len(whole) // 2
        (blobs / name).write_bytes(
            whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        )
        run = plimsoll("analyze", tmp_path / "layout", code=3)
        assert run.stdout == "" and "error" in run.stderr
        (blobs / name).write_bytes(whole[:middle])
        assert plimsoll("analyze", tmp_path / "layout", code=3).stdout == ""
        (blobs / name).write_bytes(whole)
    plimsoll("analyze", tmp_path / "layout", code=0)


@pytest.mark.parametrize(
    "layer",
    [b"this is no tar" * 100, layer_tar([("../out", b"x")]), layer_tar([("a/../../b", b"x")])],
)
def test_what_is_no_layer_is_refused(plimsoll, tmp_path, layer):
    run = plimsoll("analyze", docker_archive(tmp_path / "image.tar", [BASE, layer]), code=3)
    assert run.stdout == "" and "layer 2 of 2" in run.stderr


def test_what_is_no_image_is_refused(plimsoll, tmp_path):
    assert "no image" in plimsoll("analyze", tmp_path, code=3).stderr
    assert "cannot open" in plimsoll("analyze", tmp_path / "missing", code=3).stderr
    (tmp_path / "index.json").write_text(
        json.dumps({"manifests": [], "manifests": []}).replace("}", ', "manifests": []}'),
        encoding="utf-8",
    )
    assert "stands twice" in plimsoll("analyze", tmp_path, code=3).stderr


def test_every_byte_of_a_small_archive(plimsoll, tmp_path):
    """Turned over one by one: an answer or a clear error, never a crash."""
    image = docker_archive(tmp_path / "image.tar", [[("a", b"hello"), ("b/", None)]])
    with open(image, "rb") as file:
        whole = file.read()
    for at in range(0, len(whole), 37):
        (tmp_path / "turned.tar").write_bytes(
            whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]
        )
        assert plimsoll("analyze", tmp_path / "turned.tar").returncode in (0, 2, 3)


STATUS = b"""Package: tool
Status: install ok installed
Version: 1.2-3

Package: gone
Status: deinstall ok config-files
Version: 9
"""


def owned(report):
    return {
        (row["type"], row["name"], row["version"]): (row["files"], row["bytes"])
        for row in report["packages"]
    }


def test_bytes_belong_to_packages(plimsoll, tmp_path):
    layers = [
        [
            ("var/lib/dpkg/status", STATUS),
            ("var/lib/dpkg/info/tool:amd64.list", b"/.\n/bin\n/bin/tool\n/usr/share/doc/tool\n"),
            ("usr/bin/tool", b"t" * 500),
            ("usr/share/doc/tool", b"d" * 50),
            ("usr/bin/mine", b"m" * 7),
        ],
        [
            (
                "lib/apk/db/installed",
                b"P:musl\nV:1.2.4\nF:lib\nR:ld-musl.so\nF:usr/bin\nR:ldd\n\n"
                b"P:zlib\nV:1.3\nF:lib\nR:libz.so\n\n",
            ),
            ("lib/ld-musl.so", b"l" * 600),
            ("usr/bin/ldd", b"l" * 10),
            ("lib/libz.so", b"z" * 100),
        ],
        [
            (
                "usr/lib/python3/site-packages/left_pad-1.0.dist-info/RECORD",
                b"left_pad/__init__.py,sha256=x,10\n../../../bin/pad,,\n"
                b"left_pad-1.0.dist-info/RECORD,,\n",
            ),
            ("usr/lib/python3/site-packages/left_pad/__init__.py", b"#" * 10),
            (
                "usr/lib/python3/site-packages/left_pad/__pycache__/__init__.cpython-311.pyc",
                b"c" * 20,
            ),
            ("usr/bin/pad", b"p" * 3),
        ],
        [
            ("app/node_modules/a/package.json", b'{"name": "a", "version": "2.0.0"}'),
            ("app/node_modules/a/lib/x.js", b"x" * 40),
            ("app/node_modules/@s/b/package.json", b'{"name": "@s/b", "version": "0.1.0"}'),
            ("app/package.json", b'{"name": "app"}'),
            ("gems/specifications/rake-13.0.gemspec", b"#"),
            ("gems/gems/rake-13.0/lib/rake.rb", b"r" * 60),
        ],
    ]
    report = answer(plimsoll, docker_archive(tmp_path / "image.tar", layers))
    found = owned(report)
    assert found[("deb", "tool", "1.2-3")] == (3, 550 + len(layers[0][1][1]))
    assert found[("apk", "musl", "1.2.4")] == (2, 610) and found[("apk", "zlib", "1.3")] == (1, 100)
    record = len(layers[2][0][1])
    assert found[("pip", "left_pad", "1.0")] == (4, 33 + record)
    assert (
        found[("npm", "a", "2.0.0")] == (2, 40 + len(layers[3][0][1]))
        and ("npm", "@s/b", "0.1.0") in found
    )
    assert found[("gem", "rake", "13.0")] == (1, 60)
    assert not any(name in ("gone", "app") for _, name, _ in found)
    assert report["owned_bytes"] == sum(bytes_ for _, bytes_ in found.values())


def test_a_replaced_database_names_what_it_says_now(plimsoll, tmp_path):
    layers = [
        [
            ("var/lib/dpkg/status", STATUS),
            ("var/lib/dpkg/info/tool.list", b"/usr/bin/tool\n"),
            ("usr/bin/tool", b"t" * 500),
        ],
        [
            ("var/lib/dpkg/status", b""),
            ("var/lib/dpkg/info/.wh.tool.list", b""),
            ("usr/bin/.wh.tool", b""),
        ],
    ]
    assert answer(plimsoll, docker_archive(tmp_path / "image.tar", layers))["packages"] == []


@pytest.mark.parametrize(
    "path,data",
    [
        ("var/lib/dpkg/status", b"Package:" * 1000),
        ("var/lib/dpkg/info/x.list", b"\n\n\0\0" * 50),
        ("lib/apk/db/installed", b"P:\nV:\nR:\nF:"),
        ("a/node_modules/x/package.json", b"{" * 5000),
        ("s/x.dist-info/RECORD", b'"../../../../../../../etc/passwd",\n"'),
        ("specifications/.gemspec", b"x"),
        ("specifications/-.gemspec", b"x"),
        ("s/.dist-info/RECORD", b",,,,\n\n"),
    ],
)
def test_damaged_databases_name_nothing(plimsoll, tmp_path, path, data):
    report = answer(
        plimsoll, docker_archive(tmp_path / "image.tar", [[(path, data), ("etc/passwd", b"x")]])
    )
    assert report["owned_bytes"] <= len(data)


def test_categories(plimsoll, tmp_path):
    files = {
        "usr/share/doc/a/copyright": "documentation",
        "usr/include/a.h": "headers",
        "usr/lib/liba.so.6": "shared libraries",
        "usr/lib/liba.a": "static libraries",
        "var/lib/apt/lists/x": "package lists",
        "root/.npm/_cacache/x": "tool caches",
        "app/.git/HEAD": "version control",
        "opt/p/__pycache__/a.pyc": "bytecode",
        "app/tests/a.py": "tests",
        "bin/x": "other",
    }
    report = answer(
        plimsoll, docker_archive(tmp_path / "image.tar", [[(path, b"12345") for path in files]])
    )
    assert {row["category"] for row in report["categories"]} == set(files.values())
    assert sum(row["bytes"] for row in report["categories"]) == 5 * len(files)
