#pragma once

#include "layer/layer.h"

/*
 * packages/packages -- which package each file of an image belongs to.
 *
 *   layers_read(.. package_inspector ..) --packages_find--> packages, and the owner of each file
 *
 * Shapes   Databases of dpkg (status, info/NAME.list, status.d, diversions), apk, rpm (SQLite, ndb,
 *          Berkeley DB), pip (dist-info/RECORD, egg-info), npm (node_modules/NAME/package.json),
 *          gem and conda; and what programs say of themselves: Go's build information, Rust's
 *          cargo auditable, Maven's pom.properties in a jar. Those that are live in the image
 *          count; a database that a later layer replaced does not. What a package made when it was
 *          installed (ld.so.cache, .pyc, dpkg's own files) is its own too.
 *          Of paths a note keeps 64-bit hashes: a list of 10,000 takes 80 KB.
 * Cost     A hash table over the paths that packages list, a look-up a file.
 * Errors   None: what is damaged names no packages.
 * Source   deb(5), dpkg's file list; apk's installed database; PEP 376 and 427; npm's folders(5).
 */

extern const struct inspector package_inspector;

enum package_type {
    PACKAGE_DEB,
    PACKAGE_APK,
    PACKAGE_PIP,
    PACKAGE_NPM,
    PACKAGE_GEM,
    PACKAGE_RPM,
    PACKAGE_GO,
    PACKAGE_CARGO,
    PACKAGE_MAVEN,
    PACKAGE_CONDA,
};

struct package {
    enum package_type type;
    str name, version;
    uint32_t files;
    uint64_t bytes, pull; /* of its live files */
    bool recommended;     /* is here only because another one recommends it, none needs it */
    bool development;     /* npm's "dev": the program does not need it */
    bool part;            /* inside of another's file: it has no files of its own */
};

/* A program with symbols or debug sections. */
struct symbols {
    str path;
    uint64_t bytes;
};

enum { PACKAGE_NONE_OWNS = UINT32_MAX };

struct package_list {
    VEC(struct package) list;
    uint32_t *owner; /* by index in view->files: index in list, or PACKAGE_NONE_OWNS */
    VEC(struct symbols) symbols;
};

/* `inspector` is the place of package_inspector in the list that the layers were read with. */
struct package_list packages_find(struct arena *arena, const struct image_view *view,
                                  uint32_t inspector);

/* "deb", "apk", "pip", "npm", "gem", "rpm", "go", "cargo", "maven", "conda". */
const char *package_type_name(enum package_type type);
