#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * archive/unpack -- the bytes of a blob, whichever way it is compressed.
 *
 *   compressed pieces --unpack_run--> bytes, and how much of the blob they took
 *
 * Shapes   As archive/inflate: contiguous output behind a history, stops at marks. For zstd and for
 *          plain bytes a run stops at the mark too; of zstd the position is that of the last block
 *          that was read, so it is an estimate (`exact` is false).
 * Errors   ERR_FORMAT for damaged data, ERR_UNSUPPORTED for a window larger than 128 MiB.
 */

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

enum unpack_stop { UNPACK_MARK, UNPACK_FULL, UNPACK_INPUT, UNPACK_END, UNPACK_BAD };

/* History that the output buffer must keep, and room that it must have behind its end. */
enum { UNPACK_HISTORY = 32768, UNPACK_SLACK = 512 };

struct unpack;

/* What the first bytes of a blob say that it is: 4 of them are enough. */
enum compression compression_of(str begin);

/* "gzip", "zstd", "none". */
const char *compression_name(enum compression compression);

/* An unpacker at the start of its blob. */
struct unpack *unpack_new(struct arena *arena, enum compression compression);

/* Give back what a library took. */
void unpack_release(struct unpack *unpack);

/* As their twins of inflate: input, output, going on to a mark. */
void unpack_input(struct unpack *unpack, str bytes);
void unpack_output(struct unpack *unpack, char *at, size_t history, size_t capacity);
enum unpack_stop unpack_run(struct unpack *unpack, uint64_t mark, struct err *err);

/* Bytes given out, and bytes of the blob that they took. */
uint64_t unpack_produced(const struct unpack *unpack);
uint64_t unpack_consumed(const struct unpack *unpack);
