#include "rules/inline.h"

#include "base/num.h"
#include "rules/choice.h"
#include "rules/families.h"

struct ignored_name {
    str text;
    bool used;
};

struct ignore_note {
    span at;     /* the comment */
    span covers; /* findings that begin here are meant */
    VEC(struct ignored_name) names;
    str until;
    bool ours, reason, everywhere;
};

struct notes {
    VEC(struct ignore_note) all;
};

static void add_names(struct arena *arena, struct ignore_note *note, str list)
{
    str name;
    while (str_next(&list, ',', &name)) {
        name = str_trim(name);
        if (name.len)
            vec_push(arena, &note->names, (struct ignored_name){.text = name});
    }
}

/* "ignore=a,b until=2027-01-01 -- why": the part behind "plimsoll:". */
static bool parse_ours(struct arena *arena, str text, struct ignore_note *note)
{
    note->ours = true;
    size_t dashes = str_find(text, STR("--"));
    if (dashes != STR_MISSING) {
        note->reason = str_trim(str_from_index(text, dashes + 2)).len > 0;
        text = str_slice(text, 0, dashes);
    }
    str word;
    bool list_goes_on = false;
    while (str_next_word(&text, &word)) {
        if (str_starts(word, STR("ignore=")))
            add_names(arena, note, str_from_index(word, 7));
        else if (str_starts(word, STR("until=")))
            note->until = str_from_index(word, 6);
        else if (list_goes_on)
            add_names(arena, note, word);
        list_goes_on = str_ends(word, STR(","));
    }
    return note->names.count > 0;
}

/* Read one comment's text (without '#'); false when it is no ignore. */
static bool parse_note(struct arena *arena, str text, struct ignore_note *note)
{
    text = str_trim(text);
    if (str_starts(text, STR("plimsoll:")))
        return parse_ours(arena, str_from_index(text, 9), note);
    if (str_starts_nocase(text, STR("hadolint"))) {
        text = str_trim(str_from_index(text, 8));
        note->everywhere = str_starts_nocase(text, STR("global"));
        if (note->everywhere)
            text = str_trim(str_from_index(text, 6));
        size_t equals = str_find_char(text, '=');
        if (!str_starts_nocase(text, STR("ignore")) || equals == STR_MISSING)
            return false;
        str list = str_from_index(text, equals + 1);
        add_names(arena, note, str_slice(list, 0, str_find_char(list, '#')));
        return note->names.count > 0;
    }
    if (str_starts(text, STR("check=skip="))) {
        str list = str_from_index(text, 11);
        add_names(arena, note, str_slice(list, 0, str_find_char(list, ';')));
        return note->names.count > 0;
    }
    return false;
}

static void notes_of_dockerfile(struct arena *arena, const struct dockerfile *file,
                                struct notes *notes)
{
    VEC_EACH(struct comment, comment, file->comments) {
        struct ignore_note note = {.at = comment->at};
        if (!parse_note(arena, comment->text, &note))
            continue;
        if (comment->before < file->instructions.count)
            note.covers = file->instructions.at[comment->before].at;
        if (comment->inside && comment->before > 0)
            note.covers = span_join(note.covers, file->instructions.at[comment->before - 1].at);
        vec_push(arena, &notes->all, note);
    }
    if (str_starts(file->directives.check, STR("skip="))) {
        struct ignore_note note = {.at = file->directives.check_at, .everywhere = true};
        str list = str_from_index(file->directives.check, 5);
        add_names(arena, &note, str_slice(list, 0, str_find_char(list, ';')));
        vec_push(arena, &notes->all, note);
    }
}

static void notes_of_text(struct arena *arena, const struct source *source, struct notes *notes)
{
    for (uint32_t line = 1; line <= source->line_count; line++) {
        span at = source_line(source, line);
        str text = source_text(source, at);
        size_t mark = str_find(text, STR("plimsoll: ignore="));
        if (mark == STR_MISSING)
            continue;
        str before = str_trim(str_slice(text, 0, mark));
        struct ignore_note note = {.at = {at.start + (uint32_t)mark, at.end}};
        bool alone = str_in(before, (const char *const[]){"#", "//", "<!--"}, 3);
        str rest = str_from_index(text, mark);
        size_t close = str_find(rest, STR("-->"));
        if (!parse_note(arena, str_slice(rest, 0, close), &note))
            continue;
        uint32_t covered = line;
        while (alone && covered < source->line_count) {
            str next = str_trim(source_text(source, source_line(source, ++covered)));
            if (!str_starts(next, STR("#")))
                break;
        }
        note.covers = source_line(source, covered);
        vec_push(arena, &notes->all, note);
    }
}

static bool note_expired(const struct ignore_note *note, int64_t today)
{
    int64_t until;
    return note->until.len && (!date_parse(note->until, &until) || until < today);
}

/* The names that take this finding away become used ones. */
static bool note_takes(const struct ignore_note *note, const struct finding *finding)
{
    bool takes = false;
    if (!note->everywhere &&
        !(finding->at.start >= note->covers.start && finding->at.start <= note->covers.end))
        return false;
    for (uint32_t i = 0; i < note->names.count; i++) {
        str name = note->names.at[i].text;
        if (rule_has_id(finding->rule, name) || (note->ours && str_eq(name, STR("all"))) ||
            (note->ours && str_eq(rule_group(finding->rule), name)))
            takes = note->names.at[i].used = true;
    }
    return takes;
}

static const struct rule *own_rule(const char *name, const struct rule_choice *choice)
{
    for (size_t i = 0; i < family_inline_count; i++)
        if (str_eq(str_from(family_inline[i].name), str_from(name)))
            return rule_chosen(choice, &family_inline[i]) ? &family_inline[i] : NULL;
    return NULL;
}

static void report_unused(struct rule_sink *sink, const struct ignore_note *note)
{
    uint32_t used = 0;
    const struct ignored_name *idle = NULL;
    VEC_EACH(struct ignored_name, name, note->names) {
        used += name->used;
        idle = idle || name->used ? idle : name;
    }
    if (!idle)
        return;
    found(sink, note->at, "nothing here is found by '%.*s'", STR_ARG(idle->text));
    if (used)
        return;
    span line = source_full_line(sink->source, source_position(sink->source, note->at.start).line);
    bool alone = str_starts(str_trim(source_text(sink->source, line)), STR("#"));
    found_fix(sink, "Remove the ignore");
    found_edit(sink, alone ? line : note->at, STR(""));
}

static void report_expired(struct rule_sink *sink, const struct ignore_note *note)
{
    int64_t until;
    if (date_parse(note->until, &until))
        found(sink, note->at, "this ignore ran out on %.*s", STR_ARG(note->until));
    else
        found(sink, note->at, "'%.*s' is no date, so the ignore does not count: write YYYY-MM-DD",
              STR_ARG(note->until));
}

static void report_notes(struct rule_sink *sink, const struct notes *notes,
                         const struct rule_choice *choice, int64_t today)
{
    const struct rule *unused = own_rule("correctness/ignore-unused", choice);
    const struct rule *expired = own_rule("correctness/ignore-expired", choice);
    const struct rule *bare = own_rule("correctness/ignore-without-reason", choice);
    VEC_EACH(struct ignore_note, note, notes->all) {
        if (!note->ours)
            continue;
        bool over = note_expired(note, today);
        sink->rule = over ? expired : unused;
        if (over && expired)
            report_expired(sink, note);
        else if (!over && unused)
            report_unused(sink, note);
        sink->rule = bare;
        if (bare && !note->reason)
            found(sink, note->at, "this ignore gives no reason");
    }
}

uint32_t inline_apply(struct arena *arena, const struct source *source,
                      const struct dockerfile *file, const struct rule_choice *choice,
                      int64_t today, struct finding_list *findings)
{
    struct notes notes = {0};
    if (file)
        notes_of_dockerfile(arena, file, &notes);
    else if (str_has(source->text, STR("plimsoll: ignore=")))
        notes_of_text(arena, source, &notes);
    if (!notes.all.count)
        return 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < findings->count; i++) {
        bool taken = false;
        VEC_EACH(struct ignore_note, note, notes.all) {
            if (!note_expired(note, today) && note_takes(note, &findings->at[i]))
                taken = true;
        }
        if (!taken)
            findings->at[kept++] = findings->at[i];
    }
    uint32_t removed = findings->count - kept;
    findings->count = kept;
    struct rule_sink sink = {.arena = arena, .source = source, .findings = findings};
    report_notes(&sink, &notes, choice, today);
    return removed;
}

RULE_FAMILY(inline,
            {.name = "correctness/ignore-unused",
             .aka = "",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SAFE,
             .since = "0.1",
             .guide = "s0",
             .what = "an inline ignore that takes nothing away",
             .why = "a stale ignore hides the next finding of that rule without anybody noticing",
             .how = "remove the comment",
             .source = "ESLint and Ruff report such comments"},
            {.name = "correctness/ignore-expired",
             .aka = "",
             .severity = SEVERITY_WARNING,
             .fix = FIX_NONE,
             .since = "0.1",
             .guide = "s0",
             .what = "an inline ignore whose until= date has passed",
             .why = "whoever set the date meant the finding to come back on that day",
             .how = "mend the finding, or set a new date with a reason",
             .source = "the date in the comment itself"},
            {.name = "correctness/ignore-without-reason",
             .aka = "hadolint:DL1001",
             .severity = SEVERITY_NOTE,
             .fix = FIX_NONE,
             .policy = true,
             .since = "0.1",
             .guide = "s0",
             .what = "an inline ignore without '-- reason'",
             .why = "the next reader cannot tell whether the reason still holds",
             .how = "add '-- why' behind the rule names",
             .source = "hadolint#370, hadolint#1028: users ask for reasons in ignore comments"});
