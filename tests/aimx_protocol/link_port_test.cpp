// SPDX-License-Identifier: Apache-2.0
#include "aimdb/aimx_protocol/detail/link_port.hpp"

#include <future>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include "aimx_protocol/client_server_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using namespace std::chrono_literals;
using aimdb::test::run_with_deadline;
using aimdb::test::TempDir;

constexpr const char* nowhere = "unix:///nowhere/sock";

std::shared_ptr<LinkPort> port_to(const std::shared_ptr<ClientCore>& core) {
    auto port = std::make_shared<LinkPort>(StageKind::link_out, "out", nowhere, LinkOptions());
    port->connect(core, "inbox");
    return port;
}

TEST(LinkPort, StopsWithoutWaitingForAConnection) {
    run_with_deadline(60s, [] {
        const auto core = std::make_shared<ClientCore>(nowhere, ClientOptions());
        const auto port = port_to(core);
        port->write("1");  // the connection was lost since room() was asked
        asio::io_context io;
        std::future<void> answered = asio::co_spawn(io, port->wait_for_answers(), asio::use_future);
        io.run_for(1ms);
        EXPECT_EQ(answered.wait_for(0s), std::future_status::timeout);

        port->begin_stop();
        io.restart();
        io.run();

        EXPECT_EQ(answered.wait_for(0s), std::future_status::ready);
        core->stop();
        EXPECT_EQ(port->info().lost, 1u) << "it was never sent";
        EXPECT_EQ(port->info().unknown + port->info().pending, 0u);
    });
}

TEST(LinkPort, SeesAConnectionThatStandsAlready) {
    run_with_deadline(60s, [] {
        const TempDir directory;
        Database hub = serve_plant("unix://" + directory.file("sock"));
        const auto core = std::make_shared<ClientCore>(url_of(hub), ClientOptions());
        std::promise<void> connected;
        core->when_connected([&connected](const std::exception_ptr&) { connected.set_value(); });
        connected.get_future().get();

        const auto port = port_to(core);
        asio::io_context io;
        asio::co_spawn(io, port->wait_for_room(), asio::use_future);
        io.run();

        EXPECT_EQ(port->room(), LinkOptions().window);
        core->stop();
    });
}

TEST(ClientCore, TellsANewWatcherTheStatusOnItsOwnThread) {
    run_with_deadline(60s, [] {
        const auto core = std::make_shared<ClientCore>(nowhere, ClientOptions());
        std::promise<std::thread::id> seen;
        core->watch([&seen, first = true](const ClientStatus& status) mutable {
            if (std::exchange(first, false)) {
                EXPECT_EQ(status.state, ClientState::connecting);
                seen.set_value(std::this_thread::get_id());
            }
        });
        std::promise<std::thread::id> own;
        core->ping([&own](const std::exception_ptr&, std::chrono::nanoseconds) {
            own.set_value(std::this_thread::get_id());
        });
        const std::thread::id watched_on = seen.get_future().get();
        core->close();
        EXPECT_EQ(watched_on, own.get_future().get());
        core->stop();
    });
}

}  // namespace
}  // namespace aimdb::aimx::test
