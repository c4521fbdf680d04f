// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "framing.hpp"
#include "held_bytes.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::size_t header_bytes = 4;
constexpr unsigned bits_of_byte = 8;

std::size_t length_in(std::string_view header) noexcept {
    std::size_t length = 0;
    for (const char byte : header.substr(0, header_bytes)) {
        length = length << bits_of_byte | static_cast<unsigned char>(byte);
    }
    return length;
}

class LengthFraming final : public Framing {
public:
    bool decode(std::string_view bytes, std::string& /*out*/, const Sink& sink) override {
        if (fault_.empty()) {
            held_.feed(bytes, [&](std::string_view some) { return take(some, sink); });
        }
        return fault_.empty();
    }

    void finish(const Sink& /*sink*/) override {}

    void encode(std::string_view frame, std::string& out) override {
        for (std::size_t left = header_bytes; left > 0; --left) {
            out.push_back(static_cast<char>(frame.size() >> (left - 1) * bits_of_byte & 0xff));
        }
        out.append(frame);
    }

    void close(std::string_view /*reason*/, std::string& /*out*/) override {}
    void set_receive_limit(std::size_t bytes) override { limit_bytes_ = bytes; }
    [[nodiscard]] const std::string& fault() const noexcept override { return fault_; }

private:
    /// How many of `bytes` are done with: all, unless the sink or the stream ended it.
    std::size_t take(std::string_view bytes, const Sink& sink) {
        std::string_view rest = bytes;
        bool more = true;
        while (more && fault_.empty() && !rest.empty()) {
            more = partial_.empty() ? take_whole(rest, sink) : take_rest(rest, sink);
        }
        return bytes.size() - rest.size();
    }

    /// A frame that lies in `rest` is not copied; the begin of one is kept.
    bool take_whole(std::string_view& rest, const Sink& sink) {
        if (rest.size() < header_bytes) {
            partial_.assign(rest);
            rest = {};
            return true;
        }
        const std::size_t whole = header_bytes + length_in(rest);
        if (!admits(whole)) {
            return false;
        }
        const std::string_view frame = rest.substr(0, whole);
        rest.remove_prefix(frame.size());
        if (frame.size() < whole) {
            partial_.assign(frame);
            return true;
        }
        return deliver(frame, sink);
    }

    bool take_rest(std::string_view& rest, const Sink& sink) {
        if (partial_.size() < header_bytes) {
            append(rest, header_bytes);
            if (partial_.size() < header_bytes || !admits(header_bytes + length_in(partial_))) {
                return false;
            }
        }
        const std::size_t whole = header_bytes + length_in(partial_);
        append(rest, whole);
        if (partial_.size() < whole) {
            return true;
        }
        const bool more = deliver(partial_, sink);
        empty_buffer(partial_);
        return more;
    }

    void append(std::string_view& rest, std::size_t wanted) {
        const std::size_t size = std::min(rest.size(), wanted - partial_.size());
        partial_.append(rest.substr(0, size));
        rest.remove_prefix(size);
    }

    /// Decided on the header alone, before anything is kept for the frame.
    bool admits(std::size_t whole) {
        if (whole - header_bytes > limit_bytes_) {
            fault_ = "announced a frame of " + std::to_string(whole - header_bytes) +
                     " bytes, which is above the limit of " + std::to_string(limit_bytes_);
        }
        return fault_.empty();
    }

    static bool deliver(std::string_view whole, const Sink& sink) {
        const std::string_view frame = whole.substr(header_bytes);
        return frame.empty() || sink(frame);
    }

    std::size_t limit_bytes_ = tcp_frame_limit_bytes;
    HeldBytes held_;
    std::string partial_;  // a frame, with its header, whose end has not come yet
    std::string fault_;
};

}  // namespace

std::unique_ptr<Framing> length_framing() { return std::make_unique<LengthFraming>(); }

}  // namespace aimdb::aimx
