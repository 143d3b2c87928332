#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * tui/screen -- the terminal: text at a place, keys. Private to tui/; screen.c alone knows curses.
 *
 * Shapes   A key is a code point, or one of enum screen_key. Text of others is made safe here.
 */

enum tone {
    TONE_PLAIN,
    TONE_GREEN,
    TONE_YELLOW,
    TONE_RED,
    TONE_CYAN,
    TONE_BLUE,
    TONE_MAGENTA,
    TONE_COLORS,
    TONE_BOLD = 16, /* to be added */
    TONE_DIM = 32,
    TONE_REVERSE = 64,
};

enum screen_key {
    SCREEN_NONE = 0x200000, /* above all code points */
    SCREEN_UP,
    SCREEN_DOWN,
    SCREEN_LEFT,
    SCREEN_RIGHT,
    SCREEN_HOME,
    SCREEN_END,
    SCREEN_PAGE_UP,
    SCREEN_PAGE_DOWN,
    SCREEN_BACKSPACE,
    SCREEN_BACK_TAB,
    SCREEN_RESIZE,
    SCREEN_CLOSED, /* the terminal is gone */
};

/* Take the terminal, and give it back as it was. */
MUST_CHECK bool screen_open(bool color, struct err *err);
void screen_close(void);

/* How large it is now. */
unsigned screen_columns(void);

/* The same, in lines. */
unsigned screen_lines(void);

/* Begin a picture. */
void screen_clear(void);

/* Put text into it, in at most so many columns; gives those that it took. */
unsigned screen_put(unsigned line, unsigned column, unsigned most, unsigned tone, str text);

/* Show the picture. */
void screen_show(void);

/* The next key; waits. */
uint32_t screen_key(void);
