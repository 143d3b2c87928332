#pragma once

/*
 * archive/archive -- the door: tar entries from pieces, and the bytes of compressed blobs.
 *
 *   blob --unpack--> bytes --tar--> entries
 */

#include "archive/inflate.h"
#include "archive/tar.h"
#include "archive/tar_write.h"
#include "archive/unpack.h"
#include "archive/zip.h"
