"""tools/measure-base asks a registry what a base weighs: here one on loopback."""
import os
import re
import subprocess

from conftest import BINARY, ROOT
from made_images import oci_layout, random_bytes
from registries import real_registry, upload


def measure(*names):
    return subprocess.run([os.path.join(ROOT, "tools", "measure-base"), *names], text=True,
                          capture_output=True, check=False, env={**os.environ, "PLIMSOLL": BINARY})


def test_it_asks_the_registry(tmp_path):
    layout = oci_layout(tmp_path / "layout", [[("bin/x", random_bytes(5000000, 1))],
                                               [("etc/y", b"y" * 7)]],
                        tag="made", config={"User": "nonroot"})
    with real_registry(str(tmp_path / "registry")) as server:
        upload(layout, f"{server.host}/base:1")
        run = measure(f"{server.host}/base:1")
        assert run.returncode == 0, run.stderr
        line = re.fullmatch(r"\.unpacked_mb = ([\d.]+), \.pull_mb = ([\d.]+), "
                            r"\.measured = \"\d{4}-\d\d-\d\d\", \.sample = \"\S+/base:1\", "
                            r"\.user = \"nonroot\",\n", run.stdout)
        assert line and line[1] == "5.0" and 5 <= float(line[2]) < 5.1
        run = measure(f"{server.host}/gone:1", f"{server.host}/base:1")
        assert run.returncode == 3 and run.stdout.count("\n") == 1
        assert "gone" in run.stderr


def test_without_a_name_it_says_what_it_wants():
    run = measure()
    assert run.returncode == 1 and "IMAGE..." in run.stderr
