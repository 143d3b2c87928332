"""Every id of hadolint, BuildKit's checks and ShellCheck that people know: `explain ID` answers, or
the table below says why there is no such rule."""
import pytest

# hadolint 2.15.1: one module each
HADOLINT = """
    DL1001
    DL3000 DL3001 DL3002 DL3003 DL3004 DL3006 DL3007 DL3008 DL3009 DL3010 DL3011 DL3012 DL3013
    DL3014 DL3015 DL3016 DL3018 DL3019 DL3020 DL3021 DL3022 DL3023 DL3024 DL3025 DL3026 DL3027
    DL3028 DL3029 DL3030 DL3032 DL3033 DL3034 DL3035 DL3036 DL3037 DL3038 DL3040 DL3041 DL3042
    DL3043 DL3044 DL3045 DL3046 DL3047 DL3048 DL3049 DL3050 DL3051 DL3052 DL3053 DL3054 DL3055
    DL3056 DL3057 DL3058 DL3059 DL3060 DL3061 DL3062 DL3063 DL3064 DL3065 DL3066 DL3067
    DL4000 DL4001 DL4003 DL4004 DL4005 DL4006
""".split()

# hadolint had these once
HADOLINT_GONE = "DL3005 DL3017 DL3031 DL3039".split()

# BuildKit's linter, frontend/dockerfile/linter/ruleset.go
BUILDKIT = """
    StageNameCasing FromAsCasing NoEmptyContinuation ConsistentInstructionCasing DuplicateStageName
    ReservedStageName JSONArgsRecommended MaintainerDeprecated UndefinedArgInFrom
    WorkdirRelativePath UndefinedVar MultipleInstructionsDisallowed LegacyKeyValueFormat
    InvalidBaseImagePlatform RedundantTargetPlatform SecretsUsedInArgOrEnv InvalidDefaultArgInFrom
    FromPlatformFlagConstDisallowed CopyIgnoredFile InvalidDefinitionDescription ExposeProtoCasing
    ExposeInvalidFormat
""".split()

# what research over 610 real files names, and the POSIX family that the shell reader marks
SHELLCHECK = """
    SC1072 SC1073 SC1088 SC2028 SC2039 SC2043 SC2046 SC2066 SC2086 SC2112 SC2113 SC2154 SC2155
    SC2127 SC2164 SC2251
    SC3001 SC3002 SC3003 SC3004 SC3005 SC3006 SC3008 SC3009 SC3010 SC3011 SC3014 SC3015 SC3016
    SC3018 SC3019 SC3020 SC3021 SC3022 SC3024 SC3025 SC3028 SC3029 SC3030 SC3032 SC3034 SC3037
    SC3039 SC3040 SC3041 SC3043 SC3044 SC3045 SC3046 SC3047 SC3053 SC3054 SC3057 SC3059 SC3060
""".split()

NOT_TAKEN = {
    "InvalidBaseImagePlatform": "asks the registry which platforms an image has: `build` says so",
}


@pytest.fixture(scope="module")
def answers(plimsoll):
    """Which of the ids `explain` answers, and with which rule."""
    def answer(name):
        run = plimsoll("explain", name, "--format", "json")
        return run.returncode == 0
    return answer


@pytest.mark.parametrize("name", HADOLINT + HADOLINT_GONE + BUILDKIT + SHELLCHECK)
def test_id_is_answered_or_has_a_reason(answers, name):
    if name in NOT_TAKEN:
        assert not answers(name), f"{name} is taken: take it out of the table"
        assert len(NOT_TAKEN[name].split()) > 3
    else:
        assert answers(name), f"explain {name} does not know it"


@pytest.mark.parametrize("name", ["hadolint:DL3009", "dl3009", "buildkit:FromAsCasing",
                                  "shellcheck:SC2086"])
def test_ids_come_with_or_without_their_peer(answers, name):
    assert answers(name)


def test_an_id_that_nobody_has(answers):
    assert not answers("DL9999")


def test_peers_ids_are_all_written_the_same_way(plimsoll):
    rules = plimsoll.json("explain")["rules"]
    known = set(HADOLINT + HADOLINT_GONE + BUILDKIT + SHELLCHECK)
    peers = ("hadolint:", "buildkit:", "shellcheck:")
    ids = {name.split(":")[1] for rule in rules for name in rule["aka"] if name.startswith(peers)}
    assert ids <= known, sorted(ids - known)
