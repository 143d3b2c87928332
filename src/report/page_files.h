#pragma once

#include "base/str.h"

/*
 * report/page_files -- what stands in every page: data/report, put into the program by tools/embed.
 * The page's Content-Security-Policy lets nothing run but the script that has this hash.
 */

extern const str page_style, page_script;
extern const char page_style_csp[], page_script_csp[];
