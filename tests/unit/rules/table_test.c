#include "rules/choice.h"
#include "tests/unit/unit.h"

/* What the table itself must hold for every rule, whoever wrote it. */

static bool is_kebab(str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool word = char_is_digit(c) || (c >= 'a' && c <= 'z');
        bool inner = c == '-' && i > 0 && i + 1 < text.len && text.at[i - 1] != '-';
        if (!word && !inner)
            return false;
    }
    return text.len > 0;
}

/* One sentence on one line, without a full stop or blanks around it. */
static bool is_sentence(const char *text)
{
    str line = str_from(text);
    return line.len > 3 && line.len == str_trim(line).len && !str_has_char(line, '\n');
}

static bool is_group(str group)
{
    return STR_IN(group, "layers", "base", "size", "cache", "context", "security", "secrets",
                  "runtime", "correctness", "shell", "kubernetes", "compose", "ci", "command");
}

/* "peer:id peer:id": each with a peer and an id, none twice. */
static bool is_aka(str aka)
{
    str rest = aka, word;
    while (str_next_word(&rest, &word)) {
        size_t colon = str_find_char(word, ':');
        str others = rest, other;
        if (colon == STR_MISSING || colon == 0 || colon + 1 == word.len)
            return false;
        while (str_next_word(&others, &other))
            if (str_eq(word, other))
                return false;
    }
    return true;
}

static bool is_guide(const char *sections)
{
    str rest = str_from(sections), word;
    uint64_t number;
    while (str_next_word(&rest, &word))
        if (!str_starts(word, STR("s")) || !str_to_u64(str_from_index(word, 1), &number) ||
            number > 23)
            return false;
    return !sections || str_from(sections).len > 0;
}

static void note(struct unit_rows *rows, const struct rule *rule, const char *what, bool ok)
{
    if (ok)
        return;
    rows->bad++;
    print_error("%s: %s\n", rule->name, what);
}

static void test_every_row_is_whole(void **state)
{
    size_t count;
    const struct rule *const *rules = rules_all(*state, &count);
    struct unit_rows rows = {0};
    assert_true(count > 200);
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = rules[i];
        str name = str_from(rule->name);
        size_t slash = str_find_char(name, '/');
        note(&rows, rule, "the name is group/kebab-case",
             slash != STR_MISSING && is_group(rule_group(rule)) &&
                 is_kebab(str_from_index(name, slash + 1)));
        note(&rows, rule, "the name is its own",
             i == 0 || str_order(str_from(rules[i - 1]->name), name) < 0);
        note(&rows, rule, "what is a sentence", is_sentence(rule->what));
        note(&rows, rule, "why is a sentence", is_sentence(rule->why));
        note(&rows, rule, "how is a sentence", is_sentence(rule->how));
        note(&rows, rule, "source is a sentence", is_sentence(rule->source));
        note(&rows, rule, "what has no full stop", !str_ends(str_from(rule->what), STR(".")));
        note(&rows, rule, "since is a version", rule->since && char_is_digit(rule->since[0]));
        note(&rows, rule, "aka is peer:id, each once", is_aka(str_from(rule->aka)));
        note(&rows, rule, "guide names sections s0 to s23", is_guide(rule->guide));
        note(&rows, rule, "there is a check",
             rule->dockerfile || rule->ignore || rule->yaml || rule->pod || rule->container ||
                 rule->service || rule->commands || rule->repository ||
                 str_starts(name, STR("correctness/ignore-")));
        note(&rows, rule, "policy rules are not errors by themselves",
             !rule->policy || rule->severity != SEVERITY_ERROR);
    }
    assert_rows(rows);
}

/* A rule is found by its name and by each of its peers' ids: then `explain ID` answers. */
static void test_every_id_finds_a_rule(void **state)
{
    size_t count;
    const struct rule *const *rules = rules_all(*state, &count);
    struct unit_rows rows = {0};
    for (size_t i = 0; i < count; i++) {
        str rest = str_from(rules[i]->aka), word;
        note(&rows, rules[i], "found by its name", rule_find(str_from(rules[i]->name)) == rules[i]);
        while (str_next_word(&rest, &word))
            note(&rows, rules[i], "has each of its ids",
                 rule_has_id(rules[i], word) && rule_find(word) != NULL);
    }
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_every_row_is_whole),
                                       UNIT_TEST(test_every_id_finds_a_rule)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
