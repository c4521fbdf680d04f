// SPDX-License-Identifier: Apache-2.0
//
// How a test asks again and again without taking the processor, or giving it away,
// each time.
#pragma once

#include <thread>

namespace aimdb::test {

/// Call it wherever a loop finds nothing to do: on a loaded machine each yield may
/// cost milliseconds, so most calls return at once.
///
/// Threads: thread-confined.
class Pace {
public:
    void operator()() {
        if (++calls_ % calls_per_yield == 0) std::this_thread::yield();
    }

private:
    static constexpr unsigned calls_per_yield = 64;
    unsigned calls_ = 0;
};

}  // namespace aimdb::test
