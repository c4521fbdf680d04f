// SPDX-License-Identifier: Apache-2.0
//
// Helpers for tests that run a whole database.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"

#include "support/deadline.hpp"

namespace aimdb::test {

/// What stages have seen; also lets a test wait for it.
template <typename T>
class Seen {
public:
    void add(T value) {
        const std::lock_guard lock(mutex_);
        values_.push_back(std::move(value));
        changed_.notify_all();
    }
    /// Waits until there are `count` values.
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return values_.size() >= count; });
    }
    [[nodiscard]] std::vector<T> values() const {
        const std::lock_guard lock(mutex_);
        return values_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<T> values_;
};

/// Opens once.
class Gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

/// Keeps what is logged; empty for a program that has nothing to say.
struct LogCatcher {
    std::shared_ptr<Seen<std::string>> lines = std::make_shared<Seen<std::string>>();

    [[nodiscard]] LogSink sink() const {
        return [lines = lines](const LogEntry& entry) {
            lines->add(std::string(to_string(entry.level)) + " " + std::string(entry.record) + " " +
                       std::string(entry.stage) + ": " + std::string(entry.message));
        };
    }
};

/// Builds, starts on one thread, lets `feed` produce, and stops: everything
/// produced has then gone through every stage.
inline void run_to_the_end(Builder& builder, const std::function<void(Database&)>& feed) {
    Database db = builder.build();
    run_with_deadline(std::chrono::seconds(60), [&] {
        db.start();
        feed(db);
        const StopReport report = db.stop();
        EXPECT_TRUE(report.clean()) << report.gave_up.front();
    });
}

/// The stage of a record by its name.
inline StageInfo stage_of(const Database& db, std::string_view key, std::string_view name) {
    for (const StageInfo& stage : db.record_info(key).stages) {
        if (stage.name == name) {
            return stage;
        }
    }
    ADD_FAILURE() << "no stage " << name << " of " << key;
    return {};
}

}  // namespace aimdb::test
