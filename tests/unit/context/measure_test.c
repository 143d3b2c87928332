#include "tests/unit/unit.h"

#include "context/context.h"

/* A tree from paths, one Dockerfile, and what is suggested: "pattern pattern ...". */
static str suggested(struct arena *arena, const char *paths, const char *dockerfile,
                     const char *ignored)
{
    VEC(str) list = {0};
    str word;
    for (str rest = str_from(paths); str_next_word(&rest, &word);)
        vec_push(arena, &list, word);
    const struct ignore *ignore = ignore_compile_lenient(arena, str_from(ignored));
    const struct context_tree *tree = context_tree_of(arena, list.at, list.count, ignore);
    const struct source *source = source_new(arena, STR("Dockerfile"), str_from(dockerfile));
    const struct context_needs *needs =
        context_needs_of(arena, tree, -1, &source, *dockerfile ? 1 : 0);
    struct context_report report;
    struct err err = {0};
    assert_true(context_measure(arena, -1, tree, needs, STR(""), &report, &err));
    str all = STR("");
    VEC_EACH(struct context_suggestion, line, report.suggest)
        all =
            str_fmt(arena, "%.*s%s%.*s", STR_ARG(all), all.len ? " " : "", STR_ARG(line->pattern));
    return all;
}

#define ALL "FROM x\nCOPY . .\n"

static const struct {
    const char *says, *paths, *dockerfile, *ignored, *want;
} suggest_cases[] = {
    {"history is never needed", ".git/HEAD src/a.c", ALL, "", ".git"},
    {"unless a step reads it", ".git/HEAD", ALL "RUN git describe --tags", "", ""},
    {"a step that brings its own history does not", ".git/HEAD",
     ALL "RUN git clone u d && git rev-parse HEAD", "", ".git"},
    {"unless it is copied", ".git/HEAD", "FROM x\nCOPY .git .git", "", ""},
    {"what is left out is not suggested again", ".git/HEAD", ALL, ".git", ""},
    {"dependencies go where a step installs them", "package.json node_modules/a/i.js",
     ALL "RUN npm ci", "", "**/node_modules"},
    {"and stay where none does but something runs them", "package.json node_modules/a/i.js",
     ALL "CMD node a.js", "", ""},
    {"or may", "package.json node_modules/a/i.js", "FROM node:20\nCOPY . .", "", ""},
    {"they go where nothing could", "package.json node_modules/a/i.js", ALL, "", "**/node_modules"},
    {"a copied one stays, and so does what is inside",
     "node_modules/a/node_modules/b w/node_modules/c", "FROM x\nCOPY node_modules m\nRUN npm ci",
     "", "w/node_modules"},
    {"vendored modules stay", "go.mod vendor/modules.txt", ALL "RUN go build -mod=vendor .", "",
     ""},
    {"also when nothing says so: go takes them", "go.mod vendor/modules.txt", ALL "RUN go build .",
     "", ""},
    {"they go when a step downloads them", "go.mod vendor/modules.txt",
     ALL "RUN go mod download && go build .", "", "vendor"},
    {"artefacts go where a step makes them", "package.json dist/a.js", ALL "RUN npm run build", "",
     "dist"},
    {"and stay where none does", "package.json dist/a.js", ALL "CMD node dist/a.js", "", ""},
    {"a source that is named stays", "pom.xml target/a.jar", "FROM x\nCOPY target/*.jar /\nRUN mvn",
     "", ""},
    {"also through a variable", "pom.xml target/a.jar",
     "FROM x\nARG J=target/*.jar\nCOPY ${J} /\nRUN mvn", "", ""},
    {"also as a bind mount", "docs/a.md", "FROM x\nRUN --mount=type=bind,source=docs,target=/d ls",
     "", ""},
    {"documents go", "docs/a.md README.md CHANGES.md x.c", ALL, "", "*.md README* docs"},
    {"a document that a COPY names stays", "README.md CHANGES.md", "FROM x\nCOPY README.md /", "",
     "CHANGES.md"},
    {"documents that are compiled stay", "docs/docs.go", ALL, "", ""},
    {"documents that are the product stay", "mkdocs.yml docs/a.md", ALL, "", ""},
    {"tests go when nothing runs them", "tests/a.py", ALL, "", "tests"},
    {"and stay when a step does", "tests/a.py", ALL "RUN pytest", "", ""},
    {"a tool that is only installed runs nothing", "tests/a.py", ALL "RUN pip install pytest", "",
     "tests"},
    {"a test tree that a workspace lists stays", "tests/package.json", ALL, "", ""},
    {"a spec may be an interface", "spec/api.yaml", ALL, "", ""},
    {"caches go at any depth", "a/b/__pycache__/x.pyc a/x.py a/x.pyc", ALL, "",
     "**/*.pyc **/__pycache__"},
    {"also inside a directory that is named", "src/__pycache__/x.pyc", "FROM x\nCOPY src /", "",
     "**/__pycache__"},
    {"documents inside a directory that is named stay", "docs/a.md", "FROM x\nCOPY docs /", "", ""},
    {"an unknown source may be anything", "docs/a.md tests/a.py", "FROM x\nARG W\nCOPY ${W} /", "",
     ""},
    {"what an exception brings back stays", "README.md x.c", ALL, "*.md\n!README.md", ""},
    {"keys go", "conf/server.pem .env", ALL, "", ".env conf/server.pem"},
    {"a key that is named stays", "conf/server.pem", "FROM x\nCOPY conf/server.pem /", "", ""},
    {"a source that is not there yet keeps its directory", "pom.xml target/classes/a",
     "FROM x\nCOPY target/*.jar /\nRUN mvn", "", ""},
    {"so does one that is known in part", "pom.xml target/a.jar",
     "FROM x\nARG V\nCOPY target/a-${V}.jar /\nRUN mvn", "", ""},
    {"an unknown source beside all of it may still be one of them", "docs/a.md",
     ALL "ARG W\nCOPY ${W} /", "", ""},
    {"objects go beside their source, and stay without it", "a.c a.o blob.o", ALL, "", "a.o"},
    {"a name may begin like a comment or an exception", "!k.pem #k.pem", ALL, "",
     "\\!k.pem \\#k.pem"},
    {"and such a line leaves it out", "!k.pem #k.pem", ALL, "\\!k.pem\n\\#k.pem", ""},
    {"odd names are quoted", "conf/a[1].pem", ALL, "", "conf/a\\[1\\].pem"},
    {"other stages need nothing", "docs/a.md",
     "FROM x AS a\nFROM x\nCOPY --from=a docs /\nCOPY . .", "", "docs"},
};

static void lines_are_suggested_for_what_no_build_needs(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(suggest_cases); i++)
        unit_row_str(&rows, suggest_cases[i].says,
                     suggested(*state, suggest_cases[i].paths, suggest_cases[i].dockerfile,
                               suggest_cases[i].ignored),
                     str_from(suggest_cases[i].want));
    assert_rows(rows);
}

static const struct {
    const char *says, *paths, *dockerfile, *ignored, *path;
    bool needed;
} need_cases[] = {
    {"a source is needed", "a.c", "FROM x\nCOPY a.c /", "", "a.c", true},
    {"a source of everything needs nothing by name", "a.c", ALL, "", "a.c", false},
    {"what a step installs from is needed", "package.json package-lock.json", ALL "RUN npm ci",
     "package-lock.json", "package-lock.json", true},
    {"a lock of another tool is not", "package-lock.json yarn.lock", ALL "RUN yarn", "",
     "package-lock.json", false},
    {"a match of a glob is needed", "a.c b.h", "FROM x\nCOPY *.c /", "", "a.c", true},
    {"one left out on purpose is not, while others are sent", "a.c b.c", "FROM x\nCOPY *.c /",
     "b.c", "b.c", false},
    {"the only one is", "a.c", "FROM x\nCOPY *.c /", "a.c", "a.c", true},
    {"a directory is not lost while something below it is sent", "d/a d/b", "FROM x\nCOPY d /",
     "d\n!d/a", "d", false},
    {"a directory left out whole is", "d/a d/b", "FROM x\nCOPY d /", "d", "d", true},
    {"tests are needed where a step runs them", "tests/a.py", ALL "RUN python -m pytest", "tests",
     "tests", true},
    {"an address is no path", "a.c", "FROM x\nADD https://h/a.c /", "", "a.c", false},
    {"nor is a heredoc", "EOF", "FROM x\nCOPY <<EOF /a\ntext\nEOF", "", "EOF", false},
    {"the exec form counts", "a b", "FROM x\nCOPY [\"a\", \"/\"]", "", "a", true},
};

static void builds_need_what_they_name(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(need_cases); i++) {
        VEC(str) list = {0};
        str word;
        for (str rest = str_from(need_cases[i].paths); str_next_word(&rest, &word);)
            vec_push(*state, &list, word);
        struct ignore *ignore = ignore_compile_lenient(*state, str_from(need_cases[i].ignored));
        const struct context_tree *tree = context_tree_of(*state, list.at, list.count, ignore);
        const struct source *source =
            source_new(*state, STR("Dockerfile"), str_from(need_cases[i].dockerfile));
        const struct context_needs *needs = context_needs_of(*state, tree, -1, &source, 1);
        unit_row(&rows, need_cases[i].says,
                 context_needed(needs, str_from(need_cases[i].path)) == need_cases[i].needed);
    }
    assert_rows(rows);
}

static void bytes_are_counted_by_file_directory_and_line(void **state)
{
    const str paths[] = {STR("a/b/one"), STR("a/two"), STR("log/x.log"), STR("z")};
    struct ignore *ignore = ignore_compile_lenient(*state, STR("# note\nlog\n!keep\nnothing"));
    struct context_tree *tree = context_tree_of(*state, paths, ARRAY_COUNT(paths), ignore);
    for (uint32_t i = 0; i < tree->count; i++)
        if (tree->entries[i].type == ENTRY_FILE)
            tree->entries[i].size_bytes = 100 + i;
    const struct source *source = source_new(*state, STR("z"), STR("FROM x\nCOPY a/two /"));
    const struct context_needs *needs = context_needs_of(*state, tree, -1, &source, 1);
    struct context_report report;
    struct err err = {0};
    struct unit_rows rows = {0};
    assert_true(context_measure(*state, -1, tree, needs, STR(""), &report, &err));
    unit_row(&rows, "the largest file comes first",
             report.largest.count == 3 && str_eq(report.largest.at[0].path, STR("z")));
    unit_row(&rows, "a directory counts all below it",
             report.largest_directories.count == 2 && report.largest_directories.at[0].files == 2 &&
                 report.largest_directories.at[0].bytes == 205);
    unit_row(&rows, "each pattern has its line and what it leaves out",
             report.lines.count == 2 && report.lines.at[0].line == 2 &&
                 report.lines.at[0].files == 1 && report.lines.at[0].bytes == 105);
    unit_row(&rows, "a pattern without a match leaves out nothing",
             report.lines.at[1].line == 4 && report.lines.at[1].files == 0);
    unit_row(&rows, "unused are files that no COPY takes, other than the Dockerfile",
             report.unused_files == 1 && report.unused_bytes == 102 &&
                 str_eq(report.unused.at[0].path, STR("a")));
    assert_rows(rows);
}

static void an_ignore_file_grows_at_its_end(void **state)
{
    struct context_suggestion lines[] = {{.pattern = STR("*.md"), .category = "documentation"},
                                         {.pattern = STR(".git"), .category = "version control"},
                                         {.pattern = STR("docs"), .category = "documentation"}};
    struct context_report report = {.ignore_path = STR(".dockerignore"), .suggest = {lines, 3, 3}};
    static const struct {
        const char *says, *old, *want;
    } cases[] = {
        {"a new file", "", "# Version control\n.git\n\n# Documentation\n*.md\ndocs\n"},
        {"old lines stay, an open last line is closed", "a\n# b",
         "a\n# b\n\n# Version control\n.git\n\n# Documentation\n*.md\ndocs\n"},
        {"line ends stay what they are", "a\r\n",
         "a\r\n\r\n# Version control\r\n.git\r\n\r\n# Documentation\r\n*.md\r\ndocs\r\n"},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row_str(&rows, cases[i].says,
                     context_ignore_text(*state, str_from(cases[i].old), &report),
                     str_from(cases[i].want));
    report.ignore_path = STR("");
    report.suggest.count = 1;
    unit_row_str(&rows, "a file that is made now names itself",
                 context_ignore_text(*state, STR(""), &report),
                 STR("# Documentation\n*.md\n\n# Docker files\n**/.dockerignore\n"));
    report.suggest.count = 0;
    unit_row_str(&rows, "nothing to add: nothing changes",
                 context_ignore_text(*state, STR("a"), &report), STR("a"));
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(lines_are_suggested_for_what_no_build_needs),
        UNIT_TEST(builds_need_what_they_name),
        UNIT_TEST(bytes_are_counted_by_file_directory_and_line),
        UNIT_TEST(an_ignore_file_grows_at_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
