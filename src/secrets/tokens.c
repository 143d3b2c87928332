#include "secrets/tokens.h"

#include <string.h>

/* Each row follows what its issuer publishes about the form of its tokens. The classes of a shape
 * never take what the next literal begins with, so that reading needs no way back. */
const struct token_row token_rows[] = {
    {"aws-access-key", "an AWS access key id", "AKIA%U{16}", 30},
    {"aws-access-key", "a temporary AWS access key id", "ASIA%U{16}", 30},
    {"aws-bedrock-key", "an Amazon Bedrock API key", "ABSK%b{109,269}", 30},
    {"alibaba-access-key", "an Alibaba Cloud access key id", "LTAI%w{16,20}", 30},
    {"google-api-key", "a Google API key", "AIza%u{35}", 30},
    {"google-oauth-secret", "a Google OAuth client secret", "GOCSPX-%u{28}", 30},
    {"google-oauth-token", "a Google OAuth access token", "ya29.%u{40,}", 30},
    {"azure-storage-key", "an Azure storage key", "AccountKey=%b{88}", 35},
    {"azure-shared-key", "an Azure shared access key", "SharedAccessKey=%b{43,44}", 35},
    {"digitalocean-token", "a DigitalOcean token", "dop_v1_%x{64}", 30},
    {"digitalocean-oauth", "a DigitalOcean OAuth token", "doo_v1_%x{64}", 30},
    {"digitalocean-refresh", "a DigitalOcean refresh token", "dor_v1_%x{64}", 30},
    {"cloudflare-origin-ca", "a Cloudflare origin CA key", "v1.0-%x{24}-%x{146}", 30},
    {"tencent-secret-id", "a Tencent Cloud secret id", "AKID%w{32}", 35},
    {"github-token", "a GitHub personal access token", "ghp_%w{36}", 30},
    {"github-oauth", "a GitHub OAuth token", "gho_%w{36}", 30},
    {"github-app-token", "a GitHub app user token", "ghu_%w{36}", 30},
    {"github-app-token", "a GitHub app server token", "ghs_%w{36}", 30},
    {"github-refresh-token", "a GitHub refresh token", "ghr_%w{36,76}", 30},
    {"github-token", "a fine-grained GitHub token", "github_pat_%w{22}_%w{59}", 30},
    {"gitlab-token", "a GitLab personal access token", "glpat-%s{20,}", 28},
    {"gitlab-deploy-token", "a GitLab deploy token", "gldt-%u{20}", 28},
    {"gitlab-trigger-token", "a GitLab pipeline trigger token", "glptt-%x{40}", 28},
    {"gitlab-runner-token", "a GitLab runner token", "glrt-%s{20,}", 28},
    {"gitlab-job-token", "a GitLab CI job token", "glcbt-%s{20,}", 28},
    {"gitlab-feed-token", "a GitLab feed token", "glft-%u{20}", 28},
    {"gitlab-scim-token", "a GitLab SCIM token", "glsoat-%u{20}", 28},
    {"gitlab-agent-token", "a GitLab Kubernetes agent token", "glagent-%u{50}", 28},
    {"bitbucket-token", "a Bitbucket app password", "ATBB%w{32}", 30},
    {"atlassian-token", "an Atlassian API token", "ATATT3%s{100,}", 35},
    {"atlassian-access-token", "an Atlassian access token", "ATCTT3%s{100,}", 35},
    {"npm-token", "an npm access token", "npm_%w{36}", 30},
    {"npm-auth", "an npm registry credential", "_authToken=%s{16,}", 28},
    {"npm-auth", "an npm registry credential", "_password=%b{8,}", 25},
    {"npm-auth", "an npm registry credential", "_auth=%b{8,}", 25},
    {"pypi-token", "a PyPI upload token", "pypi-AgEIcHlwaS5vcmc%u{50,}", 30},
    {"pypi-token", "a TestPyPI upload token", "pypi-AgENdGVzdC5weXBpLm9yZw%u{50,}", 30},
    {"rubygems-token", "a RubyGems API key", "rubygems_%x{48}", 28},
    {"crates-token", "a crates.io token", "cio%w{32}", 35},
    {"nuget-key", "a NuGet API key", "oy2%a{43}", 35},
    {"clojars-token", "a Clojars token", "CLOJARS_%a{60}", 30},
    {"docker-token", "a Docker Hub access token", "dckr_pat_%u{27}", 30},
    {"docker-token", "a Docker organisation token", "dckr_oat_%u{32}", 30},
    {"artifactory-key", "an Artifactory API key", "AKCp%w{69}", 35},
    {"slack-bot-token", "a Slack bot token", "xoxb-%d{10,13}-%u{20,}", 28},
    {"slack-user-token", "a Slack user token", "xoxp-%d{10,13}-%u{20,}", 28},
    {"slack-token", "a Slack workspace token", "xoxa-%u{20,}", 28},
    {"slack-token", "a Slack refresh token", "xoxr-%u{20,}", 28},
    {"slack-app-token", "a Slack app token", "xapp-%d{1}-%A{9,}-%d{10,}-%a{40,}", 28},
    {"slack-webhook", "a Slack webhook address", "hooks.slack.com/services/%b{40,60}", 30},
    {"discord-webhook", "a Discord webhook address", "discord.com/api/webhooks/%d{17,20}/%u{60,}",
     30},
    {"stripe-key", "a live Stripe secret key", "sk_live_%w{24,}", 28},
    {"stripe-key", "a live Stripe restricted key", "rk_live_%w{24,}", 28},
    {"stripe-test-key", "a Stripe test key", "sk_test_%w{24,}", 28},
    {"stripe-webhook-secret", "a Stripe webhook secret", "whsec_%b{32,}", 30},
    {"square-token", "a Square access token", "sq0atp-%u{22}", 28},
    {"square-secret", "a Square application secret", "sq0csp-%u{43}", 28},
    {"shopify-token", "a Shopify access token", "shpat_%X{32}", 28},
    {"shopify-token", "a Shopify custom app token", "shpca_%X{32}", 28},
    {"shopify-token", "a Shopify private app token", "shppa_%X{32}", 28},
    {"shopify-secret", "a Shopify shared secret", "shpss_%X{32}", 28},
    {"flutterwave-key", "a Flutterwave secret key", "FLWSECK-%a{32}-X", 28},
    {"easypost-key", "an EasyPost API key", "EZAK%w{54}", 30},
    {"shippo-key", "a Shippo API token", "shippo_live_%x{40}", 28},
    {"duffel-token", "a Duffel API token", "duffel_live_%u{43}", 28},
    {"openai-key", "an OpenAI project key", "sk-proj-%u{40,}", 35},
    {"openai-key", "an OpenAI service account key", "sk-svcacct-%u{40,}", 35},
    {"openai-key", "an OpenAI admin key", "sk-admin-%u{40,}", 35},
    {"openai-key", "an OpenAI API key", "sk-%w{48}", 35},
    {"anthropic-key", "an Anthropic API key", "sk-ant-%u{80,}", 35},
    {"openrouter-key", "an OpenRouter API key", "sk-or-v1-%x{64}", 30},
    {"huggingface-token", "a Hugging Face token", "hf_%l{34}", 30},
    {"replicate-token", "a Replicate token", "r8_%w{37}", 30},
    {"groq-key", "a Groq API key", "gsk_%w{52}", 35},
    {"perplexity-key", "a Perplexity API key", "pplx-%w{48}", 35},
    {"xai-key", "an xAI API key", "xai-%w{80}", 35},
    {"langsmith-key", "a LangSmith API key", "lsv2_pt_%x{32}_%x{10}", 28},
    {"langsmith-key", "a LangSmith service key", "lsv2_sk_%x{32}_%x{10}", 28},
    {"vault-token", "a HashiCorp Vault token", "hvs.%u{24,}", 30},
    {"vault-batch-token", "a HashiCorp Vault batch token", "hvb.%u{100,}", 30},
    {"age-secret-key", "an age secret key", "AGE-SECRET-KEY-1%A{58}", 35},
    {"doppler-token", "a Doppler token", "dp.pt.%w{40,44}", 30},
    {"doppler-token", "a Doppler service token", "dp.st.%w{40,44}", 30},
    {"onepassword-token", "a 1Password service account token", "ops_eyJ%b{100,}", 35},
    {"pulumi-token", "a Pulumi access token", "pul-%x{40}", 28},
    {"databricks-token", "a Databricks token", "dapi%x{32}", 28},
    {"planetscale-token", "a PlanetScale token", "pscale_tkn_%s{32,}", 28},
    {"planetscale-password", "a PlanetScale password", "pscale_pw_%s{32,}", 28},
    {"supabase-token", "a Supabase access token", "sbp_%x{40}", 28},
    {"neon-key", "a Neon API key", "napi_%a{64}", 30},
    {"newrelic-key", "a New Relic user key", "NRAK-%A{27}", 30},
    {"newrelic-insert-key", "a New Relic insert key", "NRII-%u{32}", 30},
    {"grafana-token", "a Grafana Cloud token", "glc_%b{32,}", 35},
    {"grafana-token", "a Grafana service account token", "glsa_%w{32}_%X{8}", 28},
    {"sentry-token", "a Sentry user token", "sntryu_%x{64}", 28},
    {"sentry-token", "a Sentry organisation token", "sntrys_eyJ%b{80,}", 30},
    {"dynatrace-token", "a Dynatrace token", "dt0c01.%A{24}.%A{64}", 35},
    {"honeycomb-key", "a Honeycomb ingest key", "hcaik_%a{58}", 30},
    {"linear-key", "a Linear API key", "lin_api_%w{40}", 30},
    {"notion-token", "a Notion integration token", "ntn_%w{43,46}", 30},
    {"figma-token", "a Figma access token", "figd_%u{40,}", 30},
    {"contentful-token", "a Contentful access token", "CFPAT-%u{43}", 30},
    {"postman-key", "a Postman API key", "PMAK-%x{24}-%x{34}", 28},
    {"mapbox-secret", "a Mapbox secret token", "sk.eyJ%u{50,}.%u{20,}", 35},
    {"sendgrid-key", "a SendGrid API key", "SG.%u{22}.%u{43}", 35},
    {"mailgun-key", "a Mailgun API key", "key-%x{32}", 30},
    {"brevo-key", "a Brevo API key", "xkeysib-%x{64}-%w{16}", 30},
    {"resend-key", "a Resend API key", "re_%w{8}_%w{24}", 35},
    {"twilio-key", "a Twilio API key", "SK%x{32}", 30},
    {"tailscale-key", "a Tailscale auth key", "tskey-auth-%w{10,}-%w{20,}", 28},
    {"tailscale-key", "a Tailscale API key", "tskey-api-%w{10,}-%w{20,}", 28},
    {"netlify-token", "a Netlify token", "nfp_%w{36,}", 30},
    {"render-key", "a Render API key", "rnd_%w{32}", 30},
    {"fly-token", "a Fly.io token", "fm2_%b{100,}", 35},
    {"buildkite-token", "a Buildkite token", "bkua_%x{40}", 28},
    {"circleci-token", "a CircleCI token", "CCIPAT_%w{22}_%x{40}", 28},
    {"sonar-token", "a SonarQube project token", "sqp_%x{40}", 28},
    {"sonar-token", "a SonarQube user token", "squ_%x{40}", 28},
    {"sourcegraph-token", "a Sourcegraph token", "sgp_%x{40}", 28},
    {"infracost-key", "an Infracost API key", "ico-%w{32}", 30},
    {"prefect-key", "a Prefect API key", "pnu_%a{36}", 30},
    {"readme-key", "a ReadMe API key", "rdme_%a{70}", 30},
    {"typeform-token", "a Typeform token", "tfp_%s{50,}", 30},
    {"openshift-token", "an OpenShift user token", "sha256~%u{43}", 35},
    {"json-web-token", "a JSON web token", "eyJ%u{15,}.eyJ%u{15,}.%u{20,}", 35},
};
const size_t token_row_count = ARRAY_COUNT(token_rows);

size_t shape_literal(const char *shape)
{
    return strcspn(shape, "%");
}

static bool in_class(char class, char c)
{
    bool digit = char_is_digit(c), alnum = char_is_alnum(c);
    switch (class) {
    case 'w': return alnum;
    case 'u': return alnum || c == '_' || c == '-';
    case 's': return alnum || c == '_' || c == '-' || c == '.' || c == '=';
    case 'b': return alnum || c == '+' || c == '/' || c == '=';
    case 'U': return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
    case 'A': return (c >= 'A' && c <= 'Z') || digit;
    case 'a': return (c >= 'a' && c <= 'z') || digit;
    case 'x': return (c >= 'a' && c <= 'f') || digit;
    case 'X': return (char_lower(c) >= 'a' && char_lower(c) <= 'f') || digit;
    case 'l': return char_is_alpha(c);
    default: return digit;
    }
}

static size_t read_number(const char **at)
{
    size_t value = 0;
    while (char_is_digit(**at))
        value = value * 10 + (size_t)(*(*at)++ - '0');
    return value;
}

size_t shape_match(const char *shape, str text)
{
    size_t done = 0;
    while (*shape) {
        if (*shape != '%') {
            if (done >= text.len || text.at[done] != *shape)
                return 0;
            shape++, done++;
            continue;
        }
        char class = shape[1];
        shape += 3;
        size_t least = read_number(&shape), most = least;
        if (*shape == ',') {
            shape++;
            most = *shape == '}' ? SIZE_MAX : read_number(&shape);
        }
        shape++;
        size_t start = done;
        while (done < text.len && in_class(class, text.at[done]))
            done++;
        if (done - start < least || done - start > most)
            return 0;
    }
    return done;
}
