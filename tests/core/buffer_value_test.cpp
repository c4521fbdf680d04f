// SPDX-License-Identifier: Apache-2.0
//
// How often values are copied and when they die: a value type that counts.
#include <array>

#include <gtest/gtest.h>

#include "core/buffer_rig.hpp"

namespace aimdb {
namespace {

using test::BufferRig;

struct Census {
    int alive = 0;
    int copies = 0;
};

class Counted {
public:
    explicit Counted(Census& census) : census_(&census) { ++census_->alive; }
    Counted(const Counted& other) : census_(other.census_) {
        ++census_->alive;
        ++census_->copies;
    }
    Counted(Counted&& other) noexcept : census_(other.census_) { ++census_->alive; }
    Counted& operator=(const Counted&) = default;
    ~Counted() { --census_->alive; }

private:
    Census* census_;
};

TEST(BufferValues, AreNotCopiedByProducing) {
    Census census;
    BufferRig<Counted> rig(spmc_ring(4));

    rig.out().produce(Counted(census));

    EXPECT_EQ(census.copies, 0);
    EXPECT_EQ(census.alive, 1);
}

TEST(BufferValues, AreCopiedOncePerReceive) {
    Census census;
    BufferRig<Counted> rig(spmc_ring(4));
    auto first = rig.reader();
    auto second = rig.reader();
    rig.out().produce(Counted(census));

    EXPECT_TRUE(first.try_recv().has_value());
    EXPECT_EQ(census.copies, 1);
    EXPECT_TRUE(second.try_recv().has_value());

    EXPECT_EQ(census.copies, 2);
    EXPECT_EQ(census.alive, 1);
}

TEST(BufferValues, AreNotCopiedByTakingABatch) {
    Census census;
    BufferRig<Counted> rig(spmc_ring(4));
    auto reader = rig.reader();
    rig.out().produce(Counted(census));
    rig.out().produce(Counted(census));
    std::vector<detail::Taken<Counted>> batch;

    EXPECT_EQ(reader.take_many(batch, 64), 2u);

    EXPECT_EQ(census.copies, 0);
    EXPECT_EQ(census.alive, 2);
}

TEST(BufferValues, DieWhenTheyAreOverwritten) {
    Census census;
    BufferRig<Counted> rig(spmc_ring(4));  // a power of two: no spare slots

    for (int i = 0; i < 10; ++i) {
        rig.out().produce(Counted(census));
    }

    EXPECT_EQ(census.alive, 4);
}

TEST(BufferValues, LiveAsLongAsABatchHoldsThem) {
    Census census;
    BufferRig<Counted> rig(single_latest());
    auto reader = rig.reader();
    std::vector<detail::Taken<Counted>> batch;
    rig.out().produce(Counted(census));
    reader.take_many(batch, 1);

    rig.out().produce(Counted(census));

    EXPECT_EQ(census.alive, 2);
    batch.clear();
    EXPECT_EQ(census.alive, 1);
}

TEST(BufferValues, DieWithTheBuffer) {
    Census census;
    {
        BufferRig<Counted> rig(spmc_ring(4));
        rig.out().produce(Counted(census));
    }

    EXPECT_EQ(census.alive, 0);
}

TEST(BufferValues, RefusedOnesDieAtOnce) {
    Census census;
    BufferRig<Counted> rig(spmc_ring(4));
    rig.buffer->close();

    rig.out().produce(Counted(census));

    EXPECT_EQ(census.alive, 0);
}

TEST(BufferValues, MayHaveADestructorThatUsesTheBuffer) {
    // The displaced value dies outside the lock, so this cannot deadlock.
    struct Nosy {
        std::shared_ptr<int> watched;
        const detail::BufferCore* core = nullptr;
        std::uint64_t* seen = nullptr;
        Nosy(const detail::BufferCore* buffer, std::uint64_t* out) : core(buffer), seen(out) {}
        Nosy(const Nosy&) = default;
        Nosy& operator=(const Nosy&) = default;
        ~Nosy() { *seen = core->counters().produced; }
    };
    std::uint64_t seen = 0;
    BufferRig<Nosy> rig(single_latest());
    rig.out().produce(Nosy(rig.buffer.get(), &seen));
    seen = 0;

    rig.out().produce(Nosy(rig.buffer.get(), &seen));

    EXPECT_EQ(seen, 2u);
    rig.buffer->close();
}

TEST(BufferValues, ThatThrowWhenCopiedFailOnlyTheReader) {
    struct Moody {
        bool throws = false;
        Moody() = default;
        explicit Moody(bool t) : throws(t) {}
        Moody(const Moody& other) : throws(other.throws) {
            if (throws) {
                throw std::runtime_error("cannot be copied");
            }
        }
        Moody(Moody&&) noexcept = default;
        Moody& operator=(const Moody&) = default;
        Moody& operator=(Moody&&) noexcept = default;
        ~Moody() = default;
    };
    BufferRig<Moody> rig(spmc_ring(4));
    auto reader = rig.reader();
    rig.out().produce(Moody(true));
    rig.out().produce(Moody(false));

    EXPECT_THROW(static_cast<void>(reader.try_recv()), std::runtime_error);

    EXPECT_EQ(reader.try_recv().value().sequence, 2u);
}

TEST(BufferValues, MayBeConstAndWithoutDefaultConstructor) {
    struct Fixed {
        explicit Fixed(int v) : value(v) {}
        const int value;
    };
    static_assert(std::is_trivially_copyable_v<Fixed>);
    BufferRig<Fixed> rig(spmc_ring(2));
    auto reader = rig.reader();

    rig.out().produce(Fixed(1));
    rig.out().produce(Fixed(2));

    EXPECT_EQ(reader.try_recv().value().value.value, 1);
    EXPECT_EQ(rig.buffer->latest().value().value.value, 2);
}

TEST(BufferValues, MayAskForALargeAlignment) {
    struct alignas(128) Wide {
        std::array<double, 4> lanes;
    };
    BufferRig<Wide> rig(spmc_ring(3));
    auto reader = rig.reader();

    rig.out().produce(Wide{{1, 2, 3, 4}});

    EXPECT_EQ(reader.try_recv().value().value.lanes[3], 4);
}

}  // namespace
}  // namespace aimdb
