// SPDX-License-Identifier: Apache-2.0
//
// The header for programs that serve records: gives `.remote()`,
// `.remote_writable()` and `with_aimx()` their meaning.
//
//     builder.with_aimx({.endpoints = {"unix:///run/plant.sock", "ws://127.0.0.1:8080/ws"}});
//     builder.configure<Reading>("boiler.supply").buffer(aimdb::spmc_ring(128)).remote();
#pragma once

#include <memory>

#include "aimdb/aimx_protocol/detail/served_record.hpp"
#include "aimdb/aimx_protocol/options.hpp"
#include "aimdb/aimx_protocol/server_module.hpp"
#include "aimdb/core/builder.hpp"
#include "aimdb/core/database.hpp"

namespace aimdb::detail {

template <typename T>
struct RemoteHook<T, AimxServerHeader> {
    static void serve(const Registrar<T>& registrar, bool writable) {
        require_codec<T>();
        registrar.observe(0);  // every value carries its time
        registrar.declarations().template module<aimx::Server>().serve(
            std::make_unique<aimx::TypedServedRecord<T>>(registrar.record(), writable));
    }
};

template <>
struct AimxHook<AimxServerHeader> {
    static void install(Builder& builder, const AimxOptions& options) {
        builder.module<aimx::Server>().install(options);
    }
};

}  // namespace aimdb::detail
