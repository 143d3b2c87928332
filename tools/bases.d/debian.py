"""Debian trees: made by mmdebstrap, added to by apt from outside, as this machine's apt is set up.

Which servers packages come from is this machine's own configuration: its sources for the release
are used as they stand, and none is named here.
"""
import glob
import os
import shutil
import subprocess

RELEASE = "bookworm"
# What Debian's own -slim images leave out, so that later layers leave it out as well.
SLIM = ["path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright",
        "path-exclude=/usr/share/groff/*", "path-exclude=/usr/share/info/*",
        "path-exclude=/usr/share/linda/*", "path-exclude=/usr/share/lintian/*",
        "path-exclude=/usr/share/locale/*", "path-exclude=/usr/share/man/*"]
# What a build leaves behind that says when or where it ran.
TRACES = ["var/lib/apt/lists/*", "var/cache/apt/*", "var/log/*.log", "var/log/apt", "tmp/*",
          "var/cache/ldconfig/aux-cache", "var/lib/dpkg/*-old", "var/cache/debconf/*-old",
          "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-",
          "etc/resolv.conf", "etc/hostname", "etc/.pwd.lock", "run/*", "root/.cache", "root/.npm",
          "root/.gnupg", "var/lib/systemd/deb-systemd-helper-enabled/*.tmp"]
# Services do not start while an image is made.
NO_SERVICES = "#!/bin/sh\nexit 101\n"


class Failed(Exception):
    """Something outside did not work; says what and what to do."""


def run(command, what, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise Failed(f"{what}: {command[0]} failed with {done.returncode}:\n{tail}")
    return done.stdout


def need_programs(*names):
    packages = {"npm": "npm", "mmdebstrap": "mmdebstrap"}
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        raise Failed(f"not installed: {' '.join(missing)}\n"
                     f"hint: apt-get install {' '.join(packages.get(one, one) for one in missing)}")


def sources():
    """This machine's apt sources for the release: [(file name, text)]."""
    found = []
    for path in sorted(["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]):
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except (FileNotFoundError, IsADirectoryError):
            continue
        if path.endswith(".sources"):
            kept = [part for part in text.split("\n\n") if f" {RELEASE}" in _field(part, "Suites")]
        else:
            kept = [line for line in text.splitlines()
                    if line.startswith("deb ") and f" {RELEASE}" in line]
        if kept:
            joint = "\n\n" if path.endswith(".sources") else "\n"
            found.append((os.path.basename(path), joint.join(kept).rstrip("\n") + "\n"))
    found = [(name, text) for name, text in found if "debian" in text and "Enabled: no" not in text]
    if not found:
        raise Failed(f"no apt source of this machine has Debian 12 ({RELEASE})\n"
                     "hint: add one below /etc/apt/sources.list.d")
    return found


def _field(stanza, name):
    for line in stanza.splitlines():
        if line.startswith(name + ":"):
            return " " + line[len(name) + 1:].strip()
    return ""


class Debian:
    """Packages of the release, with a cache of what was downloaded."""

    def __init__(self, cache, epoch, say):
        self.cache, self.epoch, self.say = cache, epoch, say
        self.debs = os.path.join(cache, "debs")
        self.state = os.path.join(cache, "apt")
        self.fresh = False
        for folder in (self.debs, f"{self.state}/lists/partial", f"{self.state}/sources",
                       f"{self.state}/parts", f"{self.state}/log"):
            os.makedirs(folder, exist_ok=True)

    # -- apt from outside --------------------------------------------------------------------------

    def _environment(self, config):
        return {**os.environ, "APT_CONFIG": config, "DEBIAN_FRONTEND": "noninteractive",
                "DEBCONF_NONINTERACTIVE_SEEN": "true", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0",
                "SOURCE_DATE_EPOCH": str(self.epoch),
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}

    def _configuration(self, root, status):
        """A configuration that reaches what this machine's does, the same way (Acquire), but keeps
        its state in the cache and installs into `root`."""
        acquire = [line for line in run(["apt-config", "dump"], "apt").splitlines()
                   if line.startswith("Acquire::")]
        path = os.path.join(self.state, "apt.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(acquire) + f"""
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "{self.state}/sources";
Dir::Etc::Parts "{self.state}/parts";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "{self.state}/parts";
Dir::State "{self.state}";
Dir::State::Lists "{self.state}/lists";
Dir::State::extended_states "{root}/var/lib/apt/extended_states";
Dir::State::status "{status}";
Dir::Cache "{self.state}";
Dir::Cache::archives "{root}/var/cache/apt/archives";
Dir::Log "{self.state}/log";
DPkg::Chroot-Directory "{root}";
DPkg::Options {{ "--force-confold"; }};
""")
        return path

    def update(self):
        if self.fresh:
            return
        self.say("apt: package lists")
        shutil.rmtree(f"{self.state}/sources")
        os.makedirs(f"{self.state}/sources")
        for name, text in sources():
            with open(f"{self.state}/sources/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        status = f"{self.state}/status"
        open(status, "a", encoding="utf-8").close()
        config = self._configuration(self.state, status)
        run(["apt-get", "update", "-q"], "apt lists", env=self._environment(config))
        self.fresh = True

    def download(self, packages):
        """The files of some packages: [path of a .deb], in the order asked for."""
        self.update()
        config = self._configuration(self.state, f"{self.state}/status")
        uris = run(["apt-get", "download", "--print-uris", *packages], "packages",
                   env=self._environment(config), cwd=self.state)  # where none lies already
        files = {line.split()[1].split("_")[0]: line.split()[1] for line in uris.splitlines()
                 if line.startswith("'")}
        missing = [name for name in packages if not os.path.exists(f"{self.debs}/{files[name]}")]
        if missing:
            run(["apt-get", "download", "-q", *missing], "packages", cwd=self.debs,
                env=self._environment(config))
        return [os.path.join(self.debs, files[name]) for name in packages]

    def install(self, root, packages):
        """Install packages and what they need, nothing that they only recommend."""
        self.update()
        archives = f"{root}/var/cache/apt/archives"
        os.makedirs(archives + "/partial", exist_ok=True)
        os.makedirs(f"{root}/var/log/apt", exist_ok=True)
        for name in os.listdir(self.debs):
            os.link(f"{self.debs}/{name}", f"{archives}/{name}")
        config = self._configuration(root, f"{root}/var/lib/dpkg/status")
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
        # In a namespace of its own: the mounts are gone when apt is.
        script = ('mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec "$@"')
        run(["unshare", "--mount", "--", "sh", "-c", script, root, *command],
            f"installing {' '.join(packages[:4])}...", env=self._environment(config))
        for name in os.listdir(archives):
            if name.endswith(".deb") and not os.path.exists(f"{self.debs}/{name}"):
                os.rename(f"{archives}/{name}", f"{self.debs}/{name}")
        scrub(root)

    # -- trees -------------------------------------------------------------------------------------

    def bootstrap(self, root):
        """A slim Debian: what is essential or required, and apt."""
        need_programs("mmdebstrap")
        self.update()
        lists = sorted(glob.glob(f"{self.state}/sources/*"))
        # mmdebstrap takes the sources from a file, and asks for the servers as apt here does.
        acquire = [line for line in run(["apt-config", "dump"], "apt").splitlines()
                   if line.startswith("Acquire::") and "Proxy" in line]
        run(["mmdebstrap", "--mode=root", "--variant=minbase", "--quiet",
             *[f"--dpkgopt={option}" for option in SLIM],
             *[f"--aptopt={option}" for option in acquire], RELEASE, root, *lists],
            "debian:12-slim", env=self._environment("/dev/null"))
        for name in glob.glob(f"{root}/etc/apt/apt.conf.d/99mmdebstrap"):
            os.unlink(name)
        with open(f"{root}/usr/sbin/policy-rc.d", "w", encoding="utf-8") as file:
            file.write(NO_SERVICES)
        os.chmod(f"{root}/usr/sbin/policy-rc.d", 0o755)
        for name in glob.glob(f"{root}/dev/*"):
            remove(name)
        scrub(root)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def scrub(root):
    """Remove what says when and where the tree was made."""
    for pattern in TRACES:
        for path in glob.glob(f"{root}/{pattern}", include_hidden=True):
            remove(path)
    os.makedirs(f"{root}/var/cache/apt/archives/partial", exist_ok=True)
    os.makedirs(f"{root}/var/lib/apt/lists/partial", exist_ok=True)
    os.makedirs(f"{root}/var/log/apt", exist_ok=True)
    machine_id = f"{root}/etc/machine-id"
    if os.path.exists(machine_id) and os.path.getsize(machine_id):
        with open(machine_id, "w", encoding="utf-8"):
            pass


def versions(root, packages):
    """Version of each installed package: {name: version}."""
    out = run(["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W",
               "-f", "${binary:Package} ${Version}\n"], "package versions")
    all_of = dict(line.split(" ", 1) for line in out.splitlines())
    all_of = {name.split(":")[0]: version for name, version in all_of.items()}
    return {name: all_of[name] for name in packages}


def deb_field(deb, name):
    return run(["dpkg-deb", "--field", deb, name], deb).strip()
