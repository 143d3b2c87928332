#include "tests/unit/rules/yaml_unit.h"

/* Rules of manifests and of fragments. */

#define POD    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n"
#define A      "  containers:\n  - name: a\n    image: a:1\n"
#define B      "  - name: b\n    image: b:1\n"
#define DEPLOY "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
#define CRON                                                                                   \
    "apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template:\n" \
    "        spec:\n"

static const struct yaml_row rows[] = {
    /* kubernetes/run-as-non-root, non-root-refused */
    {"nothing keeps it from root", "kubernetes/run-as-non-root", POD A, 7,
     POD A "    securityContext:\n      runAsNonRoot: true\n"},
    {"the pod keeps it", "kubernetes/run-as-non-root",
     POD "  securityContext: {runAsNonRoot: true}\n" A, 0},
    {"a number keeps it", "kubernetes/run-as-non-root",
     POD A "    securityContext:\n      runAsUser: 1000\n", 0},
    {"root by number, told where the pod says it", "kubernetes/run-as-non-root",
     POD "  securityContext:\n    runAsUser: 0\n" A B, 7},
    {"an image of root gets no flag that stops it", "kubernetes/run-as-non-root",
     POD "  containers:\n  - name: a\n    image: nginx:1\n", 7,
     POD "  containers:\n  - name: a\n    image: nginx:1\n"},
    {"in a cron job", "kubernetes/run-as-non-root",
     CRON "          containers:\n          - name: a\n            image: a:1\n", 9,
     CRON "          containers:\n          - name: a\n            image: a:1\n"
          "            securityContext:\n              runAsNonRoot: true\n"},
    {"a patch is not whole", "kubernetes/run-as-non-root",
     POD "  containers:\n  - name: a\n    env: []\n", 0},
    {"a template is not judged by what is absent", "kubernetes/run-as-non-root",
     POD A "    args: [\"{{ x }}\"]\n", 0},
    {"an image of root is not started", "kubernetes/non-root-refused",
     POD "  securityContext:\n    runAsNonRoot: true\n  containers:\n  - name: a\n"
         "    image: nginx:1 # web\n",
     7,
     POD "  securityContext:\n    runAsNonRoot: true\n  containers:\n  - name: a\n"
         "    image: nginx:1 # web\n    securityContext:\n      runAsUser: 101\n"},
    {"with a user it is", "kubernetes/non-root-refused",
     POD "  securityContext: {runAsNonRoot: true, runAsUser: 101}\n"
         "  containers: [{name: a, image: nginx:1}]\n",
     0},
    {"an image that is not known", "kubernetes/non-root-refused",
     POD "  securityContext: {runAsNonRoot: true}\n" A, 0},

    /* kubernetes/read-only-root */
    {"a pair of mount and volume", "kubernetes/read-only-root", POD A, 7,
     POD A "    securityContext:\n      readOnlyRootFilesystem: true\n"
           "    volumeMounts:\n    - name: tmp\n      mountPath: /tmp\n"
           "  volumes:\n  - name: tmp\n    emptyDir:\n      sizeLimit: 64Mi\n"},
    {"a ConfigMap called tmp is not written to", "kubernetes/read-only-root",
     POD A "  volumes:\n  - name: tmp # settings\n    configMap: {name: c}\n", 7,
     POD A "    securityContext:\n      readOnlyRootFilesystem: true\n"
           "    volumeMounts:\n    - name: a-tmp\n      mountPath: /tmp\n"
           "  volumes:\n  - name: tmp # settings\n    configMap: {name: c}\n"
           "  - name: a-tmp\n    emptyDir:\n      sizeLimit: 64Mi\n"},
    {"an emptyDir that nobody mounts is taken", "kubernetes/read-only-root",
     POD A "  volumes:\n  - name: tmp\n    emptyDir: {}\n", 7,
     POD A "    securityContext:\n      readOnlyRootFilesystem: true\n"
           "    volumeMounts:\n    - name: tmp\n      mountPath: /tmp\n"
           "  volumes:\n  - name: tmp\n    emptyDir: {}\n"},
    {"two containers do not share one /tmp", "kubernetes/read-only-root", POD A B, 7,
     POD A "    securityContext:\n      readOnlyRootFilesystem: true\n"
           "    volumeMounts:\n    - name: a-tmp\n      mountPath: /tmp\n" B
           "  volumes:\n  - name: a-tmp\n    emptyDir:\n      sizeLimit: 64Mi\n"},
    {"a mount at /tmp is enough", "kubernetes/read-only-root",
     POD A "    volumeMounts:\n    - {name: v, mountPath: /tmp}\n", 7,
     POD A "    volumeMounts:\n    - {name: v, mountPath: /tmp}\n"
           "    securityContext:\n      readOnlyRootFilesystem: true\n"},
    {"a server's own places", "kubernetes/read-only-root",
     POD "  containers:\n  - name: web\n    image: nginx:1.27\n", 7,
     POD "  containers:\n  - name: web\n    image: nginx:1.27\n"
         "    securityContext:\n      readOnlyRootFilesystem: true\n"
         "    volumeMounts:\n    - name: tmp\n      mountPath: /tmp\n"
         "    - name: var-cache-nginx\n      mountPath: /var/cache/nginx\n"
         "    - name: run\n      mountPath: /run\n"
         "  volumes:\n  - name: tmp\n    emptyDir:\n      sizeLimit: 64Mi\n"
         "  - name: var-cache-nginx\n    emptyDir:\n      sizeLimit: 64Mi\n"
         "  - name: run\n    emptyDir:\n      sizeLimit: 64Mi\n"},
    {"it is read-only", "kubernetes/read-only-root",
     POD A "    securityContext: {readOnlyRootFilesystem: true}\n", 0},
    {"a fragment that says false", "kubernetes/read-only-root",
     "securityContext:\n  readOnlyRootFilesystem: false\n", 2},

    /* kubernetes/capabilities-kept, capability-added, privilege-escalation */
    {"the default capabilities", "kubernetes/capabilities-kept", POD A, 7,
     POD A "    securityContext:\n      capabilities:\n        drop:\n        - ALL\n"},
    {"behind a list that is there", "kubernetes/capabilities-kept",
     POD A "    securityContext:\n      capabilities:\n        drop:\n        - NET_RAW # no\n", 7,
     POD A "    securityContext:\n      capabilities:\n        drop:\n        - NET_RAW # no\n"
           "        - ALL\n"},
    {"what a known server needs", "kubernetes/capabilities-kept",
     POD "  containers:\n  - name: a\n    image: httpd:2\n    securityContext:\n"
         "      capabilities:\n        add: [SETUID]\n",
     7,
     POD "  containers:\n  - name: a\n    image: httpd:2\n    securityContext:\n"
         "      capabilities:\n        add: [SETUID, SETGID, NET_BIND_SERVICE]\n        drop:\n"
         "        - ALL\n"},
    {"what its port needs", "kubernetes/capabilities-kept",
     POD A "    ports:\n    - containerPort: 80\n", 7,
     POD A "    ports:\n    - containerPort: 80\n    securityContext:\n      capabilities:\n"
           "        drop:\n        - ALL\n        add:\n        - NET_BIND_SERVICE\n"},
    {"all dropped", "kubernetes/capabilities-kept",
     POD A "    securityContext: {capabilities: {drop: [ALL]}}\n", 0},
    {"a capability of the node", "kubernetes/capability-added",
     "securityContext:\n  capabilities:\n    add: [CHOWN, SYS_PTRACE]\n", 3},
    {"the guide's own", "kubernetes/capability-added",
     "securityContext:\n  capabilities:\n    drop:\n      - ALL\n    add:\n"
     "      - NET_BIND_SERVICE\n",
     0},
    {"setuid works", "kubernetes/privilege-escalation",
     POD A "    securityContext: # mine\n      runAsUser: 1 # one\n", 7,
     POD A "    securityContext: # mine\n      runAsUser: 1 # one\n"
           "      allowPrivilegeEscalation: false\n"},
    {"it is told to", "kubernetes/privilege-escalation",
     POD A "    securityContext:\n      allowPrivilegeEscalation: true # sudo\n", 10,
     POD A "    securityContext:\n      allowPrivilegeEscalation: false # sudo\n"},
    {"in braces", "kubernetes/privilege-escalation",
     POD "  containers: [{name: a, image: \"a:1\"}]\n", 6,
     POD "  containers: [{name: a, image: \"a:1\", securityContext: "
         "{allowPrivilegeEscalation: false}}]\n"},
    {"an anchor's text is not touched", "kubernetes/privilege-escalation",
     POD "  containers:\n  - name: a\n    image: a:1\n    securityContext: &s {runAsUser: 1}\n"
         "  - name: b\n    image: b:1\n    securityContext: *s\n",
     7,
     POD "  containers:\n  - name: a\n    image: a:1\n    securityContext: &s {runAsUser: 1, "
         "allowPrivilegeEscalation: false}\n"
         "  - name: b\n    image: b:1\n    securityContext: *s\n"},

    /* kubernetes/seccomp */
    {"no profile", "kubernetes/seccomp", POD A, 7,
     POD A "  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n"},
    {"Unconfined is no profile", "kubernetes/seccomp",
     POD "  securityContext:\n    seccompProfile:\n      type: Unconfined # why\n" A B, 8,
     POD "  securityContext:\n    seccompProfile:\n      type: RuntimeDefault # why\n" A B},
    {"one container without", "kubernetes/seccomp",
     POD A "    securityContext: {seccompProfile: {type: RuntimeDefault}}\n" B, 6},
    {"each has one", "kubernetes/seccomp",
     POD A "    securityContext: {seccompProfile: {type: RuntimeDefault}}\n", 0},

    /* kubernetes/wrong-level */
    {"of containers, at the pod", "kubernetes/wrong-level",
     POD "  securityContext:\n    runAsUser: 1 # me\n    readOnlyRootFilesystem: true\n" A, 8,
     POD "  securityContext:\n    runAsUser: 1 # me\n" A
         "    securityContext:\n      readOnlyRootFilesystem: true\n"},
    {"of the pod, at a container", "kubernetes/wrong-level",
     POD A "    securityContext:\n      runAsUser: 1\n      fsGroup: 2000 # files\n", 11,
     POD A "    securityContext:\n      runAsUser: 1\n  securityContext:\n    fsGroup: 2000\n"},
    {"the pod says it already", "kubernetes/wrong-level",
     POD "  securityContext: {fsGroup: 1}\n" A
         "    securityContext:\n      runAsUser: 1\n      fsGroup: 1\n",
     12, POD "  securityContext: {fsGroup: 1}\n" A "    securityContext:\n      runAsUser: 1\n"},
    {"the pod says something else: no fix", "kubernetes/wrong-level",
     POD "  securityContext: {fsGroup: 2}\n" A "    securityContext:\n      fsGroup: 1\n", 11,
     POD "  securityContext: {fsGroup: 2}\n" A "    securityContext:\n      fsGroup: 1\n"},
    {"beside a securityContext", "kubernetes/wrong-level", POD A "    runAsUser: 1000\n", 9,
     POD A "    securityContext:\n      runAsUser: 1000\n"},
    {"beside the template", "kubernetes/wrong-level",
     "apiVersion: apps/v1\nkind: Deployment\nspec:\n  securityContext: {runAsUser: 1}\n"
     "  template:\n    spec:\n      containers:\n      - name: a\n        image: a:1\n",
     4},
    {"where it belongs", "kubernetes/wrong-level",
     POD "  securityContext: {fsGroup: 1, runAsUser: 1}\n" A
         "    securityContext: {privileged: false, runAsUser: 2}\n",
     0},
    {"a fragment is both", "kubernetes/wrong-level",
     "securityContext:\n  readOnlyRootFilesystem: true\n  fsGroup: 1\nvolumeMounts: []\n", 0},

    /* kubernetes/privileged, host-*, empty-dir-limit */
    {"privileged", "kubernetes/privileged", POD A "    securityContext: {privileged: true}\n", 9},
    {"the node's network", "kubernetes/host-namespace", POD "  hostNetwork: true\n" A, 6},
    {"a port of the node", "kubernetes/host-port",
     POD A "    ports:\n    - containerPort: 80\n      hostPort: 80\n", 11},
    {"no port of the node", "kubernetes/host-port", POD A "    ports: [{containerPort: 80}]\n", 0},
    {"the directory of the engine's socket", "kubernetes/host-path",
     POD A "  volumes:\n  - name: r\n    hostPath:\n      path: /var/run\n", 12},
    {"a directory of one's own", "kubernetes/host-path",
     POD A "  volumes:\n  - name: r\n    hostPath: {path: /data/mine}\n", 0},
    {"without a limit", "kubernetes/empty-dir-limit",
     POD A "  volumes:\n  - name: t\n    emptyDir: {}\n", 11,
     POD A "  volumes:\n  - name: t\n    emptyDir: {sizeLimit: 256Mi}\n"},
    {"with one", "kubernetes/empty-dir-limit",
     "volumes:\n- name: t\n  emptyDir: {sizeLimit: 1Gi}\nvolumeMounts: []\n", 0},

    /* kubernetes/low-port */
    {"the capability was dropped", "kubernetes/low-port",
     POD A "    ports:\n    - containerPort: 80\n    securityContext:\n      capabilities:\n"
           "        drop: [ALL]\n",
     10,
     POD A "    ports:\n    - containerPort: 80\n    securityContext:\n      capabilities:\n"
           "        drop: [ALL]\n        add:\n        - NET_BIND_SERVICE\n"},
    {"another user, without new privileges", "kubernetes/low-port",
     POD A "    ports: [{containerPort: 443}]\n    securityContext:\n      runAsUser: 1\n"
           "      allowPrivilegeEscalation: false\n",
     9,
     POD A "    ports: [{containerPort: 443}]\n    securityContext:\n      runAsUser: 1\n"
           "      allowPrivilegeEscalation: false\n"
           "  securityContext:\n    sysctls:\n    - name: net.ipv4.ip_unprivileged_port_start\n"
           "      value: \"0\"\n"},
    {"the capability was given", "kubernetes/low-port",
     POD A "    ports: [{containerPort: 80}]\n    securityContext:\n"
           "      capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}\n",
     0},
    {"everybody may", "kubernetes/low-port",
     POD "  securityContext:\n    sysctls:\n"
         "    - {name: net.ipv4.ip_unprivileged_port_start, value: \"0\"}\n" A
         "    ports: [{containerPort: 80}]\n"
         "    securityContext: {capabilities: {drop: [ALL]}}\n",
     0},
    {"another port", "kubernetes/low-port",
     POD A
     "    ports: [{containerPort: 8080}]\n    securityContext: {capabilities: {drop: [ALL]}}\n",
     0},

    /* secrets */
    {"a secret in a variable", "kubernetes/env-secret",
     POD A "    env:\n    - name: DB_PASSWORD\n      value: hunter2k3y9\n", 11},
    {"a word that stands for one", "kubernetes/env-secret",
     POD A "    env:\n    - name: GOOGLE_API_KEY\n      value: GOOGLE_API_KEY_VAL\n", 0},
    {"in a ConfigMap, behind another document", "kubernetes/config-map-secret",
     "apiVersion: v1\nkind: Namespace\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n"
     "  db_password: hunter2k3y9\n",
     7},
    {"settings", "kubernetes/config-map-secret",
     "apiVersion: v1\nkind: ConfigMap\ndata:\n  token_path: /x\n  level: debug\n", 0},
    {"a Secret as a variable", "kubernetes/secret-in-env",
     POD A "    env:\n    - name: X\n      valueFrom:\n        secretKeyRef: {name: s, key: k}\n",
     12},

    /* images, resources, probes, tokens, namespaces */
    {"a moving tag", "kubernetes/image-tag",
     POD "  containers:\n  - name: a\n    image: a:latest\n", 8},
    {"a port is no tag", "kubernetes/image-tag",
     POD "  containers:\n  - name: a\n    image: r:5000/a\n", 8},
    {"a tag of its own", "kubernetes/image-tag", POD A, 0},
    {"no digest", "kubernetes/image-digest", POD A, 8},
    {"asked for always", "kubernetes/pull-policy", POD A "    imagePullPolicy: Always\n", 0},
    {"asked for once", "kubernetes/pull-policy", POD A, 7},
    {"no memory limit", "kubernetes/memory-limit", POD A, 7},
    {"a memory limit", "kubernetes/memory-limit", POD A "    resources: {limits: {memory: 1Gi}}\n",
     0},
    {"no CPU limit", "kubernetes/cpu-limit", POD A "    resources: {limits: {memory: 1Gi}}\n", 7},
    {"a limit is a request", "kubernetes/requests",
     POD A "    resources: {limits: {memory: 1Gi}, requests: {cpu: 1}}\n", 0},
    {"no request for memory", "kubernetes/requests", POD A "    resources: {requests: {cpu: 1}}\n",
     7},
    {"no probe", "kubernetes/probes",
     DEPLOY "      containers:\n      - name: a\n        image: a:1\n", 7},
    {"a job needs none", "kubernetes/probes", POD A, 0},
    {"a token for nobody", "kubernetes/service-account-token", POD A, 6,
     POD A "  automountServiceAccountToken: false\n"},
    {"a token that is asked for", "kubernetes/service-account-token",
     POD "  serviceAccountName: x\n" A, 0},
    {"no namespace", "kubernetes/default-namespace", POD A, 6},
    {"a namespace", "kubernetes/default-namespace",
     "apiVersion: v1\nkind: Pod\nmetadata:\n  namespace: x\nspec:\n" A, 0},
    {"a low number", "kubernetes/low-uid", POD "  securityContext: {runAsUser: 1000}\n" A, 6},
    {"a high number", "kubernetes/low-uid", POD A "    securityContext: {runAsUser: 20000}\n", 0},
};

static void test_kubernetes(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        yaml_row_check(*state, &checked, &rows[i], "pod.yaml");
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_kubernetes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
