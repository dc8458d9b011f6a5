/* SPDX-License-Identifier: MIT */
/*
 * Finding and loading specs. A bare name is looked for here, in ./specs, and among the specs that
 * came with the command: seen from the command's own place when it is installed, so that the prefix
 * may be moved, and in the sources while it runs from its build folder.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/plugins.h"
#include "util/diag.h"
#include "util/file.h"

enum { FOLDERS = 4, PATH_ROOM = 4096, NAMES_MAX = 512 };

static const char suffix[] = ".yaml";

/* ------------------------------------------------------------------ where specs are */

static void folder_at(size_t index, weir_buf *out)
{
    char self[PATH_ROOM];
    ssize_t len;
    switch (index) {
    case 0: weir_buf_puts(out, "."); return;
    case 1: weir_buf_puts(out, "specs"); return;
    case 2:
        len = readlink("/proc/self/exe", self, sizeof self);
        if (len > 0 && (size_t)len < sizeof self) {
            const weir_str place = weir_path_dirname((weir_str){self, (size_t)len});
            weir_path_join(place, weir_str_of(WEIR_SPECS_FROM_COMMAND), out);
        }
        return;
    default: weir_buf_puts(out, WEIR_SOURCE_SPECS);
    }
}

/* The name of a spec by its file's; empty when the file is none. A leading '_' marks the base of a
 * family, which does not run by itself. */
static weir_str spec_of(const char *file)
{
    const size_t len = strlen(file), tail = sizeof suffix - 1;
    if (len <= tail || file[0] == '_' || file[0] == '.' || strcmp(file + len - tail, suffix) != 0)
        return (weir_str){0};
    return (weir_str){file, len - tail};
}

typedef struct name_list {
    char *names[NAMES_MAX];
    size_t count;
} name_list;

static void add_name(name_list *list, weir_str name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (weir_str_is(name, list->names[i]))
            return;
    }
    char *copy = list->count < NAMES_MAX ? strndup(name.ptr, name.len) : NULL;
    if (copy)
        list->names[list->count++] = copy;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Folder 0, the current one, is left out: any YAML may lie there. */
static void list_names(name_list *list)
{
    for (size_t i = 1; i < FOLDERS; i++) {
        weir_buf path = {0};
        folder_at(i, &path);
        DIR *folder = opendir(weir_buf_cstr(&path));
        weir_buf_fini(&path);
        for (struct dirent *entry; folder && (entry = readdir(folder));) {
            const weir_str name = spec_of(entry->d_name);
            if (name.len > 0)
                add_name(list, name);
        }
        if (folder)
            closedir(folder);
    }
    qsort(list->names, list->count, sizeof *list->names, by_text);
}

static void list_fini(name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
}

void cli_spec_names(weir_buf *out)
{
    name_list list = {.count = 0};
    list_names(&list);
    for (size_t i = 0; i < list.count; i++)
        weir_buf_printf(out, "%s\n", list.names[i]);
    list_fini(&list);
}

/* ------------------------------------------------------------------ finding */

static bool is_path(const char *name)
{
    const char *dot = strrchr(name, '.');
    return strchr(name, '/') || (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)) ||
           weir_file_exists(name);
}

static weir_str name_at(const void *user, size_t index)
{
    return weir_str_of(((const name_list *)user)->names[index]);
}

static void say_not_found(const char *name, weir_buf *out)
{
    name_list list = {.count = 0};
    list_names(&list);
    const weir_str near = weir_did_you_mean(weir_str_of(name), list.count, name_at, &list);
    weir_buf_clear(out);
    weir_buf_printf(out, "there is no spec '%s'", name);
    if (near.len > 0)
        weir_buf_printf(out, "; did you mean '%.*s'?", WEIR_FMT(near));
    for (size_t i = 0; i < list.count; i++)
        weir_buf_printf(out, "%s%s",
                        i          ? ", "
                        : near.len ? " There are: "
                                   : "; there are: ",
                        list.names[i]);
    list_fini(&list);
}

bool cli_find_spec(const char *name, weir_buf *out)
{
    weir_buf_clear(out);
    if (is_path(name)) {
        weir_buf_puts(out, name);
        return true;
    }
    weir_buf file = {0};
    weir_buf_printf(&file, "%s%s", name, suffix);
    bool found = false;
    for (size_t i = 0; i < FOLDERS && !found; i++) {
        weir_buf folder = {0};
        folder_at(i, &folder);
        weir_buf_clear(out);
        weir_path_join((weir_str){folder.ptr, folder.len}, (weir_str){file.ptr, file.len}, out);
        found = folder.len > 0 && weir_file_exists(weir_buf_cstr(out));
        weir_buf_fini(&folder);
    }
    weir_buf_fini(&file);
    if (!found)
        say_not_found(name, out);
    return found;
}

/* ------------------------------------------------------------------ loading */

static void show(const weir_report *report)
{
    if (!report || weir_report_count(report) == 0)
        return;
    char *text = weir_report_text(report, cli_has_colour());
    if (text)
        fputs(text, stderr);
    free(text);
}

/* --set as settings behind `more`; false after a message. What is in `settings` is freed by the
 * caller, names[i] being its own text. */
static bool read_settings(const cli_args *args, const weir_setting *more, weir_setting *settings,
                          size_t *count)
{
    size_t at = 0;
    *count = 0;
    if (more)
        settings[(*count)++] = (weir_setting){strdup(more->name), more->value};
    for (const char *set; (set = cli_next(args, "set", &at));) {
        const char *equals = strchr(set, '=');
        if (!equals || equals == set) {
            cli_usage(args, "--set takes NAME=VALUE, not '%s'", set);
            return false;
        }
        settings[(*count)++] = (weir_setting){strndup(set, (size_t)(equals - set)), equals + 1};
    }
    for (size_t i = 0; i < *count; i++) {
        if (!settings[i].name)
            return cli_fail("out of memory") == CLI_OK;
    }
    return true;
}

/* Notes alone are for 'weir check'; a feed is not begun with what its author knows. */
static bool has_warnings(const weir_report *report)
{
    for (size_t i = 0; report && i < weir_report_count(report); i++)
        if (!weir_report_at(report, i).is_note)
            return true;
    return false;
}

static weir_spec *load(const cli_args *args, const char *path, const weir_setting *settings,
                       size_t count, weir_buf *more)
{
    const weir_spec_options options = {.credentials_file = cli_value(args, "credentials"),
                                       .settings = settings,
                                       .setting_count = count,
                                       .more = weir_buf_cstr(more)};
    weir_report *report = NULL;
    weir_error error = {0};
    weir_spec *spec = weir_spec_load(path, &options, &report, &error);
    if (!spec || (has_warnings(report) && !cli_flag(args, "quiet")))
        show(report);
    if (!spec)
        cli_fail("%s", error.text);
    weir_report_free(report);
    return spec;
}

weir_spec *cli_load_spec_with(const cli_args *args, const char *name, const weir_setting *more,
                              int *status)
{
    weir_buf path = {0}, added = {0};
    weir_spec *spec = NULL;
    size_t count = 0;
    weir_setting *settings = calloc(args->given_count + 1, sizeof *settings);
    *status = CLI_FAILED;
    if (!settings)
        cli_fail("out of memory");
    else if (!cli_find_spec(name, &path))
        cli_fail("%s", weir_buf_cstr(&path));
    else if (!read_settings(args, more, settings, &count) || !cli_put_more(&added, args))
        *status = CLI_USAGE;
    else
        spec = load(args, weir_buf_cstr(&path), settings, count, &added);
    for (size_t i = 0; i < count; i++)
        free((char *)settings[i].name);
    free(settings);
    weir_buf_fini(&path);
    weir_buf_fini(&added);
    return spec;
}

weir_spec *cli_load_spec(const cli_args *args, const char *name, int *status)
{
    return cli_load_spec_with(args, name, NULL, status);
}
