// SPDX-License-Identifier: Apache-2.0
//
// What every Backend must do, as typed suites. To instantiate them, give a store:
//
//     struct MemoryStore {
//         static constexpr bool survives_closing = false;
//         std::unique_ptr<aimdb::Backend> make();  // over the same store each time
//     };
//     namespace aimdb::contract {
//     INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BackendReading, MemoryStore);
//     INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BackendUpkeep, MemoryStore);
//     }
//
// `make()` is called again only after the backend made before is gone. The
// store's destructor removes it.
#pragma once

#include "backend_reading_contract.hpp"
#include "backend_upkeep_contract.hpp"
