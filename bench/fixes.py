#!/usr/bin/python3
"""Hold `fix` to its promises over every file of $PLIMSOLL_CORPUS (or of the made corpus).

For each repository, with safe fixes, with --unproven and with --modernize too: the diff that --diff
prints is taken by `git apply` and gives what `fix` writes; a second fix changes nothing; each rule
applied has fewer findings than before by at least the number applied, or its reasons; no file that
was mended gains a finding of any rule. Prints a row a repository, and exits 1 when a promise is
broken.

usage: bench/fixes.py [REPOSITORY...]
"""
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLIMSOLL = os.environ.get("PLIMSOLL", os.path.join(ROOT, "build", "plimsoll"))
LANGUAGE = ("correctness/unknown-instruction", "correctness/argument", "correctness/flag", "correctness/order",
            "correctness/unterminated", "correctness/expansion", "shell/syntax")


def run(*command, cwd, text=True):
    return subprocess.run(command, cwd=cwd, text=text, capture_output=True, check=False)


def git(cwd, *words):
    return run("git", "-c", "core.autocrlf=false", "-c", "user.name=x", "-c", "user.email=x", *words, cwd=cwd, text=False)


def findings(folder, flags):
    asked = [flag for flag in flags if flag == "--modernize"]  # rules say more where more is asked for
    found = run(PLIMSOLL, "check", "--fail-on", "none", "--format", "json", "-q", *asked, ".", cwd=folder)
    return json.loads(found.stdout)["findings"]


def count_by_rule(rows, names=None):
    return collections.Counter((row["file"], row["rule"]) for row in rows if not names or row["rule"] in names)


def hold(folder, flags):
    """Problems of one repository with one set of flags, and how many fixes were applied."""
    problems = []
    git(folder, "init", "-q")
    git(folder, "add", "-Af")
    git(folder, "commit", "-qm", "before")
    before = findings(folder, flags)
    patch = run(PLIMSOLL, "fix", "--diff", "-q", *flags, ".", cwd=folder, text=False)
    if patch.returncode not in (0, 1):
        return [f"fix --diff ended with {patch.returncode}: {patch.stderr.decode()[:300]}"], 0
    done = run(PLIMSOLL, "fix", "--format", "json", "-q", *flags, ".", cwd=folder)
    if done.returncode not in (0, 1):
        return [f"fix ended with {done.returncode}: {done.stderr[:300]}"], 0
    applied, changed = collections.Counter(), set()
    for file in json.loads(done.stdout)["files"]:
        for fix in file["applied"]:
            applied[(file["file"], fix["rule"])] += 1
            changed.add(file["file"])
    after = findings(folder, flags)
    written = git(folder, "diff", "--no-color", "--binary").stdout
    git(folder, "stash", "-q")
    if patch.stdout:
        taken = subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=folder, input=patch.stdout,
                               capture_output=True, check=False)
        if taken.returncode:
            problems.append(f"git apply refuses the diff: {taken.stderr.decode()[:300]}")
        elif git(folder, "diff", "--no-color", "--binary").stdout != written:
            problems.append("the diff gives another text than fix")
    elif written:
        problems.append("fix writes what --diff does not show")
    git(folder, "checkout", "-q", ".")
    git(folder, "stash", "pop", "-q")
    again = run(PLIMSOLL, "fix", "--diff", "-q", *flags, ".", cwd=folder)
    if again.stdout:
        problems.append(f"a second fix changes something:\n{again.stdout[:1500]}")
    old, new = count_by_rule(before), count_by_rule(after)
    for (name, rule), number in applied.items():
        left = new[(name, rule)]
        if left and left > old[(name, rule)] - number:
            problems.append(f"{name}: {rule} was fixed {number} times, {old[(name, rule)]} before, {left} after")
    for key, number in new.items():
        if number > old[key] and (key[1] in LANGUAGE or key[0] in changed):
            problems.append(f"{key[0]}: {key[1]} appears after the fix")
    return problems, sum(applied.values())


def main():
    corpus = os.environ.get("PLIMSOLL_CORPUS")
    scratch = tempfile.mkdtemp(prefix="plimsoll-fixes-")
    try:
        if not corpus:
            corpus = os.path.join(scratch, "made", "corpus")
            subprocess.run([sys.executable, os.path.join(ROOT, "bench", "make_corpus.py"), corpus], check=True)
            corpus = os.path.dirname(corpus)
        bad = 0
        for name in sys.argv[1:] or sorted(os.listdir(corpus)):
            for flags in ([], ["--unproven"], ["--unproven", "--modernize"]):
                work = os.path.join(scratch, "work")
                shutil.rmtree(work, ignore_errors=True)
                shutil.copytree(os.path.join(corpus, name), work, symlinks=True,
                                ignore=shutil.ignore_patterns(".git"))
                problems, applied = hold(work, flags)
                bad += len(problems)
                print(f"{name:<48} {flags[-1][2:] if flags else 'safe':<9} {applied:>6} applied  "
                      f"{len(problems)} broken", flush=True)
                for problem in problems:
                    print(f"    {problem}")
        sys.exit(1 if bad else 0)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


main()
