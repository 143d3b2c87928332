"""Pull and push against Debian's docker-registry, with skopeo on the other side."""

import json
import os
import shutil
import signal
import subprocess
import time

import jsonschema
import pytest
from conftest import BINARY, PATH, ROOT
from made_images import oci_layout
from registries import (
    OCI_INDEX,
    OCI_MANIFEST,
    digest_at,
    layout_digest,
    make_image,
    real_registry,
    skopeo,
    store_is_right,
    upload,
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with real_registry(str(tmp_path_factory.mktemp("registry"))) as server:
        yield server


@pytest.fixture(scope="module")
def layout(tmp_path_factory, registry):
    folder = make_image(tmp_path_factory.mktemp("image") / "layout", 3)
    upload(folder, f"{registry.host}/team/app:1")
    return folder


def check_schema(document, name):
    with open(f"{ROOT}/docs/schema/{name}", encoding="utf-8") as file:
        jsonschema.validate(document, json.load(file))


def pull(plimsoll, store, name, *more, **how):
    document = plimsoll.json("image pull", "--store", store, name, *more, **how)
    check_schema(document, "pull-1.json")
    return document["images"][0]


def push(plimsoll, store, *names):
    document = plimsoll.json("image push", "--store", store, *names)
    check_schema(document, "push-1.json")
    return document["images"][0]


def test_what_skopeo_pushed_is_pulled(plimsoll, registry, layout, tmp_path):
    name = f"{registry.host}/team/app:1"
    row = pull(plimsoll, tmp_path, name)
    assert row["digest"] == layout_digest(layout)
    assert (row["blobs"], row["present"], row["name"]) == (4, 0, name)
    store_is_right(tmp_path)
    again = pull(plimsoll, tmp_path, name)
    assert (again["blobs"], again["present"], again["bytes"]) == (0, 4, 0)
    shown = json.loads(skopeo("inspect", f"oci:{tmp_path}:{name}"))
    assert shown["Digest"] == layout_digest(layout)


def test_only_missing_blobs_are_fetched(plimsoll, registry, layout, tmp_path):
    name = f"{registry.host}/team/app:1"
    pull(plimsoll, tmp_path, name)
    blobs = os.path.join(tmp_path, "blobs", "sha256")
    largest = max(os.listdir(blobs), key=lambda blob: os.path.getsize(os.path.join(blobs, blob)))
    os.unlink(os.path.join(blobs, largest))
    before = len(registry.requests())
    row = pull(plimsoll, tmp_path, name)
    assert (row["blobs"], row["present"]) == (1, 3)
    asked = [request for request in registry.requests()[before:] if "/blobs/" in request]
    assert asked == [f"GET /v2/team/app/blobs/sha256:{largest}"]


def test_what_is_pushed_skopeo_reads(plimsoll, registry, layout, tmp_path):
    pull(plimsoll, tmp_path, f"{registry.host}/team/app:1")
    row = push(plimsoll, tmp_path, f"{registry.host}/team/app:1",
               f"localhost:{registry.port}/pushed/app:2")
    assert (row["blobs"], row["digest"]) == (4, layout_digest(layout))
    assert digest_at(f"{registry.host}/pushed/app:2") == layout_digest(layout)
    skopeo("copy", "-q", "--src-tls-verify=false", f"docker://{registry.host}/pushed/app:2",
           f"oci:{tmp_path}/back:1")
    assert layout_digest(f"{tmp_path}/back") == layout_digest(layout)


def test_blobs_are_mounted_from_where_they_came(plimsoll, registry, layout, tmp_path):
    pull(plimsoll, tmp_path, f"{registry.host}/team/app:1")
    row = push(plimsoll, tmp_path, f"{registry.host}/team/app:1",
               f"{registry.host}/mounted/app:1")
    assert (row["blobs"], row["mounted"], row["bytes"]) == (0, 4, 0)
    assert digest_at(f"{registry.host}/mounted/app:1") == layout_digest(layout)


def test_nothing_is_sent_of_an_unchanged_image(plimsoll, registry, layout, tmp_path):
    pull(plimsoll, tmp_path, f"{registry.host}/team/app:1")
    before = len(registry.requests())
    row = push(plimsoll, tmp_path, f"{registry.host}/team/app:1")
    assert (row["blobs"], row["mounted"], row["bytes"]) == (0, 0, 0)
    assert {ask.split()[0] for ask in registry.requests()[before:]} <= {"HEAD", "GET"}


def test_large_blobs_go_in_chunks(plimsoll, registry, tmp_path):
    big = make_image(tmp_path / "big", 70, "big", layers=1)
    skopeo("copy", "-q", f"oci:{big}:made", f"oci:{tmp_path}/store:{registry.host}/big/app:1")
    before = len(registry.requests())
    row = push(plimsoll, tmp_path / "store", f"{registry.host}/big/app:1")
    assert row["digest"] == digest_at(f"{registry.host}/big/app:1")
    asked = [ask.split()[0] for ask in registry.requests()[before:]]
    assert asked.count("PATCH") == 2


def index_of(layout, folder):
    """An index of two platforms in a copy of a layout."""
    other = oci_layout(folder, [[("other", b"arm")]], "gzip", "made")
    entries = []
    for source, architecture in ((layout, "amd64"), (other, "arm64")):
        with open(f"{source}/index.json", encoding="utf-8") as file:
            entry = json.load(file)["manifests"][0]
        entry.pop("annotations", None)
        entries.append({**entry, "platform": {"os": "linux", "architecture": architecture}})
    return other, entries


def put_index(registry, layout, other, entries, tag):
    import urllib.request

    upload(layout, f"{registry.host}/multi/app:one")
    upload(other, f"{registry.host}/multi/app:two")
    text = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
    request = urllib.request.Request(f"http://{registry.host}/v2/multi/app/manifests/{tag}", text,
                                     {"Content-Type": OCI_INDEX}, method="PUT")
    with urllib.request.urlopen(request) as answer:
        return answer.headers["Docker-Content-Digest"]


def test_platforms(plimsoll, registry, layout, tmp_path):
    other, entries = index_of(layout, tmp_path / "other")
    digest = put_index(registry, layout, other, entries, "1")
    name = f"{registry.host}/multi/app:1"
    assert pull(plimsoll, tmp_path / "a", name, "--platform", "linux/arm64")["digest"] == \
        entries[1]["digest"]
    whole = pull(plimsoll, tmp_path / "b", name, "--all-platforms")
    assert (whole["digest"], whole["media_type"]) == (digest, OCI_INDEX)
    copy = push(plimsoll, tmp_path / "b", name, f"{registry.host}/multi/copy:1")
    assert copy["digest"] == digest
    missing = plimsoll("image pull", "--store", tmp_path / "c", name, "--platform", "linux/s390x",
                       code=2)
    assert "linux/amd64, linux/arm64" in missing.stderr
    run = plimsoll("image push", "--store", tmp_path / "a", name, f"{registry.host}/multi/x:1")
    assert run.returncode == 0  # one platform is an image of its own


def test_a_digest_is_pulled(plimsoll, registry, layout, tmp_path):
    name = f"{registry.host}/team/app@{layout_digest(layout)}"
    assert pull(plimsoll, tmp_path, name)["digest"] == layout_digest(layout)
    wrong = plimsoll("image pull", "--store", tmp_path,
                     f"{registry.host}/team/app@sha256:{'0' * 64}", code=3)
    assert "status 404" in wrong.stderr and "MANIFEST_UNKNOWN" in wrong.stderr


@pytest.mark.parametrize("words, code, says", [
    (("image pull", "HOST/no/such:1"), 3, "MANIFEST_UNKNOWN"),
    (("image pull", "HOST/UPPER:1"), 2, "no capital letters"),
    (("image push", "HOST/not/here:1"), 3, "the store has no image"),
    (("image pull", "127.0.0.1:1/x/y:1"), 3, "127.0.0.1:1"),
])
def test_what_cannot_be_done_is_told(plimsoll, registry, tmp_path, words, code, says):
    words = [word.replace("HOST", registry.host) for word in words]
    run = plimsoll(words[0], "--store", tmp_path, *words[1:], code=code)
    assert says in run.stderr
    assert run.stdout == ""


def test_docker_and_plain_names_of_commands(plimsoll, registry, layout, tmp_path):
    name = f"{registry.host}/team/app:1"
    run = plimsoll("docker pull", "--store", tmp_path, f"docker://{name}", code=0)
    assert run.stdout == f"{name}@{layout_digest(layout)}\n"
    assert plimsoll("push", "--store", tmp_path, name, code=0).stdout == run.stdout


# -- IMAGE is a name -------------------------------------------------------------------------------


def test_analyze_straight_from_the_registry(plimsoll, registry, layout, tmp_path):
    name = f"{registry.host}/team/app:1"
    there = plimsoll.json("analyze", f"docker://{name}", "--store", tmp_path)
    here = plimsoll.json("analyze", f"oci:{layout}:made", "--store", tmp_path / "other")
    assert there["layers"] == here["layers"]
    assert there["image"]["digest"] == layout_digest(layout)
    assert not os.path.exists(tmp_path / "blobs" / "sha256" / layout_digest(layout)[7:])


def test_what_is_known_is_not_downloaded_again(plimsoll, registry, layout, tmp_path):
    name = f"docker://{registry.host}/team/app:1"
    first = plimsoll.json("analyze", name, "--store", tmp_path)
    before = len(registry.requests())
    second = plimsoll.json("analyze", name, "--store", tmp_path)
    assert first == second
    blobs = [ask for ask in registry.requests()[before:] if "/blobs/" in ask]
    assert len(blobs) == 1  # the config


def test_a_bare_name_is_pulled_when_it_is_missing(plimsoll, registry, layout, tmp_path):
    name = f"{registry.host}/team/app:1"
    never = plimsoll("analyze", name, "--store", tmp_path, "--pull", "never", "--from-engine",
                     "no", code=3)
    assert "--pull missing" in never.stderr
    first = plimsoll("analyze", name, "--store", tmp_path, "--from-engine", "no", "--progress",
                     "plain", code=0)
    assert "from its registry" in first.stderr
    second = plimsoll("analyze", name, "--store", tmp_path, "--pull", "never", "--progress",
                      "plain", code=0)
    assert "from the store" in second.stderr
    before = len(registry.requests())
    plimsoll("analyze", name, "--store", tmp_path, "--pull", "always", code=0)
    assert any("manifests" in ask for ask in registry.requests()[before:])


def test_a_folder_with_the_name_of_an_image_is_no_image(plimsoll, tmp_path, layout):
    """`web:1` beside a folder web/ is a name; with a layout in that folder it is a tag of it."""
    (tmp_path / "web").mkdir()
    words = ("--store", tmp_path / "store", "--pull", "never", "--from-engine", "no")
    run = plimsoll("analyze", "web:1", *words, cwd=tmp_path, code=3)
    assert "'web:1' is neither a file, nor in the store" in run.stderr
    shutil.rmtree(tmp_path / "web")
    shutil.copytree(layout, tmp_path / "web")
    plimsoll("analyze", "web:made", *words, cwd=tmp_path, code=0)


# -- progress --------------------------------------------------------------------------------------


def test_progress_goes_to_stderr(plimsoll, registry, layout, tmp_path):
    name = f"{registry.host}/team/app:1"
    plain = plimsoll("image pull", "--store", tmp_path / "a", name, code=0)
    assert plain.stdout.count("\n") == 1
    assert plain.stderr.count("plimsoll: blob ") == 4 and "\033" not in plain.stderr
    lines = plimsoll("image pull", "--store", tmp_path / "b", name, "--progress", "json", code=0)
    events = [json.loads(line) for line in lines.stderr.splitlines()]
    assert sum(event["event"] == "done" for event in events) == 4
    done = [event for event in events if event["event"] == "done"]
    assert all(event["bytes"] == event["total"] for event in done)
    live = plimsoll("image pull", "--store", tmp_path / "c", name, "--progress", "tty", code=0)
    assert "\033[" in live.stderr
    for more in (("-q",), ("--progress", "none")):
        quiet = plimsoll("image pull", "--store", tmp_path / "c", name, *more, code=0)
        assert quiet.stderr == "" and quiet.stdout == plain.stdout


# -- kill -9 ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_pulls_leave_a_right_store(plimsoll, registry, tmp_path):
    big = make_image(tmp_path / "big", 60, "killed", layers=6)
    name = f"{registry.host}/killed/app:1"
    upload(big, name)
    begin = time.monotonic()
    pull(plimsoll, tmp_path / "whole", name)
    whole_s = time.monotonic() - begin
    kills = 0
    for attempt in range(20):
        store = tmp_path / f"store{attempt}"
        process = subprocess.Popen([BINARY, "image", "pull", "-q", "--store", str(store), name],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={"PATH": PATH})
        time.sleep(whole_s * attempt / 20)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
        store_is_right(store)
        row = pull(plimsoll, store, name)
        assert row["digest"] == layout_digest(big)
        store_is_right(store)
        names = os.listdir(store / "blobs" / "sha256")
        assert len(names) == 8 and not [name for name in names if name.startswith(".")]
        shutil.rmtree(store)
    assert kills >= 5, "hardly a pull was caught in the middle"


# -- what is attached ------------------------------------------------------------------------------


def test_a_subject_is_noted_where_the_registry_does_not(plimsoll, registry, layout, tmp_path):
    """docker-registry 2.8 has no referrers: a push of a manifest with a subject writes the tag."""
    subject = layout_digest(layout)
    artifact = oci_layout(tmp_path / "sbom", [[("sbom", b"{}")]], "gzip", "made")
    with open(f"{artifact}/index.json", encoding="utf-8") as file:
        entry = json.load(file)["manifests"][0]
    with open(f"{artifact}/blobs/sha256/{entry['digest'][7:]}", encoding="utf-8") as file:
        manifest = json.load(file)
    manifest["artifactType"] = "application/x-sbom"
    manifest["subject"] = {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1}
    from made_images import sha256

    text = json.dumps(manifest).encode()
    with open(f"{artifact}/blobs/sha256/{sha256(text)}", "wb") as file:
        file.write(text)
    name = f"{registry.host}/team/app:sbom"
    entry.update(digest=f"sha256:{sha256(text)}", size=len(text),
                 annotations={"org.opencontainers.image.ref.name": name})
    with open(f"{artifact}/index.json", "w", encoding="utf-8") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    for _ in range(2):
        push(plimsoll, artifact, name, f"{registry.host}/team/app:sbom{_}")
    raw = json.loads(skopeo("inspect", "--raw", "--tls-verify=false",
                            f"docker://{registry.host}/team/app:{subject.replace(':', '-')}"))
    assert [row["digest"] for row in raw["manifests"]] == [entry["digest"]]
    assert raw["manifests"][0]["artifactType"] == "application/x-sbom"
    listed = plimsoll.json("image referrers", f"{registry.host}/team/app:1")
    check_schema(listed, "referrers-1.json")
    assert [(row["digest"], row["artifact_type"]) for row in listed["referrers"]] == \
        [(entry["digest"], "application/x-sbom")]
    for artifact_type, count in (("application/x-sbom", 1), ("application/other", 0)):
        run = plimsoll("image referrers", f"{registry.host}/team/app:1", "--artifact-type",
                       artifact_type, code=0)
        assert run.stdout.count("\n") == count


