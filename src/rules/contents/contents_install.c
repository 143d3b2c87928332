#include "rules/contents/contents_parts.h"
#include "rules/repository.h"

/*
 * What an install of npm and its kin writes: node_modules and a lock file, and whatever those
 * scripts of the project write that it runs. Whether there are such scripts stands in package.json.
 */

/* Does the stage copy the manifest at the top of the context to this directory? */
static bool takes_manifest(const struct facts *facts, uint32_t stage, str directory)
{
    const struct contents *contents = facts->contents;
    const struct stage *at = facts->stages[stage].stage;
    for (uint32_t i = contents->first[at->first]; i < contents->first[at->end]; i++) {
        const struct put *put = &contents->puts.at[i];
        if (put->kind == PUT_COPY && put->stage == NO_INDEX && str_eq(put->path, directory) &&
            STR_IN(put->source, ".", "package.json", "package*.json", "package*"))
            return true;
    }
    return false;
}

/* The manifest is known, and runs nothing of its own when it is installed. */
static bool runs_no_scripts(const struct facts *facts, uint32_t stage, str directory)
{
    static const char *const scripts[] = {"\"preinstall\"",  "\"install\"",    "\"postinstall\"",
                                          "\"prepublish\"",  "\"preprepare\"", "\"prepare\"",
                                          "\"postprepare\"", "\"workspaces\""};
    if (!facts->repository || !facts->tree || !takes_manifest(facts, stage, directory))
        return false;
    str path = path_join(facts->arena, facts->context_path, STR("package.json"));
    str text = repository_text(facts->arena, facts->repository, path);
    for (size_t i = 0; text.at && i < ARRAY_COUNT(scripts); i++)
        if (str_has(text, str_from(scripts[i])))
            return false;
    return text.at != NULL;
}

enum holds install_gives(const struct facts *facts, uint32_t stage, const struct put *put, str path)
{
    str top = put->source, name = str_basename(path);
    str modules = path_join(facts->arena, put->path, STR("node_modules"));
    bool lock = STR_IN(name, "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
                       "bun.lockb", ".pnp.cjs", ".pnp.loader.mjs");
    if (path_is_in(path, modules) || lock)
        return HOLDS_UNKNOWN;
    if (!path_is_in(path, top) && !path_is_in(top, path))
        return HOLDS_NO;
    return runs_no_scripts(facts, stage, put->path) ? HOLDS_NO : HOLDS_UNKNOWN;
}
