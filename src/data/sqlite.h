#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * data/sqlite -- SQLite, opened at first use.
 *
 *   sqlite_open --sqlite_query--> rows, one at a time, by sqlite_next
 *
 * Shapes   A query is text with '?' in it and what stands for them. Columns of a row are borrowed
 *          until the next sqlite_next().
 * Cost     libsqlite3 is opened with dlopen: linked, it would add to every start.
 * Errors   ERR_UNSUPPORTED where there is no libsqlite3; with SQLite's own words ERR_FORMAT for
 *          what is no database or a broken one, else ERR_IO.
 * Threads  A connection belongs to one thread at a time.
 * Source   sqlite.org/c3ref.
 */

struct sqlite;
struct sqlite_rows;

/* Open a database file for reading and writing, made when it is not there; waits up to 10 s for
 * others. */
MUST_CHECK bool sqlite_open(struct arena *arena, str path, struct sqlite **out_db, struct err *err);

/* A database that is a piece of memory, read-only: bytes of others. */
MUST_CHECK bool sqlite_open_bytes(struct arena *arena, str bytes, struct sqlite **out_db,
                                  struct err *err);
void sqlite_close(struct sqlite *db);

/* What is put for a '?'. */
struct sqlite_value {
    enum { SQLITE_IS_NULL, SQLITE_IS_INT, SQLITE_IS_TEXT, SQLITE_IS_BLOB } kind;
    int64_t number;
    str bytes;
};
#define SQLITE_I64(value)  ((struct sqlite_value){SQLITE_IS_INT, (int64_t)(value), {NULL, 0}})
#define SQLITE_STR(value)  ((struct sqlite_value){SQLITE_IS_TEXT, 0, (value)})
#define SQLITE_BLOB(value) ((struct sqlite_value){SQLITE_IS_BLOB, 0, (value)})

/* Statements without results, parted by ';'. */
MUST_CHECK bool sqlite_do(struct sqlite *db, const char *sql, struct err *err);

/* One statement without results. */
MUST_CHECK bool sqlite_change(struct sqlite *db, const char *sql, const struct sqlite_value *values,
                              size_t count, struct err *err);

/* Begin a query; sqlite_end() it. */
MUST_CHECK bool sqlite_query(struct sqlite *db, const char *sql, const struct sqlite_value *values,
                             size_t count, struct sqlite_rows **out_rows, struct err *err);
enum step sqlite_next(struct sqlite_rows *rows, struct err *err);
int64_t sqlite_int(struct sqlite_rows *rows, int column);
str sqlite_bytes(struct sqlite_rows *rows, int column);
void sqlite_end(struct sqlite_rows *rows);
