#include "tests/unit/rules/ci_unit.h"

/* Rules about scans in CI files: the step that is missing, the gate, the report. */

#define JOB    "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
#define ALLOW  "permissions:\n  security-events: write\n"
#define PUSH   "      - uses: docker/build-push-action@v6\n        with:\n          push: true\n"
#define TAGGED PUSH "          tags: g/x/app:1\n"
#define NEW_SCAN                                                                     \
    "aquasecurity/trivy-action@57a97c7e7821a5776cebc9bb87c984fa69cba8f1 # v0.35.0\n" \
    "        with:\n          image-ref: g/x/app:1\n          exit-code: \"1\"\n"    \
    "          severity: HIGH,CRITICAL\n"
#define GITLAB(more, image)                                                                   \
    "b:\n  stage: build\n" more "  script:\n    - docker build -t " image " .\n    - docker " \
    "push " image "\n"
#define GITLAB_SCAN(image)                                                                 \
    "  needs: [\"b\"]\n  image:\n    name: aquasec/trivy:0.69.3\n    entrypoint: [\"\"]\n" \
    "  variables:\n    TRIVY_USERNAME: $CI_REGISTRY_USER\n    TRIVY_PASSWORD: "            \
    "$CI_REGISTRY_PASSWORD\n  script:\n    - trivy image --exit-code 1 --severity "        \
    "HIGH,CRITICAL \"" image "\"\n"
#define TRIVY  "      - uses: aquasecurity/trivy-action@v0.35.0\n        with:\n"
#define GRYPE  "      - uses: anchore/scan-action@v6\n        with:\n          image: other\n"
#define UPLOAD "      - uses: github/codeql-action/upload-sarif@v4\n"

static const struct ci_row rows[] = {
    /* ci/scan-missing */
    {"a step behind the build", "ci/scan-missing", FILE_GITHUB, JOB TAGGED "      - run: true\n", 5,
     JOB TAGGED "      - name: Scan the image\n        uses: " NEW_SCAN "      - run: true\n"},
    {"the last step, without a line end", "ci/scan-missing", FILE_GITHUB,
     JOB PUSH "          tags: g/x/app:1", 5,
     JOB TAGGED "      - name: Scan the image\n        uses: " NEW_SCAN},
    {"in front of the push", "ci/scan-missing", FILE_GITHUB,
     JOB "      - run: docker build -t g/x/app:1 .\n      - run: docker push g/x/app:1\n", 5,
     JOB
     "      - run: docker build -t g/x/app:1 .\n      - name: Scan the image\n        uses: " NEW_SCAN
     "      - run: docker push g/x/app:1\n"},
    {"only when it is pushed", "ci/scan-missing", FILE_GITHUB,
     JOB "      - uses: docker/build-push-action@v6\n        with:\n"
         "          push: ${{ github.event_name != 'x' }}\n          tags: g/x/app:1\n",
     5,
     JOB "      - uses: docker/build-push-action@v6\n        with:\n"
         "          push: ${{ github.event_name != 'x' }}\n          tags: g/x/app:1\n"
         "      - name: Scan the image\n        if: ${{ github.event_name != 'x' }}\n"
         "        uses: " NEW_SCAN},
    {"tags of another step are many", "ci/scan-missing", FILE_GITHUB,
     JOB PUSH "          tags: ${{ steps.meta.outputs.tags }}\n", 5,
     JOB PUSH "          tags: ${{ steps.meta.outputs.tags }}\n"},
    {"the repository's scanner, not a second one", "ci/scan-missing", FILE_GITHUB, JOB GRYPE TAGGED,
     8,
     JOB GRYPE TAGGED "      - name: Scan the image\n        uses: anchore/scan-action@v6\n"
                      "        with:\n          image: g/x/app:1\n          fail-build: true\n"
                      "          severity-cutoff: high\n"},
    {"the same image by another name", "ci/scan-missing", FILE_GITHUB,
     JOB "      - run: trivy image app\n" TAGGED, 0},
    {"which image is scanned is not known", "ci/scan-missing", FILE_GITHUB,
     JOB "      - run: trivy image \"$IMAGE\"\n" TAGGED, 0},
    {"a scanner that is used in another way", "ci/scan-missing", FILE_GITHUB,
     JOB "      - run: ./ci/trivy.sh\n" TAGGED, 0},
    {"a job of GitLab's", "ci/scan-missing", FILE_GITLAB, GITLAB("", "$CI_REGISTRY_IMAGE:1"), 4,
     GITLAB("", "$CI_REGISTRY_IMAGE:1") "\nscan:\n  stage: build\n" GITLAB_SCAN(
         "$CI_REGISTRY_IMAGE:1")},
    {"under the same conditions", "ci/scan-missing", FILE_GITLAB,
     GITLAB("  tags: [x]\n  rules:\n    - if: $A\n      when: always\n", "$CI_REGISTRY_IMAGE:1"), 8,
     GITLAB("  tags: [x]\n  rules:\n    - if: $A\n      when: always\n", "$CI_REGISTRY_IMAGE:1") "\nscan:\n  stage: build\n  tags: [x]\n  rules:\n    - if: $A\n      when: always\n" GITLAB_SCAN(
         "$CI_REGISTRY_IMAGE:1")},
    {"not what all jobs do first", "ci/scan-missing", FILE_GITLAB,
     "before_script: [docker info]\n" GITLAB("", "$CI_REGISTRY_IMAGE:1"), 5,
     "before_script: [docker info]\n" GITLAB(
         "",
         "$CI_REGISTRY_IMAGE:1") "\nscan:\n  stage: build\n  before_script: []\n" GITLAB_SCAN("$CI_REGISTRY_IMAGE:1")},
    {"conditions that are not known", "ci/scan-missing", FILE_GITLAB,
     GITLAB("  extends: .x\n", "$CI_REGISTRY_IMAGE:1"), 5,
     GITLAB("  extends: .x\n", "$CI_REGISTRY_IMAGE:1")},
    {"a command over lines", "ci/scan-missing", FILE_GITLAB,
     "b:\n  stage: build\n  script:\n    - docker build --pull\n      -t \"$CI_REGISTRY_IMAGE\" .\n"
     "    - docker push \"$CI_REGISTRY_IMAGE\"\n",
     4,
     "b:\n  stage: build\n  script:\n    - docker build --pull\n      -t \"$CI_REGISTRY_IMAGE\" .\n"
     "    - docker push \"$CI_REGISTRY_IMAGE\"\n\nscan:\n  stage: build\n" GITLAB_SCAN(
         "$CI_REGISTRY_IMAGE")},
    {"a variable of the job alone", "ci/scan-missing", FILE_GITLAB,
     "b:\n  variables: {I: x}\n  script:\n    - docker build -t $I:1 .\n    - docker push $I:1\n",
     4,
     "b:\n  variables: {I: x}\n  script:\n    - docker build -t $I:1 .\n    - docker push $I:1\n"},

    /* ci/scan-cannot-fail */
    {"trivy ends with 0 by itself", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: trivy image app:1\n", 5,
     JOB "      - run: trivy image --exit-code 1 --severity HIGH,CRITICAL app:1\n"},
    {"its severity stays", "ci/scan-cannot-fail", FILE_GITLAB,
     "s:\n  script:\n    - trivy image --severity CRITICAL app:1\n", 3,
     "s:\n  script:\n    - trivy image --exit-code 1 --severity CRITICAL app:1\n"},
    {"exit code 0, said", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: trivy image --exit-code 0 app:1\n", 5},
    {"one of two scans is the gate", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: |\n          trivy image app:1\n          trivy image --exit-code 1 app:1\n",
     0},
    {"a report is judged elsewhere, from a command", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: trivy image --format sarif -o x.sarif app:1\n", 0},
    {"the environment may decide", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: trivy image app:1\n        env: {TRIVY_EXIT_CODE: 1}\n", 0},
    {"grype ends with 0 by itself", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: grype app:1\n", 5, JOB "      - run: grype --fail-on high app:1\n"},
    {"grype with a threshold", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: grype app:1 -f high\n", 0},
    {"docker scout ends with 0 by itself", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: docker scout cves app:1\n", 5,
     JOB "      - run: docker scout cves --exit-code --only-severity critical,high app:1\n"},
    {"snyk fails by itself", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: snyk container test app:1\n", 0},
    {"trivy in a container", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: docker run --rm aquasec/trivy:0.69.3 image app:1\n", 5,
     JOB "      - run: docker run --rm aquasec/trivy:0.69.3 image --exit-code 1 "
         "--severity HIGH,CRITICAL app:1\n"},
    {"'|| true' goes", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB "      - run: grype -f high app:1 || true\n", 5, JOB "      - run: grype -f high app:1\n"},
    {"continue-on-error goes", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB GRYPE "        continue-on-error: true\n", 8, JOB GRYPE},
    {"what is uploaded is judged there", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB GRYPE "        continue-on-error: true\n" UPLOAD, 0},
    {"and so is what fails no build", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB GRYPE "          fail-build: false\n" UPLOAD, 0},
    {"what is kept is judged by others", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB GRYPE "          fail-build: false\n      - uses: actions/upload-artifact@v4\n", 0},
    {"fail-build: false goes", "ci/scan-cannot-fail", FILE_GITHUB,
     JOB GRYPE "          fail-build: false\n", 8, JOB GRYPE},
    {"allow_failure goes", "ci/scan-cannot-fail", FILE_GITLAB,
     "s:\n  allow_failure: true\n  script:\n    - grype -f high app:1\n", 4,
     "s:\n  script:\n    - grype -f high app:1\n"},
    {"not in a script that people run", "ci/scan-cannot-fail", FILE_SHELL, "trivy image app:1\n",
     0},

    /* ci/scan-severity */
    {"format sarif drops it", "ci/scan-severity", FILE_GITHUB,
     JOB TRIVY "          format: sarif\n          severity: HIGH\n          exit-code: 1\n", 5,
     JOB TRIVY "          format: sarif\n          severity: HIGH\n          exit-code: 1\n"
               "          limit-severities-for-sarif: true\n"},
    {"unless told not to", "ci/scan-severity", FILE_GITHUB,
     JOB TRIVY "          format: sarif\n          severity: HIGH\n          exit-code: 1\n"
               "          limit-severities-for-sarif: true\n",
     0},

    /* ci/sarif-permission */
    {"who calls it gives the rights", "ci/sarif-permission", FILE_GITHUB,
     "on:\n  workflow_call:\n" JOB UPLOAD, 0},
    {"said in one word", "ci/sarif-permission", FILE_GITHUB, "on: workflow_call\n" JOB UPLOAD, 0},
    {"its own rights count", "ci/sarif-permission", FILE_GITHUB,
     "on: workflow_call\npermissions: {contents: read}\n" JOB UPLOAD, 7},

    /* ci/sarif-always, ci/sarif-lost */
    {"a condition alone counts only on success", "ci/sarif-always", FILE_GITHUB,
     JOB TRIVY "          exit-code: 1\n" UPLOAD "        if: github.ref == 'x'\n", 8,
     JOB TRIVY "          exit-code: 1\n" UPLOAD "        if: always() && (github.ref == 'x')\n"},
    {"not cancelled is fine", "ci/sarif-always", FILE_GITHUB,
     JOB TRIVY "          exit-code: 1\n" UPLOAD "        if: ${{ !cancelled() }}\n", 0},
    {"a command is the gate", "ci/sarif-always", FILE_GITHUB,
     JOB "      - run: trivy image --exit-code 1 -f sarif -o x app:1\n" UPLOAD, 6,
     JOB "      - run: trivy image --exit-code 1 -f sarif -o x app:1\n" UPLOAD
         "        if: always()\n"},
    {"grype's action fails by itself", "ci/sarif-always", FILE_GITHUB, JOB GRYPE UPLOAD, 8,
     JOB GRYPE UPLOAD "        if: always()\n"},
    {"uploaded, with the right there", "ci/sarif-lost", FILE_GITHUB,
     ALLOW JOB TRIVY "          format: sarif\n          output: o.sarif\n      - run: true\n", 10,
     ALLOW JOB TRIVY "          format: sarif\n          output: o.sarif\n"
                     "      - name: Upload the results\n        if: always()\n"
                     "        uses: github/codeql-action/upload-sarif@v4\n        with:\n"
                     "          sarif_file: o.sarif\n      - run: true\n"},
};

static void test_ci_scan(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        ci_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_ci_scan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
