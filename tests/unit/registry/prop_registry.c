#include "tests/prop/prop.h"

#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What must hold of what a registry, a redirect or a login file says, whatever the bytes. */

static bool is_printable(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f)
            return false;
    return true;
}

static void url_holds(struct arena *arena, const struct url *url)
{
    struct url again;
    struct err err = {0};
    str text = url_print(arena, url);
    must(url->host.len && is_printable(url->host) && !str_has_char(url->host, '@'));
    must(str_starts(url->path, STR("/")) && is_printable(url->path));
    if (text.len > URL_BYTES_MAX)
        return;
    must(url_parse(arena, text, &again, &err));
    must(url_same_origin(url, &again) && str_eq(url->path, again.path));
}

void prop_url(struct arena *arena, str text)
{
    struct url base, next;
    struct err err = {0};
    str line = STR("");
    str_next(&text, '\n', &line);
    if (!url_parse(arena, line, &base, &err)) {
        must(err.code == ERR_FORMAT || err.code == ERR_LIMIT);
        return;
    }
    url_holds(arena, &base);
    if (url_follow(arena, &base, text, &next, &err))
        url_holds(arena, &next);
}

void prop_challenge(struct arena *arena, str text)
{
    struct challenge challenge = challenge_parse(arena, text);
    must(challenge.kind != CHALLENGE_BEARER || challenge.realm.len);
    must(challenge.realm.len <= text.len && challenge.scope.len <= text.len);
}

void prop_login(struct arena *arena, str text)
{
    struct credentials credentials;
    struct err err = {0};
    str helper, back;
    if (!credentials_read(arena, text, STR("host:5000/a/b"), &credentials, &helper, &err))
        must(err.code != ERR_NONE);
    must(base64_read(arena, base64_write(arena, text), &back));
    must(str_eq(back, text));
}
