#include "layer/layer.h"

#include "base/arena.h"
#include "base/pool.h"
#include "layer/pass.h"
#include "layer/stored.h"

#include <stdlib.h>

/*
 * Layers are independent, so each core reads one; largest first, so that no core is left with a
 * large one at the end. A layer that outweighs what the others have together is read by two
 * threads of its own, before the rest.
 */
struct reading {
    const struct image *image;
    const struct inspectors *inspectors;
    struct layer_cache cache;
    struct layer_result *results;
    uint32_t *order; /* layers that are to be read, the largest first */
    uint32_t count;
    struct arena **arenas; /* one a layer */
    struct err *errors;    /* one a layer */
    bool *failed;
    uint32_t from; /* of `order`: where the pool begins */
};

static void read_one(struct reading *reading, uint32_t index, bool two_threads)
{
    const struct image_layer *layer = &reading->image->layers.at[index];
    struct pass *pass = pass_new(reading->arenas[index], layer, reading->inspectors);
    reading->failed[index] = !pass_run(pass, two_threads, &reading->errors[index]);
    if (!reading->failed[index])
        pass_result(pass, &reading->results[index]);
    pass_free(pass);
    if (!reading->failed[index])
        layer_cache_put(reading->arenas[index], &reading->cache, layer, &reading->results[index]);
}

static void read_job(void *raw, size_t index, unsigned worker)
{
    (void)worker;
    struct reading *reading = raw;
    read_one(reading, reading->order[reading->from + index], false);
}

static int size_order(const void *left, const void *right, void *raw)
{
    const struct image *image = raw;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint64_t size_a = image->layers.at[a].blob.size, size_b = image->layers.at[b].blob.size;
    return size_a != size_b ? (size_a < size_b) - (size_a > size_b) : (a > b) - (a < b);
}

/* How many of the largest layers outweigh what is behind them. */
static uint32_t heavy_count(const struct reading *reading, unsigned threads)
{
    uint64_t rest = 0;
    uint32_t heavy = 0;
    for (uint32_t i = 0; i < reading->count; i++)
        rest += reading->image->layers.at[reading->order[i]].blob.size;
    for (; heavy < reading->count && threads > 1; heavy++) {
        uint64_t size = reading->image->layers.at[reading->order[heavy]].blob.size;
        rest -= size;
        if (size < rest / (threads - 1))
            break;
    }
    return heavy;
}

/* Take what is known; the rest is to be read. */
static void find_known(struct arena *arena, struct reading *reading)
{
    const struct image *image = reading->image;
    for (uint32_t i = 0; i < image->layers.count; i++) {
        if (layer_cache_find(arena, &reading->cache, &image->layers.at[i], &reading->results[i]))
            continue;
        reading->order[reading->count++] = i;
        reading->arenas[i] = arena_child(arena, 0);
    }
    qsort_r(reading->order, reading->count, sizeof(uint32_t), size_order, (void *)(uintptr_t)image);
}

bool layers_find(struct arena *arena, const struct image *image, const struct layer_reading *how,
                 struct layer_result *out_results)
{
    struct layer_cache cache = layer_cache_new(how->store, how->inspectors);
    for (uint32_t i = 0; i < image->layers.count; i++)
        if (!layer_cache_find(arena, &cache, &image->layers.at[i], &out_results[i]))
            return false;
    return true;
}

bool layers_read(struct arena *arena, const struct image *image, const struct layer_reading *how,
                 struct layer_result *out_results, struct err *err)
{
    uint32_t count = image->layers.count;
    unsigned threads = how->threads ? how->threads : pool_cores();
    struct reading reading = {
        .image = image,
        .inspectors = how->inspectors,
        .cache = layer_cache_new(how->store, how->inspectors),
        .results = out_results,
        .order = NEW_ARRAY(arena, uint32_t, count + 1),
        .arenas = NEW_ARRAY(arena, struct arena *, count + 1),
        .errors = NEW_ARRAY(arena, struct err, count + 1),
        .failed = NEW_ARRAY(arena, bool, count + 1),
    };
    find_known(arena, &reading);
    reading.from = heavy_count(&reading, threads);
    for (uint32_t i = 0; i < reading.from; i++)
        read_one(&reading, reading.order[i], true);
    pool_each(reading.count - reading.from, threads, read_job, &reading);
    for (uint32_t i = 0; i < count; i++)
        if (reading.failed[i]) {
            *err = reading.errors[i];
            return err_wrap(err, "layer %" PRIu32 " of %" PRIu32, i + 1, count);
        }
    return true;
}
