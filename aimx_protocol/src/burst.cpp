// SPDX-License-Identifier: Apache-2.0
#include "burst.hpp"

#include <utility>

#include "session.hpp"

namespace aimdb::aimx {

bool Burst::tell(Session& session) {
    while (next_ < cursors_.size()) {
        if (!session.has_room()) {
            return false;
        }
        look_at(session, *cursors_[next_++]);
    }
    tell_waiting(session, true);
    return true;
}

void Burst::look_at(Session& session, FeedCursor& cursor) {
    Newest newest{&cursor, {}, {}};
    try {
        if (!cursor.feed->record().latest(newest.json, newest.stamp)) {
            return;
        }
    } catch (...) {
        ++cursor.subscription->seq;  // a hole: what is there cannot be told
        session.hub().count_lost(1);
        return;
    }
    tell_waiting(session, false);
    waiting_ = std::move(newest);
}

void Burst::tell_waiting(Session& session, bool last) {
    if (const std::optional<Newest> newest = std::exchange(waiting_, std::nullopt)) {
        session.tell_newest(*newest->cursor, newest->json, newest->stamp, snapshots_,
                            snapshots_ && last);
    }
}

}  // namespace aimdb::aimx
