// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "aimx_protocol/client_rig.hpp"

namespace aimdb::aimx::test {
namespace {

// A query made before the welcome was once asked without pages, because what the
// server can do was told only after those who waited for it.
TEST(ClientSession, TellsWhatTheWelcomeSaidBeforeItAnswersWhoWaitsForIt) {
    ClientRig rig;
    rig.begin();
    ClientStatus seen;
    ClientRequest waiting;
    waiting.kind = ClientRequest::Kind::connected;
    waiting.answer = [&](std::exception_ptr, std::string_view) { seen = rig.states.back(); };
    rig.session.submit(std::move(waiting));

    rig.welcome();

    EXPECT_EQ(seen.state, ClientState::connected);
    EXPECT_TRUE(seen.extensions);
}

}  // namespace
}  // namespace aimdb::aimx::test
