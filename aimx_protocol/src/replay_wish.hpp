// SPDX-License-Identifier: Apache-2.0
//
// Where a client wants its subscription to begin: `since` and `from` of a `sub`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "frame.hpp"
#include "served_subscription.hpp"

namespace aimdb::aimx {

/// Where a client wants to go on.
struct Resume {
    std::string epoch;
    std::uint64_t pos = 0;
};

/// What a `sub` asks for beside live values.
struct ReplayWish {
    std::optional<UnixTime> since;
    std::optional<Resume> from;                              ///< Of an exact key.
    std::map<std::string, Resume, std::less<>> from_by_key;  ///< Of a pattern.

    [[nodiscard]] const Resume* resume_of(const ServedRecord& record) const;
    /// False when a position to go on from means nothing any more.
    [[nodiscard]] bool epochs_match(const ServedSubscription& subscription) const;
};

/// Nothing when the frame asks for live values only. `fault` says what is wrong with
/// a wish that cannot be read.
[[nodiscard]] std::optional<ReplayWish> read_replay_wish(const Frame& frame,
                                                         bool pattern,
                                                         std::string& fault);

}  // namespace aimdb::aimx
