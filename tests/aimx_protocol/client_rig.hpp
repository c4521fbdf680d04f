// SPDX-License-Identifier: Apache-2.0
//
// A client's session in the hands of a test: no sockets, time that stands still.
#pragma once

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "aimdb/aimx_protocol/detail/client_answers.hpp"

#include "client_session.hpp"

namespace aimdb::aimx::test {

/// Connection and world of one session; plays the server by hand.
class ClientRig final : public ClientHost, public Outlet {
public:
    explicit ClientRig(ClientOptions wanted = {}) : options(no_jitter(std::move(wanted))) {}

    // World
    SteadyTime now() const override { return time; }
    double random() override { return chance; }
    void dial() override { ++dials; }
    void hang_up(std::string_view reason) override { hung_up.emplace_back(reason); }
    void wake_at(SteadyTime when) override { wake = when; }
    SteadyTime last_received() const override { return received; }
    void on_status(const ClientStatus& status) override { states.push_back(status); }

    // Outlet
    void send(std::string_view frame) override {
        if (takes) {
            sent.emplace_back(frame);
            unsent_bytes += slow ? frame.size() : 0;
        }
    }
    bool takes_frames() const noexcept override { return takes; }
    std::size_t unsent() const noexcept override { return unsent_bytes; }
    void flush() override {
        ++flushes;
        on_flush();
    }
    std::size_t send_limit() const noexcept override { return limit; }
    void set_frame_limit(std::size_t bytes) override { limit = bytes; }
    void close(std::string_view) override {}

    void begin() { session.start(); }
    /// Connects, and answers hello like an aimdb server.
    void welcome(Transport transport = Transport::tcp) {
        session.connected(*this, transport);
        answer_hello(
            R"("ok":{"version":"3.0","server":"aimdb","permissions":["read"],)"
            R"("writable_records":["a"],"max_subscriptions":32,"extensions":1,"epoch":"e1"})");
    }
    /// The same, like AimDB on a Unix socket or TCP.
    void welcome_plain(Transport transport = Transport::tcp) {
        session.connected(*this, transport);
        answer_hello(R"("ok":{"version":"3.0","server":"aimdb","permissions":["read"],)"
                     R"("writable_records":[]})");
    }
    void answer_hello(const std::string& rest) {
        Frame frame;
        ASSERT_TRUE(read_frame(sent.back(), frame));
        ASSERT_EQ(frame.method, "hello");
        receive(R"({"t":"reply","id":)" + std::to_string(frame.id.value_or(0)) + "," + rest + "}");
    }
    void receive(std::string_view frame) {
        received = time;
        static_cast<void>(session.on_frame(frame));
    }
    void pass(std::chrono::milliseconds by) {
        const SteadyTime end = time + by;
        while (wake && *wake <= end) {
            time = std::max(time, *wake);
            wake.reset();
            session.tick();
        }
        time = end;
    }
    /// What was sent since the last call.
    std::vector<std::string> take_sent() { return std::exchange(sent, {}); }

    struct Outcome {
        bool done = false;
        std::string json;
        std::exception_ptr error;

        [[nodiscard]] std::error_code code() const {
            try {
                if (error) {
                    std::rethrow_exception(error);
                }
            } catch (const std::system_error& failure) {
                return failure.code();
            }
            return {};
        }
        [[nodiscard]] std::string what() const {
            try {
                if (error) {
                    std::rethrow_exception(error);
                }
            } catch (const std::exception& failure) {
                return failure.what();
            }
            return {};
        }
    };
    std::shared_ptr<Outcome> submit(ClientRequest::Kind kind,
                                    std::string name = {},
                                    std::string body = {},
                                    bool changes = false) {
        auto outcome = std::make_shared<Outcome>();
        ClientRequest request;
        request.kind = kind;
        request.name = std::move(name);
        request.body = std::move(body);
        request.changes = changes;
        request.answer = [outcome](std::exception_ptr error, std::string_view json) {
            outcome->done = true;
            outcome->error = std::move(error);
            outcome->json = json;
        };
        session.submit(std::move(request));
        session.flush();
        return outcome;
    }
    std::shared_ptr<Outcome> call(std::string method, std::string params = "null") {
        return submit(ClientRequest::Kind::call, std::move(method), std::move(params));
    }
    std::shared_ptr<Outcome> write(std::string key, std::string json) {
        return submit(ClientRequest::Kind::write, std::move(key), std::move(json), true);
    }

    std::shared_ptr<UpdateQueue> follow(std::string_view topic,
                                        const SubscribeOptions& subscribe = {},
                                        std::uint64_t number = 1) {
        auto follow =
            std::make_unique<ClientFollow>(topic, subscribe, options.subscription_queue_limit);
        std::shared_ptr<UpdateQueue> queue = follow->queue();
        queue->on_room([this, number] { session.take_up(number); });
        session.follow(number, std::move(follow));
        session.flush();
        return queue;
    }

    [[nodiscard]] ClientState state() const { return states.back().state; }

    ClientOptions options;
    SteadyTime time{std::chrono::hours(1)};
    SteadyTime received{};
    double chance = 0;
    int dials = 0;
    int flushes = 0;
    std::function<void()> on_flush = [] {};
    bool takes = true;  // false: the connection is closing, and drops what it is given
    bool slow = false;  // what is sent stays in unsent_bytes
    std::size_t unsent_bytes = 0;
    std::size_t limit = tcp_frame_limit_bytes;
    std::optional<SteadyTime> wake;
    std::vector<std::string> sent;
    std::vector<std::string> hung_up;
    std::vector<ClientStatus> states;
    ClientSession session{"tcp://hub:7433", options, *this};

private:
    static ClientOptions no_jitter(ClientOptions wanted) {
        wanted.reconnect.jitter = 0;
        return wanted;
    }
};

/// "event a 5 +2", "live", "ended closed": what a queue holds, in short.
inline std::string describe(const Update& update) {
    switch (update.kind) {
        case UpdateKind::event:
        case UpdateKind::snapshot: {
            std::string text = update.kind == UpdateKind::event ? "event " : "snapshot ";
            text += update.topic + " " + update.value;
            return update.skipped == 0 ? text : text + " +" + std::to_string(update.skipped);
        }
        case UpdateKind::live: return "live";
        case UpdateKind::gap: return "gap " + std::to_string(update.gap->count);
        case UpdateKind::interrupted: return "interrupted";
        case UpdateKind::ended: return "ended " + update.reason;
    }
    return "?";
}
inline std::vector<std::string> take_all(UpdateQueue& queue) {
    std::vector<std::string> all;
    while (const std::optional<Update> update = queue.try_take()) {
        all.push_back(describe(*update));
    }
    return all;
}
/// `{"t":"event",…}` with what is given; a position makes it one of an aimdb server.
inline std::string event(std::string_view sub,
                         std::uint64_t seq,
                         std::string_view topic,
                         std::string_view data,
                         std::uint64_t pos = 0,
                         std::string_view epoch = "e1",
                         std::string_view kind = "event") {
    std::string text = R"({"t":")" + std::string(kind) + R"(","seq":)" + std::to_string(seq);
    if (!topic.empty()) {
        text += R"(,"topic":")" + std::string(topic) + '"';
    }
    text += R"(,"sub":")" + std::string(sub) + R"(","data":)" + std::string(data);
    if (pos != 0) {
        text += R"(,"pos":)" + std::to_string(pos) + R"(,"epoch":")" + std::string(epoch) +
                R"(","ts":1790000000120)";
    }
    return text + "}";
}

}  // namespace aimdb::aimx::test
