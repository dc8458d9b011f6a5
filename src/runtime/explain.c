/* SPDX-License-Identifier: MIT */
/*
 * weir_explain: the world for an explanation. Credentials that are not given are stood in for by
 * "***", marked secret like a real one, so that every message can be made and shown; those that are
 * given are used, since a signature may depend on them, and masked. Symbols that no master data
 * knows are assets for the call alone: explaining leaves no trace in the spec.
 */
#include <stdlib.h>

#include "pipeline/explain.h"
#include "runtime/internal.h"
#include "util/error.h"
#include "value/json_write.h"

typedef struct explanation {
    weir_spec *spec;
    const weir_explain_options *options;
    weir_sheet sheet;
    weir_entry *root;
    weir_entry *connections;
    const weir_asset **examples; /* for streams that no symbols are given for */
    size_t example_count;
    weir_error *error;
} explanation;

/* ------------------------------------------------------------------ symbols */

static const weir_asset *make_asset(explanation *x, weir_str symbol)
{
    weir_asset *asset = WEIR_ARENA_NEW(x->sheet.arena, weir_asset);
    if (!asset)
        return NULL;
    asset->symbol = weir_arena_copy(x->sheet.arena, symbol);
    return asset->symbol.ptr ? asset : NULL;
}

/* A symbol as the venue writes them, where the spec's tests subscribe one. */
static weir_str example_symbol(const weir_spec_model *model)
{
    for (size_t i = 0; i < model->test_count; i++) {
        const weir_test_spec *test = &model->tests[i];
        if (test->stream_count > 0 && test->streams[0].symbol_count > 0)
            return test->streams[0].symbols[0];
    }
    return WEIR_STR("SYMBOL");
}

static bool find_examples(explanation *x)
{
    const weir_spec_model *model = x->spec->model;
    x->examples = WEIR_ARENA_ARRAY(x->sheet.arena, const weir_asset *, WEIR_ASSET_SAMPLES + 1);
    for (size_t i = 0; x->examples && model->has_assets && i < WEIR_ASSET_SAMPLES; i++) {
        const weir_asset *asset = weir_asset_book_sample(model->assets, i);
        if (asset)
            x->examples[x->example_count++] = asset;
    }
    if (x->examples && x->example_count == 0)
        x->examples[x->example_count++] = make_asset(x, example_symbol(model));
    return x->examples && x->examples[0];
}

/* ------------------------------------------------------------------ --subscribe */

/* True if `name` ("trades" or "market/trades") means that stream. */
static bool names(const char *name, const weir_connection_spec *connection, size_t stream)
{
    const char *slash = strchr(name, '/');
    if (slash && !weir_str_eq(connection->name, (weir_str){name, (size_t)(slash - name)}))
        return false;
    return weir_str_is(connection->streams[stream].name, slash ? slash + 1 : name);
}

static bool is_chosen(const explanation *x, const weir_connection_spec *connection)
{
    return !x->options->connection || weir_str_is(connection->name, x->options->connection);
}

static weir_code refuse_name(const explanation *x, const char *name)
{
    const weir_spec_model *model = x->spec->model;
    weir_buf list = {0};
    for (size_t i = 0; i < model->connection_count; i++) {
        const weir_connection_spec *connection = &model->connections[i];
        for (size_t k = 0; is_chosen(x, connection) && k < connection->stream_count; k++)
            weir_buf_printf(&list, "%s%.*s/%.*s", list.len ? ", " : "", WEIR_FMT(connection->name),
                            WEIR_FMT(connection->streams[k].name));
    }
    weir_fail(x->error, WEIR_ERR_NOT_FOUND, "no stream '%s'; there are: %s", name,
              weir_buf_cstr(&list));
    weir_buf_fini(&list);
    return WEIR_ERR_NOT_FOUND;
}

static weir_code check_name(const explanation *x, const char *name)
{
    const weir_spec_model *model = x->spec->model;
    size_t found = 0;
    for (size_t i = 0; i < model->connection_count; i++) {
        const weir_connection_spec *connection = &model->connections[i];
        for (size_t k = 0; is_chosen(x, connection) && k < connection->stream_count; k++)
            found += names(name, connection, k);
    }
    if (found > 1)
        return weir_fail(x->error, WEIR_ERR_ARGUMENT,
                         "several connections have a stream '%s'; write CONNECTION/%s", name, name);
    return found == 1 ? WEIR_OK : refuse_name(x, name);
}

/* The assets of one stream: those that are given for it, or the examples when none are for any. */
static weir_code choose_assets(explanation *x, const weir_connection_spec *connection,
                               size_t stream, weir_explain_stream *out)
{
    const weir_explain_options *options = x->options;
    if (options->subscription_count == 0) {
        *out = (weir_explain_stream){x->examples, x->example_count, true};
        return WEIR_OK;
    }
    size_t most = 0;
    for (size_t i = 0; i < options->subscription_count; i++)
        most += options->subscriptions[i].count;
    const weir_asset **assets = WEIR_ARENA_ARRAY(x->sheet.arena, const weir_asset *, most + 1);
    if (!assets)
        return weir_fail_nomem(x->error);
    out->assets = assets;
    for (size_t i = 0; i < options->subscription_count; i++) {
        const weir_explain_subscription *given = &options->subscriptions[i];
        if (!names(given->stream, connection, stream))
            continue;
        out->is_wanted = true;
        for (size_t k = 0; k < given->count; k++) {
            const weir_asset *asset = weir_spec_wanted_asset(
                x->spec, connection, weir_str_of(given->symbols[k]), x->error);
            if (!asset)
                return x->error->code;
            assets[out->count++] = asset;
        }
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ credentials */

static void put_source(explanation *x, weir_entry *row, const weir_credential *credential)
{
    static const char *const sources[] = {
        [WEIR_CREDENTIAL_ENVIRONMENT] = "given: in the environment, ",
        [WEIR_CREDENTIAL_OWN_FILE] = "given: in its file",
        [WEIR_CREDENTIAL_FILE] = "given: in the credentials file",
        [WEIR_CREDENTIAL_DEFAULT] = "not given: the spec's default, else set "};
    const bool names_variable = credential->source == WEIR_CREDENTIAL_ENVIRONMENT ||
                                credential->source == WEIR_CREDENTIAL_DEFAULT;
    if (credential->source == WEIR_CREDENTIAL_NOWHERE)
        weir_sheet_printf(&x->sheet, row, "from", "not given: %sset %.*s",
                          credential->is_required ? "" : "optional, ",
                          WEIR_FMT(credential->variable));
    else
        weir_sheet_printf(&x->sheet, row, "from", "%s%.*s", sources[credential->source],
                          names_variable ? (int)credential->variable.len : 0,
                          credential->variable.ptr);
}

/* The credentials that the connection names, and what stands in for those that must be given. */
static weir_code explain_credentials(explanation *x, weir_entry *into, size_t connection,
                                     weir_world *world)
{
    const weir_spec_model *model = x->spec->model;
    weir_entry *list = NULL;
    for (size_t i = 0; i < model->credential_count; i++) {
        weir_credential credential;
        if (!weir_plan_needs_credential(x->spec->plans[connection], i))
            continue;
        const weir_code code = weir_spec_credential(x->spec, i, &credential, x->error);
        if (code != WEIR_OK)
            return code;
        if (!list)
            list = weir_sheet_list(&x->sheet, into, "credentials");
        weir_entry *row = weir_sheet_map(&x->sheet, list, NULL);
        weir_sheet_text(&x->sheet, row, "name", credential.name);
        weir_sheet_text(&x->sheet, row, "value", WEIR_STR("***"));
        put_source(x, row, &credential);
        if (world->credentials[i].kind == WEIR_ABSENT && credential.is_required) {
            world->credentials[i] = weir_value_str(WEIR_STR("***"));
            world->credentials[i].flags |= WEIR_VALUE_SECRET;
        }
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ one connection */

static weir_code explain_parts(explanation *x, weir_entry *into, size_t connection,
                               const weir_world *world)
{
    const weir_connection_spec *spec = &x->spec->model->connections[connection];
    const weir_plan *plan = x->spec->plans[connection];
    weir_explain_stream *streams =
        WEIR_ARENA_ARRAY(x->sheet.arena, weir_explain_stream, spec->stream_count + 1);
    if (!streams)
        return weir_fail_nomem(x->error);
    for (size_t i = 0; i < spec->stream_count; i++) {
        const weir_code code = choose_assets(x, spec, i, &streams[i]);
        if (code != WEIR_OK)
            return code;
    }
    weir_vm *vm = weir_vm_new(x->sheet.arena);
    if (!vm)
        return weir_fail_nomem(x->error);
    const weir_message_input input = {.vm = vm, .world = &world->expr};
    weir_explain_sent(&x->sheet, into, plan, &input, streams);
    weir_vm_free(vm);
    weir_explain_plan(&x->sheet, into, plan, x->options->with_code);
    return WEIR_OK;
}

/* The frame's own copy: what is behind the caller's bytes is not known to be readable. */
static weir_code explain_traced(explanation *x, weir_entry *into, size_t connection,
                                const weir_world *world)
{
    const weir_explain_options *options = x->options;
    char *copy = weir_arena_alloc(x->sheet.arena, options->frame->len + WEIR_FRAME_SLACK);
    if (!copy)
        return weir_fail_nomem(x->error);
    if (options->frame->len > 0)
        memcpy(copy, options->frame->ptr, options->frame->len);
    memset(copy + options->frame->len, 0, WEIR_FRAME_SLACK);
    const weir_runner_frame frame = {.bytes = {copy, options->frame->len},
                                     .is_binary = options->is_binary,
                                     .topic = options->frame_name,
                                     .has_parts = options->has_parts,
                                     .received_ns = options->received_ns,
                                     .number = options->frame_number};
    if (weir_explain_frame(&x->sheet, into, x->spec->plans[connection], &world->expr, &frame) !=
        WEIR_OK)
        return weir_fail_nomem(x->error);
    return WEIR_OK;
}

/* What to look for in what is shown: the secrets as they are, and as they stand in JSON text. */
static bool choose_masks(explanation *x, const weir_world *world)
{
    const size_t count = world->secret_count;
    weir_secret *masks = WEIR_ARENA_ARRAY(x->sheet.arena, weir_secret, 2 * count + 1);
    for (size_t i = 0; masks && i < count; i++) {
        weir_buf escaped = {0};
        masks[i] = world->secrets[i];
        if (!masks[i].text.ptr)
            continue;
        weir_json_write_str(&escaped, masks[i].text);
        if (escaped.len > 2)
            masks[count + i].text =
                weir_arena_copy(x->sheet.arena, (weir_str){escaped.ptr + 1, escaped.len - 2});
        x->sheet.failed |= escaped.failed;
        weir_buf_wipe(&escaped);
    }
    x->sheet.secrets = masks;
    x->sheet.secret_count = 2 * count;
    return masks != NULL;
}

static weir_code explain_connection(explanation *x, size_t connection)
{
    weir_world world = {0};
    weir_code code = weir_world_init(&world, x->spec, connection, false, x->error);
    if (code != WEIR_OK)
        return code;
    weir_entry *into = weir_sheet_map(&x->sheet, x->connections, NULL);
    if (!choose_masks(x, &world)) {
        weir_world_fini(&world);
        return weir_fail_nomem(x->error);
    }
    weir_sheet_text(&x->sheet, into, "connection", x->spec->model->connections[connection].name);
    if (x->options->frame) {
        code = explain_traced(x, into, connection, &world);
    } else {
        code = explain_credentials(x, into, connection, &world);
        if (code == WEIR_OK)
            code = explain_parts(x, into, connection, &world);
    }
    x->sheet.secrets = NULL;
    x->sheet.secret_count = 0;
    weir_world_fini(&world);
    return code;
}

/* ------------------------------------------------------------------ all of it */

static weir_code explain_all(explanation *x)
{
    const weir_spec_model *model = x->spec->model;
    const bool is_one = x->options->connection || x->options->frame;
    size_t first = 0, end = model->connection_count;
    if (is_one) {
        first = weir_spec_find_connection(x->spec, x->options->connection, x->error);
        if (first == SIZE_MAX)
            return x->error->code;
        end = first + 1;
    }
    for (size_t i = 0; i < x->options->subscription_count; i++) {
        const weir_code code = check_name(x, x->options->subscriptions[i].stream);
        if (code != WEIR_OK)
            return code;
    }
    x->root = weir_sheet_root(&x->sheet);
    weir_sheet_text(&x->sheet, x->root, "spec", model->name);
    weir_sheet_text(&x->sheet, x->root, "file", model->path);
    x->connections = weir_sheet_list(&x->sheet, x->root, "connections");
    if (!find_examples(x))
        return weir_fail_nomem(x->error);
    for (size_t i = first; i < end; i++) {
        const weir_code code = explain_connection(x, i);
        if (code != WEIR_OK)
            return code;
    }
    return x->sheet.failed ? weir_fail_nomem(x->error) : WEIR_OK;
}

weir_code weir_explain(weir_spec *spec, const weir_explain_options *options, weir_text_buffer *out,
                       weir_error *error)
{
    static const weir_explain_options defaults = {0};
    weir_error local = {0};
    explanation x = {.spec = spec,
                     .options = options ? options : &defaults,
                     .sheet = {.arena = weir_arena_new(64 * 1024, 0)},
                     .error = error ? error : &local};
    if (!x.sheet.arena)
        return weir_fail_nomem(x.error);
    weir_code code = explain_all(&x);
    if (code == WEIR_OK) {
        weir_buf buf = {out->ptr, out->len, out->cap, false};
        if (x.options->as_json)
            weir_sheet_json(x.root, &buf);
        else
            weir_sheet_print(x.root, &buf);
        if (x.options->as_json)
            weir_buf_putc(&buf, '\n');
        if (buf.failed)
            code = weir_fail_nomem(x.error);
        *out = (weir_text_buffer){buf.ptr, buf.len, buf.cap};
    }
    weir_arena_free(x.sheet.arena);
    return code;
}
