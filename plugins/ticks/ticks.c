/* SPDX-License-Identifier: MIT */
/*
 * Prices on a venue's grid. Venues send prices with noise behind the last digit that counts, or
 * want orders on multiples of a tick; both is rounding to a grid that is decimal and not binary:
 * 0.1 * 3 is not 0.3. So the number of ticks is rounded, and the price is read back from its
 * decimal text with as many digits as the tick has, which gives the double nearest to it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <weir/plugin.h>

enum { DIGITS_MAX = 15 };

/* Digits behind the point: 0.05 has two. -1: it has more than a double can tell. */
static int digits_of(double tick)
{
    double scaled = tick;
    for (int digits = 0; digits <= DIGITS_MAX; digits++) {
        if (fabs(scaled - nearbyint(scaled)) < 1e-9 * scaled && nearbyint(scaled) >= 1)
            return digits;
        scaled *= 10;
    }
    return -1;
}

static const weir_value *round_to(weir_plugin_context *context, double price, double tick,
                                  weir_str mode)
{
    const weir_plugin_host *host = context->host;
    char text[400];
    const int digits = tick > 0 && isfinite(tick) ? digits_of(tick) : -1;
    if (digits < 0)
        return host->fail(context, "a tick is a number above 0 such as 0.05, not %g", tick);
    if (!isfinite(price))
        return host->fail(context, "%g is no price", price);
    double ticks = price / tick;
    const double nearest = nearbyint(ticks);
    if (fabs(ticks - nearest) <= 1e-9 * fmax(1, fabs(nearest)))
        ticks = nearest; /* it is on the grid, but for what division added */
    else if (weir_str_is(mode, "down"))
        ticks = floor(ticks);
    else if (weir_str_is(mode, "up"))
        ticks = ceil(ticks);
    else if (weir_str_is(mode, "nearest"))
        ticks = nearest;
    else
        return host->fail(context, "the mode is 'nearest', 'down' or 'up', not '%.*s'",
                          WEIR_FMT(mode));
    snprintf(text, sizeof text, "%.*f", digits, ticks * tick);
    return host->make_f64(context, strtod(text, NULL));
}

static const weir_value *tick_round(weir_plugin_context *context, const weir_value *const *args,
                                    size_t count)
{
    const weir_plugin_host *host = context->host;
    double price = 0, tick = 0;
    weir_str mode = {"nearest", 7};
    (void)count;
    if (!host->get_f64(context, args[0], &price) || !host->get_f64(context, args[1], &tick))
        return host->fail(context, "price and tick are numbers");
    if (args[2] && !host->get_text(context, args[2], &mode))
        return host->fail(context, "the mode is a text");
    return round_to(context, price, tick, mode);
}

/* What the spec gives under `options`. */
typedef struct settings {
    double tick; /* 0: not given */
} settings;

static const weir_value *on_grid(weir_plugin_context *context, const weir_value *const *args,
                                 size_t count)
{
    const settings *own = context->state;
    const weir_str nearest = {"nearest", 7};
    double price = 0;
    (void)count;
    if (own->tick == 0)
        return context->host->fail(context, "the spec gives no `tick` under the plugin's options");
    if (!context->host->get_f64(context, args[0], &price))
        return context->host->fail(context, "the value is no number");
    return round_to(context, price, own->tick, nearest);
}

static const weir_plugin_function rows[] = {
    {WEIR_PLUGIN_EXPRESSION, "tick_round", "price tick mode?", tick_round, WEIR_TYPE_FLOAT, NULL, 0,
     "the price on the grid of the tick: the nearest, or the one 'down' or 'up'"},
    {WEIR_PLUGIN_TRANSFORM, "on_grid", NULL, on_grid, WEIR_TYPE_FLOAT, NULL, 0,
     "the nearest price on the grid of the option `tick`"},
};

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    const weir_plugin_host *host = context->host;
    const weir_value *tick = host->option(context, "tick");
    settings *own = calloc(1, sizeof *own);
    bool is_good = own != NULL;
    if (tick && own && (!host->get_f64(context, tick, &own->tick) || !(own->tick > 0))) {
        host->fail(context, "the option 'tick' is a number above 0");
        is_good = false;
    }
    for (size_t i = 0; is_good && i < sizeof rows / sizeof rows[0]; i++)
        is_good = host->add_function(registry, &rows[i]);
    if (!is_good) {
        free(own);
        return false;
    }
    context->state = own;
    return true;
}

const weir_plugin_entry weir_plugin = {
    WEIR_PLUGIN_HEAD, "ticks", "1.0", "prices on the grid of a tick size", init, free};
