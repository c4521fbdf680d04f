// SPDX-License-Identifier: Apache-2.0
//
// `.remote()`, `with_aimx()` and links read as members of core's classes, yet core
// knows nothing of AimX: it only declares them, as persistence_hooks.hpp does for
// persistence. Calling one without its header is one clear message.
#pragma once

namespace aimdb {

struct AimxOptions;
struct LinkOptions;

namespace detail {

struct AimxServerHeader;
struct AimxLinkHeader;

template <typename T, typename Header>
struct RemoteHook {
    static_assert(sizeof(T) == 0,
                  "aimdb: remote() and remote_writable() need #include "
                  "<aimdb/aimx_protocol/server.hpp> (library aimdb::aimx_protocol)");
};

template <typename Header>
struct AimxHook {
    static_assert(sizeof(Header*) == 0,
                  "aimdb: with_aimx() needs #include <aimdb/aimx_protocol/server.hpp> (library "
                  "aimdb::aimx_protocol)");
};

template <typename T, typename Header>
struct LinkHook {
    static_assert(sizeof(T) == 0,
                  "aimdb: link_to() and link_from() need #include <aimdb/aimx_protocol/link.hpp> "
                  "(library aimdb::aimx_protocol)");
};

}  // namespace detail
}  // namespace aimdb
