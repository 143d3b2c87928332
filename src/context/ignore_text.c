#include "context/context.h"

#include "base/buf.h"

/* The ignore file with the suggestions added: by category, with a comment in front of each. */

static const struct {
    const char *category, *heading;
} headings[] = {
    {"version control", "Version control"},
    {"dependencies", "Dependencies (installed during the build)"},
    {"build artefacts", "Build artefacts and caches (made during the build)"},
    {"secrets", "Secrets"},
    {"editor", "Editors and desktops"},
    {"documentation", "Documentation"},
    {"ci", "CI"},
    {"tests", "Tests"},
    {"large files", "Archives and logs"},
    {"docker", "Docker files"},
};

static bool suggests(const struct context_report *report, str pattern)
{
    VEC_EACH(struct context_suggestion, line, report->suggest)
        if (str_eq(line->pattern, pattern))
            return true;
    return false;
}

static void add_category(struct buf *out, const struct context_report *report, size_t index,
                         str newline)
{
    bool headed = false;
    VEC_EACH(struct context_suggestion, line, report->suggest) {
        if (!str_eq(str_from(line->category), str_from(headings[index].category)))
            continue;
        if (!headed && out->len)
            buf_add(out, newline);
        if (!headed)
            buf_fmt(out, "# %s%.*s", headings[index].heading, STR_ARG(newline));
        headed = true;
        buf_add(out, line->pattern);
        buf_add(out, newline);
    }
}

/* A file that is made now would be suggested itself the next time. */
static void add_itself(struct buf *out, const struct context_report *report, str newline)
{
    static const str itself = {"**/.dockerignore", sizeof("**/.dockerignore") - 1};
    if (report->ignore_path.len || suggests(report, itself))
        return;
    bool headed = false;
    VEC_EACH(struct context_suggestion, line, report->suggest)
        headed = headed || str_eq(str_from(line->category), STR("docker"));
    if (!headed)
        buf_fmt(out, "%.*s# Docker files%.*s", STR_ARG(newline), STR_ARG(newline));
    buf_add(out, itself);
    buf_add(out, newline);
}

str context_ignore_text(struct arena *arena, str old_text, const struct context_report *report)
{
    if (!report->suggest.count)
        return old_text;
    const struct source *source = source_new(arena, STR(""), old_text);
    str newline = source->crlf ? STR("\r\n") : STR("\n");
    size_t bytes_max = old_text.len + 4096;
    VEC_EACH(struct context_suggestion, line, report->suggest)
        bytes_max += line->pattern.len + newline.len;
    struct buf out = buf_init(arena, bytes_max);
    buf_add(&out, old_text);
    if (old_text.len && old_text.at[old_text.len - 1] != '\n')
        buf_add(&out, newline);
    for (size_t i = 0; i < ARRAY_COUNT(headings); i++)
        add_category(&out, report, i, newline);
    add_itself(&out, report, newline);
    return buf_str(&out);
}
