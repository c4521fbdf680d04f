// SPDX-License-Identifier: Apache-2.0
//
// Bytes that came but may not be taken yet, because the session has enough to do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aimdb::aimx {

/// Above this a buffer that has become empty gives its memory back.
inline constexpr std::size_t kept_buffer_bytes = std::size_t{16} << 10;

/// Empties `buffer`, and gives back memory that an idle connection must not hold.
inline void empty_buffer(std::string& buffer) {
    buffer.clear();
    if (buffer.capacity() > kept_buffer_bytes) {
        buffer.shrink_to_fit();
    }
}

/// Feeds a decoder with what was held back and then with what is new.
///
/// Cost: nothing is copied while nothing is held; what is held is copied once.
class HeldBytes {
public:
    /// Calls `take(bytes)`, which says how many it has used, and holds the rest.
    template <typename Take>
    void feed(std::string_view bytes, const Take& take) {
        if (bytes_.empty()) {
            const std::size_t used = take(bytes);
            bytes_.append(bytes.substr(used));
            return;
        }
        bytes_.append(bytes);
        used_ += take(std::string_view(bytes_).substr(used_));
        if (used_ == bytes_.size()) {
            used_ = 0;
            empty_buffer(bytes_);
        }
    }

private:
    std::string bytes_;
    std::size_t used_ = 0;
};

}  // namespace aimdb::aimx
