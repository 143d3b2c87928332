#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * archive/inflate -- gzip and raw deflate, a piece at a time, with the input position of each stop.
 *
 *   input pieces --inflate_run--> bytes behind the last 32 KiB in the caller's buffer
 *
 * Shapes   Output is contiguous: inflate_output() names a buffer whose first `history` bytes are
 *          the end of what came before (at most INFLATE_HISTORY count). A run ends at a mark, at
 *          the buffer's end, for want of input, or at the stream's end. It may pass its mark by
 *          the rest of one symbol (257 bytes), never the buffer's end.
 *          A gzip file of several members is one stream. Its CRC is not looked at: the SHA-256 of
 *          the whole is what decides here.
 * Units    Positions are bytes from the start of the stream; a byte of which some bits were read
 *          counts as read.
 * Cost     About 1.5 ns a byte of output and no allocation after inflate_new().
 * Errors   ERR_FORMAT where the bits break RFC 1951 or RFC 1952.
 * Threads  One thread at a time.
 * Source   RFC 1951, RFC 1952. ISA-L is as fast but decodes up to 64 KiB ahead of what it gives
 *          out, so it cannot tell what a file costs to pull (docs/decisions).
 */

enum { INFLATE_HISTORY = 32768, INFLATE_PASS_MAX = 258 };

enum inflate_kind { INFLATE_GZIP, INFLATE_RAW };

enum inflate_stop {
    INFLATE_MARK,  /* produced as many bytes as were asked for       */
    INFLATE_FULL,  /* no room for another symbol in the output buffer */
    INFLATE_INPUT, /* all input is used; give more, or it is cut short */
    INFLATE_END,   /* the stream ended                                */
    INFLATE_BAD,   /* err says why                                    */
    INFLATE_MORE,  /* not stopped yet: never given out                */
};

struct inflate;

/* A decompressor at the start of its stream. */
struct inflate *inflate_new(struct arena *arena, enum inflate_kind kind);

/* The next piece of input; the piece before must be used up. It must live until it is. */
void inflate_input(struct inflate *inflate, str bytes);

/* Where output goes from now on: behind `history` bytes that end what was given out so far. */
void inflate_output(struct inflate *inflate, char *at, size_t history, size_t capacity);

/* Go on until `produced` reaches `mark`, counted from the start of the stream. */
enum inflate_stop inflate_run(struct inflate *inflate, uint64_t mark, struct err *err);

/* Bytes given out, and bytes of input that were needed for them. */
uint64_t inflate_produced(const struct inflate *inflate);
uint64_t inflate_consumed(const struct inflate *inflate);
