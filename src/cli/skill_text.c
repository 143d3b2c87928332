#include "cli/skill_text.h"

/* The guide in our own words, each part with the command that does it. */

const char *const skill_sections[] = {
    "---\n"
    "name: plimsoll-container-images\n"
    "description: Use when writing, reviewing or mending Dockerfiles, .dockerignore files, compose\n"
    "  files, Kubernetes manifests or CI pipelines that build images; makes images smaller, builds\n"
    "  faster and containers safer with the plimsoll command.\n"
    "---\n\n"
    "# Good container images with Plimsoll\n\n"
    "Begin by looking. Without arguments the program tells what the repository holds, what would\n"
    "win most, and which command comes next:\n\n"
    "```sh\nplimsoll\n```\n\n"
    "Every finding carries the place, what it costs and, where there is one, an edit. Machines read\n"
    "`--format json`; its shape is `plimsoll.check/1`. A name from a finding is explained by\n\n"
    "```sh\nplimsoll explain layers\nplimsoll check --format json\n```\n\n",

    "## Work with the repository that is there\n\n"
    "Keep its base images, package managers, stage layout and scanners; change those only when\n"
    "asked to modernise. Record what is there today as a baseline, and judge only what is new:\n\n"
    "```sh\nplimsoll check --write-baseline plimsoll-baseline.json\n"
    "plimsoll check --baseline plimsoll-baseline.json\n"
    "plimsoll check --modernize\n```\n\n"
    "An exception belongs beside the line, with its reason and a date:\n"
    "`# plimsoll: ignore=RULE until=2027-01-01 -- reason`.\n\n",

    "## Fewer and smaller layers\n\n"
    "A file that one RUN writes and a later one deletes is still shipped: its bytes sit in the\n"
    "earlier layer. Refresh the package index, install, and clear up inside one RUN; download,\n"
    "unpack and delete an archive inside one RUN. Do not pipe a script from the network into a\n"
    "shell. Joining RUNs of a stage that is not shipped wins nothing.\n\n"
    "```sh\nplimsoll check --select layers,size\n```\n\n",

    "## Build in one stage, ship another\n\n"
    "Compilers, headers, package caches and test tools stay in a build stage; the last stage takes\n"
    "the result by `COPY --from`. A static program can ship on `scratch`; remember CA certificates\n"
    "and time zones when it needs them.\n\n"
    "```sh\nplimsoll check --select layers,base --modernize\n```\n\n",

    "## Small base images\n\n"
    "Pick the smallest base that the program runs on: `scratch` for static programs, distroless\n"
    "for programs that need a C library, Alpine where musl is fine, `-slim` for the rest. What is\n"
    "known of each one (size, users, C library, end of support) can be asked for:\n\n"
    "```sh\nplimsoll explain base\nplimsoll check --select base\n```\n\n",

    "## Strip binaries\n\n"
    "Symbols and debug data are often a third of a program. Link Go with `-ldflags=\"-s -w\"`, let\n"
    "Cargo strip in its release profile, run `strip` after a C or C++ build, all in the build\n"
    "stage. Findings of this kind are in group `size`.\n\n"
    "```sh\nplimsoll check --select size\n```\n\n",

    "## Production dependencies only\n\n"
    "Install with the lock file and without development packages: `npm ci --omit=dev`, wheels\n"
    "built in one stage and installed in the next, `--no-install-recommends` for apt. Do not ship\n"
    "a compiler that only the installation of a package needed.\n\n"
    "```sh\nplimsoll check --select size,layers\n```\n\n",

    "## Ignore files and the build context\n\n"
    "What the ignore file does not name is sent to the builder at every build, secrets and version\n"
    "control included. Leave out what is big or private, and never a file that a COPY needs.\n\n"
    "```sh\nplimsoll check --select context\n```\n\n",

    "## Order for the cache\n\n"
    "Put what changes rarely first: manifests and lock files, then the installation, then the\n"
    "source, then the build. A `COPY . .` in front of an installation runs that installation again\n"
    "for every change of a comment.\n\n"
    "```sh\nplimsoll check --select cache\n```\n\n",

    "## Cache mounts\n\n"
    "`RUN --mount=type=cache,target=...` keeps a package manager's downloads on the builder and\n"
    "out of the layer. Use the directory that the manager really uses for the user that runs it,\n"
    "and do not tell the manager to switch its cache off at the same time.\n\n"
    "```sh\nplimsoll check --select cache,size\n```\n\n",

    "## Caches in CI\n\n"
    "A runner starts empty, so import and export the build cache: from a registry with `mode=max`\n"
    "for builds of several stages, inline for builds of one, a local directory where a volume\n"
    "outlives the job. Pulling an old image first brings nothing to BuildKit.\n\n"
    "```sh\nplimsoll check --select ci\n```\n\n",

    "## Run as somebody else than root\n\n"
    "Create or take a user, give it the files it writes by `COPY --chown`, and name it with USER\n"
    "in the last stage; by number where Kubernetes must know that it is not root. A `chown -R` of\n"
    "what an earlier layer wrote stores every file twice.\n\n"
    "```sh\nplimsoll check --select security\n```\n\n",

    "## A read-only root, few capabilities, no new privileges\n\n"
    "Run with a read-only root and give each place that is written a tmpfs or a volume; drop every\n"
    "capability and add back those that are used; forbid new privileges. The same in compose\n"
    "(`read_only`, `tmpfs`, `cap_drop`, `security_opt`) and in Kubernetes (`securityContext` of\n"
    "the container, `emptyDir` with a size limit).\n\n"
    "```sh\nplimsoll check --select security,compose,kubernetes\n```\n\n",

    "## Scan in the pipeline\n\n"
    "A scan that cannot fail the build is decoration: give it a severity and an exit code, upload\n"
    "its SARIF even when it fails, and allow the job to write security events. Plimsoll finds\n"
    "pipelines where that is missing, and its own findings go the same way. (Scanning images for\n"
    "vulnerabilities is not in this version; keep the scanner you have.)\n\n"
    "```sh\nplimsoll check --select ci\n"
    "plimsoll check --format sarif --output plimsoll.sarif\n```\n\n",

    "## No secrets in images\n\n"
    "ENV, ARG and copied files stay readable in the image for ever. Pass a secret to a build step\n"
    "with `RUN --mount=type=secret`, and to the program at run time. A secret that was in an image\n"
    "must be replaced, not only removed.\n\n"
    "```sh\nplimsoll check --select secrets --fail-on error\n```\n\n",

    "## See where the bytes are\n\n"
    "Measure before and after: `docker history` shows the layers. (Looking into images, comparing\n"
    "them and proving a saving are not in this version.) What a finding costs, where that is\n"
    "known, stands under it in the human format:\n\n"
    "```sh\nplimsoll check --format human\n```\n\n",

    "## Done means\n\n"
    "```sh\nplimsoll check --fail-on warning\n```\n\n"
    "ends with status 0. Status 1 means findings, 2 a wrong option or configuration, 3 a file that\n"
    "could not be read.\n",
};
const size_t skill_section_count = ARRAY_COUNT(skill_sections);
