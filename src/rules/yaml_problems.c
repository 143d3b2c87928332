#include "rules/families.h"
#include "rules/yaml_facts.h"

/* Files that are no YAML, so that neither their reader nor any rule gets further. */

static void check_problem(const struct yaml_file *file, struct rule_sink *sink)
{
    const struct yaml *yaml = file->yaml;
    if (!yaml->ok && !file->is_template)
        found(sink, yaml->problem_at, "this is no YAML (%.*s): nothing behind it was checked",
              STR_ARG(yaml->problem));
}

RULE_FAMILY(yaml_problems, {.name = "correctness/yaml",
                            .severity = SEVERITY_WARNING,
                            .fix = FIX_NONE,
                            .since = "0.1",
                            .what = "a file that cannot be read as YAML",
                            .why = "who reads it stops there, and no rule has seen the rest",
                            .how = "mend the line that is named",
                            .source = "YAML 1.2",
                            .yaml = check_problem});
