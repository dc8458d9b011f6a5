/* SPDX-License-Identifier: MIT */
/* Small files and paths. Texts of errors name the path and the system's reason. */
#ifndef WEIR_UTIL_FILE_H
#define WEIR_UTIL_FILE_H

#include <weir/types.h>

#include "util/buf.h"

/**
 * Appends a whole file to `out`. WEIR_ERR_IO (not there, a directory, not readable), WEIR_ERR_LIMIT
 * when it has more than `max_len` bytes, WEIR_ERR_NOMEM. On failure out->len is as it was.
 */
weir_code weir_file_read(const char *path, size_t max_len, weir_buf *out, weir_error *error);
/**
 * The same for a file that holds secrets: WEIR_ERR_CREDENTIALS unless it is a regular file of ours
 * (or root's) that group and others cannot read or write. Checked on the open descriptor, so what
 * was checked is what is read. The caller wipes `out`.
 */
weir_code weir_file_read_private(const char *path, size_t max_len, weir_buf *out,
                                 weir_error *error);
/**
 * Puts `text` in the place of a file, whole or not at all: written beside it, handed to the disk,
 * renamed. Mode is kept; through a symbolic link, the file it leads to is meant. WEIR_ERR_IO.
 */
weir_code weir_file_replace(const char *path, weir_str text, weir_error *error);
/** True when something is there that can be read. */
bool weir_file_exists(const char *path);

/** The directory part of a path as a span of it or a literal: "a/b" -> "a", "b" -> ".", "/b" ->
 * "/". */
weir_str weir_path_dirname(weir_str path);
/** The last part: "a/b.yaml" -> "b.yaml". */
weir_str weir_path_basename(weir_str path);
/** Appends `name` as seen from directory `dir`: `name` itself when absolute or dir is empty or ".",
 * otherwise dir/name. */
void weir_path_join(weir_str dir, weir_str name, weir_buf *out);

#endif
