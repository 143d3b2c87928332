#include "tests/unit/unit.h"

#include "dockerfile/dockerfile.h"

enum { FINE = -1 };

/* Behind "FROM x": the problem of the one instruction, and the word that was probably meant. */
static const struct {
    const char *says, *text;
    int kind;
    const char *suggestion;
} cases[] = {
    {"an unknown instruction", "RUM a", PROBLEM_UNKNOWN_INSTRUCTION, "run"},
    {"far from any", "GOODBYE", PROBLEM_UNKNOWN_INSTRUCTION, ""},
    {"an unknown flag", "COPY --form=a b c", PROBLEM_UNKNOWN_FLAG, "from"},
    {"a flag of another instruction", "ADD --from=a b c", PROBLEM_UNKNOWN_FLAG, ""},
    {"CMD has no flags", "CMD --a b", PROBLEM_UNKNOWN_FLAG, ""},
    {"the builder overlooks flags of ARG", "ARG --a b", FINE, ""},
    {"a flag without its value", "COPY --from a b", PROBLEM_BAD_FLAG, ""},
    {"a flag given twice", "COPY --from=a --from=b c d", PROBLEM_BAD_FLAG, ""},
    {"--from takes no variables", "COPY --from=$a b c", PROBLEM_BAD_FLAG, ""},
    {"some may be given twice", "COPY --exclude=a --exclude=b c d", FINE, ""},
    {"a switch that is neither", "COPY --link=yes a b", PROBLEM_BAD_FLAG, ""},
    {"a switch may be spelled out", "COPY --link=False a b", FINE, ""},
    {"a network that is none", "RUN --network=nome a", PROBLEM_BAD_FLAG, "none"},
    {"a network", "RUN --network=host a", FINE, ""},
    {"a security mode that is none", "RUN --security=x a", PROBLEM_BAD_FLAG, ""},
    {"an interval without a unit", "HEALTHCHECK --interval=5 CMD a", PROBLEM_BAD_FLAG, ""},
    {"an interval of two units", "HEALTHCHECK --interval=1m30s CMD a", FINE, ""},
    {"retries are a number", "HEALTHCHECK --retries=x CMD a", PROBLEM_BAD_FLAG, ""},
    {"COPY needs two words", "COPY a", PROBLEM_MISSING_ARGUMENT, ""},
    {"COPY into a heredoc", "COPY a <<E\nE", PROBLEM_BAD_ARGUMENT, ""},
    {"COPY of a heredoc", "COPY <<E /a\nE", FINE, ""},
    {"USER needs a word", "USER", PROBLEM_MISSING_ARGUMENT, ""},
    {"WORKDIR may hold blanks", "WORKDIR a b", FINE, ""},
    {"SHELL is JSON", "SHELL bash -c", PROBLEM_BAD_ARGUMENT, ""},
    {"SHELL", "SHELL [\"bash\", \"-c\"]", FINE, ""},
    {"VOLUME of nothing", "VOLUME [\"\"]", PROBLEM_BAD_ARGUMENT, ""},
    {"HEALTHCHECK of something else", "HEALTHCHECK CMDS a", PROBLEM_BAD_ARGUMENT, "cmd"},
    {"HEALTHCHECK CMD of nothing", "HEALTHCHECK CMD", PROBLEM_MISSING_ARGUMENT, ""},
    {"HEALTHCHECK NONE of something", "HEALTHCHECK NONE a", PROBLEM_BAD_ARGUMENT, ""},
    {"FROM with two words", "FROM a b", PROBLEM_BAD_ARGUMENT, ""},
    {"FROM with a bad name", "FROM a AS 1b", PROBLEM_BAD_ARGUMENT, ""},
    {"FROM with a name", "FROM a AS b-1_2.c", FINE, ""},
    {"ONBUILD of nothing", "ONBUILD", PROBLEM_MISSING_ARGUMENT, ""},
    {"ONBUILD of FROM", "ONBUILD FROM a", PROBLEM_BAD_ONBUILD, ""},
    {"ONBUILD of something bad", "ONBUILD COPY --form=a b c", PROBLEM_UNKNOWN_FLAG, "from"},
    {"JSON of numbers", "CMD [1]", PROBLEM_BAD_JSON, ""},
    {"an open quote in ENV", "ENV a='b", PROBLEM_UNTERMINATED_QUOTE, ""},
    {"an open quote in COPY", "COPY 'a b", PROBLEM_UNTERMINATED_QUOTE, ""},
    {"an open quote in a flag", "COPY --from='a b c", PROBLEM_UNTERMINATED_QUOTE, ""},
    {"an open quote in RUN is the shell's", "RUN echo 'a", FINE, ""},
    {"a form that is none", "ENV a=${b:=c}", PROBLEM_BAD_EXPANSION, ""},
    {"a required variable may come from outside", "ENV a=${b:?c}", FINE, ""},
    {"a variable form in RUN is the shell's", "RUN echo ${b:=c}", FINE, ""},
    {"an open heredoc", "RUN <<E", PROBLEM_UNTERMINATED_HEREDOC, ""},
    {"a blank line in a continuation", "RUN a \\\n\n b", PROBLEM_EMPTY_CONTINUATION, ""},
    /* mounts */
    {"bind needs no type", "RUN --mount=target=/a b", FINE, ""},
    {"bind without a target lands on WORKDIR", "RUN --mount=from=a b", FINE, ""},
    {"all types",
     "RUN --mount=type=cache,target=/a --mount=type=tmpfs,dst=/b,size=1g --mount=type=ssh "
     "--mount=type=secret,id=c,required b",
     FINE, ""},
    {"keys in any order", "RUN --mount=required=true,id=a,type=secret b", FINE, ""},
    {"an unknown type", "RUN --mount=type=cahce,target=/a b", PROBLEM_BAD_MOUNT, "cache"},
    {"a type from a variable", "RUN --mount=type=$T,target=/a b", FINE, ""},
    {"an unknown key", "RUN --mount=type=cache,tagret=/a b", PROBLEM_BAD_MOUNT, "target"},
    {"a key without a value", "RUN --mount=type=cache,target b", PROBLEM_BAD_MOUNT, "target"},
    {"an unknown sharing", "RUN --mount=type=cache,target=/a,sharing=lock b", PROBLEM_BAD_MOUNT,
     "locked"},
    {"sharing of a bind", "RUN --mount=target=/a,sharing=locked b", PROBLEM_BAD_MOUNT, ""},
    {"a switch that is neither", "RUN --mount=target=/a,rw=yes b", PROBLEM_BAD_MOUNT, ""},
    {"a mode that is not octal", "RUN --mount=type=cache,target=/a,mode=0888 b", PROBLEM_BAD_MOUNT,
     ""},
    {"an owner of a bind", "RUN --mount=target=/a,uid=1 b", PROBLEM_BAD_MOUNT, ""},
    {"a secret of nothing", "RUN --mount=type=secret b", PROBLEM_BAD_MOUNT, ""},
    {"size of a cache", "RUN --mount=type=cache,target=/a,size=1 b", PROBLEM_BAD_MOUNT, ""},
    {"from takes no variables", "RUN --mount=from=$a,target=/a b", PROBLEM_BAD_MOUNT, ""},
    {"a quoted field", "RUN --mount='type=bind,\"target=/a,b\"' b", FINE, ""},
    {"a quote inside a field", "RUN --mount='target=/a\"b' b", PROBLEM_BAD_MOUNT, ""},
};

static void what_a_builder_refuses_is_reported(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str text = str_fmt(*state, "FROM x\n%s\n", cases[i].text);
        struct dockerfile *file = dockerfile_parse(*state, source_new(*state, STR("x"), text));
        bool fine = cases[i].kind == FINE;
        unit_row(&rows, cases[i].says, file->problems.count == (fine ? 0 : 1));
        if (file->problems.count != 1)
            continue;
        const struct problem *problem = &file->problems.at[0];
        unit_row(&rows, cases[i].says, (int)problem->kind == cases[i].kind);
        unit_row_str(&rows, cases[i].says, problem->suggestion, str_from(cases[i].suggestion));
        bool broken = file->instructions.at[1].broken;
        unit_row(&rows, cases[i].says, broken == (problem->kind != PROBLEM_EMPTY_CONTINUATION));
    }
    assert_rows(rows);
}

static void directives_are_given_once_and_right(void **state)
{
    static const char *const bad[] = {"# escape=x\nFROM x", "# escape=`\n# escape=`\nFROM x",
                                      "# syntax=a\n# syntax=a\nFROM x"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct dockerfile *file =
            dockerfile_parse(*state, source_new(*state, STR("x"), str_from(bad[i])));
        assert_int_equal(file->problems.count, 1);
        assert_int_equal(file->problems.at[0].kind, PROBLEM_BAD_DIRECTIVE);
    }
}

static void mounts_are_taken_apart(void **state)
{
    str text = STR("FROM x\nRUN --mount=type=cache,dst=/a,src=b,id=c,sharing=locked,uid=1,ro "
                   "--mount=destination=$d --mount=type=CACHE,target=/e a");
    struct dockerfile *file = dockerfile_parse(*state, source_new(*state, STR("x"), text));
    const struct mounts *mounts = &file->instructions.at[1].mounts;
    assert_int_equal(file->problems.count, 0);
    assert_int_equal(mounts->count, 3);
    const struct mount *cache = &mounts->at[0], *bind = &mounts->at[1];
    assert_true(cache->type == MOUNT_CACHE && cache->readonly && !cache->readwrite);
    assert_true(str_eq(cache->target, STR("/a")) && str_eq(cache->source, STR("b")));
    assert_true(str_eq(cache->id, STR("c")) && str_eq(cache->sharing, STR("locked")));
    assert_true(str_eq(cache->uid, STR("1")) && !cache->expands);
    assert_true(bind->type == MOUNT_BIND && bind->expands && bind->readonly);
    assert_true(mounts->at[2].type == MOUNT_CACHE && mounts->at[2].readwrite);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_a_builder_refuses_is_reported),
        UNIT_TEST(directives_are_given_once_and_right),
        UNIT_TEST(mounts_are_taken_apart),
    };
    return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
