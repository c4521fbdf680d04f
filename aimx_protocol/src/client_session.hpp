// SPDX-License-Identifier: Apache-2.0
//
// The protocol as a client speaks it, over all its connections, without sockets,
// threads or clocks: frames and events come in, frames and wishes go out.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "aimdb/aimx_protocol/detail/client_options.hpp"

#include "client_calls.hpp"
#include "client_follow.hpp"
#include "outlet.hpp"

namespace aimdb::aimx {

struct Welcome;

/// The world a session lives in. Implemented by ClientLoop and by tests.
///
/// Threads: thread-confined, like the session.
class ClientHost {
public:
    virtual ~ClientHost() = default;
    [[nodiscard]] virtual SteadyTime now() const = 0;
    /// In [0, 1).
    [[nodiscard]] virtual double random() = 0;
    /// Begins to connect; the session's connected() or disconnected() follows.
    virtual void dial() = 0;
    /// Ends dialling or the connection; disconnected() does not follow.
    virtual void hang_up(std::string_view reason) = 0;
    /// Calls tick() at that time; only the last wish counts.
    virtual void wake_at(SteadyTime when) = 0;
    /// Time of the newest byte of the connection. A long frame may take its time.
    [[nodiscard]] virtual SteadyTime last_received() const = 0;
    virtual void on_status(const ClientStatus& status) = 0;
};

/// Threads: thread-confined (the client's loop). Answers are called from inside and
///          may call submit().
class ClientSession final : public Inlet {
public:
    /// `where`: the server's URL, for messages. The references have to outlive it.
    ClientSession(std::string where, const ClientOptions& options, ClientHost& host);
    ~ClientSession() override;

    void start();
    /// Everything pending fails, subscriptions end. Final.
    void close(std::string_view reason);

    /// A connection stands; `outlet` lives until disconnected() or hang_up().
    void connected(Outlet& outlet, Transport transport);
    /// It is gone, or did not come about.
    void disconnected(std::string_view why);
    [[nodiscard]] bool on_frame(std::string_view text) override;
    void on_room() override;
    void tick();
    /// After a batch of what is below.
    void flush();

    void submit(ClientRequest request);
    /// Fails what cannot even be submitted. Thread-safe.
    void refuse(ClientRequest& request, std::string_view why) const;
    void follow(std::uint64_t number, std::unique_ptr<ClientFollow> follow);
    void unfollow(std::uint64_t number);
    /// A paused subscription's queue has room again.
    void take_up(std::uint64_t number);

    [[nodiscard]] const ClientStatus& status() const noexcept { return status_; }

private:
    enum class Phase : std::uint8_t { idle, dialing, greeting, open, waiting, closed };

    void dial();
    void greet();
    void on_hello(const Frame& frame);
    void open(const Welcome& welcome);
    void refuse(std::string_view err, std::string_view code, std::string_view message);
    void lose(std::string_view why);
    void break_off(std::string_view why);
    void keep_alive(SteadyTime now);
    [[nodiscard]] SteadyTime keep_alive_due() const;
    void arm();

    void send(ClientRequest request);
    void send_write(ClientRequest request);
    void send_ping(ClientRequest::Answer answer);
    void send_frame(std::string_view frame);
    [[nodiscard]] bool fits(ClientRequest& request);
    void finish_writes();
    void open_follow(std::uint64_t number, ClientFollow& follow);
    void leave(ClientFollow& follow);

    void on_reply(const Frame& frame);
    void on_update(const Frame& frame);
    void end_follow(std::uint64_t wire_id, std::string reason);
    [[nodiscard]] ClientFollow* followed(std::string_view sub) const;

    const std::string where_;
    const ClientOptions& options_;
    ClientHost& host_;
    ClientStatus status_;
    ClientCalls calls_;
    std::map<std::uint64_t, std::unique_ptr<ClientFollow>> follows_;
    std::unordered_map<std::uint64_t, std::uint64_t> by_wire_id_;  // number of each open one

    Phase phase_ = Phase::idle;
    Outlet* outlet_ = nullptr;
    Transport transport_ = Transport::unix_socket;
    bool unflushed_ = false;
    std::uint64_t next_id_ = 1;  // of req and sub, over all connections
    std::uint64_t hello_id_ = 0;
    std::uint32_t failures_ = 0;  // in a row
    struct UnsentWrite {
        ClientRequest request;
        std::uint64_t end;  // of its bytes, in taken_bytes_
    };
    std::deque<UnsentWrite> unsent_writes_;  // to a plain server
    std::uint64_t taken_bytes_ = 0;          // by outlet_, since it stands
    std::string frame_;                      // kept for its memory

    SteadyTime due_{};  // of redialing, or of the welcome
    SteadyTime pinged_{};
    bool awaits_pong_ = false;
    std::optional<SteadyTime> armed_;
};

}  // namespace aimdb::aimx
