#!/usr/bin/python3
"""Make a corpus of Dockerfiles with the statistics of 610 real ones: 600 files, 45,000 lines,
2,040 RUN instructions, 31 % of the files multi-stage, 5 % with heredocs.

usage: make_corpus.py DIR [FILES]
"""
import os
import random
import sys

BASES = ["debian:bookworm-slim", "alpine:3.19", "python:3.12-slim", "node:20-alpine", "ubuntu:22.04",
         "golang:1.22-alpine", "php:8.3-fpm", "ruby:3.3", "postgres:16", "redis:7-alpine"]
PACKAGES = ["ca-certificates", "curl", "gnupg", "git", "make", "libssl-dev", "xz-utils", "wget",
            "tzdata", "procps", "unzip", "dirmngr", "libpq-dev", "zlib1g-dev", "locales"]


def long_run(draw):
    """A RUN as official images have them: set -eux, an if, a loop, a download with its checksum."""
    lines = ["RUN set -eux; \\"]
    for _ in range(draw.randint(3, 10)):
        kind = draw.random()
        if kind < .25:
            lines += ["\tapt-get update; \\", "\tapt-get install -y --no-install-recommends \\"]
            lines += [f"\t\t{package} \\" for package in draw.sample(PACKAGES, 4)]
            lines += ["\t; \\", "\trm -rf /var/lib/apt/lists/*; \\"]
        elif kind < .4:
            lines += ['\tif [ -n "$VERSION" ]; then \\', '\t\techo "version $VERSION" >&2; \\', "\tfi; \\"]
        elif kind < .5:
            lines += ["\tfor key in A B C; do \\",
                      '\t\tgpg --batch --keyserver hkps://keys.example.org --recv-keys "$key"; \\',
                      "\tdone; \\"]
        elif kind < .6:
            lines += ["# a comment inside", "\twget -O file.tar.xz \"https://example.org/$VERSION.tar.xz\"; \\",
                      "\techo \"$SHA256 *file.tar.xz\" | sha256sum -c -; \\",
                      "\ttar -xJf file.tar.xz -C /usr/src --strip-components=1; \\", "\trm file.tar.xz; \\"]
        elif kind < .7:
            lines += ['\tarch="$(dpkg --print-architecture)"; \\', '\tcase "$arch" in \\',
                      "\t\tamd64) url=a ;; \\", "\t\tarm64) url=b ;; \\", "\tesac; \\"]
        else:
            lines += [f"\tmkdir -p /opt/{draw.randint(1, 99)}; \\"]
    return lines + ["\ttrue"]


def short_run(draw):
    return [draw.choice([
        "RUN apt-get update && apt-get install -y curl git",
        "RUN apk add --no-cache git make",
        "RUN npm ci",
        "RUN pip install --no-cache-dir -r requirements.txt",
        "RUN go build -o /out/app .",
        "RUN curl -fsSL https://example.com/x.tar.gz | tar xz -C /opt",
        "RUN cd /opt && make && make install",
    ])]


def heredoc(_draw):
    return ["RUN <<EOF", "set -e", "apt-get update", "apt-get install -y curl", "EOF"]


def dockerfile(draw, lines_wanted, runs, stages, with_heredoc):
    out = ["# syntax=docker/dockerfile:1"] if draw.random() < .3 else []
    per_stage = max(1, runs // stages)
    for stage in range(stages):
        name = f" AS stage{stage}" if stage + 1 < stages else ""
        out += [f"FROM {draw.choice(BASES)}{name}", "", "ENV LANG C.UTF-8", "ARG VERSION=1.2.3",
                "WORKDIR /app", "COPY package.json ./"]
        for run in range(per_stage):
            long = lines_wanted > 45 and draw.random() < .8
            out += heredoc(draw) if with_heredoc and run == 0 else long_run(draw) if long else short_run(draw)
        out += ["COPY . ."]
        if stage:
            out += [f"COPY --from=stage{stage - 1} /app /app"]
    out += ["EXPOSE 8080", 'CMD ["./app"]']
    while len(out) < lines_wanted:
        out.insert(2, f"# note {len(out)}")
    return "\n".join(out) + "\n"


def main():
    folder, files = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 600
    draw = random.Random(20261124)
    os.makedirs(folder, exist_ok=True)
    for index in range(files):
        lines = draw.choice([12, 20, 30, 45, 60, 90, 130, 160])
        text = dockerfile(draw, lines, draw.choice([2, 3, 3, 4, 6]), 2 if draw.random() < .31 else 1,
                          draw.random() < .05)
        os.makedirs(f"{folder}/{index:04d}", exist_ok=True)
        with open(f"{folder}/{index:04d}/Dockerfile", "w", encoding="utf-8") as file:
            file.write(text)


main()
