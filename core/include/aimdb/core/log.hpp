// SPDX-License-Identifier: Apache-2.0
//
// Where messages go: one callback, no logging library.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace aimdb {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
[[nodiscard]] std::string_view to_string(LogLevel level) noexcept;

/// One message. The views are valid during the call only.
struct LogEntry {
    LogLevel level;
    std::string_view record;  ///< Key of the record it concerns, or empty.
    std::string_view stage;   ///< "tap[0]", "source", "persist", or empty.
    std::string_view message;
};

/// Called from any thread, also from several at once; must not throw or block for long.
using LogSink = std::function<void(const LogEntry&)>;

/// Writes warnings and errors to standard error, one line each.
[[nodiscard]] LogSink stderr_log_sink(LogLevel least = LogLevel::warn);

/// A sink together with the record and stage that speak through it. Cheap to copy.
///
/// Threads: thread-safe.
class Log {
public:
    Log();  ///< Speaks to stderr_log_sink().
    explicit Log(LogSink sink);

    void debug(std::string_view message) const { write(LogLevel::debug, message); }
    void info(std::string_view message) const { write(LogLevel::info, message); }
    void warn(std::string_view message) const { write(LogLevel::warn, message); }
    void error(std::string_view message) const { write(LogLevel::error, message); }
    void write(LogLevel level, std::string_view message) const;

    /// The same sink, speaking for a record and stage.
    [[nodiscard]] Log about(std::string record, std::string stage) const;

private:
    struct Subject {
        std::string record;
        std::string stage;
    };
    std::shared_ptr<const LogSink> sink_;
    std::shared_ptr<const Subject> subject_;
};

}  // namespace aimdb
