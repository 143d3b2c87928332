"""The store: what other tools write into it counts, they read it, and nothing breaks it."""
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import jsonschema
import pytest

from conftest import BINARY
from made_images import docker_archive, oci_layout, random_bytes

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
        # No name leads to these layers: a prune that came last took what was learned of them.
        assert len(os.listdir(new / "plimsoll" / "notes" / "report")) <= len(LAYERS)


@pytest.mark.parametrize("verb", ["tag", "prune", "analyze", "load"])
def test_kill_leaves_a_store_that_is_right(plimsoll, tmp_path, verb):
    """kill -9 at 25 moments: the store opens, and what it holds is whole."""
    layers = [[(f"f{i}", random_bytes(20000, i)) for i in range(40)]]
    store = oci_layout(tmp_path / "store", layers, tag="docker.io/library/app:1")
    other = oci_layout(tmp_path / "other", [[("big", random_bytes(1 << 20, "other"))]])
    rng = random.Random(7)
    for i in range(25):
        oci_layout(tmp_path / "stray", [[("stray", random_bytes(50000, i))]])
        for name in os.listdir(tmp_path / "stray" / "blobs" / "sha256"):
            shutil.copy(tmp_path / "stray" / "blobs" / "sha256" / name,
                        os.path.join(store, "blobs", "sha256", name))
        shutil.rmtree(tmp_path / "stray")
        args = {"tag": ["image", "tag", "--store", store, "app:1", f"n{i}:1"],
                "prune": ["image", "prune", "--store", store],
                "load": ["image", "load", "--store", store, "--tag", f"n{i}:1", other],
                "analyze": ["analyze", "--store", store, "app:1"]}[verb]
        process = start(*args)
        time.sleep(rng.random() * (0.05 if verb == "load" else 0.012))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert "docker.io/library/app:1" in assert_right(store)
        assert "app:1" in names(plimsoll, store)
    plimsoll("image prune", "--store", store, code=0)
    plimsoll("analyze", "--store", store, "app:1", code=0)
    assert_right(store)


def on_a_full_disk(mount, source, heavy):
    """Run in a mount namespace: for each 64 KiB of room, what three commands answer."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", mount], check=True)
    store, new, filler = (os.path.join(mount, name) for name in ("store", "new", "filler"))
    shutil.copytree(source, store)
    for room in range(0, MOST_ROOM + 1, 64):
        shutil.rmtree(os.path.join(store, "plimsoll"), ignore_errors=True)
        shutil.rmtree(new, ignore_errors=True)
        with open(filler, "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
        os.truncate(filler, os.path.getsize(filler) - (room << 10))
        row = {"room": room}
        for words in (["analyze", "--store", store, "app:1"],
                      ["analyze", "--store", new, f"oci:{source}"],
                      ["image", "tag", "--store", store, "app:1", f"other:{room}"],
                      ["image", "load", "--store", store, "--tag", f"loaded:{room}", heavy]):
            run = subprocess.run([BINARY, *words], capture_output=True, text=True, check=False)
            verb = words[1] if words[0] == "image" else "analyze" + " new" * (new in words)
            row[verb] = [run.returncode, run.stdout, run.stderr]
        os.unlink(filler)
        row["names"] = sorted(assert_right(store))
        notes = os.path.join(store, "plimsoll", "notes", "report")
        row["notes"] = len(os.listdir(notes)) if os.path.isdir(notes) else 0
        run = subprocess.run([BINARY, "analyze", "--store", new, f"oci:{source}"],
                             capture_output=True, text=True, check=False)
        row["analyze after"] = [run.returncode, run.stdout, run.stderr]
        for words in (["rm", "--store", store, f"loaded:{room}"], ["prune", "--store", store]):
            subprocess.run([BINARY, "image", *words], capture_output=True, check=False)
        assert len(os.listdir(os.path.join(store, "blobs", "sha256"))) == 4  # room again
        print(json.dumps(row))


MOST_ROOM = 1536  # KiB; the last row shows that this is enough for all of it


def test_a_full_disk(tmp_path):
    """Names are given or not, but index.json stays whole; an analysis needs no room, and the store
    that it could not finish is a store."""
    probe = subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True)
    if probe.returncode:
        pytest.skip("no mount namespace can be made here")
    layers = [[(f"d{i % 50}/file{i}", b"%d" % i) for i in range(j, 3000, 2)] for j in range(2)]
    source = oci_layout(tmp_path / "source", layers, tag="docker.io/library/app:1")
    heavy = oci_layout(tmp_path / "heavy", [[("big", random_bytes(700_000, "heavy"))]])
    (tmp_path / "mount").mkdir()
    script = ("import sys; sys.path.insert(0, sys.argv[1]); import test_store; "
              "test_store.on_a_full_disk(*sys.argv[2:])")
    here = os.path.dirname(os.path.abspath(__file__))
    run = subprocess.run(["unshare", "-rm", sys.executable, "-c", script, here,
                          tmp_path / "mount", source, heavy],
                         capture_output=True, text=True, check=False,
                         env={**os.environ, "PLIMSOLL_NOW": "2026-11-24"})
    assert run.returncode == 0, run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(rows) == MOST_ROOM // 64 + 1
    for row in rows:
        for verb, name in (("tag", "other"), ("load", "loaded")):
            told = row[verb]
            assert told[0] == 0 or (told[0] == 3 and "plimsoll: error: " in told[2]), row
            named = f"docker.io/library/{name}:{row['room']}" in row["names"]
            assert named == (told[0] == 0), row
        for key in ("analyze", "analyze new", "analyze after"):
            assert row[key][0] == 0 and row[key][1] == rows[0][key][1], row
    assert rows[0]["tag"][0] == 3 and rows[0]["load"][0] == 3 and rows[0]["notes"] == 0
    assert rows[-1]["tag"][0] == 0 and rows[-1]["load"][0] == 0 and rows[-1]["notes"] == len(layers)


# -- reports depend on the layer alone -------------------------------------------------------------

def notes_of(store, kind):
    folder = os.path.join(store, "plimsoll", "notes", kind)
    found = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            found[name] = file.read()
    return found


def test_a_report_depends_on_the_layer_alone(plimsoll, tmp_path):
    """Byte-equal for gzip, zstd and none, an archive or a layout, any number of threads."""
    rng = random.Random(5)
    status = b"Package: app\nStatus: install ok installed\nVersion: 1.0\n"
    layers = [[(f"d{rng.randrange(9)}/f{i}", random_bytes(rng.randrange(3000), i))
               for i in range(200)] + [("var/lib/dpkg/status", status), (f"d{j}/.wh.f1", b"")]
              for j in range(4)]
    images = [f"oci:{oci_layout(tmp_path / how, layers, how=how)}"
              for how in ("none", "gzip", *(["zstd"] if shutil.which("zstd") else []))]
    docker_archive(tmp_path / "image.tar", layers)
    images.append(f"docker-archive:{tmp_path}/image.tar")
    first = None
    for image in images:
        for threads in (1, 2, 7):
            store = tmp_path / f"store-{len(os.listdir(tmp_path))}"
            plimsoll("analyze", "--store", store, "--threads", str(threads), image, code=0)
            reports = notes_of(store, "report")
            assert len(reports) == len(layers)
            first = first or reports
            assert reports == first, image
