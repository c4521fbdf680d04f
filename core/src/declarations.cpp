// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/detail/declarations.hpp"

#include <algorithm>
#include <utility>

#include "aimdb/core/key.hpp"

namespace aimdb::detail {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

void check_buffer(const RecordBase& record, std::vector<Finding>& findings) {
    if (!record.buffer) {
        findings.push_back({record.key,
                            "has no buffer; add .buffer(aimdb::spmc_ring(n)), "
                            ".buffer(aimdb::single_latest()) or .buffer(aimdb::mailbox())"});
    } else if (record.buffer->capacity == 0) {
        findings.push_back({record.key, "has a ring of capacity 0; give it at least 1"});
    } else if (record.buffer->capacity > ring_limit_values) {
        findings.push_back({record.key, "has a ring of capacity " +
                                            std::to_string(record.buffer->capacity) +
                                            "; the limit is " + std::to_string(ring_limit_values)});
    }
    if (record.buffer_declared_twice) {
        findings.push_back({record.key, "has two buffers; call .buffer() once"});
    }
}

void check_writers(const RecordBase& record, std::vector<Finding>& findings) {
    std::vector<std::string> writers;
    for (const StageDeclaration& stage : record.stages) {
        if (writes(stage.kind)) {
            writers.emplace_back(to_string(stage.kind));
        }
    }
    if (writers.size() < 2) {
        return;
    }
    std::string text = "has " + std::to_string(writers.size()) + " writers (";
    for (std::size_t i = 0; i < writers.size(); ++i) {
        text += (i == 0 ? "" : ", ") + writers[i];
    }
    findings.push_back(
        {record.key, text + "); keep one, and give the others records of their own"});
}

void check_inputs(const Declarations& all,
                  const RecordBase& record,
                  std::vector<Finding>& findings) {
    for (const StageDeclaration& stage : record.stages) {
        for (const StageInput& input : stage.inputs) {
            const RecordBase* source = all.find(input.key);
            const std::string what =
                "its " + std::string(to_string(stage.kind)) + " reads " + quoted(input.key);
            if (source == nullptr) {
                findings.push_back({record.key, what + ", which is not configured; configure it or "
                                                       "correct the key"});
            } else if (!(source->type == input.type)) {
                findings.push_back({record.key, what + " as " + std::string(input.type.name) +
                                                    ", but that record holds " +
                                                    std::string(source->type.name) +
                                                    "; take that type, or name another record"});
            }
        }
    }
}

// Depth-first search over inputs; reports each cycle once, with its real path.
class CycleSearch {
public:
    CycleSearch(const Declarations& all, std::vector<Finding>& findings)
        : all_(all), findings_(findings), marks_(all.records().size(), Mark::unseen) {}

    void run() {
        for (const auto& record : all_.records()) {
            visit(*record);
        }
    }

private:
    enum class Mark : std::uint8_t { unseen, open, done };
    struct Frame {
        const RecordBase* record;
        std::vector<const RecordBase*> inputs;
        std::size_t next = 0;
    };

    // Iterative, because a chain may be as long as there are records.
    void visit(const RecordBase& root) {
        push(root);
        while (!path_.empty()) {
            Frame& frame = path_.back();
            if (frame.next == frame.inputs.size()) {
                marks_[frame.record->index] = Mark::done;
                path_.pop_back();
                continue;
            }
            const RecordBase& input = *frame.inputs[frame.next++];
            if (marks_[input.index] == Mark::open) {
                report(input);
            } else {
                push(input);
            }
        }
    }

    void push(const RecordBase& record) {
        if (marks_[record.index] != Mark::unseen) {
            return;
        }
        marks_[record.index] = Mark::open;
        Frame frame{&record, {}};
        for (const StageDeclaration& stage : record.stages) {
            for (const StageInput& input : stage.inputs) {
                if (const RecordBase* source = all_.find(input.key)) {
                    frame.inputs.push_back(source);
                }
            }
        }
        path_.push_back(std::move(frame));
    }

    void report(const RecordBase& start) {
        std::string text = start.key;
        bool inside = false;
        // The path goes from outputs to inputs; shown the way values flow.
        std::string chain;
        for (const Frame& frame : path_) {
            inside = inside || frame.record == &start;
            if (inside) {
                chain = " -> " + frame.record->key + chain;
            }
        }
        findings_.push_back(
            {start.key, "is derived from itself: " + text + chain + "; break the cycle"});
    }

    const Declarations& all_;
    std::vector<Finding>& findings_;
    std::vector<Mark> marks_;
    std::vector<Frame> path_;
};

}  // namespace

bool RecordBase::has_writer() const noexcept {
    return std::any_of(stages.begin(), stages.end(),
                       [](const StageDeclaration& stage) { return writes(stage.kind); });
}

RecordBase* Declarations::find(std::string_view key) const noexcept {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
}

void Declarations::add(std::unique_ptr<RecordBase> record) {
    record->index = static_cast<std::uint32_t>(records_.size());
    by_key_.emplace(record->key, record.get());
    records_.push_back(std::move(record));
}

void Declarations::add_type_conflict(const RecordBase& known, TypeTag wanted) {
    conflicts_.push_back({known.key, "is configured as " + std::string(known.type.name) +
                                         " and as " + std::string(wanted.name) +
                                         "; use one type, or two keys"});
}

std::vector<Finding> Declarations::check() const {
    std::vector<Finding> findings = conflicts_;
    for (const auto& record : records_) {
        if (const auto fault = find_key_fault(record->key)) {
            findings.push_back({record->key, *fault});
        }
        check_buffer(*record, findings);
        check_writers(*record, findings);
        check_inputs(*this, *record, findings);
    }
    CycleSearch(*this, findings).run();
    for (Module* module : module_order_) {
        module->check(*this, findings);
    }
    return findings;
}

std::vector<std::uint32_t> Declarations::topological_order() const {
    std::vector<std::size_t> open_inputs(records_.size(), 0);
    std::vector<std::vector<std::uint32_t>> outputs(records_.size());
    for (const auto& record : records_) {
        for (const StageDeclaration& stage : record->stages) {
            for (const StageInput& input : stage.inputs) {
                ++open_inputs[record->index];
                outputs[find(input.key)->index].push_back(record->index);
            }
        }
    }
    std::vector<std::uint32_t> order;
    order.reserve(records_.size());
    for (const auto& record : records_) {
        if (open_inputs[record->index] == 0) {
            order.push_back(record->index);
        }
    }
    for (std::size_t next = 0; next < order.size(); ++next) {
        for (const std::uint32_t output : outputs[order[next]]) {
            if (--open_inputs[output] == 0) {
                order.push_back(output);
            }
        }
    }
    return order;
}

}  // namespace aimdb::detail
