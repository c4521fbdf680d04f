// SPDX-License-Identifier: Apache-2.0
#include "aimdb/aimx_protocol/detail/link_module.hpp"

#include <limits>
#include <utility>

#include "aimdb/aimx_protocol/link.hpp"

#include "client_loop.hpp"
#include "url.hpp"

namespace aimdb::aimx {
namespace {

// Windows are the real bound.
constexpr std::size_t limit_calls = std::size_t{1} << 20;
constexpr std::size_t limit_bytes = std::numeric_limits<std::size_t>::max();

// As many as every server takes: subscriptions of a connection on Unix sockets and TCP.
constexpr std::size_t followed_per_client = 32;

std::string find_fault(const LinkPort& port) {
    try {
        static_cast<void>(parse_record_url(port.url()));
    } catch (const Error& error) {
        return "has a link whose address is wrong: " + std::string(error.what());
    }
    if (port.kind() == StageKind::link_out && port.options().window == 0) {
        return "has a link with a window of 0; give it at least 1";
    }
    return {};
}

ClientOptions options_for(const LinkPort& port, const Log& log) {
    ClientOptions options;
    options.name = "aimdb-link";
    options.token = port.options().token;
    options.reconnect = port.options().reconnect;
    options.offline_queue_limit = limit_calls;
    options.sent_limit = limit_calls;
    options.unsent_limit_bytes = limit_bytes;
    options.log = log;
    return options;
}

}  // namespace

Links::Links() = default;

Links::~Links() {
    for (const auto& [address, client] : clients_) {
        client->stop();
    }
}

std::vector<LinkInfo> Links::infos() const {
    std::vector<LinkInfo> infos;
    infos.reserve(ports_.size());
    for (const auto& port : ports_) {
        infos.push_back(port->info());
    }
    return infos;
}

std::shared_ptr<LinkPort> Links::declare(StageKind kind,
                                         const std::string& record,
                                         std::string_view url,
                                         const LinkOptions& options) {
    ports_.push_back(std::make_shared<LinkPort>(kind, record, url, options));
    return ports_.back();
}

void Links::check(const aimdb::detail::Declarations&, std::vector<Finding>& findings) {
    for (const auto& port : ports_) {
        if (std::string fault = find_fault(*port); !fault.empty()) {
            findings.push_back({port->record(), std::move(fault)});
        }
    }
}

void Links::start(Database& database) {
    std::map<std::string, std::size_t> followed;
    for (const auto& port : ports_) {
        RecordUrl url = parse_record_url(port->url());
        const std::string server = url.url.text + '\n' + port->options().token;
        const bool follows = port->kind() == StageKind::link_in;
        const std::size_t number = follows ? followed[server]++ / followed_per_client : 0;
        std::shared_ptr<ClientCore>& client = clients_[server + '\n' + std::to_string(number)];
        if (client == nullptr) {
            client = std::make_shared<ClientCore>(url.url.text, options_for(*port, database.log()));
        }
        port->connect(client, std::move(url.key));
    }
}

void Links::stopping(Deadline) noexcept {
    for (const auto& port : ports_) {
        port->begin_stop();
    }
}

// Closing takes a second at most, and all do it at the same time; but a host name that
// is being looked up is waited for, as the system has no way to end that.
void Links::stopped(Deadline, StopReport&) noexcept {
    for (const auto& [address, client] : clients_) {
        client->close();
    }
    for (const auto& [address, client] : clients_) {
        client->stop();
    }
    for (const auto& port : ports_) {
        port->finish_stop();
    }
}

std::vector<LinkInfo> links(const Database& database) {
    const Links* const module = database.find_module<Links>();
    return module == nullptr ? std::vector<LinkInfo>() : module->infos();
}

std::string link_stage_name(std::string_view url) { return shown_url(url); }

}  // namespace aimdb::aimx
