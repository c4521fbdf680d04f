// SPDX-License-Identifier: Apache-2.0
//
// WebSocket frames of a peer, on both sides of the wire: the same messages come
// out wherever the bytes are cut and whenever the session wants no more.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framing.hpp"

namespace {

using namespace aimdb::aimx;

struct Outcome {
    std::vector<std::string> messages;
    bool open = true;
};

Outcome run(WebSocketRole role, std::string_view bytes, std::size_t step, std::size_t stop_every) {
    Outcome outcome;
    std::string out;
    const std::unique_ptr<Framing> framing = websocket_framing(role);
    framing->set_receive_limit(1'000);
    std::size_t taken = 0;
    const Framing::Sink sink = [&](std::string_view message) {
        outcome.messages.emplace_back(message);
        return ++taken % stop_every != 0;
    };
    for (; outcome.open && !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
        outcome.open = framing->decode(bytes.substr(0, step), out, sink);
        for (std::size_t before = 0; outcome.open && before != taken;) {
            before = taken;
            outcome.open = framing->decode({}, out, sink);
        }
    }
    framing->encode("{}", out);
    framing->close("the fuzzer stops", out);
    framing->finish(sink);
    static_cast<void>(framing->fault());
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const WebSocketRole role = (data[0] & 1U) != 0 ? WebSocketRole::client : WebSocketRole::server;
    const std::size_t step = 1 + (data[0] >> 1U);
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome whole = run(role, bytes, bytes.size() + 1, ~std::size_t{0});
    const Outcome pieces = run(role, bytes, step, 1);
    // The end may differ: how early a broken close frame is seen depends on the cut.
    if (whole.messages != pieces.messages) {
        std::abort();
    }
    return 0;
}
