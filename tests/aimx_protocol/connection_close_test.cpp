// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "connection.hpp"
#include "connection_rig.hpp"
#include "framing_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Texts = std::vector<std::string>;

/// More than any socket buffer takes.
const std::string much(std::size_t{8} << 20, 'x');

TEST(ConnectionClose, EndsQuietlyWhenThePeerCloses) {
    ConnectionRig rig;
    rig.start();

    rig.wire.send("one\ntwo");
    rig.wire.close();
    rig.run_until_closed();

    EXPECT_EQ(rig.told.frames, (Texts{"one", "two"}));
    EXPECT_EQ(rig.closed, (Texts{""}));
    EXPECT_TRUE(rig.closed_after_inlet);
}

TEST(ConnectionClose, AnswersAPeerThatHasEndedItsSending) {
    ConnectionRig rig;
    rig.start();
    rig.wire.send("question");
    rig.wire.end_sending();
    run_until(rig.loop, [&] { return !rig.told.frames.empty(); });

    rig.connection->send("answer");
    rig.connection->flush();

    EXPECT_EQ(rig.wire.receive_all(), "answer\n");
    rig.run_until_closed();
    EXPECT_EQ(rig.closed, (Texts{""}));
}

TEST(ConnectionClose, SaysWhyTheStreamBroke) {
    ConnectionRig rig;
    rig.start();

    rig.wire.send("good\n\xff\nnever\n");
    EXPECT_EQ(rig.wire.receive_all(), "");
    rig.wire.close();
    rig.run_until_closed();

    EXPECT_EQ(rig.told.frames, (Texts{"good"}));
    EXPECT_EQ(rig.closed, (Texts{"sent a line that is not UTF-8"}));
}

TEST(ConnectionClose, ClosesAfterWhatWasSent) {
    ConnectionRig rig;
    rig.start();

    rig.connection->send(much);
    rig.connection->close("enough");
    rig.connection->send("ignored");
    EXPECT_EQ(rig.wire.receive_all(), much + "\n");
    rig.wire.close();
    rig.run_until_closed();

    EXPECT_EQ(rig.closed, (Texts{"enough"}));
    EXPECT_TRUE(rig.closed_after_inlet);
}

TEST(ConnectionClose, ClosesThoughThePeerDoesNot) {
    ConnectionRig rig;
    rig.start();

    rig.connection->close("enough");
    rig.run_until_closed();

    EXPECT_EQ(rig.closed, (Texts{"enough"}));
}

TEST(ConnectionClose, SaysGoodbyeOnWebSocket) {
    Connection::Setup setup;
    setup.framing = websocket_framing(WebSocketRole::server);
    ConnectionRig rig(std::move(setup));
    rig.start();

    rig.connection->send("last");
    rig.connection->close("");

    const WebSocketFrame frame{.masked = false};
    EXPECT_EQ(rig.wire.receive_all(), frame.with("last") + std::string("\x88\x02\x03\xe8", 4));
}

TEST(ConnectionClose, MayBeClosedByItsInletInTheMiddleOfABatch) {
    ConnectionRig rig;
    rig.told.on_frame = [&](std::string_view frame) {
        rig.connection->send("no");
        rig.connection->close("had enough");
        EXPECT_EQ(frame, "one");  // the text is still there
        EXPECT_FALSE(rig.told.destroyed);
    };
    rig.start();

    rig.wire.send("one\ntwo\n");
    EXPECT_EQ(rig.wire.receive_all(), "no\n");
    rig.wire.close();
    rig.run_until_closed();

    EXPECT_EQ(rig.told.frames, (Texts{"one"}));
    EXPECT_EQ(rig.closed, (Texts{"had enough"}));
}

TEST(ConnectionClose, MayBeAbortedByItsInletInTheMiddleOfABatch) {
    ConnectionRig rig;
    rig.told.on_frame = [&](std::string_view) {
        rig.connection->abort("away");
        EXPECT_FALSE(rig.told.destroyed);
        EXPECT_TRUE(rig.closed.empty());
    };
    rig.start();

    rig.wire.send("one\ntwo\n");
    rig.run_until_closed();

    EXPECT_EQ(rig.told.frames, (Texts{"one"}));
    EXPECT_EQ(rig.closed, (Texts{"away"}));
    EXPECT_TRUE(rig.closed_after_inlet);
}

TEST(ConnectionClose, AbortsWithAnswersInsideOfOnRoom) {
    ConnectionRig rig;
    rig.told.on_room = [&] { rig.connection->abort("away"); };
    rig.start();

    rig.connection->send(much);
    rig.connection->flush();
    static_cast<void>(rig.wire.receive_all());
    rig.run_until_closed();

    EXPECT_EQ(rig.closed, (Texts{"away"}));
}

TEST(ConnectionClose, GivesUpOnAPeerThatTakesNothing) {
    Connection::Setup setup = ConnectionRig::with_lines();
    setup.stall_limit = std::chrono::milliseconds(30);
    ConnectionRig rig(std::move(setup));
    rig.start();

    rig.connection->send(much);
    rig.connection->flush();
    rig.run_until_closed();

    EXPECT_EQ(rig.closed, (Texts{"takes nothing"}));
}

TEST(ConnectionClose, ClosesAStalledOneToo) {
    Connection::Setup setup = ConnectionRig::with_lines();
    setup.stall_limit = std::chrono::milliseconds(30);
    ConnectionRig rig(std::move(setup));
    rig.start();

    rig.connection->send(much);
    rig.connection->close("enough");
    rig.run_until_closed();

    EXPECT_EQ(rig.closed, (Texts{"takes nothing"}));
}

TEST(ConnectionClose, SurvivesAPeerThatIsGoneWhenItSends) {
    ConnectionRig rig;
    rig.start();
    rig.wire.close();

    rig.connection->send("into the void");
    rig.connection->flush();
    rig.run_until_closed();

    EXPECT_EQ(rig.closed, (Texts{""}));
}

// Goal: nothing is used after it is gone when a program ends in the middle.
// Method: the loop goes with a read, a write and a timer pending (address sanitizer).
TEST(ConnectionClose, GoesWithItsLoop) {
    Told told;
    {
        asio::io_context loop;
        int both[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
        const Descriptor other(both[1]);
        const auto connection = std::make_shared<Connection>(
            Socket(loop, asio::generic::stream_protocol(AF_UNIX, 0), both[0]),
            ConnectionRig::with_lines());
        connection->start(std::make_unique<RecordingInlet>(told), nullptr);
        connection->send(much);
        connection->flush();
    }
    EXPECT_TRUE(told.destroyed);
}

}  // namespace
}  // namespace aimdb::aimx::test
