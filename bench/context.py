#!/usr/bin/python3
"""`plimsoll context` on a made tree of 100,000 files, beside `find -type f -printf` on it.

bench/context.py [FILES]    prints both times and their ratio; the goal is 1.3
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLIMSOLL = os.environ.get("PLIMSOLL") or os.path.join(ROOT, "build", "plimsoll")
FILES_IN_DIRECTORY = 50
RUNS = 15


def make_tree(root, count):
    """Sources, installed dependencies, a history and artefacts, in the shares of a web project."""
    shares = [("src", ".ts", 0.2), ("node_modules", ".js", 0.6), (".git/objects", "", 0.15),
              ("dist", ".js", 0.05)]
    for top, end, share in shares:
        for i in range(int(count * share)):
            folder = f"{root}/{top}/d{i // FILES_IN_DIRECTORY % 40}/p{i // FILES_IN_DIRECTORY}"
            if i % FILES_IN_DIRECTORY == 0:
                os.makedirs(folder, exist_ok=True)
            with open(f"{folder}/f{i}{end}", "wb") as file:
                file.write(b"x" * (i % 64))
    with open(f"{root}/Dockerfile", "w", encoding="utf-8") as file:
        file.write("FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n"
                   "COPY . .\nRUN npm run build\n")
    with open(f"{root}/package.json", "w", encoding="utf-8") as file:
        file.write('{"name": "made", "scripts": {"build": "tsc"}}\n')


def once(command):
    start = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as root:
        make_tree(root, count)
        find = ["find", root, "-type", "f", "-printf", "%s\\n"]
        ours = [PLIMSOLL, "context", root]
        once(find)
        once(ours)
        # In turns: both see the same machine.
        pairs = [(once(find), once(ours)) for _ in range(RUNS)]
    theirs = statistics.median(pair[0] for pair in pairs)
    mine = statistics.median(pair[1] for pair in pairs)
    print(f"context, {count} files: {mine * 1000:.1f} ms; find -printf: {theirs * 1000:.1f} ms; "
          f"ratio {mine / theirs:.2f}, goal 1.3")


if __name__ == "__main__":
    main()
