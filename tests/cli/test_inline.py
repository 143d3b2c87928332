"""Inline ignores: what they take away, and the findings about themselves."""
import pytest

ROOT_USER = "FROM node:20\n{comment}\nUSER root\n"


@pytest.fixture
def check(plimsoll, tmp_path):
    def run(text, *args):
        (tmp_path / "Dockerfile").write_text(text)
        findings = plimsoll.json("check", "--no-repository", "--fail-on", "none", *args,
                                 tmp_path / "Dockerfile")["findings"]
        return {f["rule"]: f["line"] for f in findings}
    return run


@pytest.mark.parametrize("comment", [
    "# plimsoll: ignore=security/root-user -- a debug image",
    "# plimsoll: ignore=DL3002,size/recommends until=2027-01-01",
    "# hadolint ignore=DL3002",
    "# hadolint global ignore=DL3002",
])
def test_an_ignore_takes_the_finding_away(check, comment):
    assert "security/root-user" not in check(ROOT_USER.format(comment=comment))


@pytest.mark.parametrize("comment", ["# ignore this", "# plimsoll: ignore=size/recommends"])
def test_others_do_not(check, comment):
    assert check(ROOT_USER.format(comment=comment))["security/root-user"] == 3


def test_expired(check):
    comment = "# plimsoll: ignore=security/root-user until=2026-01-01 -- soon"
    rules = check(ROOT_USER.format(comment=comment))
    assert rules["correctness/ignore-expired"] == 2
    assert rules["security/root-user"] == 3
    comment = comment.replace("2026-01-01", "2027-01-01")
    assert not {"correctness/ignore-expired", "security/root-user"} & set(
        check(ROOT_USER.format(comment=comment)))


def test_unused(check):
    unused = "FROM node:20\n# plimsoll: ignore=security/root-user -- was root once\nUSER node\n"
    assert check(unused)["correctness/ignore-unused"] == 2
    assert "correctness/ignore-unused" not in check(
        ROOT_USER.format(comment="# plimsoll: ignore=security/root-user -- debug"))


def test_without_a_reason(check):
    policy = ("--select", "all")
    bare = ROOT_USER.format(comment="# plimsoll: ignore=security/root-user")
    assert check(bare, *policy)["correctness/ignore-without-reason"] == 2
    assert "correctness/ignore-without-reason" not in check(bare)
    assert "correctness/ignore-without-reason" not in check(
        ROOT_USER.format(comment="# plimsoll: ignore=security/root-user -- debug"), *policy)
