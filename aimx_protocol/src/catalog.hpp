// SPDX-License-Identifier: Apache-2.0
//
// What is served: the records by key and pattern, and how they are described.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/aimx_protocol/detail/served_record.hpp"
#include "aimdb/core/database.hpp"

#include "served_subscription.hpp"

namespace aimdb::aimx {

/// Threads: thread-safe once built, but for stored() and reset_counters() (the server's loop).
class Catalog {
public:
    Catalog(const Database& database, std::vector<std::unique_ptr<ServedRecord>> records);

    /// In the order of declaration.
    [[nodiscard]] const std::vector<std::unique_ptr<ServedRecord>>& records() const noexcept {
        return records_;
    }
    /// Null when no served record has this key.
    [[nodiscard]] ServedRecord* find(std::string_view key) const;
    /// Those a topic names, by key or pattern. A malformed pattern names none, and
    /// `fault` says why.
    [[nodiscard]] std::vector<ServedRecord*> match(std::string_view topic,
                                                   std::string& fault) const;
    /// Those of them that are persisted, under the names history knows them by. Once
    /// told, a pattern is remembered (`remembered_patterns`): records do not change.
    [[nodiscard]] std::shared_ptr<const StoredSelection> stored(std::string_view topic,
                                                                std::string& fault);
    static constexpr std::size_t remembered_patterns = 64;
    /// What AimX takes for a pattern.
    [[nodiscard]] static bool is_pattern(std::string_view topic) noexcept {
        return topic.find_first_of("*#") != std::string_view::npos;
    }

    /// Appends the row of record.list; `extended` adds what plain AimX does not have.
    void append_row(const ServedRecord& record,
                    bool writable,
                    bool extended,
                    std::string& out) const;
    /// Whether somebody is to see a record.
    using Shown = std::function<bool(const ServedRecord&)>;
    /// These end early once `out` is longer than `limit`, which no frame carries.
    void append_nodes(std::string& out, std::size_t limit, const Shown& shown) const;
    void append_edges(std::string& out, std::size_t limit, const Shown& shown) const;
    void append_order(std::string& out, std::size_t limit, const Shown& shown) const;

    /// Counters of record.list begin anew at zero.
    void reset_counters();
    void reset_timings() const;

private:
    [[nodiscard]] RecordCounters counters_since_reset(const RecordInfo& info) const;

    const Database& database_;
    std::vector<std::unique_ptr<ServedRecord>> records_;
    std::map<std::string_view, ServedRecord*> by_key_;
    std::map<std::string, RecordCounters, std::less<>> at_reset_;
    std::map<std::string, std::shared_ptr<const StoredSelection>, std::less<>> stored_;
};

}  // namespace aimdb::aimx
