// SPDX-License-Identifier: Apache-2.0
#include "client_answers.hpp"

#include <algorithm>

#include "text_scan.hpp"

namespace aimdb::aimx {
namespace {

[[noreturn]] void fail(const char* what) {
    throw Error(Errc::decode_failed, std::string("read answer: ") + what);
}

std::string text_or_empty(const Params& object, std::string_view name) {
    return object.text(name).value_or(std::string());
}

UnixTime read_time(std::string_view json) {
    return from_unix_ms(static_cast<std::int64_t>(
        std::min<std::uint64_t>(read_number(json).value_or(0), INT64_MAX)));
}

std::vector<std::string> read_texts(std::string_view json) {
    std::vector<std::string> texts;
    const bool is_array = for_each_element(json, [&texts](std::string_view element) {
        if (std::optional<std::string> text = read_text(element)) {
            texts.push_back(std::move(*text));
        }
    });
    if (!is_array) {
        texts.clear();
    }
    return texts;
}

RemoteRecord read_record(std::string_view json) {
    const Params row(json);
    std::optional<std::string> key = row.text("record_key");
    if (!key) {
        fail("a row of record.list has no record_key");
    }
    RemoteRecord record;
    record.key = std::move(*key);
    record.type = text_or_empty(row, "name");
    record.origin = std::string(row.raw("origin"));
    record.buffer_type = text_or_empty(row, "buffer_type");
    record.capacity = row.number("buffer_capacity");
    record.writable = row.flag("writable");
    record.producers = row.number("producer_count").value_or(0);
    record.consumers = row.number("consumer_count").value_or(0);
    record.outbound_links = row.number("outbound_connector_count").value_or(0);
    record.schema_type = text_or_empty(row, "schema_type");
    record.entity = text_or_empty(row, "entity");
    record.produced = row.number("produced_count");
    record.consumed = row.number("consumed_count");
    record.dropped = row.number("dropped_count");
    record.persisted = row.flag("persisted");
    if (row.number("last_produced")) {
        record.last_produced = read_time(row.raw("last_produced"));
    }
    record.json = std::string(json);
    return record;
}

std::vector<RemoteRecord> read_records(std::string_view json) {
    std::vector<RemoteRecord> records;
    if (!for_each_element(json,
                          [&](std::string_view row) { records.push_back(read_record(row)); })) {
        fail("record.list gave no array");
    }
    return records;
}

HistoryRow read_row(std::string_view json) {
    const Params row(json);
    std::optional<std::string> topic = row.text("topic");
    if (!topic) {
        fail("a row of record.query has no topic");
    }
    HistoryRow result;
    result.record = std::move(*topic);
    result.id = static_cast<std::int64_t>(row.number("id").value_or(0));
    result.sequence = row.number("pos").value_or(0);
    result.stored_at = read_time(row.raw("ts"));
    if (!row.has("too_large")) {
        result.value = row.has("payload") ? std::string(row.raw("payload")) : "null";
    }
    return result;
}

GapCause cause_named(std::string_view name) noexcept {
    for (auto cause = static_cast<std::uint8_t>(GapCause::lagged);
         cause <= static_cast<std::uint8_t>(GapCause::rejected_too_large); ++cause) {
        if (to_string(static_cast<GapCause>(cause)) == name) {
            return static_cast<GapCause>(cause);
        }
    }
    return GapCause::lagged;
}

}  // namespace

bool is_compatible_version(std::string_view version) noexcept {
    return version.substr(0, version.find('.')) == "3";
}

Welcome read_welcome(std::string_view json) {
    const Params object(json);
    Welcome welcome;
    welcome.version = text_or_empty(object, "version");
    welcome.server = text_or_empty(object, "server");
    welcome.epoch = text_or_empty(object, "epoch");
    welcome.extensions = object.number("extensions") == std::uint64_t{1};
    welcome.authenticated = object.flag("authenticated");
    welcome.max_subscriptions = object.number("max_subscriptions").value_or(0);
    welcome.max_frame = object.number("max_frame").value_or(0);
    welcome.permissions = read_texts(object.raw("permissions"));
    welcome.writable_records = read_texts(object.raw("writable_records"));
    return welcome;
}

bool for_each_element(std::string_view json, const std::function<void(std::string_view)>& f) {
    const char* at = json.data();
    const char* const end = at + json.size();
    if (!take_char(at, end, '[')) {
        return false;
    }
    bool more = !take_char(at, end, ']');
    while (more) {
        skip_white_space(at, end);
        const char* const first = at;
        if (!skip_json(at, end)) {
            return false;
        }
        f({first, static_cast<std::size_t>(at - first)});
        more = take_char(at, end, ',');
        if (!more && !take_char(at, end, ']')) {
            return false;
        }
    }
    return true;
}

ListPage read_list(std::string_view json) {
    ListPage page;
    if (json.starts_with('[')) {
        page.rows = read_records(json);
        return page;
    }
    const Params object(json);
    page.rows = read_records(object.raw("records"));
    page.next = text_or_empty(object, "next");
    return page;
}

DrainResult read_drain(std::string_view json) {
    const Params object(json);
    DrainResult result;
    const bool is_array = for_each_element(
        object.raw("values"), [&](std::string_view value) { result.values.emplace_back(value); });
    if (!is_array) {
        fail("record.drain gave no values");
    }
    result.lost = object.number("lost").value_or(0);
    result.more = object.flag("more");
    return result;
}

WriteOutcome read_outcome(std::string_view json) {
    const Params object(json);
    return {true, object.number("pos").value_or(0), text_or_empty(object, "epoch")};
}

std::string read_set_value(std::string_view json) { return std::string(Params(json).raw("value")); }

HistoryPage read_history(std::string_view json) {
    const Params object(json);
    HistoryPage page;
    const bool is_array = for_each_element(
        object.raw("records"), [&](std::string_view row) { page.rows.push_back(read_row(row)); });
    if (!is_array) {
        fail("record.query gave no records");
    }
    const bool has_gaps = for_each_element(object.raw("gaps"), [&page](std::string_view gap) {
        const Params members(gap);
        page.gaps.push_back(
            read_gap([&members](std::string_view name) { return members.raw(name); }));
    });
    if (!has_gaps) {
        page.gaps.clear();
    }
    page.next = Cursor::from_text(text_or_empty(object, "next")).value_or(Cursor());
    page.corrupt_rows = object.number("corrupt_rows").value_or(0);
    page.gaps_cut = object.flag("gaps_cut");
    return page;
}

HistoryGap read_gap(const std::function<std::string_view(std::string_view)>& member) {
    HistoryGap gap;
    gap.record = read_text(member("topic")).value_or(std::string());
    gap.first = read_number(member("first")).value_or(0);
    gap.last = read_number(member("last")).value_or(0);
    gap.count = read_number(member("count")).value_or(0);
    gap.cause = cause_named(read_text(member("cause")).value_or(std::string()));
    gap.at = read_time(member("ts"));
    return gap;
}

}  // namespace aimdb::aimx
