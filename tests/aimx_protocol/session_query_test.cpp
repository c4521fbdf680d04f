// SPDX-License-Identifier: Apache-2.0
//
// record.query against the same history asked in process.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class SessionQuery : public testing::Test {
protected:
    SessionQuery() {
        rig.remember(memory_store());
        rig.add<Value>("p.a", spmc_ring(32'768)).persist({.name = "stored.a"});
        rig.add<Value>("p.b", spmc_ring(1'024)).persist();
        rig.add<Value>("loose", spmc_ring(8));
        rig.start();
        peer = rig.connect();
    }

    void produce_at(std::string_view key, std::int64_t n, std::int64_t ms) {
        rig.database->producer<Value>(key).produce(Value{n}, from_unix_ms(ms));
    }
    std::string query(std::string_view params) {
        rig.database->flush(blocking);
        static_cast<void>(peer->say(R"({"t":"req","id":7,"method":"record.query","params":)" +
                                    std::string(params) + "}"));
        rig.run_until_heard(*peer, R"({"t":"reply","id":7,)");
        return peer->heard().at(0);
    }
    /// The `ok` of the answer.
    nlohmann::json page(std::string_view params) {
        return nlohmann::json::parse(query(params)).at("ok");
    }

    SessionRig rig;
    std::unique_ptr<TestPeer> peer;
};

TEST_F(SessionQuery, WithoutLimitGivesTheNewestOfEachRecordInOrderOfTime) {
    produce_at("p.b", 1, 2'000);
    produce_at("p.a", 1, 1'000);
    produce_at("p.a", 2, 3'000);
    produce_at("p.a", 3, 2'000);

    EXPECT_EQ(query("null"), R"({"t":"reply","id":7,"ok":{"records":[)"
                             R"({"topic":"p.b","payload":{"n":1},"ts":2000},)"
                             R"({"topic":"p.a","payload":{"n":3},"ts":2000}],"total":2}})");
}

TEST_F(SessionQuery, LimitStartAndEndSelectPerRecordAndWrongTypesAreAbsent) {
    for (int n = 1; n <= 6; ++n) {
        produce_at("p.a", n, 1'000 + n);
    }

    const auto numbers = [&](std::string_view params) {
        std::vector<int> all;
        const nlohmann::json got = page(params);
        for (const auto& row : got.at("records")) {
            all.push_back(row.at("payload").at("n"));
        }
        return all;
    };
    using Numbers = std::vector<int>;
    EXPECT_EQ(numbers(R"({"name":"p.a","limit":9})"), (Numbers{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(numbers(R"({"name":"p.a","limit":2})"), (Numbers{5, 6}));
    EXPECT_EQ(numbers(R"({"name":"p.*","limit":9,"start":1002,"end":1004})"), (Numbers{2, 3, 4}));
    EXPECT_EQ(numbers(R"({"name":"p.#","limit":"9","start":-1,"end":null})"), (Numbers{6}));
    EXPECT_EQ(numbers(R"({"name":"p.a","limit":0})"), Numbers{});
    EXPECT_EQ(numbers(R"({"name":"p.a","limit":9,"start":1004,"end":1002})"), Numbers{});
    EXPECT_EQ(numbers(R"({"name":"loose","limit":9})"), Numbers{});
    EXPECT_EQ(numbers(R"({"name":"stored.a","limit":9})"), Numbers{});  // known by its key only
    EXPECT_EQ(
        with({query(R"({"limit":9223372036854775808})")}, R"("err":"internal","code":"bad_params")")
            .size(),
        1u);
}

TEST_F(SessionQuery, RowsCarryPositionsOnceExtensionsAreAgreedOn) {
    produce_at("p.a", 1, 1'000);
    peer->hello();

    EXPECT_EQ(query(R"({"name":"p.a"})"),
              R"({"t":"reply","id":7,"ok":{"records":[{"topic":"p.a","payload":{"n":1},"ts":1000,)"
              R"("id":1,"pos":1,"epoch":"STORE"}],"total":1}})");
}

TEST_F(SessionQuery, PagesAreTogetherWhatAQueryInProcessGives) {
    constexpr int count = 20'000;
    for (int n = 1; n <= count; ++n) {
        produce_at("p.a", n, 1'000 + n / 3);
    }
    for (int n = 1; n <= 100; ++n) {
        produce_at("p.b", n, 1'000 - n);
    }
    for (const std::string_view order : {"asc", "desc"}) {
        rig.database->flush(blocking);
        HistoryOptions options;
        options.order = order == "asc" ? Order::oldest_first : Order::newest_first;
        options.total_limit = page_limit_rows;
        const HistoryPage expected = rig.database->query_raw("#", options, blocking);

        std::vector<std::pair<std::int64_t, std::uint64_t>> rows;
        std::string params = R"({"order":")" + std::string(order) + R"(","max_rows":3000)";
        std::string next;
        do {
            const nlohmann::json got = page(params + next + "}");
            for (const auto& row : got.at("records")) {
                rows.emplace_back(row.at("id"), row.at("pos"));
            }
            EXPECT_EQ(got.at("total"), got.at("records").size());
            next = got.contains("next") ? R"(,"after":)" + got.at("next").dump() : "";
        } while (!next.empty());

        ASSERT_EQ(rows.size(), expected.rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            ASSERT_EQ(rows[i], std::pair(expected.rows[i].id, expected.rows[i].sequence)) << i;
        }
    }
}

TEST_F(SessionQuery, PagesAreCutToWhatAFrameCarries) {
    for (int n = 1; n <= 500; ++n) {
        produce_at("p.a", n, 1'000 + n);
    }
    peer = rig.connect({.send_limit_bytes = 4'096});
    int expected = 1;
    std::string next;
    int pages = 0;
    do {
        const std::string text = query(R"({"order":"asc")" + next + "}");
        ASSERT_LE(text.size(), 4'096u);
        const nlohmann::json got = nlohmann::json::parse(text).at("ok");
        for (const auto& row : got.at("records")) {
            EXPECT_EQ(row.at("pos"), expected++);
        }
        next = got.contains("next") ? R"(,"after":)" + got.at("next").dump() : "";
        ++pages;
    } while (!next.empty());

    EXPECT_EQ(expected, 501);
    EXPECT_GT(pages, 10);
}

TEST_F(SessionQuery, APageGoesOnBeyondARowThatNoFrameCarries) {
    SessionRig words;
    words.remember(memory_store());
    words.add<Text>("p.text", spmc_ring(8)).persist();
    words.start();
    const std::string longest(5'000, 'x');
    const auto out = words.database->producer<Text>("p.text");
    for (const std::string& text : {std::string("before"), longest, std::string("behind")}) {
        out.produce(Text{text}, from_unix_ms(1'000));
    }
    words.database->flush(blocking);
    const auto reader = words.connect({.send_limit_bytes = 4'096});
    const auto ask = [&](const std::string& after) {
        static_cast<void>(reader->say(
            R"({"t":"req","id":7,"method":"record.query","params":{"order":"asc")" + after + "}}"));
        words.run_until_heard(*reader, R"({"t":"reply","id":7,)");
        return nlohmann::json::parse(reader->heard().at(0)).at("ok");
    };

    const nlohmann::json first = ask("");
    const nlohmann::json second = ask(R"(,"after":)" + first.at("next").dump());

    EXPECT_EQ(first.at("records").size(), 1u);
    ASSERT_EQ(second.at("records").size(), 2u);
    EXPECT_TRUE(second.at("records").at(0).at("payload").is_null());
    EXPECT_EQ(second.at("records").at(0).at("too_large"), 5'011);
    EXPECT_EQ(second.at("records").at(0).at("pos"), 2);
    EXPECT_EQ(second.at("records").at(1).at("payload").at("text"), "behind");
    EXPECT_FALSE(second.contains("next"));
}

TEST_F(SessionQuery, APlainAnswerThatNoFrameCarriesIsRefusedAsTooLarge) {
    for (int n = 1; n <= 500; ++n) {
        produce_at("p.a", n, 1'000 + n);
    }
    peer = rig.connect({.send_limit_bytes = 4'096});

    EXPECT_EQ(with({query(R"({"limit":500})")}, R"("err":"internal","code":"too_large")").size(),
              1u);
    EXPECT_EQ(page(R"({"limit":20})").at("total"), 20);
}

TEST_F(SessionQuery, GapsComeWithoutRowsAndOnlySoManyAsHalfAFrameCarries) {
    SessionRig picky;
    picky.remember(memory_store());
    picky.add<Picky>("p.picky", spmc_ring(128)).persist();
    picky.start();
    const auto out = picky.database->producer<Picky>("p.picky");
    for (int n = 0; n < 40; ++n) {
        out.produce(Picky{13});  // its codec refuses it: a gap of its own
        out.produce(Picky{n % 13});
    }
    picky.database->flush(blocking);
    const auto reader = picky.connect({.send_limit_bytes = 4'096});

    static_cast<void>(reader->say(R"({"t":"req","id":7,"method":"record.query",)"
                                  R"("params":{"limit":0,"gaps":true}})"));
    picky.run_until_heard(*reader, R"({"t":"reply","id":7,)");

    const nlohmann::json all = nlohmann::json::parse(reader->heard().at(0)).at("ok");
    EXPECT_EQ(all.at("records"), nlohmann::json::array());
    EXPECT_GT(all.at("gaps").size(), 10u);
    EXPECT_LT(all.at("gaps").size(), 40u);
    EXPECT_EQ(all.at("gaps_cut"), true);
}

TEST_F(SessionQuery, BeginsNoQueryWhileThePeerTakesNothing) {
    produce_at("p.a", 1, 1'000);
    rig.database->flush(blocking);
    peer->outlet.slow = true;
    peer->outlet.unsent_bytes = send_high_bytes;
    for (int i = 0; i < 6; ++i) {
        static_cast<void>(peer->say(R"({"t":"req","id":7,"method":"record.query"})"));
    }
    EXPECT_EQ(persistence(*rig.database).stats().queries, 0u);
    EXPECT_TRUE(peer->session->owes_answers());

    peer->take_all();
    rig.run_until([&] { return peer->outlet.frames.size() == 6; });

    EXPECT_FALSE(peer->session->owes_answers());
}

TEST_F(SessionQuery, RefusesBadPagesAndTooManyAtOnce) {
    const auto code = [&](std::string_view params, std::string_view expected) {
        return with({query(params)}, R"("code":")" + std::string(expected) + "\"").size();
    };
    EXPECT_EQ(code(R"({"order":"up"})", "bad_params"), 1u);
    EXPECT_EQ(code(R"({"after":"nonsense"})", "bad_params"), 1u);
    EXPECT_EQ(with({query(R"({"name":"a**b"})")}, R"("records":[],"total":0,"msg":")").size(), 1u);

    const std::string ask = R"({"t":"req","id":8,"method":"record.query"})";
    for (int i = 0; i < 256; ++i) {
        static_cast<void>(peer->say(ask));
    }
    EXPECT_EQ(peer->ask(ask),
              Frames{R"({"t":"reply","id":8,"err":"internal","code":"busy",)"
                     R"("msg":"too many answers are on their way: wait for some"})"});
    rig.run_until([&] { return peer->outlet.frames.size() == 256; });
    rig.run();
    EXPECT_EQ(peer->heard().size(), 256u);
}

TEST_F(SessionQuery, AnAnswerForASessionThatIsGoneGoesNowhere) {
    produce_at("p.a", 1, 1'000);
    rig.database->flush(blocking);
    static_cast<void>(peer->say(R"({"t":"req","id":8,"method":"record.query"})"));
    peer->session.reset();

    static_cast<void>(rig.database->stop());
    rig.run();

    EXPECT_EQ(peer->heard(), Frames{});
}

TEST_F(SessionQuery, AQueryThatFailsIsRefused) {
    static_cast<void>(rig.database->stop());

    static_cast<void>(peer->say(R"({"t":"req","id":7,"method":"record.query"})"));
    rig.run_until_heard(*peer, R"({"t":"reply","id":7,)");

    EXPECT_EQ(with(peer->heard(), R"("err":"internal")").size(), 1u);
}

}  // namespace
}  // namespace aimdb::aimx::test
