"""Who owns which bytes: databases and programs made by the test, and damaged ones."""

import io
import json
import shutil
import sqlite3
import struct
import subprocess
import zipfile
import zlib

import pytest
from made_images import docker_archive


def packages(plimsoll, folder, files, more=()):
    image = docker_archive(folder / "image.tar", [files, *more])
    report = plimsoll.json("analyze", image)
    return {
        (row["type"], row["name"], row["version"]): (row["files"], row["bytes"])
        for row in report["packages"]
    }


# -- rpm ------------------------------------------------------------------------------------------


def rpm_header(name, version, release, files, epoch=None):
    """A header blob: tags, then their data."""
    folders = sorted({path.rsplit("/", 1)[0] + "/" for path in files})
    strings = lambda words: b"".join(word.encode() + b"\0" for word in words)
    numbers = lambda values: b"".join(struct.pack(">I", value) for value in values)
    tags = [
        (1000, 6, 1, strings([name])),
        (1001, 6, 1, strings([version])),
        (1002, 6, 1, strings([release])),
        (
            1116,
            4,
            len(files),
            numbers(folders.index(path.rsplit("/", 1)[0] + "/") for path in files),
        ),
        (1117, 8, len(files), strings(path.rsplit("/", 1)[1] for path in files)),
        (1118, 8, len(folders), strings(folders)),
    ]
    if epoch:
        tags.append((1003, 4, 1, numbers([epoch])))
    index, data = b"", b""
    for tag, kind, count, value in tags:
        data += b"\0" * (-len(data) % 4)
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += value
    return struct.pack(">II", len(tags), len(data)) + index + data


HEADERS = [
    rpm_header("bash", "5.1", "2.el9", ["/usr/bin/bash", "/usr/share/doc/bash"]),
    rpm_header("bind", "9.16", "1.el9", ["/usr/sbin/named"], epoch=32),
    rpm_header("gpg-pubkey", "1", "2", []),
]
RPM_FILES = [
    ("usr/bin/bash", b"b" * 1000),
    ("usr/share/doc/bash", b"d" * 10),
    ("usr/sbin/named", b"n" * 500),
]
RPMS = {("rpm", "bash", "5.1-2.el9"): (2, 1010), ("rpm", "bind", "32:9.16-1.el9"): (1, 500)}


def rpm_sqlite(folder):
    path = folder / "rpmdb.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")  # as rpm does
        db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        for header in HEADERS:
            db.execute("INSERT INTO Packages (blob) VALUES (?)", (header,))
    db.close()
    return path.read_bytes()


def rpm_ndb():
    """A page of slots, then blobs in blocks of 16 bytes."""
    slots = b"RpmP" + struct.pack("<IIII", 0, 1, 1, 4) + b"\0" * 12
    blobs, block = b"", 4096 // 16
    for number, header in enumerate(HEADERS, 1):
        blob = b"BlbS" + struct.pack("<III", number, 1, len(header)) + header
        blob += struct.pack("<II", zlib.adler32(header), len(header)) + b"BlbE"
        blob += b"\0" * (-len(blob) % 16)
        slots += b"Slot" + struct.pack("<III", number, block, len(blob) // 16)
        blobs += blob
        block += len(blob) // 16
    while len(slots) < 4096:
        slots += b"Slot" + b"\0" * 12
    return slots + blobs


def rpm_bdb(order="<", size=512):
    """A Berkeley DB hash: a page of items, each in a chain of overflow pages."""
    chains, pages = [], []

    def page(kind, body, following=0, entries=0, used=0):
        head = struct.pack(order + "QIIIHHBB", 0, 0, 0, following, entries, used, 0, kind)
        return (head + body).ljust(size, b"\0")

    for header in HEADERS:
        first = 2 + len(pages)
        pieces = [header[at : at + size - 26] for at in range(0, len(header), size - 26)]
        for number, piece in enumerate(pieces, 1):
            following = first + number if number < len(pieces) else 0
            pages.append(page(7, piece, following, 1, len(piece)))
        chains.append((first, len(header)))
    items, offsets, at = b"", [], size
    for key, (first, length) in enumerate(chains):
        for item in (
            b"\1" + struct.pack(order + "I", key),
            b"\3\0\0\0" + struct.pack(order + "II", first, length),
        ):
            at -= len(item)
            offsets.append(at)
            items = item + items
    body = struct.pack(order + f"{len(offsets)}H", *offsets)
    body = body.ljust(size - 26 - len(items), b"\0") + items
    meta = struct.pack(order + "QIIII", 0, 0, 0x061561, 9, size).ljust(size, b"\0")
    return meta + page(13, body, 0, len(offsets)) + b"".join(pages)


@pytest.mark.parametrize("kind", ["sqlite", "ndb", "bdb", "bdb of another byte order"])
def test_rpm(plimsoll, tmp_path, kind):
    place, data = {
        "sqlite": ("usr/lib/sysimage/rpm/rpmdb.sqlite", rpm_sqlite(tmp_path)),
        "ndb": ("usr/lib/sysimage/rpm/Packages.db", rpm_ndb()),
        "bdb": ("var/lib/rpm/Packages", rpm_bdb()),
        "bdb of another byte order": ("var/lib/rpm/Packages", rpm_bdb(">")),
    }[kind]
    assert packages(plimsoll, tmp_path, [(place, data), *RPM_FILES]) == RPMS


@pytest.mark.parametrize(
    "place", ["var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages.db", "var/lib/rpm/Packages"]
)
def test_damaged_rpm_databases(plimsoll, tmp_path, place):
    whole = {
        "rpmdb.sqlite": rpm_sqlite(tmp_path),
        "Packages.db": rpm_ndb(),
        "Packages": rpm_bdb(),
    }[place.rsplit("/", 1)[1]]
    layers = [[(place, whole[:cut])] for cut in range(0, len(whole), max(1, len(whole) // 12))]
    for step in range(0, min(len(whole), 6000), 397):
        turned = bytearray(whole)
        turned[step] ^= 0xFF
        layers.append([(place, bytes(turned))])
    image = docker_archive(tmp_path / "image.tar", layers)
    plimsoll("analyze", image, code=0)


# -- programs -------------------------------------------------------------------------------------


def elf(sections, wide=True):
    """An ELF file of these sections: name -> (type, bytes)."""
    names, body, headers = b"\0", b"", []
    start = 64 if wide else 52
    for name, (kind, data) in {"": (0, b""), **sections, ".shstrtab": (3, None)}.items():
        at = names.find(name.encode() + b"\0") if name else 0
        if name:
            at = len(names)
            names += name.encode() + b"\0"
        if data is None:
            data = names
        body += b"\0" * (-len(body) % 16)
        address = 0x400000 + len(body) if kind == 1 else 0
        headers.append((at, kind, address, start + len(body), len(data)))
        body += data
    table = start + len(body)
    word = "Q" if wide else "I"
    head = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + b"\0" * 9
    head += struct.pack(
        f"<HHI{word}{word}{word}IHHHHHH",
        2, 62, 1, 0, 0, table, 0, start, 0, 0, 64 if wide else 40, len(headers), len(headers) - 1,
    )  # fmt: skip
    rows = b"".join(
        struct.pack(f"<II{word}{word}{word}{word}II{word}{word}", a, k, 0, d, o, s, 0, 0, 1, 0)
        for a, k, d, o, s in headers
    )
    return head + body + rows


MODULES = (
    "path\texample.org/tool\nmod\texample.org/tool\tv1.2.3\th1:x\n"
    "dep\tgolang.org/x/net\tv0.20.0\th1:y\ndep\told.org/a\tv0.1.0\n=>\tnew.org/a\tv0.2.0\th1:z\n"
)


def varint(data):
    size, out = len(data), b""
    while size > 127:
        out += bytes([size & 127 | 128])
        size >>= 7
    return out + bytes([size]) + data


def go_info():
    marked = b"0" * 16 + MODULES.encode() + b"1" * 16
    return b"\xff Go buildinf:" + b"\x08\x02" + b"\0" * 16 + varint(b"go1.22.1") + varint(marked)


GO = {
    ("go", "golang.org/x/net", "v0.20.0"): (0, 0),
    ("go", "new.org/a", "v0.2.0"): (0, 0),
    ("go", "stdlib", "1.22.1"): (0, 0),
}


@pytest.mark.parametrize("wide", [True, False])
def test_go(plimsoll, tmp_path, wide):
    program = elf({".text": (1, b"t" * 100), ".go.buildinfo": (1, go_info())}, wide)
    found = packages(plimsoll, tmp_path, [("usr/bin/tool", program)])
    assert found == {("go", "example.org/tool", "v1.2.3"): (1, len(program)), **GO}


def test_go_itself(plimsoll, tmp_path):
    """What the real linker writes."""
    if not shutil.which("go"):
        pytest.skip("go is not installed")
    (tmp_path / "go.mod").write_text("module example.org/real\ngo 1.18\n")
    (tmp_path / "main.go").write_text("package main\nfunc main() { println(1) }\n")
    run = subprocess.run(
        ["go", "build", "-o", "real", "."], cwd=tmp_path, capture_output=True, text=True
    )
    if run.returncode:
        pytest.skip(f"go cannot build: {run.stderr[:200]}")
    program = (tmp_path / "real").read_bytes()
    found = packages(plimsoll, tmp_path, [("app/real", program)])
    assert [found[key] for key in found if key[:2] == ("go", "example.org/real")] == [
        (1, len(program))
    ]
    assert any(key[:2] == ("go", "stdlib") for key in found)


def test_rust(plimsoll, tmp_path):
    audit = {
        "packages": [
            {"name": "tool", "version": "0.3.0", "source": "local", "root": True},
            {"name": "serde", "version": "1.0.1", "source": "crates.io"},
            {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
        ]
    }
    program = elf({".dep-v0": (1, zlib.compress(json.dumps(audit).encode()))})
    found = packages(plimsoll, tmp_path, [("app/tool", program)])
    assert found == {
        ("cargo", "tool", "0.3.0"): (1, len(program)),
        ("cargo", "serde", "1.0.1"): (0, 0),
    }


def test_symbols_are_bloat(plimsoll, tmp_path):
    symbols = {".symtab": (2, b"s" * 4000), ".strtab": (3, b"n" * 1000)}
    program = elf({**symbols, ".debug_info": (1, b"d" * 500)})
    image = docker_archive(tmp_path / "image.tar", [[("app/tool", program)]])
    (row,) = plimsoll.json("analyze", image)["bloat"]
    assert (row["rule"], row["class"], row["bytes"]) == ("image/debug-symbols", "B", 5500)


def test_damaged_programs(plimsoll, tmp_path):
    whole = elf({".go.buildinfo": (1, go_info()), ".dep-v0": (1, zlib.compress(b"{}" * 50))})
    files = [(f"p{cut}", whole[:cut]) for cut in range(0, len(whole), 7)]
    files += [
        (f"q{at}", whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        for at in range(len(whole))
    ]
    plimsoll("analyze", docker_archive(tmp_path / "image.tar", [files]), code=0)


# -- jars -----------------------------------------------------------------------------------------


def jar(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def pom(group, artifact, version):
    text = f"#made\ngroupId={group}\nartifactId={artifact}\nversion={version}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text}


def test_java(plimsoll, tmp_path):
    inner = jar(pom("org.inner", "inner", "3.0"))
    fat = jar(
        {
            **pom("com.corp", "service", "1.0"),
            **pom("org.shaded", "lib", "2.0"),
            "BOOT-INF/lib/inner-3.0.jar": inner,
            "a.class": "x" * 100_000,
        }
    )
    manifest = "Manifest-Version: 1.0\r\nImplementation-Version: 5.5\r\n"
    plain = jar({"META-INF/MANIFEST.MF": manifest})
    named = jar({"x.class": "x"})
    found = packages(
        plimsoll,
        tmp_path,
        [
            ("app/service-1.0.jar", fat),
            ("app/plain-9.jar", plain),
            ("app/a-b-1.2.jar", named),
            ("app/no.jar", b"PK"),
        ],
    )
    assert found == {
        ("maven", "com.corp:service", "1.0"): (1, len(fat)),
        ("maven", "org.shaded:lib", "2.0"): (0, 0),
        ("maven", "org.inner:inner", "3.0"): (0, 0),
        ("maven", "plain", "5.5"): (1, len(plain)),
        ("maven", "a-b", "1.2"): (1, len(named)),
    }


# -- dpkg, pip, conda -----------------------------------------------------------------------------


def status(**packages_):
    return "\n".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: 1\n{more}"
        for name, more in packages_.items()
    ).encode()


def test_diversions_and_merged_usr(plimsoll, tmp_path):
    files = [
        ("var/lib/dpkg/status", status(dash="", bash="")),
        ("var/lib/dpkg/info/bash.list", b"/bin/sh\n/bin/bash\n"),
        ("var/lib/dpkg/info/dash.list", b"/bin/sh\n"),
        ("var/lib/dpkg/diversions", b"/bin/sh\n/bin/sh.distrib\ndash\n"),
        ("usr/bin/sh", b"s" * 10),
        ("usr/bin/bash", b"b" * 100),
        ("bin/sh.distrib", b"o" * 1000),
    ]
    own = {path: len(data) for path, data in files}
    found = packages(plimsoll, tmp_path, files)
    lists = own["var/lib/dpkg/info/bash.list"], own["var/lib/dpkg/info/dash.list"]
    assert found[("deb", "bash", "1")] == (3, 1100 + lists[0])
    assert found[("deb", "dash", "1")] == (2, 10 + lists[1])


def test_distroless(plimsoll, tmp_path):
    files = [
        ("var/lib/dpkg/status.d/tzdata", b"Package: tzdata\nVersion: 2024a\n"),
        ("var/lib/dpkg/status.d/tzdata.md5sums", b"0" * 32 + b"  usr/share/zoneinfo/UTC\n"),
        ("usr/share/zoneinfo/UTC", b"u" * 100),
    ]
    assert packages(plimsoll, tmp_path, files)[("deb", "tzdata", "2024a")] == (1, 100)


def test_what_packages_make(plimsoll, tmp_path):
    files = [
        ("var/lib/dpkg/status", status(dpkg="", **{"libc-bin": "", "ca-certificates": ""})),
        ("etc/ld.so.cache", b"c" * 10),
        ("etc/ssl/certs/ca-certificates.crt", b"c" * 100),
        ("var/lib/dpkg/info/libc-bin.postinst", b"p" * 1000),
        ("etc/mine", b"m"),
    ]
    found = packages(plimsoll, tmp_path, files)
    assert found[("deb", "libc-bin", "1")] == (2, 1010)
    assert found[("deb", "ca-certificates", "1")] == (1, 100)
    assert found[("deb", "dpkg", "1")] == (1, len(files[0][1]))


def test_recommended(plimsoll, tmp_path):
    """Asked for: app. It needs lib, and recommends extra, which needs deep; alone is unasked."""
    text = status(
        app="Depends: lib (>= 1) | other, virtual\nRecommends: extra, nothere\n",
        lib="",
        real="Provides: virtual\n",
        extra="Pre-Depends: deep:any\n",
        deep="",
        alone="",
    )
    states = "\n".join(
        f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n"
        for name in ("lib", "real", "extra", "deep", "alone")
    ).encode()
    files = [("var/lib/dpkg/status", text), ("var/lib/apt/extended_states", states)]
    for name in ("app", "lib", "real", "extra", "deep", "alone"):
        files += [
            (f"var/lib/dpkg/info/{name}.list", f"/opt/{name}\n".encode()),
            (f"opt/{name}", b"x" * 1000),
        ]
    report = plimsoll.json("analyze", docker_archive(tmp_path / "image.tar", [files]))
    said = {row["name"] for row in report["packages"] if row["recommended"]}
    assert said == {"extra", "deep"}
    (row,) = [row for row in report["bloat"] if row["rule"] == "image/recommended-packages"]
    assert row["bytes"] == 2000 + len("/opt/extra\n") + len("/opt/deep\n")


def test_development_packages(plimsoll, tmp_path):
    """npm keeps in node_modules which packages are for development alone."""
    lock = {"packages": {"node_modules/jest": {"dev": True}, "node_modules/express": {}}}
    files = [("app/node_modules/.package-lock.json", json.dumps(lock).encode())]
    for name in ("jest", "express"):
        manifest = json.dumps({"name": name, "version": "1.0.0"}).encode()
        files += [
            (f"app/node_modules/{name}/package.json", manifest),
            (f"app/node_modules/{name}/index.js", b"x" * 500),
        ]
    report = plimsoll.json("analyze", docker_archive(tmp_path / "image.tar", [files]))
    (row,) = [row for row in report["bloat"] if row["rule"] == "image/development-packages"]
    assert (row["files"], row["bytes"]) == (2, 500 + len(files[1][1]))


def test_static_libraries_may_serve_a_compiler(plimsoll, tmp_path):
    """Class A without one, else C."""
    files = [("usr/lib/libx.a", b"x" * 500)]
    report = plimsoll.json("analyze", docker_archive(tmp_path / "a.tar", [files]))
    assert [row["class"] for row in report["bloat"]] == ["A"]
    files += [
        ("var/lib/dpkg/status", status(**{"gcc-12": ""})),
        ("var/lib/dpkg/info/gcc-12.list", b"/usr/bin/gcc\n"),
        ("usr/bin/gcc", b"g"),
    ]
    report = plimsoll.json("analyze", docker_archive(tmp_path / "c.tar", [files]))
    found = {row["rule"]: row["class"] for row in report["bloat"]}
    assert found["image/static-libraries"] == "C" and found["image/toolchain"] == "B"


def test_pip_and_conda(plimsoll, tmp_path):
    site = "usr/lib/python3/site-packages"
    conda = {"name": "numpy", "version": "1.26", "files": ["lib/np.so"]}
    files = [
        (f"{site}/old-1.0-py3.11.egg-info/installed-files.txt", b"../old/a.py\nPKG-INFO\n"),
        (f"{site}/old-1.0-py3.11.egg-info/PKG-INFO", b"Name: old\n"),
        (f"{site}/old/a.py", b"a" * 100),
        (f"{site}/old/__pycache__/a.cpython-311.opt-1.pyc", b"c" * 1000),
        (f"{site}/old/a.pyc", b"d" * 10000),
        ("opt/conda/conda-meta/numpy-1.26-py311.json", json.dumps(conda).encode()),
        ("opt/conda/lib/np.so", b"n" * 77),
    ]
    own = {path: len(data) for path, data in files}
    found = packages(plimsoll, tmp_path, files)
    assert found[("pip", "old", "1.0")] == (5, 11100 + own[files[0][0]] + own[files[1][0]])
    assert found[("conda", "numpy", "1.26")] == (2, 77 + own[files[5][0]])
