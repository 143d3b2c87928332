#include "base/ring.h"

#include "base/arena.h"

#include <pthread.h>

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned count, filled; /* slots: all, published and not done */
    unsigned fill_at, use_at;
    bool closed, cancelled;
};

struct ring *ring_new(struct arena *arena, unsigned count)
{
    struct ring *ring = NEW(arena, struct ring);
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    ring->count = count;
    return ring;
}

void ring_release(struct ring *ring)
{
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
}

int ring_claim(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    while (ring->filled == ring->count && !ring->cancelled)
        pthread_cond_wait(&ring->changed, &ring->lock);
    int slot = ring->cancelled ? RING_END : (int)ring->fill_at;
    pthread_mutex_unlock(&ring->lock);
    return slot;
}

static void change(struct ring *ring, unsigned *at, int filled)
{
    pthread_mutex_lock(&ring->lock);
    *at = (*at + 1) % ring->count;
    ring->filled += (unsigned)filled;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

void ring_publish(struct ring *ring)
{
    change(ring, &ring->fill_at, 1);
}

void ring_done(struct ring *ring)
{
    change(ring, &ring->use_at, -1);
}

int ring_next(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    while (!ring->filled && !ring->closed && !ring->cancelled)
        pthread_cond_wait(&ring->changed, &ring->lock);
    int slot = ring->filled && !ring->cancelled ? (int)ring->use_at : RING_END;
    pthread_mutex_unlock(&ring->lock);
    return slot;
}

static void raise_flag(struct ring *ring, bool *flag)
{
    pthread_mutex_lock(&ring->lock);
    *flag = true;
    pthread_cond_signal(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

void ring_close(struct ring *ring)
{
    raise_flag(ring, &ring->closed);
}

void ring_cancel(struct ring *ring)
{
    raise_flag(ring, &ring->cancelled);
}
