"""Images made of layers that a test writes down: as `docker save` gives them, and as an OCI layout.

A layer is a list of entries: (path, bytes) a file, (path, None) a directory, (path, {...}) anything
else: {"link": path} a symbolic link, {"hard": path} a hard link, {"data": bytes, "mode": ..,
"uid": .., "mtime": .., "xattrs": {..}} a file with more to say. ".wh.x" is a whiteout as any other
file is.
"""

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile


def layer_tar(entries):
    """The layer as an uncompressed tar, the same bytes each time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, what in entries:
            info = tarfile.TarInfo(path)
            info.mtime = 1700000000
            data = b""
            if what is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(what, bytes):
                data, info.mode = what, 0o644
            else:
                info.mode = what.get("mode", 0o644)
                info.uid = what.get("uid", 0)
                info.mtime = what.get("mtime", info.mtime)
                data = what.get("data", b"")
                for name, value in what.get("xattrs", {}).items():
                    info.pax_headers[f"SCHILY.xattr.{name}"] = value
                if "link" in what:
                    info.type, info.linkname = tarfile.SYMTYPE, what["link"]
                if "hard" in what:
                    info.type, info.linkname = tarfile.LNKTYPE, what["hard"]
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def config_of(tars, history, config=None):
    if history is None:
        history = [{"created_by": f"RUN step {i}"} for i in range(len(tars))]
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["/bin/true"], **(config or {})},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(tar)}" for tar in tars]},
            "history": history,
        }
    ).encode()


def docker_archive(path, layers, tag="made:latest", history=None):
    """What `docker save` of docker before 25 writes."""
    tars = [layer if isinstance(layer, bytes) else layer_tar(layer) for layer in layers]
    config = config_of(tars, history)
    with tarfile.open(path, "w") as archive:

        def add(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))

        names = []
        for index, tar in enumerate(tars):
            names.append(f"{index:02d}{sha256(tar)[2:]}/layer.tar")
            add(names[-1], tar)
        add(f"{sha256(config)}.json", config)
        add(
            "manifest.json",
            json.dumps(
                [{"Config": f"{sha256(config)}.json", "RepoTags": [tag], "Layers": names}]
            ).encode(),
        )
    return str(path)


def compress(tar, how):
    if how == "gzip":
        return gzip.compress(tar, 6, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip"
    if how == "zstd":
        run = subprocess.run(["zstd", "-q", "-3"], input=tar, capture_output=True, check=True)
        return run.stdout, "application/vnd.oci.image.layer.v1.tar+zstd"
    return tar, "application/vnd.oci.image.layer.v1.tar"


def oci_layout(folder, layers, how="gzip", tag="latest", history=None, config=None):
    """An OCI image layout in a directory."""
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs, exist_ok=True)

    def put(data, media_type):
        with open(os.path.join(blobs, sha256(data)), "wb") as file:
            file.write(data)
        return {"mediaType": media_type, "digest": f"sha256:{sha256(data)}", "size": len(data)}

    tars = [layer if isinstance(layer, bytes) else layer_tar(layer) for layer in layers]
    config = put(config_of(tars, history, config), "application/vnd.oci.image.config.v1+json")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [put(*compress(tar, how)) for tar in tars],
    }
    entry = put(json.dumps(manifest).encode(), manifest["mediaType"])
    entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
    entry["platform"] = {"os": "linux", "architecture": "amd64"}
    with open(os.path.join(folder, "index.json"), "w", encoding="utf-8") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    with open(os.path.join(folder, "oci-layout"), "w", encoding="utf-8") as file:
        file.write('{"imageLayoutVersion": "1.0.0"}')
    return str(folder)


def random_bytes(count, seed):
    """Bytes that do not compress, the same for each seed."""
    return hashlib.shake_128(str(seed).encode()).digest(count)
