#include "tests/unit/rules/ci_unit.h"

static const struct ci_row rows_of_yaml[] = {
    {"a compose file that is fine", "correctness/yaml", FILE_COMPOSE,
     "services:\n  x:\n    image: y\n", 0},
    {"a bracket below its key, as people write it", "correctness/yaml", FILE_COMPOSE,
     "services:\n  x:\n    command: [\n        a,\n    ]\n    image: y\n", 0},
    {"a quote without an end", "correctness/yaml", FILE_COMPOSE, "services:\n  x:\n    image: 'y\n",
     3},
    {"a tab", "correctness/yaml", FILE_GITLAB, "build:\n\tscript: make\n", 2},
    {"an expression of GitHub is no template", "correctness/yaml", FILE_GITHUB,
     "jobs:\n  a:\n    runs-on: ${{ x }}\n    steps: [\n", 5},
    {"a chart's template is filled in first", "correctness/yaml", FILE_COMPOSE,
     "services:\n{{ if .Values.x }}\n  x: [\n{{ end }}\n", 0},
    {"and so is one of Jinja", "correctness/yaml", FILE_COMPOSE,
     "services:\n{% for s in all %}\n  x: [\n{% endfor %}\n", 0},
    {"aliases that grow without end", "correctness/yaml", FILE_COMPOSE, "services: &s\n  x: *s\n",
     2},
};

static void yaml_that_cannot_be_read_is_told(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows_of_yaml); i++)
        ci_row_check(*state, &rows, &rows_of_yaml[i]);
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(yaml_that_cannot_be_read_is_told)};
    return cmocka_run_group_tests_name("rules/correctness_yaml", tests, NULL, NULL);
}
