"""image load and image save: every format in, every format out, not one byte of a blob changed."""
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

import pytest

from made_images import (config_of, docker_archive, layer_tar, oci_layout, random_bytes, sha256)

LAYERS = [[("etc/a", b"aaaa" * 500), ("etc/b", random_bytes(3000, 1))], [("etc/c", b"cccc")]]
SKOPEO = pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed")


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def add(archive, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def blobs(folder):
    return {name for name in os.listdir(folder / "blobs" / "sha256") if name[0] != "."}


def legacy_archive(path, layers, tag="1"):
    """What docker 1.9 saved: repositories, ID/VERSION, ID/json, ID/layer.tar."""
    parent = ""
    with tarfile.open(path, "w") as archive:
        for index, layer in enumerate(layers):
            name = f"{index:064x}"
            row = {"id": name, "created": f"2015-01-0{index + 1}T00:00:00Z", "os": "linux",
                   "architecture": "amd64",
                   "container_config": {"Cmd": ["/bin/sh", "-c", f"s{index}"]},
                   "config": {"Cmd": ["/bin/true"], "Env": ["A=1"]}}
            if parent:
                row["parent"] = parent
            add(archive, f"{name}/VERSION", b"1.0")
            add(archive, f"{name}/json", json.dumps(row).encode())
            add(archive, f"{name}/layer.tar", layer_tar(layer))
            parent = name
        add(archive, "repositories", json.dumps({"old/app": {tag: parent}}).encode())
    return path


def piped(command, data):
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def compressed(tar, how):
    """The layer as builders compress it."""
    half = len(tar) // 1024 * 512
    pieces = [tar[:half], tar[half:]]
    if how == "plain":
        return tar, ""
    if how == "gzip":
        return piped(["gzip", "-nc"], tar), "+gzip"
    if how == "estargz":  # a member for each piece
        return b"".join(compressed(piece, "gzip")[0] for piece in pieces), "+gzip"
    if not shutil.which("zstd"):
        pytest.skip("zstd is not installed")
    frames = [piped(["zstd", "-qc"], piece)
              for piece in ([tar] if how == "zstd" else pieces)]
    if how == "zstd-chunked":  # its table of contents stands in skippable frames
        frames.append(b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"tocto")
        frames.insert(1, b"\x5f\x2a\x4d\x18" + (1).to_bytes(4, "little") + b"x")
    return b"".join(frames), "+zstd"


def annotated_layout(folder, how, declared=None):
    """A layout with one layer, whose descriptor has an annotation."""
    tar = layer_tar(LAYERS[0])
    blob, suffix = compressed(tar, how)
    os.makedirs(folder / "blobs" / "sha256")

    def put(data, media_type, **more):
        (folder / "blobs" / "sha256" / sha256(data)).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{sha256(data)}", "size": len(data),
                **more}

    suffix = suffix if declared is None else declared
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": put(config_of([tar], None), "application/vnd.oci.image.config.v1+json"),
                "layers": [put(blob, "application/vnd.oci.image.layer.v1.tar" + suffix,
                               annotations={"containerd.io/snapshot/stargz/toc.digest": "x"})]}
    entry = put(json.dumps(manifest, indent=1).encode(), manifest["mediaType"])
    entry["annotations"] = {"org.opencontainers.image.ref.name": "example.com/team/app:1"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return entry["digest"]


# -- there and back --------------------------------------------------------------------------------

@pytest.mark.parametrize("form", ["docker-archive", "oci-archive", "oci"])
@pytest.mark.parametrize("how", ["plain", "gzip", "estargz", "zstd", "zstd-chunked"])
def test_no_byte_changes_on_the_way(plimsoll, store, tmp_path, how, form):
    digest = annotated_layout(tmp_path / "in", how)
    loaded = plimsoll.json("image load", tmp_path / "in", "--store", store)["images"]
    assert [(row["name"], row["digest"]) for row in loaded] == [("example.com/team/app:1", digest)]
    out = tmp_path / "out"
    plimsoll("image save", "example.com/team/app:1", "--store", store, "-o", out, "--as", form,
             code=0)
    other = tmp_path / "other"
    again = plimsoll.json("image load", out, "--store", other)["images"]
    assert again[0]["digest"] == digest and again[0]["name"] == "example.com/team/app:1"
    assert blobs(other) == blobs(tmp_path / "in")
    for name in blobs(other):
        data = (other / "blobs" / "sha256" / name).read_bytes()
        assert data == (tmp_path / "in" / "blobs" / "sha256" / name).read_bytes()
    report = plimsoll.json("analyze", out)
    assert report["image"]["size"] == sum(len(data) for _, data in LAYERS[0])
    assert report["image"]["digest"] == digest


def test_the_same_images_give_the_same_bytes(plimsoll, store, tmp_path):
    layout = oci_layout(tmp_path / "in", LAYERS, tag="app:1")
    plimsoll("image load", layout, "--store", store, code=0)
    for name in ("a.tar", "b.tar"):
        plimsoll("image save", "app:1", "--store", store, "-o", tmp_path / name, code=0)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    piped = subprocess.run([plimsoll.binary, "image", "save", "app:1", "--store", store],
                           stdout=subprocess.PIPE, check=True).stdout
    assert piped == (tmp_path / "a.tar").read_bytes()
    run = subprocess.run([plimsoll.binary, "image", "load", "-", "--store", tmp_path / "other"],
                         input=piped, stdout=subprocess.PIPE, check=True)
    assert run.stdout.startswith(b"docker.io/library/app:1@sha256:")
    assert blobs(tmp_path / "other") == blobs(store)


def test_several_images_in_one_archive(plimsoll, store, tmp_path):
    for name, layers in (("one:1", LAYERS), ("two:1", LAYERS[1:])):
        path = docker_archive(tmp_path / "in.tar", layers, tag=name)
        plimsoll("image load", path, "--store", store, code=0)
    out = tmp_path / "both.tar"
    plimsoll("image save", "one:1", "two:1", "--store", store, "-o", out, code=0)
    rows = plimsoll.json("image load", out, "--store", tmp_path / "other")["images"]
    assert [row["name"] for row in rows] == ["docker.io/library/one:1", "docker.io/library/two:1"]
    with tarfile.open(out) as archive:
        assert len(archive.getnames()) == len(set(archive.getnames()))
    for name, size in (("one:1", 5004), ("@1", 4), ("two:1", 4)):
        assert plimsoll.json("analyze", f"docker-archive:{out}:{name}")["image"]["size"] == size
        assert plimsoll.json("analyze", f"oci-archive:{out}:{name}")["image"]["size"] == size
    run = plimsoll("analyze", out, code=2)
    assert "2 images" in run.stderr and "one:1, two:1; @0 to @1" in run.stderr
    assert "no image called '@2'" in plimsoll("analyze", f"{out}:@2", code=2).stderr


def test_a_layout_keeps_what_it_has(plimsoll, store, tmp_path):
    plimsoll("image load", docker_archive(tmp_path / "in.tar", LAYERS, tag="one:1"),
             "--store", store, code=0)
    layout = oci_layout(tmp_path / "layout", LAYERS[1:], tag="there")
    for _ in range(2):
        plimsoll("image save", "one:1", "--store", store, "-o", f"oci:{layout}", code=0)
    index = json.loads((tmp_path / "layout" / "index.json").read_text())
    names = [row["annotations"]["org.opencontainers.image.ref.name"] for row in index["manifests"]]
    assert names == ["there", "docker.io/library/one:1"]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("dear")
    run = plimsoll("image save", "one:1", "--store", store, "-o", tmp_path / "full", code=2)
    assert "is no OCI layout" in run.stderr and os.listdir(tmp_path / "full") == ["letter"]


def test_an_image_without_a_name_gets_one(plimsoll, store, tmp_path):
    layout = oci_layout(tmp_path / "in", LAYERS, tag="1.0")
    assert "--tag NAME" in plimsoll("image load", layout, "--store", store, code=2).stderr
    plimsoll("image load", layout, "--tag", "mine:2", "--store", store, code=0)
    assert plimsoll.json("analyze", "mine:2", "--store", store)["image"]["size"] == 5004


@SKOPEO
def test_skopeo_reads_what_is_saved(plimsoll, store, tmp_path):
    digest = annotated_layout(tmp_path / "in", "gzip")
    plimsoll("image load", tmp_path / "in", "--store", store, code=0)
    name = "example.com/team/app:1"
    for form in ("docker-archive", "oci-archive", "oci"):
        out = tmp_path / form
        plimsoll("image save", name, "--store", store, "-o", f"{form}:{out}", code=0)
        raw = subprocess.run(["skopeo", "inspect", "--raw", f"{form}:{out}:{name}"],
                             stdout=subprocess.PIPE, check=True).stdout
        if form != "docker-archive":  # of that skopeo makes a manifest itself
            assert f"sha256:{hashlib.sha256(raw).hexdigest()}" == digest
        subprocess.run(["skopeo", "copy", "-q", f"{form}:{out}:{name}",
                        f"dir:{tmp_path}/to-{form}"], check=True)
        config = json.loads((tmp_path / f"to-{form}" / "manifest.json").read_text())["config"]
        assert config["digest"][7:] in blobs(tmp_path / "in")


@SKOPEO
def test_what_skopeo_writes_is_loaded(plimsoll, store, tmp_path):
    layout = oci_layout(tmp_path / "in", LAYERS, tag="x")
    for form in ("docker-archive", "oci-archive"):
        subprocess.run(["skopeo", "copy", "-q", f"oci:{layout}:x",
                        f"{form}:{tmp_path}/{form}:example.com/app:1"], check=True)
        row = plimsoll.json("image load", tmp_path / form, "--store", store)["images"][0]
        assert row["name"] == "example.com/app:1"
        report = plimsoll.json("analyze", "example.com/app:1", "--store", store)
        assert report["image"]["size"] == 5004


# -- reading ---------------------------------------------------------------------------------------

def test_docker_before_manifest_json(plimsoll, store, tmp_path):
    path = legacy_archive(tmp_path / "old.tar", LAYERS)
    report = plimsoll.json("analyze", path)
    assert report["image"]["size"] == 5004
    assert [row["created_by"] for row in report["layers"]] == ["RUN s0", "RUN s1"]
    row = plimsoll.json("image load", path, "--store", store)["images"][0]
    assert row["name"] == "docker.io/old/app:1"
    config = plimsoll.json("image inspect", "old/app:1", "--store", store)["config"]
    assert config["env"] == ["A=1"] and config["cmd"] == ["/bin/true"]


def test_a_ring_of_parents_has_an_end(plimsoll, tmp_path):
    with tarfile.open(tmp_path / "ring.tar", "w") as archive:
        add(archive, "a/json", b'{"parent": "b"}')
        add(archive, "b/json", b'{"parent": "a"}')
        add(archive, "repositories", b'{"x": {"1": "a"}}')
    assert "more than 512 layers" in plimsoll("analyze", tmp_path / "ring.tar", code=3).stderr


def test_a_layer_may_be_a_link(plimsoll, tmp_path):
    tar = layer_tar(LAYERS[0])
    config = config_of([tar, tar], None)
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        add(archive, "one/layer.tar", tar)
        link = tarfile.TarInfo("two/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../one/layer.tar"
        archive.addfile(link)
        add(archive, "config.json", config)
        add(archive, "manifest.json", json.dumps([{
            "Config": "config.json", "RepoTags": ["x:1"],
            "Layers": ["one/layer.tar", "two/layer.tar"]}]).encode())
    report = plimsoll.json("analyze", tmp_path / "links.tar")
    assert [row["size"] for row in report["layers"]] == [5000, 5000]


def test_a_directory_tree_is_an_image(plimsoll, store, tmp_path):
    root = tmp_path / "root"
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / "tool").write_bytes(random_bytes(700, 3))
    os.link(root / "usr" / "bin" / "tool", root / "usr" / "bin" / "twin")
    (root / "out").symlink_to("/etc/passwd")
    os.mkfifo(root / "fifo")
    (root / ("n" * 200)).write_bytes(b"long")
    report = plimsoll.json("analyze", f"rootfs:{root}")
    assert report["image"]["size"] == 704
    rows = plimsoll.json("image load", f"rootfs:{root}", "--tag", "tree",
                         "--store", store)["images"]
    plimsoll("image save", "tree", "--store", store, "-o", tmp_path / "tree.tar", code=0)
    layer = next((store / "blobs" / "sha256" / name for name in blobs(store)
                  if (store / "blobs" / "sha256" / name).stat().st_size > 2000))
    with tarfile.open(layer) as archive:
        kinds = {member.name: member.type for member in archive.getmembers()}
        assert archive.getmember("out").linkname == "/etc/passwd"
    assert kinds["usr/bin/twin"] == tarfile.LNKTYPE and kinds["fifo"] == tarfile.FIFOTYPE
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", root, copy], check=True)
    again = plimsoll.json("image load", f"rootfs:{copy}", "--tag", "copy",
                          "--store", store)["images"]
    assert again[0]["digest"] == rows[0]["digest"]
    (root / "usr" / ".wh.x").write_bytes(b"")
    assert "name of a whiteout" in plimsoll("analyze", f"rootfs:{root}", code=3).stderr


@pytest.mark.parametrize("want,got", [
    ("linux/arm/v7", "v7"), ("linux/arm", "v7"), ("linux/arm/v6", "v6"), ("linux/arm/v8", "v7"),
    ("linux/aarch64", "64"), ("linux/arm64/v8", "64")])
def test_variants_fall_back_to_lower_ones(plimsoll, tmp_path, want, got):
    entries, marks = [], {}
    for mark, platform in (("v6", {"architecture": "arm", "variant": "v6"}),
                           ("v7", {"architecture": "arm", "variant": "v7"}),
                           ("64", {"architecture": "arm64"}), ("att", {"architecture": "unknown"})):
        layout = oci_layout(tmp_path / "l", [[("mark", mark.encode() * 10)]], tag=mark)
        with open(os.path.join(layout, "index.json"), encoding="utf-8") as file:
            entry = json.load(file)["manifests"][0]
        entry["platform"] = {"os": "unknown" if mark == "att" else "linux", **platform}
        del entry["annotations"]
        marks[mark] = entry["digest"]
        entries.append(entry)
    index = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    (tmp_path / "l" / "blobs" / "sha256" / sha256(index)).write_bytes(index)
    (tmp_path / "l" / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.index.v1+json", "size": len(index),
         "digest": f"sha256:{sha256(index)}",
         "annotations": {"org.opencontainers.image.ref.name": "all"}}]}))
    report = plimsoll.json("analyze", tmp_path / "l", "--platform", want)
    assert report["image"]["digest"] == marks[got]
    run = plimsoll("analyze", tmp_path / "l", "--platform", "linux/arm/v5", code=2)
    assert "linux/arm/v6, linux/arm/v7, linux/arm64" in run.stderr


@pytest.mark.parametrize("how,declared", [("gzip", "+zstd"), ("zstd", "+gzip"), ("plain", "+gzip"),
                                          ("gzip", "")])
def test_what_a_layer_is_counts_not_what_it_is_called(plimsoll, tmp_path, how, declared):
    annotated_layout(tmp_path / "in", how, declared)
    run = plimsoll("analyze", tmp_path / "in", code=0)
    assert f"layer 1 is {how if how != 'plain' else 'not compressed'}" in run.stderr
    assert "its media type" in run.stderr
