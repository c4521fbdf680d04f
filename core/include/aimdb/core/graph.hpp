// SPDX-License-Identifier: Apache-2.0
//
// The database as a picture: records, what derives from what, how it goes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aimdb/core/buffer_config.hpp"
#include "aimdb/core/stage.hpp"

namespace aimdb {

/// What writes a record.
enum class Origin : std::uint8_t { source, link, transform, join, external };
[[nodiscard]] std::string_view to_string(Origin origin) noexcept;

/// Counters since the database was built.
struct RecordCounters {
    std::uint64_t produced = 0;
    std::uint64_t consumed = 0;     ///< By all readers, also those that are gone.
    std::uint64_t overwritten = 0;  ///< No longer retained (mailbox: never taken).
    std::uint64_t lagged = 0;       ///< Missed, summed over readers.
    std::uint64_t refused = 0;      ///< Produced after the stop.
    std::uint64_t occupancy = 0;    ///< Values retained now.
    std::uint64_t newest_sequence = 0;
    UnixTime last_produced{};  ///< Zero where the record keeps no times.
};

/// One record, read at one moment.
struct RecordInfo {
    std::uint32_t index = 0;
    std::string key;
    std::string type;
    BufferKind buffer = BufferKind::spmc_ring;
    std::size_t capacity = 0;
    Origin origin = Origin::external;
    std::vector<std::string> inputs;  ///< Of a transform or join.
    bool persisted = false;
    std::size_t writers = 0;  ///< Declared: source, transform, join or inbound link.
    std::size_t readers = 0;  ///< Open now, declared or not.
    RecordCounters counters;
    std::vector<StageInfo> stages;
};

struct GraphEdge {
    std::string from;  ///< Record key; empty for a source.
    std::string to;    ///< Record key; empty for a tap or persist.
    StageKind kind = StageKind::tap;
    std::string stage;  ///< Name of the stage.
    StageState state = StageState::idle;
};

/// Records in the order declared, edges in the order of their records.
struct Graph {
    std::vector<RecordInfo> nodes;
    std::vector<GraphEdge> edges;
    std::vector<std::string> order;  ///< Keys, inputs before outputs.

    /// For `dot -Tsvg`.
    [[nodiscard]] std::string to_dot() const;
    /// For a Markdown page.
    [[nodiscard]] std::string to_mermaid() const;
};

}  // namespace aimdb
