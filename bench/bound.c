/*
 * bench/bound -- what reading an image must cost: the figures of `make bench` are ratios to this.
 *
 *   bound archive THREADS FILE    wall seconds: every header of a docker-archive and of the
 *                                 layers in it walked, and SHA-256 of all bytes; threads share
 *                                 the layers
 *   bound gzip FILE...            CPU seconds of three things, each alone, for layers as they
 *                                 stand in a layout: SHA-256 of the compressed bytes, ISA-L's
 *                                 inflate, SHA-256 of the inflated bytes
 *
 * Prints one JSON object. It checks nothing and keeps nothing: it is a bound, not a tool.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 512, PIECE = 1 << 20, LAYERS_MAX = 1024, THREADS_MAX = 64 };

struct part {
    uint64_t at, size, entries;
};

struct work {
    int fd;
    struct part parts[LAYERS_MAX];
    unsigned count, next;
    pthread_mutex_t lock;
};

static void die(const char *what)
{
    perror(what);
    exit(3);
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A number field of a header: octal digits, or base 256 for what is too large for them. */
static uint64_t number(const unsigned char *field, unsigned len)
{
    uint64_t value = 0;
    if (field[0] & 0x80) {
        for (unsigned i = len - 8; i < len; i++)
            value = value << 8 | field[i];
        return value;
    }
    for (unsigned i = 0; i < len && (field[i] == ' ' || (field[i] >= '0' && field[i] <= '7')); i++)
        if (field[i] != ' ')
            value = value << 3 | (uint64_t)(field[i] - '0');
    return value;
}

static uint64_t padded(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* The members of the outer archive: whatever begins with a tar header is a layer, all is hashed. */
static void find_parts(struct work *work)
{
    unsigned char header[BLOCK];
    uint64_t at = 0;
    while (pread(work->fd, header, BLOCK, (off_t)at) == BLOCK && header[0]) {
        uint64_t size = number(header + 124, 12);
        if (work->count == LAYERS_MAX) {
            fprintf(stderr, "bound: over %d members\n", LAYERS_MAX);
            exit(3);
        }
        if (size)
            work->parts[work->count++] = (struct part){at + BLOCK, size, 0};
        at += BLOCK + padded(size);
    }
}

static int larger_first(const void *a, const void *b)
{
    uint64_t left = ((const struct part *)a)->size, right = ((const struct part *)b)->size;
    return left < right ? 1 : left > right ? -1 : 0;
}

/* Hash all of a part, and step from header to header while its bytes pass. */
static void read_part(int fd, struct part *part, unsigned char *buffer, EVP_MD_CTX *sha)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    uint64_t header_at = 0;
    EVP_DigestInit_ex(sha, EVP_sha256(), NULL);
    for (uint64_t done = 0; done < part->size;) {
        size_t want = part->size - done < PIECE ? (size_t)(part->size - done) : PIECE;
        ssize_t got = pread(fd, buffer, want, (off_t)(part->at + done));
        if (got <= 0)
            die("read");
        EVP_DigestUpdate(sha, buffer, (size_t)got);
        /* Pieces are whole blocks, so a header never lies across two of them. */
        while (header_at >= done && header_at + BLOCK <= done + (uint64_t)got) {
            const unsigned char *header = buffer + (header_at - done);
            bool tar = memcmp(header + 257, "ustar", 5) == 0;
            part->entries += tar;
            header_at += BLOCK + (tar ? padded(number(header + 124, 12)) : 0);
        }
        done += (uint64_t)got;
    }
    EVP_DigestFinal_ex(sha, digest, NULL);
}

static void *reader(void *argument)
{
    struct work *work = argument;
    unsigned char *buffer = malloc(PIECE);
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    for (;;) {
        pthread_mutex_lock(&work->lock);
        unsigned index = work->next++;
        pthread_mutex_unlock(&work->lock);
        if (index >= work->count)
            break;
        read_part(work->fd, &work->parts[index], buffer, sha);
    }
    EVP_MD_CTX_free(sha);
    free(buffer);
    return NULL;
}

static int bound_archive(unsigned threads, const char *path)
{
    static struct work work = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t ids[THREADS_MAX];
    double start = seconds(CLOCK_MONOTONIC);
    work.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (work.fd < 0)
        die(path);
    find_parts(&work);
    qsort(work.parts, work.count, sizeof(work.parts[0]), larger_first);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, reader, &work))
            die("pthread_create");
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    uint64_t bytes = 0, entries = 0;
    for (unsigned i = 0; i < work.count; i++) {
        bytes += work.parts[i].size;
        entries += work.parts[i].entries;
    }
    printf("{\"wall\": %.6f, \"cpu\": %.6f, \"bytes\": %llu, \"entries\": %llu}\n",
           seconds(CLOCK_MONOTONIC) - start, seconds(CLOCK_PROCESS_CPUTIME_ID),
           (unsigned long long)bytes, (unsigned long long)entries);
    return 0;
}

/* -- gzip -------------------------------------------------------------------------------------- */

struct gzip_cost {
    double hash_in, inflate, hash_out;
    uint64_t in, out;
};

/* Each of the three is timed alone, piece by piece, on pieces that stay in the cache. */
static void cost_of(const char *path, struct gzip_cost *cost)
{
    static unsigned char in[PIECE / 8], out[PIECE];
    static struct inflate_state state;
    EVP_MD_CTX *in_sha = EVP_MD_CTX_new(), *out_sha = EVP_MD_CTX_new();
    EVP_DigestInit_ex(in_sha, EVP_sha256(), NULL);
    EVP_DigestInit_ex(out_sha, EVP_sha256(), NULL);
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(path);
    ssize_t got;
    while ((got = read(fd, in, sizeof(in))) > 0) {
        double before = seconds(CLOCK_THREAD_CPUTIME_ID);
        EVP_DigestUpdate(in_sha, in, (size_t)got);
        cost->hash_in += seconds(CLOCK_THREAD_CPUTIME_ID) - before;
        cost->in += (uint64_t)got;
        state.next_in = in;
        state.avail_in = (uint32_t)got;
        do {
            state.next_out = out;
            state.avail_out = sizeof(out);
            before = seconds(CLOCK_THREAD_CPUTIME_ID);
            int status = isal_inflate(&state);
            double middle = seconds(CLOCK_THREAD_CPUTIME_ID);
            if (status != ISAL_DECOMP_OK) {
                fprintf(stderr, "bound: %s: inflate says %d\n", path, status);
                exit(3);
            }
            size_t count = sizeof(out) - state.avail_out;
            EVP_DigestUpdate(out_sha, out, count);
            cost->hash_out += seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
            cost->inflate += middle - before;
            cost->out += count;
        } while (state.avail_in && state.block_state != ISAL_BLOCK_FINISH);
    }
    close(fd);
    EVP_MD_CTX_free(in_sha);
    EVP_MD_CTX_free(out_sha);
}

static int bound_gzip(int count, char **paths)
{
    struct gzip_cost cost = {0};
    for (int i = 0; i < count; i++)
        cost_of(paths[i], &cost);
    printf("{\"hash_in\": %.6f, \"inflate\": %.6f, \"hash_out\": %.6f, \"sum\": %.6f, "
           "\"in\": %llu, \"out\": %llu}\n",
           cost.hash_in, cost.inflate, cost.hash_out, cost.hash_in + cost.inflate + cost.hash_out,
           (unsigned long long)cost.in, (unsigned long long)cost.out);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "archive") == 0) {
        unsigned long threads = strtoul(argv[2], NULL, 10);
        if (threads >= 1 && threads <= THREADS_MAX)
            return bound_archive((unsigned)threads, argv[3]);
    }
    if (argc > 2 && strcmp(argv[1], "gzip") == 0)
        return bound_gzip(argc - 2, argv + 2);
    fprintf(stderr, "usage: bound archive THREADS FILE | bound gzip FILE...\n");
    return 2;
}
