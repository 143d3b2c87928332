#pragma once

#include "base/arena.h"
#include "base/str.h"

/* What must hold for the Dockerfile front end, whatever the bytes; aborts when it does not. */
void prop_dockerfile(struct arena *arena, str text);
