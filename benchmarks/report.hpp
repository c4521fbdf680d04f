// SPDX-License-Identifier: Apache-2.0
//
// What all benchmark programs share: main(), and the figures they report. A
// figure is the median over the repetitions of one benchmark's time or counter;
// it is a row of the table and a name in the file.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace bench {

/// With --quick everything runs once and briefly; the numbers mean nothing.
[[nodiscard]] bool quick() noexcept;

/// What a figure has to reach.
struct Target {
    enum class Kind : std::uint8_t { none, at_most, at_least };
    Kind kind = Kind::none;
    double limit = 0.0;

    [[nodiscard]] bool met_by(double value) const noexcept;
};
[[nodiscard]] Target at_most(double limit) noexcept;
[[nodiscard]] Target at_least(double limit) noexcept;

/// What stands beside a figure: a number known from elsewhere, or another
/// figure of the same run. The table shows figure / reference.
struct Reference {
    std::string what;
    double value = 0.0;
    std::string figure = {};
};

struct Figure {
    std::string name;       ///< "core.produce.ns"
    std::string benchmark;  ///< "produce", "commit/100": without Google Benchmark's own suffixes.
    std::string counter;    ///< Of that benchmark; empty: its time for one iteration, in `unit`.
    std::string unit;       ///< "ns", "us", "ms", "s" for times, else any word; "x" for a ratio.
    Reference against = {};
    Target target = {};
    std::string divided_by = {};  ///< A benchmark: the figure is the ratio of the two.
};

/// Declares figures; they are reported in the order declared if their benchmark ran.
///
///     const bench::Figures figures{{"core.produce.ns", "produce", "ns", "ns"}};
struct Figures {
    Figures(std::initializer_list<Figure> figures);
};

}  // namespace bench
