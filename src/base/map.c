#define XXH_INLINE_ALL
#include "base/map.h"

#include <string.h>
#include <xxhash.h>

uint64_t hash_bytes(const void *at, size_t len)
{
    return XXH64(len ? at : "", len, 0);
}

static uint32_t *slot_for(const struct map *map, str key, uint64_t hash)
{
    assert(map->slot_count && !(map->slot_count & (map->slot_count - 1)));
    uint32_t mask = map->slot_count - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &map->slots[i];
        if (!*slot)
            return slot;
        const struct map_entry *entry = &map->entries[*slot - 1];
        if (entry->hash == hash && str_eq(entry->key, key))
            return slot;
    }
}

static void grow(struct arena *arena, struct map *map)
{
    uint32_t slots = map->slot_count ? map->slot_count * 2 : 16;
    map->entries = arena_grow(arena, map->entries, map->capacity * sizeof(*map->entries),
                              slots / 2 * sizeof(*map->entries), _Alignof(struct map_entry));
    map->capacity = slots / 2;
    map->slots = NEW_ARRAY(arena, uint32_t, slots);
    map->slot_count = slots;
    for (uint32_t i = 0; i < map->count; i++)
        *slot_for(map, map->entries[i].key, map->entries[i].hash) = i + 1;
}

void map_set(struct arena *arena, struct map *map, str key, void *value)
{
    uint64_t hash = hash_bytes(key.at, key.len);
    if (map->count == map->capacity)
        grow(arena, map);
    uint32_t *slot = slot_for(map, key, hash);
    if (!*slot) {
        map->entries[map->count] = (struct map_entry){.key = key, .hash = hash};
        *slot = ++map->count;
    }
    map->entries[*slot - 1].value = value;
}

static const struct map_entry *entry_find(const struct map *map, str key)
{
    if (!map->count)
        return NULL;
    uint32_t slot = *slot_for(map, key, hash_bytes(key.at, key.len));
    return slot ? &map->entries[slot - 1] : NULL;
}

void *map_find(const struct map *map, str key)
{
    const struct map_entry *entry = entry_find(map, key);
    return entry ? entry->value : NULL;
}

bool map_has(const struct map *map, str key)
{
    return entry_find(map, key) != NULL;
}
