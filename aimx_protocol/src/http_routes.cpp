// SPDX-License-Identifier: Apache-2.0
#include "http_routes.hpp"

#include <algorithm>
#include <utility>

#include <asio/ip/address.hpp>

#include "websocket_key.hpp"

namespace aimdb::aimx {
namespace {

constexpr std::string_view text_type = "text/plain; charset=utf-8";
constexpr std::string_view json_type = "application/json";
constexpr std::string_view metrics_type = "text/plain; version=0.0.4";
constexpr std::string_view allowed_methods = "GET,HEAD";
constexpr std::string_view version_json = R"({"aimx":"3.0"})";

bool is_report(std::string_view path) noexcept {
    return path == "/health" || path == "/version" || path == "/metrics";
}

HttpAnswer wrong_method() {
    HttpAnswer answer = text_answer(405, "this can only be read\n");
    answer.add("Allow", allowed_methods);
    return answer;
}

HttpAnswer unauthorized() {
    HttpAnswer answer = text_answer(401, "show a token: Authorization: Bearer or ?token=\n");
    answer.add("WWW-Authenticate", "Bearer");
    return answer;
}

bool speaks_our_version(const HttpHead& request) {
    const std::string version = query_value(request.query(), "v").value_or("");
    return version.substr(0, version.find('.')) == "3";
}

std::string bearer_token(const HttpHead& request) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string header = request.header("Authorization").value_or("");
    if (equal_in_any_case(std::string_view(header).substr(0, scheme.size()), scheme)) {
        return header.substr(scheme.size());
    }
    return query_value(request.query(), "token").value_or("");
}

/// What stands before the port, without brackets.
std::string host_name(std::string_view host) {
    if (host.substr(0, 1) == "[") {
        return std::string(host.substr(1, host.find(']') - 1));
    }
    return std::string(host.substr(0, host.find(':')));
}

/// A page that this endpoint itself served. By number or as localhost only: any
/// other name may be one that an attacker makes point to this machine.
bool is_own_page(std::string_view origin, const HttpHead& request) {
    const std::string host = request.header("Host").value_or("");
    if (origin != "http://" + host) {
        return false;
    }
    const std::string name = host_name(host);
    std::error_code error;
    static_cast<void>(asio::ip::make_address(name, error));
    return !error || name == "localhost";
}

bool names_tag(const HttpHead& request, std::string_view tag) {
    constexpr std::string_view header = "If-None-Match";
    return request.lists(header, "*") || request.lists(header, tag) ||
           request.lists(header, "W/" + std::string(tag));
}

}  // namespace

void HttpAnswer::add(std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
}

std::string HttpAnswer::head() const {
    std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
    text.append(http_reason(status)).append("\r\n").append(headers);
    if (status != 101) {
        if (status != 304) {
            const std::uint64_t size = file ? file->size : body.size();
            text.append("Content-Length: ").append(std::to_string(size)).append("\r\n");
        }
        if (!content_type.empty()) {
            text.append("Content-Type: ").append(content_type).append("\r\n");
        }
        text.append("X-Content-Type-Options: nosniff\r\nConnection: close\r\n");
    }
    return text.append("\r\n");
}

HttpAnswer text_answer(unsigned status, std::string_view text) {
    HttpAnswer answer;
    answer.status = status;
    answer.content_type = text.empty() ? std::string_view() : text_type;
    answer.body = text;
    return answer;
}

HttpRoutes::HttpRoutes(const AimxEndpoint& endpoint,
                       std::size_t index,
                       std::string_view path,
                       Host& host)
    : endpoint_(endpoint), index_(index), path_(path), host_(host) {
    if (!endpoint.directory.empty()) {
        files_.emplace(endpoint.directory);
    }
}

HttpAnswer HttpRoutes::answer(const HttpHead& request) const {
    if (request.method == "OPTIONS") {
        return preflight(request);
    }
    HttpAnswer answer = request.path() == path_ ? upgrade(request) : resource(request);
    answer.without_body = request.method == "HEAD";
    return answer;
}

HttpAnswer HttpRoutes::upgrade(const HttpHead& request) const {
    if (request.method != "GET") {
        return wrong_method();
    }
    const std::string key = request.header("Sec-WebSocket-Key").value_or("");
    if (!request.lists("Connection", "upgrade")) {
        return text_answer(400, "the header Connection does not include 'upgrade'\n");
    }
    if (!request.lists("Upgrade", "websocket")) {
        return text_answer(400, "the header Upgrade does not include 'websocket'\n");
    }
    if (request.header("Sec-WebSocket-Version") != "13") {
        return text_answer(400, "the header Sec-WebSocket-Version is not '13'\n");
    }
    if (key.empty()) {
        return text_answer(400, "the header Sec-WebSocket-Key is missing\n");
    }
    if (!speaks_our_version(request)) {
        return text_answer(426, "this server speaks AimX 3: connect with ?v=3.0\n");
    }
    if (!origin_is_allowed(request)) {
        return text_answer(403, "pages of this origin are not let in\n");
    }
    if (!shows_token(request)) {
        return unauthorized();
    }
    HttpAnswer answer;
    answer.status = 101;
    answer.add("Connection", "upgrade");
    answer.add("Upgrade", "websocket");
    answer.add("Sec-WebSocket-Accept", websocket_accept(key));
    add_cors(request, answer);
    return answer;
}

HttpAnswer HttpRoutes::preflight(const HttpHead& request) const {
    if (!origin_is_allowed(request)) {
        return text_answer(403, "pages of this origin are not let in\n");
    }
    HttpAnswer answer = text_answer(200, "");
    add_cors(request, answer);
    answer.add("Access-Control-Allow-Methods", "GET,HEAD,OPTIONS");
    answer.add("Access-Control-Allow-Headers", is_open() ? "*" : "Authorization,Content-Type");
    return answer;
}

HttpAnswer HttpRoutes::resource(const HttpHead& request) const {
    const bool known = is_report(request.path());
    if (!known && !files_) {
        return text_answer(404, "");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return wrong_method();
    }
    if (!origin_is_allowed(request)) {
        return text_answer(403, "pages of this origin are not let in\n");
    }
    return known ? report(request) : static_file(request);
}

HttpAnswer HttpRoutes::report(const HttpHead& request) const {
    HttpAnswer answer;
    answer.content_type = json_type;
    if (request.path() == "/health") {
        answer.body = host_.health_json();
    } else if (request.path() == "/version") {
        answer.body = version_json;
    } else if (shows_token(request)) {
        answer.content_type = metrics_type;
        answer.body = host_.metrics_text();
    } else {
        return unauthorized();
    }
    add_cors(request, answer);
    answer.add("Cache-Control", "no-store");
    return answer;
}

HttpAnswer HttpRoutes::static_file(const HttpHead& request) const {
    auto file = files_->open(request.path());
    if (!file) {
        return text_answer(404, "");
    }
    HttpAnswer answer;
    answer.add("ETag", file->tag);
    answer.add("Cache-Control", "no-cache");
    if (names_tag(request, file->tag)) {
        answer.status = 304;
        return answer;
    }
    answer.content_type = file->content_type;
    answer.file = std::move(file);
    return answer;
}

bool HttpRoutes::is_open() const noexcept {
    return endpoint_.tokens.empty() && endpoint_.origins.empty();
}

bool HttpRoutes::shows_token(const HttpHead& request) const {
    return endpoint_.tokens.empty() || host_.token_opens(index_, bearer_token(request));
}

bool HttpRoutes::origin_is_allowed(const HttpHead& request) const {
    const auto origin = request.header("Origin");
    if (is_open() || !origin) {
        return true;
    }
    const auto& allowed = endpoint_.origins;
    return std::find(allowed.begin(), allowed.end(), *origin) != allowed.end() ||
           is_own_page(*origin, request);
}

void HttpRoutes::add_cors(const HttpHead& request, HttpAnswer& answer) const {
    if (is_open()) {
        answer.add("Access-Control-Allow-Origin", "*");
    } else if (const auto origin = request.header("Origin")) {
        answer.add("Access-Control-Allow-Origin", *origin);
        answer.add("Vary", "Origin");
    }
}

}  // namespace aimdb::aimx
