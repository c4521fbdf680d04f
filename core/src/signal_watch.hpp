// SPDX-License-Identifier: Apache-2.0
//
// SIGINT and SIGTERM for Database::run().
#pragma once

#include <functional>
#include <thread>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

namespace aimdb::detail {

/// Calls `on_signal` at the first SIGINT or SIGTERM. From then on, and when this
/// object goes, both have their default again: a second one ends the process.
///
/// Threads: has one of its own, "aimdb-signals", which calls `on_signal`: stages that
///          block the database's threads must not hold up a signal.
class SignalWatch {
public:
    explicit SignalWatch(std::function<void()> on_signal);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    asio::io_context context_{1};
    asio::signal_set signals_;
    std::thread thread_;
};

}  // namespace aimdb::detail
