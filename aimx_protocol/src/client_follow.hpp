// SPDX-License-Identifier: Apache-2.0
//
// One subscription of a client, over all its connections: what it asks for when
// it is opened again, what is new of what comes, and what was lost on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aimdb/aimx_protocol/subscription.hpp"

#include "client_frames.hpp"
#include "frame.hpp"

namespace aimdb::aimx {

/// Threads: thread-confined (the client's loop), but for the queue.
class ClientFollow {
public:
    ClientFollow(std::string_view topic, const SubscribeOptions& options, std::size_t queue_limit);

    [[nodiscard]] const std::shared_ptr<UpdateQueue>& queue() const noexcept { return queue_; }
    /// Id of its `sub` on this connection, or 0.
    [[nodiscard]] std::uint64_t wire_id() const noexcept { return wire_id_; }
    /// Waits for its queue to have room, see SubscribeOptions::lossless.
    [[nodiscard]] bool paused() const noexcept { return paused_; }

    /// Its queue has room again.
    void resume() noexcept { paused_ = false; }

    /// Puts the `sub` together that opens it on a connection, and says so to the
    /// receiver where it cannot go on where it was.
    void open(std::string& frame, std::uint64_t id, bool extensions, std::size_t frame_limit);
    /// The connection, or the server's end of it, is gone.
    void forget_connection() noexcept { wire_id_ = 0; }

    /// False: the queue is full, so nothing has been taken: leave the server's end.
    [[nodiscard]] bool on_value(const Frame& frame, UpdateKind kind);
    void on_subscribed(const Frame& frame);
    void on_live();
    /// The same.
    [[nodiscard]] bool on_gap(const Frame& frame);
    /// Tells the receiver that it is over.
    void end(std::string reason);

private:
    [[nodiscard]] SubRequest request() const;
    [[nodiscard]] std::optional<UnixTime> unseen_since() const;
    [[nodiscard]] bool is_repeated(std::string_view topic,
                                   std::string_view epoch,
                                   std::uint64_t pos) const;
    void remember(std::string_view topic, std::string_view epoch, std::uint64_t pos);
    void note_time(std::optional<UnixTime> at, bool live);
    void interrupt();

    const std::string topic_;
    const std::optional<UnixTime> since_;
    const std::chrono::milliseconds every_;
    const bool historic_;  // what came before was asked for
    const bool gaps_;
    const bool lossless_;
    const std::shared_ptr<UpdateQueue> queue_;
    ClientPositions positions_;  // of the newest update taken, by record
    std::map<std::string, std::uint64_t, std::less<>> gaps_told_;  // the last value of the newest
    std::uint64_t wire_id_ = 0;
    std::uint64_t seq_ = 0;      // newest on this connection
    std::uint64_t carried_ = 0;  // skipped in front of updates that were repeated ones
    bool opened_before_ = false;
    std::optional<UnixTime> newest_;      // time of any value
    std::optional<UnixTime> first_live_;  // time of the first that was neither stored nor a snap
    bool paused_ = false;
};

}  // namespace aimdb::aimx
