#include "rules/questions.h"

#include <stdarg.h>
#include <stdio.h>

/* Where findings are put together: a rule says what it saw, the sink knows the rest. */

PRINTF_LIKE(2, 0)
static str format_text(struct arena *arena, const char *format, va_list args)
{
    if (!format) /* never; but the sanitized build cannot see that */
        return STR("");
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length <= 0)
        return STR("");
    char *text = arena_alloc(arena, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return (str){text, (size_t)length};
}

/* The stage that holds an offset, as findings name it. */
static str stage_label(struct arena *arena, const struct facts *facts, uint32_t offset)
{
    if (!facts)
        return STR_NONE;
    uint32_t low = 0,
             high = facts->file->stages.count; /* stages before low begin at or before it */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (facts->file->stages.at[middle].from->at.start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return STR_NONE;
    const struct stage *best = &facts->file->stages.at[low - 1];
    return best->name.len ? best->name : str_fmt(arena, "%u", best->index);
}

struct finding *found(struct rule_sink *sink, span at, const char *format, ...)
{
    assert(sink->rule && sink->source);
    assert(at.start <= at.end && at.end <= sink->source->text.len);
    va_list args;
    va_start(args, format);
    str message = format_text(sink->arena, format, args);
    va_end(args);
    struct finding finding = {
        .rule = sink->rule,
        .source = sink->source,
        .at = at,
        .severity = sink->rule->severity,
        .stage = stage_label(sink->arena, sink->facts, at.start),
        .message = message,
    };
    vec_push(sink->arena, sink->findings, finding);
    return vec_last(sink->findings);
}

PRINTF_LIKE(3, 0)
static void fix_set(struct rule_sink *sink, enum fix_safety safety, const char *format,
                    va_list args)
{
    assert(sink->findings->count > 0);
    struct fix *fix = &vec_last(sink->findings)->fix;
    assert(fix->safety == FIX_NONE);
    fix->safety = safety;
    fix->title = format_text(sink->arena, format, args);
}

void found_fix(struct rule_sink *sink, const char *format, ...)
{
    assert(sink->rule->fix != FIX_NONE);
    va_list args;
    va_start(args, format);
    fix_set(sink, sink->rule->fix, format, args);
    va_end(args);
}

void found_fix_as(struct rule_sink *sink, enum fix_safety safety, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fix_set(sink, safety, format, args);
    va_end(args);
}

void found_edit(struct rule_sink *sink, span at, str text)
{
    struct finding *finding = vec_last(sink->findings);
    assert(finding->fix.safety != FIX_NONE);
    assert(at.start <= at.end && at.end <= sink->source->text.len);
    struct edit edit = {.at = at, .text = str_copy(sink->arena, text)};
    vec_push(sink->arena, &finding->fix.edits, edit);
}

void found_insert(struct rule_sink *sink, uint32_t offset, str text)
{
    found_edit(sink, (span){offset, offset}, text);
}

void found_remove_instruction(struct rule_sink *sink, const struct instruction *instruction)
{
    span first = source_full_line(sink->source, instruction->line);
    span last = source_full_line(sink->source, instruction->end_line);
    found_edit(sink, span_join(first, last), STR(""));
}

void found_related(struct rule_sink *sink, span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct related related = {.at = at, .note = format_text(sink->arena, format, args)};
    va_end(args);
    vec_push(sink->arena, &vec_last(sink->findings)->related, related);
}

void found_severity(struct rule_sink *sink, enum severity severity)
{
    vec_last(sink->findings)->severity = severity;
}
