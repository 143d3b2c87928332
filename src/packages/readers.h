#pragma once

#include "packages/notes.h"

/*
 * packages/readers -- one function for each kind of file that tells of packages. Private to
 * packages/.
 *
 * Shapes   Each takes the whole file and adds notes; what is damaged adds none.
 */

/* rpm's database as it is kept today (SQLite), by SUSE (ndb), and before (Berkeley DB). */
void read_rpm_sqlite(struct arena *scratch, str path, str bytes, struct buf *note);
void read_rpm_ndb(struct arena *scratch, str path, str bytes, struct buf *note);
void read_rpm_bdb(struct arena *scratch, str path, str bytes, struct buf *note);

/* Programs that say what they were made of: Go's build information, Rust's cargo auditable; and of
 * any program what its symbols weigh. */
void read_elf(struct arena *scratch, str path, str bytes, struct buf *note);

/* A jar: Maven's pom.properties, or its manifest. */
void read_jar(struct arena *scratch, str path, str bytes, struct buf *note);

/* dpkg: status (and what recommends what), diversions; apt: what it installed unasked. */
void read_dpkg_status(struct arena *scratch, str path, str text, struct buf *note);
void read_dpkg_list(struct arena *scratch, str path, str text, struct buf *note);
void read_dpkg_md5sums(struct arena *scratch, str path, str text, struct buf *note);
void read_dpkg_diversions(struct arena *scratch, str path, str text, struct buf *note);
void read_apt_states(struct arena *scratch, str path, str text, struct buf *note);

/* A note without paths: a name, and a text of what it says. */
void note_fact(struct buf *note, enum note_kind kind, enum package_type type, str name, str text);
