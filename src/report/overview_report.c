#include "report/check_formats.h"
#include "report/paint.h"

#include "base/num.h"

#include <stdlib.h>

/* What `plimsoll` alone says: what is there, the five biggest wins, the one next command. */

enum { WINS_MAX = 5 };

/* All findings of one rule. */
struct win {
    const struct rule *rule;
    enum severity severity; /* the gravest of them */
    uint64_t bytes;
    uint32_t count;
    uint32_t safe, proof;            /* of them, how many bring edits of that class */
    const struct checked_file *file; /* of the first */
    const struct finding *first;
};

VEC_TYPE(wins, struct win);

static const struct {
    enum file_kind kind;
    const char *one, *many;
} kinds[] = {
    {FILE_DOCKERFILE, "Dockerfile", "Dockerfiles"},
    {FILE_IGNORE, "ignore file", "ignore files"},
    {FILE_COMPOSE, "compose file", "compose files"},
    {FILE_KUBERNETES, "Kubernetes manifest", "Kubernetes manifests"},
    {FILE_GITHUB, "GitHub workflow", "GitHub workflows"},
    {FILE_GITLAB, "GitLab pipeline", "GitLab pipelines"},
};

static void paint_kinds(struct paint *paint, const struct check_result *result)
{
    bool first = true;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        unsigned count = 0;
        VEC_EACH(struct checked_file, file, result->files)
            count += file->kind == kinds[i].kind;
        if (!count)
            continue;
        paint_fmt(paint, INK_PLAIN, "%s%u %s", first ? "found " : ", ", count,
                  count == 1 ? kinds[i].one : kinds[i].many);
        first = false;
    }
    paint_z(paint, INK_PLAIN, first ? "found nothing that builds or runs a container\n" : "\n");
}

static void add_to_win(struct win *win, const struct checked_file *file,
                       const struct finding *finding)
{
    if (!win->count || finding->severity > win->severity) {
        win->severity = finding->severity;
        win->first = finding;
        win->file = file;
    }
    win->bytes += finding->bytes;
    bool edits = finding->fix.edits.count > 0;
    win->safe += edits && finding->fix.safety == FIX_SAFE;
    win->proof += edits && finding->fix.safety == FIX_PROOF;
    win->count++;
}

static struct wins wins_of(struct arena *arena, const struct check_result *result)
{
    struct wins wins = {0};
    struct map by_rule = {0}; /* name -> struct win *, copied out at the end */
    VEC_EACH(struct checked_file, file, result->files)
        VEC_EACH(struct finding, finding, file->findings) {
            str name = str_from(finding->rule->name);
            struct win *win = map_find(&by_rule, name);
            if (!win) {
                win = NEW(arena, struct win);
                win->rule = finding->rule;
                map_set(arena, &by_rule, name, win);
            }
            add_to_win(win, file, finding);
        }
    for (uint32_t i = 0; i < by_rule.count; i++)
        vec_push(arena, &wins, *(const struct win *)by_rule.entries[i].value);
    return wins;
}

/* Gravest first, then most bytes, then most often, then by name. */
static int win_order(const void *left, const void *right)
{
    const struct win *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return str_order(str_from(a->rule->name), str_from(b->rule->name));
}

static void paint_win(struct paint *paint, unsigned number, const struct win *win)
{
    struct position at = source_position(win->file->source, win->first->at.start);
    paint_fmt(paint, INK_PLAIN, "\n%u. ", number);
    paint_fmt(paint, severity_ink(win->severity), "%s", win->rule->name);
    if (win->count > 1)
        paint_fmt(paint, INK_DIM, " (%u times)", win->count);
    if (win->bytes)
        paint_fmt(paint, INK_BOLD, " %s",
                  str_z(paint->out.arena, size_print(paint->out.arena, win->bytes)));
    paint_z(paint, INK_PLAIN, "\n   ");
    paint_text(paint, INK_DIM, win->file->path);
    paint_fmt(paint, INK_DIM, ":%u: ", at.line);
    paint_text(paint, INK_PLAIN, win->first->message);
    paint_z(paint, INK_PLAIN, "\n   ");
    paint_wrapped(paint, str_from(win->rule->how), 3, 3);
    paint_z(paint, INK_PLAIN, "\n");
}

/* What the tool does of it by itself, and the one thing to do now. */
static void paint_next(struct paint *paint, const struct wins *wins)
{
    uint32_t safe = 0, proof = 0;
    VEC_EACH(struct win, win, *wins) {
        safe += win->safe;
        proof += win->proof;
    }
    if (safe)
        paint_fmt(paint, INK_PLAIN, "\n'plimsoll fix' can mend %u of them", safe);
    if (safe && proof)
        paint_fmt(paint, INK_PLAIN, ", with --unproven %u more\n", proof);
    else if (proof)
        paint_fmt(paint, INK_PLAIN, "\n'plimsoll fix --unproven' can mend %u of them\n", proof);
    else if (safe)
        paint_z(paint, INK_PLAIN, "\n");
    const char *next = safe          ? "plimsoll fix --diff"
                       : proof       ? "plimsoll fix --diff --unproven"
                       : wins->count ? "plimsoll check"
                                     : NULL;
    if (next)
        paint_fmt(paint, INK_BOLD, "\nnext: %s\n", next);
}

static void paint_counts(struct paint *paint, const struct check_result *result)
{
    if (!result->errors && !result->warnings && !result->notes) {
        paint_z(paint, INK_GREEN, "nothing to mend\n");
        return;
    }
    paint_fmt(paint, INK_PLAIN, "%u error%s, %u warning%s, %u note%s\n", result->errors,
              result->errors == 1 ? "" : "s", result->warnings, result->warnings == 1 ? "" : "s",
              result->notes, result->notes == 1 ? "" : "s");
}

str report_overview(struct arena *arena, const struct check_result *result,
                    const struct report_style *style)
{
    struct paint paint = paint_init(arena, style);
    struct wins wins = wins_of(arena, result);
    if (wins.count)
        qsort(wins.at, wins.count, sizeof(*wins.at), win_order);
    paint_kinds(&paint, result);
    if (result->files.count)
        paint_counts(&paint, result);
    for (uint32_t i = 0; i < wins.count && i < WINS_MAX; i++)
        paint_win(&paint, i + 1, &wins.at[i]);
    if (!style->quiet)
        paint_next(&paint, &wins);
    return buf_str(&paint.out);
}
