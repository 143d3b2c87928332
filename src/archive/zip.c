#include "archive/zip.h"

#include "archive/inflate.h"
#include "base/arena.h"

enum { END_BYTES = 22, COMMENT_MAX = 65535, ENTRY_BYTES = 46, LOCAL_BYTES = 30 };
enum { FIRST_ROOM = 1 << 16, SPARE = 2048 }; /* inflate wants room behind what it writes */

static uint32_t number(str bytes, size_t at, unsigned size)
{
    uint32_t value = 0;
    if (at > bytes.len || bytes.len - at < size)
        return 0;
    for (unsigned i = size; i-- > 0;)
        value = value << 8 | (unsigned char)bytes.at[at + i];
    return value;
}

bool zip_open(str bytes, struct zip *out_zip)
{
    if (bytes.len < END_BYTES)
        return false;
    size_t last = bytes.len - END_BYTES;
    for (size_t back = 0; back <= last && back <= COMMENT_MAX; back++) {
        size_t at = last - back;
        if (number(bytes, at, 4) != 0x06054b50)
            continue;
        uint32_t size = number(bytes, at + 12, 4), from = number(bytes, at + 16, 4);
        if (from > at || size > at - from)
            continue;
        *out_zip = (struct zip){bytes, str_slice(bytes, from, (size_t)from + size)};
        return true;
    }
    return false;
}

bool zip_next(struct zip *zip, struct zip_entry *out_entry)
{
    str dir = zip->directory;
    if (dir.len < ENTRY_BYTES || number(dir, 0, 4) != 0x02014b50)
        return false;
    size_t name = number(dir, 28, 2), extra = number(dir, 30, 2), comment = number(dir, 32, 2);
    size_t all = ENTRY_BYTES + name + extra + comment;
    if (all > dir.len)
        return false;
    *out_entry = (struct zip_entry){
        .name = str_slice(dir, ENTRY_BYTES, ENTRY_BYTES + name),
        .method = (uint16_t)number(dir, 10, 2),
        .stored = number(dir, 20, 4),
        .size = number(dir, 24, 4),
        .at = number(dir, 42, 4),
    };
    zip->directory = str_from_index(dir, all);
    return true;
}

bool inflate_whole(struct arena *arena, str deflated, size_t size_max, str *out_bytes)
{
    size_t room = FIRST_ROOM < size_max ? FIRST_ROOM : size_max, len = 0;
    char *at = arena_alloc(arena, room + SPARE, 1);
    struct inflate *inflate = inflate_new(arena, INFLATE_RAW);
    struct err err = {0};
    inflate_input(inflate, deflated);
    inflate_output(inflate, at, 0, room + SPARE);
    for (;;) {
        enum inflate_stop stop = inflate_run(inflate, size_max + 1, &err);
        len = inflate_produced(inflate);
        if (stop == INFLATE_END && len <= size_max)
            break;
        if (stop != INFLATE_FULL || len > size_max)
            return false;
        /* The window is the last 32 KiB of what is there: it moves along. */
        size_t more = room < size_max / 2 ? room * 2 : size_max;
        if (more <= room)
            return false;
        char *moved = arena_alloc(arena, more + SPARE, 1);
        for (size_t i = 0; i < len; i++)
            moved[i] = at[i];
        size_t history = len < INFLATE_HISTORY ? len : INFLATE_HISTORY;
        at = moved;
        room = more;
        inflate_output(inflate, at + len - history, history, room + SPARE - (len - history));
    }
    *out_bytes = (str){at, len};
    return true;
}

bool zip_read(struct arena *arena, const struct zip *zip, const struct zip_entry *entry,
              size_t size_max, str *out_bytes)
{
    str local = str_from_index(zip->bytes, entry->at);
    if (local.len < LOCAL_BYTES || number(local, 0, 4) != 0x04034b50 || entry->size > size_max)
        return false;
    size_t from = LOCAL_BYTES + number(local, 26, 2) + number(local, 28, 2);
    if (from > local.len || entry->stored > local.len - from)
        return false;
    str stored = str_slice(local, from, from + entry->stored);
    if (entry->method == 0) {
        *out_bytes = stored;
        return true;
    }
    return entry->method == 8 && inflate_whole(arena, stored, size_max, out_bytes);
}
