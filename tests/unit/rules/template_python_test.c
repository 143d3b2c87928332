#include "tests/unit/rules/template_unit.h"

/* size/installer-left: poetry and uv in a stage of their own. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"poetry, without an environment of its own", "size/installer-left",
     "FROM python:3.12-slim\n"
     "ENV PYTHONUNBUFFERED=1 \\\n"
     "    POETRY_VERSION=1.8.3\n"
     "WORKDIR /app\n"
     "RUN pip install --no-cache-dir poetry==1.8.3 && poetry config virtualenvs.create false\n"
     "COPY pyproject.toml poetry.lock ./\n"
     "RUN poetry install --no-root --only main\n"
     "COPY . .\n"
     "CMD [\"uvicorn\", \"app:app\"]\n", 5,
     "FROM python:3.12-slim AS build\n"
     "ENV PYTHONUNBUFFERED=1 \\\n"
     "    POETRY_VERSION=1.8.3\n"
     "WORKDIR /app\n"
     "RUN pip install --no-cache-dir poetry==1.8.3\n"
     "ENV POETRY_VIRTUALENVS_IN_PROJECT=true\n"
     "COPY pyproject.toml poetry.lock ./\n"
     "RUN poetry install --no-root --only main\n"
     "\n"
     "FROM python:3.12-slim\n"
     "WORKDIR /app\n"
     "ENV PYTHONUNBUFFERED=1\n"
     "COPY --from=build /app/.venv /app/.venv\n"
     "ENV PATH=\"/app/.venv/bin:$PATH\"\n"
     "COPY . .\n"
     "CMD [\"uvicorn\", \"app:app\"]\n",
     "pyproject.toml poetry.lock app.py", NULL, true},
    {"poetry, told by a variable, with libraries", "size/installer-left",
     "FROM python:3.12-slim\n"
     "ENV POETRY_VIRTUALENVS_CREATE=false\n"
     "WORKDIR /app\n"
     "RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev curl && "
     "rm -rf /var/lib/apt/lists/*\n"
     "RUN pip install poetry\n"
     "COPY . .\n"
     "RUN poetry install --only main\n"
     "HEALTHCHECK CMD curl -f http://localhost:8000/\n"
     "CMD python -m app\n", 5,
     "FROM python:3.12-slim AS build\n"
     "ENV POETRY_VIRTUALENVS_CREATE=true\n"
     "WORKDIR /app\n"
     "RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev curl && "
     "rm -rf /var/lib/apt/lists/*\n"
     "RUN pip install poetry\n"
     "ENV POETRY_VIRTUALENVS_IN_PROJECT=true\n"
     "COPY . .\n"
     "RUN poetry install --only main\n"
     "\n"
     "FROM python:3.12-slim\n"
     "WORKDIR /app\n"
     "RUN apt-get update && apt-get install -y --no-install-recommends libpq5 curl && rm -rf "
     "/var/lib/apt/lists/*\n"
     "COPY --from=build /app /app\n"
     "ENV PATH=\"/app/.venv/bin:$PATH\"\n"
     "HEALTHCHECK CMD curl -f http://localhost:8000/\n"
     "CMD python -m app\n",
     "pyproject.toml poetry.lock app.py", NULL, true},
    {"poetry in its own RUN of settings", "size/installer-left",
     "FROM python:3.12\n"
     "RUN pip install \"poetry>=1.8,<2\"\n"
     "RUN poetry config virtualenvs.create false\n"
     "WORKDIR /code\n"
     "COPY pyproject.toml poetry.lock /code/\n"
     "RUN poetry install --no-interaction --no-ansi\n"
     "COPY . /code/\n"
     "ENTRYPOINT [\"python\", \"main.py\"]\n", 2,
     "FROM python:3.12 AS build\n"
     "RUN pip install \"poetry>=1.8,<2\"\n"
     "WORKDIR /code\n"
     "ENV POETRY_VIRTUALENVS_IN_PROJECT=true\n"
     "COPY pyproject.toml poetry.lock /code/\n"
     "RUN poetry install --no-interaction --no-ansi\n"
     "\n"
     "FROM python:3.12-slim\n"
     "WORKDIR /code\n"
     "COPY --from=build /code/.venv /code/.venv\n"
     "ENV PATH=\"/code/.venv/bin:$PATH\"\n"
     "COPY . /code/\n"
     "ENTRYPOINT [\"python\", \"main.py\"]\n",
     "pyproject.toml poetry.lock main.py", NULL, true},
    {"uv of its own image", "size/installer-left",
     "FROM python:3.12-slim\n"
     "COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /uvx /bin/\n"
     "WORKDIR /app\n"
     "COPY pyproject.toml uv.lock ./\n"
     "RUN uv sync --frozen --no-dev\n"
     "ENV PATH=\"/app/.venv/bin:$PATH\"\n"
     "COPY . .\n"
     "CMD [\"gunicorn\", \"app\"]\n", 2,
     "FROM python:3.12-slim AS build\n"
     "COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /uvx /bin/\n"
     "WORKDIR /app\n"
     "COPY pyproject.toml uv.lock ./\n"
     "RUN uv sync --frozen --no-dev\n"
     "\n"
     "FROM python:3.12-slim\n"
     "WORKDIR /app\n"
     "COPY --from=build /app/.venv /app/.venv\n"
     "ENV PATH=\"/app/.venv/bin:$PATH\"\n"
     "COPY . .\n"
     "CMD [\"gunicorn\", \"app\"]\n",
     "pyproject.toml uv.lock app.py", NULL, true},
    {"uv that pip installed", "size/installer-left",
     "FROM python:3.12-alpine\n"
     "RUN pip install --no-cache-dir uv\n"
     "WORKDIR /srv\n"
     "COPY . .\n"
     "RUN uv sync --frozen\n"
     "CMD [\"/srv/.venv/bin/python\", \"-m\", \"app\"]\n", 2,
     "FROM python:3.12-alpine AS build\n"
     "RUN pip install --no-cache-dir uv\n"
     "WORKDIR /srv\n"
     "COPY . .\n"
     "RUN uv sync --frozen\n"
     "\n"
     "FROM python:3.12-alpine\n"
     "WORKDIR /srv\n"
     "COPY --from=build /srv /srv\n"
     "CMD [\"/srv/.venv/bin/python\", \"-m\", \"app\"]\n",
     "pyproject.toml uv.lock app.py", NULL, true},
    {"pipenv: no text for that", "size/installer-left",
     "FROM python:3.12-slim\n"
     "RUN pip install pipenv\n"
     "WORKDIR /app\n"
     "COPY Pipfile Pipfile.lock ./\n"
     "RUN pipenv install --system --deploy\n"
     "COPY . .\n"
     "CMD [\"python\", \"app.py\"]\n", 2,
     NO_FIX,
     "Pipfile Pipfile.lock app.py", NULL, true},
    {"something else is made before: no edit", "size/installer-left",
     "FROM python:3.12-slim\n"
     "RUN pip install poetry && mkdir /data\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN poetry install\n"
     "CMD [\"python\", \"app.py\"]\n", 2,
     NO_FIX,
     "pyproject.toml app.py", NULL, true},
    {"the program is begun by it", "size/installer-left",
     "FROM python:3.12-slim\n"
     "RUN pip install poetry\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN poetry install\n"
     "CMD [\"poetry\", \"run\", \"python\", \"app.py\"]\n", 0,
     NO_FIX,
     "pyproject.toml app.py", NULL, true},
    {"a script may call it", "size/installer-left",
     "FROM python:3.12-slim\n"
     "RUN pip install uv\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN uv sync\n"
     "ENTRYPOINT [\"./entrypoint.sh\"]\n", 0,
     NO_FIX,
     "pyproject.toml app.py entrypoint.sh", NULL, true},
    {"in a stage that does not ship", "size/installer-left",
     "FROM python:3.12-slim AS build\n"
     "RUN pip install poetry\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN poetry install\n"
     "FROM python:3.12-slim\n"
     "COPY --from=build /app /app\n"
     "CMD [\"python\", \"/app/app.py\"]\n", 0,
     NO_FIX,
     "pyproject.toml app.py", NULL, true},
    {"another package of its name", "size/installer-left",
     "FROM python:3.12-slim\n"
     "RUN pip install poetry-core uvicorn\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN poetry install\n"
     "CMD [\"python\", \"app.py\"]\n", 0,
     NO_FIX,
     "pyproject.toml app.py", NULL, true},
    {"only when asked", "size/installer-left",
     "FROM python:3.12-slim\n"
     "RUN pip install poetry\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN poetry install\n"
     "CMD [\"python\", \"app.py\"]\n", 2,
     NO_FIX,
     "pyproject.toml app.py", NULL, false},
};
/* clang-format on */

static void test_template_python(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_python)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
