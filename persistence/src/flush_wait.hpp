// SPDX-License-Identifier: Apache-2.0
//
// One running flush(): which records it waits for, and what it reports.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aimdb/core/error.hpp"
#include "aimdb/persistence/persistence_module.hpp"

#include "persisted_record.hpp"

namespace aimdb::detail {

/// Threads: settled() is thread-safe; the rest is done before the first wait begins.
class FlushWait {
public:
    struct Target {
        PersistedRecord* record;
        RecordAccount::Untold values;
    };

    explicit FlushWait(Persistence::FlushHandler handler) : handler_(std::move(handler)) {}

    /// Waits for what the record has produced up to now. What is settled already is
    /// included as long as no flush has told of it: a group may close before it is asked.
    void add(PersistedRecord& record) {
        const RecordAccount::Untold values = record.account.untold();
        if (!values.empty()) {
            targets_.push_back({&record, values});
            open_.fetch_add(1, std::memory_order_relaxed);  // the waits publish it
        }
    }
    [[nodiscard]] const std::vector<Target>& targets() const noexcept { return targets_; }

    /// Called once per target and once by the caller; the last call completes the flush.
    void settled(std::exception_ptr error) {
        if (error) {
            const std::lock_guard lock(mutex_);
            error_ = std::move(error);
        }
        if (open_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            std::vector<HistoryGap> gaps;
            if (!error_) gaps = tell();
            if (error_) gaps.clear();
            handler_(error_, std::move(gaps));
        }
    }

private:
    // Values that may be stored or not are neither stored nor a gap: an error says so.
    [[nodiscard]] std::vector<HistoryGap> tell() {
        std::vector<HistoryGap> gaps;
        for (const Target& target : targets_) {
            const std::string& name = target.record->name;
            for (const auto& range : target.record->account.tell(target.values)) {
                if (range.cause) {
                    gaps.push_back(
                        {name, range.first, range.last, range.count, *range.cause, range.at});
                } else {
                    error_ = std::make_exception_ptr(
                        Error(Errc::outcome_unknown, "flush values " + std::to_string(range.first) +
                                                         " to " + std::to_string(range.last) +
                                                         " of '" + name + "'"));
                }
            }
        }
        return gaps;
    }

    Persistence::FlushHandler handler_;
    std::vector<Target> targets_;
    std::atomic<std::size_t> open_{1};  // targets not settled; the last one publishes error_
    std::mutex mutex_;                  // guards error_ while targets are settled
    std::exception_ptr error_;
};

}  // namespace aimdb::detail
