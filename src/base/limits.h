#pragma once

#include "base/base.h"

/*
 * base/limits -- the largest input of each kind that Plimsoll accepts, each with its reason.
 *
 * Units    Bytes unless the name says otherwise. Every limit that is reached is named in the
 *          message that the user sees.
 */

/* A file to lint. The largest Dockerfile in public use is under 100 KB; 16 MiB leaves room for
 * generated YAML and still bounds the memory of a run over a hostile tree. */
#define LIMIT_LINT_FILE ((size_t)16 << 20)

/* One instruction, its continuations and heredocs included. */
#define LIMIT_INSTRUCTION ((size_t)1 << 20)

/* One physical line of a Dockerfile: BuildKit's scanner gives up at 64 KiB. */
#define LIMIT_DOCKERFILE_LINE ((size_t)65535)

/* Nesting of shell constructs, expansions, YAML and JSON: deep enough for people, shallow enough
 * for an 8 MiB stack. */
#define LIMIT_NESTING    64
#define LIMIT_JSON_DEPTH 128

/* YAML text after its aliases are followed ("billion laughs"). */
#define LIMIT_YAML_EXPANDED ((size_t)1 << 20)

/* A JSON document. */
#define LIMIT_JSON_DOCUMENT ((size_t)64 << 20)

/* A path, as Linux has it. */
#define LIMIT_PATH 4096

/* All memory that one command's arena may take, unless it asks for another figure. */
#define LIMIT_ARENA ((size_t)4 << 30)

/* Findings kept for one file: a file of 10^5 broken lines must not fill a terminal for a day. */
#define LIMIT_FINDINGS_PER_FILE 10000

/* A name inside an archive, and an extended header of tar: Linux takes no longer path, and no
 * writer makes more of an entry's attributes. */
#define LIMIT_TAR_PATH   4096
#define LIMIT_TAR_HEADER ((size_t)1 << 20)

/* Files of an image archive (not of its layers): a few for each layer. */
enum { LIMIT_ARCHIVE_FILES = 100000 };

/* A manifest or an index, a config. */
#define LIMIT_MANIFEST ((size_t)4 << 20)
#define LIMIT_CONFIG   ((size_t)16 << 20)

/* A blob of a registry: no layer is larger. */
#define LIMIT_BLOB ((uint64_t)64 << 30)

/* Entries of one layer, and what their names take together: beyond any image that people build. */
enum { LIMIT_LAYER_ENTRIES = 10000000 };
#define LIMIT_LAYER_NAMES ((size_t)2 << 30)
