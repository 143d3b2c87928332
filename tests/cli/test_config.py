"""Configuration files, and comments that take findings away."""
import pytest

DOCKERFILE = "FROM quay.io/a/b:1\nRUN apt-get install -y --no-install-recommends curl\nRUN sudo x\n"


@pytest.fixture
def place(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def rules(plimsoll, cwd, *args):
    """rule -> severity"""
    run = plimsoll("check", "--format", "line", "--fail-on", "none", *args, cwd=cwd, code=0)
    words = [line.split(": ")[1].split() for line in run.stdout.splitlines()]
    return {rule: severity for severity, rule in words}


def configure(place, text, name=".plimsoll.yaml"):
    (place / name).write_text(text)


# -- .plimsoll.yaml ----------------------------------------------------------------------------

def test_without_a_file_the_defaults_hold(plimsoll, place):
    assert rules(plimsoll, place)["security/sudo"] == "warning"


@pytest.mark.parametrize("text, want", [
    ("select: [DL3004]", {"security/sudo": "warning"}),
    ("select: security/sudo", {"security/sudo": "warning"}),
    ("select: [security]\nseverity:\n  security/sudo: error", {"security/sudo": "error"}),
    ("select: [security]\nseverity: {DL3004: note}", {"security/sudo": "note"}),
    ("select: [security/sudo]\nseverity: {DL3004: off}", {}),
    ("select: [security/sudo, security]\nignore: [DL3004]", {}),
    ("select: [base/untrusted-registry]\ntrusted-registries: [docker.io]",
     {"base/untrusted-registry": "error"}),
    ("select: [base/untrusted-registry]\ntrusted-registries: [quay.io]", {}),
    ("select: [security/sudo]\nignore: [DL9999]", {"security/sudo": "warning"}),
])
def test_a_key_does_what_it_says(plimsoll, place, text, want):
    configure(place, text)
    assert rules(plimsoll, place) == want


def test_the_nearest_file_upwards_counts(plimsoll, place):
    inner = place / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "Dockerfile").write_text(DOCKERFILE)
    configure(place, "select: [security/sudo]")
    assert rules(plimsoll, inner) == {"security/sudo": "warning"}
    configure(place / "a", "severity: {security/sudo: note}")
    assert rules(plimsoll, inner)["security/sudo"] == "note"


def test_no_file_above_the_repository_counts(plimsoll, place):
    inner = place / "inner"
    (inner / ".git").mkdir(parents=True)
    (inner / "Dockerfile").write_text(DOCKERFILE)
    configure(place, "select: [shell]")
    assert "security/sudo" in rules(plimsoll, inner)


def test_flags_win(plimsoll, place):
    configure(place, "select: [shell]\nseverity: {security/sudo: note}")
    assert rules(plimsoll, place, "--select", "DL3004") == {"security/sudo": "note"}
    assert rules(plimsoll, place, "--select", "DL3004", "--severity-override",
                 "DL3004=error") == {"security/sudo": "error"}


def test_an_empty_file_is_fine(plimsoll, place):
    configure(place, "# nothing yet\n")
    assert "security/sudo" in rules(plimsoll, place)


@pytest.mark.parametrize("text, place_and_why", [
    ("bogus: 1\n", ".plimsoll.yaml:1: this key is not known"),
    ("\n\nbogus: 1\n", ".plimsoll.yaml:3: this key is not known"),
    ("ignore:\n  - DL3004\n  - layers/dead-bites\n",
     ".plimsoll.yaml:3: there is no such rule or group"),
    ("select:\n  - DL3004\n  - nope\n", ".plimsoll.yaml:3: there is no such rule or group"),
    ("select: {a: b}\n", ".plimsoll.yaml:1: a list of names is expected here"),
    ("select: [[a]]\n", ".plimsoll.yaml:1: a name is expected here"),
    ("\nfail-on: maybe\n", ".plimsoll.yaml:2: 'fail-on' is one of"),
    ("severity:\n  DL3004: fatal\n", ".plimsoll.yaml:2: a severity is one of"),
    ("severity:\n  nope: note\n", ".plimsoll.yaml:2: there is no such rule"),
    ("severity: [a]\n", ".plimsoll.yaml:1: 'severity' is a map"),
    ("labels: [a]\n", ".plimsoll.yaml:1: a map from label"),
    ("- a\n", ".plimsoll.yaml:1: the configuration is a map of keys"),
    ("a: [\n", ".plimsoll.yaml:2: "),
    ("a: 'x\n", ".plimsoll.yaml:"),
])
def test_a_bad_file_ends_with_2_and_its_line(plimsoll, place, text, place_and_why):
    configure(place, text)
    run = plimsoll("check", cwd=place, code=2)
    assert place_and_why in run.stderr and run.stdout == ""


def test_a_configuration_that_is_not_there_ends_with_3(plimsoll, place):
    assert "cannot open 'none.yaml'" in plimsoll("check", "--config", "none.yaml", cwd=place,
                                                 code=3).stderr


def test_a_near_name_is_hinted(plimsoll, place):
    configure(place, "select: [layers/dead-bites]\n")
    assert "did you mean 'layers/dead-bytes'?" in plimsoll("check", cwd=place, code=2).stderr


# -- .hadolint.yaml ----------------------------------------------------------------------------

@pytest.mark.parametrize("text, rule, severity", [
    ("ignored:\n  - DL3004\n", "security/sudo", None),
    ("ignored: [SC9999, DL0001]\n", "security/sudo", "warning"),
    ("override:\n  error: [DL3004]\n", "security/sudo", "error"),
    ("override:\n  style: [DL3004]\n", "security/sudo", "note"),
    ("trustedRegistries: [docker.io]\n", "base/untrusted-registry", "error"),
    ("trustedRegistries: [quay.io]\n", "base/untrusted-registry", None),
    ("label-schema:\n  author: text\n", "runtime/label-schema", "note"),
    ("format: tty\nno-color: true\nunheard-of: 3\n", "security/sudo", "warning"),
])
def test_hadolints_file_is_read(plimsoll, place, text, rule, severity):
    configure(place, text, ".hadolint.yaml")
    assert rules(plimsoll, place).get(rule) == severity


@pytest.mark.parametrize("threshold, code", [
    ("failure-threshold: error", 0), ("failure-threshold: style", 1), ("no-fail: true", 0),
])
def test_hadolints_threshold_is_taken(plimsoll, place, threshold, code):
    configure(place, threshold + "\nignored: [DL3059]\n", ".hadolint.yaml")
    plimsoll("check", "--select", "security/sudo", cwd=place, code=code)


def test_our_file_wins_over_hadolints(plimsoll, place):
    configure(place, "override:\n  error: [DL3004]\n", ".hadolint.yaml")
    configure(place, "severity: {DL3004: note}\n")
    assert rules(plimsoll, place)["security/sudo"] == "note"


def test_hadolints_pragma_can_be_switched_off(plimsoll, place):
    (place / "Dockerfile").write_text("FROM a\n# hadolint ignore=DL3004\nRUN sudo x\n")
    assert "security/sudo" not in rules(plimsoll, place)
    configure(place, "disable-ignore-pragma: true\n", ".hadolint.yaml")
    assert "security/sudo" in rules(plimsoll, place)


# -- comments ----------------------------------------------------------------------------------

SELECT = ("--select", "security/sudo,correctness/ignore-unused,correctness/ignore-expired,"
                      "correctness/ignore-without-reason")


@pytest.mark.parametrize("comment, want", [
    ("# plimsoll: ignore=security/sudo -- why", set()),
    ("# plimsoll: ignore=DL3004 -- why", set()),
    ("# plimsoll: ignore=security -- why", set()),
    ("# plimsoll: ignore=all -- why", set()),
    ("# plimsoll: ignore=DL3004", {"correctness/ignore-without-reason"}),
    ("# plimsoll: ignore=DL3004 --  ", {"correctness/ignore-without-reason"}),
    ("# plimsoll: ignore=DL3004 until=2026-11-24 -- until today", set()),
    ("# plimsoll: ignore=DL3004 until=2026-11-23 -- until yesterday",
     {"security/sudo", "correctness/ignore-expired"}),
    ("# plimsoll: ignore=DL3004 until=tomorrow -- no date",
     {"security/sudo", "correctness/ignore-expired"}),
    ("# plimsoll: ignore=DL3004 until=2026-02-30 -- no such day",
     {"security/sudo", "correctness/ignore-expired"}),
    ("# plimsoll: ignore=DL3003 -- why", {"security/sudo", "correctness/ignore-unused"}),
    ("# plimsoll: ignore=DL3004, DL3003 -- why", {"correctness/ignore-unused"}),
    ("# hadolint ignore=DL3004", set()),
    ("# hadolint global ignore=DL3004", set()),
    ("# check=skip=DL3004", set()),
    ("# ignore=DL3004", {"security/sudo"}),
])
def test_a_comment_takes_a_finding_away(plimsoll, place, comment, want):
    (place / "Dockerfile").write_text(f"FROM a\n{comment}\nRUN sudo x\n")
    assert set(rules(plimsoll, place, *SELECT)) == want


def test_a_comment_covers_one_instruction(plimsoll, place):
    (place / "Dockerfile").write_text(
        "FROM a\n# plimsoll: ignore=DL3004 -- why\nRUN sudo x\nRUN sudo y\n")
    run = plimsoll("check", "--format", "line", *SELECT, cwd=place)
    assert [line.split(":")[1] for line in run.stdout.splitlines()] == ["4"]


def test_no_inline_shows_all(plimsoll, place):
    (place / "Dockerfile").write_text("FROM a\n# plimsoll: ignore=DL3004 -- why\nRUN sudo x\n")
    assert "security/sudo" in rules(plimsoll, place, "--no-inline", *SELECT)


def test_a_comment_in_yaml(plimsoll, place):
    flow = place / ".github" / "workflows" / "a.yml"
    flow.parent.mkdir(parents=True)
    text = "jobs:\n  a:\n    steps:\n      - uses: a/b@master{}\n"
    only = ("--select", "ci/action-branch", ".github")
    flow.write_text(text.format(""))
    assert "ci/action-branch" in rules(plimsoll, place, *only)
    flow.write_text(text.format(" # plimsoll: ignore=ci/action-branch -- why"))
    assert rules(plimsoll, place, *only) == {}
    flow.write_text(text.format("").replace(
        "      - uses", "      # plimsoll: ignore=ci -- why\n      - uses"))
    assert rules(plimsoll, place, *only) == {}


def test_fix_takes_an_unused_ignore_away(plimsoll, place):
    (place / "Dockerfile").write_text("FROM a\n# plimsoll: ignore=DL3003 -- why\nUSER a\n")
    plimsoll("fix", "--select", "correctness/ignore-unused", cwd=place, code=0)
    assert (place / "Dockerfile").read_text() == "FROM a\nUSER a\n"
