// SPDX-License-Identifier: Apache-2.0
#include "progress_bar.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "aimdb/persistence/persistence.hpp"

#include "observations.hpp"

namespace weather {
namespace {

constexpr std::chrono::milliseconds redraw_interval{50};
constexpr std::size_t widest_bar_columns = 40;
// What the terminal may write behind the line, "^C", must not wrap.
constexpr std::size_t echo_columns = 3;

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

}  // namespace

ProgressBar::ProgressBar(const aimdb::Database& database,
                         UnixTime first,
                         UnixTime last,
                         const Terminal& terminal)
    : database_(database), first_(first), last_(last), terminal_(terminal) {
    if (terminal_.interactive) {
        thread_ = std::jthread([this](const std::stop_token& stop) { draw_until(stop); });
    }
}

void ProgressBar::draw_until(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        std::cout << '\r' << line(std::max(Terminal::columns(), echo_columns) - echo_columns)
                  << "\x1b[K" << std::flush;
        stopped_.wait_for(lock, stop, redraw_interval, [] { return false; });
    }
    std::cout << "\r\x1b[K" << std::flush;
}

// "2014-03-07 ━━━━━━━━━━━━━━━━━━────────  55 %  300 days/s  7 310 rows stored",
// with less and less of it where the terminal is narrow.
std::string ProgressBar::line(std::size_t columns) const {
    const auto today = database_.latest<Day>("calendar");
    const UnixTime at = today ? today->value.at : first_;
    const double done =
        last_ > first_ ? std::chrono::duration<double>(at - first_) / (last_ - first_) : 1;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
    const double days = std::chrono::duration<double>(at - first_) / std::chrono::hours(24);

    const std::string date = to_date(at);
    std::string facts = std::to_string(std::lround(done * 100)) + " %";
    facts.insert(0, 5 - std::min<std::size_t>(5, facts.size()), ' ');
    const std::string rate =
        "  " + std::to_string(std::lround(days / std::max(elapsed.count(), 1e-3))) + " days/s";
    const std::string rows = "  " +
                             std::to_string(aimdb::persistence(database_).stats().rows_committed) +
                             " rows stored";
    for (const std::string& fact : {rate, rows}) {
        if (date.size() + facts.size() + fact.size() < columns) {
            facts += fact;
        }
    }
    const std::size_t taken = date.size() + facts.size() + 2;
    const std::size_t bar = columns > taken ? std::min(columns - taken, widest_bar_columns) : 0;
    const auto filled = static_cast<std::size_t>(std::lround(done * static_cast<double>(bar)));
    return date + ' ' + terminal_.styled(repeated("━", filled), Style::good) +
           terminal_.styled(repeated("─", bar - filled), Style::dim) + ' ' + facts;
}

}  // namespace weather
