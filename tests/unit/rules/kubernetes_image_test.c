#include "tests/unit/rules/yaml_unit.h"

/* Manifests against the Dockerfile of their image. */

#define POD  "apiVersion: v1\nkind: Pod\nspec:\n"
#define APP  "  containers:\n  - name: a\n    image: acme/app:7\n"
#define SAFE "  securityContext: {runAsNonRoot: true}\n"
#define NODE "FROM node:20-alpine\nWORKDIR /app\nCOPY . .\n"
#define MINE                                                                               \
    "FROM alpine:3.19\nRUN adduser -D -u 1234 app && mkdir /data && chown app:app /data\n" \
    "USER app\nEXPOSE 80/tcp\n"

static const struct yaml_row rows[] = {
    /* kubernetes/image-user */
    {"the image ends as root", "kubernetes/image-user", POD SAFE APP, 4, NULL, NODE},
    {"as a user by name", "kubernetes/image-user", POD SAFE APP, 4,
     POD SAFE APP "    securityContext:\n      runAsUser: 1234\n", MINE},
    {"as the base image's user by name", "kubernetes/image-user", POD SAFE APP, 4,
     POD SAFE APP "    securityContext:\n      runAsUser: 1000\n", NODE "USER node\n"},
    {"as a user by number", "kubernetes/image-user", POD SAFE APP, 0, NULL,
     NODE "USER 1000:1000\n"},
    {"as a user that the text does not decide", "kubernetes/image-user", POD SAFE APP, 0, NULL,
     NODE "ARG U\nUSER $U\n"},
    {"the manifest gives the number", "kubernetes/image-user",
     POD "  securityContext: {runAsNonRoot: true, runAsUser: 1234}\n" APP, 0, NULL, MINE},
    {"another number than the files have", "kubernetes/image-user",
     POD APP "    securityContext:\n      runAsUser: 2000\n", 8, NULL, MINE},
    {"no files belong to the user", "kubernetes/image-user",
     POD APP "    securityContext: {runAsUser: 2000}\n", 0, NULL, NODE "USER node\n"},
    {"a name that Skaffold gives", "kubernetes/image-user",
     "apiVersion: skaffold/v3\nkind: Config\nbuild:\n  artifacts:\n  - image: shop\n"
     "    context: .\n---\n" POD SAFE "  containers: [{name: a, image: shop}]\n",
     11, NULL, NODE},
    {"another image", "kubernetes/image-user",
     POD SAFE "  containers: [{name: a, image: acme/other}]\n", 0, NULL, NODE},

    /* kubernetes/run-as-non-root */
    {"the image's user by its number", "kubernetes/run-as-non-root", POD APP, 5,
     POD APP "    securityContext:\n      runAsNonRoot: true\n      runAsUser: 1234\n", MINE},
    {"a flag that would stop the image is no fix", "kubernetes/run-as-non-root", POD APP, 5,
     POD APP, NODE},
    {"a number in the Dockerfile is enough", "kubernetes/run-as-non-root", POD APP, 5,
     POD APP "    securityContext:\n      runAsNonRoot: true\n", NODE "USER 1000\n"},

    /* kubernetes/read-only-root, capabilities-kept */
    {"what the Dockerfile makes for its user", "kubernetes/read-only-root", POD APP, 5,
     POD APP "    securityContext:\n      readOnlyRootFilesystem: true\n"
             "    volumeMounts:\n    - name: tmp\n      mountPath: /tmp\n"
             "    - name: data\n      mountPath: /data\n"
             "  volumes:\n  - name: tmp\n    emptyDir:\n      sizeLimit: 64Mi\n"
             "  - name: data\n    emptyDir:\n      sizeLimit: 64Mi\n",
     MINE},
    {"what the base image needs", "kubernetes/capabilities-kept", POD APP, 5,
     POD APP "    securityContext:\n      capabilities:\n        drop:\n        - ALL\n"
             "        add:\n        - SETGID\n        - SETUID\n        - NET_BIND_SERVICE\n",
     "FROM httpd:2.4\n"},

    /* kubernetes/low-port */
    {"the image's port, the image's user", "kubernetes/low-port", POD APP, 5,
     POD APP "  securityContext:\n    sysctls:\n"
             "    - name: net.ipv4.ip_unprivileged_port_start\n      value: \"0\"\n",
     MINE},
    {"the manifest's port, the image's user", "kubernetes/low-port",
     POD APP "    ports:\n    - containerPort: 443\n", 8, NULL, NODE "USER node\n"},
    {"root may", "kubernetes/low-port", POD APP, 0, NULL, NODE "EXPOSE 80\n"},
    {"root without the capability may not", "kubernetes/low-port",
     POD APP "    securityContext: {capabilities: {drop: [ALL]}}\n", 5, NULL, NODE "EXPOSE 80\n"},
    {"a file with the capability", "kubernetes/low-port", POD APP, 0, NULL,
     NODE "RUN setcap cap_net_bind_service=+ep /bin/x\nUSER node\nEXPOSE 80\n"},

    /* kubernetes/mount-over-image, volume-owner */
    {"an empty directory over the program", "kubernetes/mount-over-image",
     POD APP "    volumeMounts:\n    - name: v\n      mountPath: /app/\n"
             "  volumes:\n  - name: v\n    emptyDir: {}\n",
     9, NULL, NODE},
    {"a directory below it", "kubernetes/mount-over-image",
     POD APP "    volumeMounts: [{name: v, mountPath: /app/cache}]\n"
             "  volumes: [{name: v, emptyDir: {}}]\n",
     0, NULL, NODE},
    {"a file of it", "kubernetes/mount-over-image",
     POD APP "    volumeMounts: [{name: v, mountPath: /app, subPath: x}]\n"
             "  volumes: [{name: v, emptyDir: {}}]\n",
     0, NULL, NODE},
    {"settings over the image's own", "kubernetes/mount-over-image",
     POD APP "    volumeMounts: [{name: v, mountPath: /app}]\n"
             "  volumes: [{name: v, configMap: {name: c}}]\n",
     0, NULL, NODE},
    {"an init container hands its files over", "kubernetes/mount-over-image",
     POD "  initContainers:\n  - name: i\n    image: i:1\n"
         "    volumeMounts: [{name: v, mountPath: /usr}]\n" APP
         "    volumeMounts: [{name: v, mountPath: /app}]\n"
         "  volumes: [{name: v, emptyDir: {}}]\n",
     0, NULL, NODE},
    {"every image has something there", "kubernetes/mount-over-image",
     POD "  containers:\n  - name: a\n    image: x:1\n"
         "    volumeMounts: [{name: v, mountPath: /usr}]\n  volumes: [{name: v, emptyDir: {}}]\n",
     7},
    {"a claim where the image's user writes", "kubernetes/volume-owner",
     POD APP "    volumeMounts: [{name: v, mountPath: /data}]\n"
             "  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n",
     7,
     POD APP "    volumeMounts: [{name: v, mountPath: /data}]\n"
             "  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n"
             "  securityContext:\n    fsGroup: 1234\n",
     MINE},
    {"a claim of a template", "kubernetes/volume-owner",
     "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  volumeClaimTemplates:\n"
     "  - metadata: {name: v}\n  template:\n    spec:\n      containers:\n      - name: a\n"
     "        image: acme/app\n        volumeMounts:\n        - name: v\n"
     "          mountPath: /data\n",
     13, NULL, MINE},
    {"fsGroup", "kubernetes/volume-owner",
     POD "  securityContext: {fsGroup: 1}\n" APP "    volumeMounts: [{name: v, mountPath: /data}]\n"
         "  volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]\n",
     0, NULL, MINE},
    {"an emptyDir is open to all", "kubernetes/volume-owner",
     POD APP "    volumeMounts: [{name: v, mountPath: /data}]\n"
             "  volumes: [{name: v, emptyDir: {}}]\n",
     0, NULL, MINE},

    /* kubernetes/writable-missing, healthcheck-unread */
    {"nothing where the server writes", "kubernetes/writable-missing",
     POD "  containers:\n  - name: a\n    image: postgres:16\n"
         "    securityContext: {readOnlyRootFilesystem: true}\n",
     7,
     POD "  containers:\n  - name: a\n    image: postgres:16\n"
         "    securityContext: {readOnlyRootFilesystem: true}\n"
         "    volumeMounts:\n    - name: run-postgresql\n      mountPath: /run/postgresql\n"
         "  volumes:\n  - name: run-postgresql\n    emptyDir:\n      sizeLimit: 64Mi\n"},
    {"nothing where the image's user writes", "kubernetes/writable-missing",
     POD APP "    securityContext: {readOnlyRootFilesystem: true}\n", 5,
     POD APP "    securityContext: {readOnlyRootFilesystem: true}\n"
             "    volumeMounts:\n    - name: data\n      mountPath: /data\n"
             "  volumes:\n  - name: data\n    emptyDir:\n      sizeLimit: 64Mi\n",
     MINE},
    {"a volume there", "kubernetes/writable-missing",
     POD APP "    securityContext: {readOnlyRootFilesystem: true}\n"
             "    volumeMounts: [{name: d, mountPath: /data}]\n",
     0, NULL, MINE},
    {"docker's check of health", "kubernetes/healthcheck-unread",
     "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
     "      - name: a\n        image: acme/app\n",
     7, NULL, NODE "HEALTHCHECK CMD x\n"},
    {"a probe", "kubernetes/healthcheck-unread",
     "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
     "      - name: a\n        image: acme/app\n        livenessProbe: {exec: {command: [x]}}\n",
     0, NULL, NODE "HEALTHCHECK CMD x\n"},
    {"none is none", "kubernetes/healthcheck-unread",
     "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
     "      - name: a\n        image: acme/app\n",
     0, NULL, NODE "HEALTHCHECK NONE\n"},

    /* security/capabilities-given, setcap-lost */
    {"what the label asks for", "security/capabilities-given",
     POD APP "    securityContext:\n      capabilities:\n        drop: [ALL]\n", 5,
     POD APP "    securityContext:\n      capabilities:\n        drop: [ALL]\n        add:\n"
             "        - NET_BIND_SERVICE\n        - CHOWN\n",
     NODE "LABEL security.capabilities=\"NET_BIND_SERVICE,CHOWN\"\n"},
    {"in braces", "security/capabilities-given",
     POD APP "    securityContext: {capabilities: {drop: [ALL]}}\n", 5,
     POD APP "    securityContext: {capabilities: {drop: [ALL], add: [SETUID, CHOWN]}}\n",
     NODE "LABEL security.capabilities=SETUID,CHOWN\n"},
    {"it is given", "security/capabilities-given",
     POD APP "    securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}\n", 0, NULL,
     NODE "LABEL security.capabilities=CAP_CHOWN\n"},
    {"setcap without escalation", "security/setcap-lost",
     POD APP "    securityContext: {allowPrivilegeEscalation: false}\n", 5, NULL,
     NODE "RUN setcap cap_net_bind_service=+ep /bin/x\nUSER node\n"},
};

static void test_kubernetes_images(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        yaml_row_check(*state, &checked, &rows[i], "pod.yaml");
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_kubernetes_images)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
