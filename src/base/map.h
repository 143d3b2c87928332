#pragma once

#include "base/str.h"

/*
 * base/map -- from str to a pointer, in insertion order.
 *
 * Shapes   Keys are borrowed: they must live as long as the map. Zero-initialised is empty. A key
 *          occurs once; walking `entries` gives keys in the order of their first insertion, so
 *          that output order is input order.
 * Cost     Open addressing over a seeded hash; O(1) expected.
 */

struct map_entry {
    str key;
    void *value;
    uint64_t hash;
};

struct map {
    struct map_entry *entries;
    uint32_t count, capacity;
    uint32_t *slots; /* index + 1 into entries; 0 is free */
    uint32_t slot_count;
};

/* Put or replace. */
void map_set(struct arena *arena, struct map *map, str key, void *value);

/* The value, or NULL when the key is not there. */
void *map_find(const struct map *map, str key);

/* Is the key there (its value may be NULL)? */
bool map_has(const struct map *map, str key);

/* A 64-bit hash of bytes: stable between runs and machines (xxh64 of seed 0). */
uint64_t hash_bytes(const void *at, size_t len);
