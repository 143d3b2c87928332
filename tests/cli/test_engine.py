"""Images of engines on this host: a real podman's socket, and one made here that does wrong."""

import contextlib
import http.server
import json
import os
import shutil
import socketserver
import subprocess
import threading
import time

import pytest
from made_images import docker_archive, random_bytes
from registries import make_image, need, wrong_registry

LAYERS = [[("etc/base", random_bytes(300_000, "base"))], [("app", b"app" * 1000)],
          [(".wh.app", b"")]]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return str(docker_archive(tmp_path_factory.mktemp("saved") / "image.tar", LAYERS, "made:1"))


# -- podman ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def podman(tmp_path_factory, archive):
    """The socket of a podman with a storage of its own, that has the image; none: skipped."""
    need("podman")
    folder = tmp_path_factory.mktemp("podman")
    base = ["podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run",
            "--storage-driver", "vfs"]
    load = subprocess.run([*base, "load", "-i", archive], capture_output=True, text=True,
                          timeout=120)
    if load.returncode != 0:
        pytest.skip(f"podman cannot load an image here: {load.stderr[-200:]}")
    socket = f"{folder}/engine.sock"
    process = subprocess.Popen([*base, "system", "service", "--time", "0", f"unix://{socket}"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        if os.path.exists(socket):
            break
        time.sleep(0.05)
    else:
        process.kill()
        pytest.skip("podman's service does not listen")
    yield socket
    process.terminate()
    process.wait(timeout=20)
    shutil.rmtree(folder, ignore_errors=True)


def analyze(plimsoll, name, socket, store, *more, code=0):
    return plimsoll("analyze", name, "--store", store, "--format", "json", "--progress", "plain",
                    *more, env={"DOCKER_HOST": f"unix://{socket}"}, code=code)


def numbers(run):
    report = json.loads(run.stdout)
    return [(row["diff_id"], row["size"], row["wasted_bytes"]) for row in report["layers"]]


@pytest.mark.parametrize("name", ["docker-daemon:made:1", "docker-daemon:localhost/made:1",
                                  "made:1"])
def test_an_image_of_podman(plimsoll, podman, archive, tmp_path, name):
    there = analyze(plimsoll, name, podman, tmp_path, "--pull", "never")
    here = analyze(plimsoll, archive, podman, tmp_path / "x")
    assert numbers(there) == numbers(here)
    assert "from an engine on this host" in there.stderr


def test_podman_does_not_have_it(plimsoll, podman, tmp_path):
    run = analyze(plimsoll, "docker-daemon:absent:1", podman, tmp_path, code=3)
    assert "no engine on this host has 'absent:1'" in run.stderr
    run = analyze(plimsoll, "absent:1", podman, tmp_path, "--pull", "never", code=3)
    assert "nor in an engine" in run.stderr


# -- an engine that is made here -------------------------------------------------------------------


class Engine(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.seen.append(self.path)
        name, what = self.path[len("/images/"):].rsplit("/", 1)
        if name not in self.server.names:
            self.send_response(404)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
            return
        with open(self.server.archive, "rb") as file:
            data = file.read()
        body = b'{"Id": "x"}' if what == "json" else data
        self.send_response(self.server.status if what == "get" else 200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if what == "get":
            body = body[:self.server.cut]
        for at in range(0, len(body), 65536):
            piece = body[at:at + 65536]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if what == "json" or self.server.cut >= len(data):
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@contextlib.contextmanager
def engine(folder, archive, names=("made:1",), cut=10**9, status=200):
    path = str(folder / "engine.sock")
    server = UnixServer(path, Engine)
    server.archive, server.names, server.seen = archive, names, []
    server.cut, server.status, server.path = cut, status, path
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def test_it_is_asked_as_docker_is(plimsoll, archive, tmp_path):
    with engine(tmp_path, archive) as server:
        there = analyze(plimsoll, "docker-daemon:made:1", server.path, tmp_path / "s")
        assert server.seen == ["/images/made:1/json", "/images/made:1/get"]
    assert numbers(there) == numbers(analyze(plimsoll, archive, "none", tmp_path / "s"))


def test_nothing_is_left_in_the_temporary_folder(plimsoll, archive, tmp_path):
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    with engine(tmp_path, archive) as server:
        plimsoll("analyze", "docker-daemon:made:1", "--store", tmp_path / "s",
                 env={"DOCKER_HOST": f"unix://{server.path}", "TMPDIR": str(scratch)}, code=0)
    assert os.listdir(scratch) == []


@pytest.mark.parametrize("cut, status, says", [(100_000, 200, "of the engine"), (0, 500, "500"),
                                               (0, 200, "of the engine")])
def test_an_engine_that_breaks_off(plimsoll, archive, tmp_path, cut, status, says):
    with engine(tmp_path, archive, cut=cut, status=status) as server:
        run = analyze(plimsoll, "docker-daemon:made:1", server.path, tmp_path / "s", code=3)
    assert says in run.stderr and run.stdout == ""


def test_store_then_engine_then_registry(plimsoll, archive, tmp_path):
    layout = make_image(tmp_path / "layout", 1)
    with wrong_registry(layout) as registry:
        name = f"{registry.host}/a/b:1"
        with engine(tmp_path, archive, names=(name,)) as server:
            first = analyze(plimsoll, name, server.path, tmp_path / "s")
            assert "from an engine" in first.stderr and registry.seen == []
            second = analyze(plimsoll, name, server.path, tmp_path / "s", "--from-engine", "no")
            assert "from its registry" in second.stderr
            asked = len(server.seen)
            third = analyze(plimsoll, name, server.path, tmp_path / "s")
            assert "from the store" in third.stderr and len(server.seen) == asked
    assert numbers(second) == numbers(third) != numbers(first)
    assert [json.loads(run.stdout)["image"]["transport"] for run in (first, second, third)] == \
        ["docker-daemon", "registry", "store"]


@pytest.mark.parametrize("address, says", [
    ("ssh://host", "DOCKER_HOST is 'ssh://host'"),
    ("tcp://example.org:2375", "is not on this host"),
])
def test_engines_that_are_elsewhere(plimsoll, tmp_path, address, says):
    run = plimsoll("analyze", "docker-daemon:x:1", "--store", tmp_path, code=3,
                   env={"DOCKER_HOST": address})
    assert says in run.stderr


def test_an_engine_that_does_not_answer_is_told(plimsoll, archive, tmp_path):
    import socket

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    run = analyze(plimsoll, "made:1", tmp_path / "dead.sock", tmp_path / "s", "--pull", "never",
                  code=3)
    assert "does not answer" in run.stderr
