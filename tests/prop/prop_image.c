#include "tests/prop/prop.h"

#include "layer/layer.h"
#include "packages/packages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What must hold of names of images, and of layer reports that somebody else wrote. */

void prop_reference(struct arena *arena, str text)
{
    struct reference reference, again;
    struct err err = {0};
    if (!reference_parse(arena, text, &reference, &err)) {
        must(err.code == ERR_USAGE && err.line[0][0]);
        return;
    }
    must(reference.repository.len && reference.registry.len);
    must(reference.tag.len <= REFERENCE_TAG_MAX && (reference.tag.len || reference.has_digest));
    must(!str_has_char(reference.registry, '/') && !str_has_char(reference.tag, '/'));
    must(!str_has_char(reference.repository, ':') && !str_has_char(reference.repository, '\0'));
    str whole = reference_print(arena, &reference);
    must(reference_parse(arena, whole, &again, &err));
    must(str_eq(reference_print(arena, &again), whole));
    must(reference_parse(arena, reference_familiar(arena, &reference), &again, &err));
    must(str_eq(reference_print(arena, &again), whole));
}

/* What parses is printed as it was, lies in its bytes, and folds: with itself over it, each byte
 * is live or hidden once. */
void prop_report(struct arena *arena, str text)
{
    char *aligned = arena_alloc(arena, text.len + 1, 8);
    const digest diff_id = {{0}};
    struct layer_result layers[2] = {0};
    struct layer_report *report = &layers[0].report;
    memcpy(aligned, text.at ? text.at : "", text.len);
    if (!layer_report_parse((str){aligned, text.len}, diff_id, report))
        return;
    must(str_eq(layer_report_print(arena, report), text));
    layers[1] = layers[0];
    struct image_view view = view_fold(arena, layers, ARRAY_COUNT(layers));
    must(view.count <= 2 * (uint64_t)report->count);
    must(view.total_bytes ==
         view.live_bytes + view.deleted_bytes + view.replaced_bytes + view.touched_bytes);
    struct package_list packages = packages_find(arena, &view, 0);
    for (uint32_t i = 0; i < view.count; i++) {
        must(view.files[i].hider < ARRAY_COUNT(layers));
        must(packages.owner[i] == PACKAGE_NONE_OWNS || packages.owner[i] < packages.list.count);
    }
    VEC_EACH(struct package, package, packages.list) {
        must(package_type_name(package->type));
    }
}

void prop_pull(struct arena *arena, str text)
{
    char *aligned = arena_alloc(arena, text.len + 1, 8);
    struct pull_map pull;
    memcpy(aligned, text.at ? text.at : "", text.len);
    if (pull_map_parse((str){aligned, text.len}, &pull))
        must(str_eq(pull_map_print(arena, &pull), text));
}
