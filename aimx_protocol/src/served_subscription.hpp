// SPDX-License-Identifier: Apache-2.0
//
// One `sub` of one connection.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aimdb/core/history.hpp"

#include "feed.hpp"

namespace aimdb::aimx {

class Burst;
class Replay;
class Session;

struct ServedSubscription {
    Session* session = nullptr;
    std::uint64_t id = 0;
    std::string sub;          ///< The id as text, as frames carry it.
    bool names_topic = true;  ///< Frames say which record they are about.
    bool extensions = false;
    bool gaps = false;
    std::int64_t every_ms = 0;
    std::uint64_t seq = 0;
    std::deque<FeedCursor> cursors;  ///< One per record; they stay where they are.
    std::shared_ptr<Replay> replay;
    std::shared_ptr<Burst> burst;  ///< While it is not told to its end.
};

/// What a frame tells of one value.
struct Telling {
    const ServedRecord* record = nullptr;
    std::string_view json;
    Stamp stamp;
    bool snapshot = false;
    bool last = false;
    bool history = false;
    std::uint64_t merged = 0;
};

/// Where the rows of a stored name come from.
struct RowOrigin {
    std::string key;
    std::string epoch;
};
using RowOrigins = std::unordered_map<std::string, RowOrigin>;

/// The persisted records that a pattern names.
struct StoredSelection {
    std::shared_ptr<const std::vector<std::string>> names;  ///< Sorted.
    RowOrigins origins;                                     ///< By name.
};

/// Appends `,"first":…` and what else describes a gap.
void append_gap_members(std::string& out, const HistoryGap& gap);

}  // namespace aimdb::aimx
