/* SPDX-License-Identifier: MIT */
/*
 * Credentials: where they are looked for, and the world that holds them. They come from the
 * environment, a file of their own, the credentials file (weir.yaml: spec name → field → text), or
 * the spec's default; never from a command line. Files that others can read are refused. Their text
 * is wiped when it is no longer wanted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/internal.h"
#include "spec/tree.h"
#include "util/error.h"
#include "util/file.h"
#include "value/json_write.h"

enum { CREDENTIAL_MAX = 64 * 1024, CREDENTIALS_FILE_MAX = 1024 * 1024 };

/* The same failure as one of credentials: a file that others can read is no matter of I/O. */
static weir_code as_credentials(weir_error *error)
{
    error->code = WEIR_ERR_CREDENTIALS;
    return WEIR_ERR_CREDENTIALS;
}

/* ------------------------------------------------------------------ sources */

static weir_str strip_line_end(weir_str text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* Also when it is not for us to read: that is told, and not taken for its absence. */
static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static weir_code from_own_file(const weir_spec_model *model, const weir_credential_spec *credential,
                               weir_secret *secret, weir_error *error)
{
    weir_buf path = {0}, content = {0};
    weir_path_join(model->directory, credential->file, &path);
    weir_code code = WEIR_OK;
    if (is_there(weir_buf_cstr(&path))) {
        code = weir_file_read_private(weir_buf_cstr(&path), CREDENTIAL_MAX, &content, error);
        if (code == WEIR_OK && !weir_secret_set(secret, strip_line_end(weir_buf_str(&content))))
            code = weir_fail_nomem(error);
    }
    weir_buf_fini(&path);
    weir_buf_wipe(&content);
    return code == WEIR_OK ? WEIR_OK : as_credentials(error);
}

/* The usual place, or "" when there is no home. */
static void usual_path(weir_buf *out)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (config && config[0] == '/')
        weir_buf_printf(out, "%s/weir/weir.yaml", config);
    else if (home && home[0])
        weir_buf_printf(out, "%s/.config/weir/weir.yaml", home);
}

/* ------------------------------------------------------------------ the credentials file */

typedef struct secrets_file {
    weir_buf path;
    weir_buf content;
    weir_diags *diags;
    weir_arena *arena;
    const weir_node *fields; /* of this spec; NULL: the file says nothing of it */
} secrets_file;

static void close_file(secrets_file *file)
{
    weir_buf_fini(&file->path);
    weir_buf_wipe(&file->content);
    weir_diags_free(file->diags);
    weir_arena_free(file->arena);
}

static weir_code parse_file(secrets_file *file, const weir_spec_model *model, weir_error *error)
{
    file->diags = weir_diags_new();
    file->arena = weir_arena_new(4096, 0);
    const weir_source *source = file->diags && file->arena
                                    ? weir_diags_add_source(file->diags, weir_buf_str(&file->path),
                                                            weir_buf_str(&file->content))
                                    : NULL;
    if (!source)
        return weir_fail_nomem(error);
    const weir_node *tree = weir_yaml_parse(file->arena, source, file->diags);
    if (weir_diags_errors(file->diags) > 0) {
        /* Only place and text: the source line may hold a secret. */
        const weir_diag *first = weir_diags_at(file->diags, 0);
        return weir_fail(error, WEIR_ERR_CREDENTIALS, "%s:%u:%u: %.*s", weir_buf_cstr(&file->path),
                         first->place.line, first->place.column, WEIR_FMT(first->text));
    }
    const weir_pair *pair = tree ? weir_node_pair(tree, model->name) : NULL;
    if (pair && pair->value->kind != WEIR_NODE_MAP)
        return weir_fail(error, WEIR_ERR_CREDENTIALS, "%s:%u: '%.*s' must be a map of credentials",
                         weir_buf_cstr(&file->path), pair->key->place.line, WEIR_FMT(model->name));
    file->fields = pair ? pair->value : NULL;
    return WEIR_OK;
}

static weir_code open_file(secrets_file *file, const weir_spec *spec, weir_error *error)
{
    if (spec->credentials_file)
        weir_buf_puts(&file->path, spec->credentials_file);
    else
        usual_path(&file->path);
    const char *path = weir_buf_cstr(&file->path);
    if (!path[0] || (!spec->credentials_file && !is_there(path)))
        return WEIR_OK;
    if (weir_file_read_private(path, CREDENTIALS_FILE_MAX, &file->content, error) != WEIR_OK)
        return as_credentials(error);
    return parse_file(file, spec->model, error);
}

/* ------------------------------------------------------------------ resolve */

static weir_code missing(const weir_spec *spec, const weir_credential_spec *credential,
                         const char *file, weir_error *error)
{
    return weir_fail(
        error, WEIR_ERR_CREDENTIALS,
        "credential '%.*s' of '%.*s' is not given: set the environment variable %.*s, or write\n"
        "  %.*s:\n    %.*s: ...\ninto %s (readable by you alone: chmod 600)",
        WEIR_FMT(credential->name), WEIR_FMT(spec->model->name), WEIR_FMT(credential->env),
        WEIR_FMT(spec->model->name), WEIR_FMT(credential->name),
        file[0] ? file : "a file for --credentials");
}

/* Where a credential is found first. Its text is in `secret`, unset when that is nowhere. */
static weir_code look_up(const weir_spec *spec, const weir_credential_spec *credential,
                         const secrets_file *file, weir_secret *secret,
                         weir_credential_source *source, weir_error *error)
{
    weir_buf variable = {0};
    weir_buf_put(&variable, credential->env);
    const char *found = spec->reads_environment ? getenv(weir_buf_cstr(&variable)) : NULL;
    weir_buf_fini(&variable);
    const weir_pair *pair = file->fields ? weir_node_pair(file->fields, credential->name) : NULL;
    *source = WEIR_CREDENTIAL_NOWHERE;
    weir_secret_fini(secret);
    if (found && found[0]) {
        *source = WEIR_CREDENTIAL_ENVIRONMENT;
        return weir_secret_set(secret, weir_str_of(found)) ? WEIR_OK : weir_fail_nomem(error);
    }
    const weir_code code =
        credential->file.len > 0 ? from_own_file(spec->model, credential, secret, error) : WEIR_OK;
    if (code != WEIR_OK || secret->text.ptr) {
        *source = WEIR_CREDENTIAL_OWN_FILE;
        return code;
    }
    if (pair && pair->value->kind == WEIR_NODE_SCALAR && pair->value->type != WEIR_SCALAR_NULL) {
        *source = WEIR_CREDENTIAL_FILE;
        return weir_secret_set(secret, pair->value->text) ? WEIR_OK : weir_fail_nomem(error);
    }
    if (!credential->has_default)
        return WEIR_OK;
    *source = WEIR_CREDENTIAL_DEFAULT;
    return weir_secret_set(secret, credential->default_value) ? WEIR_OK : weir_fail_nomem(error);
}

weir_code weir_credentials_resolve(const weir_spec *spec, weir_secret *secrets,
                                   const weir_plan *required_by, weir_error *error)
{
    weir_error local = {0};
    secrets_file file = {0};
    if (!error)
        error = &local;
    if (spec->model->credential_count == 0)
        return WEIR_OK;
    weir_code code = open_file(&file, spec, error);
    for (size_t i = 0; code == WEIR_OK && i < spec->model->credential_count; i++) {
        const weir_credential_spec *credential = &spec->model->credentials[i];
        weir_credential_source source;
        code = look_up(spec, credential, &file, &secrets[i], &source, error);
        if (code == WEIR_OK && source == WEIR_CREDENTIAL_NOWHERE && credential->required &&
            required_by && weir_plan_needs_credential(required_by, i))
            code = missing(spec, credential, file.path.len ? file.path.ptr : "", error);
    }
    close_file(&file);
    return code;
}

weir_code weir_spec_credential(const weir_spec *spec, size_t index, weir_credential *credential,
                               weir_error *error)
{
    weir_error local = {0};
    secrets_file file = {0};
    weir_secret secret = {0};
    const weir_credential_spec *found = &spec->model->credentials[index];
    *credential = (weir_credential){.name = found->name,
                                    .variable = found->env,
                                    .file = found->file,
                                    .is_required = found->required};
    if (!error)
        error = &local;
    weir_code code = open_file(&file, spec, error);
    if (code == WEIR_OK)
        code = look_up(spec, found, &file, &secret, &credential->source, error);
    weir_secret_fini(&secret);
    close_file(&file);
    return code;
}

/* ------------------------------------------------------------------ world */

static void show_secrets(weir_world *world)
{
    for (size_t i = 0; i < world->secret_count; i++) {
        world->credentials[i] = weir_value_absent();
        if (world->secrets[i].text.ptr) {
            world->credentials[i] = weir_value_str(world->secrets[i].text);
            world->credentials[i].flags |= WEIR_VALUE_SECRET;
        }
    }
}

weir_code weir_world_init(weir_world *world, const weir_spec *spec, size_t connection,
                          bool requires_all, weir_error *error)
{
    const weir_spec_model *model = spec->model;
    world->secret_count = model->credential_count;
    world->secrets = calloc(model->credential_count + 1, sizeof *world->secrets);
    world->credentials = calloc(model->credential_count + 1, sizeof *world->credentials);
    world->vars = calloc(model->var_count + 1, sizeof *world->vars);
    world->session =
        calloc(weir_plan_names(spec->plans[connection])->session_count + 1, sizeof *world->session);
    world->expr.assets = weir_asset_cache_new(model->assets);
    if (!world->secrets || !world->credentials || !world->vars || !world->session ||
        !world->expr.assets) {
        weir_world_fini(world);
        return weir_fail_nomem(error);
    }
    for (size_t i = 0; i < model->var_count; i++)
        world->vars[i] = model->vars[i].value;
    world->expr.credentials = world->credentials;
    world->expr.vars = world->vars;
    world->expr.session = world->session;
    world->expr.connection_name = model->connections[connection].name;
    world->expr.owner = world;
    world->connection = connection;
    const weir_code code = weir_credentials_resolve(
        spec, world->secrets, requires_all ? spec->plans[connection] : NULL, error);
    if (code != WEIR_OK)
        weir_world_fini(world);
    else
        show_secrets(world);
    return code;
}

weir_secret *weir_credentials_fresh(const weir_spec *spec, const weir_plan *required_by,
                                    weir_error *error)
{
    const size_t count = spec->model->credential_count;
    weir_secret *secrets = calloc(count + 1, sizeof *secrets);
    if (!secrets) {
        weir_fail_nomem(error);
    } else if (weir_credentials_resolve(spec, secrets, required_by, error) != WEIR_OK) {
        weir_credentials_free(secrets, count);
        secrets = NULL;
    }
    return secrets;
}

void weir_credentials_free(weir_secret *secrets, size_t count)
{
    for (size_t i = 0; secrets && i < count; i++)
        weir_secret_fini(&secrets[i]);
    free(secrets);
}

weir_code weir_world_refresh(weir_world *world, const weir_spec *spec, weir_error *error)
{
    const weir_code code =
        weir_credentials_resolve(spec, world->secrets, spec->plans[world->connection], error);
    show_secrets(world);
    return code;
}

void weir_world_fini(weir_world *world)
{
    weir_credentials_free(world->secrets, world->secret_count);
    free(world->credentials);
    free(world->vars);
    free(world->session);
    weir_asset_cache_free((weir_asset_cache *)world->expr.assets);
    *world = (weir_world){0};
}

void weir_world_mask(const weir_world *world, weir_str text, weir_buf *out)
{
    weir_secret_mask(text, world->secrets, world->secret_count, out);
}

weir_str weir_world_cover(const weir_world *world, weir_str data, weir_buf *room)
{
    if (!weir_secret_cover(data, world->secrets, world->secret_count, room))
        return data;
    return room->failed ? (weir_str){0} : weir_buf_str(room);
}

/* A mask is never longer than what it hides; without memory nothing is shown. Most have nothing to
 * hide, and there may be one for every frame. */
void weir_world_mask_letter(const weir_world *world, weir_dead_letter *letter)
{
    const weir_str shown = {letter->sample, letter->sample_len};
    if (!weir_secret_occurs(shown, world->secrets, world->secret_count) &&
        !weir_secret_occurs(weir_str_of(letter->reason), world->secrets, world->secret_count))
        return;
    weir_buf sample = {0}, reason = {0};
    weir_world_mask(world, shown, &sample);
    weir_world_mask(world, weir_str_of(letter->reason), &reason);
    letter->sample_len = sample.failed ? 0 : sample.len;
    if (letter->sample_len > 0)
        memcpy(letter->sample, sample.ptr, sample.len);
    snprintf(letter->reason, sizeof letter->reason, "%s",
             reason.failed ? "" : weir_buf_cstr(&reason));
    weir_buf_wipe(&sample);
    weir_buf_wipe(&reason);
}
