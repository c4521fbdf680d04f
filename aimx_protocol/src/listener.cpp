// SPDX-License-Identifier: Apache-2.0
#include "listener.hpp"

#include "aimdb/core/error.hpp"

#include "stream_listener.hpp"
#include "tcp_socket.hpp"

namespace aimdb::aimx {

void require_safe_bind(const Url& url, const AimxEndpoint& endpoint) {
    if (endpoint.tokens.empty() && !is_loopback(url)) {
        throw Error(Errc::invalid_configuration,
                    "serve '" + url.text.substr(0, url.text.find('?')) +
                        "': other machines could connect and nothing would ask who they are; "
                        "set a token with require_token() or bind to 127.0.0.1");
    }
}

std::unique_ptr<Listener> listen(asio::io_context& loop,
                                 const AimxEndpoint& endpoint,
                                 std::size_t index,
                                 const AimxOptions& options,
                                 Host& host) {
    const Url url = parse_url(endpoint.url);
    const ListenerSetup setup{
        .loop = loop, .endpoint = endpoint, .index = index, .options = options, .host = host};
    switch (url.transport) {
        case Transport::unix_socket: return listen_unix(setup, url);
        case Transport::tcp: return listen_tcp(setup, url);
        case Transport::websocket: return listen_websocket(setup, url);
    }
    return nullptr;
}

}  // namespace aimdb::aimx
