#include "tests/unit/unit.h"

#include "secrets/secrets.h"

static const struct {
    const char *name;
    bool secret;
} names[] = {
    {"API_KEY", true},
    {"DATABASE_PASSWORD", true},
    {"PASSWORD", true},
    {"DB_PASS", true},
    {"PGPASSWORD", true},
    {"GITHUB_TOKEN", true},
    {"githubToken", true},
    {"AWS_SECRET_ACCESS_KEY", true},
    {"SECRET_KEY_BASE", true},
    {"DJANGO_SECRET_KEY", true},
    {"JWT_SECRET", true},
    {"client-secret", true},
    {"APP_KEY", true},
    {"COMPOSER_AUTH", true},
    {"MYSQL_ROOT_PASSWORD", true},
    {"PASSWORD2", true},
    {"TOKEN_GITHUB", true},
    {"spring.datasource.password", true},
    {"NPM_TOKEN", true},
    {"SSH_PRIVATE_KEY", true},
    {"APIKEY", true},
    {"KEY_ALIAS", false},
    {"PUBLIC_KEY", false},
    {"TOKEN_URL", false},
    {"DB_PASSWORD_FILE", false},
    {"SECRET_PATH", false},
    {"PASSWORD_HASH_ROUNDS", false},
    {"AWS_ACCESS_KEY_ID", false},
    {"GPG_KEY", false},
    {"KEYCLOAK_URL", false},
    {"MONKEY", false},
    {"TOKENIZERS_PARALLELISM", false},
    {"MAX_TOKENS", false},
    {"ALLOW_EMPTY_PASSWORD", false},
    {"JWT_PUBLIC_KEY", false},
    {"PASSWORD_MIN_LENGTH", false},
    {"SECRET_NAME", false},
    {"TOKEN_TTL", false},
    {"PATH", false},
    {"SSH_AUTH_SOCK", false},
    {"COMPASS", false},
    {"PYTHON_SHA256", false},
    {"MYSQL_RANDOM_ROOT_PASSWORD", false},
    {"", false},
    {"AUTH_TOKEN_HEADER", false},
};

static void names_say_whether_a_value_is_secret(void **state)
{
    (void)state;
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        unit_row(&rows, names[i].name, secret_name(str_from(names[i].name)) == names[i].secret);
    assert_rows(rows);
}

static const struct {
    const char *value;
    bool secret;
} values[] = {
    {"sk-abc123xyz789", true},
    {"super_secret", true},
    {"postgres", true},
    {"\"hunter2\"", true},
    {"123456", true},
    {"p@ss w0rd", true},
    {"postgres://u:s3cr3t@db/x", true},
    {"", false},
    {"\"\"", false},
    {"changeme", false},
    {"<your key>", false},
    {"xxx", false},
    {"XXXXXXXX", false},
    {"****", false},
    {"$PASSWORD", false},
    {"${PASSWORD:-}", false},
    {"{{ .Values.x }}", false},
    {"/run/secrets/db", false},
    {"./secret.txt", false},
    {"https://auth.example.org/token", false},
    {"true", false},
    {"False", false},
    {"3600", false},
    {"none", false},
    {"your_api_key_here", false},
    {"%(password)s", false},
    {"__TOKEN__", false},
    {"$(cat /run/secrets/x)", false},
    {"arn:aws:kms:eu:1:key/2", false},
    {"vault:secret/x#y", false},
    {"...", false},
};

static void values_are_secret_or_placeholders(void **state)
{
    (void)state;
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(values); i++)
        unit_row(&rows, values[i].value,
                 secret_value(str_from(values[i].value)) == values[i].secret);
    assert_rows(rows);
}

static const struct {
    const char *path, *content, *kind;
} paths[] = {
    {".env", NULL, "environment file"},
    {"config/prod.env", NULL, "environment file"},
    {".env.production", NULL, "environment file"},
    {".env", "PORT=80\nDEBUG=1\n", NULL},
    {".env", "# x\nexport DB_PASSWORD='s3cr3t'\n", "environment file"},
    {".env", "DATABASE_URL=postgres://app:s3cr3t@db/app\n", "environment file"},
    {".env.example", NULL, NULL},
    {".env.local.sample", NULL, NULL},
    {"ssh/id_rsa", NULL, "private key"},
    {"ssh/id_rsa.pub", NULL, NULL},
    {"tls/server.key", NULL, "private key"},
    {"ca.pem", "-----BEGIN CERTIFICATE-----\nMII\n", NULL},
    {"ca.pem", "-----BEGIN EC PRIVATE KEY-----\nMII\n", "private key"},
    {".npmrc", "registry=https://r.example.org\n", NULL},
    {".npmrc", "//r.example.org/:_authToken=npm_x\n", "registry credentials"},
    {".npmrc", "//r.example.org/:_authToken=${NPM_TOKEN}\n", NULL},
    {"home/.aws/credentials", NULL, "cloud credentials"},
    {"aws/credentials", NULL, NULL},
    {"terraform.tfstate", NULL, "Terraform state"},
    {"app.js", NULL, NULL},
    {"environment.env.template", NULL, NULL},
};

static void paths_say_which_files_hold_secrets(void **state)
{
    (void)state;
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        str content = paths[i].content ? str_from(paths[i].content) : STR_NONE;
        const char *kind = secret_file(str_from(paths[i].path), content);
        unit_row_str(&rows, paths[i].path, str_from(kind), str_from(paths[i].kind));
    }
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(names_say_whether_a_value_is_secret),
        UNIT_TEST(values_are_secret_or_placeholders),
        UNIT_TEST(paths_say_which_files_hold_secrets),
    };
    return cmocka_run_group_tests_name("secrets/names", tests, NULL, NULL);
}
