/* SPDX-License-Identifier: MIT */
/*
 * Finding and opening the plugins of a spec. A plugin is looked for beside the spec, then in
 * WEIR_PLUGIN_PATH, then where Weir is installed, and only by its name: a spec cannot make Weir
 * open a file anywhere else. What it was built for is checked before anything of it is read but
 * the head, whose layout never changes; the size of the symbol is what the file says, so a plugin
 * that is too short for its head is not read at all.
 *
 * `init` runs under a lock of the process: a plugin with state of its own in statics sees one call
 * after another.
 */
#include "runtime/plugins.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"

/* ------------------------------------------------------------------ where they may be */

typedef struct search {
    weir_str name;
    weir_buf path;
    weir_buf places; /* for the message */
} search;

/* True when it is in this directory: its path is then in s->path. */
static bool look_into(search *s, weir_str directory, const char *why)
{
    static const char *const forms[] = {"%.*s/%.*s.so", "%.*s/lib%.*s.so"};
    for (size_t i = 0; i < 2; i++) {
        weir_buf_clear(&s->path);
        weir_buf_printf(&s->path, i == 0 ? forms[0] : forms[1], WEIR_FMT(directory),
                        WEIR_FMT(s->name));
        if (weir_file_exists(weir_buf_cstr(&s->path)))
            return true;
    }
    weir_buf_printf(&s->places, "%s%.*s%s", s->places.len ? ", " : "", WEIR_FMT(directory), why);
    return false;
}

static bool look_into_list(search *s, const char *list)
{
    while (list && *list) {
        const size_t len = strcspn(list, ":");
        if (len > 0 && look_into(s, (weir_str){list, len}, " (WEIR_PLUGIN_PATH)"))
            return true;
        list += len + (list[len] == ':');
    }
    return false;
}

/* The folder that the code of this file was loaded from: of libweir.so, or of the command. */
static bool own_folder(weir_buf *out)
{
    Dl_info info;
    char self[4096];
    if (!dladdr((const void *)&weir_plugins_new, &info) || !info.dli_fname)
        return false;
    weir_str path = weir_str_of(info.dli_fname);
    if (!strchr(info.dli_fname, '/')) { /* the command, as it was called */
        const ssize_t len = readlink("/proc/self/exe", self, sizeof self);
        if (len <= 0 || (size_t)len >= sizeof self)
            return false;
        path = (weir_str){self, (size_t)len};
    }
    weir_buf_put(out, weir_path_dirname(path));
    return !out->failed;
}

/* Seen from there, so that an installation may be moved: beside the library, or where the library's
 * folder is as seen from the command's. */
static bool look_into_installation(search *s)
{
    weir_buf folder = {0}, place = {0};
    bool is_found = false;
    if (own_folder(&folder)) {
        weir_buf_printf(&place, "%.*s/weir/plugins", WEIR_FMT(weir_buf_str(&folder)));
        is_found = look_into(s, weir_buf_str(&place), "");
        weir_buf_clear(&place);
        weir_buf_printf(&place, "%.*s/%s", WEIR_FMT(weir_buf_str(&folder)),
                        WEIR_PLUGINS_FROM_COMMAND);
        is_found = is_found || look_into(s, weir_buf_str(&place), "");
    }
    weir_buf_fini(&folder);
    weir_buf_fini(&place);
    return is_found;
}

/* The whole path, to be freed; NULL with `error`. */
static char *find(weir_str name, weir_str beside, weir_error *error)
{
    search s = {.name = name};
    char *path = NULL;
    const weir_str here = beside.len ? beside : WEIR_STR(".");
    if (look_into(&s, here, "") || look_into_list(&s, secure_getenv("WEIR_PLUGIN_PATH")) ||
        look_into_installation(&s)) {
        path = realpath(weir_buf_cstr(&s.path), NULL);
        if (!path)
            weir_fail(error, WEIR_ERR_IO, "plugin '%.*s': %s: %s", WEIR_FMT(name),
                      weir_buf_cstr(&s.path), strerror(errno));
    } else {
        weir_fail(error, WEIR_ERR_NOT_FOUND,
                  "plugin '%.*s' is not there: neither %.*s.so nor lib%.*s.so is in %s",
                  WEIR_FMT(name), WEIR_FMT(name), WEIR_FMT(name), weir_buf_cstr(&s.places));
    }
    weir_buf_fini(&s.path);
    weir_buf_fini(&s.places);
    return path;
}

/* ------------------------------------------------------------------ what they are */

enum { HEAD_SIZE = offsetof(weir_plugin_entry, sizes) };

static bool check_sizes(const weir_loaded *plugin, const weir_plugin_entry *entry,
                        weir_error *error)
{
    static const weir_plugin_entry ours = {.sizes = WEIR_PLUGIN_SIZES};
    static const char *const names[] = {WEIR_PLUGIN_SIZE_NAMES};
    uint32_t theirs[sizeof names / sizeof *names], mine[sizeof names / sizeof *names];
    memcpy(theirs, &entry->sizes, sizeof theirs);
    memcpy(mine, &ours.sizes, sizeof mine);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (theirs[i] == mine[i])
            continue;
        weir_fail(error, WEIR_ERR_UNSUPPORTED,
                  "plugin '%s' was built with another plugin.h: %s has %u bytes there (Weir %.15s, "
                  "ABI %u) and %u here (Weir %s, ABI %u); build it again",
                  plugin->name, names[i], theirs[i], entry->made_for, entry->abi, mine[i],
                  WEIR_VERSION, WEIR_PLUGIN_ABI);
        return false;
    }
    return true;
}

static bool check_entry(const weir_loaded *plugin, const weir_plugin_entry *entry, size_t size,
                        weir_error *error)
{
    if (size < HEAD_SIZE || entry->magic != WEIR_PLUGIN_MAGIC) {
        weir_fail(error, WEIR_ERR_UNSUPPORTED,
                  "%s is no plugin of Weir: its symbol 'weir_plugin' is something else",
                  plugin->path);
        return false;
    }
    if (entry->abi != WEIR_PLUGIN_ABI) {
        weir_fail(error, WEIR_ERR_UNSUPPORTED,
                  "plugin '%s' was built for plugin ABI %u (Weir %.15s), and this is ABI %u (Weir "
                  "%s); build it again",
                  plugin->name, entry->abi, entry->made_for, WEIR_PLUGIN_ABI, WEIR_VERSION);
        return false;
    }
    if (size < HEAD_SIZE + sizeof entry->sizes) {
        weir_fail(error, WEIR_ERR_UNSUPPORTED, "plugin '%s': its symbol 'weir_plugin' is cut off",
                  plugin->name);
        return false;
    }
    if (!check_sizes(plugin, entry, error))
        return false;
    if (size < sizeof *entry || !entry->name || !entry->version || !entry->init) {
        weir_fail(error, WEIR_ERR_UNSUPPORTED,
                  "plugin '%s': 'weir_plugin' needs a name, a version and init", plugin->name);
        return false;
    }
    return true;
}

static bool open_object(weir_loaded *plugin, weir_error *error)
{
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;
    if (!weir_plugin_file_check(plugin->name, plugin->path, error))
        return false;
    dlerror();
    plugin->handle = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->handle) {
        const char *why = dlerror();
        weir_fail(error, WEIR_ERR_IO, "plugin '%s' cannot be loaded: %s", plugin->name,
                  why ? why : "no reason is given");
        return false;
    }
    const void *entry = dlsym(plugin->handle, "weir_plugin");
    if (!entry) {
        weir_fail(error, WEIR_ERR_UNSUPPORTED,
                  "%s is no plugin of Weir: it has no symbol 'weir_plugin'", plugin->path);
        return false;
    }
    if (!dladdr1(entry, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol ||
        !check_entry(plugin, entry, symbol->st_size, error)) {
        if (error->code == WEIR_OK)
            weir_fail(error, WEIR_ERR_UNSUPPORTED, "%s: its symbol 'weir_plugin' cannot be read",
                      plugin->path);
        return false;
    }
    plugin->entry = entry;
    return true;
}

/* ------------------------------------------------------------------ init and fini */

static bool start(weir_loaded *plugin, weir_error *error)
{
    static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
    weir_plugin_registry registry = {.plugin = plugin};
    weir_plugin_room room;
    weir_plugin_room_init(&room, plugin, NULL, plugin->owner->arena);
    pthread_mutex_lock(&starting);
    plugin->is_up = plugin->entry->init(&room.open, &registry);
    pthread_mutex_unlock(&starting);
    plugin->state = room.open.state;
    if (plugin->is_up && registry.error.code == WEIR_OK)
        return true;
    if (registry.error.code != WEIR_OK)
        weir_fail(error, registry.error.code, "plugin '%s': %s", plugin->name, registry.error.text);
    else
        weir_fail(error, WEIR_ERR_STATE, "plugin '%s' did not start: %s", plugin->name,
                  room.has_failed ? room.why : "its init gives no reason");
    return false;
}

static void free_plugin(weir_loaded *plugin)
{
    weir_plugins_forget(plugin->owner, plugin);
    if (plugin->is_up && plugin->entry->fini)
        plugin->entry->fini(plugin->state);
    if (plugin->handle)
        dlclose(plugin->handle);
    free(plugin->path);
    free(plugin->name);
    free(plugin);
}

/* The path is the plugin's from now on. */
static bool load_at_take(weir_plugins *plugins, const weir_plugin_spec *spec, char *path,
                         weir_error *error)
{
    weir_loaded *plugin = calloc(1, sizeof *plugin);
    char *name = strndup(spec->name.ptr, spec->name.len);
    if (!plugin || !name) {
        free(plugin);
        free(name);
        free(path);
        weir_fail_nomem(error);
        return false;
    }
    plugin->owner = plugins;
    plugin->budget_ns = spec->budget_ns > 0 ? spec->budget_ns : WEIR_PLUGIN_BUDGET_NS;
    plugin->options = spec->options;
    plugin->name = name;
    plugin->path = path;
    if (!open_object(plugin, error) || !start(plugin, error)) {
        free_plugin(plugin);
        return false;
    }
    weir_loaded **at = &plugins->first;
    while (*at)
        at = &(*at)->next;
    *at = plugin;
    return true;
}

static bool load(void *user, const weir_plugin_spec *spec, weir_str beside, weir_error *error)
{
    char *path = find(spec->name, beside, error);
    return path && load_at_take(user, spec, path, error);
}

/* ------------------------------------------------------------------ without a spec */

/* "libfoo.so" and "foo.so" are the plugin foo. */
static weir_str name_of_file(weir_str path)
{
    weir_str name = weir_path_basename(path);
    if (name.len > 3 && memcmp(name.ptr, "lib", 3) == 0)
        name = (weir_str){name.ptr + 3, name.len - 3};
    if (name.len > 3 && memcmp(name.ptr + name.len - 3, ".so", 3) == 0)
        name.len -= 3;
    return name;
}

bool weir_plugins_load_file(weir_plugins *plugins, const char *file, weir_error *error)
{
    const bool is_path = strchr(file, '/') || strstr(file, ".so");
    const weir_plugin_spec spec = {.name = is_path ? name_of_file(weir_str_of(file))
                                                   : weir_str_of(file)};
    if (!is_path)
        return load(plugins, &spec, WEIR_STR("."), error);
    char *path = realpath(file, NULL);
    if (path)
        return load_at_take(plugins, &spec, path, error);
    weir_fail(error, WEIR_ERR_IO, "%s: %s", file, strerror(errno));
    return false;
}

static bool list_folder(weir_str folder, void (*each)(void *user, const char *path), void *user)
{
    weir_buf path = {0};
    struct dirent **names = NULL;
    weir_buf_put(&path, folder);
    const int count = path.failed ? -1 : scandir(weir_buf_cstr(&path), &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const size_t len = strlen(names[i]->d_name);
        if (len > 3 && strcmp(names[i]->d_name + len - 3, ".so") == 0) {
            weir_buf_clear(&path);
            weir_buf_printf(&path, "%.*s/%s", WEIR_FMT(folder), names[i]->d_name);
            each(user, weir_buf_cstr(&path));
        }
        free(names[i]);
    }
    free(names);
    weir_buf_fini(&path);
    return count >= 0;
}

void weir_plugin_files(void (*each)(void *user, const char *path), void *user)
{
    weir_buf own = {0}, folder = {0};
    const char *list = secure_getenv("WEIR_PLUGIN_PATH");
    while (list && *list) {
        const size_t len = strcspn(list, ":");
        if (len > 0)
            list_folder((weir_str){list, len}, each, user);
        list += len + (list[len] == ':');
    }
    if (own_folder(&own)) {
        weir_buf_printf(&folder, "%.*s/weir/plugins", WEIR_FMT(weir_buf_str(&own)));
        const bool is_there = list_folder(weir_buf_str(&folder), each, user);
        weir_buf_clear(&folder);
        weir_buf_printf(&folder, "%.*s/%s", WEIR_FMT(weir_buf_str(&own)),
                        WEIR_PLUGINS_FROM_COMMAND);
        if (!is_there)
            list_folder(weir_buf_str(&folder), each, user);
    }
    weir_buf_fini(&own);
    weir_buf_fini(&folder);
}

/* ------------------------------------------------------------------ the plugins of a spec */

enum { ARENA_FIRST = 1024 };

weir_plugins *weir_plugins_new(void)
{
    weir_plugins *plugins = calloc(1, sizeof *plugins);
    if (!plugins)
        return NULL;
    plugins->arena = weir_arena_new(ARENA_FIRST, 0);
    if (!plugins->arena) {
        free(plugins);
        return NULL;
    }
    plugins->registry = *weir_backend_registry();
    plugins->registry.extensions = &plugins->extensions;
    plugins->registry.load_plugin = load;
    plugins->registry.user = plugins;
    return plugins;
}

void weir_plugins_free(weir_plugins *plugins)
{
    if (!plugins)
        return;
    for (weir_loaded *plugin = plugins->first, *next; plugin; plugin = next) {
        next = plugin->next;
        free_plugin(plugin);
    }
    free(plugins->items);
    weir_plugins_free_tables(plugins);
    weir_arena_free(plugins->arena);
    free(plugins);
}

const weir_spec_registry *weir_plugins_registry(weir_plugins *plugins)
{
    return &plugins->registry;
}

/* ------------------------------------------------------------------ the public side */

bool weir_spec_plugin(const weir_spec *spec, size_t index, weir_plugin_info *info)
{
    const weir_loaded *plugin = spec->plugins->first;
    while (plugin && index-- > 0)
        plugin = plugin->next;
    if (!plugin)
        return false;
    *info = (weir_plugin_info){.name = weir_str_of(plugin->name),
                               .version = weir_str_of(plugin->entry->version),
                               .about = weir_str_of(plugin->entry->about),
                               .path = weir_str_of(plugin->path)};
    return true;
}

static void read_meter(const weir_meter *meter, weir_plugin_stats *stats)
{
    stats->calls = atomic_load_explicit(&meter->calls, memory_order_relaxed);
    stats->failures = atomic_load_explicit(&meter->failures, memory_order_relaxed);
    stats->over_budget = atomic_load_explicit(&meter->slow, memory_order_relaxed);
    stats->total_ns = (int64_t)atomic_load_explicit(&meter->total_ns, memory_order_relaxed);
    stats->slowest_ns = (int64_t)atomic_load_explicit(&meter->slowest_ns, memory_order_relaxed);
}

static void describe_table(const weir_plugin_table *table, weir_plugin_stats *stats)
{
    const char *doc = table->is_backend ? table->backend_row.title : table->sink_row.doc;
    stats->plugin = weir_str_of(table->plugin->name);
    stats->function =
        weir_str_of(table->is_backend ? table->backend_row.name : table->sink_row.name);
    stats->use = table->is_backend ? "backend" : "sink";
    stats->doc = doc ? doc : "";
    read_meter(&table->meter, stats);
}

bool weir_spec_plugin_function(const weir_spec *spec, size_t index, weir_plugin_stats *stats)
{
    const weir_plugins *plugins = spec->plugins;
    *stats = (weir_plugin_stats){0};
    if (index >= plugins->count) {
        if (index - plugins->count >= plugins->table_count)
            return false;
        describe_table(plugins->tables[index - plugins->count], stats);
        return true;
    }
    const weir_plugin_item *item = plugins->items[index];
    stats->plugin = item->extension.plugin;
    stats->function = item->extension.name;
    stats->use = weir_extension_use_name(item->extension.use);
    stats->doc = item->row.doc ? item->row.doc : "";
    read_meter(&item->meter, stats);
    return true;
}
