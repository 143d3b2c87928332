#pragma once

#include "cli/cli.h"

/*
 * cli/commands -- every command's row, and what the check commands share. Private to cli/.
 */

extern const struct command cmd_analyze, cmd_check, cmd_completion, cmd_context, cmd_explain,
    cmd_diff, cmd_fix, cmd_help, cmd_history, cmd_image, cmd_image_inspect, cmd_image_load,
    cmd_image_ls, cmd_image_prune, cmd_image_pull, cmd_image_push, cmd_image_referrers,
    cmd_image_rm, cmd_image_save, cmd_image_tag, cmd_man, cmd_overview, cmd_plumbing, cmd_skill,
    cmd_version;

struct check_options;
struct check_result;

/* The style that the report is to have. */
struct report_style;
struct report_style ctx_style(const struct ctx *ctx);

/* Tell each file that could not be looked at; true when one of them was asked for. */
bool ctx_tell_unread(struct ctx *ctx, const struct check_result *result);
