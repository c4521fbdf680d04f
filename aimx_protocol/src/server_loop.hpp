// SPDX-License-Identifier: Apache-2.0
//
// The thread "aimdb-aimx": one loop with all listeners, connections and sessions,
// so that nothing in them needs a lock.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "host.hpp"
#include "hub.hpp"
#include "listener.hpp"

namespace aimdb::aimx {

/// Threads:   construction, start() and stop() by the database; the rest on the loop.
/// Ownership: of its Server module.
class ServerLoop final : public Host {
public:
    /// Binds every endpoint. Throws Error that says which one could not be, and why.
    ServerLoop(Database& database,
               const AimxOptions& options,
               std::vector<std::unique_ptr<ServedRecord>> records);
    ~ServerLoop() override;
    ServerLoop(const ServerLoop&) = delete;
    ServerLoop& operator=(const ServerLoop&) = delete;

    void start();
    /// Accepts nobody new.
    void stop_accepting();
    /// Sends what is left, ends subscriptions and closes; false when `deadline`
    /// came first and connections were cut.
    [[nodiscard]] bool stop(Module::Deadline deadline);

    [[nodiscard]] std::vector<std::string> urls() const;
    [[nodiscard]] ServerStats stats() const;

    [[nodiscard]] std::unique_ptr<Inlet> open_session(const Peer& peer, Outlet& outlet) override;
    [[nodiscard]] bool token_opens(std::size_t endpoint, std::string_view token) const override;
    [[nodiscard]] std::string health_json() const override;
    [[nodiscard]] std::string metrics_text() const override;
    void report(const Peer& peer, std::string_view what) override;
    void count_cut() override { Counters::add(hub_.counters.connections_cut); }

private:
    void run();
    /// In a handler of exceptions.
    void report_thrown() const noexcept;
    void arm_timer();
    [[nodiscard]] std::size_t connections() const;
    void await_feeds(Module::Deadline deadline, Module::Deadline last_told, std::uint64_t told);
    void await_close(Module::Deadline deadline);

    const std::shared_ptr<asio::io_context> loop_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    Hub hub_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    asio::steady_timer timer_;
    asio::steady_timer close_timer_;
    bool cut_ = false;
    std::thread thread_;
};

}  // namespace aimdb::aimx
