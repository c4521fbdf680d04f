// SPDX-License-Identifier: Apache-2.0
//
// The envelope of AimX frames: read in one pass without a tree, values left as
// they are. docs/aimx_protocol.md and AimX 3.0 say what the members mean.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace aimdb::aimx {

enum class FrameKind : std::uint8_t {
    // client to server
    req,
    sub,
    unsub,
    write,
    ping,
    // server to client
    reply,
    subscribed,
    snap,
    event,
    pong,
    live,
    gap,
    ended,
};

/// One frame; every view points into the text it was read from.
///
/// A string or raw value without data is absent, and so is one that is null.
struct Frame {
    FrameKind kind = FrameKind::ping;
    std::optional<std::uint64_t> id;
    std::optional<std::uint64_t> seq;
    bool last = false;
    std::string_view method;
    std::string_view topic;
    std::string_view sub;
    std::string_view err;
    // JSON text
    std::string_view params;
    std::string_view payload;
    std::string_view data;
    std::string_view ok;

    /// JSON text of a member that plain AimX does not know, or nothing.
    [[nodiscard]] std::string_view more(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::uint64_t> more_number(std::string_view name) const noexcept;
    /// Of a string without escapes.
    [[nodiscard]] std::string_view more_text(std::string_view name) const noexcept;
    [[nodiscard]] bool more_flag(std::string_view name) const noexcept {
        return more(name) == "true";
    }

    struct Member {
        std::string_view name;
        std::string_view value;
    };
    static constexpr std::size_t more_limit = 12;
    std::array<Member, more_limit> extra;
    std::size_t extra_count = 0;
};

/// Reads one frame. False for everything AimX says is to be skipped: text that is
/// no JSON object, an unknown kind, a missing, repeated or mistyped member, an
/// escape in an envelope string. Never throws; cost is linear in the text.
[[nodiscard]] bool read_frame(std::string_view text, Frame& frame) noexcept;

/// The members of a JSON object of parameters; of anything else: none.
class Params {
public:
    explicit Params(std::string_view text);

    /// JSON text of the member, or nothing.
    [[nodiscard]] std::string_view raw(std::string_view name) const noexcept;
    /// Nothing when the member is no string.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    /// Nothing when the member is no integer of 0 to 2^64 - 1.
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const noexcept;
    [[nodiscard]] bool flag(std::string_view name) const noexcept { return raw(name) == "true"; }
    [[nodiscard]] bool has(std::string_view name) const noexcept { return !raw(name).empty(); }

    /// Of different names; those beyond it are passed over.
    static constexpr std::size_t member_limit = 32;

private:
    bool store(std::string_view name, std::string_view value) noexcept;

    std::array<Frame::Member, member_limit> members_;
    std::size_t count_ = 0;
    std::forward_list<std::string> unescaped_;  // names that had escapes
};

/// Calls `member(name, value)` for each member of a JSON object. False, maybe after
/// some calls, when `text` is none.
bool for_each_member(std::string_view text,
                     const std::function<void(std::string_view, std::string_view)>& member);

/// The JSON text of an unsigned integer, and nothing else.
[[nodiscard]] std::optional<std::uint64_t> read_number(std::string_view json) noexcept;
/// The JSON text of a string, resolved; nothing when it is no string.
[[nodiscard]] std::optional<std::string> read_text(std::string_view json);

/// Moves `at` behind one JSON value of any depth, checking its syntax. False when
/// there is none. Memory: a bit per level.
[[nodiscard]] bool skip_json(const char*& at, const char* end) noexcept;

}  // namespace aimdb::aimx
