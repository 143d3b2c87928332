#include "base/buf.h"
#include "dockerfile/instructions.h"

#include <stdarg.h>
#include <stdio.h>

/*
 * --mount of RUN: comma-separated key=value fields, with CSV's quotes around a whole field.
 * Values with a '$' are judged when they are expanded, not here.
 */

static const char *const mount_keys[] = {
    "type", "from", "source", "target", "readonly",    "id", "sharing", "required",  "size", "mode",
    "uid",  "gid",  "src",    "dst",    "destination", "ro", "rw",      "readwrite", "env"};
static const char *const mount_types[] = {"bind", "cache", "tmpfs", "secret", "ssh"};
static const char *const sharing_modes[] = {"shared", "private", "locked"};

struct mount_parser {
    struct parser *parser;
    struct instruction *in;
    const struct flag *flag;
    struct mount mount;
    bool has_readonly;
};

PRINTF_LIKE(3, 4)
static void complain(struct mount_parser *at, str suggestion, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t used = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    dockerfile_problem(at->parser, PROBLEM_BAD_MOUNT, at->flag->value_at,
                       str_copy(at->parser->arena, (str){text, used}), suggestion);
    at->in->broken = true;
}

/* The next CSV field of *rest; false when there are none or the quotes are wrong. */
static bool next_field(struct arena *arena, str *rest, str *out_field, bool *out_bad)
{
    if (!rest->at)
        return false;
    if (rest->len == 0 || rest->at[0] != '"') {
        if (!str_next(rest, ',', out_field))
            return false;
        *out_bad = str_has_char(*out_field, '"');
        return !*out_bad;
    }
    struct buf buf = buf_init(arena, rest->len);
    for (size_t i = 1; i < rest->len; i++) {
        bool quote = rest->at[i] == '"', last = i + 1 == rest->len;
        if (!quote || (!last && rest->at[i + 1] == '"')) {
            buf_add_char(&buf, rest->at[i]);
            i += quote;
            continue;
        }
        *out_field = str_copy(arena, buf_str(&buf));
        *out_bad = !last && rest->at[i + 1] != ',';
        *rest = last ? STR_NONE : str_from_index(*rest, i + 2);
        return !*out_bad;
    }
    *out_bad = true;
    return false;
}

static bool to_bool(struct mount_parser *at, str key, str value)
{
    if (STR_IN(value, "1", "t", "T", "TRUE", "true", "True"))
        return true;
    if (!STR_IN(value, "0", "f", "F", "FALSE", "false", "False"))
        complain(at, STR_NONE, "mount option '%.*s' is true or false, not '%.*s'", STR_ARG(key),
                 STR_ARG(value));
    return false;
}

static void want_number(struct mount_parser *at, str key, str value, char digit_max)
{
    bool good = value.len > 0 && value.len <= 11;
    for (size_t i = 0; i < value.len; i++)
        good &= value.at[i] >= '0' && value.at[i] <= digit_max;
    if (!good)
        complain(at, STR_NONE, "mount option '%.*s' is a number, not '%.*s'", STR_ARG(key),
                 STR_ARG(value));
}

static void set_type(struct mount_parser *at, str value)
{
    at->mount.type_name = value;
    at->mount.type = MOUNT_UNKNOWN;
    for (size_t i = 0; i < ARRAY_COUNT(mount_types); i++)
        if (str_eq_nocase(value, str_from(mount_types[i])))
            at->mount.type = (enum mount_type)i;
    if (at->mount.type == MOUNT_UNKNOWN && !str_has_char(value, '$'))
        complain(at, dockerfile_nearest(value, mount_types, ARRAY_COUNT(mount_types)),
                 "unknown mount type '%.*s'", STR_ARG(value));
}

static void set_sharing(struct mount_parser *at, str value)
{
    at->mount.sharing = value;
    if (!str_has_char(value, '$') &&
        !str_in(str_lower(at->parser->arena, value), sharing_modes, ARRAY_COUNT(sharing_modes)))
        complain(at, dockerfile_nearest(value, sharing_modes, ARRAY_COUNT(sharing_modes)),
                 "unknown cache sharing '%.*s'", STR_ARG(value));
}

static void set_readonly(struct mount_parser *at, bool readonly)
{
    at->mount.readonly = readonly;
    at->mount.readwrite = !readonly;
    at->has_readonly = true;
}

static bool is_readonly_key(str key)
{
    return STR_IN(key, "readonly", "ro");
}
static bool is_readwrite_key(str key)
{
    return STR_IN(key, "readwrite", "rw");
}

static void take_switch(struct mount_parser *at, str key)
{
    if (is_readonly_key(key))
        set_readonly(at, true);
    else if (is_readwrite_key(key))
        set_readonly(at, false);
    else if (str_eq(key, STR("required")))
        at->mount.required = true;
    else
        complain(at, dockerfile_nearest(key, mount_keys, ARRAY_COUNT(mount_keys)),
                 "mount option '%.*s' must be key=value", STR_ARG(key));
}

/* Where the value of a key goes that needs no further look; NULL for the others. */
static str *place_of(struct mount *mount, str key)
{
    if (STR_IN(key, "target", "dst", "destination"))
        return &mount->target;
    if (STR_IN(key, "source", "src"))
        return &mount->source;
    if (str_eq(key, STR("from")))
        return &mount->from;
    if (str_eq(key, STR("id")))
        return &mount->id;
    if (str_eq(key, STR("env")))
        return &mount->env;
    if (str_eq(key, STR("size")))
        return &mount->size;
    if (str_eq(key, STR("mode")))
        return &mount->mode;
    if (str_eq(key, STR("uid")))
        return &mount->uid;
    return str_eq(key, STR("gid")) ? &mount->gid : NULL;
}

/* A field whose text is kept: what it may not be is told. */
static void take_text(struct mount_parser *at, str *place, str key, str value)
{
    bool open = str_has_char(value, '$');
    *place = value;
    if (open && place == &at->mount.from && value.at[value.len - 1] != '$')
        complain(at, STR_NONE, "mount option 'from' takes no variables; name a stage instead");
    else if (!open && place == &at->mount.mode)
        want_number(at, key, value, '7');
    else if (!open && (place == &at->mount.uid || place == &at->mount.gid))
        want_number(at, key, value, '9');
}

static void take_field(struct mount_parser *at, str field)
{
    size_t equals = str_find_char(field, '=');
    str key = str_lower(at->parser->arena, str_slice(field, 0, equals));
    if (equals == STR_MISSING) {
        take_switch(at, key);
        return;
    }
    str value = str_from_index(field, equals + 1);
    bool open = str_has_char(value, '$');
    at->mount.expands |= open;
    str *place = place_of(&at->mount, key);
    if (place) {
        take_text(at, place, key, value);
    } else if (str_eq(key, STR("type"))) {
        set_type(at, value);
    } else if (str_eq(key, STR("sharing"))) {
        set_sharing(at, value);
    } else if (is_readonly_key(key)) {
        set_readonly(at, open || to_bool(at, key, value));
    } else if (is_readwrite_key(key)) {
        set_readonly(at, !open && !to_bool(at, key, value));
    } else if (str_eq(key, STR("required"))) {
        at->mount.required = open || to_bool(at, key, value);
    } else {
        complain(at, dockerfile_nearest(key, mount_keys, ARRAY_COUNT(mount_keys)),
                 "unknown mount option '%.*s'", STR_ARG(key));
    }
}

static void check_secret(struct mount_parser *at)
{
    const struct mount *mount = &at->mount;
    if (mount->from.len > 0)
        complain(at, STR_NONE, "a secret mount takes no 'from'");
    if (mount->source.len == 0 && mount->target.len == 0 && mount->id.len == 0)
        complain(at, STR_NONE, "a secret mount needs an id, a source or a target");
    if (mount->source.len > 0 && mount->id.len > 0)
        complain(at, STR_NONE, "a secret mount takes an id or a source, not both");
}

/* What fits together, once all fields are known. */
static void check_mount(struct mount_parser *at)
{
    const struct mount *mount = &at->mount;
    enum mount_type type = mount->type;
    const char *name = type < MOUNT_UNKNOWN ? mount_types[type] : "";
    if (type == MOUNT_UNKNOWN)
        return;
    if (mount->required && type != MOUNT_SECRET && type != MOUNT_SSH)
        complain(at, STR_NONE, "mount option 'required' is for secret and ssh, not %s", name);
    if (mount->size.len > 0 && type != MOUNT_TMPFS)
        complain(at, STR_NONE, "mount option 'size' is for tmpfs, not %s", name);
    if (mount->sharing.len > 0 && type != MOUNT_CACHE)
        complain(at, STR_NONE, "mount option 'sharing' is for cache, not %s", name);
    bool has_owner = mount->mode.len > 0 || mount->uid.len > 0 || mount->gid.len > 0;
    if (has_owner && (type == MOUNT_BIND || type == MOUNT_TMPFS))
        complain(at, STR_NONE, "mount options mode, uid and gid are not for %s", name);
    if (type == MOUNT_SECRET)
        check_secret(at);
}

static void parse_mount(struct parser *parser, struct instruction *in, const struct flag *flag)
{
    struct mount_parser at = {.parser = parser, .in = in, .flag = flag};
    at.mount = (struct mount){
        .type = MOUNT_BIND, .type_name = STR("bind"), .at = flag->at, .value_at = flag->value_at};
    str rest = flag->value, field;
    bool bad = false;
    while (next_field(parser->arena, &rest, &field, &bad))
        take_field(&at, field);
    if (bad)
        complain(&at, STR_NONE, "quotes in a mount must stand around a whole field");
    else
        check_mount(&at);
    if (!at.has_readonly) {
        at.mount.readonly = at.mount.type != MOUNT_CACHE && at.mount.type != MOUNT_TMPFS;
        at.mount.readwrite = !at.mount.readonly;
    }
    vec_push(parser->arena, &in->mounts, at.mount);
}

void mounts_parse(struct parser *parser, struct instruction *in)
{
    VEC_EACH(struct flag, flag, in->flags)
        if (flag->has_value && str_eq(flag->name, STR("mount")))
            parse_mount(parser, in, flag);
}
