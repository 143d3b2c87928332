#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

struct job {
    size_t count;
    atomic_size_t next;
    pool_work *work;
    void *context;
};

struct worker {
    struct job *job;
    unsigned number;
    pthread_t thread;
};

static void *run_worker(void *at)
{
    struct worker *worker = at;
    struct job *job = worker->job;
    for (;;) {
        size_t index = atomic_fetch_add(&job->next, 1);
        if (index >= job->count)
            return NULL;
        job->work(job->context, index, worker->number);
    }
}

unsigned pool_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count > THREADS_MAX ? THREADS_MAX : count > 0 ? (unsigned)count : 1;
}

void pool_each(size_t count, unsigned threads, pool_work *work, void *context)
{
    if (!threads)
        threads = pool_cores();
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    if (threads > count)
        threads = count ? (unsigned)count : 1;
    struct job job = {.count = count, .work = work, .context = context};
    struct worker workers[THREADS_MAX];
    unsigned started = 1;
    workers[0] = (struct worker){.job = &job};
    while (started < threads) {
        struct worker *worker = &workers[started];
        *worker = (struct worker){.job = &job, .number = started};
        if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0)
            break;
        started++;
    }
    run_worker(&workers[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
}

struct beside {
    void (*run)(void *);
    void *context;
};

static void *run_beside(void *raw)
{
    const struct beside *beside = raw;
    beside->run(beside->context);
    return NULL;
}

bool pool_pair(void (*beside)(void *), void (*here)(void *), void *context)
{
    pthread_t thread;
    struct beside other = {beside, context};
    if (pthread_create(&thread, NULL, run_beside, &other) != 0)
        return false;
    here(context);
    pthread_join(thread, NULL);
    return true;
}
