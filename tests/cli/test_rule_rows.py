"""Every rule about Dockerfiles and ignore files has unit rows: one where it speaks, one where it is
silent. The rows stand in tests/unit/rules/*_test.c as {says, "rule", ..., line, ...}."""
import glob
import os
import re

import pytest

from conftest import ROOT

GROUPS = ("correctness/", "runtime/", "security/", "secrets/", "shell/", "context/")

# tested elsewhere, for they need more than one text
ELSEWHERE = {
    "correctness/ignore-expired": "test_inline.py",
    "correctness/ignore-unused": "test_inline.py",
    "correctness/ignore-without-reason": "test_inline.py",
    "correctness/limit": "a long line, in correctness_test.c",
    "correctness/unlike-repository": "conventions_test.c",
    "runtime/label-schema": "test_configured_rules.py",
}


def fields(text):
    """The fields of a row that begins behind its rule, up to the brace that ends it."""
    field, quoted, at = "", False, 0
    while at < len(text):
        char = text[at]
        if quoted and char == "\\":
            at += 1
        elif char == '"':
            quoted = not quoted
        elif not quoted and char in ",}":
            yield field.strip()
            field = ""
            if char == "}":
                return
        elif not quoted:
            field += char
        at += 1


@pytest.fixture(scope="module")
def rows():
    """rule -> the lines that its rows want; 0 is silence."""
    found = {}
    for path in glob.glob(os.path.join(ROOT, "tests", "unit", "rules", "*_test.c")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name, rule in re.findall(r'#define (\w+) +("[a-z]+/[a-z0-9-]+")', text):
            text = re.sub(rf"\b{name},", f"{rule},", text)
        for match in re.finditer(r'"([a-z]+/[a-z0-9-]+)",', text):
            numbers = [field for field in fields(text[match.end():]) if field.isdigit()]
            if numbers:
                found.setdefault(match.group(1), []).append(int(numbers[0]))
    return found


def test_each_rule_speaks_and_is_silent_in_a_row(plimsoll, rows):
    wanted = [rule["rule"] for rule in plimsoll.json("explain")["rules"]
              if rule["rule"].startswith(GROUPS) and rule["rule"] not in ELSEWHERE]
    assert len(wanted) > 100
    never_speak = [rule for rule in wanted if not any(rows.get(rule, []))]
    never_silent = [rule for rule in wanted if all(rows.get(rule, [1]))]
    assert not never_speak, never_speak
    assert not never_silent, never_silent


def test_rows_name_rules_that_exist(plimsoll, rows):
    known = {rule["rule"] for rule in plimsoll.json("explain")["rules"]}
    assert not [rule for rule in rows if rule.startswith(GROUPS) and rule not in known]
