// SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include <charconv>

#include <asio/ip/address_v6.hpp>

#include "aimdb/core/error.hpp"
#include "aimdb/core/key.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::string_view good_ones =
    "; write for example unix:///run/hub.sock, tcp://127.0.0.1:7433 or ws://127.0.0.1:8080/ws";
constexpr auto npos = std::string_view::npos;

/// For messages: without the query, which may hold a token.
std::string without_query(std::string_view text) {
    return std::string(text.substr(0, text.find('?')));
}

[[noreturn]] void fail(std::string_view text, const std::string& cause) {
    throw Error(Errc::invalid_configuration,
                "parse URL '" + without_query(text) + "': " + cause + std::string(good_ones));
}

bool is_printable(std::string_view text) noexcept {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') {
            return false;
        }
    }
    return true;
}

void read_port(std::string_view text, Url& url) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), url.port);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        fail(url.text, "the port '" + std::string(text) + "' is not a number from 0 to 65535");
    }
}

void read_bracketed(std::string_view text, Url& url) {
    const std::size_t end = text.find(']');
    if (end == npos || text.substr(end + 1, 1) != ":") {
        fail(url.text, "after [ come an IPv6 address, ] and :PORT");
    }
    url.host = text.substr(1, end - 1);
    std::error_code error;
    static_cast<void>(asio::ip::make_address_v6(url.host, error));
    if (error) {
        fail(url.text, "'" + url.host + "' is not an IPv6 address");
    }
    read_port(text.substr(end + 2), url);
}

void read_host_and_port(std::string_view text, Url& url) {
    if (text.substr(0, 1) == "[") {
        return read_bracketed(text, url);
    }
    const std::size_t colon = text.find(':');
    if (colon == npos) {
        fail(url.text, "the port is missing");
    }
    if (text.find(':', colon + 1) != npos) {
        fail(url.text, "an IPv6 address stands in brackets, as in tcp://[::1]:7433");
    }
    url.host = text.substr(0, colon);
    if (url.host.empty()) {
        fail(url.text, "the host is missing");
    }
    if (!is_printable(url.host) || url.host.find_first_of("/?#@\\[]") != std::string::npos) {
        fail(url.text, "'" + url.host + "' is not the name of a host");
    }
    read_port(text.substr(colon + 1), url);
}

void read_unix(std::string_view path, Url& url) {
    url.transport = Transport::unix_socket;
    url.path = path;
    if (path.empty() || path.find('\0') != npos) {
        fail(url.text, "the path of the socket file is missing");
    }
}

void read_websocket(std::string_view rest, Url& url) {
    url.transport = Transport::websocket;
    const std::size_t end = rest.find_first_of("/?#");
    read_host_and_port(rest.substr(0, end), url);
    url.path = end == npos ? "" : rest.substr(end);
    if (url.path.find('#') != std::string::npos || !is_printable(url.path)) {
        fail(url.text, "the path has white space or a fragment");
    }
    if (url.path.empty() || url.path.front() == '?') {
        url.path.insert(0, "/ws");
    }
}

Url parse(std::string_view text, std::string_view shown) {
    Url url;
    url.text = shown;
    const std::size_t scheme_end = text.find("://");
    const std::string_view scheme = text.substr(0, scheme_end);
    if (scheme_end == npos) {
        read_unix(text, url);
        return url;
    }
    const std::string_view rest = text.substr(scheme_end + 3);
    if (scheme == "unix" || scheme == "uds") {
        read_unix(rest, url);
    } else if (scheme == "tcp") {
        url.transport = Transport::tcp;
        read_host_and_port(rest, url);
    } else if (scheme == "ws") {
        read_websocket(rest, url);
    } else {
        fail(shown, "'" + std::string(scheme) + "' is none of unix, uds, tcp and ws");
    }
    return url;
}

/// Where the key's separator is: `/` after the port of TCP, the last `#` elsewhere.
std::size_t key_separator(std::string_view text) noexcept {
    constexpr std::string_view tcp = "tcp://";
    return text.substr(0, tcp.size()) == tcp ? text.find('/', tcp.size()) : text.rfind('#');
}

}  // namespace

std::string_view to_string(Transport transport) noexcept {
    switch (transport) {
        case Transport::unix_socket: return "unix";
        case Transport::tcp: return "tcp";
        case Transport::websocket: return "ws";
    }
    return "unknown";
}

Url parse_url(std::string_view text) { return parse(text, text); }

RecordUrl parse_record_url(std::string_view text) {
    const std::size_t separator = key_separator(text);
    if (separator == npos) {
        throw Error(Errc::invalid_configuration,
                    "parse URL '" + without_query(text) +
                        "': the key of the record is missing; write for example "
                        "tcp://hub:7433/temp.vienna or unix:///run/hub.sock#temp.vienna");
    }
    const std::string_view where = text.substr(0, separator);
    RecordUrl result{.url = parse(where, where), .key = std::string(text.substr(separator + 1))};
    if (const auto fault = find_key_fault(result.key)) {
        throw Error(Errc::invalid_configuration,
                    "parse URL '" + without_query(text) + "': " + *fault);
    }
    return result;
}

}  // namespace aimdb::aimx
