// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <gtest/gtest.h>

#include "connection_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using Texts = std::vector<std::string>;

/// More than any socket buffer takes.
const std::string much(std::size_t{8} << 20, 'x');

TEST(Connection, HandsFramesInAndOut) {
    ConnectionRig rig;
    rig.told.on_frame = [&](std::string_view frame) {
        rig.connection->send("re " + std::string(frame));
    };
    rig.start();

    rig.wire.send("one\ntwo\nthr");
    EXPECT_EQ(rig.wire.receive(14), "re one\nre two\n");
    rig.wire.send("ee\n");

    EXPECT_EQ(rig.wire.receive(9), "re three\n");
    EXPECT_EQ(rig.told.frames, (Texts{"one", "two", "three"}));
}

TEST(Connection, TakesBatchesLargerThanItsOwnBuffer) {
    ConnectionRig rig;
    rig.start();
    std::string batch;
    for (int i = 0; i < 20'000; ++i) {
        batch += "frame " + std::to_string(i) + "\n";
    }

    rig.wire.send(batch);
    run_until(rig.loop, [&] { return rig.told.frames.size() == 20'000; });

    EXPECT_EQ(rig.told.frames.front(), "frame 0");
    EXPECT_EQ(rig.told.frames.back(), "frame 19999");
}

TEST(Connection, BeginsWithWhatCameWithTheUpgrade) {
    Connection::Setup setup = ConnectionRig::with_lines();
    setup.leftover = "one\ntw";
    ConnectionRig rig(std::move(setup));
    rig.start();
    EXPECT_EQ(rig.told.frames, Texts{});  // not before start() has returned

    rig.wire.send("o\n");
    run_until(rig.loop, [&] { return rig.told.frames.size() == 2; });

    EXPECT_EQ(rig.told.frames, (Texts{"one", "two"}));
}

TEST(Connection, SendsNothingBeforeItIsFlushed) {
    ConnectionRig rig;
    rig.start();

    rig.connection->send("one");
    rig.connection->send("two");
    settle(rig.loop);
    EXPECT_EQ(rig.wire.received(), "");
    EXPECT_EQ(rig.connection->unsent(), 8U);
    rig.connection->flush();

    EXPECT_EQ(rig.wire.received(), "one\ntwo\n");
    EXPECT_EQ(rig.connection->unsent(), 0U);
}

TEST(Connection, SendsWhatTheKernelDoesNotTakeAtOnceLater) {
    ConnectionRig rig;
    rig.start();

    rig.connection->send(much);
    rig.connection->flush();
    EXPECT_GT(rig.connection->unsent(), 0U);

    EXPECT_EQ(rig.wire.receive(much.size() + 1), much + "\n");
    EXPECT_EQ(rig.connection->unsent(), 0U);
}

TEST(Connection, TellsTheInletOnceWhenThereIsRoomAgain) {
    ConnectionRig rig;
    rig.start();

    rig.connection->send(much);
    rig.connection->flush();
    settle(rig.loop);
    EXPECT_EQ(rig.told.rooms, 0);
    static_cast<void>(rig.wire.receive(much.size() + 1));
    settle(rig.loop);

    EXPECT_EQ(rig.told.rooms, 1);
}

TEST(Connection, TellsOfRoomAlsoWhenTheKernelTookAllAtOnce) {
    ConnectionRig rig;
    int size = 4 << 20;
    ASSERT_EQ(::setsockopt(rig.wire.descriptor(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    rig.start();

    rig.connection->send(std::string(send_high_bytes, 'x'));
    rig.connection->flush();
    static_cast<void>(rig.wire.receive(send_high_bytes + 1));
    settle(rig.loop);

    EXPECT_EQ(rig.told.rooms, 1);
}

TEST(Connection, TellsOfRoomWhenExactlySoMuchWasUnsentThatThereWasNone) {
    ConnectionRig rig;
    rig.start();

    rig.connection->send(std::string(send_high_bytes - 1, 'x'));  // and the end of the line
    EXPECT_EQ(rig.connection->unsent(), send_high_bytes);
    rig.connection->flush();
    static_cast<void>(rig.wire.receive(send_high_bytes));
    settle(rig.loop);

    EXPECT_EQ(rig.told.rooms, 1);
}

TEST(Connection, WaitsForAnswersThatAreOwedToAPeerThatSaysNoMore) {
    ConnectionRig rig;
    rig.told.owes_answers = true;
    rig.start();
    rig.wire.send("question\n");
    rig.wire.end_sending();
    asio::steady_timer later(rig.loop, 3 * half_closed_grace);
    bool grace_is_over = false;
    later.async_wait([&](std::error_code) { grace_is_over = true; });
    run_until(rig.loop, [&] { return grace_is_over; });

    rig.connection->send("answer");
    rig.connection->flush();
    rig.told.owes_answers = false;

    EXPECT_EQ(rig.wire.receive_all(), "answer\n");
}

TEST(Connection, IsClosedWhenAFrameThrows) {
    const std::function<void(std::string_view)> inlets[] = {
        [](std::string_view) { throw std::runtime_error("of the inlet"); },
        [](std::string_view) { throw 13; }};
    for (const auto& on_frame : inlets) {
        ConnectionRig rig;
        rig.told.on_frame = on_frame;
        rig.start();

        rig.wire.send("one\ntwo\n");

        EXPECT_EQ(rig.wire.receive_all(), "");
        EXPECT_EQ(rig.told.frames, (std::vector<std::string>{"one"}));
    }
}

TEST(Connection, IsClosedWhenTheInletThrowsAsThereIsRoomAgain) {
    ConnectionRig rig;
    rig.told.on_room = [] { throw 13; };
    rig.start();

    rig.connection->send(much);
    rig.connection->flush();

    EXPECT_EQ(rig.wire.receive_all(), much + "\n");
    rig.wire.close();
    rig.run_until_closed();
    EXPECT_EQ(rig.closed, Texts{"an exception that is no std::exception"});
}

TEST(Connection, IsCutWhenSoMuchIsUnsentThatThePeerCannotBeWaitedFor) {
    Connection::Setup setup = ConnectionRig::with_lines();
    setup.unsent_limit_bytes = 3 * much.size();
    ConnectionRig rig(std::move(setup));
    rig.start();

    rig.connection->send(much);
    rig.connection->send(much);
    rig.connection->flush();
    settle(rig.loop);
    EXPECT_EQ(rig.closed, Texts{});
    rig.connection->send(much);
    rig.connection->send(much);
    rig.run_until_closed();

    EXPECT_EQ(rig.closed, Texts{"more than 25165824 bytes are unsent: the peer is too slow"});
    EXPECT_EQ(rig.connection->unsent(), 0U);
}

TEST(Connection, ReadsNothingWhileTheInletTakesNoMore) {
    ConnectionRig rig;
    rig.told.takes_more = false;
    rig.start();

    rig.wire.send("one\ntwo\nthree\n");
    run_until(rig.loop, [&] { return !rig.told.frames.empty(); });
    settle(rig.loop);
    std::size_t taken_by_kernel = 0;
    for (std::size_t sent = 1; sent > 0; taken_by_kernel += sent) {
        sent = rig.wire.send_some(much);
        settle(rig.loop);
    }

    EXPECT_EQ(rig.told.frames, (Texts{"one"}));
    EXPECT_LT(taken_by_kernel, much.size());
}

TEST(Connection, GoesOnWithKeptFramesWhenTheAnswersAreOut) {
    ConnectionRig rig;
    rig.told.takes_more = false;
    rig.start();
    rig.wire.send("one\ntwo\nthree\nfour\n");
    run_until(rig.loop, [&] { return !rig.told.frames.empty(); });
    settle(rig.loop);
    EXPECT_EQ(rig.told.frames, (Texts{"one"}));

    rig.connection->send("answer");  // an answer that was on its way
    rig.connection->flush();
    settle(rig.loop);
    EXPECT_EQ(rig.told.frames, (Texts{"one", "two"}));
    rig.told.takes_more = true;
    rig.connection->send("answer");
    rig.connection->flush();
    settle(rig.loop);

    EXPECT_EQ(rig.told.frames, (Texts{"one", "two", "three", "four"}));
    EXPECT_EQ(rig.told.rooms, 2);
}

TEST(Connection, ReadsNothingWhileTooMuchIsUnsent) {
    ConnectionRig rig;
    rig.told.on_frame = [&](std::string_view) { rig.connection->send(much); };
    rig.start();

    rig.wire.send("one\n");
    run_until(rig.loop, [&] { return !rig.told.frames.empty(); });
    rig.wire.send("two\n");
    settle(rig.loop);
    EXPECT_EQ(rig.told.frames, (Texts{"one"}));
    static_cast<void>(rig.wire.receive(much.size() + 1));

    run_until(rig.loop, [&] { return rig.told.frames.size() == 2; });
}

// Goal: a client that reads events fast still gets its requests answered.
// Method: the inlet always has more events than are let out at once.
TEST(Connection, TakesFramesWhileTheInletFillsAllRoomWithEvents) {
    ConnectionRig rig;
    const auto pump = [&] {
        while (rig.connection->unsent() <= send_high_bytes) {
            rig.connection->send(std::string(10'000, 'e'));
        }
        rig.connection->flush();
    };
    rig.told.on_room = pump;
    rig.start();
    pump();

    rig.wire.send("request\n");
    run_until(rig.loop, [&] {
        static_cast<void>(rig.wire.received());
        return !rig.told.frames.empty();
    });

    EXPECT_GT(rig.told.rooms, 0);
}

TEST(Connection, KnowsWhenItLastHeardSomething) {
    ConnectionRig rig;
    rig.start();
    const auto before = rig.connection->last_received();

    rig.wire.send("one\n");
    run_until(rig.loop, [&] { return !rig.told.frames.empty(); });

    EXPECT_GT(rig.connection->last_received(), before);
}

TEST(Connection, ChangesTheLimitOfFramesBothWays) {
    ConnectionRig rig;
    rig.told.on_frame = [&](std::string_view) { rig.connection->set_frame_limit(4); };
    rig.start();
    EXPECT_EQ(rig.connection->send_limit(), frame_limit_bytes);

    rig.wire.send("12345\n1234\n12345\n");
    EXPECT_EQ(rig.wire.receive_all(), "");
    rig.wire.close();
    rig.run_until_closed();

    EXPECT_EQ(rig.connection->send_limit(), 4U);
    EXPECT_EQ(rig.told.frames, (Texts{"12345", "1234"}));
}

}  // namespace
}  // namespace aimdb::aimx::test
