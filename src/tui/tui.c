#include "tui/tui.h"

#include "base/host.h"
#include "tui/draw.h"
#include "tui/screen.h"

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
    }
    screen_close();
    *out_times = times;
    return true;
}
