#include "cli/commands.h"

#include "base/buf.h"
#include "cli/skill_text.h"

/* plimsoll skill: a SKILL.md for coding agents. */

struct skill_args {
    int unused;
};

static bool run_skill(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    (void)raw_args;
    struct buf out = buf_init(ctx->arena, (size_t)1 << 20);
    for (size_t i = 0; i < skill_section_count; i++)
        buf_add(&out, str_from(skill_sections[i]));
    *out_exit = EXIT_CLEAN;
    return ctx_print(ctx, buf_str(&out), err);
}

const struct command cmd_skill = {
    .name = "skill",
    .summary = "print a SKILL.md that teaches a coding agent to make good images with Plimsoll",
    .operands = "",
    .about =
        "Print a Markdown document: what makes images small, quick to build and safe, with the "
        "command of this version that does each part.",
    .args_size = sizeof(struct skill_args),
    .examples = "plimsoll skill -o .agents/skills/container-images/SKILL.md\tadd it to a project\n",
    .formats = "markdown",
    .run = run_skill,
};
