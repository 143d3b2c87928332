"""A registry that breaks off, lies, stalls and sends elsewhere; see registries.Wrong."""

import json
import os
import time

import pytest
from registries import layout_digest, make_image, store_is_right, wrong_registry


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    return make_image(tmp_path_factory.mktemp("image") / "layout", 3)


def blob_paths(server, method="GET"):
    return [path for how, path, _ in server.seen if "/blobs/" in path and how == method]


def pull(plimsoll, store, server, *more, code=0, env=None):
    run = plimsoll("image pull", "--store", store, f"{server.host}/a/b:1", "--format", "json",
                   *more, code=code, env=env)
    store_is_right(store)
    return run


def largest(layout):
    folder = os.path.join(layout, "blobs", "sha256")
    return max(os.listdir(folder), key=lambda name: os.path.getsize(os.path.join(folder, name)))


def breaks(layout, times, at=400_000):
    """The largest blob's connection is closed after some bytes, the first few times."""
    left = [times]

    def plan(handler, path):
        if not path.endswith(largest(layout)) or not left[0]:
            return False
        left[0] -= 1
        data = handler.blob("sha256:" + largest(layout))
        wanted = handler.headers.get("Range")
        first = int(wanted.split("=")[1].split("-")[0]) if wanted else 0
        if wanted and handler.server.ranges:
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            first = 0 if not handler.server.ranges else first
            handler.send_response(200)
        handler.send_header("Content-Length", str(len(data) - first))
        handler.end_headers()
        handler.wfile.write(data[first:first + at])
        handler.break_off()
        return True

    return plan


def test_a_broken_download_goes_on_where_it_broke(plimsoll, layout, tmp_path):
    with wrong_registry(layout, breaks(layout, 2)) as server:
        run = pull(plimsoll, tmp_path, server)
        ranges = [headers.get("Range") for _, path, headers in server.seen
                  if path.endswith(largest(layout))]
    assert ranges == [None, "bytes=400000-", "bytes=800000-"]
    assert json.loads(run.stdout)["images"][0]["digest"] == layout_digest(layout)
    assert "going on at byte 400000" in run.stderr


def test_without_ranges_it_begins_again(plimsoll, layout, tmp_path):
    with wrong_registry(layout, breaks(layout, 1), ranges=False) as server:
        pull(plimsoll, tmp_path, server)
        assert len([path for path in blob_paths(server) if path.endswith(largest(layout))]) == 2


@pytest.mark.slow
def test_it_gives_up_in_the_end(plimsoll, layout, tmp_path):
    with wrong_registry(layout, breaks(layout, 99, at=0)) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
        assert len([path for path in blob_paths(server) if path.endswith(largest(layout))]) == 5
    assert largest(layout)[:12] in run.stderr
    assert not os.path.exists(tmp_path / "blobs" / "sha256" / largest(layout))


def test_a_stream_survives_a_broken_connection(plimsoll, layout, tmp_path):
    with wrong_registry(layout, breaks(layout, 2)) as server:
        run = plimsoll("analyze", f"docker://{server.host}/a/b:1", "--store", tmp_path, "--format",
                       "json", code=0)
    there = json.loads(run.stdout)
    here = plimsoll.json("analyze", f"oci:{layout}:made", "--store", tmp_path / "x")
    assert there["layers"] == here["layers"]


def flip(data):
    return bytes([data[0] ^ 1]) + data[1:]


@pytest.mark.parametrize("what", ["blobs", "manifests"])
def test_a_wrong_digest_is_refused(plimsoll, layout, tmp_path, what):
    def plan(handler, path):
        if f"/{what}/sha256:" not in path and not (what == "manifests" and "/manifests/" in path):
            return False
        name = path.rsplit("/", 1)[1]
        digest = name if name.startswith("sha256:") else layout_digest(layout)
        data = handler.blob(digest)
        data = flip(data) if what == "blobs" else data.replace(b'"schemaVersion"',
                                                               b' "schemaVersion"')
        handler.answer(200, data, Docker_Content_Digest=digest)
        return True

    with wrong_registry(layout, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
        assert "sha256:" in run.stderr
        stream = plimsoll("analyze", f"docker://{server.host}/a/b:1", "--store", tmp_path / "s",
                          code=3)
        assert stream.stdout == ""
    assert not os.path.exists(tmp_path / "blobs" / "sha256" / largest(layout))


@pytest.mark.parametrize("more", [-1, 1, 10**15])
def test_a_length_that_lies(plimsoll, layout, tmp_path, more):
    def plan(handler, path):
        if not path.endswith(largest(layout)):
            return False
        data = handler.blob("sha256:" + largest(layout))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data) + more))
        handler.end_headers()
        handler.wfile.write(data)
        handler.break_off()
        return True

    with wrong_registry(layout, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
    assert "the manifest says" in run.stderr


def test_more_bytes_than_announced(plimsoll, layout, tmp_path):
    """No Content-Length, and no end: it is cut off as soon as there is too much."""
    def plan(handler, path):
        if not path.endswith(largest(layout)):
            return False
        data = handler.blob("sha256:" + largest(layout))
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        for _ in range(1000):
            handler.wfile.write(data)
        return True

    with wrong_registry(layout, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
    assert "more comes than" in run.stderr


def test_a_range_that_is_another(plimsoll, layout, tmp_path):
    first = breaks(layout, 1)

    def plan(handler, path):
        if first(handler, path):
            return True
        if not path.endswith(largest(layout)):
            return False
        data = handler.blob("sha256:" + largest(layout))
        handler.answer(206, data[5:], Content_Range=f"bytes 5-{len(data) - 1}/{len(data)}")
        return True

    with wrong_registry(layout, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
    assert "another range" in run.stderr


def test_retry_after_is_kept(plimsoll, layout, tmp_path):
    times = []

    def plan(handler, path):
        if "/manifests/" not in path or len(times) > 2:
            return False
        times.append(time.monotonic())
        if len(times) > 2:
            return False
        status, wait = (429, "1") if len(times) == 1 else (503, "0")
        handler.answer(status, b"{}", Retry_After=wait)
        return True

    with wrong_registry(layout, plan) as server:
        pull(plimsoll, tmp_path, server)
    assert len(times) == 3
    assert 1.0 <= times[1] - times[0] < 3.0


def test_a_wait_that_is_too_long_is_told(plimsoll, tmp_path, layout):
    def plan(handler, path):
        handler.answer(429, b'{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}',
                       Retry_After="3600")
        return True

    with wrong_registry(layout, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
        assert len(server.seen) == 1
    assert "TOOMANYREQUESTS: slow down" in run.stderr and "wait 3600 seconds" in run.stderr


def test_what_a_server_says_cannot_drive_the_terminal(plimsoll, tmp_path):
    def plan(handler, path):
        handler.answer(403, json.dumps({"errors": [{"code": "DENIED", "message": "\033[2Jno"}]})
                       .encode())
        return True

    with wrong_registry(None, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
    assert "\033" not in run.stderr and "DENIED" in run.stderr and "hint: log in" in run.stderr


# -- redirects -------------------------------------------------------------------------------------


def asks_login(handler):
    """Ask for a login where none is shown."""
    if handler.headers.get("Authorization"):
        return False
    handler.answer(401, b"{}", WWW_Authenticate='Basic realm="test"')
    return True


def test_a_redirect_does_not_take_the_login_along(plimsoll, layout, tmp_path):
    from registries import docker_config

    with wrong_registry(layout) as other:
        def plan(handler, path):
            if asks_login(handler):
                return True
            if "/blobs/" not in path:
                return False
            handler.answer(307, Location=f"http://{other.host}{path}?signed=1")
            return True

        with wrong_registry(layout, plan) as server:
            config = docker_config(tmp_path / "docker", server.host, "me", "secret")
            pull(plimsoll, tmp_path / "store", server, env={"DOCKER_CONFIG": config})
            assert any(headers.get("Authorization") for _, _, headers in server.seen)
        assert len(blob_paths(other)) == 4
        for _, _, headers in other.seen:
            assert "Authorization" not in headers


def test_a_redirect_to_the_same_host_keeps_it(plimsoll, layout, tmp_path):
    from registries import docker_config

    def plan(handler, path):
        if asks_login(handler):
            return True
        if "/blobs/" in path and "moved" not in path:
            handler.answer(302, Location=path.replace("/v2/a/b/", "/v2/moved/b/"))
            return True
        return False

    with wrong_registry(layout, plan) as server:
        config = docker_config(tmp_path / "docker", server.host, "me", "secret")
        pull(plimsoll, tmp_path / "store", server, env={"DOCKER_CONFIG": config})


@pytest.mark.parametrize("location, says", [
    ("/v2/loop/blobs/x", "redirects more than 5 times"),
    ("http://example.org/blob", "without TLS"),
    ("file:///etc/passwd", "is no address of http"),
    ("gopher://127.0.0.1/x", "is no address of http"),
    ("http://user@127.0.0.1/x", "is no address of http"),
])
def test_redirects_that_are_refused(plimsoll, layout, tmp_path, location, says):
    def plan(handler, path):
        if "/blobs/" not in path:
            return False
        handler.answer(302, Location=location)
        return True

    with wrong_registry(layout, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
        loops = [path for path in blob_paths(server) if "/loop/" in path]
        assert len(loops) in (0, 5, 10, 15, 20)
    assert says in run.stderr


# -- floods and silence ----------------------------------------------------------------------------


def test_huge_headers(plimsoll, tmp_path):
    def plan(handler, path):
        handler.send_response(200)
        for i in range(100):
            handler.send_header(f"X-{i}", "x" * 1000)
        handler.end_headers()
        return True

    with wrong_registry(None, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
    assert "headers of more than 64 KiB" in run.stderr


def test_one_huge_header(plimsoll, tmp_path):
    def plan(handler, path):
        handler.send_response(200)
        handler.send_header("X-Large", "x" * 3_000_000)
        handler.end_headers()
        return True

    with wrong_registry(None, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
    assert "headers of more than 64 KiB" in run.stderr


@pytest.mark.parametrize("says_so", [True, False])
def test_a_manifest_of_100_mb(plimsoll, tmp_path, says_so):
    sent = [0]

    def plan(handler, path):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        if says_so:
            handler.send_header("Content-Length", "100000000")
        else:
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" " * 1_000_000)
            sent[0] += 1_000_000
        return True

    with wrong_registry(None, plan) as server:
        run = pull(plimsoll, tmp_path, server, code=3)
    assert "limit of 4194304" in run.stderr or "limit is 4194304" in run.stderr
    assert sent[0] < 60_000_000


@pytest.mark.slow
def test_a_server_that_drips(plimsoll, layout, tmp_path):
    """A byte now and then is as good as silence."""
    def plan(handler, path):
        if "/manifests/" not in path:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.3)
        return True

    with wrong_registry(layout, plan) as server:
        begin = time.monotonic()
        run = pull(plimsoll, tmp_path, server, "--timeout", "1", code=3)
        assert time.monotonic() - begin < 40
        assert len(server.seen) == 5
    assert "does not go on" in run.stderr


@pytest.mark.slow
def test_a_server_that_is_silent(plimsoll, tmp_path):
    def plan(handler, path):
        time.sleep(4)
        handler.break_off()
        return True

    with wrong_registry(None, plan) as server:
        begin = time.monotonic()
        run = pull(plimsoll, tmp_path, server, "--timeout", "1", code=3)
        assert time.monotonic() - begin < 40
    assert "does not go on" in run.stderr


# -- documents -------------------------------------------------------------------------------------


def manifest_plan(text, content_type):
    def plan(handler, path):
        if "/manifests/" not in path:
            return False
        handler.answer(200, text, Content_Type=content_type)
        return True

    return plan


LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ZEROS = "sha256:" + "0" * 64


@pytest.mark.parametrize("document, content_type, says", [
    ({"schemaVersion": 1, "name": "x"}, "application/json", "schema 1"),
    ({"schemaVersion": 2, "mediaType": MANIFEST}, LIST, "is announced as"),
    ({"schemaVersion": 2, "mediaType": "application/x-other"}, MANIFEST, "and no image"),
    ({"schemaVersion": 2, "mediaType": MANIFEST}, MANIFEST, "names no config"),
    ({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
      "config": {"digest": "sha256:../../x", "size": 1}}, MANIFEST, "is no sha256 digest"),
    ({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
      "config": {"digest": ZEROS, "size": 2**62}}, MANIFEST, "a blob of"),
    ({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": ZEROS, "size": 1},
      "layers": [{"digest": ZEROS, "size": 1}] * 600}, MANIFEST, "more than 512 layers"),
    ({"schemaVersion": 2, "mediaType": LIST, "manifests": []}, LIST, "holds no image"),
])
def test_documents_that_are_refused(plimsoll, tmp_path, document, content_type, says):
    text = json.dumps(document).encode()
    with wrong_registry(None, manifest_plan(text, content_type)) as server:
        run = plimsoll("image pull", "--store", tmp_path, f"{server.host}/a/b:1")
    assert run.returncode in (2, 3)
    assert says in run.stderr
    store_is_right(tmp_path)


def test_an_index_that_holds_itself(plimsoll, tmp_path):
    """No digest can hold itself; what claims to is refused by its digest."""
    text = json.dumps({"schemaVersion": 2, "mediaType": LIST, "manifests": [
        {"mediaType": LIST, "digest": ZEROS, "size": 10,
         "platform": {"os": "linux", "architecture": "amd64"}}]}).encode()
    with wrong_registry(None, manifest_plan(text, LIST)) as server:
        for more in ((), ("--all-platforms",)):
            run = plimsoll("image pull", "--store", tmp_path, f"{server.host}/a/b:1",
                           "--platform" if not more else "-q",
                           *(("linux/amd64",) if not more else ()), *more, code=3)
            assert "for sha256:000" in run.stderr


# -- mirrors ---------------------------------------------------------------------------------------


def registries_conf(folder, text):
    path = folder / "registries.conf"
    path.write_text(text)
    return {"CONTAINERS_REGISTRIES_CONF": str(path)}


def test_mirrors_are_asked_first(plimsoll, layout, tmp_path):
    with wrong_registry(layout) as mirror, wrong_registry(layout) as real:
        env = registries_conf(tmp_path, f'[[registry]]\nlocation = "{real.host}"\n'
                              f'[[registry.mirror]]\nlocation = "{mirror.host}/cache"\n')
        run = pull(plimsoll, tmp_path / "store", real, env=env)
        assert real.seen == []
        assert blob_paths(mirror)[0].startswith("/v2/cache/a/b/")
    row = json.loads(run.stdout)["images"][0]
    assert row["from"] == mirror.host and row["name"] == f"{real.host}/a/b:1"


def test_a_mirror_that_does_not_do(plimsoll, layout, tmp_path):
    def plan(handler, path):
        if path.endswith(largest(layout)):
            handler.answer(404, b"{}")
            return True
        return False

    with wrong_registry(layout, plan) as mirror, wrong_registry(layout) as real:
        env = registries_conf(tmp_path, f'[[registry]]\nprefix = "{real.host}/a"\n'
                              f'location = "{real.host}/a"\n[[registry.mirror]]\n'
                              f'location = "{mirror.host}/a"\n')
        run = pull(plimsoll, tmp_path / "store", real, env=env)
        assert largest(layout) in " ".join(blob_paths(real))
    assert "does not do" in run.stderr
    assert json.loads(run.stdout)["images"][0]["from"] == real.host


def test_what_is_blocked_is_not_asked(plimsoll, layout, tmp_path):
    with wrong_registry(layout) as server:
        env = registries_conf(tmp_path, f'[[registry]]\nlocation = "{server.host}"\n'
                              'blocked = true\n')
        run = pull(plimsoll, tmp_path / "store", server, code=3, env=env)
        assert server.seen == []
    assert "blocks" in run.stderr


# -- pushes ----------------------------------------------------------------------------------------


def push(plimsoll, layout, server, code=0):
    return plimsoll("image push", "--store", layout, "made", f"{server.host}/a/b:1", code=code)


@pytest.fixture
def store(layout, tmp_path, plimsoll):
    with wrong_registry(layout) as server:
        plimsoll("image pull", "--store", tmp_path / "store", f"{server.host}/a/b:1", code=0)
        plimsoll("image tag", "--store", tmp_path / "store", f"{server.host}/a/b:1", "made", code=0)
    return tmp_path / "store"


@pytest.mark.parametrize("location, says", [
    ("http://example.org/upload", "without TLS"),
    (None, "where to send it"),
    ("ftp://127.0.0.1/x", "is no address"),
])
def test_uploads_are_not_sent_anywhere(plimsoll, store, location, says):
    def plan(handler, path):
        if handler.command == "HEAD":
            handler.answer(404)
        elif handler.command == "POST":
            handler.answer(202, Location=location)
        else:
            handler.answer(500)
        return True

    with wrong_registry(None, plan) as server:
        assert says in push(plimsoll, store, server, code=3).stderr


def test_a_failed_upload_is_sent_again(plimsoll, store, layout):
    uploads = {}
    failed = []

    def plan(handler, path):
        if handler.command == "HEAD":
            handler.answer(404)
        elif handler.command == "POST":
            handler.answer(202, Location=f"/upload/{len(uploads) + len(failed)}?state=x")
        elif "/upload/" in path and len(failed) < 2:
            failed.append(path)
            if len(failed) == 1:
                handler.break_off()
            else:
                handler.answer(503, b"")
        elif "/upload/" in path:
            uploads[path.split("digest=")[1]] = handler.server.body
            handler.answer(201)
        else:
            uploads["manifest"] = handler.server.body
            handler.answer(201)
        return True

    with wrong_registry(None, plan) as server:
        push(plimsoll, store, server)
    assert len(failed) == 2
    from made_images import sha256

    manifest = json.loads(uploads.pop("manifest"))
    sent = {name.replace("%3A", ":") for name in uploads}
    assert sent == {row["digest"] for row in [manifest["config"], *manifest["layers"]]}


# -- what is attached ------------------------------------------------------------------------------


def referrers_plan(pages, link):
    def plan(handler, path):
        if "/referrers/" not in path:
            return False
        page = int(path.split("page=")[1]) if "page=" in path else 0
        rows = [{"mediaType": MANIFEST, "digest": "sha256:" + str(page) * 64, "size": 1,
                 "artifactType": "a/b"}]
        more = {"Link": link.format(page=page + 1)} if page + 1 < pages else {}
        handler.answer(200, json.dumps({"schemaVersion": 2, "manifests": rows}).encode(), **more)
        return True

    return plan


def test_a_list_of_several_pages(plimsoll, layout):
    link = '</v2/a/b/referrers/x?page={page}>; rel="next"'
    with wrong_registry(layout, referrers_plan(3, link)) as server:
        listed = plimsoll.json("image referrers", f"{server.host}/a/b:1")
        asked = [path for _, path, _ in server.seen if "/referrers/" in path]
    assert asked[0].endswith("/referrers/" + layout_digest(layout))
    assert [row["digest"][7] for row in listed["referrers"]] == ["0", "1", "2"]


@pytest.mark.parametrize("link, says", [
    ('<http://localhost:1/v2/x?page={page}>; rel="next"', "goes on at another host"),
    ('</v2/a/b/referrers/x?page=0&again={page}>; rel="next"', "more than 64 pages"),
])
def test_lists_that_lead_astray(plimsoll, layout, link, says):
    def plan(handler, path):
        return referrers_plan(2, link)(handler, path.split("page=")[0])

    with wrong_registry(layout, plan) as server:
        run = plimsoll("image referrers", f"{server.host}/a/b:1", code=3)
    assert says in run.stderr
