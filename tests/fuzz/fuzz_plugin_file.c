/* SPDX-License-Identifier: MIT */
/* Any bytes as a shared object: what is looked at before the system's loader gets the file. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/plugins.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    weir_error error = {0};
    const int file = memfd_create("plugin", MFD_CLOEXEC);
    if (file < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, bytes, size) == (ssize_t)size &&
        weir_plugin_file_check("fuzz", path, &error) != (error.code == WEIR_OK))
        __builtin_trap();
    close(file);
    return 0;
}
