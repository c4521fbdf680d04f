// SPDX-License-Identifier: Apache-2.0
//
// A client's thread with its sockets and timers: what the session asks of the
// world, and the way of calls from other threads to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "client_session.hpp"
#include "connection.hpp"
#include "url.hpp"

namespace aimdb::aimx {

/// An address without its query, where a token may be.
[[nodiscard]] std::string shown_url(std::string_view url);

/// Threads:   post(), submit(), status(), watch() and stop() thread-safe, the rest by
///            its own thread.
/// Ownership: owns the thread. stop() has to be called before the destructor.
class ClientLoop final : private ClientHost {
public:
    using Task = std::function<void(ClientSession&)>;
    using Watcher = std::function<void(const ClientStatus&)>;

    ClientLoop(std::string_view url, ClientOptions options);
    ~ClientLoop() override;

    /// Runs `task` on the thread, in the order of the calls; what was posted
    /// together is sent together.
    void post(Task task);
    /// The same with a request. Fails it at once where more wait for the thread than
    /// `sent_limit` or `unsent_limit_bytes` allow.
    void submit(ClientRequest request);
    /// Closes, and joins the thread. Later tasks run where they are posted.
    void stop();

    [[nodiscard]] ClientStatus status() const;
    /// Calls `watcher` with the status now and at every change, on the thread.
    void watch(Watcher watcher);
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }
    [[nodiscard]] std::uint64_t new_number();

private:
    SteadyTime now() const override { return std::chrono::steady_clock::now(); }
    double random() override;
    void dial() override;
    void hang_up(std::string_view reason) override;
    void wake_at(SteadyTime when) override;
    SteadyTime last_received() const override;
    void on_status(const ClientStatus& status) override;

    void run();
    void add(std::unique_lock<std::mutex> lock, Task task);
    void run_posted();
    void report_thrown() const noexcept;
    void start_connection(std::shared_ptr<Connection> connection);
    void on_closed(std::uint64_t generation, std::string_view reason);
    void finish();

    const ClientOptions options_;
    const Url url_;
    asio::io_context io_{1};
    const asio::any_io_executor executor_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
    asio::steady_timer timer_;
    asio::steady_timer closing_timer_;
    std::minstd_rand random_{std::random_device()()};
    std::function<void()> cancel_dial_;
    std::shared_ptr<Connection> connection_;
    std::uint64_t generation_ = 0;  // of dialling; what an older one reports is void
    std::vector<Watcher> watchers_;
    ClientSession session_;

    mutable std::mutex mutex_;
    std::vector<Task> posted_;
    std::size_t posted_bytes_ = 0;  // of requests among them
    bool stopped_ = false;
    ClientStatus status_;
    std::uint64_t last_number_ = 0;

    std::thread thread_;
};

}  // namespace aimdb::aimx
