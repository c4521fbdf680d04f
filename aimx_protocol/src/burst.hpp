// SPDX-License-Identifier: Apache-2.0
//
// The newest values of records, which a subscription begins with.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "feed.hpp"

namespace aimdb::aimx {

class Session;

/// Told in portions, as the connection takes them: all values together may be more than
/// may wait for one. Whoever has one that is not told to its end holds its cursors.
///
/// Threads: thread-confined (the loop).
class Burst {
public:
    /// Without `snapshots` the values are told as events.
    Burst(std::vector<FeedCursor*> cursors, bool snapshots)
        : cursors_(std::move(cursors)), snapshots_(snapshots) {}

    /// False: there is no room for the rest now.
    [[nodiscard]] bool tell(Session& session);
    [[nodiscard]] const std::vector<FeedCursor*>& cursors() const noexcept { return cursors_; }

private:
    struct Newest {
        FeedCursor* cursor = nullptr;
        std::string json;
        Stamp stamp;
    };

    void look_at(Session& session, FeedCursor& cursor);
    void tell_waiting(Session& session, bool last);

    const std::vector<FeedCursor*> cursors_;
    const bool snapshots_;
    std::size_t next_ = 0;
    std::optional<Newest> waiting_;  // one behind, because the last one says so
};

}  // namespace aimdb::aimx
