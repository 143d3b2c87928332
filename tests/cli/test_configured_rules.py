"""Rules that are silent until the configuration says what the organisation wants."""
import pytest

DOCKERFILE = """\
FROM debian:12 AS base
LABEL org.example.team=core org.example.when=yesterday org.example.extra=1
FROM base
COPY --from=quay.io/x/y:1 /a /b
RUN --mount=type=bind,from=ghcr.io/x/z,target=/z ls /z
COPY --from=docker.io/library/nginx:1 /a /b
COPY --from=base /a /b
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def found(plimsoll, folder, rule):
    findings = plimsoll.json("check", "--select", rule, "--fail-on", "none", folder)["findings"]
    return [(f["line"], f["message"]) for f in findings]


@pytest.mark.parametrize("rule", ["runtime/label-schema", "base/untrusted-registry"])
def test_silent_without_configuration(plimsoll, folder, rule):
    assert found(plimsoll, folder, rule) == []


@pytest.mark.parametrize("name,key", [(".plimsoll.yaml", "labels"),
                                      (".hadolint.yaml", "label-schema")])
def test_labels(plimsoll, folder, name, key):
    schema = (f"{key}:\n  org.example.team: text\n  org.example.when: rfc3339\n"
              "  org.example.url: url\n")
    (folder / name).write_text(schema)
    said = found(plimsoll, folder, "runtime/label-schema")
    assert [line for line, _ in said] == [2, 3]
    assert "RFC 3339" in said[0][1] and "'org.example.url' is missing" in said[1][1]

    (folder / name).write_text(schema + "strict-labels: true\n")
    said = found(plimsoll, folder, "hadolint:DL3050")
    assert [line for line, _ in said] == [2, 2, 3]
    assert "org.example.extra" in said[1][1]


@pytest.mark.parametrize("type_name,good,bad", [
    ("url", "https://example.org", "example"), ("email", "a@example.org", "a at example"),
    ("hash", "0123456789012345678901234567890123456789", "v1"), ("semver", "1.2.3-rc1", "1.2"),
    ("rfc3339", "2026-11-25T10:00:00Z", "25.11.2026"), ("spdx", "Apache-2.0", "my own"),
    ("text", "anything", ""),
])
def test_label_types(plimsoll, folder, type_name, good, bad):
    (folder / ".plimsoll.yaml").write_text(f"labels:\n  org.example.x: {type_name}\n")
    for value, count in ((good, 0), (bad, 1)):
        (folder / "Dockerfile").write_text(f'FROM debian:12\nLABEL org.example.x="{value}"\n')
        assert len(found(plimsoll, folder, "runtime/label-schema")) == count, value


@pytest.mark.parametrize("name,key", [(".plimsoll.yaml", "trusted-registries"),
                                      (".hadolint.yaml", "trustedRegistries")])
def test_registries_of_from_copy_and_mounts(plimsoll, folder, name, key):
    (folder / name).write_text(f"{key}:\n  - docker.io\n")
    assert [line for line, _ in found(plimsoll, folder, "base/untrusted-registry")] == [4, 5]
    (folder / name).write_text(f"{key}:\n  - '*.io'\n")
    assert found(plimsoll, folder, "base/untrusted-registry") == []
    (folder / name).write_text(f"{key}:\n  - ghcr.io\n")
    assert [line for line, _ in found(plimsoll, folder, "base/untrusted-registry")] == [1, 4, 6]


@pytest.mark.parametrize("name,text", [(".npmrc", "//r.org/:_authToken=${NPM_TOKEN}\n"),
                                       (".yarnrc.yml", "npmAuthToken: ${NPM_TOKEN}\n"),
                                       ("nuget.config", "<add value='%NPM_TOKEN%'/>\n")])
def test_a_token_that_a_package_managers_file_reads(plimsoll, folder, name, text):
    (folder / "Dockerfile").write_text("FROM node:20\nARG NPM_TOKEN\nCOPY . .\nRUN npm ci\n")
    assert found(plimsoll, folder, "secrets/env") == []
    (folder / name).write_text(text)
    assert [line for line, _ in found(plimsoll, folder, "secrets/env")] == [2]
    (folder / name).write_text("registry=https://r.org\n")
    assert found(plimsoll, folder, "secrets/env") == []


def test_a_label_of_capabilities_against_the_service(plimsoll, folder):
    (folder / "Dockerfile").write_text(
        'FROM nginx:1.27\nLABEL security.capabilities="NET_BIND_SERVICE,CHOWN"\n')
    compose = "services:\n  web:\n    build: .\n    cap_drop: [ALL]\n    cap_add: {}\n"
    rule = "security/capabilities-label"
    (folder / "compose.yaml").write_text(compose.format("[NET_BIND_SERVICE]"))
    said = found(plimsoll, folder, rule)
    assert [line for line, _ in said] == [4] and "CHOWN" in said[0][1]
    (folder / "compose.yaml").write_text(compose.format("[CAP_NET_BIND_SERVICE, chown]"))
    assert found(plimsoll, folder, rule) == []
    (folder / "compose.yaml").write_text("services:\n  web:\n    build: .\n")
    assert found(plimsoll, folder, rule) == []
