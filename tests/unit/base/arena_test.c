#include "tests/unit/unit.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_zero(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i])
            return false;
    return true;
}

static void what_is_taken_is_zeroed_and_aligned(void **state)
{
    struct arena *arena = *state;
    struct unit_rows rows = {0};
    for (int round = 0; round < 3; round++) {
        struct arena_mark mark = arena_mark(arena);
        for (size_t size = 0; size < 300; size += 7) {
            char *at = arena_alloc(arena, size, 16);
            unit_row(&rows, "aligned", (uintptr_t)at % 16 == 0);
            unit_row(&rows, "zeroed, also after a rewind", is_zero(at, size));
            memset(at, 0xAB, size);
        }
        char *large = arena_alloc(arena, 9 << 20, 1);
        unit_row(&rows, "larger than any block", large && is_zero(large, 9 << 20));
        memset(large, 0xAB, 9 << 20);
        arena_rewind(arena, mark);
    }
    assert_rows(rows);
}

static void growing_keeps_bytes_and_moves_only_when_it_must(void **state)
{
    struct arena *arena = *state;
    char *first = arena_alloc(arena, 8, 1);
    memcpy(first, "abcdefgh", 8);
    char *grown = arena_grow(arena, first, 8, 64, 1);
    assert_ptr_equal(grown, first);
    assert_true(is_zero(grown + 8, 56));
    char *other = arena_alloc(arena, 1, 1);
    *other = 'x';
    char *moved = arena_grow(arena, grown, 64, 128, 1);
    assert_ptr_not_equal(moved, grown);
    assert_memory_equal(moved, "abcdefgh", 8);
    assert_true(is_zero(moved + 8, 120) && *other == 'x');
    char *far = arena_grow(arena, moved, 128, 1 << 20, 1);
    assert_memory_equal(far, "abcdefgh", 8);
    assert_true(is_zero(far + 8, (1 << 20) - 8));
    assert_non_null(arena_grow(arena, NULL, 0, 4, 4));
}

static void a_rewind_gives_back_what_came_after(void **state)
{
    struct arena *arena = *state;
    char *kept = arena_alloc(arena, 100, 1);
    memset(kept, 'k', 100);
    size_t used = arena_used_bytes(arena);
    struct arena_mark mark = arena_mark(arena);
    for (int i = 0; i < 100; i++)
        arena_alloc(arena, 10000, 8);
    assert_true(arena_used_bytes(arena) >= used + 1000000);
    arena_rewind(arena, mark);
    assert_int_equal(arena_used_bytes(arena), used);
    assert_true(kept[0] == 'k' && kept[99] == 'k');
    struct arena *fresh = arena_new(0);
    struct arena_mark empty = arena_mark(fresh);
    arena_alloc(fresh, 1 << 20, 8);
    arena_rewind(fresh, empty);
    assert_int_equal(arena_used_bytes(fresh), 0);
    arena_free(fresh);
    arena_free(NULL);
}

static void children_live_as_long_as_their_parent(void **state)
{
    struct arena *parent = arena_new(0);
    struct arena *child = arena_child(parent, 0), *grandchild = arena_child(child, 0);
    str text = str_fmt(grandchild, "%s-%d", "x", 7);
    arena_alloc(parent, 1 << 20, 1);
    assert_true(str_eq(text, STR("x-7")));
    assert_int_equal(arena_used_bytes(parent), 1 << 20);
    arena_free(parent); /* the sanitizers see what is not freed with it */
    (void)state;
}

/* The program's end when an arena cannot give: one line, status 3. */
static void past_its_limit_the_program_ends(void **state)
{
    static const struct {
        const char *says;
        size_t each, times;
    } cases[] = {
        {"one piece over the limit", (1 << 20) + 1, 1},
        {"many pieces over the limit", 1000, 2000},
        {"a size that overflows", SIZE_MAX / 2, 1},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int ends[2], status;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (!child) {
            dup2(ends[1], STDERR_FILENO);
            struct arena *arena = arena_new(1 << 20);
            for (size_t k = 0; k < cases[i].times; k++)
                arena_alloc(arena, cases[i].each, 8);
            _exit(0);
        }
        close(ends[1]);
        char said[200] = "";
        ssize_t got = read(ends[0], said, sizeof(said) - 1);
        close(ends[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        unit_row(&rows, cases[i].says, WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILED);
        unit_row(&rows, cases[i].says, got > 0 && strstr(said, "plimsoll: error: out of memory"));
    }
    assert_int_equal(arena_array_bytes(SIZE_MAX / 2, 4), SIZE_MAX / 2);
    assert_rows(rows);
    (void)state;
}

static void vectors_grow(void **state)
{
    struct arena *arena = *state;
    VEC(uint64_t) numbers = {0};
    size_t seen = 0;
    VEC_EACH(uint64_t, number, numbers)
        seen += *number;
    assert_int_equal(seen, 0);
    for (uint64_t i = 0; i < 10000; i++) {
        vec_push(arena, &numbers, i);
        if (i % 1000 == 0)
            arena_alloc(arena, 1, 1); /* not the newest any more: it has to move */
    }
    VEC_EACH(uint64_t, number, numbers)
        seen += *number == (uint64_t)(number - numbers.at);
    assert_int_equal(seen, 10000);
    assert_int_equal(*vec_last(&numbers), 9999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_is_taken_is_zeroed_and_aligned),
        UNIT_TEST(growing_keeps_bytes_and_moves_only_when_it_must),
        UNIT_TEST(a_rewind_gives_back_what_came_after),
        UNIT_TEST(children_live_as_long_as_their_parent),
        UNIT_TEST(past_its_limit_the_program_ends),
        UNIT_TEST(vectors_grow),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
