#pragma once

#include "base/arena.h"
#include "base/str.h"

/*
 * tests/prop/prop -- what must hold whatever the bytes; each aborts when it does not.
 *
 * One body, two uses: libFuzzer gives the bytes (tests/prop/fuzz.c), or a seed does
 * (tests/unit/dockerfile/prop_dockerfile_test.c).
 */

/* The pieces of a Dockerfile are its bytes, places lie where they belong, every word expands. */
void prop_dockerfile(struct arena *arena, str text);

/* print(parse(x)) = x, and every place lies in the text. */
void prop_shell(struct arena *arena, str text);

/* The first line is a path, the rest an ignore file: the verdict is that of its last pattern that
 * matches by itself. */
void prop_ignore(struct arena *arena, str text);

/* Every node lies in the text and inside its parent; scalars can be replaced and read back. */
void prop_yaml(struct arena *arena, str text);

/* What parses as JSON or TOML has a tree with places inside the text. */
void prop_json(struct arena *arena, str text);

/* fix(fix(x)) = fix(x) for a Dockerfile with every edit allowed, and what was applied is told. */
void prop_fix(struct arena *arena, str text);

/* The same for a compose, Kubernetes or CI file: the first byte says which. */
void prop_fix_yaml(struct arena *arena, str text);

/* A tar archive, a raw deflate stream: what is read does not depend on the pieces. */
void prop_tar(struct arena *arena, str text);
void prop_inflate(struct arena *arena, str text);

/* An address and where a redirect leads from it: what is taken can be printed and read back. What a
 * registry wants to see; what a login file says. (tests/unit/registry/prop_registry.c) */
void prop_url(struct arena *arena, str text);
void prop_challenge(struct arena *arena, str text);
void prop_login(struct arena *arena, str text);

/* The name of an image: its normal form means the same. A stored layer report, a stored pull map:
 * what parses is whole, whoever wrote it. */
void prop_reference(struct arena *arena, str text);
void prop_report(struct arena *arena, str text);
void prop_pull(struct arena *arena, str text);

/* An index, manifest or config: refused with a reason, or read and written again as the same. */
void prop_documents(struct arena *arena, str text);

/* The readers of packages: the first byte says which. Nothing else than the bytes counts. */
void prop_packages(struct arena *arena, str text);

#define must(condition)                                                                \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                   \
        }                                                                              \
    } while (0)
