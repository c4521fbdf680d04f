// SPDX-License-Identifier: Apache-2.0
//
// A served database for tests of the client and of links.
#pragma once

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "aimdb/aimx_protocol/client.hpp"
#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/core/core.hpp"
#include "aimdb/json/record.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "support/deadline.hpp"
#include "support/temp_dir.hpp"

namespace aimdb::aimx::test {

struct Gauge {
    std::int64_t number = 0;
    std::string place;

    bool operator==(const Gauge&) const = default;
};
AIMDB_RECORD(Gauge, number, place)

/// Two rings and a writable state, at one endpoint, persisted where a file is named.
inline Database serve_plant(const AimxEndpoint& endpoint, const std::string& file = {}) {
    Builder builder;
    if (!file.empty()) {
        builder.with_persistence(sqlite_history(file));
    }
    const auto keep = [&file](const Registrar<Gauge>& record) {
        if (!file.empty()) {
            record.persist();
        }
    };
    keep(builder.configure<Gauge>("plant.north").buffer(spmc_ring(4'096)).remote());
    keep(builder.configure<Gauge>("plant.south").buffer(spmc_ring(4'096)).remote());
    builder.configure<Gauge>("setpoint").buffer(single_latest()).remote_writable();
    builder.configure<Gauge>("inbox").buffer(spmc_ring(65'536)).remote_writable();
    builder.with_aimx({.endpoints = {endpoint}});
    Database db = builder.build();
    db.start();
    return db;
}

inline std::string url_of(const Database& db) { return server(db).urls().front(); }

/// Fast to try again, so that tests need not wait.
inline ClientOptions eager() {
    ClientOptions options;
    options.reconnect.initial = std::chrono::milliseconds(1);
    options.reconnect.cap = std::chrono::milliseconds(20);
    return options;
}

/// The error that `call` throws, if it does.
template <typename F>
std::error_code code_of(F&& call) {
    try {
        call();
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

/// Takes the error that an asynchronous call completes with, if any. Unlike use_future
/// it hands no exception to another thread, whose count the thread sanitizer does not see.
class CodeOfCall {
public:
    [[nodiscard]] auto handler() {
        return [code = code_](std::exception_ptr error, const auto&...) {
            code->set_value(code_of([&] {
                if (error) {
                    std::rethrow_exception(std::move(error));
                }
            }));
        };
    }
    /// Waits for it; once.
    [[nodiscard]] std::error_code get() { return code_->get_future().get(); }

private:
    std::shared_ptr<std::promise<std::error_code>> code_ =
        std::make_shared<std::promise<std::error_code>>();
};

inline Gauge gauge(std::int64_t number) { return {number, "north"}; }

}  // namespace aimdb::aimx::test
