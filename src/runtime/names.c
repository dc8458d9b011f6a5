/* SPDX-License-Identifier: MIT */
/* A map over texts of its own, and a list to free them by. */
#include "runtime/names.h"

#include <stdlib.h>
#include <string.h>

struct weir_name {
    weir_name *next;
    size_t len;
    char text[];
};

void weir_names_init(weir_names *names)
{
    names->first = NULL;
    names->by_text = (weir_map){0};
    pthread_mutex_init(&names->lock, NULL);
}

void weir_names_fini(weir_names *names)
{
    for (weir_name *next; names->first; names->first = next) {
        next = names->first->next;
        free(names->first);
    }
    weir_map_fini(&names->by_text);
    pthread_mutex_destroy(&names->lock);
}

static weir_name *make(weir_names *names, weir_str text)
{
    weir_name *name = malloc(sizeof *name + text.len + 1);
    if (!name)
        return NULL;
    if (text.len > 0) /* a consumer of all connections names none */
        memcpy(name->text, text.ptr, text.len);
    name->text[text.len] = '\0';
    name->len = text.len;
    if (!weir_map_put(&names->by_text, (weir_str){name->text, name->len}, name)) {
        free(name);
        return NULL;
    }
    name->next = names->first;
    names->first = name;
    return name;
}

weir_str weir_names_keep(weir_names *names, weir_str text)
{
    pthread_mutex_lock(&names->lock);
    weir_name *name = weir_map_get(&names->by_text, text);
    if (!name)
        name = make(names, text);
    pthread_mutex_unlock(&names->lock);
    return name ? (weir_str){name->text, name->len} : (weir_str){0};
}
