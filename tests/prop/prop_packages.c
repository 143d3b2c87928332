#include "tests/prop/prop.h"

#include "base/buf.h"
#include "packages/packages.h"

#include <stdio.h>
#include <stdlib.h>

/* What must hold of the readers of packages: any bytes, under any of their names, leave a note that
 * depends on nothing else, and that holds no more than a file can say. */

void prop_packages(struct arena *arena, str text)
{
    static const char *const paths[] = {
        "var/lib/dpkg/status",
        "var/lib/dpkg/info/libc6:amd64.list",
        "var/lib/dpkg/status.d/tzdata.md5sums",
        "var/lib/dpkg/diversions",
        "var/lib/apt/extended_states",
        "lib/apk/db/installed",
        "var/lib/rpm/rpmdb.sqlite",
        "var/lib/rpm/Packages.db",
        "var/lib/rpm/Packages",
        "a/x-1.dist-info/RECORD",
        "a/x-1.egg-info/installed-files.txt",
        "a/node_modules/x/package.json",
        "a/specifications/x-1.gemspec",
        "a/conda-meta/x-1-0.json",
        "a/x-1.jar",
        "a/x",
    };
    if (!text.len)
        return;
    str path = str_from(paths[(unsigned char)text.at[0] % ARRAY_COUNT(paths)]);
    str bytes = str_from_index(text, 1);
    must(package_inspector.wants(path) >= bytes.len);
    (void)package_inspector.begins(path, bytes);
    struct buf first = buf_init(arena, 1 << 26), second = buf_init(arena, 1 << 26);
    package_inspector.note(arena, path, bytes, &first);
    package_inspector.note(arena, path, bytes, &second);
    must(str_eq(buf_str(&first), buf_str(&second)));
}
