// SPDX-License-Identifier: Apache-2.0
//
// What a client has been asked and has not answered yet: calls that wait for a
// connection, and calls that wait for the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "aimdb/core/error.hpp"

#include "frame.hpp"

namespace aimdb::aimx {

using SteadyTime = std::chrono::steady_clock::time_point;

/// One thing to ask a server.
struct ClientRequest {
    enum class Kind : std::uint8_t { call, write, ping, connected };
    /// Called once. The JSON text lives during the call.
    using Answer = std::function<void(std::exception_ptr, std::string_view)>;

    Kind kind = Kind::call;
    bool changes = false;  ///< When the answer is lost nobody knows whether it was done.
    std::string name;      ///< Method, or the key of a write.
    std::string body;      ///< JSON text of params or value.
    Answer answer;
    SteadyTime asked_at{};
    SteadyTime deadline{};
};

/// How a request fails that was never sent, so that nothing has been done.
class UnsentError : public Error {
public:
    using Error::Error;
};

/// Threads: thread-confined (the client's loop).
/// Limits:  `queue_limit` calls wait for a connection, and none is added while these have more
///          than `queue_limit_bytes`; all wait until their deadline.
class ClientCalls {
public:
    /// `where`: the server, for messages.
    ClientCalls(std::string where, std::size_t queue_limit, std::size_t queue_limit_bytes);

    /// Keeps a request until there is a connection, or fails it: too many.
    void queue(ClientRequest request);
    /// Everything queued, in order.
    [[nodiscard]] std::deque<ClientRequest> take_queued();
    /// The request has been sent with this id; ids grow.
    void add_sent(std::uint64_t id, ClientRequest request);
    void add_ping(ClientRequest request);
    /// Without pings.
    [[nodiscard]] std::size_t sent_count() const noexcept { return sent_.size(); }

    /// False: nobody waits for this id.
    bool on_reply(const Frame& frame);
    void on_pong(SteadyTime now);

    /// What was sent will not be answered any more.
    void fail_sent(std::string_view why);
    /// Each gets an error of its own: it may be looked at on another thread.
    using MakeError = std::function<std::exception_ptr()>;
    void fail_queued(const MakeError& error);
    void fail_sent(const MakeError& error);
    /// Fails what has waited too long; `trouble` says what is wrong, if anything.
    void expire(SteadyTime now, std::string_view trouble);
    [[nodiscard]] std::optional<SteadyTime> next_deadline() const;

    void fail(ClientRequest& request, std::error_code code, std::string_view why) const;

private:
    [[nodiscard]] std::string operation(const ClientRequest& request) const;
    void expire_queued(SteadyTime now, std::string_view trouble);
    void expire_pings(SteadyTime now);

    const std::string where_;
    const std::size_t queue_limit_;
    const std::size_t queue_limit_bytes_;
    // Each in the order of deadlines, because all have the same time.
    std::deque<ClientRequest> queued_;
    std::size_t queued_bytes_ = 0;  // of the bodies in queued_
    std::map<std::uint64_t, ClientRequest> sent_;
    std::deque<ClientRequest> pings_;  // without an answer: it was given, the pong is to come
};

}  // namespace aimdb::aimx
