#include "analyze/analyze.h"

/* "|2 A=1 B=two words /bin/sh -c make": the arguments that were set. */
static str behind_arguments(str text)
{
    static const char *const shells[] = {"/bin/sh -c ", "/bin/bash -c ",
                                         "/bin/bash -o pipefail -c ", "/bin/ash -eo pipefail -c "};
    for (size_t i = 0; i < ARRAY_COUNT(shells); i++) {
        size_t at = str_find(text, str_from(shells[i]));
        if (at != STR_MISSING)
            return str_from_index(text, at);
    }
    return text;
}

str created_by_clean(struct arena *arena, str text)
{
    const str shell = STR("/bin/sh -c "), nop = STR("#(nop) "), remark = STR("# buildkit");
    text = str_trim(text);
    if (str_ends(text, remark))
        text = str_trim_end(str_slice(text, 0, text.len - remark.len));
    bool run = str_starts(text, STR("RUN "));
    str rest = run ? str_trim_start(str_from_index(text, 4)) : text;
    bool arguments = rest.len > 1 && rest.at[0] == '|' && char_is_digit(rest.at[1]);
    if (arguments)
        rest = behind_arguments(rest);
    bool shown_shell = str_starts(rest, shell);
    if (shown_shell)
        rest = str_trim_start(str_from_index(rest, shell.len));
    if (shown_shell && str_starts(rest, nop))
        return str_trim_start(str_from_index(rest, nop.len)); /* a classic COPY, ENV .. */
    if (run || shown_shell || arguments)
        return str_fmt(arena, "RUN %.*s", STR_ARG(rest));
    return text;
}
