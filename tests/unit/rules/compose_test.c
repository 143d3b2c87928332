#include "tests/unit/rules/yaml_unit.h"

/* Rules of compose files, alone and with the Dockerfile of their image. */

#define S         "services:\n  a:\n"
#define IMAGE     S "    image: acme/tool:1\n"
#define POSTGRES  S "    image: postgres:16\n"
#define NODE      "FROM node:20-alpine\nWORKDIR /app\nCOPY . .\n"
#define NODE_OWNS NODE "RUN mkdir cache && chown -R node:node /app/cache\nUSER node\n"
#define LABELLED  "FROM alpine:3.19\nLABEL security.capabilities=\"CHOWN,NET_ADMIN\"\nCMD [\"x\"]\n"
#define SECRET_WORD \
    "hunter2"       \
    "k3y9"

static const struct yaml_row rows[] = {
    /* compose/read-only-root */
    {"a root that can be written", "compose/read-only-root", IMAGE, 2,
     IMAGE "    read_only: true\n    tmpfs:\n    - /tmp\n"},
    {"a tmpfs that is there becomes a list, its comment stays", "compose/read-only-root",
     S "    tmpfs: /x # why\n    image: a:1\n", 2,
     S "    tmpfs:\n    - /x\n    - /tmp # why\n    image: a:1\n    read_only: true\n"},
    {"lists as the file has them", "compose/read-only-root",
     S "    image: a:1\n    tmpfs:\n      - /x:size=1m\n", 2,
     S "    image: a:1\n    tmpfs:\n      - /x:size=1m\n      - /tmp\n    read_only: true\n"},
    {"a volume at /tmp is enough", "compose/read-only-root",
     IMAGE "    volumes:\n      - tmp:/tmp\n", 2,
     IMAGE "    volumes:\n      - tmp:/tmp\n    read_only: true\n"},
    {"a server's own places", "compose/read-only-root", POSTGRES, 2,
     POSTGRES "    read_only: true\n    tmpfs:\n    - /tmp\n    - /run/postgresql:mode=1777\n"},
    {"in braces", "compose/read-only-root", "services:\n  a: {image: x:1}\n", 2,
     "services:\n  a: {image: x:1, read_only: true, tmpfs: [/tmp]}\n"},
    {"what the Dockerfile makes for its user", "compose/read-only-root", S "    build: .\n", 2,
     S "    build: .\n    read_only: true\n    tmpfs:\n    - /tmp\n    - /app/cache:uid=1000\n",
     NODE_OWNS},
    {"what the base image needs", "compose/read-only-root", S "    build: .\n", 2,
     S "    build: .\n    read_only: true\n    tmpfs:\n    - /tmp\n"
       "    - /run/postgresql:mode=1777\n",
     "FROM postgres:16\nCOPY a.sql /docker-entrypoint-initdb.d/\n"},
    {"a server that edits its settings", "compose/read-only-root",
     S "    image: elasticsearch:8.1.0\n", 0},
    {"read_only", "compose/read-only-root", IMAGE "    read_only: true\n", 0},
    {"read_only through an anchor", "compose/read-only-root",
     "x-a: &a\n  read_only: true\n" S "    <<: *a\n    image: a:1\n", 0},
    {"an override is not whole", "compose/read-only-root", S "    environment: {A: b}\n", 0},

    /* compose/capabilities-kept, capability-added, new-privileges, unconfined */
    {"the default capabilities", "compose/capabilities-kept", IMAGE, 2,
     IMAGE "    cap_drop:\n    - ALL\n"},
    {"what a known server needs", "compose/capabilities-kept",
     S "    image: redis:7\n    cap_add: [CHOWN] # mine\n", 2,
     S "    image: redis:7\n    cap_add: [CHOWN, DAC_OVERRIDE, SETGID, SETUID] # mine\n"
       "    cap_drop:\n    - ALL\n"},
    {"what a server needs no more as another user", "compose/capabilities-kept",
     S "    image: redis:7\n    user: redis\n", 2,
     S "    image: redis:7\n    user: redis\n    cap_drop:\n    - ALL\n"},
    {"what the base image needs", "compose/capabilities-kept", S "    image: acme/app\n", 2,
     S "    image: acme/app\n    cap_drop:\n    - ALL\n    cap_add:\n    - SETGID\n    - SETUID\n"
       "    - NET_BIND_SERVICE\n",
     "FROM httpd:2.4\n"},
    {"and not as another user", "compose/capabilities-kept", S "    build: .\n", 2,
     S "    build: .\n    cap_drop:\n    - ALL\n", "FROM httpd:2.4\nUSER www-data\n"},
    {"dropped in any case", "compose/capabilities-kept", IMAGE "    cap_drop: [all]\n", 0},
    {"a capability of the host", "compose/capability-added",
     IMAGE "    cap_add:\n      - CHOWN\n      - CAP_SYS_ADMIN\n", 6},
    {"a harmless one", "compose/capability-added", IMAGE "    cap_add: [CHOWN]\n", 0},
    {"setuid works", "compose/new-privileges", IMAGE "    security_opt: [label:disable]\n", 2,
     IMAGE "    security_opt: [label:disable, \"no-new-privileges:true\"]\n"},
    {"it does not", "compose/new-privileges", IMAGE "    security_opt: [no-new-privileges]\n", 0},
    {"seccomp off", "compose/unconfined", IMAGE "    security_opt:\n    - seccomp:unconfined\n", 5},
    {"a profile", "compose/unconfined", IMAGE "    security_opt: [seccomp:p.json]\n", 0},

    /* compose/root-user, memory-limit, privileged, host-namespace */
    {"told to be root", "compose/root-user", IMAGE "    user: \"0:0\"\n", 4},
    {"told to be another", "compose/root-user", IMAGE "    user: \"1000\"\n", 0},
    {"no limit", "compose/memory-limit", IMAGE, 2},
    {"mem_limit", "compose/memory-limit", IMAGE "    mem_limit: 1g\n", 0},
    {"a limit to deploy", "compose/memory-limit",
     IMAGE "    deploy: {resources: {limits: {memory: 1g}}}\n", 0},
    {"privileged", "compose/privileged", IMAGE "    privileged: true\n", 4},
    {"the host's network", "compose/host-namespace", IMAGE "    network_mode: host\n", 4},
    {"another service's network", "compose/host-namespace", IMAGE "    network_mode: service:b\n",
     0},

    /* compose/engine-socket, compose/host-path */
    {"the socket", "compose/engine-socket",
     IMAGE "    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock:ro\n", 5},
    {"the directory that holds it", "compose/engine-socket",
     IMAGE "    volumes:\n      - /var/run:/host:ro\n", 5},
    {"in long form", "compose/engine-socket",
     IMAGE "    volumes:\n      - {type: bind, source: /run, target: /x}\n", 5},
    {"a volume of that name", "compose/engine-socket", IMAGE "    volumes: [run:/run]\n", 0},
    {"a directory below it", "compose/engine-socket", IMAGE "    volumes: [/run/udev:/x]\n", 0},
    {"the host's settings", "compose/host-path", IMAGE "    volumes: [/etc:/x]\n", 4},
    {"one file of them", "compose/host-path", IMAGE "    volumes: [/etc/localtime:/x:ro]\n", 0},

    /* compose/public-database */
    {"a database for everybody", "compose/public-database",
     POSTGRES "    ports:\n      - \"5432:5432\" # dev\n", 5,
     POSTGRES "    ports:\n      - \"127.0.0.1:5432:5432\" # dev\n"},
    {"in single quotes, with a default", "compose/public-database",
     POSTGRES "    ports: ['${P:-5432}:5432']\n", 4,
     POSTGRES "    ports: ['127.0.0.1:${P:-5432}:5432']\n"},
    {"in long form", "compose/public-database",
     POSTGRES "    ports:\n      - target: 5432\n        published: 5432\n", 5,
     POSTGRES "    ports:\n      - target: 5432\n        published: 5432\n"
              "        host_ip: 127.0.0.1\n"},
    {"for this host", "compose/public-database", POSTGRES "    ports: [\"127.0.0.1:5432:5432\"]\n",
     0},
    {"for an address that is asked for", "compose/public-database",
     POSTGRES "    ports: [\"${IP:-127.0.0.1}:5432:5432\"]\n", 0},
    {"for other services", "compose/public-database", POSTGRES "    expose: [5432]\n", 0},
    {"no database", "compose/public-database", IMAGE "    ports: [\"80:80\"]\n", 0},

    /* compose/duplicate-* */
    {"a port twice", "compose/duplicate-port",
     IMAGE "    ports: [\"80:80\"]\n  b:\n    image: b:1\n    ports: [\"0.0.0.0:80:81/tcp\"]\n", 7},
    {"of two addresses", "compose/duplicate-port",
     IMAGE "    ports: [\"127.0.0.1:80:80\"]\n  b:\n    ports: [\"127.0.0.2:80:80\"]\n", 0},
    {"of two protocols", "compose/duplicate-port",
     IMAGE "    ports: [\"53:53\"]\n  b:\n    ports: [\"53:53/udp\"]\n", 0},
    {"of a profile", "compose/duplicate-port",
     IMAGE "    ports: [\"80:80\"]\n  b:\n    profiles: [x]\n    ports: [\"80:80\"]\n", 0},
    {"a container's name twice", "compose/duplicate-name",
     IMAGE "    container_name: x\n  b:\n    image: b:1\n    container_name: x\n", 7},
    {"two names", "compose/duplicate-name",
     IMAGE "    container_name: x\n  b:\n    container_name: y\n", 0},
    {"a service twice", "compose/duplicate-key", IMAGE "  a:\n    image: b:1\n", 4},
    {"a variable twice", "compose/duplicate-key",
     IMAGE "    environment:\n      A: 1\n      A: 2\n", 6},
    {"merged twice", "compose/duplicate-key",
     "x-a: &a {tty: true}\n" IMAGE "    <<: *a\n    command: x\n", 0},

    /* compose/image-tag, env-secret, version */
    {"no tag", "compose/image-tag", S "    image: nginx\n", 3},
    {"the name of what is built", "compose/image-tag", S "    image: me\n    build: .\n", 0},
    {"a variable", "compose/image-tag", S "    image: nginx:${V}\n", 0},
    {"a password", "compose/env-secret",
     IMAGE "    environment:\n      DB_PASSWORD: " SECRET_WORD "\n", 5},
    {"in a list", "compose/env-secret",
     IMAGE "    environment:\n      - A=1\n      - DB_PASSWORD=" SECRET_WORD "\n", 6},
    {"from the environment", "compose/env-secret",
     IMAGE "    environment:\n      - DB_PASSWORD=${DB_PASSWORD:?}\n      - TOKEN\n", 0},
    {"a file with the password", "compose/env-secret",
     IMAGE "    environment: {DB_PASSWORD_FILE: /run/secrets/db}\n", 0},
    {"a word that stands for a value", "compose/env-secret",
     IMAGE "    environment: {API_KEY: API_KEY_VALUE}\n", 0},
    {"a user's name", "compose/env-secret", IMAGE "    environment: {S3_ACCESS_KEY: minio}\n", 0},
    {"version", "compose/version", "# top\nversion: \"3\" # old\n\n" IMAGE, 2, "# top\n\n" IMAGE},

    /* with the Dockerfile of the image */
    {"a tmpfs over the program", "runtime/mount-over-image", S "    build: .\n    tmpfs: /app\n", 4,
     NULL, NODE},
    {"a tmpfs beside it", "runtime/mount-over-image", S "    build: .\n    tmpfs: [/app/x, /tmp]\n",
     0, NULL, NODE},
    {"a directory that was removed", "runtime/mount-over-image",
     S "    build: .\n    tmpfs: /src\n", 0, NULL,
     "FROM alpine:3.19\nCOPY a /src/\nRUN make -C /src && rm -rf /src\n"},
    {"a build stage's files", "runtime/mount-over-image", S "    build: .\n    tmpfs: /src\n", 0,
     NULL, "FROM golang:1.22 AS b\nCOPY . /src\nFROM scratch\nCOPY --from=b /x /x\n"},
    {"a tmpfs of root where the user writes", "runtime/tmpfs-owner",
     S "    build: .\n    tmpfs:\n      - /app/cache # here\n", 5,
     S "    build: .\n    tmpfs:\n      - /app/cache:uid=1000 # here\n", NODE_OWNS},
    {"by the image's name", "runtime/tmpfs-owner",
     S "    image: acme/app:2\n    tmpfs: /app/cache:size=1m\n", 4,
     S "    image: acme/app:2\n    tmpfs: \"/app/cache:size=1m,uid=1000\"\n", NODE_OWNS},
    {"it says who may write", "runtime/tmpfs-owner",
     S "    build: .\n    tmpfs: /app/cache:mode=1777\n", 0, NULL, NODE_OWNS},
    {"the image runs as root", "runtime/tmpfs-owner", S "    build: .\n    tmpfs: /app/cache\n", 0,
     NULL, NODE},
    {"read-only, and nothing where the server writes", "runtime/writable-missing",
     POSTGRES "    read_only: true # yes\n    tmpfs: [/tmp]\n", 4,
     POSTGRES "    read_only: true # yes\n    tmpfs: [/tmp, /run/postgresql:mode=1777]\n"},
    {"a volume above it", "runtime/writable-missing",
     POSTGRES "    read_only: true\n    tmpfs: /run\n", 0},
    {"nothing where the image's user writes", "runtime/writable-missing",
     S "    build: .\n    read_only: true\n    tmpfs:\n      - /tmp\n", 2,
     S "    build: .\n    read_only: true\n    tmpfs:\n      - /tmp\n      - /app/cache:uid=1000\n",
     NODE_OWNS},
    {"a volume there", "runtime/writable-missing",
     S "    build: .\n    read_only: true\n    volumes: [c:/app/cache]\n", 0, NULL, NODE_OWNS},
    {"a root that can be written needs none", "runtime/writable-missing", S "    build: .\n", 0,
     NULL, NODE_OWNS},
    {"the program's own directory is not for writing", "runtime/writable-missing",
     S "    build: .\n    read_only: true\n", 0, NULL,
     "FROM node:20-alpine\nRUN mkdir -p /srv/app && chown -R node:node /srv/app\n"
     "WORKDIR /srv/app\nUSER node\n"},
    {"a directory that docker makes a volume of", "runtime/writable-missing",
     S "    build: .\n    read_only: true\n", 0, NULL, NODE_OWNS "VOLUME /app/cache\n"},
    {"what the label asks for", "security/capabilities-given",
     S "    build: .\n    cap_drop: [ALL]\n    cap_add:\n      - CHOWN\n", 2,
     S "    build: .\n    cap_drop: [ALL]\n    cap_add:\n      - CHOWN\n      - NET_ADMIN\n",
     LABELLED},
    {"the defaults hold what is no more than default", "security/capabilities-given",
     S "    build: .\n    cap_add: [CAP_NET_ADMIN]\n", 0, NULL, LABELLED},
    {"more than the label names", "security/capabilities-given",
     S "    build: .\n    cap_add: [net_admin, SYS_TIME]\n", 2, NULL, LABELLED},
    {"no label", "security/capabilities-given", S "    build: .\n    cap_drop: [ALL]\n", 0, NULL,
     NODE},
    {"setcap without new privileges", "security/setcap-lost",
     S "    build: .\n    security_opt: [no-new-privileges:true]\n", 2, NULL,
     "FROM alpine:3.19\nRUN setcap cap_net_raw+ep /x\nUSER 1000\n"},
    {"setcap with them", "security/setcap-lost", S "    build: .\n", 0, NULL,
     "FROM alpine:3.19\nRUN setcap cap_net_raw+ep /x\nUSER 1000\n"},

    /* correctness/yaml */
    {"no YAML", "correctness/yaml", S "    image: [a\n    x: 1\n", 5},
    {"a bracket that stands too far left is read", "correctness/yaml",
     S "    command: [\n      x,\n    ]\n", 0},
};

/* docker run, in scripts and documents */
#define BUILD "docker build -t acme/app .\n"

static const struct ci_row run_rows[] = {
    {"a tmpfs of root where the user writes", "runtime/tmpfs-owner", FILE_SHELL,
     BUILD "docker run --read-only --tmpfs /app/cache acme/app\n", 2,
     BUILD "docker run --read-only --tmpfs /app/cache:uid=1000 acme/app\n", NODE_OWNS},
    {"for the user who is told", "runtime/tmpfs-owner", FILE_SHELL,
     BUILD "docker run -u 5 --tmpfs /app/cache acme/app\n", 0, NULL, NODE_OWNS},
    {"another image", "runtime/tmpfs-owner", FILE_SHELL,
     BUILD "docker run --tmpfs /app/cache acme/other\n", 0, NULL, NODE_OWNS},
    {"nothing is mounted where the user writes", "runtime/writable-missing", FILE_SHELL,
     BUILD "docker run --read-only --tmpfs /tmp acme/app:1\n", 2,
     BUILD "docker run --tmpfs /app/cache:uid=1000 --read-only --tmpfs /tmp acme/app:1\n",
     NODE_OWNS},
    {"a volume is", "runtime/writable-missing", FILE_SHELL,
     BUILD "docker run --read-only -v c:/app/cache acme/app\n", 0, NULL, NODE_OWNS},
    {"a tmpfs over the program", "runtime/mount-over-image", FILE_SHELL,
     BUILD "docker run --tmpfs /app acme/app\n", 2, NULL, NODE},
    {"what the label asks for", "security/capabilities-given", FILE_SHELL,
     BUILD "docker run --cap-drop=ALL --cap-add CHOWN acme/app\n", 2,
     BUILD "docker run --cap-add=NET_ADMIN --cap-drop=ALL --cap-add CHOWN acme/app\n", LABELLED},
    {"it is given", "security/capabilities-given", FILE_SHELL,
     BUILD "docker run --cap-add NET_ADMIN acme/app\n", 0, NULL, LABELLED},
    {"a variable may give it", "security/capabilities-given", FILE_SHELL,
     BUILD "docker run --cap-drop=ALL --cap-add \"$CAPS\" acme/app\n", 0, NULL, LABELLED},
    {"two Dockerfiles of one name: none is certain", "security/capabilities-given", FILE_SHELL,
     BUILD "docker build -t acme/app other\ndocker run acme/app\n", 0, NULL, LABELLED},
};

/* A workflow that builds and runs by a name that docker/metadata-action makes. */
#define META                                                                               \
    "jobs:\n  a:\n    steps:\n      - id: meta\n        uses: docker/metadata-action@v5\n" \
    "        with:\n          images: |\n            name=ghcr.io/acme/app,enable=true\n"  \
    "      - uses: docker/build-push-action@v6\n        with:\n"                           \
    "          tags: ${{ steps.meta.outputs.tags }}\n"

static void test_run(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(run_rows); i++)
        ci_row_check(*state, &checked, &run_rows[i]);
    static const struct ci_row meta = {"a name that an action makes",
                                       "runtime/mount-over-image",
                                       FILE_GITHUB,
                                       META
                                       "      - run: docker run --tmpfs /app ghcr.io/acme/app\n",
                                       12,
                                       NULL,
                                       NODE};
    ci_row_check(*state, &checked, &meta);
    assert_rows(checked);
}

static void test_compose(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        yaml_row_check(*state, &checked, &rows[i], "compose.yaml");
    static const struct yaml_row stack = {"a stack's file keeps its version", "compose/version",
                                          "version: \"3\"\n" IMAGE, 0};
    yaml_row_check(*state, &checked, &stack, "docker-stack.yml");
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_compose), UNIT_TEST(test_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
