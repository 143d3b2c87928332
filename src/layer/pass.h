#pragma once

#include "layer/layer.h"

/*
 * layer/pass -- one layer's blob, from the first byte to the last.
 *
 *   blob -> [SHA-256] -> unpack -> [SHA-256] -> tar -> report
 *           blob digest          diff id
 *
 * Shapes   Two sides that may run in two threads: one reads and unpacks into buffers, the other
 *          hashes what is in them and reads the entries. The unpacking side follows the tar
 *          headers too, only to know where entries meet and what they took of the blob.
 */

struct pass;

/* Begin to read a layer; results are made in `arena`. Freed, always. */
struct pass *pass_new(struct arena *arena, const struct image_layer *layer,
                      const struct inspectors *inspectors);

/* Both sides in this thread, or in two. */
MUST_CHECK bool pass_run(struct pass *pass, bool two_threads, struct err *err);

/* What came out, after a run that was good. */
void pass_result(struct pass *pass, struct layer_result *out_result);

/* Give back all but the results. */
void pass_free(struct pass *pass);

/* Is it the layer's? Who reads one to its end asks. */
MUST_CHECK bool pass_diff_id_is(digest got, digest wanted, struct err *err);
