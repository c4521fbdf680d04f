// SPDX-License-Identifier: Apache-2.0
//
// The cursors of one session that have something to tell, in turn.
#pragma once

#include <algorithm>
#include <deque>

#include "feed.hpp"

namespace aimdb::aimx {

class ReadyList {
public:
    void add(FeedCursor& cursor) {
        if (!cursor.queued) {
            cursor.queued = true;
            cursors_.push_back(&cursor);
        }
    }
    /// Null when nobody has anything to tell.
    [[nodiscard]] FeedCursor* take() {
        if (cursors_.empty()) {
            return nullptr;
        }
        FeedCursor* const cursor = cursors_.front();
        cursors_.pop_front();
        cursor->queued = false;
        return cursor;
    }
    void remove(FeedCursor& cursor) {
        if (cursor.queued) {
            cursor.queued = false;
            std::erase(cursors_, &cursor);
        }
    }
    [[nodiscard]] bool empty() const noexcept { return cursors_.empty(); }

private:
    std::deque<FeedCursor*> cursors_;
};

}  // namespace aimdb::aimx
