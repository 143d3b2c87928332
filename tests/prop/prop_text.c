#include "context/context.h"
#include "data/data.h"
#include "shell/shell.h"
#include "tests/prop/prop.h"

#include <stdio.h>
#include <stdlib.h>

static void must_lie(span at, str text)
{
    must(at.start <= at.end && at.end <= text.len);
}

/* -- shell ------------------------------------------------------------------------------------- */

void prop_shell(struct arena *arena, str text)
{
    const struct source *source = source_new(arena, STR("RUN"), text);
    struct joined joined = joined_of(arena, source, (span){0, (uint32_t)text.len});
    for (int dialect = SHELL_SH; dialect <= SHELL_BASH; dialect++) {
        const struct script *script = shell_parse(arena, &joined, (enum shell_dialect)dialect);
        must(str_eq(shell_print(arena, script), text));
        VEC_EACH(struct shell_token, token, script->tokens)
            must_lie(token->at, text);
        VEC_EACH(struct shell_command, command, script->commands) {
            must_lie(command->at, text);
            must(command->place < command->pipeline_length || !command->pipeline_length);
            VEC_EACH(struct shell_word, word, command->words)
                must_lie(word->at, text);
        }
    }
}

/* -- ignore ------------------------------------------------------------------------------------ */

void prop_ignore(struct arena *arena, str text)
{
    str rest = text, path;
    if (!str_next_line(&rest, &path) || !path.len || str_has_char(path, '\0'))
        return;
    const struct ignore *ignore = ignore_compile_lenient(arena, rest);
    size_t count;
    const struct ignore_pattern *patterns = ignore_patterns(ignore, &count);
    struct ignore_verdict verdict = ignore_match(ignore, path), naive = {0};
    for (size_t i = 0; i < count; i++)
        if (!patterns[i].bad && naive.dropped == patterns[i].negated &&
            ignore_pattern_match(ignore, i, path))
            naive = (struct ignore_verdict){!patterns[i].negated, patterns[i].line};
    must(verdict.dropped == naive.dropped);
}

/* -- trees ------------------------------------------------------------------------------------- */

static void check_node(const struct node *node, str text, int depth)
{
    must(depth < 10000);
    must_lie(node->at, text);
    if (node->aliased)
        return;
    if (node->kind == NODE_LIST)
        VEC_EACH(struct node *, item, node->items)
            check_node(*item, text, depth + 1);
    if (node->kind == NODE_MAP)
        VEC_EACH(struct node_pair, pair, node->pairs) {
            check_node(pair->key, text, depth + 1);
            check_node(pair->value, text, depth + 1);
        }
}

void prop_yaml(struct arena *arena, str text)
{
    const struct source *source = source_new(arena, STR("x.yaml"), text);
    const struct yaml *yaml = yaml_parse(arena, source);
    must(yaml->ok || yaml->problem.len);
    VEC_EACH(struct node *, slot, yaml->documents) {
        const struct node *root = *slot;
        check_node(root, text, 0);
        struct edit edit;
        if (!yaml->ok || root->kind != NODE_MAP || root->aliased || !root->pairs.count ||
            yaml->documents.count != 1)
            continue;
        if (!yaml_edit_set(arena, yaml, root, "plimsoll", "added", &edit))
            continue;
        must_lie(edit.at, text);
        str after = str_cat(arena, str_cat(arena, str_slice(text, 0, edit.at.start), edit.text),
                            str_from_index(text, edit.at.end));
        const struct yaml *again = yaml_parse(arena, source_new(arena, STR("x.yaml"), after));
        if (again->ok && again->documents.count == 1)
            must(str_eq(node_str(node_get(again->documents.at[0], "plimsoll")), STR("added")));
    }
}

void prop_json(struct arena *arena, str text)
{
    struct err err = {0};
    struct node *root;
    if (json_parse(arena, text, &root, &err))
        check_node(root, text, 0);
    else
        must(err.lines > 0);
    err_clear(&err);
    if (toml_parse(arena, text, &root, &err))
        check_node(root, text, 0);
    else
        must(err.lines > 0);
}
