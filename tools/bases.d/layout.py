"""An OCI image layout that images are added to: blobs, layers of a folder's changes, names.

A layer is a sorted tar of what changed, so the same files give the same digest everywhere. Times
that the build itself left are set to SOURCE_DATE_EPOCH; times that came with packages stay.
"""
import hashlib
import io
import json
import os
import stat
import tarfile
import tempfile
import time
import zlib

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
NAME = "org.opencontainers.image.ref.name"
PIECE = 1 << 20


class Image:
    """What an image has so far: its layers from the lowest up, and what runs in it."""

    def __init__(self, epoch, base=None):
        self.epoch = epoch
        self.layers = list(base.layers) if base else []  # (descriptor, diff id, created by)
        self.config = dict(base.config) if base else {}

    def config_bytes(self, labels):
        created = _date(self.epoch)
        config = {**self.config, "Labels": labels}
        return _json({
            "created": created, "architecture": "amd64", "os": "linux", "config": config,
            "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id, _ in self.layers]},
            "history": [{"created": created, "created_by": made_by}
                        for _, _, made_by in self.layers],
        })


class Layout:
    def __init__(self, folder):
        self.folder = folder
        self.blobs = os.path.join(folder, "blobs", "sha256")
        os.makedirs(self.blobs, exist_ok=True)
        _write(os.path.join(folder, "oci-layout"), b'{"imageLayoutVersion": "1.0.0"}')
        try:
            with open(os.path.join(folder, "index.json"), "rb") as file:
                self.manifests = json.load(file)["manifests"]
        except FileNotFoundError:
            self.manifests = []

    def blob_path(self, digest):
        return os.path.join(self.blobs, digest.removeprefix("sha256:"))

    def put(self, data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        _write(os.path.join(self.blobs, digest), data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def add_layer(self, image, entries, made_by):
        """Add what `entries` (of changes() or of made()) says as the image's uppermost layer."""
        with tempfile.NamedTemporaryFile(dir=self.blobs, delete=False) as file:
            out = _Gzip(file)
            with tarfile.open(fileobj=out, mode="w|", bufsize=PIECE,
                              format=tarfile.PAX_FORMAT) as tar:
                for entry in entries:
                    _add_entry(tar, entry)
            diff_id, digest, size = out.end()
        os.chmod(file.name, 0o644)
        os.rename(file.name, os.path.join(self.blobs, digest))
        image.layers.append(({"mediaType": LAYER, "digest": f"sha256:{digest}", "size": size},
                             f"sha256:{diff_id}", made_by))

    def add_image(self, image, names, labels, notes):
        """Write config and manifest, and put `names` on them: they move if they were elsewhere.
        `labels` are the image's; `notes` stand in the index alone."""
        config = self.put(image.config_bytes(labels), CONFIG)
        manifest = self.put(_json({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": config,
            "layers": [descriptor for descriptor, _, _ in image.layers], "annotations": labels,
        }), MANIFEST)
        manifest["platform"] = {"architecture": "amd64", "os": "linux"}
        kept = [one for one in self.manifests if one.get("annotations", {}).get(NAME) not in names]
        kept += [{**manifest, "annotations": {NAME: name, **labels, **notes}} for name in names]
        self.manifests = sorted(kept, key=lambda one: one["annotations"][NAME])
        _write(os.path.join(self.folder, "index.json"),
               _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.manifests}))
        return manifest["digest"]

    def find(self, name):
        """The image behind a name, or None."""
        for one in self.manifests:
            if one["annotations"][NAME] == name:
                return self._open(one["digest"])
        return None

    def _open(self, digest):
        manifest = self._read(digest)
        config = self._read(manifest["config"]["digest"])
        image = Image(0)
        image.config = {key: value for key, value in config["config"].items() if key != "Labels"}
        image.layers = [(descriptor, diff_id, made["created_by"]) for descriptor, diff_id, made
                        in zip(manifest["layers"], config["rootfs"]["diff_ids"], config["history"])]
        return image

    def _read(self, digest):
        with open(self.blob_path(digest), "rb") as file:
            data = file.read()
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise ValueError(f"{self.blob_path(digest)} is not what its name says\n"
                             f"hint: remove {self.folder} and make it again")
        return json.loads(data)

    def prune(self):
        """Remove the blobs that no name leads to."""
        wanted = set()
        for one in self.manifests:
            manifest = self._read(one["digest"])
            wanted |= {one["digest"], manifest["config"]["digest"]}
            wanted |= {layer["digest"] for layer in manifest["layers"]}
        for name in os.listdir(self.blobs):
            if f"sha256:{name}" not in wanted:
                os.unlink(os.path.join(self.blobs, name))


class _Gzip:
    """Compresses what is written and knows the digests of both sides. No name, no time in it."""

    def __init__(self, file):
        self.file, self.size = file, 0
        self.plain, self.packed = hashlib.sha256(), hashlib.sha256()
        self.deflate = zlib.compressobj(6, zlib.DEFLATED, 31)

    def _out(self, data):
        self.packed.update(data)
        self.size += len(data)
        self.file.write(data)

    def write(self, data):
        self.plain.update(data)
        self._out(self.deflate.compress(data))
        return len(data)

    def end(self):
        self._out(self.deflate.flush())
        return self.plain.hexdigest(), self.packed.hexdigest(), self.size


# -- what a layer holds ---------------------------------------------------------------------------

def made(path, data=b"", mode=0o644, epoch=0, kind=tarfile.REGTYPE, link="", owner=0):
    """An entry that is written by us."""
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.mtime, info.linkname = kind, mode, epoch, link
    info.uid = info.gid = owner
    info.size = len(data)
    return info, data


def made_folder(path, epoch, mode=0o755, owner=0):
    return made(path, mode=mode, epoch=epoch, kind=tarfile.DIRTYPE, owner=owner)


def snapshot(root):
    """What stands in a folder: path -> what lstat says that tells one version from another."""
    seen = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            at = os.lstat(path)
            key = (at.st_mode, at.st_uid, at.st_gid)
            if not stat.S_ISDIR(at.st_mode):
                key += (at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)
            seen[os.path.relpath(path, root)] = key
    return seen


def changes(root, before, started, epoch):
    """The entries of a layer: what is new or other than in `before`, and whiteouts of what is gone.
    Files with a time behind `started` were written by the build and get `epoch`."""
    now = snapshot(root)
    wanted = {path for path, key in now.items() if before.get(path) != key}
    gone = {path for path in before if path not in now}
    # A folder that is gone takes what was in it along.
    gone = {path for path in gone if os.path.dirname(path) not in gone}
    for path in list(wanted | gone):
        while path := os.path.dirname(path):
            wanted.add(path)
    named = {path: path for path in wanted}
    named.update({os.path.join(os.path.dirname(path), ".wh." + os.path.basename(path)): None
                  for path in gone})
    inodes = {}
    for name in sorted(named):
        if named[name] is None:
            yield made(name, epoch=epoch)
        else:
            yield _entry_of(root, name, inodes, started, epoch)


def _entry_of(root, path, inodes, started, epoch):
    full = os.path.join(root, path)
    at = os.lstat(full)
    info = tarfile.TarInfo(path)
    info.mode, info.uid, info.gid = stat.S_IMODE(at.st_mode), at.st_uid, at.st_gid
    info.mtime = epoch if at.st_mtime >= started else int(at.st_mtime)
    if stat.S_ISLNK(at.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(full)
        return info, b""
    if stat.S_ISDIR(at.st_mode):
        info.type = tarfile.DIRTYPE
        return info, b""
    if at.st_nlink > 1 and at.st_ino in inodes:
        info.type, info.linkname = tarfile.LNKTYPE, inodes[at.st_ino]
        return info, b""
    inodes[at.st_ino] = path
    if not stat.S_ISREG(at.st_mode):
        raise ValueError(f"{full} is neither file, folder nor link")
    _add_xattrs(info, full)
    info.size = at.st_size
    return info, full


def _add_xattrs(info, path):
    """File capabilities: ping and the like have them."""
    if "security.capability" in os.listxattr(path):
        value = os.getxattr(path, "security.capability").decode("utf-8", "surrogateescape")
        info.pax_headers["SCHILY.xattr.security.capability"] = value


def _add_entry(tar, entry):
    info, data = entry
    if isinstance(data, str):
        with open(data, "rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info, io.BytesIO(data))


# -- small things ---------------------------------------------------------------------------------

def _json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _date(epoch):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def _write(path, data):
    """All of it or nothing, also when two runs meet."""
    with tempfile.NamedTemporaryFile(dir=os.path.dirname(path), delete=False) as file:
        file.write(data)
    os.chmod(file.name, 0o644)
    os.rename(file.name, path)
