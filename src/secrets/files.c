#include "secrets/secrets.h"

/*
 * Files that hold secrets, by their path, and by their content where a path leaves doubt.
 *
 *   path --row--> kind; the row's test says what the content must show for the kind to hold
 */

enum content_test {
    TEST_NONE,     /* the path is enough                                */
    TEST_KEY,      /* holds "PRIVATE KEY"                               */
    TEST_ASSIGNED, /* holds a NAME=value or name: value that is secret  */
    TEST_MARK,     /* holds the row's mark                              */
};

struct file_row {
    const char *base, *tail; /* the base name is `base`; or the path ends with `tail` */
    const char *kind;
    enum content_test test;
    const char *mark;
};

static const struct file_row file_rows[] = {
    {.base = ".env", .kind = "environment file", .test = TEST_ASSIGNED},
    {.base = ".envrc", .kind = "environment file", .test = TEST_ASSIGNED},
    {.tail = ".env", .kind = "environment file", .test = TEST_ASSIGNED},
    {.base = "id_rsa", .kind = "private key"},
    {.base = "id_dsa", .kind = "private key"},
    {.base = "id_ecdsa", .kind = "private key"},
    {.base = "id_ed25519", .kind = "private key"},
    {.tail = ".pem", .kind = "private key", .test = TEST_KEY},
    {.tail = ".key", .kind = "private key", .test = TEST_KEY},
    {.tail = ".p8", .kind = "private key", .test = TEST_KEY},
    {.tail = ".ppk", .kind = "private key"},
    {.tail = ".p12", .kind = "key store"},
    {.tail = ".pfx", .kind = "key store"},
    {.tail = ".jks", .kind = "key store"},
    {.tail = ".keystore", .kind = "key store"},
    {.tail = ".keytab", .kind = "key store"},
    {.tail = ".kdbx", .kind = "password database"},
    {.base = "secring.gpg", .kind = "private key"},
    {.base = "master.key", .kind = "Rails master key"},
    {.tail = ".ovpn", .kind = "VPN profile", .test = TEST_KEY},
    {.base = ".npmrc", .kind = "registry credentials", .test = TEST_MARK, .mark = "_auth"},
    {.base = ".yarnrc.yml", .kind = "registry credentials", .test = TEST_MARK, .mark = "npmAuth"},
    {.base = ".pypirc", .kind = "registry credentials", .test = TEST_MARK, .mark = "password"},
    {.tail = ".gem/credentials", .kind = "registry credentials"},
    {.tail = ".cargo/credentials", .kind = "registry credentials"},
    {.tail = ".cargo/credentials.toml", .kind = "registry credentials"},
    {.base = "auth.json", .kind = "registry credentials", .test = TEST_MARK, .mark = "-basic\""},
    {.tail = ".m2/settings.xml",
     .kind = "registry credentials",
     .test = TEST_MARK,
     .mark = "<pass"},
    {.tail = ".docker/config.json",
     .kind = "registry credentials",
     .test = TEST_MARK,
     .mark = "\"auth\""},
    {.base = ".dockercfg", .kind = "registry credentials"},
    {.base = ".netrc", .kind = "login credentials"},
    {.base = "_netrc", .kind = "login credentials"},
    {.base = ".git-credentials", .kind = "login credentials"},
    {.base = ".htpasswd", .kind = "password hashes"},
    {.base = ".pgpass", .kind = "database credentials"},
    {.base = ".my.cnf", .kind = "database credentials", .test = TEST_MARK, .mark = "password"},
    {.tail = ".aws/credentials", .kind = "cloud credentials"},
    {.base = ".boto", .kind = "cloud credentials"},
    {.base = ".s3cfg", .kind = "cloud credentials"},
    {.base = "application_default_credentials.json", .kind = "cloud credentials"},
    {.base = "credentials.json", .kind = "cloud credentials", .test = TEST_ASSIGNED},
    {.base = "service-account.json", .kind = "cloud credentials", .test = TEST_KEY},
    {.base = "service_account.json", .kind = "cloud credentials", .test = TEST_KEY},
    {.base = "serviceAccountKey.json", .kind = "cloud credentials", .test = TEST_KEY},
    {.base = "client_secret.json", .kind = "cloud credentials"},
    {.base = "client_secrets.json", .kind = "cloud credentials"},
    {.base = "credentials.tfrc.json", .kind = "cloud credentials"},
    {.tail = ".tfstate", .kind = "Terraform state"},
    {.tail = ".tfstate.backup", .kind = "Terraform state"},
    {.tail = ".tfvars", .kind = "Terraform variables", .test = TEST_ASSIGNED},
    {.base = "kubeconfig", .kind = "cluster credentials"},
    {.tail = ".kube/config", .kind = "cluster credentials"},
    {.base = ".vault-token", .kind = "vault token"},
    {.base = ".vault_pass", .kind = "vault password"},
    {.base = "secrets.yml", .kind = "secrets file", .test = TEST_ASSIGNED},
    {.base = "secrets.yaml", .kind = "secrets file", .test = TEST_ASSIGNED},
    {.base = "secrets.json", .kind = "secrets file", .test = TEST_ASSIGNED},
    {.base = "secrets.toml", .kind = "secrets file", .test = TEST_ASSIGNED},
    {.base = "sftp-config.json", .kind = "login credentials"},
    {.base = ".bash_history", .kind = "shell history"},
    {.base = ".zsh_history", .kind = "shell history"},
    {.base = ".mysql_history", .kind = "shell history"},
    {.base = ".psql_history", .kind = "shell history"},
};

/* "prod.env.example", "id_rsa.pub", "key.pem.template": made to be shared. */
static bool is_example(str base)
{
    static const char *const words[] = {"example", "sample",   "template", "dist", "tmpl",
                                        "default", "defaults", "patch",    "diff"};
    if (str_ends(base, STR(".pub")))
        return true;
    str part;
    for (str rest = base; str_next(&rest, '.', &part);) {
        str piece;
        for (str parts = part; str_next(&parts, '-', &piece);)
            if (str_in(piece, words, ARRAY_COUNT(words)))
                return true;
    }
    return false;
}

/* "NAME=value", "name: value", "export NAME=value", "\"name\": \"value\"," on one line. */
static bool line_assigns_secret(str line)
{
    line = str_trim(line);
    if (str_starts(line, STR("#")) || str_starts(line, STR("//")))
        return false;
    if (str_starts(line, STR("export ")))
        line = str_trim_start(str_from_index(line, 7));
    size_t equals = str_find_char(line, '='), colon = str_find_char(line, ':');
    size_t cut = equals < colon ? equals : colon;
    if (cut == STR_MISSING)
        return false;
    str name = str_trim(str_slice(line, 0, cut)), value = str_trim(str_from_index(line, cut + 1));
    while (name.len && (name.at[0] == '"' || name.at[0] == '\''))
        name = str_slice(name, 1, name.len - 1);
    if (str_ends(value, STR(",")))
        value.len--;
    return secret_name(name) && secret_value(value);
}

static bool assigns_secret(str content)
{
    str line;
    for (str rest = content; str_next_line(&rest, &line);)
        if (line_assigns_secret(line) || !span_is_empty(secret_in_url(line)))
            return true;
    return false;
}

/* The mark on a line whose value is not taken from the environment ("_authToken=${NPM_TOKEN}"). */
static bool has_marked_value(str content, str mark)
{
    str line;
    for (str rest = content; str_next_line(&rest, &line);)
        if (str_has(line, mark) && !str_has(line, STR("${")))
            return true;
    return false;
}

static bool content_agrees(const struct file_row *row, str content)
{
    switch (row->test) {
    case TEST_NONE: return true;
    case TEST_KEY: return str_has(content, STR("PRIVATE KEY"));
    case TEST_ASSIGNED: return assigns_secret(content);
    case TEST_MARK: return has_marked_value(content, str_from(row->mark));
    }
    return false;
}

static bool path_agrees(const struct file_row *row, str path, str base)
{
    if (row->base)
        return str_eq(base, str_from(row->base));
    str tail = str_from(row->tail);
    if (!str_ends(path, tail))
        return false;
    bool whole = path.len == tail.len || path.at[path.len - tail.len - 1] == '/';
    return tail.at[0] == '.' || whole;
}

const char *secret_file(str path, str content)
{
    str base = str_basename(path);
    if (is_example(base))
        return NULL;
    if (str_starts(base, STR(".env.")))
        return !content.at || assigns_secret(content) ? "environment file" : NULL;
    for (size_t i = 0; i < ARRAY_COUNT(file_rows); i++)
        if (path_agrees(&file_rows[i], path, base))
            return !content.at || content_agrees(&file_rows[i], content) ? file_rows[i].kind : NULL;
    return NULL;
}
