#include "tests/unit/rules/template_unit.h"

/* size/build-tools-left: wheels built in a stage of their own. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"on Debian, with a library that stays", "size/build-tools-left",
     "FROM python:3.12-slim\n"
     "\n"
     "RUN apt-get update && \\\n"
     "    apt-get install -y --no-install-recommends \\\n"
     "        gcc \\\n"
     "        libpq-dev \\\n"
     "        curl && \\\n"
     "    rm -rf /var/lib/apt/lists/*\n"
     "\n"
     "WORKDIR /app\n"
     "COPY requirements.txt ./\n"
     "RUN pip install --no-cache-dir -r requirements.txt\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 5,
     "FROM python:3.12-slim AS wheels\n"
     "RUN apt-get update && \\\n"
     "    apt-get install -y --no-install-recommends \\\n"
     "        gcc \\\n"
     "        libpq-dev \\\n"
     "        curl && \\\n"
     "    rm -rf /var/lib/apt/lists/*\n"
     "WORKDIR /app\n"
     "COPY requirements.txt ./\n"
     "RUN pip wheel --no-cache-dir --wheel-dir /wheels -r requirements.txt\n"
     "\n"
     "FROM python:3.12-slim\n"
     "\n"
     "RUN apt-get update && \\\n"
     "    apt-get install -y --no-install-recommends \\\n"
     "        libpq5 \\\n"
     "        curl && \\\n"
     "    rm -rf /var/lib/apt/lists/*\n"
     "\n"
     "WORKDIR /app\n"
     "COPY requirements.txt ./\n"
     "RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \\\n"
     "    pip install --no-index --find-links=/wheels --no-cache-dir -r requirements.txt\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n",
     "requirements.txt a.py", NULL, true},
    {"on Debian, nothing stays", "size/build-tools-left",
     "# the service\n"
     "FROM python:3.12-slim\n"
     "RUN apt-get update && apt-get install -y gcc python3-dev && rm -rf /var/lib/apt/lists/*\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN pip install -r requirements.txt\n"
     "CMD [\"python\", \"a.py\"]\n", 3,
     "# the service\n"
     "FROM python:3.12-slim AS wheels\n"
     "RUN apt-get update && apt-get install -y gcc python3-dev && rm -rf /var/lib/apt/lists/*\n"
     "WORKDIR /app\n"
     "COPY requirements.txt ./\n"
     "RUN pip wheel --no-cache-dir --wheel-dir /wheels -r requirements.txt\n"
     "\n"
     "FROM python:3.12-slim\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \\\n"
     "    pip install --no-index --find-links=/wheels -r requirements.txt\n"
     "CMD [\"python\", \"a.py\"]\n",
     "requirements.txt a.py", NULL, true},
    {"on Alpine", "size/build-tools-left",
     "FROM python:3.12-alpine\n"
     "RUN apk add --no-cache build-base postgresql-dev\n"
     "COPY requirements.txt ./\n"
     "RUN pip install --no-cache-dir -r requirements.txt\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 2,
     "FROM python:3.12-alpine AS wheels\n"
     "RUN apk add --no-cache build-base postgresql-dev\n"
     "WORKDIR /build\n"
     "COPY requirements.txt ./\n"
     "RUN pip wheel --no-cache-dir --wheel-dir /wheels -r requirements.txt\n"
     "\n"
     "FROM python:3.12-alpine\n"
     "RUN apk add --no-cache libstdc++ libpq\n"
     "COPY requirements.txt ./\n"
     "RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \\\n"
     "    pip install --no-index --find-links=/wheels --no-cache-dir -r requirements.txt\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n",
     NULL, NULL, true},
    {"only when asked", "size/build-tools-left",
     "FROM python:3.12-alpine\n"
     "RUN apk add --no-cache build-base\n"
     "COPY requirements.txt ./\n"
     "RUN pip install -r requirements.txt\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 2,
     NO_FIX},
    {"a library whose name at run time is not known: no edit", "size/build-tools-left",
     "FROM python:3.12-slim\n"
     "RUN apt-get update && apt-get install -y gcc libldap2-dev\n"
     "COPY requirements.txt ./\n"
     "RUN pip install -r requirements.txt\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 2,
     NO_FIX,
     NULL, NULL, true},
    {"an index of its own: no edit", "size/build-tools-left",
     "FROM python:3.12-slim\n"
     "RUN apt-get update && apt-get install -y gcc\n"
     "COPY requirements.txt ./\n"
     "RUN pip install -i https://x.org/simple -r requirements.txt\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 2,
     NO_FIX,
     NULL, NULL, true},
    {"make needs the compiler, too: no edit", "size/build-tools-left",
     "FROM python:3.12-slim\n"
     "RUN apt-get update && apt-get install -y gcc\n"
     "COPY requirements.txt ./\n"
     "RUN pip install -r requirements.txt\n"
     "COPY . .\n"
     "RUN make\n"
     "CMD [\"python\", \"a.py\"]\n", 2,
     NO_FIX,
     NULL, NULL, true},
};
/* clang-format on */

static void test_template_wheels(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_wheels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
