#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"
#include "data/sqlite.h"
#include "text/finding.h"

/*
 * data/data -- JSON, YAML and TOML as one kind of tree, with the place of every token.
 *
 *   text --json_parse | yaml_parse | toml_parse--> struct node (spans into the text)
 *   struct json_out: JSON text, written as it comes, in a fixed order
 *
 * Shapes   A node's span is its token's; a map's or list's goes from its first to its last token.
 *          Keys are nodes too. Duplicate keys are kept; look-ups give the first. An alias is a
 *          copy of the anchored node that shares its children and is marked `aliased`; what
 *          aliases add to a document may not pass LIMIT_YAML_EXPANDED.
 *          A YAML edit is a `struct edit` at byte offsets: the document is never re-emitted.
 * Units    Byte offsets.
 * Errors   json_parse: ERR_FORMAT with line and column, ERR_LIMIT. yaml_parse keeps the documents
 *          in front of the bad one and says what was wrong in `problem`.
 * Source   RFC 8259 (own), YAML 1.2 (libfyaml), TOML 1.0 (own).
 */

enum node_kind { NODE_NULL, NODE_BOOL, NODE_NUMBER, NODE_STRING, NODE_LIST, NODE_MAP };

struct node;
struct node_pair {
    struct node *key, *value; /* value of "k:" is a NODE_NULL with an empty span behind the colon */
};

struct node {
    enum node_kind kind;
    span at;       /* token, quotes included */
    str value;     /* scalars: decoded; numbers and booleans: as written */
    char style;    /* '"' '\'' '|' '>' or 'p' for plain; 'f' flow or 'b' block for maps, lists */
    bool aliased;  /* this is "*alias": `at` is where it says so, the rest is the anchored node's */
    bool anchored; /* has an &anchor */
    uint32_t column; /* 0-based column of its first byte: the indentation of a block collection */
    uint32_t extra;  /* YAML: bytes that aliases inside of it add to the document */
    VEC(struct node *) items;    /* NODE_LIST */
    VEC(struct node_pair) pairs; /* NODE_MAP, in order; merge keys (<<) are followed by node_get */
};

/* How far nested maps and lists stand inside of their key: as the first ones of the document do, or
 * else those of the document before; 2 and 0 where there are none. */
struct yaml_indent {
    uint32_t map, list;
};

struct yaml {
    const struct source *source;
    VEC(struct node *) documents;    /* NULL roots are kept as NODE_NULL */
    VEC(struct yaml_indent) indents; /* one a document */
    bool ok;
    str problem; /* when not ok */
    span problem_at;
    bool uncertain; /* places may be off, so it is not edited: a CR by itself ends a line, or a
                       key is empty or written as "? key" */
};

/* YAML, all documents of it. Tags are ignored; bytes that are not UTF-8 are a problem. */
struct yaml *yaml_parse(struct arena *arena, const struct source *source);

/* JSON, with spans too. */
MUST_CHECK bool json_parse(struct arena *arena, str text, struct node **out_root, struct err *err);

/* TOML 1.0: enough of it for manifests (tables, arrays, strings, numbers, dates as strings). */
MUST_CHECK bool toml_parse(struct arena *arena, str text, struct node **out_root, struct err *err);

/* -- reading a tree ---------------------------------------------------------------------------- */

/* The value under a key; NULL when node is no map or has no such key. YAML merge keys count. */
struct node *node_get(const struct node *node, const char *key);

/* node_get() with a key that is not a literal. */
struct node *node_get_str(const struct node *node, str key);

/* The pair itself, for its place; NULL as above. */
const struct node_pair *node_pair_find(const struct node *node, const char *key);

/* The same, but only a pair that stands in the map itself, not in one merged into it. */
const struct node_pair *node_own_pair(const struct node *map, const char *key);

/* "spec.template.spec": node_get step by step; "jobs.*" is not known here. */
struct node *node_path(const struct node *node, const char *path);

/* The text of a scalar, STR_NONE for anything else and for NULL. */
str node_str(const struct node *node);

/* YAML 1.1 and 1.2 truths: true, True, yes, on. */
bool node_is_true(const struct node *node);
bool node_is_false(const struct node *node);

/* An integer; false when it is none. */
bool node_int(const struct node *node, int64_t *out_value);

/* -- YAML edits: comments, order, quoting, anchors and indentation stay ------------------------ */

/* Set map[key] to the YAML text `value` (one line, or lines indented from column 0, which are
 * shifted to fit; a line end in front asks for lines below the key even for one): replaces an
 * existing value, or adds the pair behind the last one, in block or flow style as the map is. False
 * when it cannot be done without touching an alias. */
bool yaml_edit_set(struct arena *arena, const struct yaml *yaml, const struct node *map,
                   const char *key, const char *value, struct edit *out_edit);

/* The steps of the document that holds this node. */
struct yaml_indent yaml_indent_at(const struct yaml *yaml, const struct node *node);

/* Add an item to a list, in its style. */
bool yaml_edit_append(struct arena *arena, const struct yaml *yaml, const struct node *list,
                      const char *value, struct edit *out_edit);

/* Take away a pair with its line(s) and the comment behind it; a map left empty becomes {}. */
bool yaml_edit_remove(struct arena *arena, const struct yaml *yaml, const struct node *map,
                      const char *key, struct edit *out_edit);

/* The replacement of a scalar's token, quoted as the old one was and as the new value needs. */
struct edit yaml_edit_scalar(struct arena *arena, const struct node *scalar, str value);

/* -- writing JSON ------------------------------------------------------------------------------ */

/* JSON as it comes; the caller keeps the nesting right (asserted). Strings that are not UTF-8 are
 * written with U+FFFD for each bad byte. */
struct json_out {
    struct buf buf;
    uint32_t depth;
    uint64_t objects; /* bit n: the bracket open at depth n is an object */
    bool comma;
    bool pretty; /* two blanks an indent and a line end at the end, else one line without */
};

struct json_out json_out_init(struct arena *arena, bool pretty);
void json_object(struct json_out *out, const char *key); /* key NULL inside lists and at the top */
void json_list(struct json_out *out, const char *key);
void json_end_object(struct json_out *out);
void json_end_list(struct json_out *out);
void json_str(struct json_out *out, const char *key, str value);
void json_z(struct json_out *out, const char *key, const char *value); /* NULL writes null */
void json_u64(struct json_out *out, const char *key, uint64_t value);
void json_i64(struct json_out *out, const char *key, int64_t value);
void json_double(struct json_out *out, const char *key, double value); /* two decimals */
void json_ratio(struct json_out *out, const char *key, double value);  /* of 1, six decimals */
void json_bool(struct json_out *out, const char *key, bool value);
void json_null(struct json_out *out, const char *key);
void json_digest(struct json_out *out, const char *key, const digest *value); /* NULL writes null */
