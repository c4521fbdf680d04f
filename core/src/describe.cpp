// SPDX-License-Identifier: Apache-2.0
//
// The snapshots behind Database::records() and graph().
#include "database_core.hpp"

namespace aimdb::detail {
namespace {

Origin origin_of(const RecordBase& record) noexcept {
    for (const StageDeclaration& stage : record.stages) {
        switch (stage.kind) {
            case StageKind::source: return Origin::source;
            case StageKind::transform: return Origin::transform;
            case StageKind::join: return Origin::join;
            case StageKind::link_in: return Origin::link;
            case StageKind::tap:
            case StageKind::persist:
            case StageKind::link_out: break;
        }
    }
    return Origin::external;
}

RecordCounters counters_of(const BufferCounters& counted) {
    RecordCounters counters;
    counters.produced = counted.produced;
    counters.consumed = counted.consumed;
    counters.overwritten = counted.overwritten;
    counters.lagged = counted.lagged;
    counters.refused = counted.refused;
    counters.occupancy = counted.occupancy;
    counters.newest_sequence = counted.newest_sequence;
    counters.last_produced = counted.last_produced;
    return counters;
}

StageInfo describe_stage(const StageRuntime& stage) {
    StageInfo info;
    {
        const std::lock_guard lock(stage.mutex);
        info = stage.info;
    }
    info.timings = stage.timings.snapshot();
    return info;
}

}  // namespace

RecordInfo DatabaseCore::describe(const RecordBase& record) const {
    RecordInfo info;
    info.index = record.index;
    info.key = record.key;
    info.type = std::string(record.type.name);
    info.buffer = record.buffer->kind;
    info.capacity = record.buffer->capacity;
    info.origin = origin_of(record);
    info.writers = record.has_writer() ? 1 : 0;
    for (const StageDeclaration& stage : record.stages) {
        info.persisted = info.persisted || stage.kind == StageKind::persist;
        for (const StageInput& input : stage.inputs) {
            info.inputs.push_back(input.key);
        }
    }
    const BufferCounters counted = record.core().counters();
    info.counters = counters_of(counted);
    info.readers = counted.readers;
    for (const auto& stage : record.running) {
        info.stages.push_back(describe_stage(*stage));
    }
    return info;
}

Graph DatabaseCore::graph() const {
    Graph graph;
    for (const auto& record : declarations->records()) {
        graph.nodes.push_back(describe(*record));
        const RecordInfo& node = graph.nodes.back();
        for (std::size_t i = 0; i < node.stages.size(); ++i) {
            const StageInfo& stage = node.stages[i];
            const auto& inputs = record->stages[i].inputs;
            if (!writes(stage.kind)) {
                graph.edges.push_back({node.key, "", stage.kind, stage.name, stage.state});
            } else if (inputs.empty()) {
                graph.edges.push_back({"", node.key, stage.kind, stage.name, stage.state});
            }
            for (const StageInput& input : inputs) {
                graph.edges.push_back({input.key, node.key, stage.kind, stage.name, stage.state});
            }
        }
    }
    for (const std::uint32_t index : order_) {
        graph.order.push_back(declarations->records()[index]->key);
    }
    return graph;
}

}  // namespace aimdb::detail
