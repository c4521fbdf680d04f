// SPDX-License-Identifier: Apache-2.0
#include "contract/buffer_contract.hpp"

#include <string>

#include <gtest/gtest.h>

namespace aimdb::contract {
namespace {

struct Plain {
    std::uint32_t number = 0;
    double weight = 0;
    bool operator==(const Plain&) const = default;
};
struct Text {
    std::string text;
    bool operator==(const Text&) const = default;
};

template <typename T>
T make_value(int number) {
    if constexpr (std::is_same_v<T, Plain>) {
        return {static_cast<std::uint32_t>(number), number * 0.5};
    } else {
        return {"a text too long for the small buffer of a string: " + std::to_string(number)};
    }
}

template <typename T>
struct Ring {
    using Value = T;
    static BufferConfig config() { return spmc_ring(500); }
    static T value(int number) { return make_value<T>(number); }
};
template <typename T>
struct RingOfOne : Ring<T> {
    static BufferConfig config() { return spmc_ring(1); }
};
template <typename T>
struct Latest : Ring<T> {
    static BufferConfig config() { return single_latest(); }
};
template <typename T>
struct Mail : Ring<T> {
    static BufferConfig config() { return mailbox(); }
};

using Kinds = testing::Types<Ring<Plain>,
                             Ring<Text>,
                             RingOfOne<Plain>,
                             RingOfOne<Text>,
                             Latest<Plain>,
                             Latest<Text>,
                             Mail<Plain>,
                             Mail<Text>>;
struct KindNames {
    template <typename Kind>
    static std::string GetName(int) {
        const std::string kind(to_string(Kind::config().kind));
        const bool plain = std::is_same_v<typename Kind::Value, Plain>;
        return kind + std::to_string(Kind::config().capacity) + (plain ? "OfPlain" : "OfText");
    }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Core, BufferContract, Kinds, KindNames);

}  // namespace
}  // namespace aimdb::contract
