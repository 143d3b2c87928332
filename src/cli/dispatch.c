#include "cli/cli.h"

#include "base/io.h"
#include "report/report.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * From argv to an exit code: alias, command, options, run, and what went wrong.
 */

static int exit_of(enum err_code code)
{
    return code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

static int tell(struct arena *arena, const struct err *err)
{
    struct err unheard = {0}; /* when this fails there is nobody left to tell */
    if (fd_write_all(STDERR_FILENO, report_error(arena, err), &unheard))
        return exit_of(err->code);
    return EXIT_FAILED;
}

const struct command *command_find(str name)
{
    for (size_t i = 0; i < command_count; i++)
        if (str_eq(str_from(commands[i]->name), name))
            return commands[i];
    return NULL;
}

bool command_named(struct arena *arena, const struct opt_list *words,
                   const struct command **out_command, struct err *err)
{
    str name = words->at[0];
    for (uint32_t i = 1; i < words->count; i++)
        name = str_fmt(arena, "%.*s %.*s", STR_ARG(name), STR_ARG(words->at[i]));
    const struct command *command = command_find(name);
    if (!command) {
        err_set(err, ERR_USAGE, "there is no command '%.*s'", STR_ARG(name));
        return err_hint(err, "'plimsoll --help' lists the commands");
    }
    *out_command = command;
    return true;
}

bool command_is_verb_of(const struct command *command, const struct command *group)
{
    str name = str_from(command->name), first = str_from(group->name);
    return str_starts(name, first) && name.len > first.len && name.at[first.len] == ' ';
}

static const char *nearest_command(str name)
{
    const char *best = NULL;
    unsigned best_distance = 3;
    for (size_t i = 0; i < command_count; i++) {
        unsigned distance = str_distance(name, str_from(commands[i]->name), best_distance);
        if (!commands[i]->hidden && distance < best_distance) {
            best_distance = distance;
            best = commands[i]->name;
        }
    }
    return best;
}

/* The command that the words name as we call it: "image ls" before "image". */
static const struct command *command_direct(const str *words, size_t count, size_t *out_used)
{
    const struct command *best = NULL;
    *out_used = 0;
    for (size_t i = 0; i < command_count; i++) {
        size_t used = words_match(commands[i]->name, words, count);
        if (used > *out_used) {
            *out_used = used;
            best = commands[i];
        }
    }
    return best;
}

/* The command that the words in front name, with how many of them it used. Words of other tools
 * whose command is not built yet are told what it will be called. */
static bool find_command(const str *words, size_t count, const struct command **out_command,
                         size_t *out_used, struct err *err)
{
    size_t used, foreign_used;
    const struct alias *alias = alias_find(words, count, &used);
    const struct foreign_verb *foreign = foreign_verb_find(words, count, &foreign_used);
    const struct command *direct = command_direct(words, count, out_used);
    if (direct && used <= *out_used) {
        *out_command = direct;
        return true;
    }
    if (foreign && foreign_used > used) {
        err_set(err, ERR_USAGE, "nothing here does what '%s' does", foreign->theirs);
        return err_hint(err, "%s", foreign->instead);
    }
    if (alias) {
        const struct command *target = command_find(str_from(alias->ours));
        if (target) {
            *out_command = target;
            *out_used = used;
            return true;
        }
        if (str_eq(str_from(alias->words), str_from(alias->ours)))
            err_set(err, ERR_USAGE, "'%s' is not in this version", alias->words);
        else
            err_set(err, ERR_USAGE, "'%s' is called 'plimsoll %s', which is not in this version",
                    alias->words, alias->ours);
        return err_hint(err, "'plimsoll --help' lists what is");
    }
    err_set(err, ERR_USAGE, "there is no command '%.*s'", STR_ARG(words[0]));
    const char *near = nearest_command(words[0]);
    if (near)
        return err_hint(err, "did you mean 'plimsoll %s'?", near);
    return err_hint(err, "'plimsoll --help' lists the commands; a file is checked by "
                         "'plimsoll check FILE'");
}

static bool wants_color(const struct ctx *ctx)
{
    if (ctx->common.output.len)
        return ctx->common.color == COLOR_ALWAYS;
    return ctx->common.color == COLOR_ALWAYS ||
           (ctx->common.color == COLOR_AUTO && ctx->host.color);
}

static bool run_command(struct ctx *ctx, const str *argv, size_t argc, int *out_exit,
                        struct err *err)
{
    const struct command *command = ctx->command;
    void *args =
        arena_alloc(ctx->arena, command->args_size ? command->args_size : 1, _Alignof(max_align_t));
    if (command->defaults)
        memcpy(args, command->defaults, command->args_size);
    if (!opts_parse(ctx, argv, argc, args, err))
        return false;
    if (ctx->common.help) {
        *out_exit = EXIT_CLEAN;
        ctx->common.output = STR_NONE;
        return ctx_print(ctx, help_command(ctx->arena, command, ctx->host.width), err);
    }
    ctx->host.color = wants_color(ctx);
    return command->run(ctx, args, out_exit, err);
}

/* `plimsoll`, `plimsoll --help`, `plimsoll -V` and `plimsoll help X` are words, not commands. */
static size_t normalise(int argc, const char *const *argv, str *words)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        words[count++] = str_from(argv[i]);
    size_t skip = count && STR_IN(words[0], "docker", "podman", "nerdctl") ? 1 : 0;
    count -= skip;
    memmove(words, words + skip, count * sizeof(*words));
    if (count && STR_IN(words[0], "--version", "-V", "-v"))
        words[0] = STR("version");
    else if (count && STR_IN(words[0], "--help", "-h"))
        words[0] = STR("help");
    else if (!count || words[0].at[0] == '-') {
        memmove(words + 1, words, count * sizeof(*words));
        words[0] = STR("overview");
        count++;
    }
    return count;
}

int cli_main(struct arena *arena, const struct host *host, int argc, const char *const *argv,
             bool stderr_tty)
{
    struct err err = {0};
    str *words = NEW_ARRAY(arena, str, (size_t)argc + 2);
    size_t count = normalise(argc, argv, words);
    struct ctx ctx = {.arena = arena, .host = *host, .stderr_tty = stderr_tty};
    size_t used = 0;
    int code = EXIT_FAILED;
    if (!find_command(words, count, &ctx.command, &used, &err))
        return tell(arena, &err);
    bool good = run_command(&ctx, words + used, count - used, &code, &err);
    VEC_EACH(struct store *, store, ctx.stores) {
        store_close(*store);
    }
    if (good)
        return code;
    progress_clear(ctx.events);
    return tell(arena, &err);
}
