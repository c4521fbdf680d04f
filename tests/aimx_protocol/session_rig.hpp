// SPDX-License-Identifier: Apache-2.0
//
// Sessions without sockets: a database with real records, a hub whose loop and
// clock are in the test's hand, and peers that are as slow as they are told to be.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "hub.hpp"
#include "session.hpp"

namespace aimdb::aimx::test {

using Frames = std::vector<std::string>;

/// What records of the rig hold: `{"n":1}`. `text` makes values as long as needed.
struct Value {
    std::int64_t n = 0;
};
AIMDB_RECORD(Value, n)
struct Text {
    std::string text;
};
AIMDB_RECORD(Text, text)

/// Has a codec that refuses 13.
struct Picky {
    std::int64_t n = 0;
};
/// Has a codec that throws 13 itself, which is no std::exception; 113 becomes 13.
struct Wild {
    std::int64_t n = 0;
};

/// Keeps what it is given. Frames count as unsent only when the peer is slow.
class RecordingOutlet final : public Outlet {
public:
    void send(std::string_view frame) override {
        frames.emplace_back(frame);
        unsent_bytes += slow ? frame.size() : 0;
    }
    [[nodiscard]] std::size_t unsent() const noexcept override { return unsent_bytes; }
    void flush() override { ++flushes; }
    [[nodiscard]] std::size_t send_limit() const noexcept override { return limit_bytes; }
    void set_frame_limit(std::size_t bytes) override { limit_bytes = bytes; }
    void close(std::string_view reason) override { closed = reason; }

    Frames frames;
    bool slow = false;
    std::size_t unsent_bytes = 0;
    std::size_t limit_bytes = frame_limit_bytes;
    std::size_t flushes = 0;
    std::string closed;  ///< Why the session closed the connection; empty: it did not.
};

struct PeerOptions {
    Transport transport = Transport::unix_socket;
    bool may_write = true;
    bool authenticated = true;
    std::size_t subscription_limit = 32;
    std::size_t send_limit_bytes = frame_limit_bytes;
};

/// One client: its outlet and the session under test.
class TestPeer {
public:
    TestPeer(Hub& hub, const PeerOptions& options, std::string run_epoch)
        : run_epoch_(std::move(run_epoch)) {
        outlet.limit_bytes = options.send_limit_bytes;
        Peer peer;
        peer.transport = options.transport;
        peer.name = "test";
        peer.authenticated = options.authenticated;
        peer.may_write = options.may_write;
        session = std::make_unique<Session>(hub, peer, outlet, options.subscription_limit);
    }

    bool say(std::string_view frame) { return session->on_frame(frame); }
    /// Frames since the last call, with epochs shown as "RUN" and "STORE".
    Frames heard() {
        Frames frames = std::exchange(outlet.frames, {});
        for (std::string& frame : frames) {
            hide(frame, run_epoch_, "RUN");
            hide(frame, store_epoch, "STORE");
        }
        return frames;
    }
    /// What one frame is answered with at once.
    Frames ask(std::string_view frame) {
        static_cast<void>(say(frame));
        return heard();
    }
    void hello(std::string_view more = "") {
        ask(R"({"t":"req","id":1,"method":"hello","params":{"version":"3.0","extensions":1)" +
            std::string(more) + "}}");
    }
    /// A slow peer takes everything that waits for it.
    void take_all() {
        outlet.unsent_bytes = 0;
        session->on_room();
    }

    RecordingOutlet outlet;
    std::unique_ptr<Session> session;
    std::string store_epoch;

private:
    static void hide(std::string& frame, const std::string& epoch, std::string_view name) {
        const std::string quoted = '"' + epoch + '"';
        for (std::size_t at = 0; epoch.size() > 1; at += name.size()) {
            at = frame.find(quoted, at);
            if (at == std::string::npos) {
                return;
            }
            frame.replace(at + 1, epoch.size(), name);
        }
    }

    std::string run_epoch_;
};

/// Declare with add() and `builder`, then start(), then connect().
///
/// Lifetime: outlives its peers.
class SessionRig {
public:
    SessionRig() : work_(loop->get_executor()) {
        builder.clock(clock);
        options.endpoints.emplace_back("unix://rig");
    }
    ~SessionRig() {
        if (database) {
            static_cast<void>(database->stop());
        }
    }
    SessionRig(const SessionRig&) = delete;
    SessionRig& operator=(const SessionRig&) = delete;

    template <typename T, typename Buffer>
    Registrar<T> add(const std::string& key, Buffer buffer, bool writable = false) {
        Registrar<T> registrar = builder.configure<T>(key);
        registrar.buffer(buffer).observe(0);
        if (registrar.record().buffer->kind == BufferKind::mailbox) {
            registrar.record().backlog = observer_backlog_values;
        }
        records_.push_back(std::make_unique<TypedServedRecord<T>>(registrar.record(), writable));
        return registrar;
    }
    void remember(std::shared_ptr<MemoryStore> store) {
        builder.with_persistence(memory_history(std::move(store)));
    }

    void start() {
        database = std::make_unique<Database>(builder.build());
        hub = std::make_unique<Hub>(*database, loop, options, std::move(records_),
                                    [this] { return now_ms; });
        database->start();
        hub->start();
    }
    std::unique_ptr<TestPeer> connect(const PeerOptions& peer = {}) {
        auto made = std::make_unique<TestPeer>(*hub, peer, hub->run_epoch());
        made->store_epoch = hub->history() != nullptr ? hub->history()->epoch() : "";
        return made;
    }
    template <typename T>
    void produce_value(std::string_view key, T value) {
        database->producer<T>(key).produce(std::move(value));
    }
    void produce(std::string_view key, std::int64_t n) { produce_value(key, Value{n}); }

    /// Runs what is ready, until nothing is.
    void run() {
        constexpr int patience = 100'000;
        for (int i = 0; i < patience; ++i) {
            if (loop->poll_one() == 0) {
                return;
            }
        }
        throw std::runtime_error("the loop never comes to rest");
    }
    /// Runs the loop, which other threads post to, until `done`.
    void run_until(const std::function<bool()>& done) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(50);
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) {
                throw std::runtime_error("what the test waits for never came");
            }
            loop->run_one_for(std::chrono::seconds(1));
        }
    }
    /// Runs the loop until a frame that contains `text` has come.
    void run_until_heard(const TestPeer& peer, std::string_view text) {
        std::size_t seen = 0;
        run_until([&] {
            const Frames& frames = peer.outlet.frames;
            while (seen < frames.size() && frames[seen].find(text) == std::string::npos) {
                ++seen;
            }
            return seen < frames.size();
        });
    }
    void pass_ms(std::int64_t ms) {
        now_ms += ms;
        hub->timers().run();
        run();
    }

    const std::shared_ptr<asio::io_context> loop = std::make_shared<asio::io_context>(1);
    const std::shared_ptr<ManualClock> clock =
        std::make_shared<ManualClock>(from_unix_ms(1'790'000'000'000));
    Builder builder;
    AimxOptions options;
    std::int64_t now_ms = 0;
    std::unique_ptr<Database> database;
    std::unique_ptr<Hub> hub;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::vector<std::unique_ptr<ServedRecord>> records_;
};

/// Of the frames, those that contain `text`.
inline Frames with(const Frames& frames, std::string_view text) {
    Frames found;
    for (const std::string& frame : frames) {
        if (frame.find(text) != std::string::npos) {
            found.push_back(frame);
        }
    }
    return found;
}

}  // namespace aimdb::aimx::test

namespace aimdb {
template <>
struct Codec<aimx::test::Picky> {
    static void encode(const aimx::test::Picky& value, std::string& out) {
        if (value.n == 13) {
            throw std::runtime_error("13 is refused");
        }
        out += std::to_string(value.n);
    }
    static aimx::test::Picky decode(std::string_view text) {
        return {std::stoll(std::string(text))};
    }
};
template <>
struct Codec<aimx::test::Wild> {
    static void encode(const aimx::test::Wild& value, std::string& out) {
        if (value.n == 13) {
            throw 13;
        }
        out += std::to_string(value.n);
    }
    static aimx::test::Wild decode(std::string_view text) {
        if (text == "13") {
            throw 13;
        }
        return {std::stoll(std::string(text)) % 100};
    }
};
}  // namespace aimdb
