// SPDX-License-Identifier: Apache-2.0
#include "frame.hpp"

#include <algorithm>
#include <charconv>

#include "aimdb/aimx_protocol/detail/served_record.hpp"
#include "aimdb/core/key.hpp"
#include "aimdb/json/scanner.hpp"

#include "text_scan.hpp"

namespace aimdb::aimx {
namespace {

// Members of the envelope; the value is the bit that says it has been seen.
enum Known : unsigned {
    none = 0,
    t = 1u << 0,
    id = 1u << 1,
    seq = 1u << 2,
    last = 1u << 3,
    method = 1u << 4,
    topic = 1u << 5,
    sub = 1u << 6,
    params = 1u << 7,
    payload = 1u << 8,
    data = 1u << 9,
    ok = 1u << 10,
    err = 1u << 11,
};

Known known_member(std::string_view name) noexcept {
    static constexpr std::pair<std::string_view, Known> members[] = {
        {"t", t},     {"id", id},         {"topic", topic},     {"sub", sub},
        {"seq", seq}, {"data", data},     {"ok", ok},           {"method", method},
        {"err", err}, {"params", params}, {"payload", payload}, {"last", last}};
    for (const auto& [text, bit] : members) {
        if (text == name) {
            return bit;
        }
    }
    return none;
}

std::optional<FrameKind> kind_of(std::string_view name) noexcept {
    static constexpr std::pair<std::string_view, FrameKind> kinds[] = {
        {"req", FrameKind::req},     {"event", FrameKind::event},
        {"reply", FrameKind::reply}, {"sub", FrameKind::sub},
        {"write", FrameKind::write}, {"unsub", FrameKind::unsub},
        {"ping", FrameKind::ping},   {"pong", FrameKind::pong},
        {"snap", FrameKind::snap},   {"subscribed", FrameKind::subscribed},
        {"live", FrameKind::live},   {"gap", FrameKind::gap},
        {"ended", FrameKind::ended}};
    for (const auto& [text, kind] : kinds) {
        if (text == name) {
            return kind;
        }
    }
    return std::nullopt;
}

// What a kind cannot do without.
unsigned required(FrameKind kind) noexcept {
    switch (kind) {
        case FrameKind::req: return id | method;
        case FrameKind::sub: return id | topic;
        case FrameKind::unsub: return sub;
        case FrameKind::write: return topic;
        case FrameKind::reply: return id;
        case FrameKind::subscribed:
        case FrameKind::live:
        case FrameKind::ended: return sub;
        case FrameKind::snap: return sub | seq | topic;
        case FrameKind::event: return sub | seq;
        case FrameKind::gap: return sub | topic;
        case FrameKind::ping:
        case FrameKind::pong: return none;
    }
    return none;
}

class Reader {
public:
    Reader(std::string_view text, Frame& frame) noexcept
        : at_(text.data()), end_(at_ + text.size()), frame_(frame) {}

    bool run() noexcept {
        if (!take_char(at_, end_, '{')) {
            return false;
        }
        bool more = !take_char(at_, end_, '}');
        while (more) {
            if (!member()) {
                return false;
            }
            more = take_char(at_, end_, ',');
            if (!more && !take_char(at_, end_, '}')) {
                return false;
            }
        }
        skip_white_space(at_, end_);
        return at_ == end_ && complete();
    }

private:
    bool member() noexcept {
        skip_white_space(at_, end_);
        if (at_ == end_ || *at_ != '"') {
            return false;
        }
        const char* const begin = at_ + 1;
        if (!skip_string(at_, end_)) {
            return false;
        }
        const std::string_view name(begin, static_cast<std::size_t>(at_ - 1 - begin));
        if (!take_char(at_, end_, ':')) {
            return false;
        }
        skip_white_space(at_, end_);
        const char* const first = at_;
        if (!skip_json(at_, end_)) {
            return false;
        }
        return store(name, {first, static_cast<std::size_t>(at_ - first)});
    }

    bool store(std::string_view name, std::string_view value) noexcept {
        const Known known = known_member(name);
        if (known == none) {
            if (frame_.extra_count < Frame::more_limit) {
                frame_.extra[frame_.extra_count++] = {name, value};
            }
            return true;
        }
        if ((seen_ & known) != 0) {
            return false;
        }
        seen_ |= known;
        if (value == "null") {
            return true;
        }
        given_ |= known;
        return store(known, value);
    }

    bool store(Known known, std::string_view value) noexcept {
        switch (known) {
            case t: return text(value, kind_);
            case id: return number(value, frame_.id);
            case seq: return number(value, frame_.seq);
            case last: last_ = value; return true;
            case method: return text(value, frame_.method);
            case topic: return text(value, frame_.topic);
            case sub: return text(value, frame_.sub);
            case err: return text(value, frame_.err);
            case params: frame_.params = value; return true;
            case payload: frame_.payload = value; return true;
            case data: frame_.data = value; return true;
            case ok: frame_.ok = value; return true;
            case none: break;
        }
        return false;
    }

    // A string without escapes.
    static bool text(std::string_view value, std::string_view& out) noexcept {
        if (value.size() < 2 || value[0] != '"' || value.find('\\') != std::string_view::npos) {
            return false;
        }
        out = value.substr(1, value.size() - 2);
        return aimdb::detail::find_invalid_utf8(out) == out.size();
    }

    static bool number(std::string_view value, std::optional<std::uint64_t>& out) noexcept {
        out = read_number(value);
        return out.has_value();
    }

    bool complete() noexcept {
        const std::optional<FrameKind> kind = kind_of(kind_);
        if (!kind || (required(*kind) & ~given_) != 0) {
            return false;
        }
        frame_.kind = *kind;
        if (*kind == FrameKind::gap) {  // its `last` is a position
            frame_.extra[std::min(frame_.extra_count++, Frame::more_limit - 1)] = {"last", last_};
            frame_.extra_count = std::min(frame_.extra_count, Frame::more_limit);
            return true;
        }
        frame_.last = last_ == "true";
        return last_.empty() || frame_.last || last_ == "false";
    }

    const char* at_;
    const char* end_;
    Frame& frame_;
    unsigned seen_ = 0;
    unsigned given_ = 0;
    std::string_view kind_;
    std::string_view last_;
};

}  // namespace

bool read_frame(std::string_view text, Frame& frame) noexcept { return Reader(text, frame).run(); }

std::string_view Frame::more(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < extra_count; ++i) {
        if (extra[i].name == name && extra[i].value != "null") {
            return extra[i].value;
        }
    }
    return {};
}

std::optional<std::uint64_t> Frame::more_number(std::string_view name) const noexcept {
    return read_number(more(name));
}

std::string_view Frame::more_text(std::string_view name) const noexcept {
    const std::string_view value = more(name);
    if (value.size() < 2 || value[0] != '"' || value.find('\\') != std::string_view::npos) {
        return {};
    }
    return value.substr(1, value.size() - 2);
}

std::optional<std::uint64_t> read_number(std::string_view json) noexcept {
    std::uint64_t number = 0;
    const char* const end = json.data() + json.size();
    const auto [stopped, error] = std::from_chars(json.data(), end, number);
    if (json.empty() || error != std::errc() || stopped != end) {
        return std::nullopt;
    }
    return number;
}

std::optional<std::string> read_text(std::string_view json) {
    if (json.empty() || json[0] != '"') {
        return std::nullopt;
    }
    std::string text;
    json::Scanner scanner(json);
    if (!scanner.read_string(text) || !scanner.finish()) {
        return std::nullopt;
    }
    return text;
}

namespace {

// Deeper than the codecs go counts as no params at all.
bool is_too_deep(std::string_view text) {
    json::Scanner scanner(text);
    return text.size() > json::nesting_limit_levels && !scanner.skip_value();
}

}  // namespace

bool for_each_member(std::string_view text,
                     const std::function<void(std::string_view, std::string_view)>& member) {
    const char* at = text.data();
    const char* const end = at + text.size();
    if (!take_char(at, end, '{')) {
        return false;
    }
    bool more = !take_char(at, end, '}');
    while (more) {
        skip_white_space(at, end);
        const char* const name = at + 1;
        if (at == end || *at != '"' || !skip_string(at, end)) {
            return false;
        }
        const std::string_view key(name, static_cast<std::size_t>(at - 1 - name));
        if (!take_char(at, end, ':')) {
            return false;
        }
        skip_white_space(at, end);
        const char* const first = at;
        if (!skip_json(at, end)) {
            return false;
        }
        member(key, {first, static_cast<std::size_t>(at - first)});
        more = take_char(at, end, ',');
        if (!more && !take_char(at, end, '}')) {
            return false;
        }
    }
    skip_white_space(at, end);
    return at == end;
}

Params::Params(std::string_view text) {
    if (text.empty() || text[0] != '{' || is_too_deep(text)) {
        return;
    }
    for_each_member(text, [this](std::string_view name, std::string_view value) {
        if (name.find('\\') == std::string_view::npos) {
            store(name, value);
            return;
        }
        const std::string quoted = '"' + std::string(name) + '"';
        unescaped_.push_front(read_text(quoted).value_or(std::string()));
        if (!store(unescaped_.front(), value)) {
            unescaped_.pop_front();
        }
    });
}

// The last of a name counts. False when `name` need not be kept.
bool Params::store(std::string_view name, std::string_view value) noexcept {
    const auto end = members_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto known = std::find_if(
        members_.begin(), end, [name](const Frame::Member& member) { return member.name == name; });
    if (known != end) {
        known->value = value;
        return false;
    }
    if (count_ == member_limit) {
        return false;
    }
    members_[count_++] = {name, value};
    return true;
}

bool has_member(std::string_view json, std::string_view name) {
    return !Params(json).raw(name).empty();
}

std::string_view Params::raw(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        if (members_[i].name == name) {
            return members_[i].value;
        }
    }
    return {};
}

std::optional<std::string> Params::text(std::string_view name) const {
    return read_text(raw(name));
}

std::optional<std::uint64_t> Params::number(std::string_view name) const noexcept {
    return read_number(raw(name));
}

}  // namespace aimdb::aimx
