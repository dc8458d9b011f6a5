/* SPDX-License-Identifier: MIT */
/*
 * A look at a shared object before the loader of the system opens it. That maps what the file
 * promises without asking whether it is there: of a file that a broken copy cut off, it reads pages
 * beyond the end, and the process is killed. So the promise is held against the size of the file
 * first, and what is not of this machine is told by name.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/plugins.h"
#include "util/error.h"

enum { SEGMENTS_MAX = 64 };

static bool read_at(int file, void *out, size_t size, off_t offset)
{
    return pread(file, out, size, offset) == (ssize_t)size;
}

static bool is_ours(const ElfW(Ehdr) * head)
{
    static const uint16_t one = 1;
    const unsigned char order = *(const unsigned char *)&one ? ELFDATA2LSB : ELFDATA2MSB;
    const unsigned char width = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 && head->e_ident[EI_CLASS] == width &&
           head->e_ident[EI_DATA] == order && head->e_type == ET_DYN &&
           head->e_phentsize == sizeof(ElfW(Phdr)) && head->e_phnum > 0 &&
           head->e_phnum <= SEGMENTS_MAX;
}

static bool are_segments_there(int file, const ElfW(Ehdr) * head, uint64_t size)
{
    ElfW(Phdr) segments[SEGMENTS_MAX];
    if (head->e_phoff > size ||
        !read_at(file, segments, head->e_phnum * sizeof *segments, (off_t)head->e_phoff))
        return false;
    for (size_t i = 0; i < head->e_phnum; i++) {
        if (segments[i].p_offset > size || segments[i].p_filesz > size - segments[i].p_offset)
            return false;
    }
    return true;
}

bool weir_plugin_file_check(const char *name, const char *path, weir_error *error)
{
    ElfW(Ehdr) head;
    struct stat state;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *why = NULL;
    if (file < 0 || fstat(file, &state) != 0)
        why = strerror(errno);
    else if (!S_ISREG(state.st_mode))
        why = "it is no file";
    else if (!read_at(file, &head, sizeof head, 0) || !is_ours(&head))
        why = "it is no shared object for this machine";
    else if (!are_segments_there(file, &head, (uint64_t)state.st_size))
        why = "the file is cut off";
    if (why)
        weir_fail(error, WEIR_ERR_IO, "plugin '%s' cannot be loaded: %s: %s", name, path, why);
    if (file >= 0)
        close(file);
    return why == NULL;
}
