#include "archive/tar_write.h"

#include "archive/tar_header.h"
#include "base/arena.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 100, USER_BYTES = 32 };

/* The largest number of eight octal digits with their end, and of twelve. */
#define OCTAL_SHORT_MAX ((uint64_t)07777777)
#define OCTAL_LONG_MAX  ((uint64_t)077777777777)

static const char zeros[2 * TAR_BLOCK_BYTES];

str tar_padding(uint64_t size)
{
    return (str){zeros, (size_t)(-size & (TAR_BLOCK_BYTES - 1))};
}

str tar_end(void)
{
    return (str){zeros, sizeof(zeros)};
}

/* -- one block --------------------------------------------------------------------------------- */

static char flag_of(enum tar_type type)
{
    static const char flags[] = {
        [TAR_FILE] = '0',  [TAR_HARD_LINK] = '1', [TAR_SYMLINK] = '2', [TAR_CHARACTER] = '3',
        [TAR_BLOCK] = '4', [TAR_DIRECTORY] = '5', [TAR_FIFO] = '6',    [TAR_OTHER] = '7',
    };
    return flags[type];
}

static void put_text(char *field, size_t bytes, str text)
{
    if (text.len)
        memcpy(field, text.at, text.len < bytes ? text.len : bytes);
}

/* Octal digits and a NUL; a number that is too large stands in a PAX record, and 0 here. */
static void put_number(char *field, int bytes, uint64_t value, uint64_t most)
{
    snprintf(field, (size_t)bytes, "%0*" PRIo64, bytes - 1, value <= most ? value : 0);
}

struct header {
    char flag;
    str path, link, user, group;
    uint64_t size, mode, uid, gid, mtime, major, minor;
};

static void put_block(struct buf *out, const struct header *header)
{
    char block[TAR_BLOCK_BYTES] = {0};
    put_text(block, NAME_BYTES, header->path);
    put_number(block + 100, 8, header->mode, OCTAL_SHORT_MAX);
    put_number(block + 108, 8, header->uid, OCTAL_SHORT_MAX);
    put_number(block + 116, 8, header->gid, OCTAL_SHORT_MAX);
    put_number(block + 124, 12, header->size, OCTAL_LONG_MAX);
    put_number(block + 136, 12, header->mtime, OCTAL_LONG_MAX);
    memset(block + 148, ' ', 8);
    block[TAR_FLAG_AT] = header->flag;
    put_text(block + 157, NAME_BYTES, header->link);
    put_text(block + 257, 8, STR("ustar\00000"));
    put_text(block + 265, USER_BYTES, header->user);
    put_text(block + 297, USER_BYTES, header->group);
    put_number(block + 329, 8, header->major, OCTAL_SHORT_MAX);
    put_number(block + 337, 8, header->minor, OCTAL_SHORT_MAX);
    unsigned sum = 0;
    for (unsigned i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += (uint8_t)block[i];
    snprintf(block + 148, 8, "%06o", sum); /* a blank stays behind its NUL */
    buf_add(out, (str){block, sizeof(block)});
}

/* -- PAX --------------------------------------------------------------------------------------- */

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too. */
static void put_record(struct buf *out, str key, str value)
{
    size_t rest = key.len + value.len + 3, length = rest + 1;
    for (size_t power = 10; length >= power; power *= 10)
        length = rest + (size_t)snprintf(NULL, 0, "%zu", length);
    buf_fmt(out, "%zu %.*s=", length, STR_ARG(key));
    buf_add(out, value);
    buf_add_char(out, '\n');
}

static void put_large(struct buf *out, const char *key, uint64_t value, uint64_t most)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, value);
    if (value > most)
        put_record(out, str_from(key), (str){digits, (size_t)length});
}

/* A time before 1970 counts its fraction towards the past: -1.25 is 750 ms after -2. */
static void put_time(struct buf *out, const struct tar_entry *entry)
{
    char digits[40];
    bool minus = entry->mtime_s < 0;
    bool whole = !entry->mtime_ns;
    uint64_t seconds = minus ? -(uint64_t)entry->mtime_s - !whole : (uint64_t)entry->mtime_s;
    uint32_t ns = minus && !whole ? 1000000000 - entry->mtime_ns : entry->mtime_ns;
    if (whole && !minus && seconds <= OCTAL_LONG_MAX)
        return;
    int length = snprintf(digits, sizeof(digits), "%s%" PRIu64, minus ? "-" : "", seconds);
    if (!whole)
        length += snprintf(digits + length, sizeof(digits) - (size_t)length, ".%09" PRIu32, ns);
    put_record(out, STR("mtime"), (str){digits, (size_t)length});
}

static void put_long(struct buf *out, const char *key, str text, size_t most)
{
    if (text.len > most)
        put_record(out, str_from(key), text);
}

static str records_of(struct arena *arena, const struct tar_entry *entry, str path)
{
    struct buf out = buf_init(arena, LIMIT_TAR_HEADER);
    put_long(&out, "path", path, NAME_BYTES);
    put_long(&out, "linkpath", entry->link, NAME_BYTES);
    put_large(&out, "size", entry->stored, OCTAL_LONG_MAX);
    put_large(&out, "uid", entry->uid, OCTAL_SHORT_MAX);
    put_large(&out, "gid", entry->gid, OCTAL_SHORT_MAX);
    put_long(&out, "uname", entry->user, USER_BYTES - 1);
    put_long(&out, "gname", entry->group, USER_BYTES - 1);
    put_time(&out, entry);
    VEC_EACH(struct tar_xattr, xattr, entry->xattrs) {
        put_record(&out, str_fmt(arena, "SCHILY.xattr.%.*s", STR_ARG(xattr->name)), xattr->value);
    }
    return buf_str(&out);
}

void tar_write_header(struct buf *out, const struct tar_entry *entry)
{
    struct arena *arena = out->arena;
    bool open_directory = entry->type == TAR_DIRECTORY && !str_ends(entry->path, STR("/"));
    str path = open_directory ? str_cat(arena, entry->path, STR("/")) : entry->path;
    str records = records_of(arena, entry, path);
    if (records.len) {
        put_block(out, &(struct header){.flag = 'x',
                                        .path = STR("PaxHeaders.0/entry"),
                                        .mode = 0644,
                                        .size = records.len});
        buf_add(out, records);
        buf_add(out, tar_padding(records.len));
    }
    put_block(out, &(struct header){
                       .flag = flag_of(entry->type),
                       .path = path,
                       .link = entry->link,
                       .user = entry->user.len < USER_BYTES ? entry->user : STR(""),
                       .group = entry->group.len < USER_BYTES ? entry->group : STR(""),
                       .size = entry->stored,
                       .mode = entry->mode,
                       .uid = entry->uid,
                       .gid = entry->gid,
                       .mtime = entry->mtime_s < 0 ? 0 : (uint64_t)entry->mtime_s,
                       .major = entry->device_major,
                       .minor = entry->device_minor,
                   });
}
