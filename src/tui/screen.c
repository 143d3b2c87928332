#include "tui/screen.h"

#include "base/library.h"

#include "text/utf8.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/*
 * libncursesw, opened at first use. Its key codes and attributes are part of its ABI (version 6),
 * and stand here so that building needs no header of it.
 */

enum { CURSES_OK, CURSES_KEY_CODE = 256 };
enum { ATTR_SHIFT = 8 };
static const unsigned attr_reverse = 1u << (10 + ATTR_SHIFT), attr_dim = 1u << (12 + ATTR_SHIFT),
                      attr_bold = 1u << (13 + ATTR_SHIFT);

static struct {
    void *(*new_terminal)(const char *, FILE *, FILE *);
    int (*end)(void);
    int (*raw)(void), (*no_echo)(void), (*no_new_line)(void), (*keypad)(void *, bool);
    int (*cursor)(int), (*escape_delay)(int);
    int (*start_color)(void), (*default_colors)(void), (*init_pair)(short, short, short);
    bool (*has_colors)(void);
    int (*columns)(const void *), (*lines)(const void *);
    int (*erase)(void *), (*move)(void *, int, int), (*add)(void *, const char *, int);
    int (*attributes)(void *, unsigned, short, void *);
    int (*refresh)(void *), (*get)(void *, unsigned *);
    void **window; /* the variable stdscr */
    bool color;
    locale_t utf8;
} curses;

static bool curses_open(struct err *err)
{
    const struct library_symbol symbols[] = {
        {"newterm", &curses.new_terminal},
        {"endwin", &curses.end},
        {"raw", &curses.raw},
        {"noecho", &curses.no_echo},
        {"nonl", &curses.no_new_line},
        {"keypad", &curses.keypad},
        {"curs_set", &curses.cursor},
        {"set_escdelay", &curses.escape_delay},
        {"start_color", &curses.start_color},
        {"use_default_colors", &curses.default_colors},
        {"init_pair", &curses.init_pair},
        {"has_colors", &curses.has_colors},
        {"getmaxx", &curses.columns},
        {"getmaxy", &curses.lines},
        {"werase", &curses.erase},
        {"wmove", &curses.move},
        {"waddnstr", &curses.add},
        {"wattr_set", &curses.attributes},
        {"wrefresh", &curses.refresh},
        {"wget_wch", &curses.get},
        {"stdscr", &curses.window},
    };
    if (!library_open("libncursesw.so.6", symbols, ARRAY_COUNT(symbols), err))
        return err_hint(err, "install ncurses (Debian: libncursesw6), or use --report FILE");
    return true;
}

bool screen_open(bool color, struct err *err)
{
    static const short colors[TONE_COLORS] = {-1, 2, 3, 1, 6, 4, 5};
    if (!curses_open(err))
        return false;
    /* Of this thread alone: all that we print is UTF-8, whatever the environment says. */
    curses.utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (curses.utf8)
        uselocale(curses.utf8);
    if (!curses.new_terminal(NULL, stdout, stdin)) {
        err_set(err, ERR_UNSUPPORTED, "this terminal is not known to ncurses");
        return err_hint(err, "set TERM to what it is, e.g. TERM=xterm; or use --report FILE");
    }
    curses.raw();
    curses.no_echo();
    curses.no_new_line();
    curses.keypad(*curses.window, true);
    curses.cursor(0);
    curses.escape_delay(25);
    curses.color = color && curses.has_colors() && curses.start_color() == CURSES_OK &&
                   curses.default_colors() == CURSES_OK;
    for (short i = 1; curses.color && i < TONE_COLORS; i++)
        curses.init_pair(i, colors[i], -1);
    return true;
}

void screen_close(void)
{
    curses.end();
    uselocale(LC_GLOBAL_LOCALE);
    if (curses.utf8)
        freelocale(curses.utf8);
    curses.utf8 = (locale_t)0;
}

static unsigned at_least_0(int count)
{
    return count > 0 ? (unsigned)count : 0;
}

unsigned screen_columns(void)
{
    return at_least_0(curses.columns(*curses.window));
}

unsigned screen_lines(void)
{
    return at_least_0(curses.lines(*curses.window));
}

void screen_clear(void)
{
    curses.attributes(*curses.window, 0, 0, NULL);
    curses.erase(*curses.window);
}

static void set_tone(unsigned tone)
{
    unsigned attributes = (tone & TONE_BOLD ? attr_bold : 0) | (tone & TONE_DIM ? attr_dim : 0) |
                          (tone & TONE_REVERSE ? attr_reverse : 0);
    curses.attributes(*curses.window, attributes, (short)(curses.color ? tone & 15 : 0), NULL);
}

/* The first character: its bytes and columns; no columns stand for one that cannot be shown. */
static unsigned next_character(str text, int *out_columns)
{
    uint32_t code;
    unsigned bytes = utf8_decode(text, &code);
    bool control = code < 0x20 || (code >= 0x7f && code < 0xa0) || (code == 0xfffd && bytes == 1);
    *out_columns = control ? -1 : wcwidth((wchar_t)code);
    return bytes;
}

unsigned screen_put(unsigned line, unsigned column, unsigned most, unsigned tone, str text)
{
    if (line >= screen_lines() || column >= screen_columns())
        return 0;
    if (most > screen_columns() - column)
        most = screen_columns() - column;
    set_tone(tone);
    curses.move(*curses.window, (int)line, (int)column);
    unsigned used = 0;
    while (text.len) {
        int columns;
        unsigned bytes = next_character(text, &columns);
        unsigned taken = columns < 0 ? 1 : (unsigned)columns;
        if (used + taken > most)
            break;
        curses.add(*curses.window, columns < 0 ? "?" : text.at, columns < 0 ? 1 : (int)bytes);
        used += taken;
        text = str_from_index(text, bytes);
    }
    return used;
}

void screen_show(void)
{
    curses.refresh(*curses.window);
}

uint32_t screen_key(void)
{
    static const struct {
        unsigned code;
        enum screen_key key;
    } keys[] = {{0402, SCREEN_DOWN},      {0403, SCREEN_UP},      {0404, SCREEN_LEFT},
                {0405, SCREEN_RIGHT},     {0406, SCREEN_HOME},    {0407, SCREEN_BACKSPACE},
                {0522, SCREEN_PAGE_DOWN}, {0523, SCREEN_PAGE_UP}, {0527, (enum screen_key)'\r'},
                {0541, SCREEN_BACK_TAB},  {0550, SCREEN_END},     {0632, SCREEN_RESIZE}};
    unsigned code = 0;
    int kind = curses.get(*curses.window, &code);
    if (kind == CURSES_OK)
        return code;
    if (kind != CURSES_KEY_CODE)
        return SCREEN_CLOSED;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
        if (keys[i].code == code)
            return keys[i].key;
    return SCREEN_NONE;
}
