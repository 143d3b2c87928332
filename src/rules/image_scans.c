#include "rules/conventions.h"

/* Scans of images, as actions and as command lines say them. */

bool names_scanner(str text)
{
    static const char *const words[] = {
        "trivy",          "grype",  "snyk",     "anchore",        "scout",         "clair",
        "container-scan", "sysdig", "twistcli", "container_scan", "prisma",        "xray",
        "aquasec",        "wiz",    "lacework", "mondoo",         "vulnerability", "plimsoll scan",
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_has_nocase(text, str_from(words[i])))
            return true;
    return false;
}

str image_base_name(str reference)
{
    str name = str_basename(str_slice(reference, 0, str_find_char(reference, '@')));
    return str_slice(name, 0, str_find_char(name, ':'));
}

/* -- actions -------------------------------------------------------------------------------------
 * */

struct scan_action {
    const char *uses;
    enum scanner scanner;
    const char *image; /* the input that names the image */
};

static const struct scan_action scan_actions[] = {
    {"aquasecurity/trivy-action@", SCANNER_TRIVY, "image-ref"},
    {"anchore/scan-action@", SCANNER_GRYPE, "image"},
    {"docker/scout-action@", SCANNER_SCOUT, "image"},
    {"snyk/actions/docker@", SCANNER_SNYK, "image"},
};

static void add_action(struct arena *arena, const struct yaml_file *yaml,
                       const struct ci_step *step, struct image_scans *scans)
{
    for (size_t i = 0; i < ARRAY_COUNT(scan_actions); i++) {
        if (!str_starts(step->uses, str_from(scan_actions[i].uses)))
            continue;
        str image = node_str(node_get(step->with, scan_actions[i].image));
        struct image_scan scan = {
            .source = yaml->source,
            .scanner = scan_actions[i].scanner,
            .step = step,
            .image = image.at ? image : STR(""),
            .image_known = !str_has_char(image, '$'),
            .at = node_get(step->node, "uses")->at,
        };
        vec_push(arena, scans, scan);
    }
}

/* -- commands ------------------------------------------------------------------------------------
 * */

/* Options of trivy that take no value; those of the other scanners use "=" for theirs. */
static bool is_switch(enum scanner scanner, str option)
{
    if (scanner != SCANNER_TRIVY && scanner != SCANNER_GRYPE)
        return true;
    return STR_IN(option, "--ignore-unfixed", "--no-progress", "--quiet", "-q", "--debug", "-d",
                  "--insecure", "--skip-db-update", "--skip-java-db-update", "--skip-update",
                  "--offline-scan", "--list-all-pkgs", "--dependency-tree", "--removed-pkgs",
                  "--light", "--only-fixed", "--only-notfixed", "-v", "-vv", "--by-cve",
                  "--add-cpes-if-none", "--version", "--help");
}

static str option_name(str word)
{
    return str_slice(word, 0, str_find_char(word, '='));
}

bool scan_option(const struct image_scan *scan, const char *name, str *out_value)
{
    for (uint32_t i = 0; i < scan->words.count; i++) {
        str word = scan->words.at[i].raw;
        if (!str_eq(option_name(word), str_from(name)))
            continue;
        bool joined = str_has_char(word, '=');
        bool alone = is_switch(scan->scanner, word) || i + 1 >= scan->words.count;
        *out_value = joined  ? str_from_index(word, str_find_char(word, '=') + 1)
                     : alone ? STR("")
                             : scan->words.at[i + 1].raw;
        return true;
    }
    return false;
}

/* The first word that is no option and no option's value. */
static void find_image(struct image_scan *scan)
{
    scan->image = STR("");
    scan->image_known = true;
    for (uint32_t i = 0; i < scan->words.count; i++) {
        const struct shell_word *word = &scan->words.at[i];
        if (str_starts(word->raw, STR("-"))) {
            i += !str_has_char(word->raw, '=') && !is_switch(scan->scanner, word->raw);
            continue;
        }
        scan->image = word->known ? word->value : word->raw;
        scan->image_known = word->known;
        return;
    }
}

static struct shell_words words_from(const struct shell_words *words, uint32_t from)
{
    return (struct shell_words){words->at + from, words->count - from, words->count - from};
}

/* What stands behind the program's name: "image x", "container test x", "x". */
static bool read_scan(enum scanner scanner, const struct shell_words *words,
                      struct image_scan *scan)
{
    uint32_t at = 0;
    while (at < words->count && str_starts(words->at[at].raw, STR("-")))
        at +=
            !str_has_char(words->at[at].raw, '=') && !is_switch(scanner, words->at[at].raw) ? 2 : 1;
    if (at >= words->count)
        return false;
    str first = words->at[at].value;
    str second = at + 1 < words->count ? words->at[at + 1].value : STR("");
    uint32_t skip = at + 1;
    switch (scanner) {
    case SCANNER_TRIVY:
        if (!STR_IN(first, "image", "i"))
            return false;
        break;
    case SCANNER_SNYK:
        if (!str_eq(first, STR("container")) || !str_eq(second, STR("test")))
            return false;
        skip = at + 2;
        break;
    case SCANNER_SCOUT:
        if (!str_eq(first, STR("cves")))
            return false;
        break;
    case SCANNER_PLIMSOLL: skip = str_eq(first, STR("image")) ? at + 1 : at; break;
    default:
        if (STR_IN(first, "db", "version", "completion", "explain", "config") ||
            str_starts(first, STR("dir:")) || str_starts(first, STR("sbom:")) ||
            str_starts(first, STR(".")))
            return false;
        skip = 0;
    }
    scan->scanner = scanner;
    scan->words = words_from(words, skip);
    find_image(scan);
    return true;
}

static enum scanner scanner_of_program(str name)
{
    return str_eq(name, STR("trivy"))   ? SCANNER_TRIVY
           : str_eq(name, STR("grype")) ? SCANNER_GRYPE
           : str_eq(name, STR("snyk"))  ? SCANNER_SNYK
                                        : SCANNER_NONE;
}

static void add_scan(struct arena *arena, const struct command_file *file,
                     const struct command_script *script, const struct shell_command *command,
                     struct image_scan scan, struct image_scans *scans)
{
    scan.source = file->source;
    scan.step = script->step;
    scan.script = script;
    scan.command = command;
    scan.index = (uint32_t)(command - script->script->commands.at);
    scan.at = script->exact ? command->at : script->at;
    vec_push(arena, scans, scan);
}

/* "docker scout cves x", "docker run aquasec/trivy image x", "plimsoll scan x". */
static void add_docker(struct arena *arena, const struct command_file *file,
                       const struct docker_command *docker, struct image_scans *scans)
{
    struct image_scan scan = {0};
    bool found = false;
    if (STR_IN(docker->verb, "scout", "scan")) {
        bool scout = str_eq(docker->verb, STR("scout"));
        struct shell_words words = words_from(&docker->command->argv, docker->first);
        bool ours = str_eq(docker->command->name, STR("plimsoll"));
        found =
            (scout || ours) && read_scan(scout ? SCANNER_SCOUT : SCANNER_PLIMSOLL, &words, &scan);
    } else if (str_eq(docker->verb, STR("run"))) {
        struct shell_words words = docker_operands(arena, docker);
        enum scanner scanner =
            words.count ? scanner_of_program(image_base_name(words.at[0].value)) : SCANNER_NONE;
        struct shell_words rest = words.count ? words_from(&words, 1) : words;
        found = scanner != SCANNER_NONE && read_scan(scanner, &rest, &scan);
    }
    if (found)
        add_scan(arena, file, docker->script, docker->command, scan, scans);
}

struct image_scans image_scans_of(struct arena *arena, const struct yaml_file *yaml,
                                  const struct command_file *commands)
{
    struct image_scans scans = {0};
    if (yaml)
        VEC_EACH(struct ci_step, step, yaml->steps) {
            if (step->uses.len)
                add_action(arena, yaml, step, &scans);
        }
    if (!commands)
        return scans;
    VEC_EACH(struct command_script *, slot, commands->scripts) {
        const struct command_script *script = *slot;
        VEC_EACH(struct shell_command, command, script->script->commands) {
            enum scanner scanner = scanner_of_program(command->name);
            struct image_scan scan = {0};
            if (scanner == SCANNER_NONE || command->argv.count < 2)
                continue;
            struct shell_words words = words_from(&command->argv, 1);
            if (read_scan(scanner, &words, &scan))
                add_scan(arena, commands, script, command, scan, &scans);
        }
    }
    VEC_EACH(struct docker_command, docker, commands->docker) {
        add_docker(arena, commands, docker, &scans);
    }
    return scans;
}
