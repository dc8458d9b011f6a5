/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as frames for the decoder of plugins/kite, loaded as a spec loads it: the first byte
 * says whether it is a text frame. Everything that a plugin makes goes through the host's table, so
 * that is run too. Records must be written as JSON; a frame gives records, or fails, or is dropped.
 */
#include <stdlib.h>

#include <weir/weir.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static size_t records;

static void on_record(void *user, const weir_record *record)
{
    weir_text_buffer text = {0};
    (void)user;
    records++;
    if (!weir_record_json(&text, record, true))
        abort();
    weir_text_buffer_free(&text);
}

static weir_decoder *open_decoder(void)
{
    weir_error error = {0};
    setenv("WEIR_PLUGIN_PATH", WEIR_PLUGIN_BUILD, 1);
    weir_spec *spec = weir_spec_load(WEIR_SOURCE_DIR "/plugins/kite/kite.yaml", NULL, NULL, &error);
    weir_decoder *decoder = spec ? weir_decoder_new(spec, NULL, &error) : NULL;
    if (!decoder)
        abort();
    return decoder;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static weir_decoder *decoder; /* for all inputs: its state must not matter */
    weir_connection_status before, after;
    if (!decoder)
        decoder = open_decoder();
    if (size == 0)
        return 0;
    char *frame = calloc(1, size - 1 + WEIR_FRAME_SLACK);
    if (!frame)
        return 0;
    memcpy(frame, bytes + 1, size - 1);
    weir_decoder_status(decoder, &before);
    records = 0;
    weir_decoder_feed(decoder, (weir_str){frame, size - 1}, bytes[0] % 2 == 0, 1700000000000000000,
                      on_record, NULL);
    weir_decoder_status(decoder, &after);
    if (after.frames != before.frames + 1 || after.records_out != before.records_out + records)
        abort();
    free(frame);
    return 0;
}
