#pragma once

#include "registry/client.h"

/*
 * registry/upload -- one blob on its way to a registry.
 *
 *   HEAD: is it there? -> mount: can it be taken from another repository? -> upload
 *
 * Shapes   A blob up to UPLOAD_CHUNK is one PUT; a larger one goes in chunks, and where a
 *          connection breaks the registry is asked how much it has.
 * Errors   As registry/client.
 */

enum upload_way { UPLOAD_PRESENT, UPLOAD_MOUNTED, UPLOAD_SENT };

struct upload {
    struct descriptor descriptor;
    struct blob blob;
    str mount_from; /* a repository of the same registry that has it, or "" */
    uint32_t step;  /* that is told of the bytes */
};

/* Have a blob in the client's repository. */
MUST_CHECK bool upload_blob(struct client *client, const struct upload *upload,
                            enum upload_way *out_way, struct err *err);
