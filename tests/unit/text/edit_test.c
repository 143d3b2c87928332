#include "tests/unit/unit.h"

#include "base/buf.h"
#include "text/diff.h"
#include "text/edit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- edits ------------------------------------------------------------------------------------- */

/* "3-5=new 0-0=x" as edits, in that order. */
static struct edit_list edits_of(struct arena *arena, const char *text)
{
    struct edit_list edits = {0};
    str rest = str_from(text), word;
    while (str_next_word(&rest, &word)) {
        str start, end;
        uint64_t from = 0, to = 0;
        assert_true(str_next(&word, '-', &start) && str_next(&word, '=', &end));
        assert_true(str_to_u64(start, &from) && str_to_u64(end, &to));
        struct edit edit = {{(uint32_t)from, (uint32_t)to}, word};
        vec_push(arena, &edits, edit);
    }
    return edits;
}

static void edits_are_applied(void **state)
{
    static const struct {
        const char *says, *text, *edits, *want;
    } cases[] = {
        {"none", "abc", "", "abc"},
        {"a replacement", "abc", "1-2=X", "aXc"},
        {"a longer one", "abc", "1-2=XYZ", "aXYZc"},
        {"taking out", "abc", "0-2=", "c"},
        {"inserting at the start", "abc", "0-0=X", "Xabc"},
        {"inserting at the end", "abc", "3-3=X", "abcX"},
        {"into nothing", "", "0-0=X", "X"},
        {"everything", "abc", "0-3=", ""},
        {"out of order", "abcdef", "4-5=E 0-1=A", "AbcdEf"},
        {"neighbours", "abcd", "0-2=X 2-4=Y", "XY"},
        {"an insertion before what is replaced", "abcd", "2-4=Y 2-2=X", "abXY"},
        {"two at one place keep their order", "abcd", "2-2=X 2-2=Y", "abXYcd"},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct edit_list edits = edits_of(*state, cases[i].edits);
        edits_sort(&edits);
        unit_row_str(&rows, cases[i].says, edits_apply(*state, str_from(cases[i].text), &edits),
                     str_from(cases[i].want));
    }
    assert_rows(rows);
}

static void what_conflicts(void **state)
{
    static const struct {
        const char *says, *a, *b;
        bool conflict;
    } cases[] = {
        {"nothing", "", "0-1=", false},
        {"apart", "0-2=", "3-4=", false},
        {"neighbours", "0-2=", "2-4=", false},
        {"overlapping", "0-3=", "2-4=", true},
        {"one inside the other", "0-9=", "2-4=", true},
        {"the same", "2-4=x", "2-4=x", true},
        {"an insertion at the start of a replacement", "2-2=x", "2-4=", false},
        {"an insertion at its end", "4-4=x", "2-4=", false},
        {"an insertion inside", "3-3=x", "2-4=", true},
        {"two insertions at one place", "3-3=x", "3-3=y", true},
        {"two insertions apart", "3-3=x", "4-4=y", false},
        {"any of many", "0-1= 5-6= 9-9=x", "3-4= 7-8= 9-9=y", true},
        {"none of many", "0-1= 5-6= 9-9=x", "3-4= 7-8= 8-9=y", false},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct edit_list a = edits_of(*state, cases[i].a), b = edits_of(*state, cases[i].b);
        unit_row(&rows, cases[i].says, edits_conflict(&a, &b) == cases[i].conflict);
        unit_row(&rows, cases[i].says, edits_conflict(&b, &a) == cases[i].conflict);
    }
    assert_rows(rows);
}

/* -- diff -------------------------------------------------------------------------------------- */

static void diffs_read_as_git_writes_them(void **state)
{
    static const struct {
        const char *says, *path, *before, *after, *want;
    } cases[] = {
        {"nothing changes", "f", "a\n", "a\n", ""},
        {"one line", "f", "a\nb\nc\n", "a\nX\nc\n",
         "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+X\n c\n"},
        {"three lines of context", "f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
         "1\n2\n3\n4\nX\n6\n7\n8\n9\n",
         "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n"},
        {"a new file", "f", NULL, "a\n", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n"},
        {"a file that was empty", "f", "", "a\n", "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n"},
        {"a file becomes empty", "f", "a\n", "", "--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-a\n"},
        {"no line end, before", "f", "a", "a\n",
         "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"},
        {"no line end, after", "f", "a\n", "a",
         "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"},
        {"CR stays", "f", "a\r\n", "b\r\n", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\r\n+b\r\n"},
        {"a blank in the path", "a b", "a\n", "b\n",
         "--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-a\n+b\n"},
        {"quotes and bytes in the path", "a\"\\\n\xc3\xa4", "a\n", "b\n",
         "--- \"a/a\\\"\\\\\\012\\303\\244\"\n+++ \"b/a\\\"\\\\\\012\\303\\244\"\n"
         "@@ -1 +1 @@\n-a\n+b\n"},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row_str(&rows, cases[i].says,
                     diff_unified(*state, str_from(cases[i].path), str_from(cases[i].before),
                                  str_from(cases[i].after)),
                     str_from(cases[i].want));
    assert_rows(rows);
}

static void put(const char *path, str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0 && write(fd, text.at ? text.at : "", text.len) == (ssize_t)text.len);
    close(fd);
}

static str got(struct arena *arena, const char *path)
{
    static char bytes[1 << 20];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return STR("no such file");
    ssize_t size = read(fd, bytes, sizeof(bytes));
    close(fd);
    return str_copy(arena, (str){bytes, size > 0 ? (size_t)size : 0});
}

/* What `git apply` makes of a diff: the text after, or what went wrong. */
static str applied(struct arena *arena, str before, str diff)
{
    unlink("f");
    if (before.at)
        put("f", before);
    put("patch", diff);
    pid_t child = fork();
    if (!child)
        _exit(execlp("git", "git", "apply", "--whitespace=nowarn", "patch", (char *)NULL));
    int status;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return STR("git does not take it");
    return got(arena, "f");
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

/* Lines of few kinds, so that many are equal; CR LF and a missing last line end occur. */
static str drawn_text(struct arena *arena, uint64_t *seed)
{
    static const char *const lines[] = {"a", "b", "c\r", "", "\t d", "-x", "+y", "@@ -1 +1 @@"};
    struct buf out = buf_init(arena, 1 << 16);
    uint32_t count = draw(seed, 25);
    for (uint32_t i = 0; i < count; i++)
        buf_fmt(&out, "%s\n", lines[draw(seed, ARRAY_COUNT(lines))]);
    if (draw(seed, 3) == 0)
        buf_add(&out, STR("end"));
    return out.len ? buf_str(&out) : STR("");
}

static void git_applies_what_we_write(void **state)
{
    struct arena *arena = *state;
    char folder[] = "/tmp/plimsoll-diff-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    static const struct {
        const char *before, *after;
    } cases[] = {
        {NULL, "a\nb"},
        {NULL, "a\n"},
        {"", "a\n"},
        {"a\n", "a"},
        {"a", "a\n"},
        {"a", "b"},
        {"a\nb", "a\nc"},
        {"\n\n\n", "\n\n"},
        {"a\r\nb\r\n", "a\r\nc\r\n"},
        {"a\r\nb", "a\r\nb\r\n"},
        {"\xff\xfe\n", "\xff\n"},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str before = str_from(cases[i].before), after = str_from(cases[i].after);
        str diff = diff_unified(arena, STR("f"), before, after);
        unit_row_str(&rows, "a text after its diff", applied(arena, before, diff), after);
    }
    for (uint64_t round = 1; round <= 100; round++) {
        uint64_t seed = round;
        str before = drawn_text(arena, &seed), after = drawn_text(arena, &seed);
        str diff = diff_unified(arena, STR("f"), before, after);
        if (diff.len && after.len)
            unit_row_str(&rows, "drawn texts", applied(arena, before, diff), after);
    }
    struct buf many = buf_init(arena, 1 << 20), others = buf_init(arena, 1 << 20);
    for (int i = 0; i < 6000; i++) {
        buf_fmt(&many, "%d\n", i);
        buf_fmt(&others, "%d\n", i % 2 ? i : -i);
    }
    str diff = diff_unified(arena, STR("f"), buf_str(&many), buf_str(&others));
    unit_row(&rows, "too many edits for the search",
             str_eq(applied(arena, buf_str(&many), diff), buf_str(&others)));
    unlink("f");
    unlink("patch");
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(edits_are_applied),
        UNIT_TEST(what_conflicts),
        UNIT_TEST(diffs_read_as_git_writes_them),
        UNIT_TEST(git_applies_what_we_write),
    };
    return cmocka_run_group_tests_name("text/edit", tests, NULL, NULL);
}
