#!/usr/bin/python3
"""Pull from a registry on loopback: `plimsoll image pull` and `skopeo copy` to an OCI layout, in turns.

Makes an image of eight gzip layers, puts it into Debian's docker-registry on a free port, pulls it
with both into fresh folders, and prints the median seconds and the ratio. Then pushes the unchanged
image and counts what the registry's log says was sent. Exits 1 when the pull is not twice as fast
as skopeo's, or when a blob was sent.

usage: bench/registry.py [MEGABYTES] [ROUNDS]
"""
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLIMSOLL = os.environ.get("PLIMSOLL", os.path.join(ROOT, "build", "plimsoll"))
sys.path.insert(0, os.path.join(ROOT, "tests", "cli"))
from made_images import oci_layout, random_bytes  # noqa: E402

LAYERS = 8
WANTED = 2.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_registry(folder):
    port = free_port()
    with open(os.path.join(folder, "registry.yml"), "w", encoding="utf-8") as file:
        file.write("version: 0.1\nlog: {level: error}\n"
                   f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
                   f"http: {{addr: '127.0.0.1:{port}'}}\n")
    log = open(os.path.join(folder, "registry.log"), "wb")  # noqa: SIM115
    process = subprocess.Popen(["docker-registry", "serve", f"{folder}/registry.yml"], stdout=log,
                               stderr=log)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"127.0.0.1:{port}"
        time.sleep(0.05)
    raise SystemExit("docker-registry does not start")


def timed(*command):
    """Wall and CPU seconds."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(runs):
    return [statistics.median(column) for column in zip(*runs)]


def sent_blobs(log_path, from_byte):
    """Requests of the log that carry bytes of a blob."""
    with open(log_path, "rb") as file:
        file.seek(from_byte)
        text = file.read().decode(errors="replace")
    return re.findall(r'"(?:PUT|PATCH) /v2/[^"]*/blobs/uploads/[^"]*"', text)


def bench(folder, megabytes, rounds):
    size = megabytes * 1_000_000 // LAYERS
    layers = [[(f"file{i}", random_bytes(size, i))] for i in range(LAYERS)]
    oci_layout(os.path.join(folder, "layout"), layers, "gzip", "bench")
    registry, host = start_registry(folder)
    try:
        name = f"{host}/bench/image:1"
        subprocess.run(["skopeo", "copy", "-q", "--dest-tls-verify=false",
                        f"oci:{folder}/layout:bench", f"docker://{name}"], check=True)
        ours, theirs = [], []
        for i in range(rounds):
            theirs.append(timed("skopeo", "copy", "-q", "--src-tls-verify=false",
                                f"docker://{name}", f"oci:{folder}/skopeo{i}:1"))
            shutil.rmtree(f"{folder}/skopeo{i}")
            ours.append(timed(PLIMSOLL, "image", "pull", "-q", "--store", f"{folder}/store",
                              name))
            if i + 1 < rounds:
                shutil.rmtree(f"{folder}/store")
        log = os.path.join(folder, "registry.log")
        before = os.path.getsize(log)
        push = subprocess.run([PLIMSOLL, "image", "push", "-q", "--store", f"{folder}/store",
                               name, "--format", "json"], check=True, capture_output=True,
                              text=True)
        time.sleep(0.2)
        row = json.loads(push.stdout)["images"][0]
        return medians(ours), medians(theirs), row["bytes"], len(sent_blobs(log, before))
    finally:
        registry.terminate()
        registry.wait()


def main():
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory(prefix="bench-registry-") as folder:
        ours, theirs, sent, requests = bench(folder, megabytes, rounds)
    ratio = theirs[0] / ours[0]
    print(f"pull of {megabytes} MB in {LAYERS} layers, median of {rounds}: wall, CPU")
    print(f"  plimsoll image pull  {ours[0]:6.2f} s {ours[1]:6.2f} s")
    print(f"  skopeo copy          {theirs[0]:6.2f} s {theirs[1]:6.2f} s")
    print(f"  ratio                {ratio:6.2f}   {theirs[1] / ours[1]:6.2f}   "
          f"(wanted: {WANTED:.1f} of wall)")
    print(f"push of the unchanged image: {sent} bytes of blobs in {requests} uploads (wanted: 0)")
    return 0 if ratio >= WANTED and sent == 0 and requests == 0 else 1


sys.exit(main())
