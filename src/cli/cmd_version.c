#include "cli/commands.h"

/* plimsoll version, plimsoll help. */

struct word_args {
    struct opt_list words;
};

static bool run_version(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    (void)raw_args;
    *out_exit = EXIT_CLEAN;
    return ctx_print(ctx, STR("plimsoll " PLIMSOLL_VERSION "\n"), err);
}

const struct command cmd_version = {
    .name = "version",
    .summary = "print the version",
    .operands = "",
    .about = "The same as 'plimsoll --version'.",
    .args_size = sizeof(struct word_args),
    .run = run_version,
};

static bool run_help(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct word_args *args = raw_args;
    *out_exit = EXIT_CLEAN;
    if (!args->words.count)
        return ctx_print(ctx, help_program(ctx->arena, ctx->host.width), err);
    const struct command *command;
    if (!command_named(ctx->arena, &args->words, &command, err))
        return false;
    return ctx_print(ctx, help_command(ctx->arena, command, ctx->host.width), err);
}

const struct command cmd_help = {
    .name = "help",
    .summary = "show the commands, or the options of one",
    .operands = "[COMMAND [VERB]]",
    .about = "The same as 'plimsoll COMMAND --help'.",
    .args_size = sizeof(struct word_args),
    .operands_offset = offsetof(struct word_args, words),
    .operands_max = 2,
    .hidden = true,
    .run = run_help,
};
