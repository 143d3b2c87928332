#include "rules/conventions.h"
#include "tests/unit/rules/ci_unit.h"

/* What a repository's files agree on, and who goes another way. */

#define DEBIAN "FROM debian:12\n"
#define ALPINE "FROM alpine:3.20\n"

struct way_row {
    const char *says;
    const char *texts[5]; /* Dockerfiles; NULL ends them */
    const char *family, *node, *python, *user, *workdir;
};

static const struct way_row ways[] = {
    {"three that agree", {DEBIAN, DEBIAN, DEBIAN}, "debian", "", "", "", ""},
    {"two are no convention", {DEBIAN, DEBIAN}, "", "", "", "", ""},
    {"three of four", {DEBIAN, DEBIAN, ALPINE, DEBIAN}, "debian", "", "", "", ""},
    {"three of five do not", {DEBIAN, DEBIAN, ALPINE, DEBIAN, ALPINE}, "", "", "", "", ""},
    {"no file, no way", {NULL}, "", "", "", "", ""},
    {"the manager of each file counts once",
     {"FROM a\nRUN pnpm install\nRUN pnpm install x\n", "FROM a\nRUN npm ci\n", "FROM a\n"},
     "",
     "",
     "",
     "",
     ""},
    {"managers by language",
     {"FROM a\nRUN pnpm install\nRUN pip install poetry && poetry install\n",
      "FROM b\nRUN pnpm i\nRUN pip install poetry && poetry install\n",
      "FROM c\nRUN pnpm install\nRUN poetry install\n"},
     "",
     "pnpm",
     "poetry",
     "",
     ""},
    {"users and directories of what ships",
     {"FROM a\nWORKDIR /srv\nUSER app\n",
      "FROM a AS x\nUSER other\nFROM a\nWORKDIR /srv\nUSER app:app\n",
      "FROM a\nWORKDIR /srv\nUSER app\n"},
     "",
     "",
     "",
     "app",
     "/srv"},
    {"numbers and root are no names",
     {"FROM a\nUSER 1000\n", "FROM a\nUSER root\n", "FROM a\nUSER 1000\n"},
     "",
     "",
     "",
     "",
     ""},
};

static struct repository *repository_of(struct arena *arena, const char *const *texts, size_t count)
{
    struct repository *repository = NEW(arena, struct repository);
    *repository = (struct repository){
        .arena = arena, .root_fd = -1, .options = NEW(arena, struct check_options)};
    for (size_t i = 0; i < count && texts[i]; i++) {
        const char *path = str_z(arena, str_fmt(arena, "%zu/Dockerfile", i));
        ci_job_make(arena, repository, path, FILE_DOCKERFILE, texts[i]);
    }
    repository_learn(repository);
    return repository;
}

static void test_ways(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(ways); i++) {
        const struct way_row *row = &ways[i];
        const struct conventions *got =
            repository_of(*state, row->texts, ARRAY_COUNT(row->texts))->conventions;
        unit_row_str(&checked, row->says, str_from(family_name(got->family)),
                     str_from(row->family));
        unit_row_str(&checked, row->says, got->node_manager, str_from(row->node));
        unit_row_str(&checked, row->says, got->python_manager, str_from(row->python));
        unit_row_str(&checked, row->says, got->user, str_from(row->user));
        unit_row_str(&checked, row->says, got->workdir, str_from(row->workdir));
    }
    assert_rows(checked);
}

struct other_row {
    const char *says, *usual, *other;
    uint32_t line; /* in `other`, beside three files of `usual`; 0: silent */
};

static const struct other_row others[] = {
    {"another family", DEBIAN, ALPINE, 1},
    {"a family that is not known", DEBIAN, "FROM x/y\n", 0},
    {"another manager", "FROM a\nRUN npm ci\n", "FROM a\nRUN yarn install\n", 2},
    {"another manager of Python", "FROM a\nRUN uv sync\n", "FROM a\nRUN pip install -r r.txt\n", 2},
    {"pip brings uv", "FROM a\nRUN uv sync\n", "FROM a\nRUN pip install uv && uv sync\n", 0},
    {"another user", "FROM a\nUSER app\n", "FROM a\nUSER web\n", 2},
    {"the same user with its group", "FROM a\nUSER app\n", "FROM a\nUSER app:app\n", 0},
    {"root is told elsewhere", "FROM a\nUSER app\n", "FROM a\nUSER root\n", 0},
    {"another directory", "FROM a\nWORKDIR /app\n", "FROM a\nWORKDIR /srv\n", 2},
    {"the same ways", "FROM debian:12\nWORKDIR /app\nRUN npm ci\nUSER app\n",
     "FROM debian:11\nWORKDIR /app\nRUN npm install x\nUSER app\n", 0},
};

static void test_others(void **state)
{
    struct unit_rows checked = {0};
    const struct rule *rule = rule_find(STR("correctness/unlike-repository"));
    assert_non_null(rule);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        const struct other_row *row = &others[i];
        const char *const texts[] = {row->usual, row->usual, row->usual, row->other};
        struct repository *repository = repository_of(*state, texts, ARRAY_COUNT(texts));
        const struct check_job *job = repository->jobs.at[3];
        ci_job_run(job, rule);
        uint32_t line = job->findings.count
                            ? source_position(job->source, job->findings.at[0].at.start).line
                            : 0;
        unit_row(&checked, row->says, line == row->line && job->findings.count <= 1);
    }
    assert_rows(checked);
}

/* -- CI ---------------------------------------------------------------------------------------- */

static void test_ci_ways(void **state)
{
    struct unit_rows checked = {0};
    struct repository *repository = repository_of(*state, NULL, 0);
    ci_job_make(*state, repository, "a.sh", FILE_SHELL,
                "docker buildx build --cache-to type=registry,ref=r/a:warm,mode=max .\n"
                "docker buildx build --cache-to type=registry,ref=$X:b .\n"
                "docker buildx build --cache-to type=gha .\n"
                "docker run --cap-drop ALL --security-opt label=x b\n");
    ci_job_make(*state, repository, "b.yml", FILE_GITHUB,
                "jobs:\n  a:\n    steps:\n      - run: grype -o json r/a:1\n"
                "      - run: trivy --quiet image --severity HIGH \"$IMAGE\"\n");
    repository_learn(repository);
    const struct conventions *got = repository->conventions;
    unit_row(&checked, "builds of all files", repository->builds->count == 3);
    unit_row_str(&checked, "the backend of most", got->cache_backend, STR("registry"));
    unit_row_str(&checked, "a reference that is known", got->cache_ref, STR("r/a:warm"));
    unit_row_str(&checked, "options of runs", got->run_rights, STR("--cap-drop ALL"));
    unit_row(&checked, "scanners", got->names_scanner && !got->scans_unknown);
    assert_int_equal(got->scans.count, 2);
    unit_row_str(&checked, "an image behind options", got->scans.at[0].image, STR("r/a:1"));
    unit_row(&checked, "an image that is not known", !got->scans.at[1].image_known);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_ways), UNIT_TEST(test_others),
                                       UNIT_TEST(test_ci_ways)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
