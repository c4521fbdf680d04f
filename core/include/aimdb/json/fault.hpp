// SPDX-License-Identifier: Apache-2.0
//
// What went wrong while encoding or decoding, collected while the calls return,
// and thrown once at the top. On the way that succeeds it costs nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "aimdb/core/error.hpp"

namespace aimdb::json {

/// Objects and arrays may be nested this deep, in what is read and in what is
/// written; deeper text is refused, so that no input can exhaust the stack.
inline constexpr std::size_t nesting_limit_levels = 128;

namespace detail {

/// One failure, and the path of fields that leads to it.
class Fault {
public:
    [[nodiscard]] bool empty() const noexcept { return message_.empty(); }

    void set(std::string message) { message_ = std::move(message); }
    /// The calls return from the inside out, so each puts its step in front.
    void prepend_field(std::string_view name) { path_.insert(0, std::string(".").append(name)); }
    void prepend_element(std::size_t index) { path_.insert(0, "[" + std::to_string(index) + "]"); }

    /// Throws "<verb> <type> field '<path>' <where>: <message>".
    [[noreturn]] void raise(Errc code, std::string text, std::string_view where) const {
        if (!path_.empty()) {
            text.append(" field '").append(path_, path_[0] == '.' ? 1 : 0).append("'");
        }
        throw Error(code, text.append(where).append(": ").append(message_));
    }

private:
    std::string message_;
    std::string path_;
};

}  // namespace detail
}  // namespace aimdb::json
