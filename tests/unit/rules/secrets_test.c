#include "tests/unit/rules/rules_unit.h"

/* Rules of secrets/ about Dockerfiles. What a secret looks like is in tests/unit/secrets. */

#define TOKEN \
    "ghp_"    \
    "q7Wz3nB9kLx2Vt5RmY8cJd4HsFg6PaQe1UoI"

static const struct rule_row rows[] = {
    /* secrets/env */
    {"the guide's WRONG block", "secrets/env", "FROM node:20\nENV API_KEY=sk-abc123xyz789\n", 2},
    {"its password", "secrets/env", "FROM node:20\nENV DATABASE_PASSWORD=super_secret\n", 2},
    {"the default of an argument", "secrets/env", "FROM node:20\nARG NPM_TOKEN=" TOKEN "\n", 2},
    {"an argument that a step uses", "secrets/env",
     "FROM node:20\nARG NPM_TOKEN\nRUN echo $NPM_TOKEN > .npmrc\n", 2},
    {"an argument that nothing uses", "secrets/env", "FROM node:20\nARG NPM_TOKEN\n", 0},
    {"a label", "secrets/env", "FROM node:20\nLABEL token=" TOKEN "\n", 2},
    {"a file's place is no secret", "secrets/env",
     "FROM postgres:16\nENV POSTGRES_PASSWORD_FILE=/run/secrets/pg\n", 0},
    {"a name for a key", "secrets/env", "FROM debian:12\nENV KEY_ALIAS=mykey\n", 0},
    {"nothing in it", "secrets/env", "FROM debian:12\nENV API_KEY=\n", 0},
    {"a placeholder", "secrets/env", "FROM debian:12\nENV API_KEY=changeme\n", 0},
    {"a public key of a signer", "secrets/env",
     "FROM debian:12\nENV GPG_KEYS=E3FF2839C048B25C084DEBE9B26995E310250568\n", 0},
    {"the value of another", "secrets/env", "FROM debian:12\nENV API_KEY=$OTHER\n", 0},
    /* secrets/in-text */
    {"a token in RUN", "secrets/in-text",
     "FROM debian:12\nRUN curl -H 'Authorization: token " TOKEN "' https://x.org\n", 2},
    {"a key in a heredoc", "secrets/in-text",
     "FROM debian:12\nCOPY <<EOF /k\n-----BEGIN RSA PRIVATE KEY-----\n"
     "MIIEowIBAAKCAQEAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
     "-----END RSA PRIVATE KEY-----\nEOF\n",
     3},
    {"a checksum", "secrets/in-text",
     "FROM debian:12\nRUN echo "
     "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a' | sha256sum -c\n",
     0},
    /* secrets/file-copied */
    {"an environment file", "secrets/file-copied", "FROM node:20\nCOPY .env /app/\n", 2},
    {"a private key", "secrets/file-copied", "FROM debian:12\nCOPY id_rsa /root/.ssh/\n", 2},
    {"an example", "secrets/file-copied", "FROM node:20\nCOPY .env.example /app/.env\n", 0},
    {"a public key", "secrets/file-copied", "FROM debian:12\nCOPY id_rsa.pub /root/.ssh/\n", 0},
    {"from a stage", "secrets/file-copied",
     "FROM debian:12 AS b\nFROM debian:12\nCOPY --from=b .env /app/\n", 0},
    /* secrets/credentials */
    {"in an address", "secrets/credentials",
     "FROM debian:12\nRUN git clone https://bob:s3cr3tpw@x.org/a.git\n", 2},
    {"by curl -u", "secrets/credentials",
     "FROM debian:12\nRUN curl -u bob:s3cr3tpw https://x.org/a\n", 2},
    {"a variable in an address", "secrets/credentials",
     "FROM debian:12\nARG T\nRUN git clone https://$T@x.org/a.git\n", 3},
    {"a user and a variable", "secrets/credentials",
     "FROM debian:12\nARG T\nRUN git clone https://bob:${T}@x.org/a.git\n", 3},
    {"what a step read from a secret", "secrets/credentials",
     "FROM debian:12\nRUN --mount=type=secret,id=t T=$(cat /run/secrets/t) && git clone "
     "https://$T@x.org/a.git\n",
     0},
    {"an address in a variable", "secrets/credentials",
     "FROM debian:12\nARG H\nRUN curl https://$H/a@b\n", 0},
    {"a user without a password", "secrets/credentials",
     "FROM debian:12\nRUN git clone ssh://git@x.org/a.git\n", 0},
    {"a port is no password", "secrets/credentials",
     "FROM debian:12\nRUN curl https://x.org:8443/a@b\n", 0},
    /* secrets/mount-leaked */
    {"copied", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=npmrc cp /run/secrets/npmrc /root/.npmrc\n", 2},
    {"written out", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=t cat /run/secrets/t > /root/t\n", 2},
    {"all variables written out", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=t,env=TOKEN env > /root/env\n", 2},
    {"one by its name", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=t,env=TOKEN echo \"t=$TOKEN\" >> /root/.npmrc\n", 2},
    {"used as a variable", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=t,env=TOKEN curl -H \"A: $TOKEN\" https://x.org > "
     "/a\n",
     0},
    {"in its place", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n", 0},
    {"read into a variable", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=t T=$(cat /run/secrets/t) npm ci\n", 0},
    {"another file", "secrets/mount-leaked",
     "FROM node:20\nRUN --mount=type=secret,id=t cp /a /b && npm ci\n", 0},
    /* secrets/mount-missing */
    {"the guide's own", "secrets/mount-missing",
     "FROM node:20 AS b\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n"
     "FROM node:20\nRUN npm ci --omit=dev\n",
     4,
     "FROM node:20 AS b\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n"
     "FROM node:20\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=dev\n"},
    {"in both", "secrets/mount-missing",
     "FROM node:20 AS b\nRUN --mount=type=secret,id=n npm ci\nFROM node:20\nRUN "
     "--mount=type=secret,id=n npm ci\n",
     0},
    {"another manager", "secrets/mount-missing",
     "FROM node:20 AS b\nRUN --mount=type=secret,id=n npm ci\nFROM python:3.12\nRUN pip install "
     "a\n",
     0},
    {"the same stage", "secrets/mount-missing",
     "FROM node:20\nRUN --mount=type=secret,id=n npm ci\nRUN npm install a\n", 0},
    /* secrets/registry-token */
    {"into .npmrc", "secrets/registry-token",
     "FROM node:20\nARG T\nRUN echo \"//r.org/:_authToken=$T\" > .npmrc && npm ci\n", 3},
    {"by npm config", "secrets/registry-token",
     "FROM node:20\nARG T\nRUN npm config set //r.org/:_authToken $T\n", 3},
    {"a registry without a token", "secrets/registry-token",
     "FROM node:20\nRUN npm config set registry https://r.org\n", 0},
    {"on a tmpfs", "secrets/registry-token",
     "FROM node:20\nARG T\nRUN --mount=type=tmpfs,target=/root echo \"//r/:_authToken=$T\" > "
     "/root/.npmrc\n",
     0},
};

static void test_secrets(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_secrets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
