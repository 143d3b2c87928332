#pragma once

#include "registry/client.h"

/*
 * registry/download -- documents whole, and blobs piece by piece over connections that may break.
 *
 *   download_new --download_next--> piece, piece, ... end
 *
 * Shapes   A blob's pieces come once each and in order, whatever the connection does: it is gone on
 *          with by Range; where the server knows no ranges, what was had is passed over. Who takes
 *          the pieces hashes them. More bytes than announced are refused as they come.
 *          A document is checked against its digest before it is given out.
 * Errors   ERR_DIGEST for what is not as announced; else as registry/client. A try that brought
 *          bytes is not counted against CLIENT_TRIES.
 */

struct download;

/* Begin: nothing is sent yet. */
struct download *download_new(struct arena *arena, struct client *client,
                              const struct descriptor *descriptor);

/* The next bytes, good until the next call. */
enum step download_next(struct download *download, str *out_piece, struct err *err);

/* A document by digest: a manifest, an index. */
MUST_CHECK bool document_get(struct arena *arena, struct client *client,
                             const struct descriptor *descriptor, str *out_text, struct err *err);

/* The manifest or index that a tag or a digest leads to. */
MUST_CHECK bool manifest_get(struct arena *arena, struct client *client,
                             const struct reference *reference, struct descriptor *out_descriptor,
                             str *out_text, struct err *err);

/* A small blob: a config. */
MUST_CHECK bool blob_get(struct arena *arena, struct client *client,
                         const struct descriptor *descriptor, size_t size_max, str *out_text,
                         struct err *err);
