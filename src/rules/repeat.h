#pragma once

#include "rules/repository.h"

/*
 * rules/repeat -- cross-file rules over a repository in which one file has another text.
 *
 * Shapes   `job` is the file anew, `file` as it was checked with the others. What the rules find in
 *          other files is dropped.
 * Cost     One run of each such rule over the repository, and a copy of its list of files.
 * Threads  One: facts of all files may be asked.
 */

/* Those of `rules` that found something in the file before. */
void repository_repeat(const struct rule *const *rules, size_t count, struct check_job *job,
                       const struct checked_file *file);
