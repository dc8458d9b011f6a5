/* SPDX-License-Identifier: MIT */
/*
 * weir_spec: load, check and compile in one go, so that a spec that loads is a spec that runs. All
 * mistakes of all stages are in one report.
 */
#include <pthread.h>
#include <stdlib.h>

#include "runtime/internal.h"
#include "runtime/plugins.h"
#include "runtime/report.h"
#include "util/error.h"
#include "util/number.h"

const char *weir_version(void)
{
    return WEIR_VERSION;
}

/* ------------------------------------------------------------------ settings */

static bool set_value(weir_spec_model *model, weir_value *value, const char *text)
{
    const weir_str str = weir_str_of(text);
    int64_t integer = 0;
    switch (value->kind) {
    case WEIR_INT:
        if (weir_int_parse(str, &integer) != WEIR_INT_OK)
            return false;
        value->i = integer;
        return true;
    case WEIR_FLOAT: return weir_double_parse(str, &value->f);
    case WEIR_BOOL:
        if (!weir_str_is(str, "true") && !weir_str_is(str, "false"))
            return false;
        value->i = weir_str_is(str, "true");
        return true;
    default: {
        const weir_str copy = weir_arena_copy(model->arena, str);
        *value = weir_value_str(copy);
        return copy.ptr != NULL;
    }
    }
}

static void apply_setting(weir_spec_model *model, const weir_setting *setting, weir_diags *diags)
{
    static const char prefix[] = "vars.";
    const weir_place nowhere = {0};
    const char *name = setting->name;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) {
        weir_diag_error(diags, nowhere, "'%s' cannot be set: only vars.NAME can", name);
        return;
    }
    for (size_t i = 0; i < model->var_count; i++) {
        weir_var_spec *var = (weir_var_spec *)&model->vars[i];
        if (!weir_str_is(var->name, name + sizeof prefix - 1))
            continue;
        if (!set_value(model, &var->value, setting->value))
            weir_diag_error(diags, nowhere, "'%s' does not take the value '%s'", name,
                            setting->value);
        return;
    }
    weir_diag_error(diags, nowhere, "the spec has no '%s' to set", name);
}

/* ------------------------------------------------------------------ load */

/* The next schema's: programs know schemas by them, and the memory of one may be another's later.
 */
static pthread_mutex_t ids = PTHREAD_MUTEX_INITIALIZER;
static uint32_t next_schema_id = 1;

static bool make_plans(weir_spec *spec, weir_diags *diags)
{
    const weir_spec_model *model = spec->model;
    for (size_t i = 0; i < model->connection_count; i++) {
        spec->plans[i] = weir_plan_new(model, &model->connections[i], &next_schema_id, diags);
        if (!spec->plans[i])
            return false;
        spec->schema_count += weir_plan_schemas(spec->plans[i]);
    }
    return true;
}

/* Schemas lie in the arena of their plan, and are nobody else's yet. */
static void watch_copies(weir_spec *spec)
{
    for (size_t i = 0; i < spec->schema_count; i++) {
        weir_schema *schema = (weir_schema *)spec->schemas[i];
        if (schema)
            schema->is_copied = &spec->has_copies;
        if (schema && schema->gap)
            ((weir_schema *)schema->gap)->is_copied = &spec->has_copies;
    }
}

static bool compile_plans(weir_spec *spec, weir_diags *diags)
{
    const weir_spec_model *model = spec->model;
    spec->plans = calloc(model->connection_count + 1, sizeof *spec->plans);
    if (!spec->plans)
        return false;
    pthread_mutex_lock(&ids);
    const bool is_made = make_plans(spec, diags);
    pthread_mutex_unlock(&ids);
    if (!is_made)
        return false;
    spec->schemas = calloc(spec->schema_count + 1, sizeof *spec->schemas);
    size_t at = 0;
    for (size_t i = 0; spec->schemas && i < model->connection_count; i++) {
        for (size_t k = 0; k < weir_plan_schemas(spec->plans[i]); k++)
            spec->schemas[at++] = weir_plan_schema(spec->plans[i], k);
    }
    if (spec->schemas)
        watch_copies(spec);
    return spec->schemas != NULL;
}

static const char *keep_text(weir_spec_model *model, const char *text)
{
    return text ? weir_arena_copy(model->arena, weir_str_of(text)).ptr : NULL;
}

/* For a reload, which is to find what this load found. */
static void keep_origin(weir_spec *spec, const weir_spec_options *options)
{
    weir_spec_model *model = spec->model;
    weir_setting *settings =
        WEIR_ARENA_ARRAY(model->arena, weir_setting, options->setting_count + 1);
    for (size_t i = 0; settings && i < options->setting_count; i++)
        settings[i] = (weir_setting){keep_text(model, options->settings[i].name),
                                     keep_text(model, options->settings[i].value)};
    spec->origin = *options;
    spec->origin.credentials_file = spec->credentials_file;
    spec->origin.settings = settings;
    spec->origin.more = keep_text(model, options->more);
}

static bool load_into(weir_spec *spec, const char *path, const weir_spec_options *options,
                      weir_diags *diags)
{
    spec->reads_environment = !options->no_environment;
    if (options->credentials_file && !(spec->credentials_file = strdup(options->credentials_file)))
        return false;
    spec->plugins = weir_plugins_new();
    if (!spec->plugins)
        return false;
    spec->model = weir_spec_model_load_with(path, weir_str_of(options->more),
                                            weir_plugins_registry(spec->plugins), diags);
    if (!spec->model)
        return weir_diags_errors(diags) > 0;
    spec->plugins->model = spec->model;
    for (size_t i = 0; i < options->setting_count; i++)
        apply_setting(spec->model, &options->settings[i], diags);
    keep_origin(spec, options);
    if (weir_arena_failed(spec->model->arena))
        return false;
    return compile_plans(spec, diags) || weir_diags_errors(diags) > 0;
}

weir_spec *weir_spec_load(const char *path, const weir_spec_options *options, weir_report **report,
                          weir_error *error)
{
    static const weir_spec_options defaults = {0};
    weir_spec *spec = calloc(1, sizeof *spec);
    weir_diags *diags = weir_diags_new();
    if (report)
        *report = NULL;
    if (!spec || !diags) {
        free(spec);
        weir_diags_free(diags);
        weir_fail_nomem(error);
        return NULL;
    }
    atomic_init(&spec->references, 1);
    const bool has_memory = load_into(spec, path, options ? options : &defaults, diags);
    const size_t errors = weir_diags_errors(diags);
    if (!has_memory)
        weir_fail_nomem(error);
    else if (errors > 0)
        weir_fail(error, WEIR_ERR_SPEC, "%s has %zu error%s", path, errors, errors == 1 ? "" : "s");
    if (!has_memory || errors > 0) {
        weir_spec_free(spec);
        spec = NULL;
    }
    if (report)
        *report = weir_report_new_take(diags);
    else
        weir_diags_free(diags);
    return spec;
}

weir_spec *weir_spec_retain(weir_spec *spec)
{
    atomic_fetch_add(&spec->references, 1);
    return spec;
}

void weir_spec_free(weir_spec *spec)
{
    if (!spec || atomic_fetch_sub(&spec->references, 1) > 1)
        return;
    for (size_t i = 0; spec->plans && i < spec->model->connection_count; i++)
        weir_plan_free(spec->plans[i]);
    free(spec->plans);
    free((void *)spec->schemas);
    free(spec->credentials_file);
    weir_spec_model_free(spec->model);
    weir_plugins_free(spec->plugins);
    free(spec);
}

/* ------------------------------------------------------------------ what is in it */

weir_str weir_spec_name(const weir_spec *spec)
{
    return spec->model->name;
}

weir_str weir_spec_title(const weir_spec *spec)
{
    return spec->model->title;
}

size_t weir_spec_connections(const weir_spec *spec)
{
    return spec->model->connection_count;
}

weir_str weir_spec_connection(const weir_spec *spec, size_t connection)
{
    return spec->model->connections[connection].name;
}

size_t weir_spec_streams(const weir_spec *spec, size_t connection)
{
    return spec->model->connections[connection].stream_count;
}

weir_str weir_spec_stream(const weir_spec *spec, size_t connection, size_t stream,
                          weir_channel *channel)
{
    const weir_stream_spec *found = &spec->model->connections[connection].streams[stream];
    if (channel)
        *channel = found->channel;
    return found->name;
}

bool weir_spec_can_subscribe(const weir_spec *spec, size_t connection, size_t stream)
{
    const weir_str name = spec->model->connections[connection].streams[stream].name;
    return weir_plan_subscribe_message(spec->plans[connection], name, false) != NULL;
}

size_t weir_spec_schemas(const weir_spec *spec)
{
    return spec->schema_count;
}

const weir_schema *weir_spec_schema(const weir_spec *spec, size_t index)
{
    return spec->schemas[index];
}

size_t weir_spec_find_connection(const weir_spec *spec, const char *name, weir_error *error)
{
    const weir_spec_model *model = spec->model;
    weir_buf names = {0};
    for (size_t i = 0; i < model->connection_count; i++) {
        if (name ? weir_str_is(model->connections[i].name, name) : model->connection_count == 1) {
            weir_buf_fini(&names);
            return i;
        }
        weir_buf_printf(&names, "%s%.*s", i ? ", " : "", WEIR_FMT(model->connections[i].name));
    }
    if (name)
        weir_fail(error, WEIR_ERR_NOT_FOUND, "no connection '%s'; there are: %s", name,
                  weir_buf_cstr(&names));
    else
        weir_fail(error, WEIR_ERR_ARGUMENT, "the spec has several connections, name one: %s",
                  weir_buf_cstr(&names));
    weir_buf_fini(&names);
    return SIZE_MAX;
}
