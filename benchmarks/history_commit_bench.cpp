// SPDX-License-Identifier: Apache-2.0
//
// How fast do produced values get to disk, fully synchronised, and does asking
// slow it down? Beside each run stands the bare insert loop, run right before.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "aimdb/core/core.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "history_support.hpp"
#include "report.hpp"

namespace {

using bench::Reading;

std::size_t ring_capacity(std::size_t records) { return records >= 10'000 ? 64 : 1'024; }

// Fewer rows in a quick run; the figures that count come from a full one.
std::size_t rows_to_write() { return bench::quick() ? 50'000 : 500'000; }

void require_no_loss(aimdb::Database& db) {
    for (const aimdb::HistoryAccount& account : aimdb::persistence(db).accounts()) {
        if (!account.balanced() || account.committed != account.produced) {
            throw std::runtime_error("history benchmark: record " + account.record +
                                     " lost values; the figure would not count");
        }
    }
}

// A database that writes to a fresh file, with one producing thread.
class Pipeline {
public:
    explicit Pipeline(std::size_t records) : path_(bench::fresh_file("pipeline.db")) {
        aimdb::Builder builder;
        builder.with_persistence(aimdb::sqlite_history(path_.string()));
        for (std::size_t i = 0; i < records; ++i) {
            builder.configure<Reading>(bench::record_name(i))
                .buffer(aimdb::spmc_ring(ring_capacity(records)))
                .persist();
        }
        db_ = std::make_unique<aimdb::Database>(builder.build());
        for (std::size_t i = 0; i < records; ++i) {
            producers_.push_back(db_->producer<Reading>(bench::record_name(i)));
        }
        db_->start();
    }
    ~Pipeline() {
        db_.reset();
        bench::remove_file(path_);
    }
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Produces `rows` values and waits until all are committed; rows per second.
    double write(std::size_t rows) {
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < rows; ++i) {
            const aimdb::Producer<Reading>& out = producers_[i % producers_.size()];
            if (!out.has_room()) {
                static_cast<void>(out.room(aimdb::blocking));
            }
            out.produce(bench::reading(i));
        }
        if (!db_->flush(aimdb::blocking).empty()) {
            throw std::runtime_error("history benchmark: a gap; the figure would not count");
        }
        const auto end = std::chrono::steady_clock::now();
        return static_cast<double>(rows) / std::chrono::duration<double>(end - begin).count();
    }

    [[nodiscard]] aimdb::Database& db() noexcept { return *db_; }

private:
    std::filesystem::path path_;
    std::unique_ptr<aimdb::Database> db_;
    std::vector<aimdb::Producer<Reading>> producers_;
};

void history_commit(benchmark::State& state) {
    const auto records = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        const double bare = bench::bare_rows_per_second(records, rows_to_write());
        Pipeline pipeline(records);
        const double ours = pipeline.write(rows_to_write());
        require_no_loss(pipeline.db());
        state.SetIterationTime(static_cast<double>(rows_to_write()) / ours);
        state.counters["rows_per_s"] = ours;
        state.counters["bare_rows_per_s"] = bare;
        state.counters["ratio_bare"] = ours / bare;
    }
}
BENCHMARK(history_commit)->Arg(1)->Arg(100)->Arg(10'000)->UseManualTime()->Iterations(1);

// Asks for the newest 1 000 rows of a record every 10 ms. Begins when it is made:
// its first answer is there before the constructor returns.
class Asker {
public:
    explicit Asker(aimdb::Database& db) : db_(db) {
        ask();
        thread_ = std::thread([this] { run(); });
    }
    ~Asker() { stop(); }
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

    void stop() {
        done_.store(true, std::memory_order_relaxed);
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    /// Of all queries the fewest rows.
    [[nodiscard]] std::size_t fewest_rows() const noexcept { return fewest_rows_; }
    [[nodiscard]] std::size_t queries() const noexcept { return queries_; }

private:
    void run() {
        while (!done_.load(std::memory_order_relaxed)) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            ask();
        }
    }
    void ask() {
        const auto answer =
            db_.query_latest<Reading>(bench::record_name(7), 1'000, aimdb::blocking);
        fewest_rows_ = std::min(fewest_rows_, answer.rows.size());
        ++queries_;
    }

    aimdb::Database& db_;
    std::atomic<bool> done_{false};
    std::size_t fewest_rows_ = 1'000;
    std::size_t queries_ = 0;
    std::thread thread_;
};

// A file that already holds rows, so that each query has an answer to read.
void history_commit_while_asked(benchmark::State& state) {
    constexpr std::size_t records = 100;
    for (auto _ : state) {
        double alone = 0.0;
        {
            Pipeline pipeline(records);
            pipeline.write(rows_to_write());
            alone = pipeline.write(rows_to_write());
        }
        Pipeline pipeline(records);
        pipeline.write(rows_to_write());
        Asker asker(pipeline.db());
        const double asked = pipeline.write(rows_to_write());
        asker.stop();
        if (asker.fewest_rows() < std::min<std::size_t>(1'000, rows_to_write() / records)) {
            throw std::runtime_error("history benchmark: a query returned less than was stored");
        }
        state.SetIterationTime(static_cast<double>(rows_to_write()) / asked);
        state.counters["slowed_to"] = asked / alone;
        state.counters["queries"] = static_cast<double>(asker.queries());
    }
}
BENCHMARK(history_commit_while_asked)->UseManualTime()->Iterations(1);

const bench::Figures figures{
    {"history.commit.rows_per_s.1", "history_commit/1", "rows_per_s", "rows/s", {"AimDB", 9'243}},
    {"history.commit.ratio_bare.1",
     "history_commit/1",
     "ratio_bare",
     "x",
     {},
     bench::at_least(0.7)},
    {"history.commit.rows_per_s.100",
     "history_commit/100",
     "rows_per_s",
     "rows/s",
     {"AimDB", 11'712}},
    {"history.commit.ratio_bare.100",
     "history_commit/100",
     "ratio_bare",
     "x",
     {},
     bench::at_least(0.7)},
    {"history.commit.rows_per_s.10000", "history_commit/10000", "rows_per_s", "rows/s"},
    {"history.commit.ratio_bare.10000",
     "history_commit/10000",
     "ratio_bare",
     "x",
     {},
     bench::at_least(0.7)},
    {"history.bare.rows_per_s.1", "history_commit/1", "bare_rows_per_s", "rows/s"},
    {"history.bare.rows_per_s.100", "history_commit/100", "bare_rows_per_s", "rows/s"},
    {"history.bare.rows_per_s.10000", "history_commit/10000", "bare_rows_per_s", "rows/s"},
    {"history.query_slows_writer_ratio",
     "history_commit_while_asked",
     "slowed_to",
     "x",
     {},
     bench::at_least(0.8)},
};

}  // namespace
