#include "cli/cli.h"

/*
 * The verbs that people bring with them from other tools, and what they are here. A verb works as
 * soon as the command it names exists; until then it is answered with that name (run.c).
 */

const struct alias aliases[] = {
    {"hadolint", "check"},
    {"lint", "check"},
    {"trivy config", "check"},
    {"trivy conf", "check"},
    {"config", "check"},
    {"build --check", "check"},
    {"buildx build --check", "check"},
    {"image build --check", "check"},
    {"rules", "explain"},
    {"completions", "completion"},
    {"builder build", "build"},
    {"buildx build", "build"},
    {"buildx b", "build"},
    {"image build", "build"},
    {"buildx prune", "cache prune"},
    {"builder prune", "cache prune"},
    {"buildx du", "cache ls"},
    {"buildx history", "history"},
    {"pull", "image pull"},
    {"push", "image push"},
    {"load", "image load"},
    {"save", "image save"},
    {"tag", "image tag"},
    {"rmi", "image rm"},
    {"images", "image ls"},
    {"inspect", "image inspect"},
    {"image history", "history"},
    {"image import", "image load"},
    {"container run", "run"},
    {"container ls", "ps"},
    {"container logs", "logs"},
    {"container exec", "exec"},
    {"container stop", "stop"},
    {"container rm", "rm"},
    {"scout cves", "scan image"},
    {"scout quickview", "scan image"},
    {"scout qv", "scan image"},
    {"scout recommendations", "optimize"},
    {"scout compare", "diff"},
    {"scout sbom", "sbom"},
    {"scout", "scan image"},
    {"trivy image", "scan image"},
    {"trivy fs", "scan fs"},
    {"trivy filesystem", "scan fs"},
    {"trivy rootfs", "scan fs"},
    {"trivy repo", "scan fs"},
    {"trivy sbom", "scan sbom"},
    {"trivy", "scan image"},
    {"grype db", "db"},
    {"grype", "scan image"},
    {"syft", "sbom"},
    {"snyk iac test", "check"},
    {"snyk iac", "check"},
    {"snyk container test", "scan image"},
    {"snyk container monitor", "scan image"},
    {"snyk", "scan image"},
    {"container test", "scan image"},
    {"dockle", "scan image"},
    {"dive", "analyze"},
    {"container-diff", "diff"},
    {"slim build", "optimize"},
    {"slim xray", "analyze"},
    {"slim profile", "harden"},
    {"slim lint", "check"},
    {"slim", "optimize"},
    {"docker-slim", "optimize"},
    {"xray", "analyze"},
    {"build", "build"},
    {"image", "image"},
    {"history", "history"},
    {"analyze", "analyze"},
    {"diff", "diff"},
    {"sbom", "sbom"},
    {"scan", "scan"},
    {"db", "db"},
    {"run", "run"},
    {"harden", "harden"},
    {"optimize", "optimize"},
    {"verify", "verify"},
    {"init", "init"},
    {"ci", "ci"},
    {"cache", "cache"},
    {"ps", "ps"},
    {"logs", "logs"},
    {"exec", "exec"},
    {"stop", "stop"},
    {"rm", "rm"},
    {"doctor", "doctor"},
};
const size_t alias_count = ARRAY_COUNT(aliases);

size_t words_match(const char *alias, const str *words, size_t count)
{
    str rest = str_from(alias), word;
    size_t used = 0;
    while (str_next_word(&rest, &word)) {
        if (used >= count || !str_eq(words[used], word))
            return 0;
        used++;
    }
    return used;
}

const struct alias *alias_find(const str *words, size_t count, size_t *out_used)
{
    const struct alias *best = NULL;
    *out_used = 0;
    for (size_t i = 0; i < alias_count; i++) {
        size_t used = words_match(aliases[i].words, words, count);
        if (used > *out_used) {
            *out_used = used;
            best = &aliases[i];
        }
    }
    return best;
}
