#include "tests/unit/unit.h"

#include "base/io.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A folder to work in:
 *
 *   outside.txt   root/  a/b/file.txt  to-file -> a/b/file.txt  up -> ../outside.txt  abs -> /etc
 *                        loop -> loop  to-dir -> a  fifo  empty
 */
struct folder {
    char path[64];
    int top, root;
};

static void put(int at, const char *path, const char *text)
{
    int fd = openat(at, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t len = strlen(text);
    assert_true(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
}

static int make_folder(void **state)
{
    struct folder *folder = test_calloc(1, sizeof(*folder));
    memcpy(folder->path, "/tmp/plimsoll-io-XXXXXX", 24);
    assert_non_null(mkdtemp(folder->path));
    folder->top = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(folder->top, "root", 0755), 0);
    folder->root = openat(folder->top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put(folder->top, "outside.txt", "outside");
    assert_int_equal(mkdirat(folder->root, "a", 0755), 0);
    assert_int_equal(mkdirat(folder->root, "a/b", 0755), 0);
    put(folder->root, "a/b/file.txt", "inside");
    put(folder->root, "empty", "");
    static const char *const links[][2] = {{"a/b/file.txt", "to-file"},
                                           {"../outside.txt", "up"},
                                           {"/etc/passwd", "abs"},
                                           {"loop", "loop"},
                                           {"a", "to-dir"},
                                           {"gone", "broken"}};
    for (size_t i = 0; i < ARRAY_COUNT(links); i++)
        assert_int_equal(symlinkat(links[i][0], folder->root, links[i][1]), 0);
    assert_int_equal(mkfifoat(folder->root, "fifo", 0600), 0);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    pid_t child = fork();
    if (!child)
        _exit(execlp("rm", "rm", "-rf", folder->path, (char *)NULL));
    waitpid(child, NULL, 0);
    close(folder->root);
    close(folder->top);
    test_free(folder);
    return 0;
}

/* What reading gives: the text, or the error's last line. */
static str read_beneath(struct arena *arena, int root, const char *path)
{
    struct err err = {0};
    str text;
    if (file_read_beneath(arena, root, str_from(path), 100, &text, &err))
        return text;
    return str_fmt(arena, "! %s", err.line[err.lines - 1]);
}

static const struct {
    const char *says, *path, *want; /* want NULL: any failure */
    const char *fallback;           /* what the walk without openat2 gives, where it differs */
} beneath[] = {
    {"a file", "a/b/file.txt", "inside", NULL},
    {"dots and slashes", "./a//./b/file.txt", "inside", NULL},
    {"an empty file", "empty", "", NULL},
    {"a link inside", "to-file", "inside", "!"},
    {"a link to a folder", "to-dir/b/file.txt", "inside", "!"},
    {"a link that leads out", "up", NULL, NULL},
    {"an absolute link", "abs", NULL, NULL},
    {"a link to itself", "loop", NULL, NULL},
    {"a link to nothing", "broken", NULL, NULL},
    {"out by dots", "../outside.txt", NULL, NULL},
    {"out and in again", "../root/empty", NULL, NULL},
    {"an absolute path", "/etc/passwd", NULL, NULL},
    {"what is not there", "nope", NULL, NULL},
    {"a file as a folder", "empty/x", NULL, NULL},
    {"a folder", "a", "! 'a' is a directory", NULL},
    {"a FIFO, without waiting", "fifo", "! 'fifo' is no regular file", NULL},
    {"no path", "", NULL, NULL},
};

static bool beneath_holds(int root, bool has_openat2)
{
    struct unit_rows rows = {0};
    AUTO(arena) struct arena *arena = arena_new(0);
    for (size_t i = 0; i < ARRAY_COUNT(beneath); i++) {
        str got = read_beneath(arena, root, beneath[i].path);
        const char *want = beneath[i].want;
        if (!has_openat2 && beneath[i].fallback)
            want = NULL;
        if (want)
            unit_row_str(&rows, beneath[i].says, got, str_from(want));
        else
            unit_row(&rows, beneath[i].says, str_starts(got, STR("! ")));
    }
    return !rows.bad;
}

static void nothing_leads_out_of_a_folder(void **state)
{
    const struct folder *folder = *state;
    assert_true(beneath_holds(folder->root, true));
}

/* The same where the kernel answers ENOSYS to openat2: no link is followed then. */
static void nothing_leads_out_on_an_old_kernel(void **state)
{
    const struct folder *folder = *state;
    pid_t child = fork();
    if (!child) {
        struct sock_filter rules[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {.len = ARRAY_COUNT(rules), .filter = rules};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            _exit(77);
        _exit(beneath_holds(folder->root, false) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_path_has_a_limit(void **state)
{
    const struct folder *folder = *state;
    AUTO(arena) struct arena *arena = arena_new(0);
    struct err err = {0};
    str text;
    char *longest = arena_alloc(arena, 5000, 1);
    memset(longest, 'x', 5000);
    assert_false(file_read(arena, folder->root, (str){longest, 5000}, 100, &text, &err));
    assert_int_equal(err.code, ERR_USAGE);
    assert_false(file_read(arena, folder->root, (str){longest, 300}, 100, &text, &err));
    assert_int_equal(err.sys_errno, ENAMETOOLONG);
    assert_false(file_read(arena, folder->root, STR("a\0b"), 100, &text, &err));
    assert_false(open_beneath(folder->root, STR("a\0b"), O_RDONLY, &err) >= 0);
    assert_false(dir_open(folder->root, STR(""), &err) >= 0);
    assert_false(dir_open(folder->root, STR("empty"), &err) >= 0);
}

static void a_file_has_a_limit(void **state)
{
    const struct folder *folder = *state;
    AUTO(arena) struct arena *arena = arena_new(0);
    struct err err = {0};
    str text = STR("kept");
    assert_false(file_read(arena, folder->root, STR("a/b/file.txt"), 5, &text, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_non_null(strstr(err.line[0], "the limit of 5 bytes"));
    assert_true(str_eq(text, STR("kept")));
    assert_true(file_read(arena, folder->root, STR("a/b/file.txt"), 6, &text, &err));
    /* A file of the kernel's says that it has no bytes. */
    assert_true(file_read(arena, AT_FDCWD, STR("/proc/self/status"), 1 << 20, &text, &err));
    assert_true(str_starts(text, STR("Name:")));
    assert_false(file_read(arena, AT_FDCWD, STR("/proc/self/status"), 10, &text, &err));
    assert_int_equal(err.code, ERR_LIMIT);
}

static void pipes_are_read_to_their_end_and_limit(void **state)
{
    AUTO(arena) struct arena *arena = arena_new(0);
    static const struct {
        size_t size, limit;
        bool ok;
    } cases[] = {{0, 10, true}, {10, 10, true}, {11, 10, false}, {60000, 60000, true}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int ends[2];
        struct err err = {0};
        str got;
        assert_int_equal(pipe(ends), 0);
        char *bytes = arena_alloc(arena, cases[i].size + 1, 1);
        memset(bytes, 'x', cases[i].size);
        assert_true(fd_write_all(ends[1], (str){bytes, cases[i].size}, &err));
        close(ends[1]);
        assert_int_equal(fd_read_all(arena, ends[0], cases[i].limit, &got, &err), cases[i].ok);
        assert_true(cases[i].ok ? got.len == cases[i].size : err.code == ERR_LIMIT);
        fd_cleanup(&ends[0]);
        assert_int_equal(ends[0], -1);
        assert_false(fd_write_all(ends[1], STR("x"), &err));
    }
    (void)state;
}

/* How many entries a folder has: a temporary left behind would be one more. */
static int entries(const char *path)
{
    char command[128];
    snprintf(command, sizeof(command), "%s/root", path);
    int ends[2], count = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
        dup2(ends[1], STDOUT_FILENO);
        _exit(execlp("ls", "ls", "-A", command, (char *)NULL));
    }
    close(ends[1]);
    char c;
    while (read(ends[0], &c, 1) == 1)
        count += c == '\n';
    close(ends[0]);
    waitpid(child, NULL, 0);
    return count;
}

static void replacing_keeps_mode_owner_and_links(void **state)
{
    const struct folder *folder = *state;
    AUTO(arena) struct arena *arena = arena_new(0);
    struct err err = {0};
    struct stat before, after;
    str text;
    int count = entries(folder->path);
    assert_int_equal(fchmodat(folder->root, "a/b/file.txt", 0640, 0), 0);
    assert_true(path_stat(folder->root, STR("a/b/file.txt"), &before));
    assert_true(file_replace(folder->root, STR("to-file"), STR("new"), &err));
    assert_true(path_stat(folder->root, STR("a/b/file.txt"), &after));
    assert_true((after.st_mode & 07777) == 0640 && after.st_uid == before.st_uid);
    assert_true(after.st_ino != before.st_ino);
    assert_int_equal(fstatat(folder->root, "to-file", &after, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISLNK(after.st_mode));
    assert_true(file_read(arena, folder->root, STR("to-file"), 10, &text, &err));
    assert_true(str_eq(text, STR("new")));
    mode_t mask = umask(027);
    assert_true(file_replace(folder->root, STR("fresh"), STR("x"), &err));
    umask(mask);
    assert_true(path_stat(folder->root, STR("fresh"), &after));
    assert_int_equal(after.st_mode & 07777, 0640);
    assert_true(file_replace(folder->root, STR("broken"), STR("x"), &err));
    assert_true(path_stat(folder->root, STR("gone"), &after));
    assert_int_equal(entries(folder->path), count + 2); /* fresh, gone */
}

static void what_cannot_be_replaced_stays(void **state)
{
    const struct folder *folder = *state;
    static const struct {
        const char *says, *path;
    } cases[] = {
        {"a folder", "a"},
        {"a FIFO", "fifo"},
        {"a link to itself", "loop"},
        {"below a folder that is not there", "nope/x"},
        {"below a file", "empty/x"},
        {"no path", ""},
    };
    struct unit_rows rows = {0};
    int count = entries(folder->path);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct err err = {0};
        unit_row(&rows, cases[i].says,
                 !file_replace(folder->root, str_from(cases[i].path), STR("x"), &err) && err.lines);
    }
    unit_row(&rows, "nothing is left behind", entries(folder->path) == count);
    assert_rows(rows);
}

static void paths_are_cleaned(void **state)
{
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"", "."},
        {".", "."},
        {"a", "a"},
        {"a/./b//../c", "a/c"},
        {"./a/", "a"},
        {"..", ".."},
        {"../../a", "../../a"},
        {"a/../..", ".."},
        {"/", "/"},
        {"/..", "/"},
        {"/../a/..", "/"},
        {"//a//b/", "/a/b"},
        {"a/..", "."},
        {"../a/../b", "../b"},
        {"...", "..."},
        {"/a/../../b", "/b"},
    };
    AUTO(arena) struct arena *arena = arena_new(0);
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str clean = path_clean(arena, str_from(cases[i].path));
        unit_row_str(&rows, cases[i].path, clean, str_from(cases[i].want));
        unit_row_str(&rows, "clean stays", path_clean(arena, clean), clean);
    }
    unit_row_str(&rows, "joined", path_join(arena, STR("a/b"), STR("../c")), STR("a/c"));
    unit_row_str(&rows, "an absolute one wins", path_join(arena, STR("a"), STR("/c/.")), STR("/c"));
    unit_row_str(&rows, "behind nothing", path_join(arena, STR(""), STR("c")), STR("c"));
    unit_row_str(&rows, "nothing behind", path_join(arena, STR("a"), STR("")), STR("a"));
    assert_rows(rows);
    (void)state;
}

#define FOLDER_TEST(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(nothing_leads_out_of_a_folder),
        FOLDER_TEST(nothing_leads_out_on_an_old_kernel),
        FOLDER_TEST(a_path_has_a_limit),
        FOLDER_TEST(a_file_has_a_limit),
        cmocka_unit_test(pipes_are_read_to_their_end_and_limit),
        FOLDER_TEST(replacing_keeps_mode_owner_and_links),
        FOLDER_TEST(what_cannot_be_replaced_stays),
        cmocka_unit_test(paths_are_cleaned),
    };
    return cmocka_run_group_tests_name("base/io", tests, NULL, NULL);
}
