// SPDX-License-Identifier: Apache-2.0
//
// demos/weather_history as its user runs it: the real program on the real data.
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

#include "persistence_sqlite/plain_sqlite.hpp"
#include "records.hpp"
#include "support/temp_dir.hpp"

namespace {

using weather::ForecastValidation;
using weather::Temperature;
using Arguments = std::vector<std::string>;

// 1461 temperatures and 2555 validations in each of two cities: persistence from
// the second day on, climatology from the second year on.
constexpr int all_rows = 2 * (1461 + 1460 + 1095);

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// One run of the program; what it prints goes to a file.
class Program {
public:
    Program(const aimdb::test::TempDir& directory, Arguments arguments)
        : output_(directory.file("output.txt")) {
        arguments.insert(arguments.begin(), AIMDB_WEATHER_HISTORY);
        std::vector<char*> argv;
        for (std::string& argument : arguments) {
            argv.push_back(argument.data());
        }
        argv.push_back(nullptr);
        child_ = ::fork();
        if (child_ == 0) {
            const int file =
                ::open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            ::dup2(file, STDOUT_FILENO);
            ::dup2(file, STDERR_FILENO);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
    }
    ~Program() { send(SIGKILL); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] bool ended() { return reap(WNOHANG); }
    void send(int signal) {
        if (!ended()) {
            ::kill(child_, signal);
            reap(0);
        }
    }
    /// Waits for the end; 128 and the number of the signal that ended it.
    int wait() {
        reap(0);
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    }
    [[nodiscard]] std::string output() const { return read_file(output_); }

private:
    bool reap(int options) {
        reaped_ = reaped_ || ::waitpid(child_, &status_, options) == child_;
        return reaped_;
    }

    std::string output_;
    pid_t child_ = -1;
    int status_ = 0;
    bool reaped_ = false;
};

// Rows in a file that another process writes; 0 before there is a table.
int count_rows(const std::string& path) {
    sqlite3* handle = nullptr;
    sqlite3_stmt* statement = nullptr;
    int count = 0;
    if (sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
        sqlite3_prepare_v2(handle, "SELECT count(*) FROM history", -1, &statement, nullptr) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        count = sqlite3_column_int(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return count;
}

void wait_for_rows(Program& run, const std::string& path, int wanted) {
    while (!run.ended() && count_rows(path) < wanted) {
        std::this_thread::yield();
    }
}

// Record, time and value of every row, in the order of each record.
std::vector<std::string> history_in(const std::string& path) {
    return aimdb::sqlite_test::PlainSqlite(path).lines(
        "SELECT record_name, stored_at, value_json FROM record_history ORDER BY record_name, id");
}

class WeatherHistory : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        reference_directory = std::make_unique<aimdb::test::TempDir>();
        Program run(*reference_directory,
                    {"--speed", "0", "--db", reference_directory->file("w.db")});
        ASSERT_EQ(run.wait(), 0) << run.output();
        reference_rows = history_in(reference_directory->file("w.db"));
        reference_output_text = run.output();
        ASSERT_EQ(reference_rows.size(), static_cast<std::size_t>(all_rows));
    }
    static void TearDownTestSuite() { reference_directory.reset(); }

    // Runs to the end and expects the file of an uninterrupted run.
    void expect_whole_history() const {
        Program run(directory_, {"--speed", "0", "--db", file_});
        ASSERT_EQ(run.wait(), 0) << run.output();
        const std::vector<std::string> rows = history_in(file_);
        ASSERT_EQ(rows.size(), reference_rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            ASSERT_EQ(rows[i], reference_rows[i]) << "row " << i;
        }
    }

    static const std::vector<std::string>& reference() { return reference_rows; }
    static const std::string& reference_output() { return reference_output_text; }

    aimdb::test::TempDir directory_;
    std::string file_ = directory_.file("w.db");

private:
    static inline std::unique_ptr<aimdb::test::TempDir> reference_directory;
    static inline std::vector<std::string> reference_rows;
    static inline std::string reference_output_text;
};

struct Accuracy {
    int count = 0;
    int hits = 0;
    double error = 0;
};

// Over the validations of `record` and `model` from `first` on.
Accuracy accuracy_of(const std::vector<std::string>& rows,
                     const std::string& record,
                     const std::string& model,
                     aimdb::UnixTime first) {
    Accuracy sum;
    for (const std::string& row : rows) {
        if (row.starts_with(record + "|")) {
            const auto value = aimdb::Codec<ForecastValidation>::decode(
                std::string_view(row).substr(row.find('{')));
            if (value.model == model && value.valid_for >= first) {
                ++sum.count;
                sum.hits += value.within_tolerance ? 1 : 0;
                sum.error += value.absolute_error;
            }
        }
    }
    return sum;
}

TEST_F(WeatherHistory, StoresWhatACalculationByHandGives) {
    using namespace std::chrono_literals;
    struct Expected {
        const char* record;
        const char* model;
        int days;
        double mean_error;
        int hits;
    };
    // From the file with exact fractions, by a script that shares nothing with the demo.
    const Expected table[] = {
        {"accuracy.seattle", "persistence", 30, 1.2566666666666666, 25},
        {"accuracy.seattle", "climatology", 30, 2.411111111111111, 15},
        {"accuracy.seattle", "persistence", 365, 1.537945205479452, 274},
        {"accuracy.seattle", "climatology", 365, 2.6342465753424658, 165},
        {"accuracy.new_york", "persistence", 30, 2.3916666666666666, 16},
        {"accuracy.new_york", "climatology", 30, 5.714444444444444, 10},
        {"accuracy.new_york", "persistence", 365, 2.3964383561643836, 196},
        {"accuracy.new_york", "climatology", 365, 3.6828310502283106, 132},
    };
    const aimdb::UnixTime newest = std::chrono::sys_days(2015y / 12 / 31) + 12h;

    for (const Expected& expected : table) {
        const Accuracy found = accuracy_of(reference(), expected.record, expected.model,
                                           newest - std::chrono::days(expected.days - 1));

        EXPECT_EQ(found.count, expected.days) << expected.record << ' ' << expected.model;
        EXPECT_EQ(found.hits, expected.hits) << expected.record << ' ' << expected.model;
        EXPECT_NEAR(found.error / found.count, expected.mean_error, 1e-9)
            << expected.record << ' ' << expected.model;
    }
}

TEST_F(WeatherHistory, ReportsTheSameAgainAndFindsNothingNew) {
    const std::vector<std::string> lines{
        "Seattle   persistence           30     1.26 °C    83.3 %",
        "Seattle   climatology           30     2.41 °C    50.0 %",
        "New York  persistence          365     2.40 °C    53.7 %",
        "New York  climatology          365     3.68 °C    36.2 %",
        "Seattle   persistence  2015-12-31      2.30    1.75  +0.55 ✓",
        "New York  climatology  2015-12-31     -0.70    8.60  -9.30 ✗",
    };
    ASSERT_EQ(Program(directory_, {"--speed", "0", "--db", file_}).wait(), 0);

    Program report(directory_, {"--report-only", "--db", file_});
    EXPECT_EQ(report.wait(), 0);
    const std::string report_output = report.output();
    Program again(directory_, {"--db", file_});
    EXPECT_EQ(again.wait(), 0);
    const std::string again_output = again.output();

    for (const std::string& line : lines) {
        EXPECT_NE(reference_output().find(line), std::string::npos) << reference_output();
        EXPECT_NE(report_output.find(line), std::string::npos) << report_output;
        EXPECT_NE(again_output.find(line), std::string::npos) << again_output;
    }
    EXPECT_NE(reference_output().find("Nothing was lost."), std::string::npos)
        << reference_output();
    EXPECT_NE(again_output.find("there is nothing new"), std::string::npos) << again_output;
    EXPECT_EQ(report_output.find('\x1b'), std::string::npos) << "colours in a file";
    EXPECT_EQ(history_in(file_), reference());
}

// Goal: a kill at any moment doubles nothing and loses nothing.
// Method: kill -9 each time the file has a few more rows than when the program
// started, until the replay ends; then compare with an uninterrupted run.
TEST_F(WeatherHistory, GoesOnAfterAKillWithoutDoublingOrLosingARow) {
    int kills = 0;
    for (int wanted = 1; wanted < all_rows; wanted = count_rows(file_) + wanted / 3 + 1) {
        Program run(directory_, {"--speed", "2000", "--db", file_});
        wait_for_rows(run, file_, wanted);
        kills += run.ended() ? 0 : 1;
        run.send(SIGKILL);
    }

    EXPECT_GE(kills, 4);
    expect_whole_history();
}

// Goal: the records of a city may have got to different days.
// Method: write the first so many rows of each record of an uninterrupted run
// into a new file, as a kill could have left it, and let the program go on.
TEST_F(WeatherHistory, GoesOnFromRecordsThatStopOnDifferentDays) {
    using Counts = std::map<std::string, std::size_t>;
    const std::vector<Counts> files{
        {{"temp.seattle", 1}},
        {{"accuracy.seattle", 1}, {"temp.new_york", 3}},
        {{"temp.seattle", 400}, {"accuracy.seattle", 365}},
        {{"temp.seattle", 360}, {"accuracy.seattle", 432}, {"temp.new_york", 1461}},
        {{"accuracy.seattle", 433}, {"accuracy.new_york", 2554}, {"temp.new_york", 700}},
        {{"temp.seattle", 1461},
         {"accuracy.seattle", 2555},
         {"temp.new_york", 1461},
         {"accuracy.new_york", 2554}},
    };
    for (const Counts& counts : files) {
        std::filesystem::remove(file_);
        aimdb::Builder builder;
        builder.with_persistence(aimdb::sqlite_history(file_));
        for (const auto& [record, count] : counts) {
            if (record.starts_with("temp")) {
                builder.configure<Temperature>(record).buffer(aimdb::spmc_ring(4096)).persist();
            } else {
                builder.configure<ForecastValidation>(record)
                    .buffer(aimdb::spmc_ring(4096))
                    .persist();
            }
        }
        aimdb::Database db = builder.build();
        db.start();
        Counts left = counts;
        for (const std::string& row : reference()) {
            const std::string record = row.substr(0, row.find('|'));
            const auto value = std::string_view(row).substr(row.find('{'));
            if (left[record] == 0) {
                continue;
            }
            --left[record];
            if (record.starts_with("temp")) {
                const auto decoded = aimdb::Codec<Temperature>::decode(value);
                db.producer<Temperature>(record).produce(decoded, decoded.observed_at);
            } else {
                const auto decoded = aimdb::Codec<ForecastValidation>::decode(value);
                db.producer<ForecastValidation>(record).produce(decoded, decoded.timestamp);
            }
        }
        ASSERT_TRUE(db.stop().clean());

        expect_whole_history();
    }
}

TEST_F(WeatherHistory, StopsCleanlyAtASignalAndSaysHowToGoOn) {
    Program run(directory_, {"--speed", "300", "--db", file_});
    wait_for_rows(run, file_, 200);

    run.send(SIGTERM);

    EXPECT_EQ(run.wait(), 130) << run.output();
    EXPECT_NE(run.output().find("Nothing was lost."), std::string::npos) << run.output();
    EXPECT_NE(run.output().find("Run the same command to go on."), std::string::npos)
        << run.output();
    expect_whole_history();
}

TEST_F(WeatherHistory, KeepsOnlyWhatItIsToldTo) {
    Program run(directory_, {"--speed", "1000", "--keep", "100", "--db", file_});

    EXPECT_EQ(run.wait(), 0) << run.output();

    EXPECT_LT(history_in(file_).size(), reference().size() / 2);
    EXPECT_NE(run.output().find("Seattle   persistence           30     1.26 °C    83.3 %"),
              std::string::npos)
        << run.output();
}

TEST_F(WeatherHistory, RefusesWhatItDoesNotUnderstand) {
    const std::vector<std::pair<Arguments, std::string>> refused{
        {{"--sped", "3"}, "unknown option '--sped'; did you mean --speed?"},
        {{"--qwertyuiop"}, "unknown option '--qwertyuiop'"},
        {{"--speed"}, "--speed needs a value, for example --speed 100"},
        {{"--speed=-1"}, "--speed does not take '-1'; give a number, for example --speed 100"},
        {{"--keep", "0"}, "--keep does not take '0'; give a number, for example --keep 365"},
        {{"--report-only=yes"}, "--report-only takes no value"},
        {{"w.db"}, "unexpected argument 'w.db'"},
    };
    for (const auto& [arguments, message] : refused) {
        Program run(directory_, arguments);
        EXPECT_EQ(run.wait(), 2);
        EXPECT_NE(run.output().find("weather_history: " + message), std::string::npos)
            << run.output();
        EXPECT_NE(run.output().find("Try: weather_history --help"), std::string::npos);
    }
    Program missing(directory_, {"--report-only", "--db", file_});
    EXPECT_EQ(missing.wait(), 1);
    EXPECT_NE(missing.output().find("there is no history yet"), std::string::npos)
        << missing.output();
    Program help(directory_, {"--help"});
    EXPECT_EQ(help.wait(), 0);
    EXPECT_NE(help.output().find("Usage: weather_history [option]..."), std::string::npos);
}

}  // namespace
