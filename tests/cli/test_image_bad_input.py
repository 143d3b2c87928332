"""Archives, layouts and layers that somebody made to do harm: refused with a reason, or handled as
the specification says; memory stays flat, and nothing is written but the store."""
import io
import json
import os
import random
import subprocess
import sys
import tarfile

import pytest

from made_images import config_of, docker_archive, layer_tar, oci_layout, sha256

A = ("etc/a", b"aaaa")


def header(name, size=b"00000000000\0", kind=b"0", link=b""):
    """A header block with a right checksum, whatever its fields say."""
    block = bytearray(512)
    block[0:len(name)] = name
    block[100:108] = block[108:116] = block[116:124] = b"0000644\0"
    block[124:136] = size
    block[136:148] = b"00000000001\0"
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[157:157 + len(link)] = link
    block[257:265] = b"ustar\00000"
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data):
    return data + b"\0" * (-len(data) % 512)


def pax(records, size=None):
    size = len(records) if size is None else size
    return header(b"pax", b"%011o\0" % size, b"x") + padded(records)


END = b"\0" * 1024
OCTAL_MOST = b"77777777777\0"

REFUSED = [
    ("no tar at all", b"hello, world\n" * 100, "no tar header at byte 0"),
    ("a name with ..", [("a/../../etc/passwd", b"x")], "leads out of the root"),
    ("a hard link with ..", [("a", {"hard": "../../etc/passwd"})], "leads out of the root"),
    ("a name of 5000 bytes", [("n" * 5000, b"x")], "a name passes its limit of 4096 bytes"),
    ("a size of 2^63", header(b"a", b"\x80\0\0\0\x80\0\0\0\0\0\0\0") + END,
     "a number in it is none"),
    ("a size of 2^62", header(b"a", b"\x80\0\0\0\x40\0\0\0\0\0\0\0") + END, "middle of an entry"),
    ("a size that is negative", header(b"a", b"\xff" * 12) + END, "a number in it is none"),
    ("a size past the end", header(b"a", OCTAL_MOST) + END, "middle of an entry"),
    ("a size that is no number", header(b"a", b"12x45678901\0") + END, "a number in it is none"),
    ("a PAX size past the end", pax(b"20 size=999999999999\n"[:21]) + header(b"a") + END,
     "PAX record is damaged"),
    ("a PAX record of no length", pax(b"x path=a\n") + header(b"a") + END, "PAX record is damaged"),
    ("a PAX record longer than its header", pax(b"99 path=a\n") + header(b"a") + END,
     "PAX record is damaged"),
    ("a PAX record of length 0", pax(b"0 path=a\n") + header(b"a") + END, "PAX record is damaged"),
    ("a PAX size that is none", pax(b"11 size=ab\n") + header(b"a") + END,
     "a number in it is none"),
    ("a PAX header of 2 MB", pax(b"x" * 10, 2 << 20) + END, "passes its limit of 1048576 bytes"),
    ("a name with a NUL", pax(b"12 path=a\0b\n") + header(b"a") + END, "holds a NUL byte"),
    ("a header that is cut off", header(b"a")[:300], "middle of an entry"),
    ("a checksum that lies", header(b"a")[:200] + b"x" + header(b"a")[201:] + END, "no tar header"),
]


@pytest.mark.parametrize("layer,says", [row[1:] for row in REFUSED],
                         ids=[row[0] for row in REFUSED])
def test_layers_that_are_refused(plimsoll, tmp_path, layer, says):
    for path in (docker_archive(tmp_path / "a.tar", [[A], layer]),
                 oci_layout(tmp_path / "l", [[A], layer])):
        run = plimsoll("analyze", path, code=3)
        assert says in run.stderr and "layer 2 of 2" in run.stderr, run.stderr
        assert run.stdout == ""


HANDLED = [
    ("an absolute name", [[("/etc/a", b"x"), ("//usr//b", b"y")]], 2, 0),
    ("control bytes", [[("a\x1b[31m\r\nb", b"x")]], 1, 0),
    ("a name of 4096 bytes", [[("/".join(["n" * 240] * 17)[:4096], b"x")]], 1, 0),
    ("2000 folders deep", [[("a/" * 2000 + "f", b"x")]], 1, 0),
    ("links out of the tree", [[("l", {"link": "../../../etc/shadow"}), ("m", {"link": "/"})]],
     0, 0),
    ("a file behind such a link", [[("l", {"link": "/etc"})], [("l/passwd", b"xx")]], 2, 0),
    ("whiteouts of nothing", [[A], [(".wh.none", b""), ("no/.wh.where", b""),
                                    ("no/.wh..wh..opq", b"")]], 4, 0),
    ("a whiteout with bytes", [[A], [("etc/.wh.a", b"bytes")]], 4, 4),
    ("what aufs kept for itself", [[A, (".wh..wh.aufs", b""), (".wh..wh.plnk", None)]], 4, 0),
    ("a whiteout without a name", [[A, (".wh.", b"")]], 4, 0),
    ("the same path twice", [[("a", b"one"), ("a", b"three")]], 8, 3),
    ("the same path, a folder then a file", [[("a", None), ("a", b"file")]], 4, 0),
    ("a hard link to a lower layer", [[A], [("etc/b", {"hard": "etc/a"})]], 4, 0),
    ("a hard link to nothing", [[("b", {"hard": "nothing"})]], 0, 0),
    ("hard links in a ring", [[("a", {"hard": "b"}), ("b", {"hard": "a"})]], 0, 0),
    ("an empty layer", [[A], END], 4, 0),
    ("a layer without its end", [layer_tar([A])[:1024]], 4, 0),
    ("something behind the end", [layer_tar([A]) + b"trailing" * 100], 4, 0),
]


@pytest.mark.parametrize("layers,size,wasted", [row[1:] for row in HANDLED],
                         ids=[row[0] for row in HANDLED])
def test_layers_that_are_handled(plimsoll, tmp_path, layers, size, wasted):
    for path in (docker_archive(tmp_path / "a.tar", layers), oci_layout(tmp_path / "l", layers)):
        report = plimsoll.json("analyze", path)
        assert report["image"]["size"] == size and report["wasted_bytes"] == wasted
        text = plimsoll("analyze", path, "--tree", code=0).stdout
        assert "\x1b" not in text and "\r" not in text


# -- documents -------------------------------------------------------------------------------------

def layout_of(folder, manifest, config=None):
    """A layout whose manifest is these bytes."""
    layout = oci_layout(folder, [[A]])
    blobs = os.path.join(layout, "blobs", "sha256")
    if config is not None:
        manifest = manifest.replace(b"CONFIG", sha256(config).encode())
        manifest = manifest.replace(b"12345", str(len(config)).encode())
        with open(os.path.join(blobs, sha256(config)), "wb") as file:
            file.write(config)
    with open(os.path.join(blobs, sha256(manifest)), "wb") as file:
        file.write(manifest)
    row = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": len(manifest),
           "digest": f"sha256:{sha256(manifest)}"}
    with open(os.path.join(layout, "index.json"), "w", encoding="utf-8") as file:
        json.dump({"schemaVersion": 2, "manifests": [row]}, file)
    return layout


CONFIG = b'{"config":{"digest":"sha256:CONFIG","size":12345},"layers":[]}'
DOCUMENTS = [
    ("a manifest of 100 MB", b" " * 100_000_000, None, "100000000 bytes pass the limit"),
    ("100,000 deep", b"[" * 100_000, None, "deep"),
    ("objects 100,000 deep", b'{"a":' * 100_000, None, "deep"),
    ("a key twice", b'{"config":1,"config":2}', None, "'config' stands twice"),
    ("a key twice inside", b'{"config":{"size":1,"size":2}}', None, "'size' stands twice"),
    ("no object", b"[]", None, "no JSON object"),
    ("no JSON", b"\0\1\2", None, "manifest"),
    ("no config", b"{}", None, "names no config"),
    ("a digest with a path", b'{"config":{"digest":"sha256:../../../../etc/passwd","size":1}}',
     None, "is no sha256 digest"),
    ("another algorithm", b'{"config":{"digest":"md5:00","size":1}}', None, "is no sha256 digest"),
    ("a negative size", CONFIG.replace(b"12345", b"-1"), b"", "has no size"),
    ("600 layers", CONFIG.replace(b"[]", b"[" + b",".join(
        [b'{"digest":"sha256:%064x","size":1}' % i for i in range(600)]) + b"]"), b"{}",
     "more than 512 layers"),
    ("a config of 20 MB", CONFIG, b" " * 20_000_000, "20000000 bytes pass the limit"),
    ("a config that is deep", CONFIG, b"[" * 100_000, "deep"),
    ("diff ids without layers", CONFIG, b'{"rootfs":{"diff_ids":["sha256:%064x"]}}' % 1,
     "0 layers, but 1 diff ids"),
    ("diff ids that are none", CONFIG, b'{"rootfs":{"diff_ids":[7]}}', "no sha256 diff id"),
    ("a config without diff ids", CONFIG, b"{}", "lists no diff ids"),
]


@pytest.mark.parametrize("manifest,config,says", [row[1:] for row in DOCUMENTS],
                         ids=[row[0] for row in DOCUMENTS])
def test_documents_that_are_refused(plimsoll, tmp_path, manifest, config, says):
    run = plimsoll("analyze", layout_of(tmp_path / "l", manifest, config), code=3)
    assert says in run.stderr, run.stderr


def test_indexes_in_indexes_have_an_end(plimsoll, tmp_path):
    layout = oci_layout(tmp_path / "l", [[A]])
    index = os.path.join(layout, "index.json")
    for depth in range(6):
        with open(index, encoding="utf-8") as file:
            inner = file.read().encode()
        with open(os.path.join(layout, "blobs", "sha256", sha256(inner)), "wb") as file:
            file.write(inner)
        row = {"mediaType": "application/vnd.oci.image.index.v1+json", "size": len(inner),
               "digest": f"sha256:{sha256(inner)}"}
        with open(index, "w", encoding="utf-8") as file:
            json.dump({"schemaVersion": 2, "manifests": [row]}, file)
        run = plimsoll("analyze", layout)
        assert run.returncode == (0 if depth < 3 else 3), run.stderr
    assert "more than 4 deep" in run.stderr


@pytest.mark.parametrize("what", ["config", "manifest", "layer", "diff id", "gone"])
def test_digests_that_lie(plimsoll, tmp_path, what):
    layout = oci_layout(tmp_path / "l", [[A]])
    blobs = os.path.join(layout, "blobs", "sha256")
    marks = {"config": b'{"architecture', "manifest": b'{"schemaVersion', "layer": b"\x1f\x8b"}
    store = tmp_path / "store"
    if what == "diff id":
        tar = layer_tar([A])
        with tarfile.open(tmp_path / "a.tar", "w") as archive:
            for name, data in (("l.tar", layer_tar([("etc/a", b"bbbb")])),
                               ("c", config_of([tar], None)),
                               ("manifest.json", b'[{"Config":"c","Layers":["l.tar"]}]')):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        layout = tmp_path / "a.tar"
    for name in os.listdir(blobs):
        path = os.path.join(blobs, name)
        with open(path, "rb") as file:
            data = file.read()
        if what == "gone" and data.startswith(b"\x1f\x8b"):
            os.unlink(path)
        elif what in marks and data.startswith(marks[what]):
            with open(path, "wb") as file:
                file.write(data[:-1] + bytes([data[-1] ^ 1]))
    run = plimsoll("analyze", layout, code=3)
    says = "is missing" if what == "gone" else "hint: the image is damaged"
    assert says in run.stderr
    plimsoll("image load", layout, "--tag", "x", "--store", store, code=3)
    assert plimsoll.json("image ls", "--store", store)["images"] == []
    for name in os.listdir(store / "blobs" / "sha256"):
        assert sha256((store / "blobs" / "sha256" / name).read_bytes()) == name


def test_links_of_an_archive_lead_nowhere(plimsoll, tmp_path):
    for target in ("layer.tar", "../../../etc/passwd", "/etc/passwd", "a" * 3000):
        with tarfile.open(tmp_path / "a.tar", "w") as archive:
            link = tarfile.TarInfo("layer.tar")
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
            for name, data in (("c", config_of([layer_tar([A])], None)),
                               ("manifest.json", b'[{"Config":"c","Layers":["layer.tar"]}]')):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        run = plimsoll("analyze", tmp_path / "a.tar", code=3)
        assert "too many links" in run.stderr or "is missing" in run.stderr


# -- memory, and what is written -------------------------------------------------------------------

def peak_of(plimsoll, *args):
    """Exit code and peak memory of a run, in MB."""
    # By a small process in between: what is forked begins with the memory of its parent.
    script = ("import resource, subprocess, sys\n"
              "run = subprocess.run(sys.argv[1:], capture_output=True)\n"
              "print(run.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    run = subprocess.run([sys.executable, "-c", script, plimsoll.binary, *map(str, args)],
                         stdout=subprocess.PIPE, check=True,
                         env={"PLIMSOLL_STORE": "/dev/null/none"})
    code, peak = run.stdout.split()
    return int(code), int(peak) / 1000


class Zeros(io.RawIOBase):
    """So many bytes of nothing."""

    def __init__(self, size):
        self.left = size

    def read(self, size=-1):
        size = min(size if size >= 0 else self.left, self.left)
        self.left -= size
        return bytes(size)


def test_memory_stays_flat(plimsoll, tmp_path):
    """300 MB of zeros in a gzip blob of 300 KB; 100,000 entries; a manifest of 100 MB."""
    if "asan" in plimsoll.binary:
        pytest.skip("sanitizers keep memory of their own")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("zeros")
        info.size = 300_000_000
        archive.addfile(info, Zeros(info.size))
    code, peak = peak_of(plimsoll, "analyze", oci_layout(tmp_path / "zeros", [out.getvalue()]))
    assert code == 0 and peak < 60, peak
    many = b"".join(header(b"dir%d/file%d" % (i // 100, i)) for i in range(100_000))
    code, peak = peak_of(plimsoll, "analyze", oci_layout(tmp_path / "many", [many + END]))
    assert code == 0 and peak < 100, peak
    layout = layout_of(tmp_path / "large", b" " * 100_000_000)
    code, peak = peak_of(plimsoll, "analyze", layout)
    assert code == 3 and peak < 20, peak


def test_nothing_is_written_but_the_store(plimsoll, tmp_path):
    evil = [("../../evil", b"x"), ("/evil", b"x"), ("l", {"link": "/"}), ("l/evil", b"x")]
    for index, entry in enumerate(evil):
        path = docker_archive(tmp_path / "a.tar", [[entry]], tag=f"x:{index}")
        plimsoll("image load", path, "--store", tmp_path / "store", cwd=tmp_path)
        plimsoll("analyze", path, "--store", tmp_path / "store", cwd=tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["a.tar", "store"]
    assert sorted(os.listdir(tmp_path / "store")) == [
        "blobs", "index.json", "oci-layout", "plimsoll"]
    assert not os.path.exists("/evil")


def test_a_save_that_fails_leaves_what_was_there(plimsoll, tmp_path):
    layout = oci_layout(tmp_path / "l", [[A], [("b", b"b" * 5000)]])
    blobs = os.path.join(layout, "blobs", "sha256")
    victim = max(os.listdir(blobs), key=lambda name: os.path.getsize(os.path.join(blobs, name)))
    with open(os.path.join(blobs, victim), "r+b") as file:
        file.seek(-3, os.SEEK_END)
        file.write(b"xyz")
    (tmp_path / "out.tar").write_bytes(b"before")
    run = plimsoll("image save", layout, "-o", tmp_path / "out.tar", code=3)
    assert "hint: the image is damaged" in run.stderr
    assert (tmp_path / "out.tar").read_bytes() == b"before"
    assert sorted(os.listdir(tmp_path)) == ["l", "out.tar"]


@pytest.mark.parametrize("how", ["gzip", "plain"])
def test_archives_that_are_cut_off(plimsoll, tmp_path, how):
    """A layout as an archive, cut at 40 places: never right, never a crash."""
    layout = oci_layout(tmp_path / "l", [[A, ("b", bytes(range(256)) * 40)]], how=how)
    plimsoll("image save", layout, "-o", tmp_path / "whole.tar", code=0)
    whole = (tmp_path / "whole.tar").read_bytes()
    used = whole.rindex(b"RepoTags")
    rng = random.Random(3)
    for _ in range(40):
        (tmp_path / "cut.tar").write_bytes(whole[:rng.randrange(1, used)])
        run = plimsoll("analyze", f"docker-archive:{tmp_path}/cut.tar", code=3)
        assert run.stderr.startswith("plimsoll: error: ") and run.stdout == ""
