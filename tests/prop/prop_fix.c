#include "fix/fix.h"
#include "tests/prop/prop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static struct fixed_file fix_once(struct arena *arena, str text, str name, bool unproven)
{
    static const struct host host = {.now_s = 1767225600, .width = 80, .cwd_fd = AT_FDCWD};
    struct check_options *options = NEW(arena, struct check_options);
    *options = (struct check_options){
        .no_repository = true, .stdin_name = name, .threads = 1, .modernize = unproven};
    struct check_result *result = NEW(arena, struct check_result);
    struct err err = {0};
    const str paths[] = {STR("-")};
    const struct check_input input = {.paths = paths, .count = 1, .stdin_text = text};
    must(check_run(arena, &host, &input, options, result, &err));
    struct fix_options fix = {.unproven = unproven, .check = options};
    if (!result->files.count)
        return (struct fixed_file){.before = text, .after = text};
    return fix_file(arena, result, &result->files.at[0], &fix);
}

static void check_fix(struct arena *arena, str text, str name)
{
    for (int unproven = 0; unproven < 2; unproven++) {
        struct fixed_file once = fix_once(arena, text, name, unproven);
        must(str_eq(once.before, once.after) || once.applied.count);
        struct fixed_file twice = fix_once(arena, once.after, name, unproven);
        must(str_eq(twice.after, once.after));
    }
}

void prop_fix(struct arena *arena, str text)
{
    check_fix(arena, text, STR("Dockerfile"));
}

void prop_fix_yaml(struct arena *arena, str text)
{
    static const char *const names[] = {"compose.yaml", "pod.yaml", ".github/workflows/ci.yml",
                                        ".gitlab-ci.yml"};
    if (!text.len)
        return;
    check_fix(arena, str_from_index(text, 1), str_from(names[(unsigned char)text.at[0] % 4]));
}
