// SPDX-License-Identifier: Apache-2.0
//
// The head of an upgrade request, in one piece and cut, and what is asked of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http.hpp"

namespace {

using namespace aimdb::aimx;
using Result = HttpHeadReader::Result;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void ask(const HttpHead& head) {
    static_cast<void>(head.header("Sec-WebSocket-Key"));
    static_cast<void>(head.lists("Connection", "upgrade"));
    static_cast<void>(head.lists("Upgrade", "websocket"));
    require(head.path().size() + head.query().size() <= head.target.size());
    static_cast<void>(query_value(head.query(), "v"));
    static_cast<void>(decode_percent(head.path(), false));
    static_cast<void>(http_reason(head.status));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const HttpKind kind = (data[0] & 1U) != 0 ? HttpKind::response : HttpKind::request;
    const std::size_t cut = std::size_t{data[0]} >> 1U;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    HttpHeadReader whole(kind);
    const Result result = whole.take(bytes);
    HttpHeadReader pieces(kind);
    Result later = pieces.take(bytes.substr(0, cut));
    std::size_t taken = std::min(cut, bytes.size());
    if (later == Result::incomplete && taken < bytes.size()) {
        later = pieces.take(bytes.substr(taken));
        taken = bytes.size();
    }
    require(result == later);
    if (result == Result::complete) {
        require(whole.head().target == pieces.head().target);
        require(whole.head().headers == pieces.head().headers);
        require(whole.leftover() == pieces.leftover() + std::string(bytes.substr(taken)));
        ask(whole.head());
    }
    return 0;
}
