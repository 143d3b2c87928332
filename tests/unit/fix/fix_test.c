#include "fix/fix.h"
#include "tests/unit/unit.h"

#include <fcntl.h>

/* Fixes of real findings, and of findings made here, whose edits the check must judge. */

struct sample {
    struct check_options options;
    struct check_result result;
};

static struct sample *checked(struct arena *arena, str name, str text)
{
    static const struct host host = {.now_s = 1767225600, .width = 80, .cwd_fd = AT_FDCWD};
    static const str paths[] = {{"-", 1}};
    struct sample *sample = NEW(arena, struct sample);
    sample->options =
        (struct check_options){.no_repository = true, .stdin_name = name, .threads = 1};
    struct err err = {0};
    struct check_input input = {.paths = paths, .count = 1, .stdin_text = text};
    assert_true(check_run(arena, &host, &input, &sample->options, &sample->result, &err));
    assert_int_equal(sample->result.files.count, 1);
    return sample;
}

static struct fixed_file fixed(struct arena *arena, struct sample *sample, bool unproven)
{
    struct fix_options options = {.unproven = unproven, .check = &sample->options};
    return fix_file(arena, &sample->result, &sample->result.files.at[0], &options);
}

static void the_style_of_the_file_stays(void **state)
{
    static const struct {
        const char *says, *text, *want;
    } cases[] = {
        {"a safe fix", "FROM debian:12\nRUN apt-get install curl\n",
         "FROM debian:12\nRUN apt-get install -y curl\n"},
        {"no last line end", "FROM debian:12\nRUN apt-get install curl",
         "FROM debian:12\nRUN apt-get install -y curl"},
        {"CR LF", "FROM debian:12\r\nRUN apt-get install curl\r\n# end\r\n",
         "FROM debian:12\r\nRUN apt-get install -y curl\r\n# end\r\n"},
        {"a BOM",
         "\xEF\xBB\xBF"
         "FROM debian:12\nRUN apt-get install curl\n",
         "\xEF\xBB\xBF"
         "FROM debian:12\nRUN apt-get install -y curl\n"},
        {"blanks at line ends, tabs, comments",
         "FROM debian:12  \n\n# why\nRUN\tapt-get  install \\\n\t# one\n\tcurl \\\n\tgit\t\n\n\n",
         "FROM debian:12  \n\n# why\nRUN\tapt-get  install -y \\\n\t# one\n\tcurl \\\n\tgit\t\n\n\n"},
        {"two in one file", "FROM debian:12\nRUN apt-get install a\nRUN apt-get install b\n",
         "FROM debian:12\nRUN apt-get install -y a\nRUN apt-get install -y b\n"},
        {"nothing to do", "FROM debian:12\nCMD [\"a\"]\n", "FROM debian:12\nCMD [\"a\"]\n"},
        {"a broken line beside it", "FROM debian:12\nNOPE x\nRUN apt-get install curl\n",
         "FROM debian:12\nNOPE x\nRUN apt-get install -y curl\n"},
        {"nothing at all", "", ""},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str text = str_from(cases[i].text);
        struct fixed_file once = fixed(*state, checked(*state, STR("Dockerfile"), text), false);
        unit_row_str(&rows, cases[i].says, once.after, str_from(cases[i].want));
        unit_row(&rows, cases[i].says, (once.applied.count > 0) != str_eq(text, once.after));
        for (int unproven = 0; unproven < 2; unproven++) {
            once = fixed(*state, checked(*state, STR("Dockerfile"), text), unproven);
            struct fixed_file twice =
                fixed(*state, checked(*state, STR("Dockerfile"), once.after), unproven);
            unit_row_str(&rows, "a second time nothing changes", twice.after, once.after);
        }
    }
    assert_rows(rows);
}

static void unproven_fixes_wait(void **state)
{
    str text = STR("FROM debian:12\nRUN apt-get update && apt-get install -y curl\n");
    struct fixed_file safe = fixed(*state, checked(*state, STR("Dockerfile"), text), false);
    assert_true(str_eq(safe.after, text));
    assert_true(safe.unproven > 0 && safe.left.count >= safe.unproven);
    struct fixed_file all = fixed(*state, checked(*state, STR("Dockerfile"), text), true);
    assert_true(all.applied.count > 0 && !all.unproven);
    VEC_EACH(struct fix_applied, applied, all.applied)
        assert_true(applied->line == 2 && applied->title.len > 0);
}

/* -- findings that are made here --------------------------------------------------------------- */

struct made {
    const char *at, *with; /* what is replaced, by what; "$" stands for the end of the text */
    enum fix_safety safety;
};

struct made_row {
    const char *says, *text;
    struct made made[4];
    const char *want;
    uint32_t applied, refused;
    const char *why; /* a part of the first refusal's reason */
};

static void add_made(struct arena *arena, struct sample *sample, const struct made *made)
{
    struct checked_file *file = &sample->result.files.at[0];
    size_t start = *made->at == '$' ? file->source->text.len
                                    : str_find(file->source->text, str_from(made->at));
    assert_true(start != STR_MISSING);
    uint32_t end = (uint32_t)(start + (*made->at == '$' ? 0 : str_from(made->at).len));
    struct finding finding = {.rule = rule_find(STR("correctness/casing")),
                              .source = file->source,
                              .at = {(uint32_t)start, end},
                              .message = STR("made"),
                              .fix = {.safety = made->safety, .title = str_from(made->with)}};
    assert_non_null(finding.rule);
    struct edit edit = {finding.at, str_from(made->with)};
    vec_push(arena, &finding.fix.edits, edit);
    vec_push(arena, &file->findings, finding);
}

static const struct made_row made_rows[] = {
    {"one edit",
     "FROM debian:12\nCMD [\"a\"]\n",
     {{"\"a\"", "\"b\"", FIX_SAFE}},
     "FROM debian:12\nCMD [\"b\"]\n",
     1,
     0,
     NULL},
    {"neighbours go together",
     "FROM debian:12\nCMD [\"a\", \"c\"]\n",
     {{"\"a\"", "\"b\"", FIX_SAFE}, {"\"c\"", "\"d\"", FIX_SAFE}},
     "FROM debian:12\nCMD [\"b\", \"d\"]\n",
     2,
     0,
     NULL},
    {"of two that overlap the first is taken",
     "FROM debian:12\nCMD [\"a\", \"c\"]\n",
     {{"\"a\", \"c\"", "\"x\"", FIX_SAFE}, {"\"c\"", "\"d\"", FIX_SAFE}},
     "FROM debian:12\nCMD [\"x\"]\n",
     1,
     0,
     NULL},
    {"the same edit twice is made once",
     "FROM debian:12\nCMD [\"a\"]\n",
     {{"\"a\"", "\"b\"", FIX_SAFE}, {"\"a\"", "\"b\"", FIX_SAFE}},
     "FROM debian:12\nCMD [\"b\"]\n",
     1,
     0,
     NULL},
    {"unproven and suggested ones are left",
     "FROM debian:12\nCMD [\"a\"]\n",
     {{"\"a\"", "\"b\"", FIX_PROOF}, {"\"a\"", "\"c\"", FIX_SUGGESTION}},
     "FROM debian:12\nCMD [\"a\"]\n",
     0,
     0,
     NULL},
    {"a new finding is refused",
     "FROM debian:12\nCMD [\"a\"]\n",
     {{"$", "RUN apt-get install curl\n", FIX_SAFE}},
     "FROM debian:12\nCMD [\"a\"]\n",
     0,
     1,
     "it would lead to a new finding: "},
    {"what does not parse is refused",
     "FROM debian:12\nCMD [\"a\"]\n",
     {{"FROM debian:12", "FORM debian:12", FIX_SAFE}},
     "FROM debian:12\nCMD [\"a\"]\n",
     0,
     1,
     "the file would not be read as it was"},
    {"what changes nothing is refused",
     "FROM debian:12\nCMD [\"a\"]\n",
     {{"\"a\"", "\"a\"", FIX_SAFE}},
     "FROM debian:12\nCMD [\"a\"]\n",
     0,
     1,
     "it changes nothing"},
    {"a bad one among good ones costs itself only",
     "FROM debian:12\nCMD [\"a\", \"c\"]\n",
     {{"\"a\"", "\"b\"", FIX_SAFE},
      {"$", "RUN apt-get install curl\n", FIX_SAFE},
      {"\"c\"", "\"d\"", FIX_SAFE}},
     "FROM debian:12\nCMD [\"b\", \"c\"]\n",
     1,
     0,
     NULL},
};

static void edits_are_settled_and_judged(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(made_rows); i++) {
        struct sample *sample = checked(*state, STR("Dockerfile"), str_from(made_rows[i].text));
        for (size_t k = 0; k < ARRAY_COUNT(made_rows[i].made) && made_rows[i].made[k].at; k++)
            add_made(*state, sample, &made_rows[i].made[k]);
        struct fixed_file file = fixed(*state, sample, false);
        unit_row_str(&rows, made_rows[i].says, file.after, str_from(made_rows[i].want));
        unit_row(&rows, made_rows[i].says, file.applied.count == made_rows[i].applied);
        unit_row(&rows, made_rows[i].says, file.refused.count == made_rows[i].refused);
        if (made_rows[i].why && file.refused.count)
            unit_row(&rows, made_rows[i].says,
                     str_starts(file.refused.at[0].why, str_from(made_rows[i].why)));
    }
    assert_rows(rows);
}

/* A fix that makes a milder finding is a step on the way when another fix mends that one. Without
 * USER the file gets one again, unless the stage above needs root: then USER stays as it was. */
static void what_a_fix_makes_is_mended(void **state)
{
    static const struct {
        const char *says, *rest, *after;
        uint32_t applied, refused;
    } cases[] = {
        {"another fix mends it", "CMD [\"node\", \"a.js\"]\n",
         "USER node\nCMD [\"node\", \"a.js\"]\n", 2, 0},
        {"nothing mends it", "CMD [\"node\", \"a.js\"]\nFROM a AS b\nRUN apk add --no-cache git\n",
         "USER app\nCMD [\"node\", \"a.js\"]\nFROM a AS b\nRUN apk add --no-cache git\n", 0, 1},
    };
    static char note[] = "note";
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str head = STR("FROM node:20-alpine AS a\nWORKDIR /a\nCOPY a.js .\n");
        str text =
            str_cat(*state, head, str_cat(*state, STR("USER app\n"), str_from(cases[i].rest)));
        struct sample *sample = checked(*state, STR("Dockerfile"), text);
        sample->options.target = STR("a");
        vec_push(*state, &sample->options.choice.select, STR("security"));
        map_set(*state, &sample->options.choice.severity, STR("security/no-user"), note);
        sample->result.files.at[0].findings.count = 0;
        add_made(*state, sample, &(struct made){"USER app\n", "", FIX_SAFE});
        vec_last(&sample->result.files.at[0].findings)->severity = SEVERITY_ERROR;
        struct fixed_file file = fixed(*state, sample, true);
        unit_row_str(&rows, cases[i].says, file.after,
                     str_cat(*state, head, str_from(cases[i].after)));
        unit_row(&rows, cases[i].says, file.applied.count == cases[i].applied);
        unit_row(&rows, cases[i].says, file.refused.count == cases[i].refused);
        unit_row(&rows, cases[i].says,
                 !file.refused.count || str_has(file.refused.at[0].why, STR("security/no-user")));
    }
    assert_rows(rows);
}

static void what_cannot_be_judged_is_left(void **state)
{
    str many = STR("FROM debian:12\n"), nul = STR("FROM debian:12\nRUN apt-get install a\0b\n");
    for (int i = 0; i < 13; i++) /* 4,096 lines, doubled below */
        many = i ? str_cat(*state, many, str_from_index(many, 15))
                 : str_cat(*state, many, STR("RUN apt-get install x\n"));
    many = str_cat(*state, many, str_from_index(many, 15));
    struct fixed_file file = fixed(*state, checked(*state, STR("Dockerfile"), many), false);
    assert_true(str_eq(file.after, many) && file.refused.count == 1);
    assert_true(str_has(file.refused.at[0].why, STR("more findings than are kept")));
    file = fixed(*state, checked(*state, STR("Dockerfile"), nul), true);
    assert_true(str_eq(file.after, nul));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_style_of_the_file_stays),   UNIT_TEST(unproven_fixes_wait),
        UNIT_TEST(edits_are_settled_and_judged),  UNIT_TEST(what_a_fix_makes_is_mended),
        UNIT_TEST(what_cannot_be_judged_is_left),
    };
    return cmocka_run_group_tests_name("fix/fix", tests, NULL, NULL);
}
