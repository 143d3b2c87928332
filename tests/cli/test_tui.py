"""analyze -i: an image looked through on a real terminal, by tmux."""
import os
import re
import shlex
import shutil
import subprocess
import time

import pytest

from made_images import docker_archive
from registries import make_image, real_registry, upload

HISTORY = [{"created_by": "RUN /bin/sh -c make # buildkit"}, {"created_by": "RUN rm -r cache"},
           {"created_by": "COPY . /app # buildkit"}]
EVIL = "evil\x1b[31m\x07\u202ename"


class Terminal:
    """A tmux server of its own, that shows one program."""

    def __init__(self, folder, plimsoll):
        self.socket, self.folder, self.plimsoll = folder / "tmux", folder, plimsoll

    def tmux(self, *words):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        return subprocess.run(["tmux", "-S", str(self.socket), "-f", "/dev/null", *words], env=env,
                              capture_output=True, text=True, timeout=30, check=True).stdout

    def start(self, *args, columns=100, lines=24, env=""):
        command = shlex.join([self.plimsoll.binary, *map(str, args)])
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(lines),
                  "-c", str(self.folder), f"{env} PLIMSOLL_STORE=/dev/null/none {command}; echo status $?; exec sleep 600")
        return self

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def wait_for(self, wanted, is_it):
        """The screen, once it is that."""
        screen = ""
        for _ in range(200):
            screen = self.screen()
            if is_it(screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{wanted}:\n{screen}")

    def shows(self, *texts, without=()):
        """The screen, once it shows all of these."""
        return self.wait_for(f"{texts} without {without}", lambda screen: (
            all(text in screen for text in texts) and not any(x in screen for x in without)))

    def shows_first(self, first, then):
        """The screen, once it shows one above the other."""
        return self.wait_for(f"{first} above {then}", lambda screen: (
            0 <= screen.find(first) < screen.find(then)))

    def keys(self, *keys):
        self.tmux("send-keys", *keys)
        return self


@pytest.fixture
def terminal(tmp_path, plimsoll):
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed: 'tools/install-packages test' does it")
    made = Terminal(tmp_path, plimsoll)
    yield made
    if made.socket.exists():
        made.tmux("kill-server")


@pytest.fixture
def image(tmp_path):
    layers = [
        [("usr/bin/tool", b"t" * 5000), ("cache/old", b"o" * 90000), ("usr/lib/é漢", b"l" * 300)],
        [(".wh.cache", b"")],
        [("app/main.py", b"m" * 700), (EVIL, b"e" * 10), ("app/link", {"link": "main.py"})],
    ]
    return docker_archive(tmp_path / "image.tar", layers, history=HISTORY)


def test_layers_files_and_details(terminal, image):
    terminal.start("analyze", "-i", image)
    screen = terminal.shows("the whole image", "RUN make", "COPY . /app", "+ usr/", "+ app/")
    assert "\\x1b[31m\\x07" in screen and "\\u{202e}" in screen
    assert screen.index("usr/") < screen.index("app/") < screen.index("evil")
    terminal.keys("Enter").shows("- usr/", "  + bin/", "  + lib/")
    terminal.keys("Down", "Right", "j").shows("    tool", "/usr/bin/tool", "by layer 1 RUN make",
                                              "mode 0644")
    terminal.keys("h", "Left", "h", "h").shows("+ usr/", without=["tool"])
    terminal.keys("z").shows("é漢", "link -> main.py")


def test_what_a_layer_did(terminal, image):
    terminal.start("analyze", "-i", image).shows("+ usr/")
    terminal.keys("Tab", "j", "j").shows("layer 2 RUN rm -r cache", "up to this layer", "cache/")
    terminal.keys("Tab", "C-u").shows("cache/", without=["usr/"])
    terminal.keys("C-r").shows("nothing to show")
    terminal.keys("C-u", "C-r", "w").shows("90.0 kB", "hidden only", without=["usr/"])
    terminal.keys("Space", "j").shows("deleted by layer 2 RUN rm -r cache")


def test_looks(terminal, image):
    terminal.start("analyze", "-i", image).shows("[######### ] + usr/", "bytes")
    terminal.keys("g").shows("%", without=["[##"])
    terminal.keys("p").shows("  pull", without=["  bytes"])
    terminal.keys("n").shows_first("app/", "usr/")
    terminal.keys("f").shows("cache/old")
    terminal.keys("q").shows("usr/")
    terminal.keys("?").shows("ctrl-l", "only what is hidden")
    terminal.keys("q").shows("usr/")
    terminal.keys("/", "T", "O").shows("/TO_", "tool", without=["main.py"])
    terminal.keys("Escape").shows("+ app/")


def test_keys_are_the_users(terminal, image, tmp_path):
    config = tmp_path / "keys.yaml"
    config.write_text("keys: {fold-all: x, quit: ctrl-x, pull: tab}\n")
    terminal.start("analyze", "-i", image, "--config", config).shows("+ usr/", "  bytes")
    terminal.keys("z", "q", "Tab").shows("+ usr/", "  pull")
    terminal.keys("x").shows("main.py")
    terminal.keys("C-x").shows("status 0")


def help_of(screen, columns=49):
    """What does what: of a screen with two columns of help."""
    halves = [line[at:at + columns] for line in screen.splitlines() for at in (0, columns)]
    return {half[16:].strip(): half[:15].strip() for half in halves}


def test_help_tells_the_keys_that_are_bound(terminal, image, tmp_path):
    config = tmp_path / "keys.yaml"
    config.write_text("keys: {pull: tab, waste: é, help: h, page-up: ctrl-b}\n")
    terminal.start("analyze", "-i", image, "--config", config)
    terminal.shows("h:help", "tab:pull", "é:hidden", "shift-tab:pane", without=["?:help"])
    keys = help_of(terminal.keys("h").shows("only what is hidden"))
    assert keys["only what is hidden"] == "é" and keys["a page up"] == "ctrl-b"
    assert keys["bytes of files, or of the pull"] == "tab" and keys["the other pane"] == "shift-tab"
    assert keys["out of the folder"] == "left" and keys["this help"] == "h"
    assert keys["into the folder"] == "right l enter" and keys["end"] == "q ctrl-c"
    assert keys["open or close all folders"] == "ctrl-space z"
    assert keys["write the file into this folder"] == "ctrl-e"


@pytest.mark.parametrize("keys, says", [
    ("{fold-al: x}", "no action 'fold-al'"), ("{fold: xy}", "'xy' is no key"),
    ("{fold: ctrl-1}", "'ctrl-1' is no key"), ("[a]", "expected here")])
def test_keys_that_are_none(terminal, image, tmp_path, keys, says):
    config = tmp_path / "keys.yaml"
    config.write_text(f"keys: {keys}\n")
    terminal.start("analyze", "-i", image, "--config", config).shows(says, "status 2")


@pytest.fixture
def versions(tmp_path):
    """Two versions of a file, one that is gone, links, a name that is hostile."""
    layers = [
        [("note", b"one" * 100000), ("gone", b"gone"), ("empty", b"")],
        [("note", b"two"), (".wh.gone", b""), ("same", {"hard": "note"}),
         ("soft", {"link": "/etc/passwd"}), (EVIL, b"evil")],
    ]
    return docker_archive(tmp_path / "versions.tar", layers)


def look_for(terminal, name):
    """Put the cursor on the one file with that in its name."""
    terminal.keys("/", "Escape", "/", *name, "Enter", "Home")
    terminal.shows(f"/{name}", without=[f"/{name}_"])


def test_extract(terminal, versions, tmp_path):
    terminal.start("analyze", "-i", versions).shows("note", "ctrl-e:extract")
    for name, bytes_ in (("note", b"two"), ("empty", b""), ("gone", b"gone"), ("same", b"two")):
        look_for(terminal, name)
        terminal.keys("C-e").shows(f"wrote ./{name}, of layer")
        assert (tmp_path / name).read_bytes() == bytes_
    assert (tmp_path / "note").stat().st_mode & 0o7777 == 0o644
    look_for(terminal, "evil")
    terminal.keys("C-e").shows("wrote ./evil\\x1b[31m")
    assert (tmp_path / EVIL).read_bytes() == b"evil"
    look_for(terminal, "soft")
    terminal.keys("C-e").shows("it is no regular file")
    assert not os.path.lexists(tmp_path / "soft")
    terminal.keys("Tab", "C-e").shows("only a file can be extracted")
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".plimsoll")]


def test_extract_overwrites_nothing(terminal, versions, tmp_path):
    (tmp_path / "note").write_bytes(b"mine")
    os.symlink(tmp_path / "elsewhere", tmp_path / "note.1")
    terminal.start("analyze", "-i", versions).shows("note")
    look_for(terminal, "note")
    terminal.keys("Tab", "Down", "Tab", "C-e").shows("wrote ./note.2, of layer 1")
    assert (tmp_path / "note.2").read_bytes() == b"one" * 100000
    assert (tmp_path / "note").read_bytes() == b"mine"
    assert not os.path.lexists(tmp_path / "elsewhere")
    terminal.keys("j").shows("/note", without=["wrote"])
    terminal.keys("Tab", "Down", "Tab", "C-e").shows("wrote ./note.3, of layer 2")
    assert (tmp_path / "note.3").read_bytes() == b"two"


def test_extract_from_a_damaged_layer(terminal, versions, tmp_path):
    terminal.start("analyze", "-i", versions).shows("note")
    look_for(terminal, "note")
    with open(versions, "rb") as file:
        bytes_ = file.read()
    assert bytes_.count(b"two") == 1
    with open(versions, "r+b") as file:
        file.seek(bytes_.index(b"two"))
        file.write(b"bad")
    terminal.keys("C-e").shows("not extracted: its diff id is")
    assert not os.path.lexists(tmp_path / "note")


def test_extract_from_what_is_read_once(terminal, tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").write_bytes(b"f" * 100)
    terminal.start("analyze", "-i", f"rootfs:{tmp_path}/tree").shows("file")
    terminal.keys("C-e").shows("not extracted: its layer is not kept; 'plimsoll image pull' or")
    assert not os.path.lexists(tmp_path / "file")


def test_extract_from_a_registry(terminal, tmp_path):
    layout = make_image(tmp_path / "layout", layers=1)
    with real_registry(str(tmp_path / "registry")) as registry:
        upload(layout, f"{registry.host}/team/app:1")
        terminal.start("analyze", "-i", f"docker://{registry.host}/team/app:1").shows("file0")
        terminal.keys("C-e").shows("not extracted: its layer is not kept")
    assert not os.path.lexists(tmp_path / "file0")


def test_it_says_what_is_read(terminal, image):
    terminal.start("analyze", "-i", image).shows("+ usr/")
    terminal.keys("q").shows("reading the 3 layers of", "status 0")


def test_the_terminal_is_given_back(terminal, image):
    terminal.start("analyze", "-i", image).shows("+ usr/")
    screen = terminal.keys("q").shows("status 0")
    assert "usr/" not in screen


def test_gates_still_judge(terminal, image):
    terminal.start("analyze", "-i", image, "--max-waste", "1kB").shows("+ usr/")
    terminal.keys("C-c").shows("--max-waste", "status 1")


@pytest.mark.parametrize("columns, lines", [(20, 5), (10, 2), (59, 8), (300, 80)])
def test_terminals_of_all_sizes(terminal, image, columns, lines):
    terminal.start("analyze", "-i", image, columns=columns, lines=lines)
    terminal.shows("96.0 kB"[:columns])
    for key in ("z", "G", "Tab", "j", "?", "q", "f", "q", "w", "o", "C", "/", "x", "Escape"):
        terminal.keys(key)
    terminal.keys("q")
    if columns > 10:
        terminal.shows("status 0")


def test_a_terminal_that_changes_its_size(terminal, image):
    terminal.start("analyze", "-i", image).shows("the whole image", "+ usr/")
    terminal.tmux("resize-window", "-x", "20", "-y", "5")
    terminal.shows("+ usr/", without=["the whole image"])
    terminal.keys("Tab").shows("RUN make")
    terminal.tmux("resize-window", "-x", "120", "-y", "40")
    terminal.shows("RUN make", "+ usr/", "?:help")


def test_no_terminal(plimsoll, image):
    run = plimsoll("analyze", "-i", image, code=2)
    assert "-i wants a terminal" in run.stderr and "--report FILE" in run.stderr
    assert run.stdout == ""


def test_a_terminal_that_is_not_known(terminal, image):
    # libtinfo itself leaks when it knows no such terminal; a build with sanitizers would tell.
    terminal.start("analyze", "-i", image, env="TERM=of-nobody ASAN_OPTIONS=detect_leaks=0")
    terminal.shows("not known to ncurses", "hint: set TERM", "status 3")


@pytest.mark.limits
def test_no_key_waits_on_100000_files(terminal, tmp_path):
    large = docker_archive(tmp_path / "large.tar", [
        [(f"usr/d{i % 300}/s{i % 7}/f{i}", b"x" * (i % 50)) for i in range(100000)],
        [(f"usr/d{i % 300}/s{i % 7}/f{i}", b"y" * (i % 50)) for i in range(0, 100000, 9)]])
    terminal.start("analyze", "-i", large, env="PLIMSOLL_TRACE=1").shows("+ usr/")
    terminal.keys("z", "n", "s", "C", "G", "Home", "PageDown", "p", "w", "w", "o", "g", "Tab", "j",
                  "j", "k", "C-l", "C-u", "C-u", "/", "f", "9", "9", "Enter", "f", "f")
    found = re.search(r"(\d+) keys, the slowest took (\d+) ms",
                      terminal.keys("q").shows("the slowest took", "status 0"))
    assert int(found[1]) == 27 and int(found[2]) <= 50, found[0]
