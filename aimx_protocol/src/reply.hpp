// SPDX-License-Identifier: Apache-2.0
//
// Answers and refusals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace aimdb::aimx {

/// Why something is not done: AimX's word, a finer one, and a sentence.
struct Refusal {
    std::string_view err;
    std::string_view code;
    std::string message;
};

/// Thrown where an answer is made by a thread that cannot refuse itself.
struct RefusedRequest : std::exception {
    explicit RefusedRequest(Refusal why) : refusal(std::move(why)) {}
    [[nodiscard]] const char* what() const noexcept override { return refusal.message.c_str(); }

    Refusal refusal;
};

namespace err {
inline constexpr std::string_view not_found = "not_found";
inline constexpr std::string_view denied = "denied";
inline constexpr std::string_view internal = "internal";
inline constexpr std::string_view version_mismatch = "version_mismatch";
}  // namespace err

/// Room in a frame for what stands around the result of a reply.
inline constexpr std::size_t reply_margin_bytes = 256;

/// What an exception means to a client.
[[nodiscard]] Refusal refusal_of(const std::exception_ptr& error);

/// Appends `{"t":"reply","id":N,"ok":…}`; never `"ok":null`.
void append_reply(std::string& out, std::uint64_t id, std::string_view ok_json);
void append_refusal(std::string& out, std::uint64_t id, const Refusal& refusal);

[[nodiscard]] Refusal unknown_record(std::string_view key);

}  // namespace aimdb::aimx
