// SPDX-License-Identifier: Apache-2.0
//
// History, then live, where the store is busy, slow, in trouble, or stops.
#include <condition_variable>
#include <limits>
#include <mutex>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "persistence/fake_backend.hpp"
#include "replay.hpp"
#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

using aimdb::test::FakeBackend;

/// The history of a database; counts who waits for it to be settled.
class CountedHistory final : public HistorySource {
public:
    explicit CountedHistory(HistorySource& source) : source_(source) {}
    void query(HistoryQuery query, QueryHandler handler) override {
        source_.query(std::move(query), std::move(handler));
    }
    void when_settled(std::string_view key, std::uint64_t pos, SettledHandler handler) override {
        ++settles_asked;
        source_.when_settled(key, pos, std::move(handler));
    }
    std::optional<HistoryPosition> position(std::string_view key) const override {
        return source_.position(key);
    }
    std::optional<std::string> stored_name(std::string_view key) const override {
        return source_.stored_name(key);
    }
    std::string epoch() const override { return source_.epoch(); }
    std::string trouble() const override { return source_.trouble(); }

    int settles_asked = 0;

private:
    HistorySource& source_;
};

/// A record "log" in a store whose commits and reads wait for the test. Its values are
/// their own sequences.
class ReplayOfAStore : public testing::Test {
protected:
    ~ReplayOfAStore() override {
        shut_reads(false);
        backend->shut(false);
    }

    void start(const PersistenceOptions& options = {}, BufferConfig buffer = spmc_ring(8)) {
        auto owned = std::make_unique<FakeBackend>();
        backend = owned.get();
        backend->on_read = [this](const HistoryQuery& query) { return read(query); };
        rig.builder.with_persistence(std::move(owned), options);
        rig.add<nlohmann::json>("log", buffer).persist();
        rig.start();
    }
    std::unique_ptr<TestPeer> connect() {
        auto peer = rig.connect();
        peer->hello();
        return peer;
    }
    void produce(std::int64_t first, std::int64_t last) {
        for (std::int64_t n = first; n <= last; ++n) {
            rig.produce_value("log", nlohmann::json(n));
        }
    }
    static void subscribe(TestPeer& peer, int id) {
        static_cast<void>(
            peer.say(R"({"t":"sub","id":)" + std::to_string(id) + R"(,"topic":"log","since":0})"));
    }
    void shut_reads(bool shut) {
        const std::lock_guard lock(mutex);
        reads_shut = shut;
        changed.notify_all();
    }
    std::size_t reads_begun() {
        const std::lock_guard lock(mutex);
        return reads;
    }
    std::uint64_t refused() const { return persistence(*rig.database).stats().queries_refused; }
    /// Runs the loop and lets time pass.
    void run_until(const std::function<bool()>& done) {
        rig.run_until([&] {
            asio::post(*rig.loop, [] {});
            ++rig.now_ms;
            rig.hub->timers().run();
            return done();
        });
    }
    static std::size_t count(const std::vector<std::unique_ptr<TestPeer>>& peers,
                             std::string_view text) {
        std::size_t found = 0;
        for (const auto& peer : peers) {
            found += with(peer->outlet.frames, text).size();
        }
        return found;
    }

    HistoryPage read(const HistoryQuery& query) {
        std::unique_lock lock(mutex);
        ++reads;
        changed.wait(lock, [this] { return !reads_shut; });
        if (failure) {
            throw Error(*failure, "read");
        }
        if (failing_reads > 0) {
            --failing_reads;
            throw Error(Errc::storage_unavailable, "read");
        }
        for (const std::uint64_t sequence : backend->rows_of(1)) {
            const std::string value(value_bytes, '7');
            if (!query.sink->take(HistoryRowView{"log", static_cast<std::int64_t>(sequence),
                                                 sequence, UnixTime{}, value})) {
                break;
            }
        }
        return {};
    }

    std::mutex mutex;
    std::condition_variable changed;
    bool reads_shut = false;
    std::size_t reads = 0;
    std::size_t value_bytes = 1;
    std::optional<Errc> failure;
    int failing_reads = 0;  // so many find the store unavailable
    SessionRig rig;
    FakeBackend* backend = nullptr;
};

TEST_F(ReplayOfAStore, OfOneConnectionIsReadAFewPagesAtATime) {
    start({.query_threads = 1, .query_queue = replay_reads_limit});
    produce(1, 3);
    rig.database->flush(blocking);
    shut_reads(true);
    std::vector<std::unique_ptr<TestPeer>> peers;
    peers.push_back(connect());
    for (int id = 1; id <= 20; ++id) {
        subscribe(*peers[0], id);
    }
    run_until([&] { return reads_begun() > 0; });

    shut_reads(false);
    run_until([&] { return count(peers, R"("live")") + count(peers, R"("ended")") == 20; });

    EXPECT_EQ(count(peers, R"("ended")"), 0u);
    EXPECT_EQ(count(peers, R"("hist":true)"), 60u);
    EXPECT_EQ(refused(), 0u);
}

TEST_F(ReplayOfAStore, WaitsWhereTooManyOthersAskToo) {
    start({.query_threads = 1, .query_queue = 1});
    produce(1, 3);
    rig.database->flush(blocking);
    shut_reads(true);
    std::vector<std::unique_ptr<TestPeer>> peers;
    for (int i = 0; i < 8; ++i) {
        peers.push_back(connect());
        for (int id = 1; id <= 4; ++id) {
            subscribe(*peers.back(), id);
        }
    }
    run_until([&] { return refused() > 0; });

    shut_reads(false);
    run_until([&] { return count(peers, R"("live")") + count(peers, R"("ended")") == 32; });

    EXPECT_EQ(count(peers, R"("ended")"), 0u);
    EXPECT_EQ(count(peers, R"("hist":true)"), 96u);
}

TEST_F(ReplayOfAStore, GivesItsTurnToOthersWhenItIsLeftWhileItReads) {
    start({.query_threads = 1});
    produce(1, 3);
    rig.database->flush(blocking);
    shut_reads(true);
    const auto peer = connect();
    for (int id = 1; id <= 6; ++id) {
        subscribe(*peer, id);
    }
    run_until([&] { return reads_begun() > 0; });
    for (int id = 1; id <= 5; ++id) {
        peer->ask(R"({"t":"unsub","sub":")" + std::to_string(id) + "\"}");
    }

    shut_reads(false);

    rig.run_until_heard(*peer, R"({"t":"live","sub":"6"})");
}

TEST_F(ReplayOfAStore, EndsAsClosedWhenTheStoreStopsAndAsFailedWhenItFails) {
    start();
    produce(1, 3);
    rig.database->flush(blocking);
    const auto peer = connect();

    failure = Errc::shutting_down;
    subscribe(*peer, 7);
    rig.run_until_heard(*peer, R"({"t":"ended","sub":"7","reason":"closed"})");

    failure = Errc::storage_corrupt;
    subscribe(*peer, 8);
    rig.run_until_heard(*peer, R"({"t":"ended","sub":"8","reason":"history_failed"})");
}

TEST_F(ReplayOfAStore, ReadsAgainWhatTheStoreInterrupts) {
    start();
    produce(1, 3);
    rig.database->flush(blocking);
    const auto peer = connect();
    failing_reads = unavailable_reads_limit;
    subscribe(*peer, 7);

    run_until([&] { return !with(peer->outlet.frames, R"("live")").empty(); });

    EXPECT_EQ(with(peer->outlet.frames, R"("hist":true)").size(), 3u);
    EXPECT_EQ(reads_begun(), 1u + unavailable_reads_limit);
}

TEST_F(ReplayOfAStore, EndsAsFailedWhenTheStoreCannotBeReadForLong) {
    start();
    produce(1, 3);
    rig.database->flush(blocking);
    const auto peer = connect();
    failing_reads = std::numeric_limits<int>::max();
    subscribe(*peer, 7);

    run_until([&] { return !with(peer->outlet.frames, R"("ended")").empty(); });

    EXPECT_EQ(with(peer->outlet.frames, R"("reason":"history_failed")").size(), 1u);
}

TEST_F(ReplayOfAStore, EndsAsClosedWhenTheServerStops) {
    start();
    produce(1, 3);
    rig.database->flush(blocking);
    shut_reads(true);
    const auto peer = connect();
    subscribe(*peer, 7);
    run_until([&] { return reads_begun() > 0; });

    rig.hub->end_replays();
    subscribe(*peer, 8);

    EXPECT_EQ(with(peer->heard(), R"("ended")"),
              (Frames{R"({"t":"ended","sub":"7","reason":"closed"})",
                      R"({"t":"ended","sub":"8","reason":"closed"})"}));
}

TEST_F(ReplayOfAStore, ThatStoresNothingGoesLiveAfterAWhileWithWhatIsSettledAndRetained) {
    start();
    produce(1, 3);
    rig.database->flush(blocking);
    backend->shut(true);
    produce(4, 12);
    const auto peer = connect();
    subscribe(*peer, 7);
    rig.run();
    EXPECT_EQ(with(peer->outlet.frames, R"("hist":true)"), Frames{});

    produce(13, 14);
    rig.pass_ms(rig.options.settle_limit.count());
    rig.run_until_heard(*peer, R"({"t":"live","sub":"7"})");
    produce(15, 15);
    rig.run();

    // 1 to 3 are stored, the ring has 8 values when the replay gives up waiting.
    const Frames heard = with(peer->heard(), R"("t":"event")");
    const std::vector<int> expected{1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    ASSERT_EQ(heard.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::string n = std::to_string(expected[i]);
        EXPECT_EQ(with({heard[i]}, R"("seq":)" + n + ",").size(), 1u) << heard[i];
        EXPECT_EQ(with({heard[i]}, R"("pos":)" + n + ",").size(), 1u) << heard[i];
        EXPECT_EQ(with({heard[i]}, R"("hist":true)").size(), n == "15" ? 0u : 1u) << heard[i];
    }
    EXPECT_EQ(rig.hub->counters.events_lost, 3u);
}

TEST_F(ReplayOfAStore, ThatStoresNothingIsWaitedForOnce) {
    rig.options.event_backlog_values = 2;
    start();
    backend->shut(true);
    produce(1, 4);
    const auto peer = connect();
    subscribe(*peer, 7);
    rig.run();
    peer->outlet.unsent_bytes = send_high_bytes;
    rig.pass_ms(rig.options.settle_limit.count());
    produce(5, 8);  // more than the live log holds
    rig.run();

    peer->take_all();
    rig.run_until_heard(*peer, R"({"t":"live","sub":"7"})");

    EXPECT_EQ(with(peer->heard(), R"("hist":true)").size(), 8u);
    EXPECT_EQ(rig.hub->counters.events_lost, 0u);
}

TEST_F(ReplayOfAStore, GoesLiveThoughASingleLatestSpeaksTwiceInAPass) {
    start({}, single_latest());
    produce(1, 1);
    rig.database->flush(blocking);
    shut_reads(true);
    const auto peer = connect();
    subscribe(*peer, 7);
    run_until([&] { return reads_begun() > 0; });
    for (const std::int64_t n : {2, 3}) {
        produce(n, n);
        rig.run();
    }

    shut_reads(false);
    rig.run_until_heard(*peer, R"({"t":"live","sub":"7"})");
    rig.run();

    EXPECT_EQ(peer->heard(),
              (Frames{R"({"t":"subscribed","sub":"7"})",
                      R"({"t":"event","seq":1,"topic":"log","sub":"7","data":7,"hist":true,)"
                      R"("pos":1,"epoch":"RUN","ts":0})",
                      R"({"t":"live","sub":"7"})",
                      R"({"t":"event","seq":2,"topic":"log","sub":"7","data":3,"merged":1,)"
                      R"("pos":3,"epoch":"RUN","ts":1790000000000})"}));
    EXPECT_EQ(reads_begun(), 1u);
}

TEST_F(ReplayOfAStore, ThatStoresNothingIsAskedOnceForAllWhoWait) {
    start();
    CountedHistory history(*rig.database->history());
    rig.database->provide_history(&history);
    backend->shut(true);
    produce(1, 1);
    const auto peer = connect();
    for (int id = 1; id <= 100; ++id) {
        subscribe(*peer, id);
        peer->ask(R"({"t":"unsub","sub":")" + std::to_string(id) + "\"}");
    }
    subscribe(*peer, 101);
    produce(2, 2);
    subscribe(*peer, 102);
    rig.run();
    EXPECT_EQ(history.settles_asked, 1);

    backend->shut(false);
    rig.run_until_heard(*peer, R"({"t":"live","sub":"101"})");
    rig.run_until_heard(*peer, R"({"t":"live","sub":"102"})");

    EXPECT_EQ(with(peer->outlet.frames, R"("sub":"102","data":7,"hist":true)").size(), 2u);
    EXPECT_EQ(history.settles_asked, 2) << "once more for what was produced meanwhile";
    static_cast<void>(rig.database->stop());
}

TEST_F(ReplayOfAStore, APageIsToldOnceThereIsRoom) {
    start({.query_threads = 1});
    produce(1, 3);
    rig.database->flush(blocking);
    shut_reads(true);
    const auto peer = connect();
    const auto next = connect();
    subscribe(*peer, 7);
    run_until([&] { return reads_begun() > 0; });
    subscribe(*next, 8);
    peer->outlet.unsent_bytes = send_high_bytes;

    shut_reads(false);
    rig.run_until_heard(*next, R"({"t":"live","sub":"8"})");
    EXPECT_EQ(with(peer->outlet.frames, R"("hist":true)"), Frames{});
    peer->take_all();
    rig.run_until_heard(*peer, R"({"t":"live","sub":"7"})");

    EXPECT_EQ(with(peer->heard(), R"("hist":true)").size(), 3u);
}

}  // namespace
}  // namespace aimdb::aimx::test
