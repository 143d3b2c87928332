#include "tests/unit/rules/ci_unit.h"

/* Rules of CI files, of command lines, and of Dockerfiles with the builds that read them. */

#define JOB    "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
#define BUILDX "      - uses: docker/setup-buildx-action@v3\n"
#define PUSH   "      - uses: docker/build-push-action@v6\n        with:\n          push: true\n"
#define TRIVY \
    "      - uses: aquasecurity/trivy-action@0.28.0\n        with:\n          image-ref: a\n"
#define UPLOAD     "      - uses: github/codeql-action/upload-sarif@v3\n"
#define TWO_STAGES "FROM golang:1.22 AS build\nFROM scratch\nCOPY --from=build /a /a\n"

static const struct ci_row rows[] = {
    /* ci/action-branch, ci/action-unpinned, ci/action-deprecated */
    {"a branch is what it holds today", "ci/action-branch", FILE_GITHUB,
     JOB "      - uses: a/b@master\n", 5},
    {"a release is no branch", "ci/action-branch", FILE_GITHUB, JOB "      - uses: a/b@v1\n", 0},
    {"a local action has no branch", "ci/action-branch", FILE_GITHUB,
     JOB "      - uses: ./x@main\n", 0},
    {"a tag is no commit", "ci/action-unpinned", FILE_GITHUB, JOB "      - uses: a/b@v1\n", 5},
    {"forty digits are a commit", "ci/action-unpinned", FILE_GITHUB,
     JOB "      - uses: a/b@0123456789012345678901234567890123456789\n", 0},
    {"an old major is named with its successor", "ci/action-deprecated", FILE_GITHUB,
     JOB "      - uses: actions/checkout@v2.1 # why\n", 5,
     JOB "      - uses: actions/checkout@v4 # why\n"},
    {"a kept major", "ci/action-deprecated", FILE_GITHUB, JOB "      - uses: actions/checkout@v4\n",
     0},

    /* ci/permissions, ci/credentials-kept, ci/template-injection, ci/image-unpinned */
    {"write-all at the top", "ci/permissions", FILE_GITHUB, "permissions: write-all\n" JOB, 1},
    {"read-all is fine", "ci/permissions", FILE_GITHUB, "permissions: read-all\n" JOB, 0},
    {"checkout keeps its token", "ci/credentials-kept", FILE_GITHUB,
     JOB "      - uses: actions/checkout@v4\n", 5},
    {"unless told not to", "ci/credentials-kept", FILE_GITHUB,
     JOB "      - uses: actions/checkout@v4\n        with: {persist-credentials: false}\n", 0},
    {"a title in a script", "ci/template-injection", FILE_GITHUB,
     JOB "      - run: |\n          true\n          echo ${{ github.event.issue.title }}\n", 7},
    {"a number is no text of strangers", "ci/template-injection", FILE_GITHUB,
     JOB "      - run: echo ${{ github.event.issue.number }}\n", 0},
    {"a title in a variable", "ci/template-injection", FILE_GITHUB,
     JOB "      - run: echo \"$T\"\n        env:\n          T: ${{ github.event.issue.title }}\n",
     0},
    {"a job's image by tag", "ci/image-unpinned", FILE_GITLAB,
     "a:\n  image: node:20\n  script:\n    - true\n", 2},

    /* ci/scan-missing, ci/scan-cannot-fail, ci/scan-severity */
    {"pushed and never scanned", "ci/scan-missing", FILE_GITHUB, JOB PUSH, 5},
    {"scanned by any tool", "ci/scan-missing", FILE_GITHUB, JOB PUSH "      - run: grype a\n", 0},
    {"not pushed", "ci/scan-missing", FILE_GITHUB, JOB "      - run: docker build .\n", 0},
    {"no exit code", "ci/scan-cannot-fail", FILE_GITHUB, JOB TRIVY, 5,
     JOB TRIVY "          exit-code: \"1\"\n"},
    {"a report is judged elsewhere", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB TRIVY "          format: sarif\n", 0},
    {"continue-on-error", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB TRIVY "          exit-code: 1\n        continue-on-error: true\n", 9},
    {"|| true", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: trivy image --exit-code 1 a || true\n", 5},
    {"a scan that may fail", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: trivy image --exit-code 1 a && true\n", 0},
    {"allow_failure", "ci/scan-cannot-fail", FILE_GITLAB,
     "s:\n  allow_failure: true\n  script:\n    - trivy image a\n", 4},
    {"any severity", "ci/scan-severity", FILE_GITHUB, JOB TRIVY "          exit-code: 1\n", 5,
     JOB TRIVY "          exit-code: 1\n          severity: HIGH,CRITICAL\n"},

    /* ci/sarif-permission, ci/sarif-always, ci/sarif-lost */
    {"no permissions at all", "ci/sarif-permission", FILE_GITHUB, JOB UPLOAD, 5,
     JOB UPLOAD "    permissions:\n      contents: read\n      actions: read\n"
                "      security-events: write\n"},
    {"other permissions", "ci/sarif-permission", FILE_GITHUB,
     "permissions:\n  contents: read\n" JOB UPLOAD, 7,
     "permissions:\n  contents: read\n  security-events: write\n" JOB UPLOAD},
    {"the permission is there", "ci/sarif-permission", FILE_GITHUB,
     "permissions:\n  security-events: write\n" JOB UPLOAD, 0},
    {"the job's own permissions count alone", "ci/sarif-permission", FILE_GITHUB,
     "permissions:\n  security-events: write\njobs:\n  a:\n    permissions: {contents: read}\n"
     "    steps:\n" UPLOAD,
     7},
    {"a failing scan skips the upload", "ci/sarif-always", FILE_GITHUB,
     JOB TRIVY "          exit-code: 1\n" UPLOAD, 9,
     JOB TRIVY "          exit-code: 1\n" UPLOAD "        if: always()\n"},
    {"a scan that never fails skips nothing", "ci/sarif-always", FILE_GITHUB, JOB TRIVY UPLOAD, 0},
    {"uploaded nowhere", "ci/sarif-lost", FILE_GITHUB,
     JOB TRIVY "          format: sarif\n          output: o.sarif\n", 9},
    {"kept as an artifact", "ci/sarif-lost", FILE_GITHUB,
     JOB TRIVY "          format: sarif\n      - uses: actions/upload-artifact@v4\n", 0},

    /* ci/cache-* */
    {"no cache on a hosted runner", "ci/cache-missing", FILE_GITHUB, JOB BUILDX PUSH, 6,
     JOB BUILDX PUSH "          cache-from: type=gha\n          cache-to: type=gha,mode=max\n"},
    {"the team's registry cache is not doubled", "ci/cache-missing", FILE_GITHUB,
     JOB BUILDX PUSH PUSH "          cache-to: type=registry,ref=a/b:c\n", 6,
     JOB BUILDX PUSH PUSH "          cache-to: type=registry,ref=a/b:c\n"},
    {"one's own runner keeps its disk", "ci/cache-missing", FILE_GITHUB,
     "jobs:\n  a:\n    runs-on: self-hosted\n    steps:\n" PUSH, 0},
    {"mode=min of two stages", "ci/cache-mode", FILE_SHELL,
     "docker buildx build --cache-to type=registry,ref=a/b:c .\n", 1,
     "docker buildx build --cache-to type=registry,ref=a/b:c,mode=max .\n", TWO_STAGES},
    {"mode=max", "ci/cache-mode", FILE_SHELL,
     "docker buildx build --cache-to type=registry,ref=a/b:c,mode=max .\n", 0, NULL, TWO_STAGES},
    {"inline of one stage is whole", "ci/cache-mode", FILE_SHELL,
     "docker buildx build --cache-to type=inline .\n", 0, NULL, "FROM scratch\n"},
    {"pulled for a registry cache", "ci/cache-pull", FILE_SHELL,
     "docker pull a:b || true\ndocker buildx build --cache-from type=registry,ref=a:b .\n", 1,
     "docker buildx build --cache-from type=registry,ref=a:b .\n"},
    {"pulled to run it", "ci/cache-pull", FILE_SHELL, "docker pull a:b || true\ndocker run a:b\n",
     0},
    {"a reference that nothing writes", "ci/cache-unwritten", FILE_SHELL,
     "docker buildx build \\\n --cache-from type=registry,ref=a:deps \\\n"
     " --cache-to type=inline -t a:${VERSION} .\n",
     2},
    {"the reference is written", "ci/cache-unwritten", FILE_SHELL,
     "docker buildx build --cache-from type=registry,ref=a:c --cache-to type=registry,ref=a:c .\n",
     0},
    {"a tag that may be it", "ci/cache-unwritten", FILE_SHELL,
     "docker buildx build --cache-from type=registry,ref=a:c --cache-to type=inline -t a:$TAG .\n",
     0},
    {"--no-cache on every run", "ci/no-cache", FILE_GITHUB,
     JOB "      - run: docker build --no-cache .\n", 5},
    {"--no-cache by schedule", "ci/no-cache", FILE_GITHUB,
     "on: {schedule: [{cron: 1 1 1 1 1}]}\n" JOB "      - run: docker build --no-cache .\n", 0},
    {"latest alone", "ci/latest-only", FILE_GITHUB, JOB PUSH "          tags: a/b:latest\n", 8},
    {"latest and the commit", "ci/latest-only", FILE_GITHUB,
     JOB PUSH "          tags: |\n            a/b:latest\n            a/b:${{ github.sha }}\n", 0},

    /* command/run-rights */
    {"a service with all rights", "command/run-rights", FILE_SHELL, "docker run -d -p 80:80 a\n",
     1},
    {"a tool that is run once", "command/run-rights", FILE_SHELL, "docker run --rm -it a\n", 0},
    {"with some rights taken", "command/run-rights", FILE_SHELL, "docker run -d --cap-drop=ALL a\n",
     0},
    {"an option of the program is none of docker's", "command/run-rights", FILE_SHELL,
     "docker run --rm a -d\n", 0},
    {"in a recipe of make", "command/run-rights", FILE_MAKE, "x:\n\t@docker run -d \\\n\t  a\n", 2},
    {"in a script of npm", "command/run-rights", FILE_PACKAGE_JSON,
     "{\"scripts\": {\n\"x\": \"docker run -d a\"}}\n", 2},
    {"in a fence", "command/run-rights", FILE_MARKDOWN, "a\n```console\n$ docker run -d a\n```\n",
     3},
    {"a fence of other text", "command/run-rights", FILE_MARKDOWN,
     "```python\ndocker run -d a\n```\n", 0},

    /* secrets/build-arg, secrets/id-*, correctness/target-missing */
    {"a secret as argument", "secrets/build-arg", FILE_SHELL,
     "docker build \\\n --build-arg NPM_TOKEN=$NPM_TOKEN .\n", 2},
    {"from the environment", "secrets/build-arg", FILE_SHELL,
     "docker build --build-arg NPM_TOKEN .\n", 1},
    {"by an action", "secrets/build-arg", FILE_GITHUB,
     JOB PUSH "          build-args: |\n            A=1\n            NPM_TOKEN=${{ secrets.T }}\n",
     10},
    {"a version is no secret", "secrets/build-arg", FILE_SHELL,
     "docker build --build-arg VERSION=$VERSION .\n", 0},
    {"no build gives it", "secrets/id-not-given", FILE_DOCKERFILE,
     "FROM a\nRUN --mount=type=secret,id=npm x\n", 2, NULL, "docker build .\n"},
    {"a build gives it", "secrets/id-not-given", FILE_DOCKERFILE,
     "FROM a\nRUN --mount=type=secret,id=npm x\n", 0, NULL,
     "docker build --secret id=npm,src=x .\n"},
    {"no build is known", "secrets/id-not-given", FILE_DOCKERFILE,
     "FROM a\nRUN --mount=type=secret,id=npm x\n", 0},
    {"given in vain", "secrets/id-unused", FILE_SHELL, "docker build --secret id=npn,src=x .\n", 1,
     NULL, "FROM a\nRUN --mount=type=secret,id=npm x\n"},
    {"given for a mount", "secrets/id-unused", FILE_SHELL, "docker build --secret id=npm,src=x .\n",
     0, NULL, "FROM a\nRUN --mount=type=secret,id=npm x\n"},
    {"a stage that does not exist", "correctness/target-missing", FILE_SHELL,
     "docker build --target biuld .\n", 1, NULL, TWO_STAGES},
    {"a stage by any case", "correctness/target-missing", FILE_SHELL,
     "docker build --target BUILD .\n", 0, NULL, TWO_STAGES},
    {"a stage by number", "correctness/target-missing", FILE_SHELL, "docker build --target 1 .\n",
     0, NULL, TWO_STAGES},
    {"another directory, another Dockerfile", "correctness/target-missing", FILE_SHELL,
     "cd x && docker build --target x .\n", 0, NULL, TWO_STAGES},
};

static void test_ci(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        ci_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_ci)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
