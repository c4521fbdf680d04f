// SPDX-License-Identifier: Apache-2.0
//
// A peer's bytes, through framing, into a session over a database with records of
// every kind. What comes back has to be well-formed, whatever went in, and plain AimX
// for who asked for nothing else.
//
// The first byte chooses the transport, the peer and how the bytes are cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "aimx_protocol/session_rig.hpp"

namespace {

using namespace aimdb::aimx;
using aimdb::aimx::test::PeerOptions;
using aimdb::aimx::test::SessionRig;
using aimdb::aimx::test::TestPeer;
using aimdb::aimx::test::Text;
using aimdb::aimx::test::Value;

/// Its history grows with every run, and is read in every run: a new one now and then.
constexpr unsigned runs_per_plant = 200;

struct Plant {
    Plant() {
        rig.options.event_backlog_values = 4;
        rig.options.request_limit = 8;
        rig.options.endpoints[0].tokens = {"t"};
        rig.remember(aimdb::memory_store());
        rig.add<Value>("boiler.supply", aimdb::spmc_ring(8)).persist();
        rig.add<Value>("boiler.setpoint", aimdb::single_latest(), true);
        rig.add<Text>("boiler.command", aimdb::mailbox(), true);
        rig.add<nlohmann::json>("note", aimdb::single_latest(), true);
        rig.start();
        for (int n = 1; n <= 5; ++n) {
            rig.produce("boiler.supply", n);
        }
        rig.database->flush(aimdb::blocking);
    }
    SessionRig rig;
};

// A peer may have written {"ok":null} as a value: only the frame's own member counts.
bool has_null_answer(const std::string& frame) {
    if (frame.find(R"("ok":null)") == std::string::npos) {
        return false;
    }
    const nlohmann::json parsed = nlohmann::json::parse(frame);
    return parsed.contains("ok") && parsed.at("ok").is_null();
}

bool well_formed(const std::string& frame) {
    Frame read;
    return frame.starts_with('{') && nlohmann::json::accept(frame) && read_frame(frame, read) &&
           !has_null_answer(frame);
}

void check(const std::string& frame) {
    if (!well_formed(frame)) {
        std::fprintf(stderr, "badly formed frame: %s\n", frame.c_str());
        std::abort();
    }
}

// What agrees on additions or asks for them; a name may be spelled with escapes.
bool is_plain(std::string_view input) {
    constexpr std::string_view words[] = {"extensions", "since", "from", "gaps", "every_ms", "\\"};
    return std::none_of(std::begin(words), std::end(words), [input](std::string_view word) {
        return input.find(word) != std::string_view::npos;
    });
}

// Members of the frame itself: values are the peer's, and what a reply has is asked for.
bool has_additions(const std::string& frame, bool websocket) {
    const nlohmann::json parsed = nlohmann::json::parse(frame);
    const std::string kind = parsed.value("t", "");
    if (kind == "ended" || kind == "live" || kind == "gap" ||
        (kind == "subscribed" && !websocket)) {
        return true;
    }
    constexpr const char* members[] = {"pos", "epoch", "ts", "merged", "hist"};
    return (kind == "event" || kind == "snap") &&
           std::any_of(std::begin(members), std::end(members),
                       [&parsed](const char* name) { return parsed.contains(name); });
}

// A store's name is made up anew each time: who resumes says STORE for its epoch.
std::string with_epoch(std::string text, const std::string& epoch) {
    constexpr std::string_view placeholder = "STORE";
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos;) {
        text.replace(at, placeholder.size(), epoch);
        at += epoch.size();
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::unique_ptr<Plant> plant;
    static unsigned runs = 0;
    if (size == 0) {
        return 0;
    }
    if (runs++ % runs_per_plant == 0) {
        plant.reset();
        plant = std::make_unique<Plant>();
    }
    SessionRig& rig = plant->rig;
    const unsigned mode = data[0];
    const std::string input = with_epoch({reinterpret_cast<const char*>(data) + 1, size - 1},
                                         rig.hub->history()->epoch());
    std::string_view bytes = input;
    PeerOptions options;
    options.transport = (mode & 1U) != 0 ? Transport::tcp : Transport::unix_socket;
    options.transport = (mode & 2U) != 0 ? Transport::websocket : options.transport;
    options.authenticated = (mode & 3U) != 3;
    options.may_write = (mode & 4U) == 0;
    options.subscription_limit = 4;
    options.send_limit_bytes = (mode & 8U) != 0 ? 600 : tcp_frame_limit_bytes;
    const std::unique_ptr<TestPeer> peer = rig.connect(options);
    peer->outlet.slow = (mode & 16U) != 0;
    const auto framing = (mode & 1U) != 0 ? length_framing() : line_framing();
    const Framing::Sink sink = [&](std::string_view frame) { return peer->say(frame); };
    const std::size_t step = 1 + (mode >> 5U) * 37;

    std::string out;
    bool open = true;
    int turn = 0;
    for (; open && !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
        open = framing->decode(bytes.substr(0, step), out, sink);
        if (++turn % 8 == 0) {
            rig.produce("boiler.supply", turn);
            rig.produce("boiler.setpoint", turn);
            rig.pass_ms(10);
        }
    }
    framing->finish(sink);
    rig.produce("boiler.supply", 1);
    rig.pass_ms(1'000);
    for (int i = 0; i < 4; ++i) {
        peer->take_all();
        rig.loop->run_for(std::chrono::microseconds(200));  // answers of history
    }
    rig.pass_ms(700'000);  // who is idle is closed
    const bool plain = is_plain(input);
    for (const std::string& frame : peer->outlet.frames) {
        check(frame);
        if (plain && has_additions(frame, options.transport == Transport::websocket)) {
            std::fprintf(stderr, "told a plain peer: %s\n", frame.c_str());
            std::abort();
        }
    }
    return 0;
}
