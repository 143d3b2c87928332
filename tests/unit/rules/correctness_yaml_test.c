#include "tests/unit/rules/ci_unit.h"

static const struct ci_row rows_of_yaml[] = {
    {.says = "a compose file that is fine",
     .rule = "correctness/yaml",
     .kind = FILE_COMPOSE,
     .text = "services:\n  x:\n    image: y\n"},
    {.says = "a bracket below its key, as people write it",
     .rule = "correctness/yaml",
     .kind = FILE_COMPOSE,
     .text = "services:\n  x:\n    command: [\n        a,\n    ]\n    image: y\n"},
    {.says = "a quote without an end",
     .rule = "correctness/yaml",
     .kind = FILE_COMPOSE,
     .text = "services:\n  x:\n    image: 'y\n",
     .line = 3},
    {.says = "a tab",
     .rule = "correctness/yaml",
     .kind = FILE_GITLAB,
     .text = "build:\n\tscript: make\n",
     .line = 2},
    {.says = "an expression of GitHub is no template",
     .rule = "correctness/yaml",
     .kind = FILE_GITHUB,
     .text = "jobs:\n  a:\n    runs-on: ${{ x }}\n    steps: [\n",
     .line = 5},
    {.says = "a chart's template is filled in first",
     .rule = "correctness/yaml",
     .kind = FILE_COMPOSE,
     .text = "services:\n{{ if .Values.x }}\n  x: [\n{{ end }}\n"},
    {.says = "and so is one of Jinja",
     .rule = "correctness/yaml",
     .kind = FILE_COMPOSE,
     .text = "services:\n{% for s in all %}\n  x: [\n{% endfor %}\n"},
    {.says = "aliases that grow without end",
     .rule = "correctness/yaml",
     .kind = FILE_COMPOSE,
     .text = "services: &s\n  x: *s\n",
     .line = 2},
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
