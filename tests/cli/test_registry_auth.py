"""Signing in: htpasswd, a token server, credential helpers, TLS with a CA of the test's own."""

import base64
import json
import os
import stat
import subprocess
import time
import urllib.parse

import pytest
from conftest import BINARY, PATH
from registries import (
    docker_config,
    free_port,
    layout_digest,
    make_image,
    need,
    real_registry,
    skopeo,
    store_is_right,
    wrong_registry,
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    return make_image(tmp_path_factory.mktemp("image") / "layout", 1)


# -- basic -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, layout):
    need("htpasswd")
    folder = tmp_path_factory.mktemp("guarded")
    subprocess.run(["htpasswd", "-Bbc", str(folder / "users"), "me", "se:cret"], check=True,
                   capture_output=True)
    more = f"auth: {{htpasswd: {{realm: test, path: '{folder}/users'}}}}\n"
    with real_registry(str(folder), more) as server:
        skopeo("copy", "-q", "--dest-tls-verify=false", "--dest-creds", "me:se:cret",
               f"oci:{layout}:made", f"docker://{server.host}/team/app:1")
        yield server


def pull(plimsoll, store, host, code=0, env=None, name="team/app:1", more=()):
    run = plimsoll("image pull", "--store", store, f"{host}/{name}", *more, code=code, env=env)
    store_is_right(store)
    return run


def test_without_a_login(plimsoll, guarded, tmp_path):
    run = pull(plimsoll, tmp_path, guarded.host, code=3)
    assert "status 401" in run.stderr and f"hint: log in first: docker login {guarded.host}" in \
        run.stderr


def test_a_login_of_docker(plimsoll, guarded, tmp_path, layout):
    config = docker_config(tmp_path / "docker", guarded.host, "me", "se:cret")
    run = pull(plimsoll, tmp_path / "s", guarded.host, env={"DOCKER_CONFIG": config})
    assert layout_digest(layout) in run.stdout
    plimsoll("image push", "--store", tmp_path / "s", f"{guarded.host}/team/app:1",
             f"{guarded.host}/team/other:1", env={"DOCKER_CONFIG": config}, code=0)


def test_a_wrong_login(plimsoll, guarded, tmp_path):
    config = docker_config(tmp_path / "docker", guarded.host, "me", "wrong-password")
    run = pull(plimsoll, tmp_path / "s", guarded.host, code=3, env={"DOCKER_CONFIG": config})
    assert "the login that is kept" in run.stderr
    assert "wrong-password" not in run.stderr


def podman_file(folder, host, **entry):
    folder.mkdir(parents=True)
    path = folder / "auth.json"
    path.write_text(json.dumps({"auths": {host: entry}}))
    return path


@pytest.mark.parametrize("where", ["file", "runtime", "home", "docker home"])
def test_where_logins_are_looked_for(plimsoll, guarded, tmp_path, where):
    auth = base64.b64encode(b"me:se:cret").decode()
    if where == "file":
        path = podman_file(tmp_path / "x", guarded.host, auth=auth)
        env = {"REGISTRY_AUTH_FILE": str(path)}
    elif where == "runtime":
        podman_file(tmp_path / "run" / "containers", f"{guarded.host}/team", auth=auth)
        env = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    elif where == "home":
        podman_file(tmp_path / ".config" / "containers", f"https://{guarded.host}/v2/", auth=auth)
        env = {"HOME": str(tmp_path)}
    else:
        docker_config(tmp_path / ".docker", guarded.host, "me", "se:cret")
        env = {"HOME": str(tmp_path)}
    pull(plimsoll, tmp_path / "s", guarded.host, env=env)


@pytest.mark.parametrize("text, says", [
    ("{", "config.json"),
    ('{"auths": {"HOST": {"auth": "%%%"}}}', "no base64"),
    ('{"auths": {"HOST": {"auth": "bWU="}}}', "not USER:PASSWORD"),
    ('{"credsStore": "../../bin/sh"}', "no name of a helper"),
    ('{"credsStore": "not-installed-anywhere"}', "cannot start docker-credential-not-installed"),
])
def test_configurations_that_are_broken(plimsoll, guarded, tmp_path, text, says):
    (tmp_path / "config.json").write_text(text.replace("HOST", guarded.host))
    run = pull(plimsoll, tmp_path / "s", guarded.host, code=3, env={"DOCKER_CONFIG": str(tmp_path)})
    assert says in run.stderr


# -- helpers ---------------------------------------------------------------------------------------


def helper(folder, body):
    path = folder / "docker-credential-test"
    path.write_text(f"#!/bin/sh\nhost=$(cat)\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:{PATH}", "DOCKER_CONFIG": str(folder)}


@pytest.mark.parametrize("config", ['{"credsStore": "test"}', '{"credHelpers": {"HOST": "test"}}'])
def test_a_credential_helper(plimsoll, guarded, tmp_path, config):
    env = helper(tmp_path, f'[ "$1 $host" = "get {guarded.host}" ] || exit 3\n'
                 'echo \'{"ServerURL": "x", "Username": "me", "Secret": "se:cret"}\'')
    (tmp_path / "config.json").write_text(config.replace("HOST", guarded.host))
    pull(plimsoll, tmp_path / "s", guarded.host, env=env)


@pytest.mark.parametrize("body, says", [
    ("echo 'credentials not found in native keychain'; exit 1", "status 401"),
    ("echo 'the key ring is locked'; exit 1", "failed: the key ring is locked"),
    ("echo no json", "what docker-credential-test says"),
    ("head -c 1000000 /dev/zero", "docker-credential-test"),
])
def test_helpers_that_do_not_help(plimsoll, guarded, tmp_path, body, says):
    env = helper(tmp_path, body)
    (tmp_path / "config.json").write_text('{"credsStore": "test"}')
    assert says in pull(plimsoll, tmp_path / "s", guarded.host, code=3, env=env).stderr


@pytest.mark.slow
def test_a_helper_that_hangs(plimsoll, guarded, tmp_path):
    env = helper(tmp_path, f"echo $$ > {tmp_path}/pid; sleep 300")
    (tmp_path / "config.json").write_text('{"credsStore": "test"}')
    begin = time.monotonic()
    run = pull(plimsoll, tmp_path / "s", guarded.host, code=3, env=env)
    assert 25 < time.monotonic() - begin < 50
    assert "within 30 seconds" in run.stderr
    assert not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}")


# -- tokens ----------------------------------------------------------------------------------------


class Tokens:
    """A token server and a registry that wants its tokens, in one: tokens name their scopes."""

    def __init__(self, layout, user=None, refresh=None, uses=10**9):
        self.user, self.refresh, self.uses = user, refresh, uses
        self.given, self.asked, self.layout = {}, [], layout

    def give(self, handler, scopes):
        token = f"token-{len(self.given)}"
        self.given[token] = [scopes, self.uses]
        handler.answer(200, json.dumps({"token": token, "expires_in": 60}).encode())
        return True

    def token(self, handler, path):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        if handler.command == "POST":
            query = urllib.parse.parse_qs(handler.server.body.decode())
            self.asked.append(("POST", query))
            if query.get("refresh_token") != [self.refresh]:
                handler.answer(401, b"{}")
                return True
            return self.give(handler, query["scope"][0].split())
        self.asked.append(("GET", query))
        if self.user and handler.headers.get("Authorization") != self.user:
            handler.answer(401, b'{"details": "incorrect username or password"}')
            return True
        return self.give(handler, query.get("scope", []))

    def __call__(self, handler, path):
        if path.startswith("/token"):
            return self.token(handler, path)
        words = handler.headers.get("Authorization", "").split()
        scope = f"repository:{'/'.join(path.split('/')[2:4])}:pull"
        known = self.given.get(words[1]) if len(words) == 2 and words[0] == "Bearer" else None
        if known and known[1] > 0 and any(has.startswith(scope) for has in known[0]):
            known[1] -= 1
            return False
        realm = f"http://{handler.server.host}/token"
        handler.answer(401, b"{}", WWW_Authenticate=(
            f'Bearer realm="{realm}",service="the registry",scope="{scope}"'
            + (',error="invalid_token"' if words else "")))
        return True


def test_anonymous_tokens_are_used_for_all_of_a_scope(plimsoll, layout, tmp_path):
    tokens = Tokens(layout)
    with wrong_registry(layout, tokens) as server:
        pull(plimsoll, tmp_path, server.host)
    assert tokens.asked == [("GET", {"service": ["the registry"],
                                     "scope": ["repository:team/app:pull"]})]


def test_tokens_that_run_out_are_renewed(plimsoll, layout, tmp_path):
    tokens = Tokens(layout, uses=2)
    with wrong_registry(layout, tokens) as server:
        pull(plimsoll, tmp_path, server.host)
        plimsoll("analyze", f"docker://{server.host}/team/app:1", "--store", tmp_path / "x", code=0)
    assert len(tokens.asked) >= 2


def test_a_token_for_a_password(plimsoll, layout, tmp_path):
    tokens = Tokens(layout, user="Basic " + base64.b64encode(b"me:pass").decode())
    with wrong_registry(layout, tokens) as server:
        assert "incorrect username" in pull(plimsoll, tmp_path / "a", server.host, code=3).stderr
        config = docker_config(tmp_path / "docker", server.host, "me", "pass")
        pull(plimsoll, tmp_path / "b", server.host, env={"DOCKER_CONFIG": config})
        assert tokens.asked[-1][1]["account"] == ["me"]
        for _, path, headers in server.seen:  # the password goes to the token server alone
            if not path.startswith("/token"):
                assert not headers.get("Authorization", "").startswith("Basic")


def test_a_token_for_a_refresh_token(plimsoll, layout, tmp_path):
    tokens = Tokens(layout, user="nobody", refresh="re fresh&=")
    with wrong_registry(layout, tokens) as server:
        (tmp_path / "config.json").write_text(json.dumps(
            {"auths": {server.host: {"identitytoken": "re fresh&="}}}))
        pull(plimsoll, tmp_path / "s", server.host, env={"DOCKER_CONFIG": str(tmp_path)})
    how, form = tokens.asked[0]
    assert how == "POST" and form["grant_type"] == ["refresh_token"]
    assert form["service"] == ["the registry"]


def test_a_token_server_without_tls_is_refused(plimsoll, layout, tmp_path):
    def plan(handler, path):
        handler.answer(401, b"{}", WWW_Authenticate='Bearer realm="http://example.org/token"')
        return True

    with wrong_registry(layout, plan) as server:
        config = docker_config(tmp_path / "docker", server.host, "me", "pass")
        run = pull(plimsoll, tmp_path / "s", server.host, code=3, env={"DOCKER_CONFIG": config})
    assert "without TLS: example.org" in run.stderr


@pytest.mark.parametrize("answer", [b"{}", b"no json", b'{"token": "a b"}',
                                    b'{"token": "' + b"x" * 40000 + b'"}'])
def test_token_servers_that_give_none(plimsoll, layout, tmp_path, answer):
    def plan(handler, path):
        if path.startswith("/token"):
            handler.answer(200, answer)
        else:
            realm = f"http://{handler.server.host}/token"
            handler.answer(401, b"{}", WWW_Authenticate=f'Bearer realm="{realm}"')
        return True

    with wrong_registry(layout, plan) as server:
        assert "token" in pull(plimsoll, tmp_path, server.host, code=3).stderr


# -- TLS -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A CA, and a certificate of it for 127.0.0.1 and registry.test."""
    need("openssl")
    folder = tmp_path_factory.mktemp("authority")

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
            "-days", "2", "-subj", "/CN=test CA")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "host.key", "-out", "host.csr",
            "-subj", "/CN=registry.test")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:registry.test\n")
    openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2",
            "-CAcreateserial", "-extfile", "names", "-out", "host.crt")
    return folder


@pytest.fixture(scope="module")
def secure(tmp_path_factory, authority, layout):
    lines = f"  tls: {{certificate: '{authority}/host.crt', key: '{authority}/host.key'}}\n"
    with real_registry(str(tmp_path_factory.mktemp("secure")), scheme_lines=lines,
                       port=free_port()) as server:
        skopeo("copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:made",
               f"docker://{server.host}/team/app:1")
        yield server


def cert_dir(folder, authority):
    folder.mkdir()
    (folder / "ca.crt").write_text((authority / "ca.crt").read_text())
    return folder


def test_tls_with_a_ca_of_our_own(plimsoll, secure, authority, tmp_path, layout):
    trusted = cert_dir(tmp_path / "trusted", authority)
    run = pull(plimsoll, tmp_path / "s", secure.host, more=("--cert-dir", trusted))
    assert layout_digest(layout) in run.stdout
    plimsoll("image push", "--store", tmp_path / "s", "--cert-dir", trusted,
             f"{secure.host}/team/app:1", f"{secure.host}/team/copy:1", code=0)
    home = tmp_path / "home" / ".config" / "containers" / "certs.d"
    home.mkdir(parents=True)
    cert_dir(home / secure.host, authority)
    pull(plimsoll, tmp_path / "t", secure.host, env={"HOME": str(tmp_path / "home")})


def test_a_certificate_of_somebody_else(plimsoll, secure, tmp_path, authority):
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                    str(tmp_path / "key"), "-out", str(other / "ca.crt"), "-days", "2", "-subj",
                    "/CN=other"], check=True, capture_output=True)
    run = pull(plimsoll, tmp_path / "s", secure.host, code=3, more=("--cert-dir", other))
    assert "certificate" in run.stderr and "does not hold" in run.stderr
    assert "--cert-dir" in run.stderr


def run_with_hosts(tmp_path, words, env):
    """Run in a mount namespace whose /etc/hosts calls 127.0.0.1 registry.test."""
    (tmp_path / "hosts").write_text("127.0.0.1 registry.test localhost\n")
    inside = 'mount --bind "$0/hosts" /etc/hosts && exec "$@"'
    run = subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside,
                          str(tmp_path), BINARY, *map(str, words)], capture_output=True, text=True,
                         timeout=60, env={"PATH": PATH, **env})
    if "unshare" in run.stderr or "mount:" in run.stderr:
        pytest.skip(f"no mount namespace here: {run.stderr.strip()}")
    return run


def test_names_that_are_not_loopback_are_spoken_to_over_tls(secure, authority, tmp_path, layout):
    need("unshare")
    words = ["image", "pull", "--store", tmp_path / "s", f"registry.test:{secure.port}/team/app:1"]
    plain = run_with_hosts(tmp_path, words, {})
    assert plain.returncode == 3 and "certificate" in plain.stderr
    good = run_with_hosts(tmp_path, words, {"SSL_CERT_FILE": str(authority / "ca.crt")})
    assert good.returncode == 0, good.stderr
    assert layout_digest(layout) in good.stdout


def test_no_login_goes_over_plain_http_to_others(layout, tmp_path):
    """The same name without TLS behind it: nothing of the login is sent."""
    need("unshare")
    with wrong_registry(layout) as server:
        port = server.host.split(":")[1]
        config = docker_config(tmp_path / "docker", f"registry.test:{port}", "me", "pass")
        run = run_with_hosts(tmp_path, ["image", "pull", "--store", tmp_path / "s",
                                        f"registry.test:{port}/a/b:1"], {"DOCKER_CONFIG": config})
        assert run.returncode == 3
        assert server.seen == []
