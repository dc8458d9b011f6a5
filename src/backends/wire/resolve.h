/* SPDX-License-Identifier: MIT */
/*
 * Host names to addresses, off the loop: getaddrinfo blocks for as long as the resolver likes, so
 * it runs on a helper thread, and the loop hears of the result through a descriptor.
 */
#ifndef WEIR_BACKENDS_WIRE_RESOLVE_H
#define WEIR_BACKENDS_WIRE_RESOLVE_H

#include <sys/socket.h>

#include <weir/types.h>

#include "backends/wire/loop.h"
#include "backends/wire/url.h"

enum { WEIR_ADDRESSES_MAX = 16, WEIR_ADDRESS_TEXT_MAX = 64 };

typedef struct weir_address {
    struct sockaddr_storage socket;
    socklen_t len;
} weir_address;

/** Addresses in the order in which to try them: the resolver's, with the families taking turns. */
typedef struct weir_addresses {
    size_t count;
    weir_address list[WEIR_ADDRESSES_MAX];
} weir_addresses;

typedef struct weir_resolve weir_resolve;

/** Parses an address literal; false for a name. */
bool weir_resolve_literal(const char *host, uint16_t port, weir_addresses *addresses);
/** "127.0.0.1:80" or "[::1]:80". */
void weir_address_show(const weir_address *address, char out[WEIR_ADDRESS_TEXT_MAX]);

/**
 * Starts resolving; `on_done` is called once on the loop's thread, never from inside, with
 * addresses or an error; the handle is gone when it is called. NULL with `error` if it cannot
 * start.
 */
weir_resolve *weir_resolve_open(weir_loop *loop, const char *host, uint16_t port,
                                void (*on_done)(void *user, const weir_addresses *addresses,
                                                const weir_error *error),
                                void *user, weir_error *error);
/** No callback follows, whatever the helper thread is doing. Never blocks. */
void weir_resolve_close(weir_resolve *resolve);

#endif
