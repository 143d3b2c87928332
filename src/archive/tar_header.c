#include "archive/tar_header.h"

#include "base/arena.h"
#include "base/limits.h"

#include <string.h>

/* Fields of the block: where and how long. */
struct field {
    uint16_t at, bytes;
};
static const struct field name_field = {0, 100}, mode_field = {100, 8}, uid_field = {108, 8},
                          gid_field = {116, 8}, size_field = {124, 12}, mtime_field = {136, 12},
                          checksum_field = {148, 8}, link_field = {157, 100},
                          user_field = {265, 32}, group_field = {297, 32}, major_field = {329, 8},
                          minor_field = {337, 8}, prefix_field = {345, 155},
                          sparse_size_field = {483, 12};

bool tar_block_is_zero(const uint8_t *block)
{
    return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK_BYTES - 1) == 0;
}

static str text_of(const uint8_t *block, struct field field)
{
    str text = {(const char *)block + field.at, field.bytes};
    size_t end = str_find_char(text, '\0');
    return str_slice(text, 0, end < text.len ? end : text.len);
}

/* Octal with blanks around it, or base 256 where its first bit is set. Empty is 0. */
static bool number_of(const uint8_t *block, struct field field, int64_t *out_value)
{
    const uint8_t *at = block + field.at;
    if (at[0] & 0x80) {
        bool negative = at[0] & 0x40;
        uint64_t value = negative ? ~0ull : 0;
        for (unsigned i = 0; i < field.bytes; i++) {
            uint8_t byte = i ? at[i] : (uint8_t)(at[0] & 0x7f) | (negative ? 0x80 : 0);
            uint64_t top = value >> 55;
            if (top != (negative ? 0x1ff : 0)) /* the next byte would push a digit out */
                return false;
            value = value << 8 | byte;
        }
        *out_value = (int64_t)value;
        return true;
    }
    str text = str_trim(text_of(block, field));
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '7' || value >> 60)
            return false;
        value = value << 3 | (uint64_t)(text.at[i] - '0');
    }
    *out_value = (int64_t)value;
    return true;
}

/* All bytes of a block added up, eight at a time, and how many are above 127. Each lane of 16 bits
 * gets 128 bytes, each lane of 8 bits 64 flags: neither overflows. */
static uint32_t byte_sum(const uint8_t *block, uint32_t *out_high)
{
    const uint64_t even = 0x00ff00ff00ff00ffull, lows = 0x0101010101010101ull;
    uint64_t lanes = 0, flags = 0;
    uint32_t sum = 0, high = 0;
    for (unsigned i = 0; i < TAR_BLOCK_BYTES; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, block + i, sizeof(word));
        lanes += (word & even) + (word >> 8 & even);
        flags += word >> 7 & lows;
    }
    for (unsigned shift = 0; shift < 64; shift += 8) {
        sum += shift % 16 ? 0 : (uint32_t)(lanes >> shift & 0xffff);
        high += (uint32_t)(flags >> shift & 0xff);
    }
    *out_high = high;
    return sum;
}

/* The checksum field itself counts as blanks. Some old writers added up signed bytes. */
bool tar_header_is_sound(const uint8_t *block)
{
    int64_t written;
    if (!number_of(block, checksum_field, &written))
        return false;
    uint32_t high;
    int64_t plain = byte_sum(block, &high);
    for (unsigned i = 0; i < checksum_field.bytes; i++) {
        uint8_t byte = block[checksum_field.at + i];
        plain += ' ' - byte;
        high -= byte >> 7;
    }
    return written == plain || written == plain - 256 * (int64_t)high;
}

bool tar_header_size(const uint8_t *block, uint64_t *out_size)
{
    int64_t size;
    if (!number_of(block, size_field, &size) || size < 0)
        return false;
    *out_size = (uint64_t)size;
    return true;
}

/* -- PAX --------------------------------------------------------------------------------------- */

static void set_record(struct arena *arena, struct tar_extra *extra, str key, str value)
{
    static const struct {
        const char *key;
        size_t offset;
    } keys[] = {
        {"path", offsetof(struct tar_extra, path)},
        {"linkpath", offsetof(struct tar_extra, link)},
        {"size", offsetof(struct tar_extra, size)},
        {"uid", offsetof(struct tar_extra, uid)},
        {"gid", offsetof(struct tar_extra, gid)},
        {"uname", offsetof(struct tar_extra, user)},
        {"gname", offsetof(struct tar_extra, group)},
        {"mtime", offsetof(struct tar_extra, mtime)},
        {"GNU.sparse.name", offsetof(struct tar_extra, sparse_path)},
        {"GNU.sparse.realsize", offsetof(struct tar_extra, sparse_size)},
        {"GNU.sparse.size", offsetof(struct tar_extra, sparse_size)},
    };
    if (str_starts(key, STR("GNU.sparse.")))
        extra->sparse = true;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
        if (str_eq(key, str_from(keys[i].key))) {
            memcpy((char *)extra + keys[i].offset, &value, sizeof(value));
            return;
        }
    const str prefix = STR("SCHILY.xattr.");
    if (!str_starts(key, prefix))
        return;
    struct tar_xattr xattr = {str_from_index(key, prefix.len), value};
    VEC_EACH(struct tar_xattr, old, extra->xattrs) {
        if (str_eq(old->name, xattr.name)) {
            *old = xattr;
            return;
        }
    }
    vec_push(arena, &extra->xattrs, xattr);
}

bool tar_pax_read(struct arena *arena, str text, struct tar_extra *extra, struct err *err)
{
    text = str_copy(arena, text);
    while (text.len) {
        /* "LENGTH KEY=VALUE\n", LENGTH counts all of it */
        size_t blank = str_find_char(text, ' ');
        uint64_t length;
        if (blank == STR_MISSING || blank > 9 || !str_to_u64(str_slice(text, 0, blank), &length) ||
            length > text.len || length < blank + 3 || text.at[length - 1] != '\n')
            return err_set(err, ERR_FORMAT, "a PAX record is damaged");
        str record = str_slice(text, blank + 1, length - 1);
        size_t equals = str_find_char(record, '=');
        if (equals == STR_MISSING || !equals)
            return err_set(err, ERR_FORMAT, "a PAX record has no key");
        str value = str_from_index(record, equals + 1);
        if (!value.at)
            value = STR("");
        set_record(arena, extra, str_slice(record, 0, equals), value);
        text = str_from_index(text, length);
    }
    return true;
}

/* -- all together ------------------------------------------------------------------------------ */

static enum tar_type type_of(char flag, str path)
{
    switch (flag) {
    case '\0':
    case '0':
    case '7': /* contiguous */
    case 'S': /* old sparse */
        return str_ends(path, STR("/")) && flag != 'S' ? TAR_DIRECTORY : TAR_FILE;
    case '1': return TAR_HARD_LINK;
    case '2': return TAR_SYMLINK;
    case '3': return TAR_CHARACTER;
    case '4': return TAR_BLOCK;
    case '5':
    case 'D': /* GNU: with a list of names, which is data */ return TAR_DIRECTORY;
    case '6': return TAR_FIFO;
    default: return TAR_OTHER;
    }
}

static str either(str a, str b)
{
    return a.at ? a : b;
}

static bool decimal(str text, int64_t *out_value)
{
    uint64_t value;
    bool minus = str_starts(text, STR("-"));
    if (!str_to_u64(str_from_index(text, minus), &value) || value > INT64_MAX)
        return false;
    *out_value = minus ? -(int64_t)value : (int64_t)value;
    return true;
}

/* A number that PAX or the block gives; it may not be negative. */
static bool take_number(const uint8_t *block, struct field field, str pax, uint64_t *out_value)
{
    int64_t value;
    if (!(pax.len ? decimal(pax, &value) : number_of(block, field, &value)) || value < 0)
        return false;
    *out_value = (uint64_t)value;
    return true;
}

/* "1700000000.25": seconds and nanoseconds. */
static bool take_time(const uint8_t *block, str pax, struct tar_entry *entry)
{
    if (!pax.len)
        return number_of(block, mtime_field, &entry->mtime_s);
    size_t point = str_find_char(pax, '.');
    str part = point == STR_MISSING ? STR("") : str_from_index(pax, point + 1);
    uint32_t ns = 0;
    for (unsigned i = 0; i < 9; i++) {
        char digit = i < part.len ? part.at[i] : '0';
        if (!char_is_digit(digit))
            return false;
        ns = ns * 10 + (uint32_t)(digit - '0');
    }
    if (!decimal(str_slice(pax, 0, point), &entry->mtime_s))
        return false;
    if (str_starts(pax, STR("-")) && ns) {
        entry->mtime_s--;
        ns = 1000000000 - ns;
    }
    entry->mtime_ns = ns;
    return true;
}

static str path_of(struct arena *arena, const uint8_t *block)
{
    str name = text_of(block, name_field), prefix = text_of(block, prefix_field);
    bool posix = memcmp(block + 257,
                        "ustar\0"
                        "00",
                        8) == 0;
    if (!posix || !prefix.len)
        return str_copy(arena, name);
    return str_fmt(arena, "%.*s/%.*s", STR_ARG(prefix), STR_ARG(name));
}

static bool take_names(struct arena *arena, const uint8_t *block, const struct tar_extra *global,
                       const struct tar_extra *extra, struct tar_entry *entry, struct err *err)
{
    str path = either(extra->sparse_path, either(extra->path, extra->long_path));
    str link = either(extra->link, extra->long_link);
    path = either(path, global->path);
    link = either(link, global->link);
    entry->path = path.at ? path : path_of(arena, block);
    entry->link = link.at ? link : str_copy(arena, text_of(block, link_field));
    if (entry->path.len > LIMIT_TAR_PATH || entry->link.len > LIMIT_TAR_PATH)
        return err_set(err, ERR_LIMIT, "a name passes its limit of %d bytes", LIMIT_TAR_PATH);
    if (str_has_char(entry->path, '\0') || str_has_char(entry->link, '\0'))
        return err_set(err, ERR_FORMAT, "a name holds a NUL byte");
    bool ustar = memcmp(block + 257, "ustar", 5) == 0;
    str user = either(extra->user, global->user), group = either(extra->group, global->group);
    entry->user = user.at || !ustar ? user : str_copy(arena, text_of(block, user_field));
    entry->group = group.at || !ustar ? group : str_copy(arena, text_of(block, group_field));
    return true;
}

static void take_xattrs(struct arena *arena, const struct tar_extra *global,
                        const struct tar_extra *extra, struct tar_entry *entry)
{
    VEC_EACH(struct tar_xattr, xattr, extra->xattrs) {
        vec_push(arena, &entry->xattrs, *xattr);
    }
    VEC_EACH(struct tar_xattr, xattr, global->xattrs) {
        bool own = false;
        VEC_EACH(struct tar_xattr, other, extra->xattrs) {
            own = own || str_eq(other->name, xattr->name);
        }
        if (!own)
            vec_push(arena, &entry->xattrs, *xattr);
    }
}

/* Owner, mode and time; device numbers where there are any. */
static bool take_attributes(const uint8_t *block, const struct tar_extra *global,
                            const struct tar_extra *extra, struct tar_entry *entry)
{
    uint64_t mode, major = 0, minor = 0;
    bool device = entry->type == TAR_CHARACTER || entry->type == TAR_BLOCK;
    if (!take_number(block, uid_field, either(extra->uid, global->uid), &entry->uid) ||
        !take_number(block, gid_field, either(extra->gid, global->gid), &entry->gid) ||
        !take_number(block, mode_field, STR_NONE, &mode) ||
        !take_time(block, either(extra->mtime, global->mtime), entry))
        return false;
    if (device && (!take_number(block, major_field, STR_NONE, &major) ||
                   !take_number(block, minor_field, STR_NONE, &minor)))
        return false;
    entry->mode = (uint32_t)(mode & 07777);
    entry->device_major = (uint32_t)major;
    entry->device_minor = (uint32_t)minor;
    return true;
}

/* Its own size, and the bytes of it in the archive. */
static bool take_sizes(const uint8_t *block, const struct tar_extra *global,
                       const struct tar_extra *extra, struct tar_entry *entry)
{
    if (!take_number(block, size_field, either(extra->size, global->size), &entry->stored))
        return false;
    if (entry->type != TAR_FILE && entry->type != TAR_OTHER && entry->flag != 'D')
        entry->stored = 0; /* links and directories have no bytes, whatever their size says */
    entry->size = entry->type == TAR_FILE ? entry->stored : 0;
    entry->sparse = extra->sparse || entry->flag == 'S';
    if (entry->flag == 'S')
        return take_number(block, sparse_size_field, STR_NONE, &entry->size);
    return !extra->sparse_size.len ||
           take_number(block, size_field, extra->sparse_size, &entry->size);
}

bool tar_header_read(struct arena *arena, const uint8_t *block, const struct tar_extra *global,
                     const struct tar_extra *extra, struct tar_entry *out_entry, struct err *err)
{
    struct tar_entry *entry = out_entry;
    entry->flag = (char)block[TAR_FLAG_AT];
    if (!take_names(arena, block, global, extra, entry, err))
        return false;
    entry->type = type_of(entry->flag, entry->path);
    if (!take_attributes(block, global, extra, entry) || !take_sizes(block, global, extra, entry))
        return err_set(err, ERR_FORMAT, "a number in it is none");
    take_xattrs(arena, global, extra, entry);
    return true;
}
