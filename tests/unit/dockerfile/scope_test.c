#include "tests/unit/unit.h"

#include "base/buf.h"
#include "dockerfile/dockerfile.h"

static struct dockerfile *parse(struct arena *arena, const char *text)
{
    return dockerfile_parse(arena, source_new(arena, STR("Dockerfile"), str_from(text)));
}

/* What `v` is just before the last instruction: its value, "?" when not known, "-" when not set. */
static const struct {
    const char *says, *text, *want;
} cases[] = {
    {"an ARG with a default", "FROM x\nARG v=1\nRUN a", "1"},
    {"an ARG without a default is not known", "FROM x\nARG v\nRUN a", "?"},
    {"an instruction does not see itself", "FROM x\nENV v=1", "-"},
    {"a global ARG is not seen in a stage", "ARG v=1\nFROM x\nRUN a", "-"},
    {"a global ARG is seen in FROM", "ARG v=1\nFROM $v", "1"},
    {"declared again it keeps the global value", "ARG v=1\nFROM x\nARG v\nRUN a", "1"},
    {"declared again with a default it has that", "ARG v=1\nFROM x\nARG v=2\nRUN a", "2"},
    {"ENV beats an ARG before it", "FROM x\nARG v=1\nENV v=2\nRUN a", "2"},
    {"a bare ARG does not hide an ENV", "FROM x\nENV v=2\nARG v\nRUN a", "2"},
    {"stages do not see each other", "FROM x AS a\nENV v=1\nFROM x\nRUN a", "-"},
    {"a stage built on a stage sees its ENVs", "FROM x AS a\nENV v=1\nFROM a\nRUN a", "1"},
    {"and its ARGs", "FROM x AS a\nARG v=1\nFROM a AS b\nFROM b\nRUN a", "1"},
    {"values see what was set before", "FROM x\nENV w=1\nENV v=$w-\nRUN a", "1-"},
    {"values of one ENV see what was before it", "FROM x\nENV w=1\nENV w=2 v=$w\nRUN a", "1"},
    {"a value of something unknown is unknown", "FROM x\nARG w\nENV v=a$w\nRUN a", "?"},
    {"unset may come from the base image", "FROM x\nENV v=a$PATH\nRUN a", "?"},
    {"unless there is a default", "FROM x\nENV v=${w:-d}\nRUN a", "d"},
    {"quotes go", "FROM x\nENV v=\"a b\"\nRUN a", "a b"},
    {"the old form", "FROM x\nENV v a b\nRUN a", "a b"},
    {"a platform arg needs an ARG", "FROM x\nENV v=${TARGETARCH:-none}\nRUN a", "none"},
    {"and is then not known", "FROM x\nARG TARGETARCH\nENV v=$TARGETARCH\nRUN a", "?"},
};

static str text_of(const struct variable *variable)
{
    return !variable ? STR("-") : variable->known ? variable->value : STR("?");
}

static str value_of(const struct map *scope)
{
    return text_of(map_find(scope, STR("v")));
}

static void an_instruction_sees_what_it_may(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct dockerfile *file = parse(*state, cases[i].text);
        const struct instruction *last = vec_last(&file->instructions);
        const struct map *scope = dockerfile_scope(*state, file, last);
        const struct variable *variable = dockerfile_variable(file, last, STR("v"));
        unit_row_str(&rows, cases[i].says, text_of(variable), str_from(cases[i].want));
        unit_row_str(&rows, cases[i].says, value_of(scope), str_from(cases[i].want));
        if (last->kind == INSTRUCTION_FROM)
            continue;
        struct scope_walk walk = scope_begin(*state, file, last->stage);
        for (uint32_t at = file->stages.at[last->stage].first; at < last->index; at++)
            scope_step(&walk, &file->instructions.at[at]);
        unit_row_str(&rows, cases[i].says, value_of(&walk.variables), str_from(cases[i].want));
    }
    assert_rows(rows);
}

/* Stages as "name=base(stage)[first,end)", '?' for a base that is not known. */
static const struct {
    const char *says, *text, *want;
} stages[] = {
    {"one stage", "FROM x\nRUN a\n", "=x[0,2)"},
    {"names are lower case", "FROM x AS Build\n", "build=x[0,1)"},
    {"'as' in any case", "FROM x aS b", "b=x[0,1)"},
    {"a base may be a stage", "FROM x AS a\nFROM a AS b\n", "a=x[0,1) b=a(0)[1,2)"},
    {"FROM knows no numbers", "FROM x\nFROM 0\n", "=x[0,1) =0[1,2)"},
    {"a later stage is none yet", "FROM b AS a\nFROM x AS b", "a=b[0,1) b=x[1,2)"},
    {"of equal names the last counts", "FROM x AS a\nFROM y AS a\nFROM a",
     "a=x[0,1) a=y[1,2) =a(1)[2,3)"},
    {"defaults of global ARGs are put in", "ARG v=1\nARG w=x:$v\nFROM $w", "=x:1[2,3)"},
    {"an ARG without default is not known", "ARG v\nFROM x:$v", "=?[1,2)"},
    {"unless the use has one", "ARG v\nFROM x:${v:-2}", "=x:2[1,2)"},
    {"platform args are not known", "FROM x-$TARGETARCH", "=?[0,1)"},
    {"a bad FROM still begins a stage", "FROM x\nRUN a\nFROM\nRUN b", "=x[0,2) =?[2,4)"},
    {"a stage may be named through an ARG", "ARG v=a\nFROM x AS a\nFROM $v", "a=x[1,2) =a(0)[2,3)"},
};

static void stages_know_their_base(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(stages); i++) {
        struct dockerfile *file = parse(*state, stages[i].text);
        struct buf buf = buf_init(*state, 1024);
        VEC_EACH(struct stage, stage, file->stages) {
            buf_fmt(&buf, "%s%.*s=", stage->index ? " " : "", STR_ARG(stage->name));
            buf_add(&buf, stage->base_known ? stage->base : STR("?"));
            if (stage->base_stage != NO_INDEX)
                buf_fmt(&buf, "(%u)", stage->base_stage);
            buf_fmt(&buf, "[%u,%u)", stage->first, stage->end);
        }
        unit_row_str(&rows, stages[i].says, buf_str(&buf), str_from(stages[i].want));
    }
    assert_rows(rows);
}

static void a_stage_is_found_by_name_or_number(void **state)
{
    struct dockerfile *file = parse(*state, "FROM x AS a\nFROM y AS b\nFROM z");
    assert_int_equal(stage_find(file, STR("B"), 2), 1);
    assert_int_equal(stage_find(file, STR("1"), 2), 1);
    assert_int_equal(stage_find(file, STR("b"), 1), NO_INDEX);
    assert_int_equal(stage_find(file, STR("1"), 1), NO_INDEX);
    assert_int_equal(stage_find(file, STR("alpine"), 3), NO_INDEX);
    assert_int_equal(stage_find(file, STR(""), 3), NO_INDEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(an_instruction_sees_what_it_may),
        UNIT_TEST(stages_know_their_base),
        UNIT_TEST(a_stage_is_found_by_name_or_number),
    };
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
