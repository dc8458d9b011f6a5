/* SPDX-License-Identifier: MIT */
/* A resolver that does not come back, to be loaded in front of the C library's: run_stop.py. */
#include <netdb.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    (void)node;
    (void)service;
    (void)hints;
    (void)result;
    for (;;)
        sleep(60);
}
