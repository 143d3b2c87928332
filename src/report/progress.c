#include "report/paint.h"

#include "base/arena.h"
#include "base/events.h"
#include "base/host.h"
#include "base/num.h"
#include "data/data.h"

#include <pthread.h>

/*
 * Events as they come, for standard error: live lines, plain lines or JSON lines.
 *
 * Live: what is done stays above, as lines that scroll; below are the steps that go on, drawn
 * again at most ten times a second over what was there.
 */

enum { REDRAW_MS = 100, TELL_MS = 5000, JSON_MS = 250, LIVE_LINES = 8, BAR = 24 };

struct step_state {
    str name, outcome;
    uint64_t bytes, total, begun_ms, told_ms;
    bool begun, done;
};

struct progress {
    struct events events; /* first */
    struct arena *arena;
    const struct host *host;
    enum progress_form form;
    progress_say *say;
    pthread_mutex_t lock;
    VEC(struct step_state) steps; /* step number - 1 */
    uint32_t first_open;          /* all before it are done */
    uint64_t drawn_ms;
    unsigned lines; /* live lines that stand now */
};

/* -- words ------------------------------------------------------------------------------------- */

static void add_amount(struct buf *out, const struct step_state *step)
{
    struct arena *arena = out->arena;
    buf_add(out, size_print(arena, step->bytes));
    if (step->total)
        buf_fmt(out, " of %.*s", STR_ARG(size_print(arena, step->total)));
}

static void add_rate(struct buf *out, const struct step_state *step, uint64_t now_ms)
{
    uint64_t took_ms = now_ms - step->begun_ms;
    if (took_ms >= 500)
        buf_fmt(out, "  %.*s/s", STR_ARG(size_print(out->arena, step->bytes / took_ms * 1000)));
}

static str end_line(struct arena *arena, const struct step_state *step)
{
    struct buf out = buf_init(arena, 4096);
    buf_fmt(&out, "plimsoll: %.*s: ", STR_ARG(report_escape(arena, step->name)));
    if (step->outcome.len)
        buf_add(&out, report_escape(arena, step->outcome));
    else if (step->bytes)
        buf_add(&out, size_print(arena, step->bytes));
    else
        buf_add(&out, STR("done"));
    buf_add_char(&out, '\n');
    return buf_str(&out);
}

/* -- live -------------------------------------------------------------------------------------- */

/* Take the live lines away: what is written next stands where they were. */
static void erase(struct progress *progress, struct buf *out)
{
    if (progress->lines)
        buf_fmt(out, "\033[%uA\033[J", progress->lines);
    progress->lines = 0;
}

static void add_live_line(struct progress *progress, struct buf *out, const struct step_state *step,
                          uint64_t now_ms)
{
    struct buf line = buf_init(out->arena, 512);
    buf_fmt(&line, "%.*s ", STR_ARG(report_escape(out->arena, step->name)));
    if (step->total) {
        uint64_t share = step->bytes < step->total ? step->bytes : step->total;
        int filled = (int)((double)share / (double)step->total * BAR);
        buf_add_char(&line, '[');
        for (int i = 0; i < BAR; i++)
            buf_add_char(&line, i < filled ? '=' : i == filled ? '>' : ' ');
        buf_add(&line, STR("] "));
    }
    add_amount(&line, step);
    add_rate(&line, step, now_ms);
    unsigned width = progress->host->width > 1 ? progress->host->width - 1 : 79;
    buf_add(out, str_slice(buf_str(&line), 0, width));
    buf_add_char(out, '\n');
    progress->lines++;
}

static void draw(struct progress *progress, struct buf *out)
{
    uint64_t now_ms = host_ticks_ms(progress->host);
    progress->drawn_ms = now_ms;
    for (uint32_t i = progress->first_open; i < progress->steps.count; i++) {
        const struct step_state *step = &progress->steps.at[i];
        if (step->begun && !step->done && progress->lines < LIVE_LINES)
            add_live_line(progress, out, step, now_ms);
    }
}

static void tell_live(struct progress *progress, const struct event *event, struct buf *out)
{
    uint64_t now_ms = host_ticks_ms(progress->host);
    if (event->kind == EVENT_BYTES && now_ms - progress->drawn_ms < REDRAW_MS)
        return;
    erase(progress, out);
    if (event->kind == EVENT_DONE)
        buf_add(out, end_line(out->arena, &progress->steps.at[event->step - 1]));
    else if (event->kind == EVENT_NOTE)
        buf_add(out, report_note(out->arena, event->text, false));
    draw(progress, out);
}

/* -- lines ------------------------------------------------------------------------------------- */

static void tell_plain(struct progress *progress, const struct event *event, struct buf *out)
{
    if (event->kind == EVENT_NOTE) {
        buf_add(out, report_note(out->arena, event->text, false));
        return;
    }
    struct step_state *step = &progress->steps.at[event->step - 1];
    uint64_t now_ms = host_ticks_ms(progress->host);
    if (event->kind == EVENT_DONE)
        buf_add(out, end_line(out->arena, step));
    if (event->kind != EVENT_BYTES || now_ms - step->told_ms < TELL_MS)
        return;
    step->told_ms = now_ms;
    buf_fmt(out, "plimsoll: %.*s: ", STR_ARG(report_escape(out->arena, step->name)));
    add_amount(out, step);
    add_rate(out, step, now_ms);
    buf_add_char(out, '\n');
}

static void tell_json(struct progress *progress, const struct event *event, struct buf *out)
{
    static const char *const kinds[] = {"step", "bytes", "note", "done"};
    if (event->kind == EVENT_NOTE) {
        buf_add(out, report_note(out->arena, event->text, true));
        return;
    }
    struct step_state *step = &progress->steps.at[event->step - 1];
    uint64_t now_ms = host_ticks_ms(progress->host);
    if (event->kind == EVENT_BYTES && now_ms - step->told_ms < JSON_MS)
        return;
    step->told_ms = now_ms;
    struct json_out json = json_out_init(out->arena, false);
    json_object(&json, NULL);
    json_z(&json, "event", kinds[event->kind]);
    json_u64(&json, "step", event->step);
    json_str(&json, "name", step->name);
    json_u64(&json, "bytes", step->bytes);
    json_u64(&json, "total", step->total);
    if (event->kind == EVENT_DONE)
        json_str(&json, "outcome", step->outcome);
    json_end_object(&json);
    buf_add(out, str_trim_end(buf_str(&json.buf)));
    buf_add_char(out, '\n');
}

/* -- events ------------------------------------------------------------------------------------ */

static void note(struct progress *progress, const struct event *event)
{
    if (event->kind == EVENT_NOTE)
        return;
    while (progress->steps.count < event->step)
        vec_push(progress->arena, &progress->steps, (struct step_state){0});
    struct step_state *step = &progress->steps.at[event->step - 1];
    if (event->kind == EVENT_STEP) {
        uint64_t now_ms = host_ticks_ms(progress->host);
        step->begun = true;
        step->name = str_copy(progress->arena, event->text);
        step->total = event->bytes;
        step->begun_ms = step->told_ms = now_ms;
    } else if (event->kind == EVENT_BYTES)
        step->bytes += event->bytes;
    else {
        step->done = true;
        step->outcome = str_copy(progress->arena, event->text);
    }
    while (progress->first_open < progress->steps.count &&
           progress->steps.at[progress->first_open].done)
        progress->first_open++;
}

static void tell(struct events *events, const struct event *event)
{
    struct progress *progress = (struct progress *)events;
    pthread_mutex_lock(&progress->lock);
    note(progress, event);
    struct arena_mark mark = arena_mark(progress->arena);
    struct buf out = buf_init(progress->arena, (size_t)1 << 16);
    switch (progress->form) {
    case PROGRESS_FORM_LIVE: tell_live(progress, event, &out); break;
    case PROGRESS_FORM_PLAIN: tell_plain(progress, event, &out); break;
    case PROGRESS_FORM_JSON: tell_json(progress, event, &out); break;
    }
    if (out.len)
        progress->say(buf_str(&out));
    arena_rewind(progress->arena, mark);
    pthread_mutex_unlock(&progress->lock);
}

struct events *progress_new(struct arena *arena, const struct host *host, enum progress_form form,
                            progress_say *say)
{
    struct progress *progress = NEW(arena, struct progress);
    progress->events.tell = tell;
    progress->arena = arena_child(arena, 0);
    progress->host = host;
    progress->form = form;
    progress->say = say;
    pthread_mutex_init(&progress->lock, NULL);
    return &progress->events;
}

void progress_clear(struct events *events)
{
    struct progress *progress = (struct progress *)events;
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    struct arena_mark mark = arena_mark(progress->arena);
    struct buf out = buf_init(progress->arena, 4096);
    erase(progress, &out);
    if (out.len)
        progress->say(buf_str(&out));
    arena_rewind(progress->arena, mark);
    pthread_mutex_unlock(&progress->lock);
}
