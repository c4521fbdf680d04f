// SPDX-License-Identifier: Apache-2.0
//
// The heads of HTTP messages: read with http-parser, which only http.cpp knows,
// and written. No sockets here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aimdb::aimx {

/// Longest head taken, from the request line to the empty line.
inline constexpr std::size_t http_head_limit_bytes = std::size_t{16} << 10;

struct HttpHead {
    std::string method;   ///< Of a request.
    std::string target;   ///< Of a request, as it came.
    unsigned status = 0;  ///< Of a response.
    std::vector<std::pair<std::string, std::string>> headers;

    /// The values of a header, joined by ", " when it came several times.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
    /// Whether a header that is a list of words has this one, in any case.
    [[nodiscard]] bool lists(std::string_view name, std::string_view word) const;
    [[nodiscard]] std::string_view path() const noexcept;
    [[nodiscard]] std::string_view query() const noexcept;
};

enum class HttpKind : std::uint8_t { request, response };

/// Reads one head.
class HttpHeadReader {
public:
    enum class Result : std::uint8_t { incomplete, complete, too_long, malformed };

    explicit HttpHeadReader(HttpKind kind);
    ~HttpHeadReader();
    HttpHeadReader(const HttpHeadReader&) = delete;
    HttpHeadReader& operator=(const HttpHeadReader&) = delete;

    /// Takes bytes as they came, until the result is something else than incomplete.
    [[nodiscard]] Result take(std::string_view bytes);
    [[nodiscard]] const HttpHead& head() const noexcept;
    /// What came after the head.
    [[nodiscard]] const std::string& leftover() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] bool equal_in_any_case(std::string_view a, std::string_view b) noexcept;
/// `%xx` and, in queries, `+` decoded. A `%` that begins no escape stays as it is.
[[nodiscard]] std::string decode_percent(std::string_view text, bool plus_is_space);
/// The last value of a parameter.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);
[[nodiscard]] std::string_view http_reason(unsigned status) noexcept;

}  // namespace aimdb::aimx
