#include "cli/commands.h"

/* plimsoll completion SHELL, plimsoll man [COMMAND|rules]. */

struct name_args {
    struct opt_list names;
};

static bool run_completion(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct name_args *args = raw_args;
    str shell = args->names.at[0];
    *out_exit = EXIT_CLEAN;
    if (str_eq(shell, STR("bash")))
        return ctx_print(ctx, completion_bash(ctx->arena), err);
    if (str_eq(shell, STR("zsh")))
        return ctx_print(ctx, completion_zsh(ctx->arena), err);
    return ctx_print(ctx, completion_fish(ctx->arena), err);
}

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

const struct command cmd_completion = {
    .name = "completion",
    .summary = "print a completion script for bash, zsh or fish",
    .operands = "bash|zsh|fish",
    .about = "Print a script that completes commands, options, their values and rule names. For "
             "bash, source it or put it into the completions directory; for zsh, into a directory "
             "of $fpath as _plimsoll; for fish, into ~/.config/fish/completions/plimsoll.fish.",
    .args_size = sizeof(struct name_args),
    .operands_offset = offsetof(struct name_args, names),
    .operands_min = 1,
    .operands_max = 1,
    .words = shells,
    .examples = "plimsoll completion bash\tprint the script for bash\n",
    .run = run_completion,
};

static bool run_man(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct name_args *args = raw_args;
    const struct command *command = NULL;
    *out_exit = EXIT_CLEAN;
    if (args->names.count && str_eq(args->names.at[0], STR("rules")))
        return ctx_print(ctx, man_rules_page(ctx->arena), err);
    if (args->names.count && !command_named(ctx->arena, &args->names, &command, err))
        return false;
    return ctx_print(ctx, man_page(ctx->arena, command), err);
}

const struct command cmd_man = {
    .name = "man",
    .summary = "print a man page",
    .operands = "[COMMAND [VERB]|rules]",
    .about = "For packagers: the page of a command, of the program, or of all rules.",
    .args_size = sizeof(struct name_args),
    .operands_offset = offsetof(struct name_args, names),
    .operands_max = 2,
    .hidden = true,
    .run = run_man,
};
