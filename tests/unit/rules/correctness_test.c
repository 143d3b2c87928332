#include "tests/unit/rules/rules_unit.h"

#include <string.h>

/* Rules of correctness/, with the traps of the language that the builder's own tests hold. */

#define D "FROM debian:12\n"

static const struct rule_row rows[] = {
    /* what does not parse */
    {"an unknown word", "correctness/unknown-instruction", D "RUNN ls\n", 2},
    {"lower case is one", "correctness/unknown-instruction", D "run ls\n", 0},
    {"in front of FROM", "correctness/order", "RUN ls\nFROM debian:12\n", 1},
    {"no FROM at all", "correctness/order", "ARG A=1\n", 1},
    {"ARG may stand there", "correctness/order", "ARG A=1\nFROM debian:$A\n", 0},
    {"nothing behind COPY", "correctness/argument", D "COPY\n", 2},
    {"a source without a target", "correctness/argument", D "COPY a\n", 2},
    {"numbers in an array", "correctness/argument", D "CMD [\"a\", 1]\n", 2},
    {"FROM takes one or three words", "correctness/argument", "FROM debian:12 x\n", 1},
    {"an array in a shell", "correctness/argument", D "RUN [ -f a ]\n", 0},
    {"a flag of no instruction", "correctness/flag", D "COPY --chwon=a a /a\n", 2},
    {"an option of no mount", "correctness/flag", D "RUN --mount=type=cache,tagret=/a ls\n", 2},
    {"no such mount", "correctness/flag", D "RUN --mount=type=cahce,target=/a ls\n", 2},
    {"no such sharing", "correctness/flag", D "RUN --mount=type=cache,target=/a,sharing=lock ls\n",
     2},
    {"no such network", "correctness/flag", D "RUN --network=nobody ls\n", 2},
    {"--from without a value", "correctness/flag", D "COPY --from a /a /b\n", 2},
    {"aliases of mount keys", "correctness/flag",
     D "RUN --mount=src=a,dst=/a,ro --mount=type=tmpfs,destination=/b ls\n", 0},
    {"a heredoc without its end", "correctness/unterminated", D "RUN <<EOF\nls\n", 2},
    {"a heredoc with it", "correctness/unterminated", D "RUN <<-EOF\n\tls\n\tEOF\n", 0},
    {"a token behind a heredoc", "correctness/unterminated",
     D "COPY <<EOF /a\nx\nEOF\n# comment\nRUN ls\n", 0},
    {"an expansion of no shell", "correctness/expansion", D "ENV A=${B:=c}\n", 2},
    {"every one there is", "correctness/expansion",
     D "ARG B\nENV A=${B:-a}${B-a}${B:+a}${B+a}${B#a*}${B##a}${B%a}${B%%a}${B/a/b}${B//a/b}\n", 0},
    {"a directive twice", "correctness/directive", "# escape=\\\n# escape=`\n" D, 2},
    {"a value that is none", "correctness/directive", "# escape=x\n" D, 1},
    {"behind a comment it is one", "correctness/directive", "# a\n# escape=x\n" D, 0},
    {"ONBUILD of FROM", "correctness/onbuild", D "ONBUILD FROM a\n", 2},
    {"ONBUILD of ONBUILD", "correctness/onbuild", D "ONBUILD ONBUILD RUN ls\n", 2},
    {"ONBUILD of nothing", "correctness/onbuild", D "ONBUILD\n", 0},
    {"ONBUILD of RUN", "correctness/onbuild", D "ONBUILD RUN ls\n", 0},
    {"UTF-16", "correctness/encoding",
     "\xff\xfe"
     "F\n",
     1},
    {"UTF-8", "correctness/encoding", D "LABEL a=\"\xc3\xa4\"\n", 0},
    {"a template", "correctness/template", "{{ if .X }}\nFROM a\n{{ end }}\n", 1},
    {"braces of another program", "correctness/template", D "RUN echo '{{ .X }}'\n", 0},
    /* correctness/empty-continuation */
    {"an empty line", "correctness/empty-continuation", D "RUN ls \\\n\n && ls\n", 3,
     D "RUN ls \\\n && ls\n"},
    {"several empty lines", "correctness/empty-continuation",
     D "RUN ls \\\n\n\n && ls \\\n  \n && ls\n\nRUN ls\n", 3,
     D "RUN ls \\\n && ls \\\n && ls\n\nRUN ls\n"},
    {"a comment", "correctness/empty-continuation", D "RUN ls \\\n# a\n && ls\n", 0},
    {"in a heredoc", "correctness/empty-continuation", D "RUN <<EOF\nls \\\n\nls\nEOF\n", 0},
    /* correctness/casing */
    {"mixed", "correctness/casing", D "Run ls\n", 2, D "RUN ls\n"},
    {"the odd one", "correctness/casing", "from a\nrun b\nCMD c\n", 3, "from a\nrun b\ncmd c\n"},
    {"all lower", "correctness/casing", "from a\nrun b\n", 0},
    /* correctness/legacy-form */
    {"ENV with a blank", "correctness/legacy-form", D "ENV A b\n", 2, D "ENV A=b\n"},
    {"a value with blanks", "correctness/legacy-form", D "ENV A b c\n", 2, D "ENV A=\"b c\"\n"},
    {"a quoted value", "correctness/legacy-form", D "ENV A \"b c\"\n", 2, D "ENV A=\"b c\"\n"},
    {"LABEL too", "correctness/legacy-form", D "LABEL a b\n", 2, D "LABEL a=b\n"},
    {"name=value", "correctness/legacy-form", D "ENV A=b C=d\n", 0},
    /* correctness/workdir-relative */
    {"relative", "correctness/workdir-relative", D "WORKDIR app\n", 2},
    {"below one that was set", "correctness/workdir-relative", D "WORKDIR /a\nWORKDIR b\n", 0},
    {"a drive", "correctness/workdir-relative", "FROM x\nWORKDIR C:/app\n", 0},
    {"a variable that is absolute", "correctness/workdir-relative", D "ENV A=/a\nWORKDIR $A\n", 0},
    {"set in the stage below", "correctness/workdir-relative",
     "FROM debian:12 AS a\nWORKDIR /a\nFROM a\nWORKDIR b\n", 0},
    /* correctness/copy-relative */
    {"no WORKDIR", "correctness/copy-relative", D "COPY a app/\n", 2},
    {"with one", "correctness/copy-relative", D "WORKDIR /a\nCOPY a app/\n", 0},
    {"absolute", "correctness/copy-relative", D "COPY a /app/\n", 0},
    {"scratch has no directory of its own", "correctness/copy-relative",
     "FROM scratch\nCOPY a app/\n", 0},
    {"a variable", "correctness/copy-relative", D "COPY a ${APP}/\n", 0},
    /* correctness/copy-slash */
    {"two sources", "correctness/copy-slash", D "COPY a b /app\n", 2, D "COPY a b /app/\n"},
    {"in an array", "correctness/copy-slash", D "COPY [\"a\", \"b\", \"/app\"]\n", 2,
     D "COPY [\"a\", \"b\", \"/app/\"]\n"},
    {"one source", "correctness/copy-slash", D "COPY a /app\n", 0},
    {"the current directory", "correctness/copy-slash", D "COPY a b .\n", 0},
    /* correctness/add-for-copy */
    {"a file", "correctness/add-for-copy", D "ADD a.txt /a\n", 2, D "COPY a.txt /a\n"},
    {"an archive", "correctness/add-for-copy", D "ADD a.tar.gz /a\n", 0},
    {"an address", "correctness/add-for-copy", D "ADD https://x.org/a /a\n", 0},
    {"a repository", "correctness/add-for-copy", D "ADD git@x.org:a/b.git /a\n", 0},
    {"what a glob may hold", "correctness/add-for-copy", D "ADD rootfs* /\n", 0},
    {"what a variable may hold", "correctness/add-for-copy", D "ARG F\nADD $F /\n", 0},
    /* size/archive-copied */
    {"unpacked later", "size/archive-copied", D "COPY a.tar.gz /\nRUN tar xf /a.tar.gz\n", 2},
    {"never unpacked", "size/archive-copied", D "COPY a.tar.gz /\n", 0},
    {"of a stage", "size/archive-copied", D "COPY --from=x a.tar.gz /\nRUN tar xf /a.tar.gz\n", 0},
    /* correctness/description: nursery */
    {"another word", "correctness/description", "# an image\nFROM a AS b\n", 1},
    {"its name", "correctness/description", "# b is an image\nFROM a AS b\n", 0},
    {"not adjacent", "correctness/description", "# an image\n\nFROM a AS b\n", 0},
    /* correctness/undefined-variable */
    {"a global one", "correctness/undefined-variable", "ARG V=1\nFROM a:1\nLABEL v=$V\n", 3,
     "ARG V=1\nFROM a:1\nARG V\nLABEL v=$V\n"},
    {"a letter off", "correctness/undefined-variable", D "ARG VERSION\nLABEL v=$VERSOIN\n", 3},
    {"nothing below", "correctness/undefined-variable", "FROM scratch\nCOPY $A /a\n", 2},
    {"the base image's", "correctness/undefined-variable", D "ENV B=$JAVA_HOME/bin\n", 0},
    {"with a default", "correctness/undefined-variable", "FROM scratch\nCOPY ${A:-a} /a\n", 0},
    {"PATH", "correctness/undefined-variable", "FROM scratch\nENV PATH=/a:$PATH\n", 0},
    {"escaped", "correctness/undefined-variable", "FROM scratch\nENV A=\\$B\n", 0},
    {"a platform's", "correctness/undefined-variable", D "COPY a-$TARGETARCH /a\n", 2},
    {"the text of a heredoc's shell", "correctness/undefined-variable",
     D "RUN <<EOF\necho $A\nEOF\n", 0},
    /* correctness/undefined-in-from, correctness/from-default */
    {"not declared", "correctness/undefined-in-from", "FROM debian:$V\n", 1},
    {"declared in a stage only", "correctness/undefined-in-from",
     "FROM a:1\nARG V=1\nFROM debian:$V\n", 3},
    {"declared", "correctness/undefined-in-from", "ARG V\nFROM debian:$V\n", 0},
    {"with a default", "correctness/undefined-in-from", "FROM debian:${V:-12}\n", 0},
    {"a platform", "correctness/undefined-in-from", "FROM --platform=$BUILDPLATFORM debian:12\n",
     0},
    {"no default", "correctness/from-default", "ARG V\nFROM debian:$V\n", 2},
    {"an empty one", "correctness/from-default", "ARG V=\nFROM debian:$V\n", 2},
    {"a good one", "correctness/from-default", "ARG V=12\nFROM debian:$V\n", 0},
    /* correctness/same-env */
    {"its own line", "correctness/same-env", D "ENV A=/a B=$A/b\n", 2, D "ENV A=/a\nENV B=$A/b\n"},
    {"set before too", "correctness/same-env", D "ENV A=/x\nENV A=/a B=$A/b\n", 0},
    {"two lines", "correctness/same-env", D "ENV A=/a\nENV B=$A/b\n", 0},
    {"PATH", "correctness/same-env", D "ENV A=/a PATH=$PATH:/a\n", 0},
    /* correctness/apt */
    {"apt", "correctness/apt", D "RUN apt install -y a\n", 2, D "RUN apt-get install -y a\n"},
    {"apt-get", "correctness/apt", D "RUN apt-get install -y a\n", 0},
    {"a folder of that name", "correctness/apt", D "RUN ls /etc/apt\n", 0},
    /* correctness/assume-yes */
    {"apt-get asks", "correctness/assume-yes", D "RUN apt-get install a\n", 2,
     D "RUN apt-get install -y a\n"},
    {"-qq answers", "correctness/assume-yes", D "RUN apt-get -qq install a\n", 0},
    {"two -q answer", "correctness/assume-yes", D "RUN apt-get -q -q install a\n", 0},
    {"one -q does not", "correctness/assume-yes", D "RUN apt-get -q install a\n", 2},
    {"a configuration answers", "correctness/assume-yes",
     D "RUN echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/9\nRUN apt-get install a\n",
     0},
    {"zypper", "correctness/assume-yes", "FROM x\nRUN zypper install a\n", 2,
     "FROM x\nRUN zypper --non-interactive install a\n"},
    {"yes answers", "correctness/assume-yes", D "RUN yes | apt-get install a\n", 0},
    {"what a variable holds", "correctness/assume-yes", D "ARG O\nRUN apt-get $O install a\n", 0},
    {"yum", "correctness/assume-yes", "FROM centos:7\nRUN yum install a\n", 2},
    {"dnf", "correctness/assume-yes", "FROM fedora:40\nRUN dnf -y install a\n", 0},
    /* correctness/pointless-command */
    {"a service", "correctness/pointless-command", D "RUN service nginx start\n", 2},
    {"an editor", "correctness/pointless-command", D "RUN vim a\n", 2},
    {"its installation", "correctness/pointless-command", D "RUN apt-get install -y vim\n", 0},
    {"its version", "correctness/pointless-command", D "RUN vim --version\n", 0},
    {"whether it matters is looked at", "correctness/pointless-command",
     D "RUN umount /a || true\n", 0},
    /* correctness/cd */
    {"alone", "correctness/cd", D "RUN cd /a\nRUN make\n", 2, D "WORKDIR /a\nRUN make\n"},
    {"for two steps", "correctness/cd", D "RUN cd /a && make\nRUN cd /a && make install\n", 3},
    {"for one step", "correctness/cd", D "RUN cd /a && make\n", 0},
    {"and back", "correctness/cd", D "RUN cd /a && make && cd /b\n", 0},
    {"in a subshell", "correctness/cd", D "RUN (cd /a && make)\n", 0},
    /* size/curl-and-wget, correctness/curl-fail, correctness/wget-progress */
    {"both", "size/curl-and-wget", D "RUN curl -f https://x.org/a\nRUN wget https://x.org/a\n", 3},
    {"in two stages", "size/curl-and-wget",
     "FROM a:1 AS a\nRUN curl -f https://x.org/a\nFROM a:1\nRUN wget https://x.org/a\n", 0},
    {"an error page", "correctness/curl-fail", D "RUN curl -o a https://x.org/a\n", 2,
     D "RUN curl --fail -o a https://x.org/a\n"},
    {"-f in a bundle", "correctness/curl-fail", D "RUN curl -fsSL https://x.org/a\n", 0},
    {"what a variable holds", "correctness/curl-fail", D "ARG O\nRUN curl $O https://x.org/a\n", 0},
    {"a redirect kept", "correctness/curl-redirect",
     D "RUN curl -fsS https://github.com/a/b/releases/download/v1/c.tgz | tar xz\n", 2,
     D "RUN curl --location -fsS https://github.com/a/b/releases/download/v1/c.tgz | tar xz\n"},
    {"an archive", "correctness/curl-redirect",
     D "ARG V\nRUN curl -fO \"https://github.com/a/b/archive/$V.tar.gz\"\n", 3},
    {"followed", "correctness/curl-redirect",
     D "RUN curl -fsSL https://github.com/a/b/releases/download/v1/c.tgz | tar xz\n", 0},
    {"a file that is there", "correctness/curl-redirect",
     D "RUN curl -fsS https://raw.githubusercontent.com/a/b/main/c\n", 0},
    {"what is not known", "correctness/curl-redirect", D "RUN curl -fsS https://x.org/c\n", 0},
    {"options in a variable", "correctness/curl-redirect",
     D "ARG O\nRUN curl $O https://github.com/a/b/archive/c.tgz\n", 0},
    {"noise", "correctness/wget-progress", D "RUN wget https://x.org/a\n", 2},
    {"quiet", "correctness/wget-progress", D "RUN wget -nv https://x.org/a\n", 0},
    {"dots", "correctness/wget-progress", D "RUN wget --progress=dot:giga https://x.org/a\n", 0},
    /* correctness/shell-link */
    {"sh replaced", "correctness/shell-link", D "RUN ln -sf /bin/bash /bin/sh\n", 2},
    {"another link", "correctness/shell-link", D "RUN ln -s /bin/sh /a\n", 0},
    /* correctness/unpinned: policy */
    {"apt", "correctness/unpinned", D "RUN apt-get install -y a\n", 2},
    {"apt with a version", "correctness/unpinned", D "RUN apt-get install -y a=1.0\n", 0},
    {"a local package", "correctness/unpinned", D "RUN apt-get install -y ./a.deb\n", 0},
    {"from a release", "correctness/unpinned", D "RUN apt-get install -y -t bookworm a\n", 0},
    {"what a variable holds", "correctness/unpinned", D "RUN apt-get install -y $A\n", 0},
    {"pip", "correctness/unpinned", "FROM python:3.12\nRUN pip install flask\n", 2},
    {"pip with a version", "correctness/unpinned", "FROM python:3.12\nRUN pip install 'a>=1'\n", 0},
    {"pip with a list", "correctness/unpinned", "FROM python:3.12\nRUN pip install -r a.txt\n", 0},
    {"npm", "correctness/unpinned", "FROM node:20\nRUN npm install -g a\n", 2},
    {"npm with a version", "correctness/unpinned", "FROM node:20\nRUN npm install -g @a/b@1\n", 0},
    {"go", "correctness/unpinned", "FROM golang:1.22\nRUN go install x.org/a\n", 2},
    {"gem", "correctness/unpinned", "FROM ruby:3.3\nRUN gem install a:1.0\n", 0},
};

static void test_correctness(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

/* A line longer than the builder reads; the text is made here. */
static void test_long_line(void **state)
{
    struct arena *arena = *state;
    char *text = arena_alloc(arena, 70000 + 32, 1);
    int start = snprintf(text, 32, "FROM debian:12\nRUN ");
    memset(text + start, 'a', 70000);
    memcpy(text + start + 70000, "\n", 2);
    struct unit_rows checked = {0};
    struct rule_row row = {"a line of 70 KB", "correctness/limit", text, 2};
    rule_row_check(arena, &checked, &row);
    text[start + 100] = '\n';
    text[start + 101] = '\0';
    row.line = 0;
    rule_row_check(arena, &checked, &row);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_correctness), UNIT_TEST(test_long_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
