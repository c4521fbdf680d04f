// SPDX-License-Identifier: Apache-2.0
#include "metrics.hpp"

#include <functional>
#include <string_view>
#include <utility>

#include "text.hpp"

namespace aimdb::aimx {
namespace {

class MetricsText {
public:
    void begin(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += "# HELP aimdb_" + name_ + ' ';
        text_ += help;
        text_ += "\n# TYPE aimdb_" + name_ + ' ';
        text_ += type;
        text_ += '\n';
    }
    void value(std::uint64_t number, std::string_view key = {}) {
        text_ += "aimdb_" + name_;
        if (!key.empty()) {  // keys have no quote, no backslash and no line end
            text_ += "{record=\"";
            text_ += key;
            text_ += "\"}";
        }
        text_ += ' ';
        append_number(text_, number);
        text_ += '\n';
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string name_;
    std::string text_;
};

void describe_server(MetricsText& text, const ServerStats& stats) {
    const auto one = [&text](std::string_view name, std::string_view type, std::string_view help,
                             std::uint64_t number) {
        text.begin(name, type, help);
        text.value(number);
    };
    one("aimx_connections", "gauge", "Connections open now.", stats.connections_open);
    one("aimx_connections_accepted_total", "counter", "Connections accepted.",
        stats.connections_accepted);
    one("aimx_connections_refused_total", "counter", "Connections closed for want of a token.",
        stats.connections_refused);
    one("aimx_connections_cut_total", "counter", "Connections cut because the client was too slow.",
        stats.connections_cut);
    one("aimx_subscriptions", "gauge", "Subscriptions open now.", stats.subscriptions_open);
    one("aimx_frames_total", "counter", "Frames received.", stats.frames_in);
    one("aimx_frames_malformed_total", "counter", "Frames skipped.", stats.frames_malformed);
    one("aimx_requests_total", "counter", "Requests answered.", stats.requests);
    one("aimx_requests_failed_total", "counter", "Requests answered with an error.",
        stats.requests_failed);
    one("aimx_events_sent_total", "counter", "Events and snapshots sent.", stats.events_sent);
    one("aimx_events_lost_total", "counter", "Values that slow clients were told they missed.",
        stats.events_lost);
    one("aimx_writes_total", "counter", "Values written by clients.", stats.writes);
    one("aimx_writes_refused_total", "counter", "Writes refused.", stats.writes_refused);
}

void describe_records(MetricsText& text, const Database& database) {
    const std::vector<RecordInfo> records = database.records();
    using Field = std::uint64_t RecordCounters::*;
    constexpr std::pair<std::pair<std::string_view, std::string_view>, Field> fields[] = {
        {{"record_produced_total", "Values produced."}, &RecordCounters::produced},
        {{"record_consumed_total", "Values taken, by all readers."}, &RecordCounters::consumed},
        {{"record_overwritten_total", "Values no longer retained."}, &RecordCounters::overwritten},
        {{"record_lagged_total", "Values missed, over all readers."}, &RecordCounters::lagged}};
    for (const auto& [what, field] : fields) {
        text.begin(what.first, "counter", what.second);
        for (const RecordInfo& record : records) {
            text.value(record.counters.*field, record.key);
        }
    }
}

}  // namespace

std::string describe_metrics(const Database& database, const ServerStats& stats) {
    MetricsText text;
    describe_server(text, stats);
    describe_records(text, database);
    return text.take();
}

}  // namespace aimdb::aimx
