// SPDX-License-Identifier: Apache-2.0
#include "http.hpp"

#include <algorithm>

#include <http_parser.h>

namespace aimdb::aimx {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) noexcept {
    const char small = lower(c);
    if (small >= '0' && small <= '9') {
        return small - '0';
    }
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Cuts the text before the next separator off `rest`.
std::string_view next_piece(std::string_view& rest, char separator) noexcept {
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return piece;
}

}  // namespace

std::optional<std::string> HttpHead::header(std::string_view name) const {
    std::optional<std::string> joined;
    for (const auto& [key, value] : headers) {
        if (equal_in_any_case(key, name)) {
            joined = (joined ? *joined + ", " : "").append(trimmed(value));
        }
    }
    return joined;
}

bool HttpHead::lists(std::string_view name, std::string_view word) const {
    const std::string value = header(name).value_or("");
    for (std::string_view rest = value; !rest.empty();) {
        if (equal_in_any_case(trimmed(next_piece(rest, ',')), word)) {
            return true;
        }
    }
    return false;
}

std::string_view HttpHead::path() const noexcept {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpHead::query() const noexcept {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view()
                                     : std::string_view(target).substr(mark + 1);
}

struct HttpHeadReader::State {
    http_parser parser{};
    HttpHead head;
    std::string leftover;
    std::size_t taken_bytes = 0;
    bool in_value = false;  // the last piece belonged to a header's value
    bool complete = false;

    static State& of(http_parser* parser) { return *static_cast<State*>(parser->data); }

    static int on_target(http_parser* parser, const char* at, std::size_t size) {
        of(parser).head.target.append(at, size);
        return 0;
    }
    static int on_field(http_parser* parser, const char* at, std::size_t size) {
        State& self = of(parser);
        if (self.in_value || self.head.headers.empty()) {
            self.head.headers.emplace_back();
            self.in_value = false;
        }
        self.head.headers.back().first.append(at, size);
        return 0;
    }
    static int on_value(http_parser* parser, const char* at, std::size_t size) {
        State& self = of(parser);
        self.in_value = true;
        self.head.headers.back().second.append(at, size);
        return 0;
    }
    static int on_headers_complete(http_parser* parser) {
        of(parser).complete = true;
        return 2;  // "no body, and no message after it": what follows is ours to look at
    }

    static const http_parser_settings& callbacks() noexcept {
        static const http_parser_settings all = [] {
            http_parser_settings settings;
            http_parser_settings_init(&settings);
            settings.on_url = &State::on_target;
            settings.on_header_field = &State::on_field;
            settings.on_header_value = &State::on_value;
            settings.on_headers_complete = &State::on_headers_complete;
            return settings;
        }();
        return all;
    }
};

HttpHeadReader::HttpHeadReader(HttpKind kind) : state_(std::make_unique<State>()) {
    http_parser_init(&state_->parser, kind == HttpKind::request ? HTTP_REQUEST : HTTP_RESPONSE);
    state_->parser.data = state_.get();
}

HttpHeadReader::~HttpHeadReader() = default;

HttpHeadReader::Result HttpHeadReader::take(std::string_view bytes) {
    State& state = *state_;
    const std::string_view admitted = bytes.substr(0, http_head_limit_bytes - state.taken_bytes);
    const std::size_t used =
        http_parser_execute(&state.parser, &State::callbacks(), admitted.data(), admitted.size());
    state.taken_bytes += used;
    if (state.complete) {
        state.leftover = bytes.substr(used);
        state.head.status = state.parser.status_code;
        if (state.parser.type == HTTP_REQUEST) {
            state.head.method = http_method_str(static_cast<http_method>(state.parser.method));
        }
        return Result::complete;
    }
    if (HTTP_PARSER_ERRNO(&state.parser) != HPE_OK) {
        return Result::malformed;
    }
    return state.taken_bytes >= http_head_limit_bytes ? Result::too_long : Result::incomplete;
}

const HttpHead& HttpHeadReader::head() const noexcept { return state_->head; }
const std::string& HttpHeadReader::leftover() const noexcept { return state_->leftover; }

bool equal_in_any_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::string decode_percent(std::string_view text, bool plus_is_space) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool escape = text[at] == '%' && at + 2 < text.size() &&
                            hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
        if (escape) {
            decoded.push_back(
                static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2])));
            at += 2;
        } else {
            decoded.push_back(plus_is_space && text[at] == '+' ? ' ' : text[at]);
        }
    }
    return decoded;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    std::optional<std::string> last;
    for (std::string_view rest = query; !rest.empty();) {
        std::string_view value = next_piece(rest, '&');
        const std::string_view key = next_piece(value, '=');
        if (decode_percent(key, true) == name) {
            last = decode_percent(value, true);
        }
    }
    return last;
}

std::string_view http_reason(unsigned status) noexcept {
    return http_status_str(static_cast<http_status>(status));
}

}  // namespace aimdb::aimx
