"""What must hold of any image: drawn layers, told by analyze and by an oracle that applies them to a
tree, file by file."""
import random

import pytest

from made_images import docker_archive, layer_tar, oci_layout

NAMES = ["a", "b", "c"]


def draw_path(rng, depth=3):
    return "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, depth)))


def draw_layer(rng):
    """Entries in any order: files, folders, links, whiteouts, the same path twice."""
    entries = []
    for _ in range(rng.randint(1, 12)):
        path = draw_path(rng)
        folder, _, name = path.rpartition("/")
        hidden = (folder + "/" if folder else "") + ".wh."
        kind = rng.randrange(10)
        if kind < 5:
            data = bytes([rng.randrange(3)]) * rng.choice([0, 1, 511, 512, 700, 1500])
            entries.append((path, {"data": data, "mode": rng.choice([0o644, 0o755])}))
        elif kind == 5:
            entries.append((path, None))
        elif kind == 6:
            entries.append((path, {"link": draw_path(rng)}))
        elif kind == 7:
            entries.append((hidden + ".wh..opq", b""))
        else:
            entries.append((hidden + name, b""))
    return entries


class Tree:
    """The image as a container sees it: path -> (kind, data)."""

    def __init__(self):
        self.files = {}

    def remove(self, path, itself=True):
        for name in list(self.files):
            if name.startswith(path + "/") or (itself and name == path):
                del self.files[name]

    def apply(self, entries):
        for path, _ in entries:  # whiteouts act on lower layers only, wherever they stand
            folder, _, name = path.rpartition("/")
            if name == ".wh..wh..opq":
                if folder:
                    self.remove(folder, itself=False)
                else:
                    self.files.clear()
            elif name.startswith(".wh."):
                self.remove((folder + "/" if folder else "") + name[4:])
        for path, what in entries:
            if path.rpartition("/")[2].startswith(".wh."):
                continue
            parts = path.split("/")
            for i in range(1, len(parts)):  # what is on the way becomes a folder
                above = "/".join(parts[:i])
                if self.files.get(above, ("folder",))[0] != "folder":
                    del self.files[above]
                self.files.setdefault(above, ("folder", b""))
            if what is None:
                if self.files.get(path, ("folder",))[0] != "folder":
                    self.remove(path)
                self.files[path] = ("folder", b"")
            else:
                self.remove(path)
                self.files[path] = ("link", b"") if "link" in what else ("file", what["data"])

    def bytes(self):
        return sum(len(data) for kind, data in self.files.values() if kind == "file")


def clean(entries):
    """No path below one that is no folder in the same layer: what an archive then means, nobody
    agrees on."""
    solid = {path for path, what in entries
             if what is not None and not path.rpartition("/")[2].startswith(".wh.")}
    kept = [(path, what) for path, what in entries
            if not any(path.startswith(name + "/") for name in solid)]
    above = {path[:i] for path, _ in kept for i in range(len(path)) if path[i] == "/"}
    return [(path, None) for path in sorted(above)] + kept  # as builders write it


@pytest.mark.parametrize("seed", range(40))
def test_a_fold_is_what_the_flattened_tree_holds(plimsoll, tmp_path, seed):
    rng = random.Random(seed)
    layers = [clean(draw_layer(rng)) for _ in range(rng.randint(1, 5))]
    tree = Tree()
    for layer in layers:
        tree.apply(layer)
    report = plimsoll.json("analyze", docker_archive(tmp_path / "a.tar", layers))
    written = sum(len(what["data"]) for layer in layers for path, what in layer
                  if isinstance(what, dict) and "data" in what)
    assert report["image"]["size"] == written
    assert written - report["wasted_bytes"] == tree.bytes(), layers
    parts = [report[f"{fate}_bytes"] for fate in ("deleted", "replaced", "touched")]
    assert sum(parts) == report["wasted_bytes"]
    for threads in (1, 3):
        layout = oci_layout(tmp_path / f"l{threads}", layers)
        other = plimsoll.json("analyze", layout, "--threads", threads)
        for row in [*report["layers"], *other["layers"]]:
            row["compressed_size"] = None
        assert other["layers"] == report["layers"]
        assert other["wasted_bytes"] == report["wasted_bytes"]


def test_the_flattened_image_has_the_same_files(plimsoll, tmp_path):
    """Two images, one of many layers and one of the tree that they add up to: no difference."""
    for seed in range(40, 60):
        rng = random.Random(seed)
        layers = [clean(draw_layer(rng)) for _ in range(rng.randint(2, 5))]
        tree = Tree()
        for layer in layers:
            tree.apply(layer)
        flat = [(path, data if kind == "file" else None)
                for path, (kind, data) in sorted(tree.files.items()) if kind != "link"]
        report = plimsoll.json("analyze", docker_archive(tmp_path / "flat.tar", [layer_tar(flat)]))
        many = plimsoll.json("analyze", docker_archive(tmp_path / "many.tar", layers))
        assert report["wasted_bytes"] == 0
        assert report["image"]["size"] == many["image"]["size"] - many["wasted_bytes"]
