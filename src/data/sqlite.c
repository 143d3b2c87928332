#include "data/sqlite.h"

#include "base/library.h"

#include <sqlite3.h>
#include <string.h>

enum { WAIT_MS = 10000 };

/* What we use of it. */
static struct {
    __typeof__(&sqlite3_open_v2) open;
    __typeof__(&sqlite3_close_v2) close;
    __typeof__(&sqlite3_errmsg) errmsg;
    __typeof__(&sqlite3_errcode) errcode;
    __typeof__(&sqlite3_exec) exec;
    __typeof__(&sqlite3_busy_timeout) busy_timeout;
    __typeof__(&sqlite3_prepare_v2) prepare;
    __typeof__(&sqlite3_bind_int64) bind_int64;
    __typeof__(&sqlite3_bind_text64) bind_text;
    __typeof__(&sqlite3_bind_blob64) bind_blob;
    __typeof__(&sqlite3_step) step;
    __typeof__(&sqlite3_column_int64) column_int64;
    __typeof__(&sqlite3_column_blob) column_blob;
    __typeof__(&sqlite3_column_bytes) column_bytes;
    __typeof__(&sqlite3_finalize) finalize;
    __typeof__(&sqlite3_deserialize) deserialize;
} sqlite;

struct sqlite {
    sqlite3 *db;
};

static bool load(struct err *err)
{
    static const struct library_symbol symbols[] = {
        {"sqlite3_open_v2", &sqlite.open},
        {"sqlite3_close_v2", &sqlite.close},
        {"sqlite3_errmsg", &sqlite.errmsg},
        {"sqlite3_errcode", &sqlite.errcode},
        {"sqlite3_exec", &sqlite.exec},
        {"sqlite3_busy_timeout", &sqlite.busy_timeout},
        {"sqlite3_prepare_v2", &sqlite.prepare},
        {"sqlite3_bind_int64", &sqlite.bind_int64},
        {"sqlite3_bind_text64", &sqlite.bind_text},
        {"sqlite3_bind_blob64", &sqlite.bind_blob},
        {"sqlite3_step", &sqlite.step},
        {"sqlite3_column_int64", &sqlite.column_int64},
        {"sqlite3_column_blob", &sqlite.column_blob},
        {"sqlite3_column_bytes", &sqlite.column_bytes},
        {"sqlite3_finalize", &sqlite.finalize},
        {"sqlite3_deserialize", &sqlite.deserialize},
    };
    if (sqlite.deserialize)
        return true;
    if (!library_open("libsqlite3.so.0", symbols, ARRAY_COUNT(symbols), err))
        return err_hint(err, "install SQLite (Debian: libsqlite3-0)");
    return true;
}

static bool fail(const struct sqlite *db, struct err *err)
{
    int code = sqlite.errcode(db->db);
    bool broken = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    return err_set(err, broken ? ERR_FORMAT : ERR_IO, "SQLite: %s", sqlite.errmsg(db->db));
}

bool sqlite_open(struct arena *arena, str path, struct sqlite **out_db, struct err *err)
{
    if (!load(err))
        return false;
    struct sqlite *db = NEW(arena, struct sqlite);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite.open(str_z(arena, path), &db->db, flags, NULL) != SQLITE_OK) {
        fail(db, err);
        sqlite_close(db);
        return err_wrap(err, "'%.*s'", STR_ARG(path));
    }
    sqlite.busy_timeout(db->db, WAIT_MS);
    *out_db = db;
    return true;
}

bool sqlite_open_bytes(struct arena *arena, str bytes, struct sqlite **out_db, struct err *err)
{
    if (!load(err))
        return false;
    struct sqlite *db = NEW(arena, struct sqlite);
    unsigned char *copy = (unsigned char *)str_z(arena, bytes);
    /* A file that was written with a log beside it says so (2) and would look for the log: without
     * one, its own pages (1) are all there is. */
    for (size_t at = 18; at < 20 && bytes.len > at; at++)
        copy[at] = copy[at] == 2 ? 1 : copy[at];
    if (sqlite.open(":memory:", &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, NULL) !=
            SQLITE_OK ||
        sqlite.deserialize(db->db, "main", copy, (sqlite3_int64)bytes.len, (sqlite3_int64)bytes.len,
                           SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
        fail(db, err);
        sqlite_close(db);
        return false;
    }
    *out_db = db;
    return true;
}

void sqlite_close(struct sqlite *db)
{
    if (db->db)
        sqlite.close(db->db);
    db->db = NULL;
}

bool sqlite_do(struct sqlite *db, const char *sql, struct err *err)
{
    return sqlite.exec(db->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(db, err);
}

static int bind(sqlite3_stmt *statement, int index, const struct sqlite_value *value)
{
    const char *at = value->bytes.at ? value->bytes.at : "";
    switch (value->kind) {
    case SQLITE_IS_INT: return sqlite.bind_int64(statement, index, value->number);
    case SQLITE_IS_TEXT:
        return sqlite.bind_text(statement, index, at, value->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case SQLITE_IS_BLOB:
        return sqlite.bind_blob(statement, index, at, value->bytes.len, SQLITE_STATIC);
    case SQLITE_IS_NULL: break;
    }
    return SQLITE_OK;
}

bool sqlite_query(struct sqlite *db, const char *sql, const struct sqlite_value *values,
                  size_t count, struct sqlite_rows **out_rows, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite.prepare(db->db, sql, -1, &statement, NULL) == SQLITE_OK;
    for (size_t i = 0; good && i < count; i++)
        good = bind(statement, (int)i + 1, &values[i]) == SQLITE_OK;
    if (!good) {
        fail(db, err);
        sqlite.finalize(statement);
        return false;
    }
    *out_rows = (struct sqlite_rows *)statement;
    return true;
}

enum step sqlite_next(struct sqlite_rows *rows, struct err *err)
{
    int answer = sqlite.step((sqlite3_stmt *)rows);
    if (answer == SQLITE_ROW)
        return STEP_ITEM;
    if (answer == SQLITE_DONE)
        return STEP_END;
    err_set(err, ERR_IO, "SQLite: a query failed (%d)", answer);
    return STEP_FAIL;
}

int64_t sqlite_int(struct sqlite_rows *rows, int column)
{
    return sqlite.column_int64((sqlite3_stmt *)rows, column);
}

str sqlite_bytes(struct sqlite_rows *rows, int column)
{
    const char *at = sqlite.column_blob((sqlite3_stmt *)rows, column);
    return (str){at, (size_t)sqlite.column_bytes((sqlite3_stmt *)rows, column)};
}

void sqlite_end(struct sqlite_rows *rows)
{
    sqlite.finalize((sqlite3_stmt *)rows);
}

bool sqlite_change(struct sqlite *db, const char *sql, const struct sqlite_value *values,
                   size_t count, struct err *err)
{
    struct sqlite_rows *rows;
    if (!sqlite_query(db, sql, values, count, &rows, err))
        return false;
    enum step step = sqlite_next(rows, err);
    sqlite_end(rows);
    if (step == STEP_FAIL)
        return fail(db, err);
    return true;
}
