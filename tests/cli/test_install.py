"""What is built and what `meson install` puts where."""
import os
import re
import shutil
import subprocess

import pytest

# libzstd adds 0.03 ms to a start, measured; libcrypto would add 0.6: it is opened when needed.
LIBRARIES = {"libzstd.so.1", "libc.so.6", "libfyaml.so.0"}
INSTALLED = [
    "bin/plimsoll",
    "share/bash-completion/completions/plimsoll",
    "share/fish/vendor_completions.d/plimsoll.fish",
    "share/man/man1/plimsoll.1",
    "share/man/man5/plimsoll.yaml.5",
    "share/zsh/site-functions/_plimsoll",
]


@pytest.mark.limits
def test_few_libraries_are_loaded_at_start(plimsoll):
    """Each one costs every start of the program; others are opened where they are needed."""
    if not shutil.which("readelf"):
        pytest.skip("readelf is not installed")
    text = subprocess.run(["readelf", "-dlW", plimsoll.binary], capture_output=True, text=True,
                          check=True).stdout
    assert set(re.findall(r"\(NEEDED\).*\[(.*)\]", text)) <= LIBRARIES
    assert "(RPATH)" not in text and "(RUNPATH)" not in text
    assert re.search(r"\(FLAGS(_1)?\).*(BIND_NOW|NOW)", text) and "GNU_RELRO" in text
    assert "PIE" in text and "RWE" not in text


def test_install_into_a_folder(plimsoll, tmp_path):
    build = os.path.dirname(os.path.abspath(plimsoll.binary))
    if not os.path.exists(os.path.join(build, "build.ninja")) or not shutil.which("meson"):
        pytest.skip("the program does not stand in its build folder")
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir",
                    str(tmp_path)], capture_output=True, check=True)
    found = sorted(os.path.relpath(os.path.join(top, name), tmp_path)
                   for top, _, names in os.walk(tmp_path) for name in names)
    pages = [f"share/man/man1/plimsoll-{name}.1".replace(" ", "-") for name in plimsoll.commands()]
    for wanted in INSTALLED + pages:
        assert any(path.endswith("/" + wanted) for path in found), wanted
    assert not [path for path in found if "faulty" in path or path.endswith((".a", ".o"))]
    program = tmp_path / next(path for path in found if path.endswith("bin/plimsoll"))
    run = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    assert run.stdout == plimsoll("version", code=0).stdout


@pytest.mark.slow
def test_the_debian_package(plimsoll, tmp_path):
    if not shutil.which("dh") or not shutil.which("dpkg-buildpackage"):
        pytest.skip("debhelper is not installed")
    if subprocess.run(["git", "-C", plimsoll.root, "rev-parse", "HEAD"], capture_output=True,
                      check=False).returncode:
        pytest.skip("this is no clone")
    run = subprocess.run([os.path.join(plimsoll.root, "tools", "package"), tmp_path / "deb"],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    package = next(path for path in run.stdout.split() if "dbgsym" not in path)
    listed = subprocess.run(["dpkg", "-c", package], capture_output=True, text=True,
                            check=True).stdout
    for wanted in INSTALLED:
        assert f"./usr/{wanted}" in listed, wanted
