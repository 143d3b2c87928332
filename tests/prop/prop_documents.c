#include "tests/prop/prop.h"

#include "oci/oci.h"

#include <stdio.h>
#include <stdlib.h>

/* What must hold of an image's documents. */

/* What is read of an index is written and read again as the same. */
static void index_stays(struct arena *arena, const struct descriptors *list)
{
    struct err err = {0};
    struct strs texts = {0};
    struct descriptors again;
    VEC_EACH(struct descriptor, descriptor, *list) {
        must(descriptor->text.len);
        vec_push(arena, &texts, descriptor_print(arena, descriptor));
    }
    must(index_parse(arena, index_print(arena, &texts), &again, &err));
    must(again.count == list->count);
    for (uint32_t i = 0; i < again.count; i++) {
        must(digest_eq(again.at[i].digest, list->at[i].digest));
        must(again.at[i].size == list->at[i].size);
    }
}

void prop_documents(struct arena *arena, str text)
{
    struct err err = {0};
    struct descriptor index = {.media_type = STR("application/vnd.oci.image.index.v1+json")};
    struct descriptor manifest = {.media_type = STR(OCI_MANIFEST_TYPE)};
    struct descriptors list;
    struct image_config config;
    if (oci_children(arena, &index, text, &list, &err))
        index_stays(arena, &list);
    else
        must(err.code != ERR_NONE && err.lines);
    err_clear(&err);
    if (oci_children(arena, &manifest, text, &list, &err))
        must(list.count >= 1 && list.count <= OCI_LAYERS_MAX + 1);
    else
        must(err.code != ERR_NONE && err.lines);
    err_clear(&err);
    if (oci_config_parse(arena, text, &config, &err))
        must(config.diff_ids.count <= OCI_LAYERS_MAX && str_eq(config.text, text));
    else
        must(err.code != ERR_NONE && err.lines);
}
