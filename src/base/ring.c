#include "base/ring.h"

#include <pthread.h>
#include <stdlib.h>

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned count, filled; /* slots: all, published and not done */
    unsigned fill_at, use_at;
    bool closed, cancelled;
};

struct ring *ring_new(unsigned count)
{
    struct ring *ring = calloc(1, sizeof(*ring));
    if (!ring)
        return NULL;
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    ring->count = count;
    return ring;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
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

struct side {
    void (*fill)(void *);
    void *context;
};

static void *run_side(void *raw)
{
    const struct side *side = raw;
    side->fill(side->context);
    return NULL;
}

bool ring_run(struct ring *ring, void (*fill)(void *), void (*use)(void *), void *context)
{
    (void)ring;
    pthread_t thread;
    struct side side = {fill, context};
    if (pthread_create(&thread, NULL, run_side, &side) != 0)
        return false;
    use(context);
    pthread_join(thread, NULL);
    return true;
}
