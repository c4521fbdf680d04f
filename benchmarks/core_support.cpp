// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"

#include <algorithm>

namespace bench {

double nanoseconds_between(Clock::time_point begin, Clock::time_point end) noexcept {
    return std::chrono::duration<double, std::nano>(end - begin).count();
}

double percentile(std::vector<double> values, double percent) {
    if (values.empty()) {
        return 0.0;
    }
    const auto last = static_cast<double>(values.size() - 1);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(last * percent / 100.0);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

double median(std::vector<double> values) { return percentile(std::move(values), 50.0); }

}  // namespace bench
