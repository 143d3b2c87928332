#include "tests/prop/prop.h"

#include "archive/archive.h"
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What must hold of archives: nothing depends on where the input is cut. */

enum { OUTPUT_MAX = 1 << 20, ROOM = 40000 };

/* Everything that a reading says, as text. */
static str tar_story(struct arena *arena, str bytes, size_t piece)
{
    struct buf story = buf_init(arena, OUTPUT_MAX);
    struct tar *tar = tar_new(arena);
    struct err err = {0};
    uint64_t given = 0, data_bytes = 0;
    for (size_t at = 0; at < bytes.len; at += piece) {
        str next = str_slice(bytes, at, at + piece), data;
        given += next.len;
        enum tar_step step;
        while ((step = tar_next(tar, &next, &data, &err)) != TAR_MORE) {
            if (step == TAR_FAIL) {
                must(err.code != ERR_NONE);
                buf_fmt(&story, "failed %d\n", (int)err.code);
                return buf_str(&story);
            }
            const struct tar_entry *entry = tar_entry(tar);
            if (step == TAR_ENTRY) {
                must(entry->data_at >= entry->header_at + 512 && entry->end_at >= entry->data_at);
                must(entry->data_at <= given);
                buf_fmt(&story, "%d %.*s %" PRIu64 " %" PRIu64 "\n", (int)entry->type,
                        STR_ARG(entry->path), entry->size, entry->data_at);
                data_bytes = 0;
            }
            if (step == TAR_DATA)
                data_bytes += data.len;
            if (step == TAR_DONE)
                must(data_bytes == entry->stored);
        }
        must(!next.len);
    }
    buf_fmt(&story, "ends %d\n", tar_finish(tar, &err));
    return buf_str(&story);
}

void prop_tar(struct arena *arena, str text)
{
    str whole = tar_story(arena, text, text.len + 1);
    must(str_eq(whole, tar_story(arena, text, 1)));
    must(str_eq(whole, tar_story(arena, text, 700)));
}

static str inflate_story(struct arena *arena, str bytes, size_t piece, size_t step)
{
    struct buf story = buf_init(arena, OUTPUT_MAX);
    struct inflate *inflate = inflate_new(arena, INFLATE_RAW);
    struct err err = {0};
    char *buffer = arena_alloc(arena, INFLATE_HISTORY + ROOM, 1);
    size_t history = 0, start = 0, given = 0;
    inflate_output(inflate, buffer, 0, INFLATE_HISTORY + ROOM);
    while (!story.full) {
        uint64_t before = inflate_produced(inflate);
        enum inflate_stop stop = inflate_run(inflate, before + step, &err);
        size_t count = (size_t)(inflate_produced(inflate) - before);
        must(count < step + INFLATE_PASS_MAX && inflate_consumed(inflate) <= given);
        buf_add(&story, (str){buffer + history + start, count});
        start += count;
        if (stop == INFLATE_FULL) {
            size_t end = history + start, keep = end < INFLATE_HISTORY ? end : INFLATE_HISTORY;
            memmove(buffer, buffer + end - keep, keep);
            history = keep;
            start = 0;
            inflate_output(inflate, buffer, history, INFLATE_HISTORY + ROOM);
        } else if (stop == INFLATE_INPUT && given < bytes.len) {
            str next = str_slice(bytes, given, given + piece);
            given += next.len;
            inflate_input(inflate, next);
        } else if (stop != INFLATE_MARK) {
            buf_fmt(&story, "|%d", (int)stop);
            break;
        }
    }
    return buf_str(&story);
}

void prop_inflate(struct arena *arena, str text)
{
    str whole = inflate_story(arena, text, text.len + 1, 30000);
    must(str_eq(whole, inflate_story(arena, text, 1, 30000)));
    must(str_eq(whole, inflate_story(arena, text, 50, 77)));
}
