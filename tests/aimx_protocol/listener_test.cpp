// SPDX-License-Identifier: Apache-2.0
#include "listener.hpp"

#include <sys/resource.h>

#include <gtest/gtest.h>

#include "aimdb/core/error.hpp"

#include "acceptor.hpp"
#include "framing_rig.hpp"
#include "listener_rig.hpp"
#include "support/temp_dir.hpp"

namespace aimdb::aimx::test {
namespace {

using Texts = std::vector<std::string>;

std::string error_of(const AimxEndpoint& endpoint) {
    asio::io_context loop;
    FakeHost host;
    try {
        static_cast<void>(listen(loop, endpoint, 0, {}, host));
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::invalid_configuration);
        return error.what();
    }
    return "";
}

TEST(Listener, ServesLinesOnAUnixSocket) {
    const aimdb::test::TempDir directory;
    ListenerRig rig("unix://" + directory.file("hub.sock"));
    Wire wire = rig.connect();

    wire.send("one\n");

    EXPECT_EQ(wire.receive(7), "re one\n");
    EXPECT_EQ(rig.listener->connections(), 1U);
    ASSERT_EQ(rig.host.peers.size(), 1U);
    const Peer& peer = rig.host.peers[0];
    EXPECT_EQ(peer.name,
              "unix uid " + std::to_string(::getuid()) + " pid " + std::to_string(::getpid()));
    EXPECT_EQ(peer.transport, Transport::unix_socket);
    EXPECT_TRUE(peer.authenticated);
    EXPECT_TRUE(peer.may_write);
    EXPECT_EQ(peer.endpoint, 3U);
}

TEST(Listener, ServesFramesWithLengthOnTcp) {
    ListenerRig rig(AimxEndpoint("tcp://127.0.0.1:0").read_only());
    Wire wire = rig.connect();

    wire.send(with_length("one"));

    EXPECT_EQ(wire.receive(10), with_length("re one"));
    ASSERT_EQ(rig.host.peers.size(), 1U);
    EXPECT_EQ(rig.host.peers[0].name.substr(0, 14), "tcp 127.0.0.1:");
    EXPECT_FALSE(rig.host.peers[0].may_write);
    EXPECT_EQ(rig.host.peers[0].transport, Transport::tcp);
}

TEST(Listener, ServesIpVersion6) {
    ListenerRig rig("tcp://[::1]:0");
    EXPECT_EQ(rig.listener->url().substr(0, 12), "tcp://[::1]:");
    Wire wire = rig.connect();

    wire.send(with_length("one"));

    EXPECT_EQ(wire.receive(10), with_length("re one"));
}

TEST(Listener, TakesShortFramesOnlyFromStrangers) {
    ListenerRig rig(AimxEndpoint("tcp://127.0.0.1:0").require_token("open sesame"));
    Wire wire = rig.connect();

    wire.send(with_length(std::string(unknown_peer_limit_bytes, 'x')));
    EXPECT_EQ(wire.receive(7).size(), 7U);
    EXPECT_FALSE(rig.host.peers.at(0).authenticated);
    wire.send(with_length(std::string(unknown_peer_limit_bytes + 1, 'x')).substr(0, 4));
    static_cast<void>(wire.receive_all());
    run_until(rig.loop, [&] { return !rig.host.reports.empty(); });

    EXPECT_NE(rig.host.reports[0].find("above the limit of 4096"), std::string::npos);
}

TEST(Listener, ClosesWhoIsOverTheLimitWithoutAFrame) {
    AimxEndpoint endpoint("tcp://127.0.0.1:0");
    endpoint.connection_limit = 2;
    ListenerRig rig(endpoint);
    Wire one = rig.connect();
    Wire two = rig.connect();
    rig.run_until_open(2);

    Wire three = rig.connect();
    EXPECT_EQ(three.receive_all(), "");
    EXPECT_EQ(rig.host.peers.size(), 2U);

    one.close();
    rig.run_until_open(1);
    Wire four = rig.connect();
    four.send(with_length("in"));
    EXPECT_EQ(four.receive(9), with_length("re in"));
}

TEST(Listener, ClosesWhomTheHostRefuses) {
    ListenerRig rig("tcp://127.0.0.1:0");
    rig.host.refuses = true;

    Wire wire = rig.connect();

    EXPECT_EQ(wire.receive_all(), "");
    EXPECT_EQ(rig.listener->connections(), 0U);
}

TEST(Listener, AcceptsTheNextAfterOneForWhomTheHostThrew) {
    ListenerRig rig("tcp://127.0.0.1:0");
    rig.host.throws = true;
    Wire unlucky = rig.connect();
    EXPECT_THROW(run_until(rig.loop, [] { return false; }), std::runtime_error);
    EXPECT_FALSE(rig.host.throws);

    Wire wire = rig.connect();
    wire.send(with_length("one"));

    EXPECT_EQ(wire.receive(10), with_length("re one"));
}

TEST(Listener, ReportsWhyAConnectionWasClosed) {
    ListenerRig rig("tcp://127.0.0.1:0");
    Wire wire = rig.connect();

    wire.send("{\"t\":\"ping\"}\n");
    EXPECT_EQ(wire.receive_all(), "");
    wire.close();
    rig.run_until_open(0);

    ASSERT_EQ(rig.host.reports.size(), 1U);
    EXPECT_NE(rig.host.reports[0].find("announced a frame"), std::string::npos);
    EXPECT_EQ(rig.host.sessions, 0U);
}

TEST(Listener, StopsAcceptingAndClosesAfterWhatWasSent) {
    const aimdb::test::TempDir directory;
    ListenerRig rig("unix://" + directory.file("hub.sock"));
    Wire wire = rig.connect();
    wire.send("one\n");
    EXPECT_EQ(wire.receive(7), "re one\n");

    rig.listener->stop();
    EXPECT_THROW(static_cast<void>(rig.connect()), std::system_error);
    rig.listener->close_connections("the server stops");
    EXPECT_EQ(wire.receive_all(), "");
    wire.close();
    rig.run_until_open(0);

    EXPECT_EQ(rig.host.reports.size(), 1U);
}

TEST(Listener, AbortsItsConnections) {
    ListenerRig rig("tcp://127.0.0.1:0");
    Wire wire = rig.connect();
    rig.run_until_open(1);

    rig.listener->abort_connections();
    rig.run_until_open(0);

    EXPECT_EQ(rig.host.sessions, 0U);
    EXPECT_EQ(wire.receive_all(), "");
}

TEST(Listener, RefusesAnAddressForStrangersWithoutAToken) {
    for (const char* url : {"tcp://0.0.0.0:0", "tcp://[::]:0", "ws://0.0.0.0:0/ws"}) {
        const std::string error = error_of(url);
        EXPECT_NE(error.find("require_token()"), std::string::npos) << url << ": " << error;
        EXPECT_EQ(error_of(AimxEndpoint(url).require_token("secret")), "") << url;
    }
}

TEST(Listener, RefusesAPortThatIsTaken) {
    ListenerRig rig("tcp://127.0.0.1:0");

    const std::string error = error_of(rig.listener->url());

    EXPECT_NE(error.find(rig.listener->url()), std::string::npos);
    EXPECT_NE(error.find("choose another port"), std::string::npos);
}

TEST(Listener, RefusesAHostThatIsNotKnown) {
    EXPECT_NE(error_of("tcp://999.0.0.1:0").find("is not known"), std::string::npos);
}

TEST(Listener, LetsOnlyListedUsersIn) {
    const aimdb::test::TempDir directory;
    AimxEndpoint endpoint("unix://" + directory.file("hub.sock"));
    endpoint.uids = {static_cast<std::uint32_t>(::getuid()) + 1};
    ListenerRig rig(endpoint);

    Wire wire = rig.connect();
    EXPECT_EQ(wire.receive_all(), "");

    EXPECT_TRUE(rig.host.peers.empty());
    ASSERT_EQ(rig.host.reports.size(), 1U);
    EXPECT_NE(rig.host.reports[0].find("add its uid"), std::string::npos);
}

// Goal: a process without descriptors waits, says so once, and goes on afterwards.
// Method: the limit of open files is set to what is open already.
TEST(Listener, SurvivesAProcessWithoutDescriptors) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "the check of virtual calls needs a descriptor itself";
#endif
    ListenerRig rig("tcp://127.0.0.1:0");
    std::vector<Wire> wires;
    wires.push_back(rig.connect());
    wires.push_back(rig.connect());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const Descriptor lowest_free(::dup(0));
    rlimit none_left = before;
    none_left.rlim_cur = static_cast<rlim_t>(lowest_free.number()) + 1;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);

    run_until(rig.loop, [&] { return !rig.host.reports.empty(); });
    rig.loop.restart();
    rig.loop.run_for(3 * accept_pause);
    EXPECT_EQ(rig.host.reports.size(), 1U);
    EXPECT_EQ(rig.listener->connections(), 0U);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);

    rig.run_until_open(2);
    EXPECT_EQ(rig.host.reports.size(), 1U);
}

}  // namespace
}  // namespace aimdb::aimx::test
