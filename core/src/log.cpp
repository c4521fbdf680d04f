// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/log.hpp"

#include <cstdio>
#include <utility>

namespace aimdb {

std::string_view to_string(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warn: return "warning";
        case LogLevel::error: return "error";
    }
    return "unknown";
}

LogSink stderr_log_sink(LogLevel least) {
    return [least](const LogEntry& entry) {
        if (entry.level < least) {
            return;
        }
        std::string line = "aimdb: ";
        line += to_string(entry.level);
        line += ": ";
        if (!entry.record.empty()) {
            line.append("[").append(entry.record);
            if (!entry.stage.empty()) {
                line.append(" ").append(entry.stage);
            }
            line += "] ";
        }
        line.append(entry.message).append("\n");
        std::fwrite(line.data(), 1, line.size(), stderr);  // one call: lines do not mix
    };
}

Log::Log() : Log(stderr_log_sink()) {}

Log::Log(LogSink sink)
    : sink_(std::make_shared<const LogSink>(std::move(sink))),
      subject_(std::make_shared<const Subject>()) {}

void Log::write(LogLevel level, std::string_view message) const {
    if (*sink_) {
        (*sink_)({level, subject_->record, subject_->stage, message});
    }
}

Log Log::about(std::string record, std::string stage) const {
    Log log = *this;
    log.subject_ = std::make_shared<const Subject>(Subject{std::move(record), std::move(stage)});
    return log;
}

}  // namespace aimdb
