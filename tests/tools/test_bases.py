"""tools/bases: the layout that it makes, the names in it, and that the same packages give the same
digests. The small bases are made here; the large ones are looked at where a cache has them."""
import json
import os
import shutil
import subprocess
import sys
import tarfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASES = os.path.join(ROOT, "tools", "bases")
STANDS_BEHIND = "io.plimsoll.stands-behind"
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "plimsoll-bases")
SMALL = ["busybox", "static", "base"]
DOCS = ("usr/share/doc/", "usr/share/lintian/", "usr/share/man/", "usr/share/locale/")


def bases(*args, code=0, env=None):
    run = subprocess.run([sys.executable, BASES, *map(str, args)], capture_output=True, text=True,
                         check=False, env={**os.environ, **(env or {})})
    assert run.returncode == code, run.stderr
    return run


def index_of(layout):
    with open(f"{layout}/index.json", encoding="utf-8") as file:
        return {one["annotations"]["org.opencontainers.image.ref.name"]: one
                for one in json.load(file)["manifests"]}


def blob(layout, digest):
    return f"{layout}/blobs/sha256/{digest.removeprefix('sha256:')}"


def manifest_of(layout, name):
    with open(blob(layout, index_of(layout)[name]["digest"]), encoding="utf-8") as file:
        return json.load(file)


def config_of(layout, name):
    digest = manifest_of(layout, name)["config"]["digest"]
    with open(blob(layout, digest), encoding="utf-8") as file:
        return json.load(file)


def files_of(layout, name):
    files = {}
    for layer in manifest_of(layout, name)["layers"]:
        with tarfile.open(blob(layout, layer["digest"])) as tar:
            names = tar.getnames()
            assert names == sorted(names)
            files.update(zip(names, tar.getmembers()))
    return files


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small bases, made in a cache of their own."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip("bases are made of Debian packages, and apt is not here")
    cache = tmp_path_factory.mktemp("bases")
    run = subprocess.run([sys.executable, BASES, "--cache", cache, *SMALL], capture_output=True,
                         text=True, check=False)
    if run.returncode and "apt-get failed" in run.stderr:
        pytest.skip("no Debian mirror is reached from here: " + run.stderr.splitlines()[-1])
    assert run.returncode == 0, run.stderr
    return cache


def test_every_name_says_what_stands_behind_it(small):
    index = index_of(f"{small}/layout")
    assert {"busybox:latest", "alpine:3.19", "gcr.io/distroless/static-debian12:latest",
            "gcr.io/distroless/base-debian12:latest"} <= set(index)
    for name, one in index.items():
        words = one["annotations"][STANDS_BEHIND]
        assert "Debian 12" in words
        config = config_of(f"{small}/layout", name)
        assert config["config"]["Labels"][STANDS_BEHIND] == words
    assert index["alpine:3.19"]["digest"] == index["busybox:latest"]["digest"]
    assert "no package manager" in index["alpine:3.19"]["annotations"][STANDS_BEHIND]


@pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed")
@pytest.mark.parametrize("name", ["busybox:latest", "gcr.io/distroless/base-debian12:latest"])
def test_skopeo_reads_the_layout_and_finds_every_digest_right(small, name, tmp_path):
    run = subprocess.run(["skopeo", "copy", "-q", "--insecure-policy", f"oci:{small}/layout:{name}",
                          f"docker-archive:{tmp_path}/image.tar"], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stderr
    assert os.path.getsize(tmp_path / "image.tar") > 1_000_000


def test_busybox_has_a_shell_and_distroless_has_none(small):
    files = files_of(f"{small}/layout", "busybox:latest")
    assert files["bin/busybox"].mode == 0o755 and files["bin/sh"].linkname == "busybox"
    for name in ("static", "base"):
        files = files_of(f"{small}/layout", f"gcr.io/distroless/{name}-debian12:latest")
        assert not {"bin/sh", "usr/bin/sh", "bin/bash", "usr/bin/apt"} & set(files)
        assert "etc/ssl/certs/ca-certificates.crt" in files
        assert "usr/share/zoneinfo/UTC" in files


def test_distroless_has_the_metadata_that_scanners_read(small):
    layout = f"{small}/layout"
    base = "gcr.io/distroless/base-debian12:latest"
    found = {}
    for layer in manifest_of(layout, base)["layers"]:
        with tarfile.open(blob(layout, layer["digest"])) as tar:
            for name in tar.getnames():
                if name.startswith("var/lib/dpkg/status.d/"):
                    found[os.path.basename(name)] = tar.extractfile(name).read().decode()
    assert {"base-files", "ca-certificates", "libc6", "libssl3", "netbase", "tzdata"} <= set(found)
    for package in ("libc6", "libssl3"):
        assert f"Package: {package}\n" in found[package] and "\nVersion: " in found[package]
        paths = [line.split(None, 1)[1] for line in found[package + ".md5sums"].splitlines()]
        kept = {path for path in paths if not path.startswith(DOCS)}
        assert kept <= set(files_of(layout, base))


def test_the_same_packages_give_the_same_digests(small, tmp_path):
    before = index_of(f"{small}/layout")
    bases("--cache", small, "--out", tmp_path / "again", *SMALL)
    again = index_of(tmp_path / "again")
    assert {name: one["digest"] for name, one in again.items()} \
        == {name: before[name]["digest"] for name in again}


def test_what_is_made_is_not_made_again_and_no_blob_is_left_over(small):
    run = bases("--cache", small, "busybox")
    assert run.stderr == "" and run.stdout.strip() == f"{small}/layout"
    layout = f"{small}/layout"
    wanted = set()
    for name, one in index_of(layout).items():
        manifest = manifest_of(layout, name)
        wanted |= {one["digest"], manifest["config"]["digest"]}
        wanted |= {layer["digest"] for layer in manifest["layers"]}
    assert {f"sha256:{name}" for name in os.listdir(f"{layout}/blobs/sha256")} == wanted


def test_the_tree_names_no_server():
    """Packages come as the machine has it configured: no recipe says from where."""
    folder = os.path.join(ROOT, "tools", "bases.d")
    for name in [BASES] + [os.path.join(folder, one) for one in os.listdir(folder)
                           if one.endswith((".py", ".txt"))]:
        with open(name, encoding="utf-8") as file:
            text = file.read()
        for server in ("http://", "https://"):
            assert server not in text, f"{name} names {server}"


def test_an_unknown_base_is_refused_with_those_that_there_are():
    run = bases("pyton", code=2)
    assert "no base is called pyton" in run.stderr and "python-slim" in run.stderr


def test_a_cache_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    run = bases("--cache", tmp_path / "file" / "below", "busybox", code=1)
    assert run.stderr.startswith("bases: ") and "Traceback" not in run.stderr


def made(name):
    layout = os.path.join(CACHE, "layout")
    if not os.path.exists(f"{layout}/index.json") or name not in index_of(layout):
        pytest.skip(f"{name} is not in the cache; tools/bases makes it")
    return layout


@pytest.mark.parametrize("slim,full", [("python:3.12-slim", "python:3.12"),
                                       ("node:20-slim", "node:20"),
                                       ("golang:1.22-alpine", "golang:1.22")])
def test_a_full_image_is_its_slim_sibling_and_one_layer_of_build_dependencies(slim, full):
    layout = made(slim)
    made(full)
    small_layers = manifest_of(layout, slim)["layers"]
    layers = manifest_of(layout, full)["layers"]
    assert layers[:-1] == small_layers
    history = config_of(layout, full)["history"][-1]["created_by"]
    with open(os.path.join(ROOT, "tools", "bases.d", "build-deps.txt"), encoding="utf-8") as file:
        words = [word for line in file if not line.startswith("#") for word in line.split()]
    assert history.endswith("--no-install-recommends " + " ".join(words))
    with tarfile.open(blob(layout, layers[-1]["digest"])) as tar:
        names = set(tar.getnames())
    assert {"usr/bin/gcc", "usr/bin/git", "usr/include/stdio.h"} <= names
