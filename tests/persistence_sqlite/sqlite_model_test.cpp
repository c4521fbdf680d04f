// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <limits>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "aimdb/core/key.hpp"

#include "contract/backend_driver.hpp"
#include "temp_directory.hpp"

namespace aimdb::sqlite_test {
namespace {

using contract::BackendDriver;

// A history that is right because it is too simple to be wrong: all rows in a
// list, every query a scan.
class NaiveHistory {
public:
    struct Row {
        std::uint64_t sequence;
        std::int64_t at;
        std::string value;
    };

    void put(const std::string& name, const Row& row) { rows_[name].push_back(row); }

    // Removes the oldest rows by time, but never the newest by sequence.
    std::size_t purge(const std::string& name, std::int64_t before, std::size_t limit) {
        std::vector<Row>& rows = rows_[name];
        std::vector<std::pair<std::int64_t, std::uint64_t>> old;
        for (std::size_t index = 0; index + 1 < rows.size(); ++index) {
            if (rows[index].at < before) {
                old.emplace_back(rows[index].at, rows[index].sequence);
            }
        }
        std::sort(old.begin(), old.end());
        old.resize(std::min(old.size(), limit));
        std::set<std::uint64_t> gone;
        for (const auto& [at, sequence] : old) {
            gone.insert(sequence);
        }
        std::erase_if(rows, [&](const Row& row) { return gone.contains(row.sequence); });
        return old.size();
    }

    [[nodiscard]] std::vector<std::string> query(const std::string& pattern,
                                                 const HistoryOptions& options) const {
        std::vector<std::string> found;
        for (const auto& [name, all] : rows_) {
            std::vector<Row> rows;
            for (const Row& row : all) {
                const UnixTime at = from_unix_ms(row.at);
                if (Pattern(pattern).matches(name) && (!options.start || at >= *options.start) &&
                    (!options.end || at <= *options.end)) {
                    rows.push_back(row);
                }
            }
            if (options.order == Order::newest_first) {
                std::reverse(rows.begin(), rows.end());
            }
            rows.resize(std::min<std::uint64_t>(rows.size(), options.limit_per_record));
            for (const Row& row : rows) {
                found.push_back(name + " " + std::to_string(row.sequence) + " " + row.value);
            }
        }
        return found;
    }

private:
    std::map<std::string, std::vector<Row>> rows_;  // each in the order of sequences
};

class Game {
public:
    explicit Game(std::uint64_t seed) : random_(seed), driver_(directory_.backend(), names()) {}

    void write() {
        const std::int64_t rows = number(0, 12);
        for (std::int64_t row = 0; row < rows; ++row) {
            // Mostly forward, often the same, at times far back or far ahead.
            const std::int64_t kind = number(0, 19);
            now_ += kind < 12 ? number(0, 2) : kind < 18 ? 0 : number(-15, 15);
            const std::string name = any_name();
            const std::string value = std::to_string(number(0, 999));
            const std::uint64_t sequence = driver_.put(name, now_, value);
            model_.put(name, {.sequence = sequence, .at = now_, .value = value});
        }
        driver_.commit();
    }

    void purge() {
        const std::string name = any_name();
        const std::int64_t before = any_time();
        const auto limit = static_cast<std::size_t>(number(1, 10));
        EXPECT_EQ(driver_.purge(name, before, limit).rows, model_.purge(name, before, limit));
    }

    void query() {
        const std::string pattern = any_pattern();
        const HistoryOptions options = any_options();
        const std::vector<std::string> expected = model_.query(pattern, options);
        EXPECT_EQ(read(pattern, options), expected)
            << pattern << " limit " << options.limit_per_record << " page " << options.total_limit
            << (options.order == Order::newest_first ? " newest" : " oldest");
    }

    // A page, then rows vanish, then the rest: exactly what is left of the rest.
    void page_on_after_a_purge() {
        const std::string pattern = any_pattern();
        HistoryOptions options = any_options();
        options.limit_per_record = std::numeric_limits<std::uint64_t>::max();
        std::vector<std::string> rest = model_.query(pattern, options);
        const HistoryPage page = driver_.read(pattern, options);
        rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(page.rows.size()));
        if (!page.next) {
            EXPECT_TRUE(rest.empty());
            return;
        }
        purge();
        HistoryOptions all = options;
        all.total_limit = page_limit_rows;
        const auto left = model_.query(pattern, all);
        std::erase_if(rest, [&](const std::string& row) {
            return std::find(left.begin(), left.end(), row) == left.end();
        });
        options.after = page.next;
        EXPECT_EQ(read(pattern, options), rest) << pattern;
    }

    [[nodiscard]] std::int64_t number(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }

private:
    static std::vector<std::string> names() { return {"a", "a.b", "a::c", "b", "c.d.e"}; }

    [[nodiscard]] std::vector<std::string> read(const std::string& pattern,
                                                HistoryOptions options) {
        std::vector<std::string> rows;
        do {
            const HistoryPage page = driver_.read(pattern, options);
            EXPECT_LE(page.rows.size(), options.total_limit);
            for (const HistoryRow& row : page.rows) {
                rows.push_back(row.record + " " + std::to_string(row.sequence) + " " + row.value);
            }
            options.after = page.next;
        } while (options.after);
        return rows;
    }

    HistoryOptions any_options() {
        HistoryOptions options;
        if (number(0, 2) == 0) {
            options.start = from_unix_ms(any_time());
        }
        if (number(0, 2) == 0) {
            options.end = from_unix_ms(any_time());
        }
        if (number(0, 1) == 0) {
            options.limit_per_record = static_cast<std::uint64_t>(number(1, 6));
        }
        options.total_limit = static_cast<std::size_t>(number(1, 25));
        options.order = number(0, 1) == 0 ? Order::oldest_first : Order::newest_first;
        return options;
    }
    std::string any_name() { return names()[static_cast<std::size_t>(number(0, 4))]; }
    std::string any_pattern() {
        const std::vector<std::string> patterns{"#", "a", "a.*", "a.#", "*", "b", "#.e", "none"};
        return patterns[static_cast<std::size_t>(number(0, 7))];
    }
    std::int64_t any_time() { return number(-20, now_ + 20); }

    std::mt19937_64 random_;
    TempDirectory directory_;
    BackendDriver driver_;
    NaiveHistory model_;
    std::int64_t now_ = 0;
};

// Goal: every query answers what a scan over all rows would.
// Method: thousands of random writes, purges, queries and pages on small data, where
// equal times, late rows and limits collide often, against a naive model. The seed
// is printed; AIMDB_SEED repeats a run.
TEST(SqliteModel, AgreesWithANaiveHistory) {
    const char* given = std::getenv("AIMDB_SEED");
    const std::uint64_t seed =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    SCOPED_TRACE("AIMDB_SEED=" + std::to_string(seed));

    for (std::uint64_t round = 0; round < 10 && !testing::Test::HasFailure(); ++round) {
        Game game(seed + round);
        for (int move = 0; move < 600 && !testing::Test::HasFailure(); ++move) {
            const std::int64_t kind = game.number(0, 19);
            if (kind < 3) {
                game.write();
            } else if (kind < 4) {
                game.purge();
            } else if (kind < 7) {
                game.page_on_after_a_purge();
            } else {
                game.query();
            }
        }
    }
}

}  // namespace
}  // namespace aimdb::sqlite_test
