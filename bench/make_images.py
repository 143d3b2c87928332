#!/usr/bin/python3
"""Make the images that bench/images measures, and print their sizes.

bench/make_images.py [IMAGE]...     all by default; each as NAME/archive.tar (docker save's form)
                                    and NAME/layout (OCI, gzip) in $XDG_CACHE_HOME/plimsoll-bench

What is there is kept. Recipes: bench/recipes/NAME for buildah over a base of tools/bases, and the
two functions below for those whose files are drawn.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools", "bases.d"))
sys.dont_write_bytecode = True

from layout import Image, Layout, made, made_folder  # noqa: E402

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "plimsoll-bench")
RECIPES = os.path.join(ROOT, "bench", "recipes")
EPOCH = 1735689600
GB = 1_000_000_000


def drawn(seed, size):
    """Bytes that compress about as files do: words of a small vocabulary, drawn."""
    draw = random.Random(seed)
    words = [b"%x" % draw.getrandbits(40) for _ in range(200)]
    return b" ".join(draw.choices(words, k=size // 8 + 1))[:size]


def files_layer(prefix, count, size):
    folders = sorted({f"{prefix}/d{i // 100:04d}" for i in range(count)} | {prefix})
    entries = {name: made_folder(name, EPOCH) for name in folders}
    for i in range(count):
        name = f"{prefix}/d{i // 100:04d}/f{i:06d}"
        entries[name] = made(name, drawn(name, size), epoch=EPOCH)
    return [entries[name] for name in sorted(entries)]


def whiteouts_layer(prefix, count, step):
    names = [f"{prefix}/d{i * step // 100:04d}/.wh.f{i * step:06d}" for i in range(count)]
    return [made(name, epoch=EPOCH) for name in sorted(names)]


def draw_whmany(layout, image):
    """20,000 small files, of which a later layer takes 2,000 away, one by one."""
    layout.add_layer(image, files_layer("srv", 20_000, 1000), "COPY . /srv")
    layout.add_layer(image, whiteouts_layer("srv", 2_000, 10), "RUN rm /srv/*/*0")


def draw_files(layout, image):
    """100,000 files of 2 kB in three layers, with nothing hidden."""
    for number, count in enumerate((60_000, 30_000, 10_000)):
        layout.add_layer(image, files_layer(f"srv{number}", count, 2000), f"COPY {number} /")


# name: base of tools/bases or the function that draws it, about how many bytes as an archive
IMAGES = {
    "whmany": (draw_whmany, GB // 20),
    "files": (draw_files, GB // 3),
    "py-slim": ("python:3.12-slim", 4 * GB // 10),
    "node": ("node:20", 13 * GB // 10),
    "big": ("golang:1.22", 35 * GB // 10),
}
BASE_OF = {"python:3.12-slim": "python-slim", "node:20": "node", "golang:1.22": "golang"}


def say(text):
    print(f"-- {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        sys.exit(f"make_images: {command[0]} failed with {done.returncode}:\n{tail}")
    return done.stdout


def bases_layout(base):
    folder = os.environ.get("PLIMSOLL_BASES")
    command = [os.path.join(ROOT, "tools", "bases"), *(["--cache", folder] if folder else []), base]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout.strip()


def build(name, base, target):
    """With buildah: no daemon, no registry; the storage is thrown away afterwards."""
    layout = bases_layout(BASE_OF[base])
    storage = f"{target}.storage"
    driver = os.environ.get("STORAGE_DRIVER", "overlay")
    buildah = ["buildah", "--root", storage, "--runroot", f"{storage}.run",
               "--storage-driver", driver]
    try:
        run(*buildah, "build", "--isolation", "chroot", "--layers", "--format", "oci",
            "--build-arg", f"BASE=oci:{layout}:{base}", "-t", name, os.path.join(RECIPES, name))
        run(*buildah, "push", "-q", name, f"oci:{target}:{name}")
    finally:
        subprocess.run([*buildah, "rmi", "-af"], capture_output=True, check=False)
        shutil.rmtree(storage, ignore_errors=True)
        shutil.rmtree(f"{storage}.run", ignore_errors=True)


def make(name):
    what, about = IMAGES[name]
    folder = os.path.join(CACHE, name)
    os.makedirs(CACHE, exist_ok=True)
    # As an archive, as a layout, and twice in buildah's storage while it is built.
    free = shutil.disk_usage(CACHE).free
    if free < 4 * about + GB:
        sys.exit(f"make_images: {name} needs {4 * about / GB:.1f} GB below {CACHE}, and "
                 f"{free / GB:.1f} GB are free\nhint: set XDG_CACHE_HOME to where there is room")
    say(f"{name}: about {about / GB:.2f} GB")
    working = f"{folder}.making"
    shutil.rmtree(working, ignore_errors=True)
    os.makedirs(working)
    if callable(what):
        image = Image(EPOCH)
        layout = Layout(f"{working}/layout")
        what(layout, image)
        layout.add_image(image, [name], {}, {})
    else:
        build(name, what, f"{working}/layout")
    run("skopeo", "copy", "-q", "--insecure-policy", f"oci:{working}/layout:{name}",
        f"docker-archive:{working}/archive.tar:{name}:bench")
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(working, folder)


def layers_of(name):
    """The blobs of an image's layers, from the lowest up."""
    folder = os.path.join(CACHE, name, "layout")

    def read(digest):
        with open(f"{folder}/blobs/sha256/{digest.split(':')[1]}", encoding="utf-8") as file:
            return json.load(file)
    with open(f"{folder}/index.json", encoding="utf-8") as file:
        manifest = read(json.load(file)["manifests"][0]["digest"])
    return [f"{folder}/blobs/sha256/{layer['digest'].split(':')[1]}"
            for layer in manifest["layers"]]


def need(name):
    """The folder of an image, made when it is not there."""
    if not os.path.isdir(os.path.join(CACHE, name)):
        make(name)
    return os.path.join(CACHE, name)


def main():
    unknown = [name for name in sys.argv[1:] if name not in IMAGES]
    if unknown:
        sys.exit(f"make_images: no image is called {' '.join(unknown)}\n{__doc__}")
    for name in sys.argv[1:] or IMAGES:
        folder = need(name)
        archive = os.path.getsize(f"{folder}/archive.tar")
        pull = sum(os.path.getsize(path) for path in layers_of(name))
        print(f"{name:<8} {archive / 1e6:8.1f} MB archive {pull / 1e6:8.1f} MB pull "
              f"{len(layers_of(name)):3} layers", flush=True)


if __name__ == "__main__":
    main()
