// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstring>

#include "aimdb/core/key.hpp"

#include "framing.hpp"
#include "held_bytes.hpp"

namespace aimdb::aimx {
namespace {

/// Offset of the first byte from which on the slow check is needed.
std::size_t ascii_prefix_size(std::string_view text) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::size_t at = 0;
    for (std::uint64_t eight = 0; at + sizeof(eight) <= text.size(); at += sizeof(eight)) {
        std::memcpy(&eight, text.data() + at, sizeof(eight));
        if ((eight & high_bits) != 0) {
            break;
        }
    }
    return at;
}

bool is_utf8(std::string_view text) noexcept {
    const std::string_view rest = text.substr(ascii_prefix_size(text));
    return aimdb::detail::find_invalid_utf8(rest) == rest.size();
}

std::string_view without_line_end(std::string_view line) noexcept {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
        line.remove_suffix(1);
    }
    return line;
}

class LineFraming final : public Framing {
public:
    bool decode(std::string_view bytes, std::string& /*out*/, const Sink& sink) override {
        if (fault_.empty()) {
            held_.feed(bytes, [&](std::string_view some) { return take(some, sink); });
        }
        return fault_.empty();
    }

    void finish(const Sink& sink) override {
        if (fault_.empty()) {
            static_cast<void>(deliver(partial_, sink));
        }
        empty_buffer(partial_);
    }

    void encode(std::string_view frame, std::string& out) override {
        out.append(frame);
        out.push_back('\n');
    }

    void close(std::string_view /*reason*/, std::string& /*out*/) override {}
    void set_receive_limit(std::size_t bytes) override { limit_bytes_ = bytes; }
    [[nodiscard]] const std::string& fault() const noexcept override { return fault_; }

private:
    /// How many of `bytes` are done with: all, unless the sink or the stream ended it.
    std::size_t take(std::string_view bytes, const Sink& sink) {
        std::size_t at = 0;
        while (at < bytes.size()) {
            const std::size_t end = bytes.find('\n', at);
            const std::string_view piece = bytes.substr(at, end - at);
            if (partial_.size() + piece.size() > limit_bytes_) {
                fault_ = "sent a line longer than " + std::to_string(limit_bytes_) + " bytes";
                return bytes.size();
            }
            if (end == std::string_view::npos) {
                partial_.append(piece);
                return bytes.size();
            }
            at = end + 1;
            if (!end_line(piece, sink)) {
                return fault_.empty() ? at : bytes.size();
            }
        }
        return at;
    }

    bool end_line(std::string_view piece, const Sink& sink) {
        if (partial_.empty()) {
            return deliver(piece, sink);
        }
        partial_.append(piece);
        const bool more = deliver(partial_, sink);
        empty_buffer(partial_);
        return more;
    }

    bool deliver(std::string_view line, const Sink& sink) {
        const std::string_view frame = without_line_end(line);
        if (frame.empty()) {
            return true;
        }
        if (!is_utf8(frame)) {
            fault_ = "sent a line that is not UTF-8";
            return false;
        }
        return sink(frame);
    }

    std::size_t limit_bytes_ = frame_limit_bytes;
    HeldBytes held_;
    std::string partial_;  // a line whose end has not come yet
    std::string fault_;
};

}  // namespace

std::unique_ptr<Framing> line_framing() { return std::make_unique<LineFraming>(); }

}  // namespace aimdb::aimx
