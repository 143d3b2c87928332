"""Registries that tests start on free ports of loopback: Debian's own, and one that does wrong."""

import base64
import contextlib
import hashlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest
from made_images import oci_layout, random_bytes

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process=None, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process is None or process.poll() is None, "it ended at once"
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


@contextlib.contextmanager
def real_registry(folder, more="", port=None, scheme_lines=""):
    """Debian's docker-registry; `more` are lines of its configuration."""
    need("docker-registry")
    os.makedirs(folder, exist_ok=True)
    port = port or free_port()
    config = os.path.join(folder, "registry.yml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(
            "version: 0.1\nlog: {level: warn}\n"
            f"storage: {{filesystem: {{rootdirectory: '{folder}/data'}}}}\n{more}"
            f"http:\n  addr: 127.0.0.1:{port}\n{scheme_lines}"
        )
    log = os.path.join(folder, "registry.log")
    with open(log, "wb") as out:
        process = subprocess.Popen(["docker-registry", "serve", config], stdout=out, stderr=out)
    try:
        wait_for(port, process)
        yield Registry(f"127.0.0.1:{port}", port, log)
    finally:
        process.terminate()
        process.wait(timeout=20)


class Registry:
    def __init__(self, host, port, log):
        self.host, self.port, self.log = host, port, log

    def requests(self):
        """METHOD PATH of all that was asked so far."""
        time.sleep(0.1)
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return [
                " ".join(line.split('"')[1].split()[:2])
                for line in file
                if ' "' in line and "HTTP/1" in line
            ]


def make_image(folder, megabytes=1, seed="image", layers=3):
    """A layout with layers that do not compress; its path."""
    contents = [
        [(f"file{i}", random_bytes(megabytes * 1_000_000 // layers, f"{seed}{i}"))]
        for i in range(layers)
    ]
    return oci_layout(folder, contents, "gzip", "made")


def skopeo(*words):
    need("skopeo")
    run = subprocess.run(["skopeo", *words], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def upload(layout, reference, *more):
    skopeo("copy", "-q", "--dest-tls-verify=false", *more, f"oci:{layout}:made",
           f"docker://{reference}")


def digest_at(reference, *more):
    return json.loads(skopeo("inspect", "--tls-verify=false", *more, f"docker://{reference}"))[
        "Digest"
    ]


def layout_digest(layout):
    with open(os.path.join(layout, "index.json"), encoding="utf-8") as file:
        return json.load(file)["manifests"][0]["digest"]


def store_is_right(store):
    """Each blob is what its name says; no half blob and no temporary is left."""
    blobs = os.path.join(store, "blobs", "sha256")
    for name in os.listdir(blobs) if os.path.isdir(blobs) else []:
        with open(os.path.join(blobs, name), "rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() == name
    index = os.path.join(store, "index.json")
    if os.path.exists(index):
        with open(index, encoding="utf-8") as file:
            for entry in json.load(file)["manifests"]:
                assert os.path.exists(os.path.join(blobs, entry["digest"][7:]))


# -- a registry that does as it is told ------------------------------------------------------------


class Wrong(http.server.BaseHTTPRequestHandler):
    """Serves a layout's blobs and manifests; `server.plan` decides what goes wrong.

    A plan is called with the handler and the path before anything is answered; it answers itself
    and returns True, or returns False for the usual answer. Every request's path and headers are
    kept in server.seen.
    """

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names.setdefault("Content-Length", str(len(body)))
        for name, value in names.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def break_off(self):
        """Close the connection in the middle."""
        self.wfile.flush()
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def blob(self, digest):
        with open(os.path.join(self.server.layout, "blobs", "sha256", digest[7:]), "rb") as file:
            return file.read()

    def serve_blob(self, digest):
        data = self.blob(digest)
        wanted = self.headers.get("Range")
        if wanted and self.server.ranges:
            first = int(wanted.split("=")[1].split("-")[0])
            self.answer(206, data[first:],
                        Content_Range=f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.answer(200, data)

    def serve_manifest(self, name):
        digest = name if name.startswith("sha256:") else layout_digest(self.server.layout)
        data = self.blob(digest)
        self.answer(200, data, Content_Type=json.loads(data)["mediaType"],
                    Docker_Content_Digest=digest)

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        if self.server.plan and self.server.plan(self, self.path):
            return
        parts = urllib.parse.urlsplit(self.path).path.split("/")
        try:
            if parts[-2] == "blobs":
                self.serve_blob(parts[-1])
            elif parts[-2] == "manifests":
                self.serve_manifest(parts[-1])
            else:
                self.answer(404, b'{"errors":[{"code":"NAME_UNKNOWN","message":"what is it"}]}')
        except FileNotFoundError:
            self.answer(404, b'{"errors":[{"code":"BLOB_UNKNOWN","message":"no such blob"}]}')
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.body = self.rfile.read(length)
        self.do_GET()

    do_PUT = do_PATCH = do_DELETE = do_POST


@contextlib.contextmanager
def wrong_registry(layout=None, plan=None, ranges=True):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Wrong)
    server.daemon_threads = True
    server.layout, server.plan, server.ranges = layout, plan, ranges
    server.seen, server.body = [], b""
    server.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def docker_config(folder, host, user, password, **more):
    """A config.json with a login; the folder that DOCKER_CONFIG is to name."""
    os.makedirs(folder, exist_ok=True)
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump({"auths": {host: {"auth": auth}}, **more}, file)
    return str(folder)
