// SPDX-License-Identifier: Apache-2.0
#include "signal_watch.hpp"

#include <csignal>
#include <utility>

#include "thread_name.hpp"

namespace aimdb::detail {

SignalWatch::SignalWatch(std::function<void()> on_signal) : signals_(context_, SIGINT, SIGTERM) {
    signals_.async_wait([this, on_signal = std::move(on_signal)](std::error_code error, int) {
        if (!error) {
            signals_.clear();  // before anybody can see that the stop has begun
            on_signal();
        }
    });
    thread_ = std::thread([this] {
        name_this_thread("aimdb-signals");
        context_.run();
    });
}

SignalWatch::~SignalWatch() {
    context_.stop();
    thread_.join();
}

}  // namespace aimdb::detail
