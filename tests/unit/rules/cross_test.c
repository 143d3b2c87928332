#include "tests/unit/rules/rules_unit.h"

/* The registry's credentials in every stage that needs them. */

#define SECRET "--mount=type=secret,id=npmrc,target=/root/.npmrc "
#define BUILD  "FROM node:20 AS build\nRUN " SECRET "npm ci\n"

static const struct rule_row rows[] = {
    {"another stage lacks the mount", "secrets/mount-missing", BUILD "FROM node:20\nRUN npm ci\n",
     4, BUILD "FROM node:20\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n"},
    {"beside a mount that is there", "secrets/mount-missing",
     BUILD "FROM node:20\nRUN --mount=type=cache,target=/root/.npm npm ci\n", 4,
     BUILD "FROM node:20\nRUN --mount=type=cache,target=/root/.npm "
           "--mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n"},
    {"both have it", "secrets/mount-missing", BUILD "FROM node:20\nRUN " SECRET "npm ci\n", 0},
    {"another manager", "secrets/mount-missing", BUILD "FROM python:3\nRUN pip install x\n", 0},
    {"the same stage", "secrets/mount-missing", BUILD "RUN npm install x\n", 0},
    {"a tool for everybody", "secrets/mount-missing",
     BUILD "FROM node:20\nRUN npm install -g pm2\n", 0},
    {"wheels that are there", "secrets/mount-missing",
     "FROM python:3 AS b\nRUN --mount=type=secret,id=p pip wheel -r r.txt\nFROM python:3\n"
     "RUN pip install --no-index --find-links=/w app\n",
     0},
    {"files", "secrets/mount-missing",
     "FROM python:3 AS b\nRUN --mount=type=secret,id=p pip install -r r.txt\nFROM python:3\n"
     "RUN pip install /w/*.whl\n",
     0},
};

static void test_cross(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_cross)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
