#include "report/analyze_words.h"

/* The folders of an image with their sizes. */

enum { FOLD_PARTS = 100, DEPTH_SHOWN = 32 };

struct painting {
    struct paint *paint;
    const struct tree *tree;
    uint64_t least; /* what weighs less is not shown by itself */
};

static uint64_t weight(const struct tree *tree, uint32_t row)
{
    struct tree_sum sum = tree_sum(tree, row);
    return sum.live + sum.hidden;
}

static void paint_node(struct painting *p, uint32_t row, unsigned depth)
{
    struct tree_sum sum = tree_sum(p->tree, row);
    paint_size(p->paint, INK_PLAIN, sum.live);
    if (sum.hidden)
        paint_size(p->paint, INK_YELLOW, sum.hidden);
    else
        paint_z(p->paint, INK_PLAIN, "          ");
    paint_blanks(p->paint, 2 + 2 * depth);
    paint_text(p->paint, INK_PLAIN, row ? tree_name(p->tree, row) : STR("/"));
    paint_z(p->paint, INK_PLAIN, row && tree_is_folder(p->tree, row) ? "/\n" : "\n");
}

static void paint_below(struct painting *p, uint32_t folder, unsigned depth)
{
    uint32_t count, small = 0;
    uint64_t rest = 0;
    uint32_t *children = tree_children(p->paint->out.arena, p->tree, folder, TREE_BY_LIVE, &count);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bytes = weight(p->tree, children[i]);
        if (bytes < p->least) {
            small++;
            rest += bytes;
            continue;
        }
        paint_node(p, children[i], depth);
        if (depth < DEPTH_SHOWN && tree_is_folder(p->tree, children[i]))
            paint_below(p, children[i], depth + 1);
    }
    if (!small || !rest)
        return;
    paint_size(p->paint, INK_DIM, rest);
    paint_blanks(p->paint, 12 + 2 * depth);
    paint_fmt(p->paint, INK_DIM, "%" PRIu32 " others\n", small);
}

void paint_tree(struct paint *paint, const struct analysis *analysis)
{
    struct tree tree = tree_build(paint->out.arena, analysis->view);
    struct painting painting = {paint, &tree, analysis->size / FOLD_PARTS};
    paint_z(paint, INK_BOLD, "\n    size  hidden  folder\n");
    paint_node(&painting, 0, 0);
    paint_below(&painting, 0, 1);
}
