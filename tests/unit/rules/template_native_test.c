#include "tests/unit/rules/template_unit.h"

/* size/build-tools-left and base/sdk-shipped: C and C++ in a stage of their own. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"C++ by cmake on Debian, with libraries", "size/build-tools-left",
     "FROM debian:12\n"
     "RUN apt-get update && apt-get install -y g++ cmake make libpq-dev libssl-dev\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cmake -B build && cmake --build build\n"
     "EXPOSE 8080\n"
     "CMD [\"./build/tool\"]\n", 2,
     "FROM debian:12 AS build\n"
     "RUN apt-get update && apt-get install -y g++ cmake make libpq-dev libssl-dev\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cmake -B build && cmake --build build\n"
     "\n"
     "FROM debian:12-slim\n"
     "WORKDIR /src\n"
     "RUN apt-get update && apt-get install -y --no-install-recommends libpq5 libssl3 && rm "
     "-rf /var/lib/apt/lists/*\n"
     "COPY --from=build /src/build/tool /src/build/tool\n"
     "EXPOSE 8080\n"
     "CMD [\"./build/tool\"]\n",
     "CMakeLists.txt src/main.cpp", NULL, true},
    {"the libraries of a package that is not known: no edit", "size/build-tools-left",
     "FROM debian:12\n"
     "RUN apt-get update && apt-get install -y g++ make libboost-all-dev\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make\n"
     "CMD [\"./tool\"]\n", 2,
     NO_FIX,
     "Makefile main.cpp", NULL, true},
    {"C++ by make and gcc's own library", "base/sdk-shipped",
     "FROM gcc:13\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make && make install\n"
     "USER 1000\n"
     "CMD [\"tool\", \"--serve\"]\n", 1,
     "FROM gcc:13 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make && make install\n"
     "\n"
     "FROM debian:stable-slim\n"
     "WORKDIR /src\n"
     "COPY --from=build /usr/local/bin/tool /usr/local/bin/tool\n"
     "COPY --from=build /usr/local/lib64/libstdc++.so.6 /usr/local/lib/\n"
     "COPY --from=build /usr/local/lib64/libgcc_s.so.1 /usr/local/lib/\n"
     "RUN ldconfig\n"
     "USER 1000\n"
     "CMD [\"tool\", \"--serve\"]\n",
     "Makefile main.cpp", NULL, true},
    {"C by make, begun by its path", "base/sdk-shipped",
     "FROM gcc:13-bookworm\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make\n"
     "ENTRYPOINT [\"/src/tool\"]\n", 1,
     "FROM gcc:13-bookworm AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make\n"
     "\n"
     "FROM debian:bookworm-slim\n"
     "WORKDIR /src\n"
     "COPY --from=build /src/tool /src/tool\n"
     "ENTRYPOINT [\"/src/tool\"]\n",
     "Makefile main.c", NULL, true},
    {"installed below another prefix: no edit", "base/sdk-shipped",
     "FROM gcc:13\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN ./configure --prefix=/opt/tool && make && make install\n"
     "CMD [\"tool\"]\n", 1,
     NO_FIX,
     "Makefile main.c", NULL, true},
    {"copied to its place, on Alpine of one platform", "size/build-tools-left",
     "FROM --platform=linux/amd64 alpine:3.20\n"
     "RUN apk add --no-cache build-base cmake curl-dev\n"
     "COPY . /src\n"
     "RUN mkdir /src/build && cd /src/build && cmake .. && make && cp tool /usr/local/bin/\n"
     "ENTRYPOINT [\"tool\"]\n", 2,
     "FROM --platform=linux/amd64 alpine:3.20 AS build\n"
     "RUN apk add --no-cache build-base cmake curl-dev\n"
     "COPY . /src\n"
     "RUN mkdir /src/build && cd /src/build && cmake .. && make && cp tool /usr/local/bin/\n"
     "\n"
     "FROM --platform=linux/amd64 alpine:3.20\n"
     "RUN apk add --no-cache libstdc++ libcurl ca-certificates\n"
     "COPY --from=build /usr/local/bin/tool /usr/local/bin/tool\n"
     "ENTRYPOINT [\"tool\"]\n",
     "CMakeLists.txt main.cpp", NULL, true},
    {"in a RUN before the last, on Ubuntu", "size/build-tools-left",
     "FROM ubuntu:24.04\n"
     "RUN apt-get update && apt-get install -y build-essential zlib1g-dev\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make -C app\n"
     "RUN rm -rf app/test\n"
     "CMD [\"app/tool\"]\n", 2,
     "FROM ubuntu:24.04 AS build\n"
     "RUN apt-get update && apt-get install -y build-essential zlib1g-dev\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make -C app\n"
     "RUN rm -rf app/test\n"
     "\n"
     "FROM ubuntu:24.04\n"
     "WORKDIR /src\n"
     "RUN apt-get update && apt-get install -y --no-install-recommends zlib1g && rm -rf "
     "/var/lib/apt/lists/*\n"
     "COPY --from=build /src/app/tool /src/app/tool\n"
     "CMD [\"app/tool\"]\n",
     "app/Makefile app/main.c", NULL, true},
    {"by a compiler", "size/build-tools-left",
     "FROM debian:bookworm-slim\n"
     "RUN apt-get update && apt-get install -y gcc libc6-dev\n"
     "COPY main.c /src/\n"
     "RUN gcc -O2 -o /usr/local/bin/tool /src/main.c\n"
     "CMD [\"tool\"]\n", 2,
     "FROM debian:bookworm-slim AS build\n"
     "RUN apt-get update && apt-get install -y gcc libc6-dev\n"
     "COPY main.c /src/\n"
     "RUN gcc -O2 -o /usr/local/bin/tool /src/main.c\n"
     "\n"
     "FROM debian:bookworm-slim\n"
     "COPY --from=build /usr/local/bin/tool /usr/local/bin/tool\n"
     "CMD [\"tool\"]\n",
     NULL, NULL, true},
    {"another language too: no edit", "size/build-tools-left",
     "FROM debian:12\n"
     "RUN apt-get update && apt-get install -y build-essential\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN npm ci && make\n"
     "CMD [\"./tool\"]\n", 2,
     NO_FIX,
     "Makefile main.c", NULL, true},
    {"only when asked", "size/build-tools-left",
     "FROM debian:12\n"
     "RUN apt-get update && apt-get install -y build-essential\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make\n"
     "CMD [\"./tool\"]\n", 2,
     NO_FIX,
     "Makefile main.c", NULL, false},
    {"it starts something else: no edit", "size/build-tools-left",
     "FROM debian:12\n"
     "RUN apt-get update && apt-get install -y build-essential\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN make\n"
     "CMD [\"/srv/start\"]\n", 2,
     NO_FIX,
     "Makefile main.c", NULL, true},
};
/* clang-format on */

static void test_template_native(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_native)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
