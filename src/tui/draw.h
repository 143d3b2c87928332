#pragma once

#include "tui/browser.h"

/*
 * tui/draw -- a browser as a picture on the screen. Private to tui/.
 *
 * Cost     What is to be seen, and nothing else: the lines of the terminal.
 */
void draw(struct arena *scratch, struct browser *browser);
