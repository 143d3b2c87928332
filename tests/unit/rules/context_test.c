#include "rules/repository.h"
#include "tests/unit/rules/rules_unit.h"

/*
 * Rules of context/: one Dockerfile, one ignore file and the tree that both are about.
 *
 *   tree: "path path=BYTES dir/path"; the ignore file is "" where there is none
 */

struct context_row {
    const char *says, *rule, *tree, *ignore, *dockerfile;
    uint32_t line;     /* of the finding; 0: the rule must be silent */
    const char *after; /* the text that was reported on, after the fix */
};

static struct context_tree *tree_of(struct arena *arena, const char *words,
                                    const struct ignore *ignore)
{
    VEC(str) paths = {0};
    struct map sizes = {0};
    str rest = str_from(words), word;
    while (str_next_word(&rest, &word)) {
        size_t equals = str_find_char(word, '=');
        uint64_t *size = NEW(arena, uint64_t);
        str path = str_slice(word, 0, equals);
        if (equals != STR_MISSING)
            assert_true(str_to_u64(str_from_index(word, equals + 1), size));
        map_set(arena, &sizes, path, size);
        vec_push(arena, &paths, path);
    }
    struct context_tree *tree = context_tree_of(arena, paths.at, paths.count, ignore);
    for (uint32_t i = 0; i < tree->count; i++) {
        const uint64_t *size = map_find(&sizes, tree->entries[i].path);
        if (!size || tree->entries[i].type != ENTRY_FILE)
            continue;
        tree->entries[i].size_bytes = *size;
        *(tree->entries[i].dropped ? &tree->dropped_bytes : &tree->bytes) += *size;
    }
    return tree;
}

static struct finding_list context_findings(struct arena *arena, const struct context_row *row,
                                            const struct rule *rule, const struct source **out)
{
    struct finding_list *findings = NEW(arena, struct finding_list);
    struct repository *repository = NEW(arena, struct repository);
    struct check_options *options = NEW(arena, struct check_options);
    struct ignore *ignore =
        row->ignore[0] ? ignore_compile_lenient(arena, str_from(row->ignore)) : NULL;
    const struct source *docker = source_new(arena, STR("Dockerfile"), str_from(row->dockerfile));
    struct facts *facts = facts_make(arena, dockerfile_parse(arena, docker), options, 20000);
    facts->ignore = ignore;
    facts->tree = tree_of(arena, row->tree, ignore);
    facts->repository = repository;
    struct rule_sink sink = {.arena = arena, .rule = rule, .findings = findings};
    *out = sink.source =
        rule->ignore ? source_new(arena, STR(".dockerignore"), str_from(row->ignore)) : docker;
    if (rule->dockerfile) {
        sink.facts = facts;
        rule->dockerfile(facts, &sink);
        return *findings;
    }
    struct ignore_file file = {.arena = arena,
                               .source = sink.source,
                               .ignore = ignore,
                               .tree = facts->tree,
                               .repository = repository,
                               .root_fd = -1,
                               .options = options};
    struct context_report report = {0};
    struct err err = {0};
    file.needs = context_needs_of(arena, facts->tree, -1, &docker, row->dockerfile[0] ? 1 : 0);
    assert_true(
        context_measure(arena, -1, facts->tree, file.needs, STR(".dockerignore"), &report, &err));
    file.report = &report;
    if (row->dockerfile[0])
        vec_push(arena, &file.dockerfiles, facts);
    rule->ignore(&file, &sink);
    return *findings;
}

#define ALL "FROM debian:12\nCOPY . /a\n"

static const struct context_row rows[] = {
    /* the ten headings of the guide's ignore file */
    {"version control", "context/version-control", ".git/HEAD=9000000 a.c", "x\n", ALL, 1,
     "x\n.git\n"},
    {"left out", "context/version-control", ".git/HEAD a.c", ".git\n", ALL, 0},
    {"dependencies", "context/dependencies", "package.json node_modules/a/i.js", "x\n",
     ALL "RUN npm ci\n", 1, "x\n**/node_modules\n"},
    {"that nothing installs", "context/dependencies", "package.json node_modules/a/i.js", "x\n",
     "FROM node:20\nCOPY . .\nCMD [\"node\", \"a\"]\n", 0},
    {"vendored modules that the build reads", "context/dependencies", "go.mod vendor/modules.txt",
     "x\n", ALL "RUN go build .\n", 0},
    {"build artefacts", "context/build-artefacts", "package.json dist/a.js", "x\n",
     ALL "RUN npm run build\n", 1, "x\ndist\n"},
    {"that are copied by name", "context/build-artefacts", "dist/a.js", "x\n",
     "FROM x\nCOPY dist /d\n", 0},
    {"compiled Python anywhere", "context/build-artefacts", "a/__pycache__/b.pyc", "x\n", ALL, 1},
    {"secrets", "context/secret-files", ".env a.c", "x\n", ALL, 1, "x\n.env\n"},
    {"an example is none", "context/secret-files", ".env.example a.c", "x\n", ALL, 0},
    {"editors", "context/editor-files", ".vscode/a.json a.c", "x\n", ALL, 1, "x\n**/.vscode\n"},
    {"no editor", "context/editor-files", "a.c", "x\n", ALL, 0},
    {"documentation", "context/documentation", "docs/a.md a.c", "x\n", ALL, 1},
    {"documentation that is built", "context/documentation", "mkdocs.yml docs/a.md", "x\n",
     ALL "RUN mkdocs build\n", 0},
    {"CI", "context/ci-files", ".github/workflows/a.yml a.c", "x\n", ALL, 1, "x\n.github\n"},
    {"no CI", "context/ci-files", "a.c", "x\n", ALL, 0},
    {"tests", "context/test-files", "tests/a.py a.py", "x\n", ALL, 1, "x\ntests\n"},
    {"tests that a step runs", "context/test-files", "tests/a.py a.py", "x\n", ALL "RUN pytest\n",
     0},
    {"large files", "context/large-files", "dump.tar.gz=90000000 a.c", "x\n", ALL, 1,
     "x\n*.tar.gz\n"},
    {"an archive that a step unpacks", "context/large-files", "dump.tar.gz=90000000 a.c", "x\n",
     ALL "RUN tar xf /a/dump.tar.gz\n", 0},
    {"a folder kept for logs", "context/large-files", "logs/.gitkeep a.c", "x\n", ALL, 0},
    {"docker files", "context/docker-files", "Dockerfile compose.yaml a.c", "x\n", ALL, 1},
    {"left out", "context/docker-files", "Dockerfile a.c", "Dockerfile*\n.dockerignore\n", ALL, 0},
    /* context/root-anchored */
    {"what lies deeper is sent", "context/root-anchored", "a/node_modules/b.js c.js",
     "node_modules\n", ALL, 1, "**/node_modules\n"},
    {"a suffix", "context/root-anchored", "a/b.pyc c.py", "*.pyc\n", ALL, 1, "**/*.pyc\n"},
    {"nothing lies deeper", "context/root-anchored", "b.pyc c.py", "*.pyc\n", ALL, 0},
    {"at every depth already", "context/root-anchored", "a/b.pyc", "**/*.pyc\n", ALL, 0},
    {"a name that means one place", "context/root-anchored", "a/docs/b docs/c", "docs\n", ALL, 0},
    /* context/bad-pattern */
    {"a class that does not end", "context/bad-pattern", "a", "a[b\n", ALL, 1},
    {"a lone exclamation mark", "context/bad-pattern", "a", "x\n!\n", ALL, 2},
    {"an indented comment", "context/bad-pattern", "a", "  # c\n", ALL, 1, "# c\n"},
    {"a comment behind a pattern", "context/bad-pattern", "a", "dist # built\n", ALL, 1,
     "# built\ndist\n"},
    {"a class as the shell negates it", "context/bad-pattern", "a", "[!a]b\n", ALL, 1, "[^a]b\n"},
    {"a comment", "context/bad-pattern", "a", "# c\nx[a-z]\n", ALL, 0},
    /* context/pattern-repeated */
    {"twice", "context/pattern-repeated", "a", "dist\nx\ndist/\n", ALL, 3, "dist\nx\n"},
    {"again behind an exception", "context/pattern-repeated", "a", "*.md\n!a.md\n*.md\n", ALL, 0},
    /* context/negation */
    {"in front of its pattern", "context/negation", "a.md", "!a.md\n*.md\n", ALL, 1,
     "*.md\n!a.md\n"},
    {"behind it", "context/negation", "a.md", "*.md\n!a.md\n", ALL, 0},
    {"of nothing", "context/negation", "a.md", "*.txt\n!a.md\n", ALL, 2},
    {"of part of a directory", "context/negation", "d/a", "d\n!d/a\n", ALL, 0},
    /* context/pattern-shadowed */
    {"by a suffix", "context/pattern-shadowed", "a", "*.md\nREADME.md\nx\n", ALL, 2, "*.md\nx\n"},
    {"by its directory", "context/pattern-shadowed", "a", "docs/a\ndocs\n", ALL, 1, "docs\n"},
    {"at every depth", "context/pattern-shadowed", "a", "node_modules\n**/node_modules\n", ALL, 1,
     "**/node_modules\n"},
    {"with an exception between", "context/pattern-shadowed", "a", "*.md\n!README.md\nREADME.md\n",
     ALL, 0},
    {"another directory", "context/pattern-shadowed", "a", "docs\ndocs2/a\n*.md\n", ALL, 0},
    {"the same twice is another finding", "context/pattern-shadowed", "a", "docs\ndocs/\n", ALL, 0},
    /* context/pattern-unused: policy */
    {"matches nothing", "context/pattern-unused", "a", "buidl\n", ALL, 1},
    {"matches", "context/pattern-unused", "a", "a\n", ALL, 0},
    /* context/input-ignored */
    {"a lock file", "context/input-ignored", "package.json package-lock.json a.js",
     "package-lock.json\n", ALL "RUN npm ci\n", 1},
    {"tests that a reachable step runs", "context/input-ignored", "tests/a.py a.py", "tests\n",
     ALL "RUN pytest tests\n", 1},
    {"tests that nothing runs", "context/input-ignored", "tests/a.py a.py", "tests\n", ALL, 0},
    {"vendored modules", "context/input-ignored", "go.mod vendor/modules.txt a.go", "vendor\n",
     ALL "RUN go build -mod=vendor .\n", 1},
    {"modules that a step downloads", "context/input-ignored", "go.mod vendor/modules.txt a.go",
     "vendor\n", ALL "RUN go mod download && go build .\n", 0},
    {"an exception brings it back", "context/input-ignored", "package.json package-lock.json a.js",
     "*.json\n!package*.json\n", ALL "RUN npm ci\n", 0},
    /* context/unused-bytes */
    {"a tree that no COPY takes", "context/unused-bytes", "src/a=100 data/b=20000000", "x\n",
     "FROM x\nCOPY src /s\n", 1},
    {"taken", "context/unused-bytes", "src/a=100 data/b=20000000", "x\n",
     "FROM x\nCOPY src data /s/\n", 0},
    {"small", "context/unused-bytes", "src/a=100 data/b=20000", "x\n", "FROM x\nCOPY src /s\n", 0},
    /* context/allow-list */
    {"two lines instead of five", "context/allow-list", "src/a b", "c\nd\ne\nf\ng\n",
     "FROM x\nCOPY src /s\nCOPY src/*.c /t/\n", 1},
    {"or much would be left out", "context/allow-list", "src/a=1 b=2000000", "c\n",
     "FROM x\nCOPY src /s\n", 1},
    {"a bind mount counts too", "context/allow-list", "src/a b", "c\nd\ne\nf\ng\n",
     "FROM x\nRUN --mount=type=bind,source=src,target=/s ls\n", 1},
    {"everything is taken", "context/allow-list", "src/a b", "c\nd\ne\nf\ng\n",
     "FROM x\nCOPY src /s\nCOPY . /t\n", 0},
    {"a bind mount of everything", "context/allow-list", "src/a b", "c\nd\ne\nf\ng\n",
     "FROM x\nCOPY src /s\nRUN --mount=type=bind,target=/s ls\n", 0},
    {"what a variable holds is not known", "context/allow-list", "src/a b", "c\nd\ne\nf\ng\n",
     "FROM x\nARG S\nCOPY src /s\nCOPY $S /t\n", 0},
    {"one already", "context/allow-list", "src/a b", "*\n!src\nd\ne\nf\ng\n",
     "FROM x\nCOPY src /s\n", 0},
    {"nothing is sent in vain", "context/allow-list", "src/a", "c\nd\ne\nf\ng\n",
     "FROM x\nCOPY src /s\n", 0},
    /* context/source-ignored */
    {"left out by name", "context/source-ignored", "a.txt b", "a.txt\n", "FROM x\nCOPY a.txt /\n",
     2},
    {"brought back", "context/source-ignored", "a.txt b", "*\n!a.txt\n", "FROM x\nCOPY a.txt /\n",
     0},
    {"all of a directory", "context/source-ignored", "d/a b", "d\n", "FROM x\nCOPY d /\n", 2},
    {"part of a directory is sent", "context/source-ignored", "d/a d/b", "d\n!d/b\n",
     "FROM x\nCOPY d /\n", 0},
    {"from a stage", "context/source-ignored", "a.txt", "a.txt\n",
     "FROM x AS y\nFROM x\nCOPY --from=y a.txt /\n", 0},
    {"an address", "context/source-ignored", "a.txt", "*\n", "FROM x\nADD https://x.org/a.txt /\n",
     0},
    /* context/source-missing */
    {"a name one letter off", "context/source-missing", "requirements.txt", "",
     "FROM x\nCOPY requirments.txt /\n", 2},
    {"not there at all", "context/source-missing", "a", "", "FROM x\nCOPY zzzz /\n", 2},
    {"made elsewhere", "context/source-missing", "a", "", "FROM x\nCOPY target/a.jar /\n", 0},
    {"there", "context/source-missing", "a", "", "FROM x\nCOPY a /\n", 0},
    {"a heredoc", "context/source-missing", "a", "", "FROM x\nCOPY <<EOF /b\nc\nEOF\n", 0},
    /* context/no-ignore-file */
    {"all is copied", "context/no-ignore-file", "a .git/HEAD", "", ALL, 2},
    {"there is one", "context/no-ignore-file", "a .git/HEAD", "x\n", ALL, 0},
    {"only a directory is copied", "context/no-ignore-file", "a/b .git/HEAD", "",
     "FROM x\nCOPY a /a\n", 0},
    /* context/two-ignore-files */
    {"two", "context/two-ignore-files", "Dockerfile.dockerignore .dockerignore", "", ALL, 1},
    {"podman's and docker's", "context/two-ignore-files", ".containerignore .dockerignore", "", ALL,
     1},
    {"one", "context/two-ignore-files", ".dockerignore", "", ALL, 0},
    /* context/too-wide */
    {"all from one directory", "context/too-wide", "app/a=100 data/b=20000000", "",
     "FROM x\nCOPY app/a /a\n", 2},
    {"from two", "context/too-wide", "app/a=100 data/b=20000000", "",
     "FROM x\nCOPY app/a /a\nCOPY data /d\n", 0},
};

static void test_context_rules(void **state)
{
    struct arena *arena = *state;
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct context_row *row = &rows[i];
        const struct rule *rule = rule_find(str_from(row->rule));
        assert_non_null(rule);
        const struct source *source;
        struct finding_list findings = context_findings(arena, row, rule, &source);
        uint32_t line = findings.count ? source_position(source, findings.at[0].at.start).line : 0;
        if (line != row->line) {
            checked.bad++;
            print_error("row fails: %s: %s\n  found on line %u, wanted %u\n", row->rule, row->says,
                        line, row->line);
        } else if (row->after && findings.count) {
            edits_sort(&findings.at[0].fix.edits);
            str after = edits_apply(arena, source->text, &findings.at[0].fix.edits);
            unit_row_str(&checked, row->says, after, str_from(row->after));
            struct context_row again = *row;
            again.ignore = str_z(arena, after);
            unit_row(&checked, "the fix takes the finding away",
                     context_findings(arena, &again, rule, &source).count < findings.count);
        }
    }
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_context_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
