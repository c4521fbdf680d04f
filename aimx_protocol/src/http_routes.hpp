// SPDX-License-Identifier: Apache-2.0
//
// What a WebSocket endpoint answers to the head of an HTTP request: the upgrade
// (aimx.md, 2.3), /health, /version, /metrics and files. No sockets here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "aimdb/aimx_protocol/options.hpp"

#include "host.hpp"
#include "http.hpp"
#include "static_files.hpp"

namespace aimdb::aimx {

struct HttpAnswer {
    unsigned status = 200;
    std::string headers;  ///< Lines with their ends; what every answer has is not among them.
    std::string_view content_type;
    std::string body;
    std::optional<StaticFile> file;  ///< Instead of `body`.
    bool without_body = false;       ///< HEAD: only its length is told.

    void add(std::string_view name, std::string_view value);
    /// Status line and headers. Every answer but 101 is the last of its connection.
    [[nodiscard]] std::string head() const;
};
[[nodiscard]] HttpAnswer text_answer(unsigned status, std::string_view text);

/// Threads: thread-confined (the loop).
class HttpRoutes {
public:
    /// `path` is that of the upgrade. `host` must outlive this object. Throws Error
    /// when the directory of files is none.
    HttpRoutes(const AimxEndpoint& endpoint, std::size_t index, std::string_view path, Host& host);

    /// 101 means: this is a WebSocket from now on, and the peer is authenticated.
    [[nodiscard]] HttpAnswer answer(const HttpHead& request) const;

private:
    [[nodiscard]] HttpAnswer upgrade(const HttpHead& request) const;
    [[nodiscard]] HttpAnswer preflight(const HttpHead& request) const;
    [[nodiscard]] HttpAnswer resource(const HttpHead& request) const;
    [[nodiscard]] HttpAnswer report(const HttpHead& request) const;
    [[nodiscard]] HttpAnswer static_file(const HttpHead& request) const;

    [[nodiscard]] bool is_open() const noexcept;
    [[nodiscard]] bool shows_token(const HttpHead& request) const;
    [[nodiscard]] bool origin_is_allowed(const HttpHead& request) const;
    void add_cors(const HttpHead& request, HttpAnswer& answer) const;

    AimxEndpoint endpoint_;
    std::size_t index_;
    std::string path_;
    Host& host_;
    std::optional<StaticFiles> files_;
};

}  // namespace aimdb::aimx
