// SPDX-License-Identifier: Apache-2.0
//
// How records are described: the rows of record.list, and the graph.
#include <algorithm>

#include "catalog.hpp"
#include "text.hpp"

namespace aimdb::aimx {
namespace {

std::string_view buffer_name(BufferKind kind) noexcept {
    switch (kind) {
        case BufferKind::spmc_ring: return "spmc_ring";
        case BufferKind::single_latest: return "single_latest";
        case BufferKind::mailbox: return "mailbox";
    }
    return "none";
}

// AimDB's clients show it and compare it; it only has to tell types apart.
void append_type_id(std::string& out, std::string_view type) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\"TypeId(0x";
    for (const std::uint64_t seed : {0xcbf29ce484222325u, 0x84222325cbf29ce4u}) {
        std::uint64_t hash = seed;
        for (const char c : type) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
        }
        for (int shift = 60; shift >= 0; shift -= 4) {
            out += digits[(hash >> shift) & 15];
        }
    }
    out += ")\"";
}

std::string_view link_address(const RecordInfo& info) {
    for (const StageInfo& stage : info.stages) {
        if (stage.kind == StageKind::link_in) {
            return stage.name;
        }
    }
    return {};
}

void append_protocol(std::string& out, std::string_view address) {
    append_text(out, address.substr(0, address.find("://")));
}

void append_inputs(std::string& out, const std::vector<std::string>& inputs) {
    out += '[';
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        out += i > 0 ? "," : "";
        append_plain(out, inputs[i]);
    }
    out += ']';
}

void append_origin(std::string& out, const RecordInfo& info) {
    switch (info.origin) {
        case Origin::source: out += "\"source\""; return;
        case Origin::external: out += "\"passive\""; return;
        case Origin::transform:
            out += R"({"transform":{"input":)";
            append_plain(out, info.inputs.empty() ? std::string_view() : info.inputs.front());
            out += "}}";
            return;
        case Origin::join:
            out += R"({"transform_join":{"inputs":)";
            append_inputs(out, info.inputs);
            out += "}}";
            return;
        case Origin::link:
            out += R"({"link":{"protocol":)";
            append_protocol(out, link_address(info));
            out += R"(,"address":)";
            append_text(out, link_address(info));
            out += "}}";
            return;
    }
}

std::size_t count_stages(const RecordInfo& info, StageKind kind) {
    return static_cast<std::size_t>(
        std::count_if(info.stages.begin(), info.stages.end(),
                      [kind](const StageInfo& stage) { return stage.kind == kind; }));
}

std::string_view stage_type(StageKind kind) noexcept {
    switch (kind) {
        case StageKind::source: return "source";
        case StageKind::transform:
        case StageKind::join: return "transform";
        case StageKind::link_in:
        case StageKind::link_out: return "link";
        case StageKind::tap:
        case StageKind::persist: break;
    }
    return "tap";
}

void append_stage(std::string& out, const StageInfo& stage) {
    out += R"({"stage_type":")";
    out += stage_type(stage.kind);
    out += R"(","index":)";
    append_number(out, stage.index);
    append_name(out, "name");
    append_text(out, stage.name);
    const StageTimings& timings = stage.timings;
    const auto calls = static_cast<std::int64_t>(timings.calls);
    append_name(out, "call_count");
    append_number(out, calls);
    append_name(out, "total_time_ns");
    append_number(out, calls * timings.mean.count());
    append_name(out, "avg_time_ns");
    append_number(out, timings.mean.count());
    append_name(out, "min_time_ns");
    append_number(out, timings.min.count());
    append_name(out, "max_time_ns");
    append_number(out, timings.max.count());
    out += '}';
}

void append_stages(std::string& out, const RecordInfo& info) {
    if (info.stages.empty()) {
        return;
    }
    append_name(out, "stage_profiling");
    char opening = '[';
    for (const StageInfo& stage : info.stages) {
        out += opening;
        append_stage(out, stage);
        opening = ',';
    }
    out += ']';
}

void append_counters(std::string& out, const RecordInfo& info, const RecordCounters& counters) {
    append_name(out, "produced_count");
    append_number(out, counters.produced);
    append_name(out, "consumed_count");
    append_number(out, counters.consumed);
    append_name(out, "dropped_count");
    append_number(out, counters.lagged);
    append_name(out, "occupancy");
    out += '[';
    append_number(out, counters.occupancy);
    out += ',';
    append_number(out, info.capacity);
    out += ']';
}

void append_capacity(std::string& out, const RecordInfo& info) {
    append_name(out, "buffer_capacity");
    if (info.buffer == BufferKind::spmc_ring) {
        append_number(out, info.capacity);
    } else {
        out += "null";
    }
}

void append_entity(std::string& out, std::string_view key) {
    const std::size_t cut = key.find_last_of("./:");
    append_name(out, "entity");
    append_plain(out, cut == std::string_view::npos ? key : key.substr(cut + 1));
}

}  // namespace

void Catalog::append_row(const ServedRecord& record,
                         bool writable,
                         bool extended,
                         std::string& out) const {
    const RecordInfo info = database_.record_info(record.key());
    out += R"({"record_id":)";
    append_number(out, info.index);
    append_name(out, "record_key");
    append_plain(out, info.key);
    append_name(out, "name");
    append_plain(out, info.key);  // AimDB's tools look rows up by name, and ask by it
    append_name(out, "type_id");
    append_type_id(out, info.type);
    append_name(out, "origin");
    append_origin(out, info);
    append_name(out, "buffer_type");
    append_plain(out, buffer_name(info.buffer));
    append_capacity(out, info);
    append_name(out, "producer_count");
    append_number(out, info.writers);
    append_name(out, "consumer_count");
    append_number(out, info.readers);
    append_name(out, "writable");
    out += writable ? "true" : "false";
    append_name(out, "outbound_connector_count");
    append_number(out, count_stages(info, StageKind::link_out));
    append_name(out, "schema_type");
    append_text(out, info.type);
    append_entity(out, info.key);
    append_counters(out, info, counters_since_reset(info));
    append_stages(out, info);
    if (extended) {
        append_name(out, "persisted");
        out += info.persisted ? "true" : "false";
        if (info.counters.last_produced != UnixTime{}) {
            append_name(out, "last_produced");
            append_number(out, to_unix_ms(info.counters.last_produced));
        }
    }
    out += '}';
}

void Catalog::append_nodes(std::string& out, std::size_t limit, const Shown& shown) const {
    std::string_view opening = R"([{"key":)";
    for (const auto& record : records_) {
        if (out.size() > limit) return;
        if (!shown(*record)) continue;
        const RecordInfo info = database_.record_info(record->key());
        out += opening;
        opening = R"(,{"key":)";
        append_plain(out, info.key);
        append_name(out, "origin");
        append_origin(out, info);
        append_name(out, "buffer_type");
        append_plain(out, buffer_name(info.buffer));
        append_capacity(out, info);
        append_name(out, "tap_count");
        append_number(out, count_stages(info, StageKind::tap));
        append_name(out, "has_outbound_link");
        out += count_stages(info, StageKind::link_out) > 0 ? "true}" : "false}";
    }
    out += opening.front() == '[' ? "[]" : "]";
}

namespace {

class EdgeWriter {
public:
    explicit EdgeWriter(std::string& out) : out_(out) { out_ += '['; }
    ~EdgeWriter() { out_ += ']'; }
    EdgeWriter(const EdgeWriter&) = delete;
    EdgeWriter& operator=(const EdgeWriter&) = delete;

    /// An empty key is null.
    void add(std::string_view from, std::string_view to, std::string_view type) {
        out_ += first_ ? "" : ",";
        first_ = false;
        out_ += R"({"from":)";
        key(from);
        out_ += R"(,"to":)";
        key(to);
        out_ += R"(,"edge_type":)";
        out_ += type;
        out_ += '}';
    }

    void add(const RecordInfo& info) {
        switch (info.origin) {
            case Origin::source: add({}, info.key, "\"source\""); break;
            case Origin::transform: inputs(info, "\"transform\""); break;
            case Origin::join: inputs(info, "\"transform_join\""); break;
            case Origin::link: {
                std::string type = R"({"link":{"protocol":)";
                append_protocol(type, link_address(info));
                add({}, info.key, type + "}}");
                break;
            }
            case Origin::external: break;
        }
        if (count_stages(info, StageKind::link_out) > 0) {
            add(info.key, {}, R"({"link_out":{"protocol":"unknown"}})");
        }
        for (std::size_t i = 0; i < count_stages(info, StageKind::tap); ++i) {
            add(info.key, {}, R"({"tap":{"index":)" + std::to_string(i) + "}}");
        }
    }

private:
    void inputs(const RecordInfo& info, std::string_view type) {
        for (const std::string& input : info.inputs) {
            add(input, info.key, type);
        }
    }
    void key(std::string_view text) {
        if (text.empty()) {
            out_ += "null";
        } else {
            append_plain(out_, text);
        }
    }

    std::string& out_;
    bool first_ = true;
};

}  // namespace

void Catalog::append_edges(std::string& out, std::size_t limit, const Shown& shown) const {
    EdgeWriter edges(out);
    for (const auto& record : records_) {
        if (out.size() > limit) return;
        if (!shown(*record)) continue;
        edges.add(database_.record_info(record->key()));
    }
}

void Catalog::append_order(std::string& out, std::size_t limit, const Shown& shown) const {
    char opening = '[';
    for (const std::string& key : database_.graph().order) {
        if (out.size() > limit) return;
        if (const ServedRecord* const record = find(key); record != nullptr && shown(*record)) {
            out += opening;
            append_plain(out, key);
            opening = ',';
        }
    }
    out += opening == '[' ? "[]" : "]";
}

}  // namespace aimdb::aimx
