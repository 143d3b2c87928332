"""Images whose every number is known: the truth of each, and what dive says of it."""

import json
import os
import subprocess

import pytest
from conftest import ROOT
from made_images import docker_archive, random_bytes

MB = 1_000_000
BASE = [("etc/", None), ("etc/base", random_bytes(2 * MB, "base"))]
DATA = [("data/", None)] + [(f"data/f{i}", random_bytes(MB, i)) for i in range(10)]
ONE, TWO = random_bytes(MB, "one"), random_bytes(MB, "two")
MANY = 20_000

# name: layers, true waste, duplicate bytes, what dive calls wasted, dive's verdict
FIXTURES = {
    "rmdir": ([BASE, DATA, [(".wh.data", b"")]], 10 * MB, 0, 0, 0),
    "rmfiles": (
        [BASE, DATA, [("data/", None)] + [(f"data/.wh.f{i}", b"") for i in range(10)]],
        10 * MB,
        0,
        10 * MB,
        1,
    ),
    "opaque": (
        [BASE, DATA, [("data/", None), ("data/.wh..wh..opq", b""), ("data/new", b"x" * 1000)]],
        10 * MB,
        0,
        0,
        0,
    ),
    "chmod": (
        [
            BASE,
            DATA,
            [("data/", None)]
            + [(f"data/f{i}", {"data": random_bytes(MB, i), "mode": 0o755}) for i in range(10)],
        ],
        10 * MB,
        0,
        20 * MB,
        1,
    ),
    "dangling": (
        [BASE, [("a", ONE)], [(".wh.nothing", b""), ("a", {"data": ONE, "mode": 0o600})]],
        MB,
        0,
        0,
        0,
    ),
    "dup": ([BASE, [(f"copy{i}", ONE) for i in range(6)]], 0, 5 * MB, 0, 0),
    "hardmod": ([BASE, [("p", ONE), ("q", {"hard": "p"})], [("p", TWO)]], 0, 0, 2 * MB, 1),
    "history": ([BASE, [], [], [("app", b"a" * 1000)]], 0, 0, 0, 0),
    "nohistory": ([BASE, DATA, [("data/f0", ONE)]], MB, 0, 2 * MB, 1),
}
HISTORIES = {
    "history": [
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
        {"created_by": '/bin/sh -c #(nop)  CMD ["bash"]', "empty_layer": True},
        {"created_by": "RUN /bin/sh -c true # buildkit"},
        {"created_by": "ENV A=1", "empty_layer": True},
        {"created_by": "RUN /bin/sh -c : # buildkit"},
        {"created_by": "COPY app / # buildkit"},
        {"created_by": 'ENTRYPOINT ["/app"]', "empty_layer": True},
    ],
    "nohistory": [],
}


def find_dive():
    """What tools/install-packages put there: other releases count and print in other ways."""
    place = os.path.join(ROOT, ".cache", "dive", "bin", "dive")
    return place if os.path.exists(place) else None


needs_dive = pytest.mark.skipif(
    not find_dive(), reason="dive 0.13.1 is not there; tools/install-packages test gets it"
)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fixtures")
    return {
        name: docker_archive(folder / f"{name}.tar", row[0], history=HISTORIES.get(name))
        for name, row in FIXTURES.items()
    }


@pytest.mark.parametrize("name", FIXTURES)
def test_the_truth(plimsoll, images, name):
    _, waste, duplicate, _, _ = FIXTURES[name]
    report = plimsoll.json("analyze", images[name])
    assert report["wasted_bytes"] == waste and report["duplicate_bytes"] == duplicate
    live = report["image"]["size"] - waste
    assert sum(report["split"].values()) == live
    assert sum(row["bytes"] for row in report["categories"]) == live
    assert sum(row["bytes"] for row in report["instructions"]) == report["image"]["size"]
    hidden = [row for row in report["bloat"] if row["layer"] != row["hider"]]
    assert sum(row["bytes"] for row in hidden) == waste


@pytest.mark.parametrize("name", FIXTURES)
def test_numbers_of_dive(plimsoll, images, tmp_path, name):
    """Known ones: dive need not be there."""
    _, _, _, wasted, verdict = FIXTURES[name]
    plimsoll(
        "analyze", images[name], "--ci", "--compat", "dive", "--json", tmp_path / "o", code=verdict
    )
    assert json.loads((tmp_path / "o").read_text())["image"]["inefficientBytes"] == wasted


@needs_dive
@pytest.mark.parametrize("name", FIXTURES)
def test_the_file_of_dive_byte_for_byte(plimsoll, images, tmp_path, name):
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(
        [find_dive(), "--source", "docker-archive", "--json", "theirs", images[name]],
        cwd=tmp_path,
        env=env,
        check=True,
        capture_output=True,
    )
    run = subprocess.run(
        [find_dive(), "--source", "docker-archive", images[name]],
        cwd=tmp_path,
        env={**env, "CI": "true"},
        capture_output=True,
    )
    ours = plimsoll(
        "analyze",
        images[name],
        "--source",
        "docker-archive",
        "--ci",
        "--compat",
        "dive",
        "-j",
        tmp_path / "ours",
    )
    theirs = json.loads((tmp_path / "theirs").read_text())
    # The order of paths that weigh the same is Go's sort's.
    if len({row["sizeBytes"] for row in theirs["image"]["fileReference"]}) == len(
        theirs["image"]["fileReference"]
    ):
        assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    mine = json.loads((tmp_path / "ours").read_text())
    for document in (mine, theirs):
        document["image"]["fileReference"].sort(key=lambda row: row["file"])
    assert mine == theirs
    assert (ours.returncode == 0) == (run.returncode == 0)


def test_many_whiteouts(plimsoll, tmp_path):
    """20,000 files, of which 2,000 are removed."""
    files = [("d/", None)] + [(f"d/{i:05}", b"%05d" % i) for i in range(MANY)]
    gone = [("d/", None)] + [(f"d/.wh.{i:05}", b"") for i in range(0, MANY, 10)]
    image = docker_archive(tmp_path / "image.tar", [files, gone])
    report = plimsoll.json("analyze", image)
    assert report["wasted_bytes"] == report["deleted_bytes"] == 5 * MANY // 10
    assert len(report["waste"]) == MANY // 10
    plimsoll("analyze", image, "--compat", "dive", "--json", tmp_path / "o", code=0)
    told = json.loads((tmp_path / "o").read_text())["image"]
    assert told["inefficientBytes"] == 5 * MANY // 10
    assert len(told["fileReference"]) == MANY // 10


def test_copies_are_told_apart(plimsoll, tmp_path):
    """Inside one layer, across layers, and those that a package brings."""
    status = b"Package: tool\nStatus: install ok installed\nVersion: 1\n"
    layers = [
        [
            ("var/lib/dpkg/status", status),
            ("var/lib/dpkg/info/tool.list", b"/usr/share/tool\n"),
            ("a", ONE),
            ("b", ONE),
            ("e1", b""),
            ("e2", b""),
        ],
        [("c", ONE), ("usr/share/tool", ONE)],
    ]
    report = plimsoll.json("analyze", docker_archive(tmp_path / "image.tar", layers))
    assert report["duplicate_within_layer_bytes"] == MB
    assert report["duplicate_across_layers_bytes"] == MB
    assert report["duplicate_owned_bytes"] == MB
    assert report["duplicate_bytes"] == 3 * MB and report["empty_files"] == 2


@pytest.mark.parametrize("value", ["", "disabled", "off", "false", "OFF", "False"])
def test_rules_are_switched_off(plimsoll, images, tmp_path, value):
    flags = ["--lowestEfficiency", "--highestUserWastedPercent", "--highestWastedBytes"]
    args = [word for flag in flags for word in (flag, value)]
    plimsoll("analyze", images["chmod"], *args, code=0)
    (tmp_path / "rules").write_text(
        f"rules:\n  lowestEfficiency: '{value}'\n  highestUserWastedPercent: '{value}'\n"
        "  unknown: 1\nother: {}\n"
    )
    plimsoll("analyze", images["chmod"], "--ci-config", tmp_path / "rules", code=0)


@pytest.mark.parametrize(
    "limit,code", [("19Mb", 1), ("20MB", 0), ("19MiB", 1), ("20mib", 0), ("2e7", 2), ("-1", 2)]
)
def test_bytes_in_units(plimsoll, images, limit, code):
    """chmod: dive calls 20,000,000 bytes wasted."""
    plimsoll(
        "analyze",
        images["chmod"],
        "--compat",
        "dive",
        "--lowestEfficiency=off",
        "--highestUserWastedPercent=off",
        "--highestWastedBytes",
        limit,
        code=code,
    )


@pytest.mark.parametrize("ratio", ["1.1", "-0.1", "nan", "inf", "many"])
def test_ratios_lie_between_0_and_1(plimsoll, images, ratio):
    run = plimsoll("analyze", images["dup"], "--lowestEfficiency", ratio, code=2)
    assert "a number from 0 to 1" in run.stderr


def test_nothing_wasted_in_nothing_passes(plimsoll, tmp_path):
    """0/0 is no number, which dive lets pass; all in one layer is x/0, which fails."""
    one = docker_archive(tmp_path / "one.tar", [BASE])
    plimsoll("analyze", one, "--ci", "--compat", "dive", code=0)
    twice = docker_archive(tmp_path / "twice.tar", [[("t", b"1" * 9)], [("t", b"")]])
    plimsoll("analyze", twice, "--ci", "--compat", "dive", "--lowestEfficiency=off", code=1)


def test_dives_own_configuration(plimsoll, images, tmp_path):
    (tmp_path / "dive.yaml").write_text(
        "rules:\n  lowest-efficiency: 0.1\n  highest-user-wasted-percent: disabled\n"
    )
    plimsoll("analyze", images["rmdir"], "--ci-config", tmp_path / "dive.yaml", code=0)
    plimsoll("analyze", images["rmdir"], "--ci", code=1)


@pytest.mark.parametrize("ci,code", [("true", 1), ("1", 1), ("yes", 1), ("no", 0), ("", 0)])
def test_the_environment_asks_for_the_rules(plimsoll, images, tmp_path, ci, code):
    (tmp_path / ".dive-ci").write_text("rules:\n  lowestEfficiency: 0.95\n")
    plimsoll("analyze", images["rmdir"], cwd=tmp_path, env={"CI": ci}, code=code)
