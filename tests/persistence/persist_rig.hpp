// SPDX-License-Identifier: Apache-2.0
//
// What the tests of persisted records share.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aimdb/persistence/persistence.hpp"

// A type with a codec of its own: persistence needs no JSON library.
namespace aimdb::test {
struct Reading {
    int value = 0;
};
}  // namespace aimdb::test

template <>
struct aimdb::Codec<aimdb::test::Reading> {
    static void encode(const aimdb::test::Reading& reading, std::string& out) {
        if (reading.value == -1) throw std::runtime_error("no text for -1");
        if (reading.value == -2) out.append(100, 'x');
        out += std::to_string(reading.value);
    }
    static aimdb::test::Reading decode(std::string_view text) {
        if (text == "7") throw aimdb::Error(aimdb::Errc::decode_failed, "7");
        if (text == "13") throw 13;  // a user's codec may throw anything
        return {std::stoi(std::string(text))};
    }
};

namespace aimdb::test {

struct Program {
    explicit Program(std::shared_ptr<MemoryStore> used = memory_store()) : store(std::move(used)) {
        builder.log_to([](const LogEntry&) {});
        builder.clock(clock);
    }
    Database build(const PersistenceOptions& options = {}) {
        builder.with_persistence(memory_history(store), options);
        return builder.build();
    }

    std::shared_ptr<MemoryStore> store;
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(from_unix_ms(1'000'000));
    Builder builder;
};

inline std::vector<int> values(const QueryResult<Reading>& result) {
    std::vector<int> all;
    for (const auto& row : result)
        all.push_back(row.value.value);
    return all;
}

}  // namespace aimdb::test
