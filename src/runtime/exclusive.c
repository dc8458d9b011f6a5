/* SPDX-License-Identifier: MIT */
/* A list under a mutex: there are as many claims as there are connections to such venues. A key may
 * hold a secret: it is compared, wiped when it is given back, and never said. */
#include "runtime/exclusive.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/crypto.h"
#include "util/error.h"

struct weir_claim {
    weir_claim *next;
    char *owner;
    char *key;
    size_t key_len;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static weir_claim *claims;

static bool has_key(const weir_claim *claim, weir_str key)
{
    return weir_str_eq((weir_str){claim->key, claim->key_len}, key);
}

static void free_claim(weir_claim *claim)
{
    if (!claim)
        return;
    if (claim->key)
        weir_wipe(claim->key, claim->key_len);
    free(claim->key);
    free(claim->owner);
    free(claim);
}

static weir_claim *new_claim(weir_str key, weir_str owner)
{
    weir_claim *claim = calloc(1, sizeof *claim);
    if (!claim)
        return NULL;
    claim->key = malloc(key.len + 1);
    claim->owner = strndup(owner.ptr, owner.len);
    claim->key_len = key.len;
    if (claim->key && claim->owner) {
        memcpy(claim->key, key.ptr, key.len);
        return claim;
    }
    claim->key_len = 0;
    free_claim(claim);
    return NULL;
}

weir_code weir_claim_take(weir_claim **claim, weir_str key, weir_str owner, weir_error *error)
{
    if (*claim && has_key(*claim, key))
        return WEIR_OK;
    weir_claim_drop(claim);
    weir_claim *fresh = new_claim(key, owner);
    if (!fresh)
        return weir_fail_nomem(error);
    weir_code code = WEIR_OK;
    pthread_mutex_lock(&lock);
    const weir_claim *holder = claims;
    while (holder && !has_key(holder, key))
        holder = holder->next;
    if (holder) {
        code =
            weir_fail(error, WEIR_ERR_STATE,
                      "the venue allows one connection with this key, and '%s' of this process has "
                      "it: stop that one first, or give this one another key",
                      holder->owner);
    } else {
        fresh->next = claims;
        claims = fresh;
    }
    pthread_mutex_unlock(&lock);
    if (code == WEIR_OK)
        *claim = fresh;
    else
        free_claim(fresh);
    return code;
}

void weir_claim_drop(weir_claim **claim)
{
    if (!*claim)
        return;
    pthread_mutex_lock(&lock);
    for (weir_claim **at = &claims; *at; at = &(*at)->next) {
        if (*at == *claim) {
            *at = (*claim)->next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    free_claim(*claim);
    *claim = NULL;
}
