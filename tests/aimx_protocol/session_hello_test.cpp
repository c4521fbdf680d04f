// SPDX-License-Identifier: Apache-2.0
//
// hello: versions, what is agreed on, and endpoints that want a token.
#include <gtest/gtest.h>

#include "session_rig.hpp"

namespace aimdb::aimx::test {
namespace {

class SessionHello : public testing::Test {
protected:
    SessionHello() {
        rig.add<Value>("ring", spmc_ring(4));
        rig.add<Value>("state", single_latest(), true);
    }

    static std::string hello(std::string_view params) {
        return R"({"t":"req","id":1,"method":"hello","params":)" + std::string(params) + "}";
    }

    SessionRig rig;
};

TEST_F(SessionHello, WelcomesAPlainClientPlainly) {
    rig.start();
    const auto peer = rig.connect();

    const Frames welcome{R"({"t":"reply","id":1,"ok":{"version":"3.0","server":"aimdb",)"
                         R"("permissions":["read","write"],"writable_records":["state"],)"
                         R"("max_subscriptions":32,"authenticated":false}})"};
    EXPECT_EQ(peer->ask(hello(R"({"client":"aimdb-client","version":"3.0"})")), welcome);
    EXPECT_EQ(peer->ask(hello(R"({"version":"3"})")), welcome);
    EXPECT_EQ(peer->ask(hello(R"({"version":"3.x.y","extensions":2})")), welcome);
}

TEST_F(SessionHello, AgreesOnExtensionsAndAFrameLimitBetweenItsBounds) {
    rig.start();
    const auto welcome_with = [&](std::string_view wish) {
        const auto peer = rig.connect({.transport = Transport::tcp, .send_limit_bytes = 65'536});
        const Frames welcome =
            peer->ask(hello(R"({"version":"3.0","extensions":1)" + std::string(wish) + "}"));
        return std::pair(welcome, peer->outlet.limit_bytes);
    };
    const auto said = [](std::string_view limit) {
        return Frames{
            R"({"t":"reply","id":1,"ok":{"version":"3.0","server":"aimdb",)"
            R"("permissions":["read","write"],"writable_records":["state"],)"
            R"("max_subscriptions":32,"authenticated":false,"extensions":1,"max_frame":)" +
            std::string(limit) + R"(,"epoch":"RUN"}})"};
    };

    EXPECT_EQ(welcome_with(""), std::pair(said("65536"), std::size_t{65'536}));
    EXPECT_EQ(welcome_with(R"(,"max_frame":1)"), std::pair(said("65536"), std::size_t{65'536}));
    EXPECT_EQ(welcome_with(R"(,"max_frame":100000)"),
              std::pair(said("100000"), std::size_t{100'000}));
    EXPECT_EQ(welcome_with(R"(,"max_frame":18446744073709551615)"),
              std::pair(said("1048576"), std::size_t{1'048'576}));
}

TEST_F(SessionHello, RefusesOtherVersionsAndGoesOnServing) {
    rig.start();
    const auto peer = rig.connect();
    rig.produce("state", 1);

    for (const std::string_view params :
         {R"({"version":"2.0"})", R"({"version":""})", R"({"version":".0"})", R"({"version":3})",
          R"({"version":"30"})", "{}", "null", R"("3.0")"}) {
        EXPECT_EQ(
            peer->ask(hello(params)),
            Frames{R"({"t":"reply","id":1,"err":"version_mismatch","code":"version_mismatch",)"
                   R"("msg":"this server speaks AimX 3.0: send \"version\":\"3.0\""})"})
            << params;
    }
    EXPECT_EQ(peer->ask(R"({"t":"req","id":2,"method":"record.get","params":{"name":"state"}})"),
              Frames{R"({"t":"reply","id":2,"ok":{"n":1}})"});
    EXPECT_EQ(peer->outlet.closed, "");
}

TEST_F(SessionHello, ExtensionsAreSilentUntilTheyAreAgreedOn) {
    rig.start();
    const auto plain = rig.connect();
    const auto modern = rig.connect();
    modern->hello();

    plain->ask(R"({"t":"sub","id":2,"topic":"ring"})");
    EXPECT_EQ(modern->ask(R"({"t":"sub","id":2,"topic":"ring"})"),
              Frames{R"({"t":"subscribed","sub":"2"})"});
    rig.produce("ring", 1);
    rig.run();

    EXPECT_EQ(plain->heard(), Frames{R"({"t":"event","seq":1,"sub":"2","data":{"n":1}})"});
    EXPECT_EQ(modern->heard(),
              Frames{R"({"t":"event","seq":1,"topic":"ring","sub":"2","data":{"n":1},"pos":1,)"
                     R"("epoch":"RUN","ts":1790000000000})"});
    EXPECT_EQ(
        modern->ask(
            R"({"t":"req","id":3,"method":"record.set","params":{"name":"state","value":{"n":1}}})"),
        Frames{R"({"t":"reply","id":3,"ok":{"status":"success","value":{"n":1},"pos":1,)"
               R"("epoch":"RUN"}})"});
}

TEST_F(SessionHello, WhereTokensAreWantedTheFirstFrameHasToShowOne) {
    rig.options.endpoints[0].tokens = {"first token", "second"};
    rig.start();
    const PeerOptions stranger{.authenticated = false};
    const Frames refused{R"({"t":"reply","id":1,"err":"denied","code":"not_authenticated",)"
                         R"("msg":"this endpoint wants a token: send hello with auth_token as the )"
                         R"(first frame"})"};

    for (const std::string_view params :
         {R"({"version":"3.0"})", R"({"version":"3.0","auth_token":""})",
          R"({"version":"3.0","auth_token":"secon"})",
          R"({"version":"3.0","auth_token":"secondx"})",
          R"({"version":"3.0","auth_token":"third"})", R"({"version":"3.0","auth_token":1})"}) {
        const auto peer = rig.connect(stranger);
        EXPECT_EQ(peer->ask(hello(params)), refused) << params;
        EXPECT_EQ(peer->outlet.closed, "not authenticated") << params;
    }
    for (const std::string_view token : {"first token", "second", R"(\u0073econd)"}) {
        const auto peer = rig.connect(stranger);
        const Frames welcome =
            peer->ask(hello(R"({"version":"3.0","auth_token":")" + std::string(token) + "\"}"));
        EXPECT_EQ(with(welcome, R"("authenticated":true)").size(), 1u) << token;
        EXPECT_EQ(peer->ask(R"({"t":"ping"})"), Frames{R"({"t":"pong"})"});
    }
    EXPECT_EQ(rig.hub->counters.connections_refused, 6u);
}

TEST_F(SessionHello, WithoutATokenNothingElseIsLookedAt) {
    rig.options.endpoints[0].tokens = {"secret"};
    rig.start();
    const auto writer = rig.connect({.authenticated = false});
    const auto late = rig.connect({.authenticated = false});

    EXPECT_EQ(
        with(writer->ask(R"({"t":"write","topic":"state","payload":{"n":1}})"), "not_authenticated")
            .size(),
        1u);
    EXPECT_EQ(with(late->ask("nonsense"), "not_authenticated").size(), 1u);
    EXPECT_EQ(rig.hub->counters.writes, 0u);
    EXPECT_EQ(late->outlet.closed, "not authenticated");
}

TEST_F(SessionHello, WhoShowsNoTokenInTimeIsClosed) {
    rig.options.endpoints[0].tokens = {"secret"};
    rig.start();
    const auto silent = rig.connect({.authenticated = false});
    const auto friendly = rig.connect({.authenticated = false});
    friendly->ask(hello(R"({"version":"3.0","auth_token":"secret"})"));

    rig.pass_ms(9'999);
    EXPECT_EQ(silent->outlet.closed, "");
    rig.pass_ms(1);

    EXPECT_EQ(silent->outlet.closed, "no hello with a token came in time");
    EXPECT_EQ(friendly->outlet.closed, "");
}

TEST_F(SessionHello, AnEmptyTokenOpensNothing) {
    rig.options.endpoints[0].tokens = {""};
    rig.start();

    EXPECT_FALSE(rig.hub->token_opens(0, ""));
    EXPECT_FALSE(rig.hub->token_opens(0, "x"));
}

TEST_F(SessionHello, TheWelcomeMayUseTheFrameThatTheHelloAsksFor) {
    for (int i = 0; i < 3'000; ++i) {
        rig.add<Value>("a.rather.long.key.number." + std::to_string(i), single_latest(), true);
    }
    rig.start();
    const auto plain = rig.connect({.send_limit_bytes = 65'536});
    const auto modern = rig.connect({.send_limit_bytes = 65'536});

    const Frames short_welcome = plain->ask(hello(R"({"version":"3.0"})"));
    const Frames long_welcome =
        modern->ask(hello(R"({"version":"3.0","extensions":1,"max_frame":1048576})"));

    EXPECT_EQ(with(short_welcome, R"("version":"3.0")").size(), 1u);
    EXPECT_EQ(with(short_welcome, "number.2999").size(), 0u);
    EXPECT_EQ(with(long_welcome, R"(number.2999"])").size(), 1u);
}

}  // namespace
}  // namespace aimdb::aimx::test
