// SPDX-License-Identifier: Apache-2.0
//
// The only file that knows wslay. Receiving goes through its event interface, which
// checks what the peer does and answers pings; sending through its frame interface,
// which writes into our buffer without a queue.
#include <algorithm>
#include <cstring>
#include <deque>
#include <new>

#include <wslay/wslay.h>

#include "framing.hpp"
#include "held_bytes.hpp"
#include "websocket_key.hpp"

namespace aimdb::aimx {
namespace {

/// Fed to wslay at once. Between two portions its answers are taken: a flood of
/// pings never has more of them waiting than fit in here. It is also what wslay
/// reads ahead, so no more messages than that come after the sink said no.
constexpr std::size_t portion_bytes = 4'096;
/// Longest reason of a close frame (RFC 6455, 5.5: 125 with its code).
constexpr std::size_t reason_limit_bytes = 123;

std::string_view view_of(const std::uint8_t* data, std::size_t size) noexcept {
    return {static_cast<const char*>(static_cast<const void*>(data)), size};
}

const std::uint8_t* bytes_of(std::string_view text) noexcept {
    return static_cast<const std::uint8_t*>(static_cast<const void*>(text.data()));
}

int make_mask(std::uint8_t* mask, std::size_t size) {
    fill_with_random_bytes(mask, size);
    return 0;
}

/// Writes frames, for one connection after the other.
class FrameWriter {
public:
    explicit FrameWriter(bool masks) : masks_(masks) {
        const wslay_frame_callbacks callbacks{
            .send_callback = &FrameWriter::on_send,
            .recv_callback = nullptr,
            .genmask_callback = [](std::uint8_t* mask, std::size_t size, void*) {
                return make_mask(mask, size);
            }};
        if (wslay_frame_context_init(&context_, &callbacks, this) != 0) {
            throw std::bad_alloc();
        }
    }
    ~FrameWriter() { wslay_frame_context_free(context_); }
    FrameWriter(const FrameWriter&) = delete;
    FrameWriter& operator=(const FrameWriter&) = delete;

    void write_text(std::string_view text, std::string& out) {
        out_ = &out;
        wslay_frame_iocb frame{};
        frame.fin = 1;
        frame.opcode = WSLAY_TEXT_FRAME;
        frame.payload_length = text.size();
        frame.mask = masks_ ? 1 : 0;
        frame.data = bytes_of(text);
        frame.data_length = text.size();
        // All of it: on_send() takes everything.
        static_cast<void>(wslay_frame_send(context_, &frame));
    }

private:
    static ssize_t on_send(const std::uint8_t* data, std::size_t size, int, void* self) {
        static_cast<FrameWriter*>(self)->out_->append(view_of(data, size));
        return static_cast<ssize_t>(size);
    }

    wslay_frame_context_ptr context_ = nullptr;
    bool masks_;
    std::string* out_ = nullptr;
};

/// One for each thread and role: once wslay has masked a frame it masks all others
/// of that context, whatever it is told.
FrameWriter& frame_writer(bool masks) {
    thread_local FrameWriter plain(false);
    thread_local FrameWriter masking(true);
    return masks ? masking : plain;
}

/// At most `limit` bytes of `text`, without cutting a character in two.
std::string_view shortened(std::string_view text, std::size_t limit) noexcept {
    std::size_t size = std::min(text.size(), limit);
    while (size > 0 && size < text.size() &&
           (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) {
        --size;
    }
    return text.substr(0, size);
}

class WebSocketFraming final : public Framing {
public:
    explicit WebSocketFraming(WebSocketRole role) : masks_(role == WebSocketRole::client) {
        const wslay_event_callbacks all = callbacks();
        const int result = masks_ ? wslay_event_context_client_init(&context_, &all, this)
                                  : wslay_event_context_server_init(&context_, &all, this);
        if (result != 0) {
            throw std::bad_alloc();
        }
        // We put messages together ourselves: in one buffer, which grows with what
        // has really come, and not with what a header announces.
        wslay_event_config_set_no_buffering(context_, 1);
    }
    ~WebSocketFraming() override { wslay_event_context_free(context_); }
    WebSocketFraming(const WebSocketFraming&) = delete;
    WebSocketFraming& operator=(const WebSocketFraming&) = delete;

    bool decode(std::string_view bytes, std::string& out, const Sink& sink) override {
        if (over_) {
            return false;
        }
        sink_ = &sink;
        takes_more_ = true;
        hand_out_held();
        bytes_.feed(bytes, [&](std::string_view some) { return take(some, out); });
        sink_ = nullptr;
        // What answers a close frame comes after all that answers what came before it.
        if (takes_more_ && !reads()) {
            send_answers(out);
            explain();
            over_ = true;
        }
        return !over_;
    }

    void finish(const Sink& /*sink*/) override {}

    void encode(std::string_view frame, std::string& out) override {
        frame_writer(masks_).write_text(frame, out);
    }

    void close(std::string_view reason, std::string& out) override {
        const std::string_view text = shortened(reason, reason_limit_bytes);
        const std::uint16_t code =
            reason.empty() ? WSLAY_CODE_NORMAL_CLOSURE : WSLAY_CODE_GOING_AWAY;
        // Fails when the peer was first, and then there is nothing to say.
        static_cast<void>(wslay_event_queue_close(context_, code, bytes_of(text), text.size()));
        send_answers(out);
    }

    void set_receive_limit(std::size_t bytes) override { limit_bytes_ = bytes; }
    [[nodiscard]] const std::string& fault() const noexcept override { return fault_; }

private:
    [[nodiscard]] bool reads() const noexcept {
        return wslay_event_get_read_enabled(context_) != 0;
    }

    /// How many of `bytes` are done with: all, unless the sink or the stream ended it.
    std::size_t take(std::string_view bytes, std::string& out) {
        std::string_view rest = bytes;
        while (takes_more_ && reads() && !rest.empty()) {
            const std::size_t size = std::min(rest.size(), portion_bytes);
            portion_ = rest.substr(0, size);
            static_cast<void>(wslay_event_recv(context_));  // reads() and explain() say the same
            rest.remove_prefix(size - portion_.size());
            if (reads()) {
                send_answers(out);
            }
        }
        return reads() ? bytes.size() - rest.size() : bytes.size();
    }

    void hand_out_held() {
        while (takes_more_ && !held_.empty()) {
            const std::string message = std::move(held_.front());
            held_.pop_front();
            takes_more_ = (*sink_)(message);
        }
    }

    void send_answers(std::string& out) {
        out_ = &out;
        static_cast<void>(wslay_event_send(context_));
        out_ = nullptr;
    }

    void explain() {
        if (too_long_) {
            fault_ = "sent a message longer than " + std::to_string(limit_bytes_) + " bytes";
        } else if (wslay_event_get_status_code_sent(context_) ==
                   WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA) {
            fault_ = "sent text that is not UTF-8";
        } else if (wslay_event_get_close_received(context_) == 0) {
            fault_ = "broke the rules of WebSocket";
        }
    }

    void on_frame_start(std::uint8_t opcode, std::uint64_t size) {
        in_message_ = !wslay_is_ctrl_frame(opcode);
        if (!in_message_ || message_.size() + size <= limit_bytes_) {
            return;
        }
        too_long_ = true;
        static_cast<void>(
            wslay_event_queue_close(context_, WSLAY_CODE_MESSAGE_TOO_BIG, nullptr, 0));
        wslay_event_shutdown_read(context_);
    }

    void on_chunk(std::string_view chunk) {
        if (in_message_ && !too_long_) {
            message_.append(chunk);
        }
    }

    void on_message() {
        if (takes_more_ && !message_.empty()) {
            takes_more_ = (*sink_)(message_);
        } else if (!message_.empty()) {
            held_.push_back(message_);
        }
        empty_buffer(message_);
    }

    std::size_t read_portion(std::uint8_t* to, std::size_t size) noexcept {
        const std::size_t taken = std::min(size, portion_.size());
        std::memcpy(to, portion_.data(), taken);
        portion_.remove_prefix(taken);
        return taken;
    }

    static ssize_t recv(wslay_event_context_ptr context,
                        std::uint8_t* to,
                        std::size_t size,
                        int /*flags*/,
                        void* self) {
        const std::size_t taken = static_cast<WebSocketFraming*>(self)->read_portion(to, size);
        if (taken == 0) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        return static_cast<ssize_t>(taken);
    }

    static ssize_t send(wslay_event_context_ptr /*context*/,
                        const std::uint8_t* data,
                        std::size_t size,
                        int /*flags*/,
                        void* self) {
        static_cast<WebSocketFraming*>(self)->out_->append(view_of(data, size));
        return static_cast<ssize_t>(size);
    }

    /// What wslay calls, with ourselves as its `user_data`.
    static wslay_event_callbacks callbacks() noexcept {
        wslay_event_callbacks all{};
        all.recv_callback = &WebSocketFraming::recv;
        all.send_callback = &WebSocketFraming::send;
        all.genmask_callback = [](wslay_event_context_ptr, std::uint8_t* mask, std::size_t size,
                                  void*) { return make_mask(mask, size); };
        all.on_frame_recv_start_callback = [](wslay_event_context_ptr,
                                              const wslay_event_on_frame_recv_start_arg* frame,
                                              void* self) {
            static_cast<WebSocketFraming*>(self)->on_frame_start(frame->opcode,
                                                                 frame->payload_length);
        };
        all.on_frame_recv_chunk_callback = [](wslay_event_context_ptr,
                                              const wslay_event_on_frame_recv_chunk_arg* chunk,
                                              void* self) {
            static_cast<WebSocketFraming*>(self)->on_chunk(
                view_of(chunk->data, chunk->data_length));
        };
        all.on_msg_recv_callback = [](wslay_event_context_ptr,
                                      const wslay_event_on_msg_recv_arg* message, void* self) {
            if (!wslay_is_ctrl_frame(message->opcode)) {
                static_cast<WebSocketFraming*>(self)->on_message();
            }
        };
        return all;
    }

    wslay_event_context_ptr context_ = nullptr;
    std::size_t limit_bytes_ = frame_limit_bytes;
    bool masks_;
    bool over_ = false;
    bool too_long_ = false;
    bool takes_more_ = true;      // the sink
    const Sink* sink_ = nullptr;  // during decode()
    std::string* out_ = nullptr;  // during send_answers()
    std::string_view portion_;    // what wslay has not read of it yet
    std::string message_;         // pieces of the one that comes in
    bool in_message_ = false;     // the frame that comes in belongs to it
    HeldBytes bytes_;
    std::deque<std::string> held_;  // came after the sink said no more
    std::string fault_;
};

}  // namespace

std::unique_ptr<Framing> websocket_framing(WebSocketRole role) {
    return std::make_unique<WebSocketFraming>(role);
}

}  // namespace aimdb::aimx
