#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_open(const char *file, const struct library_symbol *symbols, size_t count,
                  struct err *err)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return err_set(err, ERR_UNSUPPORTED, "%s cannot be opened: %s", file, dlerror());
    for (size_t i = 0; i < count; i++)
        if (!dlsym(library, symbols[i].name))
            return err_set(err, ERR_UNSUPPORTED, "%s has no %s", file, symbols[i].name);
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(library, symbols[i].name);
        memcpy(symbols[i].at, &address, sizeof(address));
    }
    return true;
}
