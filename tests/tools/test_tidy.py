"""tools/tidy: silent on this tree, and loud on a small tree in which one thing is wrong."""
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIDY = os.path.join(ROOT, "tools", "tidy")

pytestmark = pytest.mark.skipif(not shutil.which("ctags"),
                                reason="universal-ctags is not installed")

GOOD = {
    "src/LAYERS": "# who may use whom\nbase:\ntext: base\ndata: base text\n"
                  "rules: base text data\n",
    "src/base/base.h": "#pragma once\n\n/* Adds. */\nint add(int a, int b);\n",
    "src/data/data.h": "#pragma once\n\n/* A tree. */\nint data_parse(int fd);\n",
    "src/data/inner.h": "#pragma once\n\n/* A part. */\nint data_part(int fd);\n",
    "src/data/tree.c": '#include "data/data.h"\n\n#include "base/base.h"\n'
                       '#include "data/inner.h"\n\n'
                       "int data_parse(int fd)\n{\n    return fd;\n}\n",
    "src/rules/rules.h": '#pragma once\n\n#include "data/data.h"\n',
    "tests/unit/data/tree_test.c": '#include "data/inner.h"\n\nint main(void)\n{\n'
                                   "    return 0;\n}\n",
}


def deep(levels):
    text = "int f(int a)\n{\n"
    for level in range(1, levels + 1):
        text += "    " * level + "if (a)\n"
    return text + "    " * (levels + 1) + "return 1;\n    return 0;\n}\n"


# name of the check, path, its text, a part of what is said
BAD = [
    ("layers", "src/data/up.c", '#include "rules/rules.h"\n', "data may not use rules"),
    ("layers", "src/extra/a.c", "/* more */\n", "'extra' is not in src/LAYERS"),
    ("layers", "src/data/lost.c", '#include "nowhere/x.h"\n', "is in no folder"),
    ("doors", "src/rules/peek.c", '#include "data/inner.h"\n', "the door is 'data/data.h'"),
    ("doors", "tests/unit/rules/peek_test.c", '#include "data/inner.h"\n',
     "'data/inner.h' is private"),
    ("libraries", "src/rules/yaml.c", "#include <libfyaml.h>\n", "belongs behind src/data/yaml.c"),
    ("file-lines", "src/data/long.c", "\n" * 601, "is 601, the limit is 600"),
    ("header-lines", "src/data/long.h", "#pragma once\n" + "\n" * 200, "is 201, the limit is 200"),
    ("function-lines", "src/data/f.c",
     "int f(void)\n{\n" + "    add(1, 2);\n" * 68 + "    return 0;\n}\n", "length of f() is 72"),
    ("complexity", "src/data/f.c",
     "int f(int a)\n{\n" + "    if (a)\n        a++;\n" * 15 + "    return a;\n}\n",
     "complexity of f() is 16"),
    ("complexity", "src/data/f.c",
     "int f(int a, int b)\n{\n    return " + "(a && b) ||\n        " * 8 + "a;\n}\n",
     "complexity of f() is 17"),
    ("parameters", "src/data/f.c",

         "int f(int a, int b, int c, int d, int e, int g, void (*h)(int, int))\n{\n    return 0;\n}\n", "parameters of f() is 7"),
    ("nesting", "src/data/f.c", deep(5), "nesting of f() is 5"),
    ("line-length", "src/data/f.c", "/* " + "x" * 98 + " */\n", "columns of the line is 104"),
    ("banned", "src/data/f.c", "int f(char *a)\n{\n    return atoi(a);\n}\n", "atoi() is banned"),
    ("banned", "tests/unit/data/f_test.c", "void f(char *a)\n{\n    strcpy(a, a);\n}\n",
     "strcpy() is banned"),
    ("homes", "src/data/f.c", "int f(void)\n{\n    return open(\"x\", 0);\n}\n",
     "belongs to src/base/io.c"),
    ("homes", "src/data/f.c", "void f(void)\n{\n    printf(\"x\");\n}\n",
     "printf() belongs to nobody"),
    ("homes", "src/data/f.c", "long f(void)\n{\n    return time(0);\n}\n",
     "belongs to src/cli/main.c"),
    ("colour", "src/data/f.c", 'static const char red[] = "\\033[31m";\n', "only report/"),
    ("globals", "src/data/f.c", "static int count;\n", "a global that can change"),
    ("globals", "src/data/f.c", "static struct x *list = 0;\n", "a global that can change"),
    ("comments", "src/data/f.h", "#pragma once\n\nint f(void);\n", "f() has no comment"),
    ("pragma", "src/data/f.h", "/* A file. */\nint f(void);\n", "#pragma once"),
    ("names", "src/rules/tree.c", "/* again */\n", "the name is taken"),
    ("names", "src/rules/Tree.c", "/* again */\n", "lower case"),
    ("to-do", "src/data/f.c", "/* TO" "DO: more */\n", "names its issue"),
    ("to-do", "tools/f.sh", "# FIX" "ME\n", "names its issue"),
]

# What looks wrong and is not.
FINE = [
    ("src/data/f.c", "/* strcpy() and open() in a comment, \"a string\" */\n"),
    ("src/data/f.c", 'static const char text[] = "call strcpy() or open()";\n'),
    ("src/data/f.c", "int f(struct x *x)\n{\n    return x->open(1) + x->time(2);\n}\n"),
    ("src/data/f.c", "/* TO" "DO(#12): more */\n"),
    ("src/data/f.c", "static const char *const list[] = {0};\nstatic int f(int a);\n"),
    ("src/data/f.c",
     "int f(int a, int b)\n{\n    return " + "a && b &&\n        " * 30 + "a;\n}\n"),
    ("src/data/f.c", "    \"" + "x" * 120 + "\"\n"),
    ("src/base/io.c", "int f(void)\n{\n    return open(\"x\", 0);\n}\n"),
    ("src/data/f.c", deep(4)),
]


def make(folder, more=()):
    for path, text in {**GOOD, **dict(more)}.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return str(folder)


def tidy(folder, *words):
    run = subprocess.run([sys.executable, TIDY, "--root", folder, *words], capture_output=True,
                         text=True, timeout=60, check=False)
    assert not run.stderr, run.stderr
    assert (run.returncode != 0) == bool(run.stdout)
    return run.stdout


def test_this_tree_is_tidy():
    run = subprocess.run([TIDY], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_small_good_tree(tmp_path):
    assert tidy(make(tmp_path)) == ""


@pytest.mark.parametrize("check, path, text, says", BAD,
                         ids=[f"{check}-{number}" for number, (check, *_) in enumerate(BAD)])
def test_one_thing_is_wrong(tmp_path, check, path, text, says):
    said = tidy(make(tmp_path, [(path, text)]))
    assert re.match(rf"{re.escape(path)}:\d+: .*\[{check}\]\n\Z", said), said
    assert says in said


@pytest.mark.parametrize("path, text", FINE)
def test_what_looks_wrong_and_is_not(tmp_path, path, text):
    assert tidy(make(tmp_path, [(path, text)])) == ""


DEEP = ("src/data/f.c", deep(6))


@pytest.mark.parametrize("number, says", [
    (5, "nesting of f() is 6"),
    (6, ""),
    (7, "tools/tidy-waivers:2: the waiver of nesting for src/data/f.c:f is larger than needed: "
        "write 6"),
])
def test_a_waiver_allows_what_it_says_and_no_more(tmp_path, number, says):
    waiver = f"# let pass\nnesting src/data/f.c:f {number} a state machine\n"
    said = tidy(make(tmp_path, [DEEP, ("tools/tidy-waivers", waiver)]))
    assert says in said and bool(said) == bool(says)


def test_waivers_that_nothing_needs(tmp_path):
    folder = make(tmp_path, [("tools/tidy-waivers", "nesting src/data/f.c:f 6 why\n")])
    assert "take it out" in tidy(folder)


def test_waivers_without_a_reason(tmp_path):
    folder = make(tmp_path, [DEEP, ("tools/tidy-waivers", "nesting src/data/f.c:f 6\n")])
    assert "check, place, number, reason" in tidy(folder)


def test_shrinking(tmp_path):
    waivers = "# kept\nnesting src/data/f.c:f 9 a state machine\nbanned src/data/g.c 1 gone\n"
    folder = make(tmp_path, [DEEP, ("tools/tidy-waivers", waivers)])
    assert tidy(folder, "--shrink") == ""
    assert (tmp_path / "tools/tidy-waivers").read_text() == (
        "# kept\nnesting src/data/f.c:f 6 a state machine\n")


def test_only_the_files_that_are_named(tmp_path):
    folder = make(tmp_path, [DEEP, ("src/data/g.h", "int g(void);\n")])
    assert "nesting" not in tidy(folder, os.path.join(folder, "src/data/g.h"))


@pytest.mark.limits
def test_it_is_quick():
    before = time.monotonic()
    subprocess.run([TIDY], capture_output=True, timeout=60, check=False)
    assert time.monotonic() - before < 3  # one second on an idle machine
