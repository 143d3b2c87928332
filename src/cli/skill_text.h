#pragma once

#include "base/base.h"

/*
 * cli/skill_text -- the text that `plimsoll skill` prints, section by section. Private to cli/.
 *
 * Shapes   Each section is Markdown and ends in a line end. Every line that begins with "plimsoll "
 *          inside a code block is a command of this version: tests/cli/test_skill.py holds them to
 *          the option tables.
 */

extern const char *const skill_sections[];
extern const size_t skill_section_count;
