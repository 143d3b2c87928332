#include "tests/unit/rules/rules_unit.h"

/* shell/bashism: what dash and busybox ash lack. Each row of ash was tried with busybox 1.35. */

static const struct rule_row rows[] = {
    {"dash has no [[", "shell/bashism", "FROM debian:12\nRUN [[ a = b ]] || true\n", 2},
    {"bash named by SHELL has it", "shell/bashism",
     "FROM debian:12\nSHELL [\"/bin/bash\", \"-c\"]\nRUN [[ a = b ]] || true\n", 0},
    {"ash has [[", "shell/bashism", "FROM alpine:3.19\nRUN [[ a == b ]] || true\n", 0},
    {"ash replaces in a variable", "shell/bashism",
     "FROM alpine:3.19\nRUN a=b; echo \"${a/b/c}\" \"${a:0:1}\"\n", 0},
    {"dash does not", "shell/bashism", "FROM debian:12\nRUN a=b; echo \"${a/b/c}\"\n", 2},
    {"ash has no arrays", "shell/bashism", "FROM alpine:3.19\nRUN a=(b c); echo \"$a\"\n", 2},
    {"ash has no here-strings", "shell/bashism", "FROM alpine:3.19\nRUN cat <<< hi\n", 2},
    {"ash has no brace expansion", "shell/bashism", "FROM alpine:3.19\nRUN mkdir /{a,b}\n", 2},
    {"ash sends both streams", "shell/bashism", "FROM alpine:3.19\nRUN make &>/log\n", 0},
    {"ash substitutes processes", "shell/bashism",
     "FROM alpine:3.19\nRUN diff <(echo a) <(echo b)\n", 0},
    {"ash has no $(<file)", "shell/bashism", "FROM alpine:3.19\nRUN a=$(</etc/x); echo $a\n", 2},
    {"ash draws numbers", "shell/bashism", "FROM alpine:3.19\nRUN echo $RANDOM\n", 0},
    {"echo of dash writes -e", "shell/bashism", "FROM debian:12\nRUN echo -e 'a\\tb' > /x\n", 2},
    {"the program echo knows -e", "shell/bashism",
     "FROM debian:12\nRUN /bin/echo -e 'a\\tb' > /x\n", 0},
};

static void bashisms(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(bashisms)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
