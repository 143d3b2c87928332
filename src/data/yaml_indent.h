#pragma once

#include "data/data.h"

/* data/yaml_indent -- how the documents indent, for yaml_parse(). Cost: linear in the documents. */
void yaml_indents_note(struct arena *arena, struct yaml *yaml);
