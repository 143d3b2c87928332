"""diff: what changed between two images, and why; the causes add up to the whole difference."""
import json
import os
import random

import jsonschema
import pytest

from made_images import docker_archive, oci_layout, random_bytes

STATUS = ("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
          "Version: {version}\n\n")


def dpkg(packages):
    """Entries of a layer in which dpkg installed (name, version, {path: bytes})."""
    status = "".join(STATUS.format(name=name, version=version) for name, version, _ in packages)
    entries = [("var/lib/dpkg/status", status.encode())]
    for name, _, files in packages:
        listed = "".join(f"/{path}\n" for path in files)
        entries.append((f"var/lib/dpkg/info/{name}.list", listed.encode()))
        entries += list(files.items())
    return entries


@pytest.fixture
def pair(tmp_path):
    """A package that grew, one that went, one that came; a COPY; a time; an owner; waste."""
    base = [("etc/time", {"data": b"tt", "mtime": 1}), ("etc/owner", {"data": b"oo", "uid": 0}),
            ("etc/same", b"same")]
    a = [dpkg([("grows", "1.0", {"usr/bin/grows": b"x" * 1000}),
               ("goes", "2.0", {"usr/bin/goes": b"y" * 300})]), base]
    b = [dpkg([("grows", "1.1", {"usr/bin/grows": b"x" * 5000}),
               ("comes", "3.0", {"usr/bin/comes": b"z" * 700})]),
         [("etc/time", {"data": b"tt", "mtime": 2}), ("etc/owner", {"data": b"oo", "uid": 7}),
          ("etc/same", b"same"), ("tmp/big", b"b" * 9000)],
         [("tmp/.wh.big", b""), ("app/main.py", b"print()\n")]]
    history = [{"created_by": "RUN apt-get install"}, {"created_by": "RUN configure"},
               {"created_by": "COPY . /app # buildkit"}]
    docker_archive(tmp_path / "a.tar", a, history=history[:2])
    docker_archive(tmp_path / "b.tar", b, history=history)
    return tmp_path


def read(plimsoll, folder, a="a.tar", b="b.tar"):
    told = plimsoll.json("diff", a, b, cwd=folder)
    path = os.path.join(plimsoll.root, "docs", "schema", "diff-1.json")
    with open(path, encoding="utf-8") as file:
        jsonschema.validate(told, json.load(file))
    return told


def test_files_are_told_apart_by_what_changed(plimsoll, pair):
    files = read(plimsoll, pair)["files"]
    rows = {row["path"]: row["change"] for row in files["rows"]}
    assert rows == {
        "usr/bin/grows": "changed", "usr/bin/goes": "removed", "usr/bin/comes": "added",
        "app/main.py": "added", "etc/time": "time", "etc/owner": "attributes",
        "var/lib/dpkg/status": "changed", "var/lib/dpkg/info/goes.list": "removed",
        "var/lib/dpkg/info/comes.list": "added",
    }
    assert (files["added"], files["removed"], files["changed"]) == (3, 2, 2)
    assert (files["attributes"], files["time"]) == (1, 1)


def test_packages_have_both_versions(plimsoll, pair):
    packages = read(plimsoll, pair)["packages"]
    assert [(row["name"], row["version_a"], row["version_b"], row["bytes_b"] - row["bytes_a"])
            for row in packages["changed"]] == [("grows", "1.0", "1.1", 4000)]
    assert [row["name"] for row in packages["added"]] == ["comes"]
    assert [row["name"] for row in packages["removed"]] == ["goes"]


def test_causes_name_package_instruction_and_waste(plimsoll, pair):
    told = read(plimsoll, pair)
    causes = {(row["kind"], row["name"]): row["bytes"] for row in told["causes"]}
    assert causes[("package", "deb grows")] == 4000
    lists = len("/usr/bin/goes\n"), len("/usr/bin/comes\n")  # dpkg's own are their packages'
    assert causes[("package", "deb goes")] == -300 - lists[0]
    assert causes[("package", "deb comes")] == 700 + lists[1]
    assert causes[("instruction", "COPY . /app")] == 8
    assert causes[("hidden", "bytes that later layers hide")] == 9000
    assert sum(causes.values()) == -told["saved_bytes"] == told["b"]["size"] - told["a"]["size"]


def test_an_image_and_itself(plimsoll, pair):
    told = read(plimsoll, pair, "a.tar", "a.tar")
    assert told["saved_bytes"] == 0 and told["saved_percent"] == 0
    assert told["causes"] == told["files"]["rows"] == told["config"] == []
    assert {layer["change"] for layer in told["layers"]} == {"same"}
    text = plimsoll("diff", "a.tar", "a.tar", "--format", "markdown", cwd=pair, code=0).stdout
    assert "Nothing that a container sees differs." in text


@pytest.mark.parametrize("seed", range(25))
def test_causes_add_up(plimsoll, tmp_path, seed):
    """Drawn images with whiteouts, links and other compression: in bytes and in pull bytes."""
    rng = random.Random(seed)

    def layer():
        entries = {}
        for _ in range(rng.randrange(1, 12)):
            path = f"{rng.choice('abc')}/{rng.choice('defg')}"
            what = rng.randrange(6)
            if what == 0:
                entries[f"{path[:2]}.wh.{path[2:]}"] = b""
            elif what == 1:
                entries[path] = {"link": "a/d"}
            else:
                entries[path] = random_bytes(rng.randrange(4000), rng.randrange(9))
        return list(entries.items())

    for name in "ab":
        oci_layout(tmp_path / name, [layer() for _ in range(rng.randrange(1, 4))],
                   how=rng.choice(["gzip", "tar"]))
    told = read(plimsoll, tmp_path, "a", "b")
    assert sum(row["bytes"] for row in told["causes"]) == told["b"]["size"] - told["a"]["size"]
    assert sum(row["pull_bytes"] for row in told["causes"]) == -told["saved_pull_bytes"]
    for row in told["files"]["rows"]:
        assert row["change"] != "same"


def test_config_is_compared(plimsoll, tmp_path):
    oci_layout(tmp_path / "a", [[("x", b"x")]], config={"User": "root", "Env": ["A=1", "B=2"]})
    oci_layout(tmp_path / "b", [[("x", b"x")]],
               config={"User": "app", "Env": ["A=1", "B=3"], "Labels": {"v": "2"}})
    told = read(plimsoll, tmp_path, "a", "b")
    rows = {row["key"]: (row["a"], row["b"]) for row in told["config"]}
    assert rows["user"] == ("root", "app") and rows["env B"] == ("2", "3")
    assert rows["label v"] == ("", "2") and "env A" not in rows


@pytest.mark.parametrize("limit, code", [("1B", 1), ("20kB", 0), ("1%", 1), ("5000%", 0)])
def test_the_gate_names_what_grew_most(plimsoll, pair, limit, code):
    run = plimsoll("diff", "a.tar", "b.tar", "--max-growth", limit, cwd=pair, code=code)
    assert ("most of it, 9.0 kB, by 'bytes that later layers hide'" in run.stderr) == bool(code)
    plimsoll("diff", "b.tar", "a.tar", "--max-growth", limit, cwd=pair, code=0)


@pytest.mark.parametrize("limit", ["x", "%", "-1%", "1%%", "nan%"])
def test_a_gate_that_is_none(plimsoll, pair, limit):
    run = plimsoll("diff", "a.tar", "b.tar", "--max-growth", limit, cwd=pair, code=2)
    assert "--max-growth" in run.stderr


def test_people_read_totals_and_causes(plimsoll, pair):
    text = plimsoll("diff", "a.tar", "b.tar", cwd=pair, code=0).stdout
    assert "deb grows 1.0 -> 1.1" in text and "deb goes 2.0, gone" in text
    assert "noise: 1 files differ in their time only" in text


def test_markdown_holds_no_markup_of_others(plimsoll, tmp_path):
    for name, text in (("a", "x"), ("b", "RUN a | b <img src=x> [l](u) `c`")):
        docker_archive(tmp_path / f"{name}.tar", [[("f", text.encode() * 9)]],
                       history=[{"created_by": text}])
    text = plimsoll("diff", "a.tar", "b.tar", "--format", "markdown", cwd=tmp_path, code=0).stdout
    assert "RUN a \\| b &lt;img src=x> \\[l\\](u) \\`c\\`" in text
