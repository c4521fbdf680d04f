// SPDX-License-Identifier: Apache-2.0
//
// What does record.query of 10 000 rows cost beside reading them through SQLite, and
// does anybody else notice that history is being read?
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "aimx_bare_reader.hpp"
#include "aimx_support.hpp"
#include "core_support.hpp"
#include "history_support.hpp"
#include "report.hpp"

namespace {

using bench::BareReader;
using bench::Clock;
using namespace std::chrono_literals;

constexpr std::size_t records = 10'000;
constexpr std::size_t page_rows = 10'000;

std::size_t rows_in_file() { return bench::quick() ? 200'000 : 1'000'000; }
std::size_t pairs() { return bench::quick() ? 1 : 5; }
std::size_t gets() { return bench::quick() ? 20 : 1'500; }

/// A copy of the large file that may be written to, for as long as the program runs.
class HistoryFile {
public:
    HistoryFile() : path_(bench::fresh_file("aimx.db")) {
        std::filesystem::copy_file(bench::large_file(rows_in_file()), path_);
    }
    ~HistoryFile() { bench::remove_file(path_); }
    HistoryFile(const HistoryFile&) = delete;
    HistoryFile& operator=(const HistoryFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

const std::filesystem::path& history_file() {
    static const HistoryFile file;
    return file.path();
}

/// Serves the whole file.
aimdb::Database history_database(const bench::ScratchDirectory& directory) {
    aimdb::Builder builder;
    builder.with_aimx(bench::three_endpoints(directory));
    builder.with_persistence(aimdb::sqlite_history(history_file().string()));
    for (std::size_t i = 0; i < records; ++i) {
        builder.configure<bench::Reading>(bench::record_name(i))
            .buffer(aimdb::single_latest())
            .persist()
            .remote();
    }
    builder.configure<bench::Gauge>(bench::gauge_key).buffer(aimdb::single_latest()).remote();
    aimdb::Database db = builder.build();
    db.start();
    db.producer<bench::Gauge>(bench::gauge_key).produce(bench::Gauge{});
    return db;
}

/// Asks for pages; their lines are millions of bytes long.
class Reader {
public:
    explicit Reader(const bench::Address& server) : line_(server) {}

    /// The page after `after`, or the first; the cursor of the next one, or nothing.
    std::string page(const std::string& after, const std::string& name = "#") {
        line_.send(R"({"t":"req","id":1,"method":"record.query","params":{"name":")" + name +
                   R"(","max_rows":)" + std::to_string(page_rows) +
                   (after.empty() ? "" : R"(,"after":")" + after + '"') + "}}\n");
        answer_.clear();
        do {
            const std::size_t before = answer_.size();
            answer_.resize(before + portion_bytes);
            const ssize_t got =
                ::recv(line_.descriptor(), answer_.data() + before, portion_bytes, 0);
            if (got <= 0) {
                throw std::runtime_error("the server closed the connection of a query");
            }
            answer_.resize(before + static_cast<std::size_t>(got));
        } while (answer_.back() != '\n');
        return next();
    }
    [[nodiscard]] const std::string& answer() const noexcept { return answer_; }

private:
    static constexpr std::size_t portion_bytes = std::size_t{256} << 10;

    // It stands at the end, where no row is.
    [[nodiscard]] std::string next() const {
        constexpr std::string_view member = R"("next":")";
        const std::string_view end = std::string_view(answer_).substr(
            answer_.size() - std::min<std::size_t>(answer_.size(), 100));
        const std::size_t found = end.find(member);
        if (found == std::string_view::npos) {
            return {};
        }
        const std::string_view rest = end.substr(found + member.size());
        return std::string(rest.substr(0, rest.find('"')));
    }

    bench::Line line_;
    std::string answer_;
};

template <typename Work>
double milliseconds_of(const Work& work) {
    const Clock::time_point begin = Clock::now();
    work();
    return bench::nanoseconds_between(begin, Clock::now()) / 1e6;
}

struct QueryTimes {
    bench::Address server;
    double ours_ms = 0;
    double sqlite_ms = 0;
    double ratio = 0;  ///< Of pairs.
    double one_record_us = 0;
};

void compare(QueryTimes& times, const std::string& path) {
    Reader reader(times.server);
    BareReader bare(path);
    const std::size_t bare_records = page_rows / (rows_in_file() / records);
    static_cast<void>(reader.page({}));  // what follows is in memory
    static_cast<void>(bare.read(bare_records));
    if (bare.rows() != page_rows ||
        reader.answer().find(R"("total":)" + std::to_string(page_rows)) == std::string::npos) {
        throw std::runtime_error("not " + std::to_string(page_rows) + " rows");
    }
    std::vector<double> ours;
    std::vector<double> theirs;
    std::vector<double> ratios;
    for (std::size_t pair = 0; pair < pairs(); ++pair) {
        theirs.push_back(
            milliseconds_of([&] { benchmark::DoNotOptimize(bare.read(bare_records)); }));
        ours.push_back(milliseconds_of([&] { static_cast<void>(reader.page({})); }));
        ratios.push_back(theirs.back() / ours.back());
    }
    times.ours_ms = bench::median(ours);
    times.sqlite_ms = bench::median(theirs);
    times.ratio = bench::median(ratios);
    std::vector<double> small;
    for (std::size_t i = 0; i < 20 * pairs(); ++i) {
        small.push_back(
            milliseconds_of([&] { static_cast<void>(reader.page({}, bench::record_name(i))); }));
    }
    times.one_record_us = bench::median(small) * 1e3;
}

void aimx_query_10k(benchmark::State& state) {
    for (auto _ : state) {
        const std::string path = history_file().string();
        const bench::ScratchDirectory directory;
        bench::Shared<QueryTimes> times;
        const bench::Bell go;
        bench::Process client([&] {
            go.wait();
            compare(*times, path);
        });
        aimdb::Database db = history_database(directory);
        times->server = bench::addresses(db).front();
        go.ring();
        client.join();
        state.counters["ms"] = times->ours_ms;
        state.counters["sqlite_ms"] = times->sqlite_ms;
        state.counters["ratio_sqlite"] = times->ratio;
        state.counters["one_record_us"] = times->one_record_us;
    }
}
BENCHMARK(aimx_query_10k)->Iterations(1)->Unit(benchmark::kMillisecond);

struct Delays {
    bench::Address server;
    std::atomic<std::uint64_t> pages{0};
    double p50_ms = 0;
    double p99_ms = 0;
    std::uint64_t pages_meanwhile = 0;
};

// A get every half millisecond or so.
void get_beside(Delays& delays) {
    bench::Line line(delays.server);
    while (delays.pages.load() == 0) {
        std::this_thread::sleep_for(1ms);
    }
    const std::uint64_t before = delays.pages.load();
    const std::string request = R"({"t":"req","id":1,"method":"record.get","params":{"name":")" +
                                std::string(bench::gauge_key) + "\"}}\n";
    std::vector<double> all;
    for (std::size_t i = 0; i < gets(); ++i) {
        all.push_back(milliseconds_of([&] {
            line.send(request);
            static_cast<void>(line.receive_one());
        }));
        std::this_thread::sleep_for(500us);
    }
    delays.p50_ms = bench::percentile(all, 50);
    delays.p99_ms = bench::percentile(all, 99);
    delays.pages_meanwhile = delays.pages.load() - before;
}

[[noreturn]] void query_everything(Delays& delays) {
    Reader reader(delays.server);
    for (std::string after;;) {
        after = reader.page(after);
        ++delays.pages;
    }
}

void aimx_query_beside(benchmark::State& state) {
    for (auto _ : state) {
        static_cast<void>(history_file());
        const bench::ScratchDirectory directory;
        bench::Shared<Delays> delays;
        const bench::Bell go;
        const bench::Bell go_query;
        bench::Process client([&] {
            go.wait();
            get_beside(*delays);
        });
        const bench::Process other([&] {
            go_query.wait();
            query_everything(*delays);
        });
        aimdb::Database db = history_database(directory);
        delays->server = bench::addresses(db).front();
        go_query.ring();
        go.ring();
        client.join();
        if (delays->pages_meanwhile == 0 && !bench::quick()) {
            throw std::runtime_error("aimx benchmark: no query beside the gets");
        }
        state.counters["get_p50_ms"] = delays->p50_ms;
        state.counters["get_p99_ms"] = delays->p99_ms;
    }
}
BENCHMARK(aimx_query_beside)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
