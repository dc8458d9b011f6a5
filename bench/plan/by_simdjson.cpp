// SPDX-License-Identifier: MIT
//
// The opponent: C++ on simdjson On-Demand, written for each feed by hand. Buffers are padded, one
// parser is kept, fields are asked for in the order in which the venue sends them, texts without
// escapes are not copied, errors are codes and not exceptions, arrays are left as soon as nothing
// more is wanted of them. `tuned` is the same program with the project's own reader of numbers.
//
#include <simdjson.h>

#include <cstring>
#include <vector>

extern "C" {
#include "util/number.h"
#include "util/time.h"
}
#include "plan.h"

namespace {

namespace od = simdjson::ondemand;
using std::string_view;

constexpr int64_t kMs = 1000000;
constexpr int64_t kReceived = 1;

// The text between the quotes of a string token; false if it has escapes.
bool quoted(string_view token, string_view &out)
{
    if (token.size() < 2 || token[0] != '"')
        return false;
    size_t end = token.size();
    while (token[end - 1] != '"')
        end--; // blanks up to the next token
    out = token.substr(1, end - 2);
    return std::memchr(out.data(), '\\', out.size()) == nullptr;
}

struct plain {
    static constexpr const char *name = "simdjson";
    static bool in_quotes(od::value v, double &d)
    {
        return v.get_double_in_string().get(d) == simdjson::SUCCESS;
    }
    static bool bare(od::value v, double &d) { return v.get_double().get(d) == simdjson::SUCCESS; }
};

struct tuned {
    static constexpr const char *name = "simdjson+";
    static bool in_quotes(od::value v, double &d)
    {
        string_view text;
        return quoted(v.raw_json_token(), text) &&
               weir_double_parse_json({text.data(), text.size()}, &d);
    }
    static bool bare(od::value v, double &d)
    {
        string_view text = v.raw_json_token();
        size_t end = text.size();
        while (end && static_cast<unsigned char>(text[end - 1]) <= ' ')
            end--;
        return weir_double_parse_json({text.data(), end}, &d);
    }
};

template <class N> struct program {
    od::parser parser;
    bench_assets *assets = bench_assets_new();
    bench_record r{};
    std::vector<weir_level> books[2];
    void (program::*decode)(od::document &doc) = nullptr;
    bench_sink *sink = nullptr;

    ~program() { bench_assets_free(assets); }

    // ---- fields

    static bool text(simdjson::simdjson_result<od::value> found, weir_str &out)
    {
        od::value v;
        string_view t;
        if (found.get(v))
            return false;
        if (!quoted(v.raw_json_token(), t) && v.get_string().get(t))
            return false;
        out = {t.data(), t.size()};
        return true;
    }
    static bool text(od::value &v, weir_str &out)
    {
        return text(simdjson::simdjson_result<od::value>(od::value(v)), out);
    }
    static bool real(simdjson::simdjson_result<od::value> found, double &out)
    {
        od::value v;
        return !found.get(v) && N::in_quotes(v, out);
    }
    static bool bare(simdjson::simdjson_result<od::value> found, double &out)
    {
        od::value v;
        return !found.get(v) && N::bare(v, out);
    }
    static bool whole(simdjson::simdjson_result<od::value> found, int64_t &out)
    {
        return found.get_int64().get(out) == simdjson::SUCCESS;
    }
    bool asset(simdjson::simdjson_result<od::value> found)
    {
        weir_str symbol;
        if (!text(found, symbol))
            return false;
        r.asset = bench_asset_of(assets, symbol);
        return true;
    }
    bool time_ms(simdjson::simdjson_result<od::value> found)
    {
        int64_t ms;
        if (!whole(found, ms))
            return false;
        r.timestamp_ns = ms * kMs;
        return true;
    }
    bool time_text(simdjson::simdjson_result<od::value> found)
    {
        weir_str t;
        return text(found, t) && weir_time_parse(t, &r.timestamp_ns, nullptr);
    }

    using reader = bool (*)(od::value, double &);
    // [[price, size, ...], ...] to the book at `index`.
    template <reader Read> bool levels(simdjson::simdjson_result<od::value> found, unsigned index)
    {
        std::vector<weir_level> &book = books[index];
        od::array list;
        book.clear();
        if (found.get_array().get(list))
            return false;
        for (auto item : list) {
            od::array pair;
            weir_level level;
            if (item.get_array().get(pair) || !two<Read>(pair, level))
                return false;
            book.push_back(level);
        }
        put_book(index);
        return true;
    }
    template <reader Read> static bool two(od::array pair, weir_level &level)
    {
        int count = 0;
        for (auto number : pair) {
            od::value v;
            if (number.get(v) || !Read(v, count ? level.size : level.price))
                return false;
            if (++count == 2)
                return true;
        }
        return false;
    }
    void put_book(unsigned index)
    {
        r.levels[index] = books[index].data();
        r.level_count[index] = books[index].size();
    }

    void begin(const char *stream, unsigned reals, unsigned ints, unsigned texts, unsigned levels)
    {
        r.stream = stream;
        r.reals = reals;
        r.ints = ints;
        r.texts = texts;
        r.books = levels;
    }
    void publish() { sink->take(sink, &r); }

    // ---- Binance

    static bool ends_with(string_view s, string_view tail)
    {
        return s.size() >= tail.size() && s.substr(s.size() - tail.size()) == tail;
    }

    void binance(od::document &doc)
    {
        od::object top, d;
        weir_str t;
        if (doc.get_object().get(top) || !text(top.find_field_unordered("stream"), t))
            return;
        const string_view stream(t.ptr, t.len);
        const bool is_ticker = ends_with(stream, "@bookTicker");
        const bool is_trade = !is_ticker && ends_with(stream, "@trade");
        if (!is_ticker && !is_trade && stream.find("@depth") == string_view::npos)
            return;
        if (top.find_field_unordered("data").get_object().get(d))
            return;
        if (is_ticker ? binance_ticker(d) : is_trade ? binance_trade(d) : binance_book(d))
            publish();
    }
    bool binance_ticker(od::object &d)
    {
        begin("ticker", 4, 1, 0, 0);
        r.timestamp_ns = kReceived;
        return whole(d.find_field_unordered("u"), r.whole[0]) &&
               asset(d.find_field_unordered("s")) && real(d.find_field_unordered("b"), r.real[0]) &&
               real(d.find_field_unordered("B"), r.real[2]) &&
               real(d.find_field_unordered("a"), r.real[1]) &&
               real(d.find_field_unordered("A"), r.real[3]);
    }
    bool binance_trade(od::object &d)
    {
        bool is_maker;
        begin("trades", 2, 1, 1, 0);
        if (!asset(d.find_field_unordered("s")) ||
            !whole(d.find_field_unordered("t"), r.whole[0]) ||
            !real(d.find_field_unordered("p"), r.real[0]) ||
            !real(d.find_field_unordered("q"), r.real[1]) ||
            !time_ms(d.find_field_unordered("T")) ||
            d.find_field_unordered("m").get_bool().get(is_maker))
            return false;
        r.text[0] = is_maker ? weir_str{"SELL", 4} : weir_str{"BUY", 3};
        return true;
    }
    bool binance_book(od::object &d)
    {
        begin("book", 0, 3, 0, 2);
        r.whole[0] = 0;
        return time_ms(d.find_field_unordered("E")) && asset(d.find_field_unordered("s")) &&
               whole(d.find_field_unordered("U"), r.whole[1]) &&
               whole(d.find_field_unordered("u"), r.whole[2]) &&
               levels<N::in_quotes>(d.find_field_unordered("b"), 0) &&
               levels<N::in_quotes>(d.find_field_unordered("a"), 1);
    }

    // ---- Kraken: [id, payload, (payload,) name, pair]; the name stands behind what it explains

    void kraken(od::document &doc)
    {
        od::array list;
        od::json_type type;
        string_view last[2] = {};
        size_t count = 0;
        if (doc.type().get(type) || type != od::json_type::array || doc.get_array().get(list))
            return;
        for (auto item : list) {
            od::value v;
            if (item.get(v))
                return;
            if (count >= 2 && v.raw_json_token()[0] == '"') {
                weir_str t;
                last[0] = last[1];
                if (!text(v, t))
                    return;
                last[1] = string_view(t.ptr, t.len);
            }
            count++;
        }
        doc.rewind();
        if (doc.get_array().get(list))
            return;
        r.asset = bench_asset_of(assets, {last[1].data(), last[1].size()});
        if (last[0].substr(0, 4) == "book")
            kraken_book(list, count);
        else if (last[0] == "trade")
            kraken_trades(list);
        else if (last[0] == "ticker")
            kraken_ticker(list);
    }
    // "1618678142.221252" as ns, exactly, cut to microseconds
    static bool seconds(string_view t, int64_t &ns)
    {
        int64_t us = 0;
        size_t at = 0, decimals = 0;
        for (; at < t.size() && t[at] != '.'; at++)
            us = us * 10 + (t[at] - '0');
        for (at++; decimals < 6; at++, decimals++)
            us = us * 10 + (at < t.size() ? t[at] - '0' : 0);
        ns = us * 1000;
        return true;
    }
    bool kraken_levels(od::array list, unsigned index)
    {
        std::vector<weir_level> &book = books[index];
        for (auto item : list) {
            od::array triple;
            weir_level level;
            int count = 0;
            if (item.get_array().get(triple))
                return false;
            for (auto part : triple) {
                od::value v;
                string_view t;
                int64_t ns = 0;
                if (part.get(v))
                    return false;
                if (count == 2) {
                    if (!quoted(v.raw_json_token(), t) || !seconds(t, ns))
                        return false;
                    r.timestamp_ns = ns > r.timestamp_ns ? ns : r.timestamp_ns;
                    break;
                }
                if (!N::in_quotes(v, count ? level.size : level.price))
                    return false;
                count++;
            }
            book.push_back(level);
        }
        return true;
    }
    void kraken_book(od::array list, size_t count)
    {
        size_t at = 0;
        begin("book", 0, 2, 0, 2);
        books[0].clear();
        books[1].clear();
        r.timestamp_ns = INT64_MIN;
        for (auto item : list) {
            od::object payload;
            if (at > 0 && at < count - 2) {
                if (item.get_object().get(payload))
                    return;
                for (auto field : payload) {
                    string_view key;
                    od::value v;
                    weir_str t;
                    if (field.unescaped_key().get(key) || field.value().get(v))
                        return;
                    if (key == "c") {
                        r.whole[0] = 0;
                        if (!text(v, t) ||
                            weir_int_parse_json(t, &r.whole[1]) != WEIR_INT_OK)
                            return;
                        continue;
                    }
                    if (key.size() == 2) {
                        r.ints = 1;
                        r.whole[0] = 1;
                    }
                    od::array side;
                    if (v.get_array().get(side) || !kraken_levels(side, key[0] == 'a'))
                        return;
                }
            }
            at++;
        }
        put_book(0);
        put_book(1);
        publish();
    }
    void kraken_trades(od::array list)
    {
        size_t at = 0;
        for (auto item : list) {
            od::array trades;
            if (at++ != 1)
                continue;
            if (item.get_array().get(trades))
                return;
            for (auto trade : trades) {
                od::array fields;
                size_t count = 0;
                weir_str t = {};
                begin("trades", 2, 0, 2, 0);
                if (trade.get_array().get(fields))
                    return;
                for (auto part : fields) {
                    od::value v;
                    if (part.get(v))
                        return;
                    if (count < 2 ? !N::in_quotes(v, r.real[count]) : !text(v, t))
                        return;
                    if (count == 2)
                        seconds({t.ptr, t.len}, r.timestamp_ns);
                    if (count == 3)
                        r.text[0] = t.ptr[0] == 'b' ? weir_str{"BUY", 3} : weir_str{"SELL", 4};
                    if (count == 4)
                        r.text[1] = t.ptr[0] == 'm' ? weir_str{"MARKET", 6} : weir_str{"LIMIT", 5};
                    if (++count == 5)
                        break;
                }
                publish();
            }
            return;
        }
    }
    static bool pick(od::object &o, const char *key, size_t at, od::value &v)
    {
        od::array list;
        return !o.find_field_unordered(key).get_array().get(list) && !list.at(at).get(v);
    }
    void kraken_ticker(od::array list)
    {
        od::object d;
        od::value v;
        size_t at = 0;
        begin("ticker", 11, 1, 0, 0);
        r.timestamp_ns = kReceived;
        for (auto item : list) {
            if (at++ == 1 && item.get_object().get(d))
                return;
            if (at == 2)
                break;
        }
        // a [0] and [2], b [0] and [2], c [0] and [1]: each array once
        const struct {
            const char *key;
            size_t second, to[2];
        } pairs[] = {{"a", 2, {1, 4}}, {"b", 2, {0, 3}}, {"c", 1, {2, 5}}};
        for (const auto &p : pairs) {
            od::array values;
            size_t i = 0;
            if (d.find_field_unordered(p.key).get_array().get(values))
                return;
            for (auto part : values) {
                if (part.get(v))
                    return;
                if ((i == 0 || i == p.second) && !N::in_quotes(v, r.real[p.to[i != 0]]))
                    return;
                if (i++ == p.second)
                    break;
            }
        }
        const struct {
            const char *key;
            size_t to;
        } singles[] = {{"v", 9}, {"p", 10}, {"t", 0}, {"l", 8}, {"h", 7}, {"o", 6}};
        for (const auto &s : singles) {
            if (!pick(d, s.key, 1, v))
                return;
            if (s.key[0] == 't' ? v.get_int64().get(r.whole[0]) != simdjson::SUCCESS
                                : !N::in_quotes(v, r.real[s.to]))
                return;
        }
        publish();
    }

    // ---- Coinbase

    void coinbase(od::document &doc)
    {
        od::object d;
        weir_str t;
        if (doc.get_object().get(d) || !text(d.find_field_unordered("type"), t))
            return;
        const string_view type(t.ptr, t.len);
        bool is_good = false;
        if (type == "l2update")
            is_good = coinbase_update(d);
        else if (type == "snapshot")
            is_good = coinbase_snapshot(d);
        else if (type == "ticker")
            is_good = coinbase_ticker(d);
        else if (type == "match" || type == "last_match")
            is_good = coinbase_trade(d, type == "last_match");
        else if (type == "heartbeat")
            is_good = coinbase_heartbeat(d);
        if (is_good)
            publish();
    }
    bool coinbase_update(od::object &d)
    {
        od::array changes;
        begin("book", 0, 1, 0, 2);
        r.whole[0] = 0;
        books[0].clear();
        books[1].clear();
        if (!asset(d.find_field_unordered("product_id")) ||
            d.find_field_unordered("changes").get_array().get(changes))
            return false;
        for (auto item : changes) {
            od::array change;
            weir_level level;
            int count = 0;
            unsigned side = 0;
            if (item.get_array().get(change))
                return false;
            for (auto part : change) {
                od::value v;
                if (part.get(v))
                    return false;
                if (count == 0)
                    side = v.raw_json_token().substr(0, 5) != "\"buy\"";
                else if (!N::in_quotes(v, count == 2 ? level.size : level.price))
                    return false;
                count++;
            }
            books[side].push_back(level);
        }
        put_book(0);
        put_book(1);
        return time_text(d.find_field_unordered("time"));
    }
    bool coinbase_snapshot(od::object &d)
    {
        begin("book", 0, 1, 0, 2);
        r.whole[0] = 1;
        r.timestamp_ns = kReceived;
        return asset(d.find_field_unordered("product_id")) &&
               levels<N::in_quotes>(d.find_field_unordered("asks"), 1) &&
               levels<N::in_quotes>(d.find_field_unordered("bids"), 0);
    }
    bool coinbase_ticker(od::object &d)
    {
        begin("ticker", 8, 2, 1, 0);
        if (!whole(d.find_field_unordered("sequence"), r.whole[1]) ||
            !asset(d.find_field_unordered("product_id")) ||
            !real(d.find_field_unordered("price"), r.real[2]) ||
            !real(d.find_field_unordered("open_24h"), r.real[4]) ||
            !real(d.find_field_unordered("volume_24h"), r.real[7]) ||
            !real(d.find_field_unordered("low_24h"), r.real[6]) ||
            !real(d.find_field_unordered("high_24h"), r.real[5]) ||
            !real(d.find_field_unordered("best_bid"), r.real[0]) ||
            !real(d.find_field_unordered("best_ask"), r.real[1]) ||
            !text(d.find_field_unordered("side"), r.text[0]) ||
            !time_text(d.find_field_unordered("time")) ||
            !whole(d.find_field_unordered("trade_id"), r.whole[0]) ||
            !real(d.find_field_unordered("last_size"), r.real[3]))
            return false;
        r.text[0] = r.text[0].ptr[0] == 'b' ? weir_str{"BUY", 3} : weir_str{"SELL", 4};
        return true;
    }
    bool coinbase_trade(od::object &d, bool is_snapshot)
    {
        begin("trades", 2, 3, 1, 0);
        r.whole[2] = is_snapshot;
        if (!whole(d.find_field_unordered("trade_id"), r.whole[0]) ||
            !text(d.find_field_unordered("side"), r.text[0]) ||
            !real(d.find_field_unordered("size"), r.real[1]) ||
            !real(d.find_field_unordered("price"), r.real[0]) ||
            !asset(d.find_field_unordered("product_id")) ||
            !whole(d.find_field_unordered("sequence"), r.whole[1]) ||
            !time_text(d.find_field_unordered("time")))
            return false;
        r.text[0] = r.text[0].ptr[0] == 's' ? weir_str{"BUY", 3} : weir_str{"SELL", 4};
        return true;
    }
    bool coinbase_heartbeat(od::object &d)
    {
        begin("heartbeats", 0, 2, 0, 0);
        return whole(d.find_field_unordered("last_trade_id"), r.whole[1]) &&
               asset(d.find_field_unordered("product_id")) &&
               whole(d.find_field_unordered("sequence"), r.whole[0]) &&
               time_text(d.find_field_unordered("time"));
    }

    // ---- BitMEX

    void bitmex(od::document &doc)
    {
        od::object top;
        od::array rows;
        weir_str t, action;
        if (doc.get_object().get(top) || !text(top.find_field_unordered("table"), t) ||
            !text(top.find_field_unordered("action"), action))
            return;
        const string_view table(t.ptr, t.len);
        const bool is_book = table == "orderBookL2", is_quote = table == "quote";
        if ((!is_book && !is_quote && table != "trade") ||
            top.find_field_unordered("data").get_array().get(rows))
            return;
        for (auto item : rows) {
            od::object row;
            if (item.get_object().get(row))
                return;
            if (is_book ? bitmex_row(row, action) : is_quote ? bitmex_quote(row) : bitmex_trade(row))
                publish();
        }
    }
    bool bitmex_row(od::object &row, weir_str action)
    {
        // deletes have neither size nor price, updates no price
        const bool has_size = action.ptr[0] != 'd', has_price = has_size && action.ptr[0] != 'u';
        begin("book", has_size + has_price, 1, 2, 0);
        r.timestamp_ns = kReceived;
        r.text[1] = action;
        return asset(row.find_field_unordered("symbol")) &&
               whole(row.find_field_unordered("id"), r.whole[0]) &&
               text(row.find_field_unordered("side"), r.text[0]) &&
               (!has_size || bare(row.find_field_unordered("size"), r.real[has_price])) &&
               (!has_price || bare(row.find_field_unordered("price"), r.real[0]));
    }
    bool bitmex_quote(od::object &row)
    {
        begin("ticker", 4, 0, 0, 0);
        return time_text(row.find_field_unordered("timestamp")) &&
               asset(row.find_field_unordered("symbol")) &&
               bare(row.find_field_unordered("bidSize"), r.real[2]) &&
               bare(row.find_field_unordered("bidPrice"), r.real[0]) &&
               bare(row.find_field_unordered("askPrice"), r.real[1]) &&
               bare(row.find_field_unordered("askSize"), r.real[3]);
    }
    bool bitmex_trade(od::object &row)
    {
        begin("trades", 2, 0, 2, 0);
        return time_text(row.find_field_unordered("timestamp")) &&
               asset(row.find_field_unordered("symbol")) &&
               text(row.find_field_unordered("side"), r.text[0]) &&
               bare(row.find_field_unordered("size"), r.real[1]) &&
               bare(row.find_field_unordered("price"), r.real[0]) &&
               text(row.find_field_unordered("trdMatchID"), r.text[1]);
    }

    // ---- OKX

    bool time_ms_text(simdjson::simdjson_result<od::value> found)
    {
        weir_str t;
        int64_t ms;
        if (!text(found, t) || weir_int_parse_json(t, &ms) != WEIR_INT_OK)
            return false;
        r.timestamp_ns = ms * kMs;
        return true;
    }
    void okx(od::document &doc)
    {
        od::object top, arg;
        od::array rows;
        weir_str t, symbol, action = {};
        if (doc.get_object().get(top) || top.find_field_unordered("arg").get_object().get(arg) ||
            !text(arg.find_field_unordered("channel"), t) ||
            !text(arg.find_field_unordered("instId"), symbol))
            return;
        const string_view channel(t.ptr, t.len);
        const bool is_book = channel.substr(0, 5) == "books", is_trade = channel == "trades";
        if (!is_book && !is_trade && channel != "tickers")
            return;
        if (is_book && !text(top.find_field_unordered("action"), action))
            return;
        if (top.find_field_unordered("data").get_array().get(rows))
            return;
        if (is_book)
            r.asset = bench_asset_of(assets, symbol);
        for (auto item : rows) {
            od::object row;
            if (item.get_object().get(row))
                return;
            if (is_book ? okx_book(row, action) : is_trade ? okx_trade(row) : okx_ticker(row))
                publish();
        }
    }
    bool okx_book(od::object &row, weir_str action)
    {
        begin("book", 0, 2, 0, 2);
        r.whole[0] = string_view(action.ptr, action.len) == "snapshot";
        return levels<N::in_quotes>(row.find_field_unordered("asks"), 1) &&
               levels<N::in_quotes>(row.find_field_unordered("bids"), 0) &&
               time_ms_text(row.find_field_unordered("ts")) &&
               whole(row.find_field_unordered("checksum"), r.whole[1]);
    }
    bool okx_trade(od::object &row)
    {
        begin("trades", 2, 0, 2, 0);
        return asset(row.find_field_unordered("instId")) &&
               text(row.find_field_unordered("tradeId"), r.text[1]) &&
               real(row.find_field_unordered("px"), r.real[0]) &&
               real(row.find_field_unordered("sz"), r.real[1]) &&
               text(row.find_field_unordered("side"), r.text[0]) &&
               time_ms_text(row.find_field_unordered("ts"));
    }
    bool okx_ticker(od::object &row)
    {
        weir_str bid, ask;
        double last, open, high, low, volume;
        if (!asset(row.find_field_unordered("instId")) ||
            !real(row.find_field_unordered("last"), last) ||
            !text(row.find_field_unordered("askPx"), ask) ||
            !text(row.find_field_unordered("bidPx"), bid) ||
            !real(row.find_field_unordered("open24h"), open) ||
            !real(row.find_field_unordered("high24h"), high) ||
            !real(row.find_field_unordered("low24h"), low) ||
            !real(row.find_field_unordered("vol24h"), volume) ||
            !time_ms_text(row.find_field_unordered("ts")))
            return false;
        begin("ticker", 0, 0, 0, 0);
        for (weir_str side : {bid, ask})
            if (side.len && !weir_double_parse_json(side, &r.real[r.reals++]))
                return false;
        for (double d : {last, open, high, low, volume})
            r.real[r.reals++] = d;
        return true;
    }

    // ---- Huobi

    void huobi(od::document &doc)
    {
        od::object top, tick;
        weir_str t;
        if (doc.get_object().get(top) || !text(top.find_field_unordered("ch"), t))
            return;
        const string_view ch(t.ptr, t.len);
        const size_t first = ch.find('.'), second = ch.find('.', first + 1);
        const bool is_book = ends_with(ch, ".depth.step0");
        if (second == string_view::npos || (!is_book && !ends_with(ch, ".trade.detail")))
            return;
        r.asset = bench_asset_of(assets, {t.ptr + first + 1, second - first - 1});
        if (is_book) {
            begin("book", 0, 0, 0, 2);
            if (!time_ms(top.find_field_unordered("ts")) ||
                top.find_field_unordered("tick").get_object().get(tick) ||
                !levels<N::bare>(tick.find_field_unordered("bids"), 0) ||
                !levels<N::bare>(tick.find_field_unordered("asks"), 1))
                return;
            publish();
            return;
        }
        od::array trades;
        if (top.find_field_unordered("tick").get_object().get(tick) ||
            tick.find_field_unordered("data").get_array().get(trades))
            return;
        for (auto item : trades) {
            od::object trade;
            begin("trades", 2, 0, 1, 0);
            if (item.get_object().get(trade) ||
                !bare(trade.find_field_unordered("amount"), r.real[1]) ||
                !time_ms(trade.find_field_unordered("ts")) ||
                !bare(trade.find_field_unordered("price"), r.real[0]) ||
                !text(trade.find_field_unordered("direction"), r.text[0]))
                continue;
            publish();
        }
    }

    // ---- Alpaca

    void alpaca(od::document &doc)
    {
        od::array rows;
        if (doc.get_array().get(rows))
            return;
        for (auto item : rows) {
            od::object row;
            od::value type;
            if (item.get_object().get(row) || row.find_field_unordered("T").get(type))
                return;
            const string_view token = type.raw_json_token();
            const char letter = token.size() >= 3 && token[2] == '"' ? token[1] : 0;
            if (letter == 't' ? alpaca_trade(row) : letter == 'q' && alpaca_quote(row))
                publish();
        }
    }
    bool alpaca_trade(od::object &row)
    {
        begin("trades", 2, 1, 1, 0);
        return whole(row.find_field_unordered("i"), r.whole[0]) &&
               asset(row.find_field_unordered("S")) &&
               text(row.find_field_unordered("x"), r.text[0]) &&
               bare(row.find_field_unordered("p"), r.real[0]) &&
               bare(row.find_field_unordered("s"), r.real[1]) &&
               time_text(row.find_field_unordered("t"));
    }
    bool alpaca_quote(od::object &row)
    {
        begin("quotes", 4, 0, 0, 0);
        return asset(row.find_field_unordered("S")) &&
               bare(row.find_field_unordered("bp"), r.real[0]) &&
               bare(row.find_field_unordered("bs"), r.real[2]) &&
               bare(row.find_field_unordered("ap"), r.real[1]) &&
               bare(row.find_field_unordered("as"), r.real[3]) &&
               time_text(row.find_field_unordered("t"));
    }
};

template <class N> void *open_program(const char *feed, const char *)
{
    static const struct {
        const char *name;
        void (program<N>::*decode)(od::document &doc);
    } feeds[] = {{"binance", &program<N>::binance}, {"kraken", &program<N>::kraken},
                 {"coinbase", &program<N>::coinbase}, {"bitmex", &program<N>::bitmex},
                 {"okx", &program<N>::okx},         {"huobi", &program<N>::huobi},
                 {"alpaca", &program<N>::alpaca}};
    for (const auto &f : feeds) {
        if (std::strcmp(f.name, feed) != 0)
            continue;
        auto *self = new program<N>();
        self->decode = f.decode;
        return self;
    }
    return nullptr;
}

template <class N> void feed_frame(void *user, weir_str frame, bench_sink *sink)
{
    auto *self = static_cast<program<N> *>(user);
    od::document doc;
    self->sink = sink;
    if (self->parser.iterate(frame.ptr, frame.len, frame.len + BENCH_SLACK).get(doc))
        return;
    (self->*self->decode)(doc);
}

template <class N> void close_program(void *user)
{
    delete static_cast<program<N> *>(user);
}

} // namespace

static_assert(BENCH_SLACK >= simdjson::SIMDJSON_PADDING, "frames are padded as simdjson wants it");

extern "C" {
const bench_program bench_simdjson = {plain::name, open_program<plain>, feed_frame<plain>,
                                      close_program<plain>};
const bench_program bench_simdjson_numbers = {tuned::name, open_program<tuned>, feed_frame<tuned>,
                                              close_program<tuned>};
}
