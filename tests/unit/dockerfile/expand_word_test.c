#include "tests/unit/unit.h"

#include "base/buf.h"
#include "dockerfile/dockerfile.h"

/* a=x, path=/a/b/c.tar.gz, words="one two", empty="", nothing else is set. */
static bool find(const void *context, str name, str *out_value)
{
    static const char *const values[][2] = {{"a", "x"},           {"path", "/a/b/c.tar.gz"},
                                            {"words", "one two"}, {"empty", ""},
                                            {"lines", "a\nb"},    {"wide", "\xc3\xa9\xc3\xa8"}};
    (void)context;
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        if (str_eq(name, str_from(values[i][0]))) {
            *out_value = str_from(values[i][1]);
            return true;
        }
    }
    return false;
}
static const struct variables variables = {find, NULL};

static const struct {
    const char *says, *word, *want; /* NULL: an error */
} cases[] = {
    {"plain text stays", "abc", "abc"},
    {"$name", "-$a-", "-x-"},
    {"${name}", "-${a}b", "-xb"},
    {"unset is empty", "[$no]", "[]"},
    {"a name ends at the first other character", "$a.b", "x.b"},
    {"single quotes stop expansion", "'$a'", "$a"},
    {"double quotes do not", "\"$a b\"", "x b"},
    {"an escape stops it", "\\$a", "$a"},
    {"an escape in double quotes stands before a quote, $ or itself", "\"\\\"\\$\\\\\\n\"",
     "\"$\\\\n"},
    {"an escape at the end vanishes", "a\\", "a"},
    {"a lone single quote is an error", "it's", NULL},
    {"a lone double quote is an error", "a\"b", NULL},
    {"$ alone is itself", "a$", "a$"},
    {"$ before another character is itself", "$/a", "$/a"},
    {"positional and special parameters are empty", "[$1$@$*$#$?$!$$]", "[]"},
    {"- for unset", "${no-d}${empty-d}", "d"},
    {":- for unset or empty", "${no:-d}${empty:-e}${a:-f}", "dex"},
    {"+ for set", "${no+d}${empty+e}${a+f}", "ef"},
    {":+ for set and not empty", "${no:+d}${empty:+e}${a:+f}", "f"},
    {"? fails for unset", "${no?}", NULL},
    {"? passes empty", "[${empty?}]", "[]"},
    {":? fails for empty", "${empty:?said}", NULL},
    {":? passes a value", "${a:?said}", "x"},
    {"# takes the shortest beginning", "${path#*/}", "a/b/c.tar.gz"},
    {"## takes the longest", "${path##*/}", "c.tar.gz"},
    {"% takes the shortest end", "${path%.*}", "/a/b/c.tar"},
    {"%% takes the longest", "${path%%.*}", "/a/b/c"},
    {"? in a pattern is one character, not a byte", "${wide#?}", "\xc3\xa8"},
    {"* does not cross a line end", "${lines##*b}", "a\nb"},
    {"brackets mean nothing", "${path#[/]}", "/a/b/c.tar.gz"},
    {"a dot is a dot", "${path%tar.gz}", "/a/b/c."},
    {"/ replaces the first", "${path/\\//-}", "-a/b/c.tar.gz"},
    {"// replaces all", "${path//\\//-}", "-a-b-c.tar.gz"},
    {"// with nothing deletes", "${path//./}", "/a/b/ctargz"},
    {"/ takes the leftmost longest", "${path/a*t/_}", "/_ar.gz"},
    {"an escaped star is a star", "${path#\\*}", "/a/b/c.tar.gz"},
    {"a backslash before another character is an error", "${a#\\n}", NULL},
    {"words nest", "${no:-${no:-${a}y}z}", "xyz"},
    {"a nested word may be quoted", "${no:-'}'\"$a\"}", "}x"},
    {":= is an error", "${no:=d}", NULL},
    {":# is an error", "${a:#d}", NULL},
    {"^ is an error", "${a^}", NULL},
    {"${} is an error", "${}", NULL},
    {"${:} is an error", "${:}", NULL},
    {"${{ is an error", "${{a}}", NULL},
    {"${ without an end is an error", "${a", NULL},
    {"a modifier without an end is an error", "${a:-b", NULL},
    {"a replacement without an end is an error", "${a/b}", NULL},
    {"< is only a character", "a<<b", "a<<b"},
};

static void a_word_is_expanded(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct expansion got = expand_word(*state, str_from(cases[i].word), '\\', &variables);
        unit_row(&rows, cases[i].says, got.ok == (cases[i].want != NULL));
        unit_row(&rows, cases[i].says, got.ok || got.error != NULL);
        if (got.ok && cases[i].want)
            unit_row_str(&rows, cases[i].says, got.value, str_from(cases[i].want));
    }
    assert_rows(rows);
}

static void the_escape_character_can_be_a_backtick(void **state)
{
    struct expansion got = expand_word(*state, STR("a\\`$a`\"$a"), '`', &variables);
    assert_true(got.ok && str_eq(got.value, STR("a\\$a\"x")));
}

static void an_error_says_what_is_missing(void **state)
{
    struct expansion got = expand_word(*state, STR("${no:?give it}"), '\\', &variables);
    assert_false(got.ok);
    assert_true(str_eq(got.error_text, STR("no: give it")));
    got = expand_word(*state, STR("$a$no${nope:-1}"), '\\', &variables);
    assert_true(got.ok && got.unset);
    assert_true(str_eq(got.unset_name, STR("no")));
    got = expand_word(*state, STR("${no:-1}${no+2}"), '\\', &variables);
    assert_true(got.ok && !got.unset);
}

static const struct {
    const char *says, *word, *want; /* words with '|' between */
} splits[] = {
    {"blanks separate words", " a  b\tc ", "a|b|c"},
    {"an unquoted value is split", "$words", "one|two"},
    {"a quoted value is not", "\"$words\"", "one two"},
    {"an escaped blank does not separate", "a\\ b", "a b"},
    {"a value may touch other text", "x$words-y", "xone|two-y"},
    {"an empty value makes no word", "$no $empty", ""},
    {"what stands before a form with a word is lost", "a${no:-b}c", "bc"},
    {"wide blanks separate too",
     "a\xe3\x80\x80"
     "b",
     "a|b"},
};

static void words_are_split_after_expansion(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(splits); i++) {
        struct str_list words = {0};
        struct expansion got =
            expand_words(*state, str_from(splits[i].word), '\\', &variables, &words);
        struct buf buf = buf_init(*state, 256);
        VEC_EACH(str, word, words) {
            buf_add(&buf, word == words.at ? STR_NONE : STR("|"));
            buf_add(&buf, *word);
        }
        unit_row(&rows, splits[i].says, got.ok);
        unit_row_str(&rows, splits[i].says, buf_str(&buf), str_from(splits[i].want));
    }
    assert_rows(rows);
}

static str repeat(struct arena *arena, str text, size_t count)
{
    struct buf buf = buf_init(arena, text.len * count + 1);
    for (size_t i = 0; i < count; i++)
        buf_add(&buf, text);
    return buf_str(&buf);
}

static void hostile_words_are_refused(void **state)
{
    str deep = repeat(*state, STR("${no:-"), 100000);
    assert_false(expand_word(*state, deep, '\\', &variables).ok);
    str large = repeat(*state, STR("${path}"), 100000);
    assert_false(expand_word(*state, large, '\\', &variables).ok);
    str stars = str_fmt(*state, "${path%%%.*sx}", STR_ARG(repeat(*state, STR("*"), 2000)));
    struct expansion got = expand_word(*state, stars, '\\', &variables);
    assert_true(got.ok && str_eq(got.value, STR("/a/b/c.tar.gz")));
}

/* -- references ------------------------------------------------------------------------------- */

static const struct {
    const char *says, *text, *want; /* name@source text, '?' with a default */
} references[] = {
    {"both forms", "COPY $a ${b} /c", "a@$a b@${b}"},
    {"defaults are marked", "COPY ${a:-1}${b-}${c:+x}${d:?e} /c",
     "a@${a:-1}? b@${b-}? c@${c:+x}? d@${d:?e}"},
    {"nested ones are found too", "COPY ${a:-${b}} /", "a@${a:-${b}}? b@${b}"},
    {"single quotes hide", "COPY '$a'$b /", "b@$b"},
    {"not inside of double quotes", "COPY \"'$a'\" /", "a@$a"},
    {"escapes hide", "COPY \\$a$b /", "b@$b"},
    {"$1 is none", "COPY $1$@$ /", ""},
    {"places go through joins", "COPY $a\\\nb /", "ab@$a\\\nb"},
};

static void references_are_found(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(references); i++) {
        const struct source *source = source_new(*state, STR("x"), str_from(references[i].text));
        const struct dockerfile *file = dockerfile_parse(*state, source);
        const struct instruction *in = &file->instructions.at[0];
        struct buf buf = buf_init(*state, 256);
        VEC_EACH(struct word, word, in->words) {
            struct word_references found;
            word_references(*state, word, '\\', &in->logical, &found);
            VEC_EACH(struct word_reference, reference, found)
                buf_fmt(&buf, "%s%.*s@%.*s%s", buf.len ? " " : "", STR_ARG(reference->name),
                        STR_ARG(source_text(source, reference->at)),
                        reference->has_default ? "?" : "");
        }
        unit_row_str(&rows, references[i].says, buf_str(&buf), str_from(references[i].want));
    }
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_word_is_expanded),
        UNIT_TEST(the_escape_character_can_be_a_backtick),
        UNIT_TEST(an_error_says_what_is_missing),
        UNIT_TEST(words_are_split_after_expansion),
        UNIT_TEST(hostile_words_are_refused),
        UNIT_TEST(references_are_found),
    };
    return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
