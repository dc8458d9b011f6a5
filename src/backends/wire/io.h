/* SPDX-License-Identifier: MIT */
/* What one attempt to move bytes over a non-blocking stream comes to. */
#ifndef WEIR_BACKENDS_WIRE_IO_H
#define WEIR_BACKENDS_WIRE_IO_H

typedef enum weir_io {
    WEIR_IO_OK,         /**< some bytes moved, or the step is complete */
    WEIR_IO_WAIT_READ,  /**< again when the descriptor is readable */
    WEIR_IO_WAIT_WRITE, /**< again when it is writable */
    WEIR_IO_EOF,        /**< the peer has ended its side */
    WEIR_IO_FAILED      /**< the error tells why; the stream is dead */
} weir_io;

#endif
