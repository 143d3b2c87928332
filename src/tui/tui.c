#include "tui/tui.h"

#include "base/host.h"
#include "tui/draw.h"
#include "tui/file_out.h"
#include "tui/screen.h"

/* Write the file that was asked for; meanwhile the screen says so. */
static void extract(struct arena *scratch, struct browser *browser, const struct host *host)
{
    browser->said = STR("reading the layer of the file ...");
    draw(scratch, browser);
    browser->said = extract_version(browser, host, browser->extract);
    browser->extract = TREE_NONE;
    draw(scratch, browser);
}

bool tui_run(struct arena *arena, const struct tui *tui, struct tui_times *out_times,
             struct err *err)
{
    struct arena *scratch = arena_child(arena, 0);
    struct browser browser = browser_new(arena, tui);
    struct tui_times times = {0};
    bool goes_on = true;
    if (!screen_open(tui->color, err))
        return false;
    draw(scratch, &browser);
    while (goes_on) {
        uint32_t key = screen_key();
        uint64_t began_ms = host_ticks_ms(tui->host);
        goes_on = browser_key(&browser, key);
        if (goes_on)
            draw(scratch, &browser);
        uint64_t took_ms = host_ticks_ms(tui->host) - began_ms;
        times.keys++;
        times.worst_ms = took_ms > times.worst_ms ? took_ms : times.worst_ms;
        if (goes_on && browser.extract != TREE_NONE)
            extract(scratch, &browser, tui->host);
    }
    screen_close();
    *out_times = times;
    return true;
}
