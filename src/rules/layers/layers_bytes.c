#include "rules/families.h"

/*
 * Bytes that are in the image and that nobody will ever see: what one layer writes and a later one
 * removes, moves or writes again. Only the layers that ship count.
 */

/* Traces of earlier steps that are still there. The newest are enough: a file of 10^5 steps must
 * not cost 10^10 comparisons. */
enum { LIVE_MAX = 256 };

/* Less than this is no reason to touch a file. */
enum { SMALL_BYTES = 100000 };

struct live {
    const struct trace *trace;
    const struct step_facts *step;
};

struct ledger {
    struct live live[LIVE_MAX];
    uint32_t count; /* all that ever were; the newest LIVE_MAX of them are kept */
};

/* What the step writes and takes away again was never in its layer. */
static bool is_taken_back(const struct step_facts *step, const struct trace *trace)
{
    const struct trace *end = step->traces.at + step->traces.count;
    for (const struct trace *later = trace + 1; later < end; later++)
        if ((later->kind == TRACE_REMOVED || later->kind == TRACE_MOVED) &&
            trace_covers(later->path, trace->path))
            return true;
    return false;
}

static void ledger_add(struct ledger *ledger, const struct step_facts *step)
{
    VEC_EACH(struct trace, trace, step->traces) {
        bool writes = trace->kind != TRACE_REMOVED && trace->kind != TRACE_MOVED;
        if (writes && !is_taken_back(step, trace))
            ledger->live[ledger->count++ % LIVE_MAX] = (struct live){trace, step};
    }
}

/* Take the newest that the removal hits out of the ledger; NULL when there is none. */
static const struct live *ledger_take(struct ledger *ledger, str pattern, struct live *out)
{
    const struct live *best = NULL;
    uint32_t kept = ledger->count < LIVE_MAX ? ledger->count : LIVE_MAX;
    for (uint32_t i = 0; i < kept; i++) {
        struct live *live = &ledger->live[(ledger->count - 1 - i) % LIVE_MAX];
        if (!live->trace || !trace_covers(pattern, live->trace->path))
            continue;
        if (!best || best->trace->kind == TRACE_TEXT) {
            *out = *live;
            best = out;
        }
        live->trace = NULL;
    }
    return best;
}

/* Where in the build context the file comes from that a COPY of one source brought to `path`; NULL
 * when that is not known, or when nothing of that name is sent. */
static const struct context_entry *entry_behind(const struct facts *facts, const struct live *live,
                                                str path)
{
    const struct instruction *copy = live->step->instruction;
    str into = live->trace->path;
    if (!facts->tree || live->trace->command || copy->words.count != 2 ||
        instruction_flag(copy, "from") || glob_is_pattern(copy->words.at[0].raw) ||
        !trace_covers(into, path))
        return NULL;
    str source = path_clean(facts->arena, copy->words.at[0].raw);
    while (source.len && source.at[0] == '/')
        source = str_from_index(source, 1);
    str below = str_from_index(path, into.len);
    str from = path_join(facts->arena, source.len ? source : STR("."),
                         str_from_index(below, below.len ? 1 : 0));
    const struct context_entry *entry = context_find(facts->tree, from);
    return entry && !entry->dropped ? entry : NULL;
}

/* A live COPY of a directory that had this path in it. */
static bool ledger_find_below(const struct facts *facts, const struct ledger *ledger, str path,
                              struct live *out)
{
    uint32_t kept = ledger->count < LIVE_MAX ? ledger->count : LIVE_MAX;
    for (uint32_t i = 0; facts->tree && !glob_is_pattern(path) && i < kept; i++) {
        const struct live *live = &ledger->live[(ledger->count - 1 - i) % LIVE_MAX];
        if (live->trace && entry_behind(facts, live, path)) {
            *out = *live;
            return true;
        }
    }
    return false;
}

/* Bytes of a context entry: its own, or those below it that are sent. */
static uint64_t entry_bytes(const struct facts *facts, const struct context_entry *entry)
{
    uint64_t bytes = 0;
    const struct context_entry *end =
        entry->type == ENTRY_DIRECTORY ? facts->tree->entries + entry->end : entry + 1;
    for (const struct context_entry *at = entry; at < end; at++)
        bytes += at->dropped ? 0 : at->size_bytes;
    return bytes;
}

/* Did the step itself write there before it removed: then it cleans up after itself. */
static bool is_own(const struct step_facts *step, const struct trace *removal)
{
    VEC_EACH(struct trace, trace, step->traces) {
        if (trace == removal)
            break;
        if (trace->kind != TRACE_REMOVED && trace->kind != TRACE_MOVED &&
            trace_covers(removal->path, trace->path))
            return true;
    }
    return false;
}

typedef void hit_check(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct trace *removal,
                       const struct live *writer);

/* Every removal (or move) of what an earlier shipped layer wrote. */
static void each_hit(const struct facts *facts, struct rule_sink *sink, enum trace_kind kind,
                     hit_check *check)
{
    struct ledger ledger = {.count = 0};
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (!stage || !stage->ships || !step->traces.count)
            continue;
        VEC_EACH(struct trace, trace, step->traces) {
            if (trace->kind != TRACE_REMOVED && trace->kind != TRACE_MOVED)
                continue;
            struct live writer;
            bool hit = ledger_take(&ledger, trace->path, &writer) != NULL ||
                       ledger_find_below(facts, &ledger, trace->path, &writer);
            if (hit && trace->kind == kind && !is_own(step, trace))
                check(facts, sink, step, trace, &writer);
        }
        ledger_add(&ledger, step);
    }
}

static uint32_t line_of(const struct rule_sink *sink, span at)
{
    return source_position(sink->source, at.start).line;
}

/* -- written by RUN, removed by a later RUN ---------------------------------------------------- */

/* Between the step that wrote and the one that removes: does anything need the path? */
static bool is_used_between(const struct facts *facts, const struct step_facts *from,
                            const struct step_facts *to, str path)
{
    for (const struct step_facts *step = from + 1; step < to; step++)
        if (step->instruction->kind != INSTRUCTION_RUN || step_mentions(facts, step, path))
            return true;
    return false;
}

/* Only comments stand between: make one RUN of all. Else, where nothing in between needs the path,
 * the removal goes to the step that wrote. */
static void fix_late_removal(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *writer, const struct step_facts *remover,
                             const struct trace *removal)
{
    struct edit_list edits = {0};
    bool merges = writer->stage == remover->stage;
    for (const struct step_facts *step = writer; merges && step < remover; step++) {
        struct edit edit;
        merges = merge_runs_edit(facts, step, step + 1, &edit);
        vec_push(sink->arena, &edits, edit);
    }
    if (merges) {
        found_fix(sink, "Write and remove in one RUN");
        VEC_EACH(struct edit, edit, edits) {
            found_edit(sink, edit->at, edit->text);
        }
        return;
    }
    bool alone = remover->command_count == 1 && !remover->instruction->flags.count;
    if (writer->stage != remover->stage || !alone || writer->script_is_heredoc ||
        writer->instruction->kind != INSTRUCTION_RUN || writer->instruction->heredocs.count ||
        !str_eq(writer->workdir, remover->workdir) || !str_eq(writer->user, remover->user) ||
        is_used_between(facts, writer, remover, removal->path))
        return;
    found_fix(sink, "Remove it where it is written");
    struct edit edit =
        run_append_edit(facts, writer, NULL, source_text(sink->source, removal->command->at));
    found_edit(sink, edit.at, edit.text);
    found_remove_instruction(sink, remover->instruction);
}

/* A step that only cleans up is layers/cleanup-alone's. */
static bool does_more(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++)
        if (step->packages[k].verb != PACKAGE_CLEAN && step->packages[k].verb != PACKAGE_REMOVE &&
            !STR_IN(step->commands[k].name, "rm", "set", "echo", "true"))
            return true;
    return false;
}

static void check_dead(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct trace *removal,
                       const struct live *writer)
{
    const struct trace *wrote = writer->trace;
    if (!wrote->command || wrote->kind == TRACE_TEXT ||
        (wrote->kind == TRACE_CACHE && !does_more(step)))
        return;
    found(sink, removal->at, "'%.*s' stays in the layer of line %u: this only hides it",
          STR_ARG(wrote->path), line_of(sink, wrote->at));
    found_related(sink, wrote->at, "written here");
    if (trace_is_small(wrote))
        found_severity(sink, SEVERITY_NOTE);
    if (removal->command)
        fix_late_removal(facts, sink, writer->step, step, removal);
}

static void check_dead_bytes(const struct facts *facts, struct rule_sink *sink)
{
    each_hit(facts, sink, TRACE_REMOVED, check_dead);
}

/* -- brought by COPY or ADD, removed by RUN ---------------------------------------------------- */

/* COPY that only feeds one RUN becomes a bind mount of that RUN. */
static void fix_with_mount(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct trace *removal,
                           const struct live *writer)
{
    const struct instruction *copy = writer->step->instruction;
    const struct flag *from = instruction_flag(copy, "from");
    str source = copy->words.count == 2 ? copy->words.at[0].raw : STR("");
    struct edit edit;
    if (copy->kind != INSTRUCTION_COPY || copy->json || !source.len || glob_is_pattern(source) ||
        str_has_char(source, '$') || copy->flags.count > (from ? 1U : 0U) ||
        step->stage != writer->step->stage || step->instruction->json ||
        (from && str_has_char(from->value, '$')) || removal->command->argv.count > 3 ||
        is_used_between(facts, writer->step, step, writer->trace->path) ||
        !remove_command_edit(facts, step, removal->command, &edit))
        return;
    str mount = from ? str_fmt(sink->arena, "--mount=type=bind,from=%.*s,source=%.*s,target=%.*s",
                               STR_ARG(from->value), STR_ARG(source), STR_ARG(writer->trace->path))
                     : str_fmt(sink->arena, "--mount=type=bind,source=%.*s,target=%.*s",
                               STR_ARG(source), STR_ARG(writer->trace->path));
    found_fix(sink, "Mount it for the RUN that needs it");
    found_remove_instruction(sink, copy);
    found_edit(sink, edit.at, edit.text);
    struct edit flag = add_flag(facts, step->instruction, mount);
    found_edit(sink, flag.at, flag.text);
}

static void check_copied(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step, const struct trace *removal,
                         const struct live *writer)
{
    const struct trace *wrote = writer->trace;
    if (wrote->command)
        return;
    bool below = removal->path.len > wrote->path.len && trace_covers(wrote->path, removal->path);
    str gone = below ? removal->path : wrote->path;
    struct finding *finding = found(
        sink, removal->at, "'%.*s' stays in the layer of the %s on line %u: this only hides it",
        STR_ARG(gone), instruction_name(writer->step->instruction->kind), line_of(sink, wrote->at));
    const struct context_entry *entry = entry_behind(facts, writer, gone);
    if (entry)
        finding->bytes = entry_bytes(facts, entry);
    found_related(sink, wrote->at, "brought here");
    if (entry ? finding->bytes < SMALL_BYTES : trace_is_small(wrote))
        found_severity(sink, SEVERITY_NOTE);
    if (removal->command && !below)
        fix_with_mount(facts, sink, step, removal, writer);
}

static void check_copied_bytes(const struct facts *facts, struct rule_sink *sink)
{
    each_hit(facts, sink, TRACE_REMOVED, check_copied);
}

/* -- moved in a later layer -------------------------------------------------------------------- */

static void check_moved(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct trace *removal,
                        const struct live *writer)
{
    (void)facts;
    (void)step;
    const struct trace *wrote = writer->trace;
    if (wrote->kind == TRACE_TEXT || trace_is_small(wrote))
        return;
    found(sink, removal->at, "'%.*s' is in the image twice: here, and in the layer of line %u",
          STR_ARG(wrote->path), line_of(sink, wrote->at));
    found_related(sink, wrote->at, "written here");
}

static void check_moves(const struct facts *facts, struct rule_sink *sink)
{
    each_hit(facts, sink, TRACE_MOVED, check_moved);
}

/* -- packages installed, and purged in a later layer ------------------------------------------- */

/* The earlier shipped step that installs this name (or makes this virtual package). */
static const struct package_command *installer_of(const struct facts *facts, uint32_t before,
                                                  const struct shell_word *name)
{
    uint32_t oldest = before > LIVE_MAX ? before - LIVE_MAX : 0;
    for (uint32_t i = before; i-- > oldest;) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (!stage || !stage->ships)
            continue;
        for (uint32_t k = 0; step->packages && k < step->command_count; k++) {
            const struct package_command *package = &step->packages[k];
            if (package->verb != PACKAGE_INSTALL)
                continue;
            VEC_EACH(struct shell_word, word, package->command->argv) {
                if (str_eq(word->raw, name->raw))
                    return package;
            }
        }
    }
    return NULL;
}

static void check_purge(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct package_command *package)
{
    const struct stage_facts *stage = step_stage(facts, step);
    str manager = str_from(package->manager ? package->manager : "");
    if (package->verb != PACKAGE_REMOVE || !stage || !stage->ships ||
        !STR_IN(manager, "apt-get", "apt", "aptitude", "apk", "yum", "dnf", "microdnf", "zypper",
                "tdnf"))
        return;
    uint32_t index = (uint32_t)(step - facts->steps);
    struct shell_words names = shell_operands(facts->arena, package->command, true);
    for (uint32_t i = 0; i < names.count && i < 32; i++) {
        const struct package_command *here = installer_of(facts, index + 1, &names.at[i]);
        bool own = here && here->command->at.start >= step->instruction->at.start;
        if (!here || own)
            continue;
        found(sink, package->command->at,
              "'%.*s' stays in the layer of line %u: removing it here adds to the image",
              STR_ARG(names.at[i].raw), line_of(sink, here->command->at));
        found_related(sink, here->command->at, "installed here");
        return;
    }
}

static void check_purges(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_purge);
}

RULE_FAMILY(
    layers_bytes,
    {.name = "layers/dead-bytes",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s3",
     .what = "a RUN removes what an earlier layer wrote",
     .why = "a layer never changes: the bytes are pulled and stored with every image, and the "
            "removal adds an entry of its own; 12 % of 610 public Dockerfiles do it",
     .how = "write and remove in one RUN, or mount a cache, tmpfs or bind",
     .source = "guide: Chain Cleanup in Same Layer; OCI image layer specification, whiteouts",
     .dockerfile = check_dead_bytes},
    {.name = "layers/copied-then-removed",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s6 s21",
     .what = "a RUN removes what COPY or ADD brought",
     .why = "the copy is a layer of its own: its bytes stay in the image (wheels often weigh more "
            "than the application)",
     .how = "RUN --mount=type=bind,from=builder,source=/wheels,target=/wheels ...",
     .source = "Dockerfile reference, RUN --mount=type=bind; the guide's own wheel examples do it",
     .dockerfile = check_copied_bytes},
    {.name = "layers/moved",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s20",
     .what = "a RUN moves what an earlier layer wrote",
     .why = "a move across layers is a copy: the bytes are in the image twice",
     .how = "write to the right place at once, or move in the same RUN",
     .source = "OCI image layer specification, change sets",
     .dockerfile = check_moves},
    {.name = "layers/purge-later",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s1 s2",
     .what = "packages are purged in another RUN than the one that installed them",
     .why = "they stay in the earlier layer: the image grows by the purge",
     .how = "install, build and purge in one RUN, or build in a stage of its own",
     .source = "OCI image layer specification, whiteouts",
     .dockerfile = check_purges});
