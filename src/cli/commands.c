#include "cli/commands.h"

/* Every command, in the order that --help lists them. */

const struct command *const commands[] = {
    &cmd_check,           &cmd_fix,           &cmd_context,
    &cmd_analyze,         &cmd_diff,          &cmd_history,
    &cmd_image,           &cmd_image_ls,      &cmd_image_load,
    &cmd_image_save,      &cmd_image_pull,    &cmd_image_push,
    &cmd_image_referrers, &cmd_image_inspect, &cmd_image_tag,
    &cmd_image_rm,        &cmd_image_prune,   &cmd_explain,
    &cmd_plumbing,        &cmd_skill,         &cmd_completion,
    &cmd_version,         &cmd_help,          &cmd_man,
    &cmd_overview,
};
const size_t command_count = ARRAY_COUNT(commands);
