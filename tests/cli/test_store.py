"""The store: what other tools write into it counts, they read it, and nothing breaks it."""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

import jsonschema
import pytest

from conftest import BINARY
from made_images import oci_layout, random_bytes

LAYERS = [[("etc/a", b"aaaa")], [("etc/b", b"bbbb")]]


@pytest.fixture
def store(tmp_path):
    """A store with one image, written by nobody but the test."""
    return oci_layout(tmp_path / "store", LAYERS, tag="docker.io/library/app:1")


def assert_right(folder):
    """Every blob is what its digest says, and each name leads to a whole image."""
    blobs = os.path.join(folder, "blobs", "sha256")
    for name in os.listdir(blobs):
        if name.startswith(".plimsoll-"):
            continue
        with open(os.path.join(blobs, name), "rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() == name
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
        manifests = json.load(file)["manifests"]
    for entry in manifests:
        with open(os.path.join(blobs, entry["digest"][7:]), encoding="utf-8") as file:
            manifest = json.load(file)
        for part in [manifest["config"], *manifest["layers"]]:
            assert os.path.getsize(os.path.join(blobs, part["digest"][7:])) == part["size"]
    return {entry["annotations"]["org.opencontainers.image.ref.name"] for entry in manifests}


def schema(plimsoll, name):
    with open(os.path.join(plimsoll.root, "docs", "schema", name), encoding="utf-8") as file:
        return json.load(file)


def names(plimsoll, store):
    return [row["name"] for row in plimsoll.json("image ls", "--store", store)["images"]]


def test_names_are_listed_set_and_taken_away(plimsoll, store):
    assert names(plimsoll, store) == ["app:1"]
    plimsoll("image tag", "--store", store, "app:1", "localhost:5000/team/app", code=0)
    listed = plimsoll.json("image ls", "--store", store)
    jsonschema.validate(listed, schema(plimsoll, "images-1.json"))
    assert [row["name"] for row in listed["images"]] == ["app:1", "localhost:5000/team/app:latest"]
    assert listed["images"][0]["digest"] == listed["images"][1]["digest"]
    assert listed["images"][0]["platforms"] == ["linux/amd64"]
    assert listed["images"][1]["tagged"] == 1795478400
    plimsoll("image rm", "--store", store, "app:1", code=0)
    assert names(plimsoll, store) == ["localhost:5000/team/app:latest"]
    assert_right(store)


def test_what_is_not_there_is_an_error(plimsoll, store):
    run = plimsoll("image rm", "--store", store, "app:1", "app:2", code=3)
    assert "the store has no image 'docker.io/library/app:2'" in run.stderr
    assert names(plimsoll, store) == []
    run = plimsoll("image tag", "--store", store, "gone", "new", code=3)
    assert "hint: 'plimsoll image ls'" in run.stderr
    run = plimsoll("image tag", "--store", store, "gone", "New", code=2)
    assert "no capital letters" in run.stderr
    assert "has no verb 'lss'" in plimsoll("image", "lss", code=2).stderr


def test_inspect_tells_what_the_image_says(plimsoll, store):
    told = plimsoll.json("image inspect", "--store", store, "app:1")
    jsonschema.validate(told, schema(plimsoll, "image-1.json"))
    assert told["config"]["cmd"] == ["/bin/true"] and told["transport"] == "store"
    assert len(told["layers"]) == 2
    assert "layers, the lowest first" in plimsoll("image inspect", "--store", store, "app:1").stdout


def test_an_image_of_the_store_is_analysed_by_its_name(plimsoll, store):
    report = plimsoll.json("analyze", "--store", store, "app:1")
    assert report["image"]["size"] == 8


def test_prune_gives_back_what_no_name_leads_to(plimsoll, store):
    plimsoll("analyze", "--store", store, "app:1", code=0)
    blobs = os.path.join(store, "blobs", "sha256")
    stranger = os.path.join(blobs, "README")
    open(stranger, "w").close()
    before = len(os.listdir(blobs))
    assert plimsoll.json("image prune", "--store", store)["blobs"] == 0
    plimsoll("image rm", "--store", store, "app:1", code=0)
    dry = plimsoll.json("image prune", "--dry-run", "--store", store)
    assert dry["blobs"] == before - 1 and dry["notes"] == 4
    assert len(os.listdir(blobs)) == before
    pruned = plimsoll.json("image prune", "--store", store)
    jsonschema.validate(pruned, schema(plimsoll, "pruned-1.json"))
    assert pruned == {**dry, "dry_run": False}
    assert os.listdir(blobs) == ["README"]


def test_a_second_analysis_reads_no_layer(plimsoll, store):
    first = plimsoll("analyze", "--store", store, "app:1", code=0).stdout
    blobs = os.path.join(store, "blobs", "sha256")
    for name in os.listdir(blobs):
        path = os.path.join(blobs, name)
        with open(path, "rb") as file:
            magic = file.read(2)
        if magic == b"\x1f\x8b":  # a layer: other bytes of the same length
            size = os.path.getsize(path)
            with open(path, "wb") as file:
                file.write(b"x" * size)
    assert plimsoll("analyze", "--store", store, "app:1", code=0).stdout == first
    shutil.rmtree(os.path.join(store, "plimsoll", "notes"))
    run = plimsoll("analyze", "--store", store, "app:1", code=3)
    assert "the image is damaged" in run.stderr


def test_damaged_notes_are_read_again(plimsoll, store):
    first = plimsoll("analyze", "--store", store, "app:1", code=0).stdout
    notes = os.path.join(store, "plimsoll", "notes", "report")
    rng = random.Random(1)
    for name in sorted(os.listdir(notes)):
        path = os.path.join(notes, name)
        with open(path, "rb") as file:
            whole = file.read()
        for _ in range(20):
            at = rng.randrange(len(whole))
            with open(path, "wb") as file:
                file.write(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1:])
            assert plimsoll("analyze", "--store", store, "app:1", code=0).stdout == first


def test_a_folder_of_files_is_no_store(plimsoll, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    run = plimsoll("image ls", "--store", tmp_path, code=3)
    assert "is no image store" in run.stderr and "hint: " in run.stderr
    assert os.listdir(tmp_path) == ["letter.txt"]
    assert names(plimsoll, tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_who_may_not_write_a_store_reads_it(plimsoll, store):
    """Names, without the times that stand in the database; an analysis keeps no notes."""
    plimsoll("image tag", "--store", store, "app:1", "app:2", code=0)
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory(prefix="plimsoll-store-") as folder:
        os.chmod(folder, 0o755)
        theirs = os.path.join(folder, "store")
        shutil.copytree(store, theirs)

        def ask(*args):
            return subprocess.run([BINARY, *args], user=65534, capture_output=True, check=False,
                                  env={"PLIMSOLL_NOW": "2026-11-24"})

        if ask("version").returncode:
            pytest.skip("others may not run the program from here")
        run = ask("image", "ls", "--store", theirs, "--format", "json")
        assert run.returncode == 0, run.stderr
        assert [row["name"] for row in json.loads(run.stdout)["images"]] == ["app:1", "app:2"]
        assert ask("analyze", "--store", theirs, "app:1").returncode == 0
        run = ask("image", "tag", "--store", theirs, "app:1", "app:3")
        assert run.returncode == 3 and b"plimsoll: error: " in run.stderr
        assert assert_right(theirs) == assert_right(store)


# -- other tools -----------------------------------------------------------------------------------

@pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed")
def test_skopeo_writes_and_reads(plimsoll, store, tmp_path):
    source = oci_layout(tmp_path / "other", [[("opt/x", b"xxxx")]], tag="other")
    subprocess.run(["skopeo", "copy", "-q", f"oci:{source}:other", f"oci:{store}:other"],
                   check=True)
    assert names(plimsoll, store) == ["app:1", "other:latest"]
    plimsoll("image tag", "--store", store, "other", "again:2", code=0)
    subprocess.run(["skopeo", "copy", "-q", f"oci:{store}:docker.io/library/again:2",
                    f"dir:{tmp_path}/out"], check=True)
    plimsoll("image rm", "--store", store, "other", "again:2", code=0)
    plimsoll("image prune", "--store", store, code=0)
    assert assert_right(store) == {"docker.io/library/app:1"}


# -- several at once, and ends that nobody asked for -----------------------------------------------

def start(*args):
    return subprocess.Popen([BINARY, *map(str, args)], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def test_several_processes_name_and_prune(plimsoll, store):
    """Every name that was given is there in the end; prune may be refused, and harms nothing."""
    running = []
    for i in range(24):
        running.append(start("image", "tag", "--store", store, "app:1", f"copy{i}:1"))
        if i % 3 == 0:
            running.append(start("image", "prune", "--store", store))
    for process in running:
        process.wait(timeout=60)
    assert {f"docker.io/library/copy{i}:1" for i in range(24)} < assert_right(store)


def test_several_processes_make_one_store(plimsoll, store, tmp_path):
    """Nobody finds it half-made, and no name is lost to another's empty index.json."""
    for i in range(5):
        new = tmp_path / f"new{i}"
        running = [start("analyze", "--store", new, f"oci:{store}") for _ in range(6)]
        running += [start("image", "prune", "--store", new) for _ in range(3)]
        assert all(process.wait(timeout=60) in (0, 3) for process in running)
        assert all(process.returncode == 0 for process in running[:6])
        assert assert_right(new) == set()
        assert len(os.listdir(new / "plimsoll" / "notes" / "report")) == len(LAYERS)


@pytest.mark.parametrize("verb", ["tag", "prune", "analyze"])
def test_kill_leaves_a_store_that_is_right(plimsoll, tmp_path, verb):
    """kill -9 at 25 moments: the store opens, and what it holds is whole."""
    layers = [[(f"f{i}", random_bytes(20000, i)) for i in range(40)]]
    store = oci_layout(tmp_path / "store", layers, tag="docker.io/library/app:1")
    rng = random.Random(7)
    for i in range(25):
        oci_layout(tmp_path / "stray", [[("stray", random_bytes(50000, i))]])
        for name in os.listdir(tmp_path / "stray" / "blobs" / "sha256"):
            shutil.copy(tmp_path / "stray" / "blobs" / "sha256" / name,
                        os.path.join(store, "blobs", "sha256", name))
        shutil.rmtree(tmp_path / "stray")
        args = {"tag": ["image", "tag", "--store", store, "app:1", f"n{i}:1"],
                "prune": ["image", "prune", "--store", store],
                "analyze": ["analyze", "--store", store, "app:1"]}[verb]
        process = start(*args)
        time.sleep(rng.random() * 0.012)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert "docker.io/library/app:1" in assert_right(store)
        assert "app:1" in names(plimsoll, store)
    plimsoll("image prune", "--store", store, code=0)
    plimsoll("analyze", "--store", store, "app:1", code=0)
    assert_right(store)


FULL = """
set -eu
mount -t tmpfs -o size={size}k none {mount}
cp -r {source} {mount}/store
head -c 1G /dev/zero > {mount}/filler 2>/dev/null || true
truncate -s -{room}k {mount}/filler
status=0
{program} image tag --store {mount}/store app:1 other:1 2>{out}/err || status=$?
{program} analyze --store {mount}/store app:1 >{out}/analysis
rm {mount}/filler
rm -rf {out}/store
cp -r {mount}/store {out}/store
echo $status > {out}/status
"""


def test_a_full_disk(plimsoll, store, tmp_path):
    """Names are given or not, but index.json stays whole; an analysis needs no room."""
    probe = subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True)
    if probe.returncode:
        pytest.skip("no mount namespace can be made here")
    statuses = set()
    for room in (0, 4, 8, 16, 64, 256):
        mount, out = tmp_path / f"mount{room}", tmp_path / f"out{room}"
        mount.mkdir(), out.mkdir()
        script = FULL.format(size=2048, mount=mount, source=store, room=room, program=BINARY,
                             out=out)
        subprocess.run(["unshare", "-rm", "sh", "-c", script], check=True,
                       env={**os.environ, "PLIMSOLL_NOW": "2026-11-24"})
        status = int((out / "status").read_text())
        statuses.add(status)
        assert status in (0, 3)
        if status == 3:
            assert "plimsoll: error: " in (out / "err").read_text()
        named = assert_right(out / "store")
        assert "docker.io/library/app:1" in named
        assert status or "docker.io/library/other:1" in named
    assert statuses == {0, 3}
