#include "rules/families.h"
#include "rules/yaml_facts.h"

/* YAML that cannot be read: a compose file or a pipeline in which nothing was found would
 * look as if all were well. */

/* Text that some program fills in before anybody reads it as YAML. GitHub's own ${{ }} is none. */
static bool looks_filled_in(const struct yaml_file *file)
{
    str text = file->source->text;
    return (file->templated && file->kind != FILE_GITHUB) || str_has(text, STR("{%")) ||
           str_has(text, STR("<%"));
}

static void check_readable(const struct yaml_file *file, struct rule_sink *sink)
{
    if (file->yaml->ok || file->kind == FILE_YAML || looks_filled_in(file))
        return;
    found(sink, file->yaml->problem_at, "not read as YAML, so nothing behind it is checked: %.*s",
          STR_ARG(file->yaml->problem));
}

RULE_FAMILY(
    correctness_yaml,
    {.name = "correctness/yaml",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_NONE,
     .since = "0.1",
     .what = "a compose file, manifest or pipeline that is no valid YAML",
     .why = "whoever reads it stops here, and no other rule can look at it",
     .how = "mend the line; blanks, not tabs, indent, and a value with ': ' stands in quotes",
     .source = "YAML 1.2; aliases that grow to more than 1 MiB are refused as well",
     .yaml = check_readable});
