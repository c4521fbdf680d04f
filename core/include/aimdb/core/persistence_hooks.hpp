// SPDX-License-Identifier: Apache-2.0
//
// `.persist()`, `with_persistence()` and the history queries read as members of
// core's classes, yet core knows nothing of persistence: it only declares them.
// <aimdb/persistence/persistence.hpp> specialises the hooks below for
// PersistenceHeader; calling a member without it is one clear message.
#pragma once

namespace aimdb {

class Backend;
struct PersistenceOptions;
struct PersistOptions;

namespace detail {

struct PersistenceHeader;

template <typename T, typename Header>
struct PersistHook {
    static_assert(sizeof(T) == 0,
                  "aimdb: persist() needs #include <aimdb/persistence/persistence.hpp> (library "
                  "aimdb::persistence)");
};

template <typename Header>
struct PersistenceHook {
    static_assert(sizeof(Header*) == 0,
                  "aimdb: with_persistence(), query_*(), flush() and stored() need #include "
                  "<aimdb/persistence/persistence.hpp> (library aimdb::persistence)");
};

}  // namespace detail
}  // namespace aimdb
