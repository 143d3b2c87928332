#pragma once

#include "registry/http.h"
#include "registry/registry.h"

/*
 * registry/engine -- images that a docker or podman engine on this host has, through its socket.
 *
 *   name --GET images/NAME/json, images/NAME/get--> nameless file --image_open--> struct image
 *
 * Shapes   $DOCKER_HOST alone when it is set (unix://, or tcp:// of a loopback host), else the
 *          sockets that docker and podman have. The saved archive stands in a file without a name
 *          ($TMPDIR, else /var/tmp) and is gone with the program.
 * Errors   ERR_IO for an engine that breaks off; one that cannot be reached is told as a note.
 */

/* out_found false when no engine has it. */
MUST_CHECK bool engine_image_open(struct arena *arena, const struct image_search *search, str name,
                                  bool *out_found, struct image *out_image, struct err *err);
