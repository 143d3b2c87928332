#include "shell/shell.h"
#include "tests/unit/unit.h"

#include "base/buf.h"

/*
 * Which simple commands a script holds, and what is known of each. A command is told as
 *
 *     word word ?unknown  {marks} [name]
 *
 * with its effective words (a word whose value the text does not say is told as it is written,
 * behind a '?'), marks for where it stands and what it was seen through, and its name when that is
 * not its first word. Commands are separated by " ; ".
 */

static const struct {
    uint32_t bit;
    const char *says;
} contexts[] = {
    {SHELL_IN_CONDITION, "cond"}, {SHELL_IN_BRANCH, "branch"}, {SHELL_IN_LOOP, "loop"},
    {SHELL_IN_FUNCTION, "fn"},    {SHELL_IN_SUBSHELL, "sub"},  {SHELL_IN_GROUP, "group"},
    {SHELL_IN_SUBST, "subst"},    {SHELL_AFTER_AND, "and"},    {SHELL_AFTER_OR, "or"},
    {SHELL_GUARDED, "guarded"},   {SHELL_NEGATED, "not"},      {SHELL_IN_TEXT, "text"},
};
static const struct {
    uint32_t bit;
    const char *says;
} vias[] = {
    {SHELL_VIA_SUDO, "sudo"},   {SHELL_VIA_ENV, "env"},   {SHELL_VIA_EXEC, "exec"},
    {SHELL_VIA_XARGS, "xargs"}, {SHELL_VIA_FIND, "find"}, {SHELL_VIA_SH_C, "sh-c"},
    {SHELL_VIA_OTHER, "other"},
};

static void tell_marks(struct buf *out, const struct shell_command *command)
{
    const char *before = " {";
    for (size_t i = 0; i < ARRAY_COUNT(contexts); i++)
        if (command->context & contexts[i].bit) {
            buf_fmt(out, "%s%s", before, contexts[i].says);
            before = " ";
        }
    for (size_t i = 0; i < ARRAY_COUNT(vias); i++)
        if (command->via & vias[i].bit) {
            buf_fmt(out, "%svia-%s", before, vias[i].says);
            before = " ";
        }
    if (command->pipeline_length > 1) {
        buf_fmt(out, "%s%u/%u", before, command->place + 1, command->pipeline_length);
        before = " ";
    }
    if (before[1] != '{')
        buf_add_char(out, '}');
}

/* The word's value, or the word as it is written behind a '?'. */
static void tell_word(struct buf *out, const struct shell_word *word)
{
    if (!word->known)
        buf_add_char(out, '?');
    buf_add(out, word->known ? word->value : word->raw);
}

static void tell_redirect(struct buf *out, const struct shell_redirect *redirect)
{
    buf_add_char(out, ' ');
    if (redirect->fd >= 0)
        buf_fmt(out, "%d", redirect->fd);
    buf_fmt(out, "%.*s%.*s", STR_ARG(redirect->op), STR_ARG(redirect->target.raw));
    if (redirect->heredoc_at.end)
        buf_fmt(out, "(%s%.*s)", redirect->heredoc_expands ? "" : "'", STR_ARG(redirect->heredoc));
}

static void tell_command(struct buf *out, const struct shell_command *command)
{
    VEC_EACH(struct shell_assign, assign, command->assigns) {
        buf_fmt(out, "%.*s%s=", STR_ARG(assign->name), assign->append ? "+" : "");
        tell_word(out, &assign->value);
        buf_add_char(out, ' ');
    }
    VEC_EACH(struct shell_word, word, command->argv) {
        if (word != command->argv.at)
            buf_add_char(out, ' ');
        tell_word(out, word);
    }
    VEC_EACH(struct shell_redirect, redirect, command->redirects)
        tell_redirect(out, redirect);
    tell_marks(out, command);
    if (command->argv.count && !str_eq(command->name, command->argv.at[0].value))
        buf_fmt(out, " [%.*s]", STR_ARG(command->name));
}

static str told(struct arena *arena, const struct script *script)
{
    struct buf out = buf_init(arena, 1 << 16);
    str all = STR("");
    VEC_EACH(struct shell_command, command, script->commands) {
        struct buf one = buf_init(arena, 1 << 16);
        tell_command(&one, command);
        all = str_fmt(arena, "%.*s%s%.*s", STR_ARG(all), all.len ? " ; " : "",
                      STR_ARG(str_trim(buf_str(&one))));
    }
    buf_add(&out, all);
    VEC_EACH(struct shell_problem, problem, script->problems)
        buf_fmt(&out, " ! %s", problem->what);
    return str_trim(buf_str(&out));
}

static struct script *parsed(struct arena *arena, const char *text)
{
    const struct source *source = source_new(arena, STR("x"), str_from(text));
    struct joined *joined = NEW(arena, struct joined);
    *joined = joined_of(arena, source, (span){0, (uint32_t)source->text.len});
    return shell_parse(arena, joined, SHELL_BASH);
}

struct row {
    const char *says, *text, *want;
};

static void check_rows(struct arena *arena, const struct row *cases, size_t count)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < count; i++) {
        struct script *script = parsed(arena, cases[i].text);
        unit_row_str(&rows, cases[i].says, told(arena, script), str_from(cases[i].want));
        unit_row_str(&rows, cases[i].says, shell_print(arena, script), str_from(cases[i].text));
        VEC_EACH(struct shell_command, command, script->commands)
            unit_row(&rows, cases[i].says,
                     command->at.start <= command->at.end &&
                         command->outer < (int32_t)(command - script->commands.at));
    }
    assert_rows(rows);
}

#define ROWS(...)                                    \
    static const struct row cases[] = {__VA_ARGS__}; \
    check_rows(*state, cases, ARRAY_COUNT(cases))

static void lists_and_pipes(void **state)
{
    ROWS({"nothing", "", ""}, {"one command", "apt-get update", "apt-get update"},
         {"and", "a && b", "a ; b {and}"}, {"or", "a || b", "a {guarded} ; b {or}"},
         {"and then or", "a && b || c", "a {guarded} ; b {and guarded} ; c {or}"},
         {"or true", "rm x || true", "rm x {guarded} ; true {or}"},
         {"semicolons", "a; b;", "a ; b"}, {"lines", "a\nb\n\nc", "a ; b ; c"},
         {"background", "a & b", "a ; b"}, {"a pipe", "a | b | c", "a {1/3} ; b {2/3} ; c {3/3}"},
         {"a pipe of both outputs", "a |& b", "a {1/2} ; b {2/2}"},
         {"a pipe behind and", "x && a | b", "x ; a {and 1/2} ; b {and 2/2}"},
         {"negated", "! a", "a {not}"},
         {"a line end behind an operator", "a &&\n b |\n c", "a ; b {and 1/2} ; c {and 2/2}"},
         {"a comment", "a # b; c\nd", "a ; d"}, {"no comment inside a word", "a#b c", "a#b c"}, );
}

static void redirections(void **state)
{
    ROWS({"out", "a > f", "a >f"}, {"append", "a >> f", "a >>f"}, {"in", "a < f", "a <f"},
         {"numbers", "a 2>/dev/null 1>&2", "a 2>/dev/null 1>&2"}, {"both", "a &> f", "a &>f"},
         {"clobber", "a >| f", "a >|f"}, {"read and write", "a <> f", "a <>f"},
         {"a here string", "a <<< 'x y'", "a <<<'x y'"}, {"in front", "> f a", "a >f"},
         {"alone", "> f", ">f"}, {"a number that is a word", "echo 2 > f", "echo 2 >f"},
         {"a heredoc", "cat <<E\nx $y\nE\nb", "cat <<E(x $y\n) ; b"},
         {"quoted, tabs stripped", "cat <<-'E' > f\n\tx\n\tE\n", "cat <<-'E'('x\n) >f"},
         {"two heredocs", "a <<A; b <<B\n1\nA\n2\nB\n", "a <<A(1\n) ; b <<B(2\n)"},
         {"a heredoc in a pipe", "cat <<E | sh -s\nx\nE", "cat <<E(x\n) {1/2} ; sh -s {2/2}"}, );
}

static void words_and_expansions(void **state)
{
    ROWS({"single quotes", "echo 'a $b'", "echo a $b"},
         {"double quotes", "echo \"a b\"", "echo a b"},
         {"an escape", "echo a\\ b \\$c", "echo a b $c"},
         {"glued quotes", "e'ch'o \"a\"'b'c", "echo abc"},
         {"a variable", "echo $x \"${y}z\"", "echo ?$x ?\"${y}z\""},
         {"a default", "echo ${x:-y}", "echo ?${x:-y}"},
         {"a command", "echo $(date +%s)", "echo ?$(date +%s) ; date +%s {subst}"},
         {"backticks", "echo `a \\`b\\``", "echo ?`a \\`b\\`` ; a ?`b` {subst} ; b {subst}"},
         {"quoted command", "x=\"$(a | b)\"", "x=?\"$(a | b)\" ; a {subst 1/2} ; b {subst 2/2}"},
         {"arithmetic", "echo $((1 + 2))", "echo ?$((1 + 2))"},
         {"a glob is not known", "rm -rf /x/* ?.c [ab]", "rm -rf ?/x/* ??.c ?[ab]"},
         {"a quoted glob is", "find '*.c' \\*", "find *.c *"},
         {"a home", "ls ~ ~/x ~user a~", "ls ?~ ?~/x ?~user a~"},
         {"process substitution", "diff <(a) >(b)", "diff ?<(a) ?>(b) ; a {subst} ; b {subst}"},
         {"assignments", "A=1 B='x y' make", "A=1 B=x y make"},
         {"only assignments", "A=1; B=$A", "A=1 ; B=?$A"}, {"appending", "A+=1", "A+=1"},
         {"no assignment behind the program", "env-x A=1", "env-x A=1"},
         {"a line join", "apt-get \\\n install \\\n  x", "apt-get install x"},
         {"a join inside a word", "apt-\\\nget update", "apt-get update"},
         {"C quotes are not decoded", "echo $'a\\tb'", "echo ?$'a\\tb'"}, );
}

static void compound_commands(void **state)
{
    ROWS({"if", "if a; then b; elif c; then d; else e; fi",
          "a {cond} ; b {branch} ; c {cond} ; d {branch} ; e {branch}"},
         {"for", "for i in 1 2 $x; do a $i; done", "a ?$i {loop}"},
         {"for over the arguments", "for i; do a; done", "a {loop}"},
         {"for of C", "for ((i=0; i<3; i++)); do a; done", "a {loop}"},
         {"while", "while a; do b; done", "a {cond} ; b {loop}"},
         {"until", "until a; do b; done < f", "a {cond} ; b {loop}"},
         {"while read in a pipe", "a | while read x; do b; done",
          "a {1/2} ; read x {cond} ; b {loop}"},
         {"case", "case $x in a|b) c;; (d) e;& *) f; esac", "c {branch} ; e {branch} ; f {branch}"},
         {"case with nothing", "case x in esac; a", "a"},
         {"a subshell", "(cd /x && a)", "cd /x {sub} ; a {sub and}"},
         {"a group", "{ a; b; } > f", "a {group} ; b {group}"},
         {"a function", "f() { a; }; f", "a {fn group} ; f"},
         {"a function of bash", "function f { a; }\nf", "a {fn group} ; f"},
         {"a test of bash", "[[ $a == b && -f c ]] && d", "d {and}"},
         {"arithmetic", "(( a > 1 )) || b", "b {or}"},
         {"words that only look like it", "echo if then fi do done", "echo if then fi do done"},
         {"guarded as a whole", "{ a; b; } || c", "a {group guarded} ; b {group guarded} ; c {or}"},
         {"nested", "if (a); then { b; }; fi", "a {cond sub} ; b {branch group}"}, );
}

static void seen_through(void **state)
{
    ROWS({"a full path", "/usr/bin/apt-get update", "/usr/bin/apt-get update [apt-get]"},
         {"sudo", "sudo apt-get update", "apt-get update {via-sudo}"},
         {"sudo with options", "sudo -E -u www -- npm ci", "npm ci {via-sudo}"},
         {"sudo with variables", "sudo A=1 make", "A=1 make {via-sudo}"},
         {"env", "env -u B A=1 make", "A=1 make {via-env}"}, {"env with nothing", "env", "env"},
         {"exec", "exec node a.js", "node a.js {via-exec}"},
         {"command, builtin", "command curl x; builtin cd y",
          "curl x {via-other} ; cd y {via-other}"},
         {"is it there", "command -v curl", "command -v curl"},
         {"time, nice, nohup", "time nice -n 5 nohup make -j", "make -j {via-other}"},
         {"timeout", "timeout -k 5 10 wget x", "wget x {via-other}"},
         {"xargs", "a | xargs -0 -n1 rm -f", "a {1/2} ; rm -f {via-xargs 2/2}"},
         {"sh -c", "sh -c 'a && b'", "sh -c a && b ; a {text via-sh-c} ; b {and text via-sh-c}"},
         {"bash -lc", "/bin/bash -lc \"a\"", "/bin/bash -lc a [bash] ; a {text via-sh-c}"},
         {"sh -c through sudo", "sudo sh -c 'echo x > /f'",
          "sh -c echo x > /f {via-sudo} ; echo x >/f {text via-sudo via-sh-c}"},
         {"su -c", "su -c 'a b' www", "su -c a b www ; a b {text via-sudo via-sh-c}"},
         {"gosu", "gosu www node x", "node x {via-sudo}"},
         {"eval", "eval 'a b'", "eval a b ; a b {text via-sh-c}"},
         {"find -exec", "find . -name x -exec rm -f {} +",
          "find . -name x -exec rm -f {} + ; rm -f {} {via-find}"},
         {"an unknown program stays unknown", "$CMD install", "?$CMD install"},
         {"an unknown program behind sudo", "sudo $CMD install", "?$CMD install {via-sudo}"},
         {"a script fed to a shell", "sh <<E\na\nE", "sh <<E(a\n) ; a {text via-sh-c}"}, );
}

static void what_does_not_parse_costs_itself(void **state)
{
    ROWS({"a single quote", "a; echo 'b", "a ; echo b ! unterminated single quote"},
         {"a double quote", "a; echo \"b", "a ; echo b ! unterminated double quote"},
         {"a command", "echo $(a", "echo ?$(a ; a {subst} ! unterminated command substitution"},
         {"a heredoc", "cat <<E\nx", "cat <<E(x) ! unterminated heredoc"},
         {"fi alone", "fi; a", "a ! unexpected closing word"}, );
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(lists_and_pipes),      UNIT_TEST(redirections),
        UNIT_TEST(words_and_expansions), UNIT_TEST(compound_commands),
        UNIT_TEST(seen_through),         UNIT_TEST(what_does_not_parse_costs_itself),
    };
    return cmocka_run_group_tests_name("shell/commands", tests, NULL, NULL);
}
