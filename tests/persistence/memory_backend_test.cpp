// SPDX-License-Identifier: Apache-2.0
#include "aimdb/persistence/memory_backend.hpp"

#include <gtest/gtest.h>

#include "contract/backend_contract.hpp"

namespace aimdb::contract {
namespace {

struct SharedMemory {
    static constexpr bool survives_closing = true;
    std::shared_ptr<aimdb::MemoryStore> store = memory_store();
    std::unique_ptr<Backend> make() const { return memory_history(store); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BackendReading, SharedMemory);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BackendUpkeep, SharedMemory);

TEST(MemoryBackend, IsRefusedWhileAnotherBackendHasTheStoreOpen) {
    const auto store = memory_store();
    const BackendDriver first(memory_history(store), {"a"});

    const auto code = code_of([&] { BackendDriver second(memory_history(store), {"a"}); });

    EXPECT_EQ(code, Errc::storage_locked);
}

TEST(MemoryBackend, SetsItsContentAside) {
    const auto store = memory_store();
    {
        BackendDriver driver(memory_history(store), {"a"});
        driver.put("a", 1, "1");
        driver.commit();
    }

    const auto backend = memory_history(store);
    EXPECT_EQ(backend->set_aside(), "memory, set aside 1");
    const OpenReport report = backend->open({.records = {"a"}, .now = {}, .log = Log()});

    EXPECT_EQ(report.records.at(0).next_sequence, 1u);
    EXPECT_FALSE(report.records.at(0).has_rows);
    EXPECT_TRUE(report.clean);
}

}  // namespace
}  // namespace aimdb::contract
