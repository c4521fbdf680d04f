// SPDX-License-Identifier: Apache-2.0
//
// weather_hub and weather_station as their user runs them: real programs, a real
// file, real sockets.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "aimdb/aimx_protocol/client.hpp"

#include "support/child.hpp"
#include "support/deadline.hpp"
#include "support/temp_dir.hpp"
#include "weather_hub/hub_records.hpp"

namespace hub {
namespace {

using namespace std::chrono_literals;
using aimdb::aimx::Client;
using aimdb::test::Child;

using Arguments = std::vector<std::string>;

Arguments hub_command(const aimdb::test::TempDir& directory, const Arguments& more) {
    Arguments command{AIMDB_WEATHER_HUB, "--data-dir", directory.file("data")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

// A hub that has said where it listens.
class RunningHub : public Child {
public:
    RunningHub(const aimdb::test::TempDir& directory, const Arguments& more)
        : Child(hub_command(directory, more)) {
        EXPECT_TRUE(print_reaches("Ctrl-C")) << output();
    }
    [[nodiscard]] std::string url() const { return word_after("stations "); }
};

const Arguments any_ports{"--http", "0", "--tcp", "0"};

Arguments with_any_ports(Arguments more) {
    more.insert(more.end(), any_ports.begin(), any_ports.end());
    return more;
}

/// Follows a record until `condition` holds for a live value of it.
template <typename T, typename Condition>
T follow(const Client& client, const std::string& record, Condition condition) {
    auto updates = client.subscribe<T>(record);
    for (;;) {
        const auto update = updates.recv(aimdb::blocking);
        if (!update) {
            throw std::runtime_error("the subscription to " + record + " ended");
        }
        if (update->decoded && condition(*update->decoded)) {
            return *update->decoded;
        }
    }
}

void wait_for_clock(const Client& client, UnixTime at) {
    follow<ClockTick>(client, "hub.clock", [at](const ClockTick& tick) { return tick.at >= at; });
}

using Place = std::pair<std::string, std::uint64_t>;

// Every row of the newest `count` of each record that is stored safely now, and kept
// for longer than the test lasts.
std::map<Place, std::string> stored_rows(const Client& client, std::uint64_t count) {
    std::map<Place, std::string> rows;
    aimdb::HistoryOptions options;
    options.limit_per_record = count;
    options.total_limit = aimdb::page_limit_rows;
    options.order = aimdb::Order::newest_first;
    for (const char* pattern : {"temp.*", "accuracy.*"}) {
        for (const auto& row : client.query_raw(pattern, options, aimdb::blocking).rows) {
            rows[{row.record, row.sequence}] = row.value;
        }
    }
    return rows;
}

const UnixTime day_60 = std::chrono::sys_days(std::chrono::year(2012) / 3 / 1);

// Tests that hang end after this long, and say so.
constexpr std::chrono::seconds limit{150};

TEST(WeatherHubProgram, ExplainsItselfAndRefusesWhatItDoesNotUnderstand) {
    Child help({AIMDB_WEATHER_HUB, "--help"});
    Child wrong({AIMDB_WEATHER_HUB, "--warmup=1"});
    Child station_help({AIMDB_WEATHER_STATION, "--help"});
    Child wrong_station({AIMDB_WEATHER_STATION, "--station", "atlantis"});

    EXPECT_EQ(help.wait(), 0);
    EXPECT_NE(help.output().find("Usage: weather_hub [option]..."), std::string::npos);
    EXPECT_EQ(wrong.wait(), 2);
    EXPECT_NE(
        wrong.output().find("weather_hub: unknown option '--warmup'; did you mean --warm-up?\n"
                            "Try: weather_hub --help"),
        std::string::npos)
        << wrong.output();
    EXPECT_EQ(station_help.wait(), 0);
    EXPECT_NE(station_help.output().find("Usage: weather_station [option]..."), std::string::npos);
    EXPECT_EQ(wrong_station.wait(), 2);
    EXPECT_NE(wrong_station.output().find("give lisbon_gago_coutinho"), std::string::npos)
        << wrong_station.output();
}

TEST(WeatherHubProgram, StopsInOrderAtASignalAndAccountsForEveryValue) {
    const aimdb::test::TempDir directory;
    aimdb::test::run_with_deadline(limit, [&] {
        RunningHub hub(directory, with_any_ports({"--warm-up", "3"}));
        wait_for_clock(Client(hub.url()), day_60 - 57 * 24h);

        hub.kill(SIGTERM);

        EXPECT_EQ(hub.wait(), 0) << hub.output();
        EXPECT_NE(hub.output().find(" are stored and 0 lost."), std::string::npos) << hub.output();
    });
}

TEST(WeatherHubProgram, ServesEveryRecordOfTheContract) {
    const aimdb::test::TempDir directory;
    aimdb::test::run_with_deadline(limit, [&] {
        RunningHub hub(directory, with_any_ports({"--warm-up", "3"}));
        const Client client(hub.url());
        wait_for_clock(client, day_60 - 57 * 24h);

        std::map<std::string, int> kinds;
        for (const auto& record : client.list("#", aimdb::blocking)) {
            ++kinds[record.key.substr(0, record.key.find('.'))];
            EXPECT_EQ(record.writable, record.key == "reading.lisbon_gago_coutinho") << record.key;
        }

        EXPECT_EQ(kinds, (std::map<std::string, int>{{"accuracy", 14},
                                                     {"accuracy_summary", 14},
                                                     {"contract", 17},
                                                     {"dew_point", 24},
                                                     {"forecast", 14},
                                                     {"host", 5},
                                                     {"hub", 3},
                                                     {"humidity", 24},
                                                     {"location", 27},
                                                     {"observation", 14},
                                                     {"reading", 24},
                                                     {"reading_v1", 1},
                                                     {"temp", 27}}));
        const auto contract = follow<Contract>(client, "contract.temperature",
                                               [](const Contract& it) { return it.migrated > 0; });
        EXPECT_EQ(contract.version, 2);
        EXPECT_EQ(contract.accepts, std::vector<std::int64_t>{1});
        const auto stages = follow<StageTable>(
            client, "hub.stages", [](const auto& table) { return !table.stages.empty(); });
        EXPECT_TRUE(std::all_of(stages.stages.begin(), stages.stages.end(),
                                [](const auto& stage) { return stage.failures == 0; }));
    });
}

// Goal: a kill at any moment neither doubles nor loses what was stored, and what
// is served afterwards without sources is all of it.
// Method: kill -9 at full speed, three times; each time what a client saw in history
// before must be there after a start without sources.
TEST(WeatherHubProgram, ServesAfterAKillEverythingThatWasStored) {
    const aimdb::test::TempDir directory;
    aimdb::test::run_with_deadline(limit, [&] {
        for (int round = 0; round < 3; ++round) {
            std::map<Place, std::string> seen;
            {
                RunningHub hub(directory, with_any_ports({"--warm-up", "10", "--speed", "1000"}));
                const Client client(hub.url());
                wait_for_clock(client, day_60 - (48 - 8 * round) * 24h);
                while (seen.size() < 500) {
                    seen = stored_rows(client, 20);
                }
                hub.kill(SIGKILL);
                EXPECT_EQ(hub.wait(), 128 + SIGKILL);
            }
            RunningHub quiet(directory, with_any_ports({"--no-sources"}));
            const auto found = stored_rows(Client(quiet.url()), aimdb::page_limit_rows);
            for (const auto& [place, value] : seen) {
                const auto row = found.find(place);
                ASSERT_NE(row, found.end()) << place.first << ' ' << place.second;
                EXPECT_EQ(row->second, value);
            }
            std::set<std::string> validated;
            for (const auto& [place, value] : found) {
                if (place.first.starts_with("accuracy.")) {
                    const auto validation = aimdb::Codec<ForecastValidation>::decode(value);
                    EXPECT_TRUE(validated
                                    .insert(place.first + validation.model +
                                            std::to_string(aimdb::to_unix_ms(validation.valid_for)))
                                    .second)
                        << value;
                }
            }
            EXPECT_GT(validated.size(), 100u);
            quiet.kill(SIGTERM);
            EXPECT_EQ(quiet.wait(), 0) << quiet.output();
        }
    });
}

// Goal: hub and station go on after a kill of either.
// Method: two processes and a client; what the client sees is a temperature of the
// remote station that is newer than the last one before the kill.
TEST(WeatherHubProgram, HealsWhenTheHubOrTheStationIsKilled) {
    const aimdb::test::TempDir directory;
    const std::string temperature = "temp.lisbon_gago_coutinho";
    const auto newer_than = [](UnixTime last) {
        return [last](const Temperature& value) { return value.observed_at > last; };
    };
    aimdb::test::run_with_deadline(limit, [&] {
        const Arguments slow{"--warm-up", "2", "--speed", "2"};
        auto hub = std::make_unique<RunningHub>(directory, with_any_ports(slow));
        const std::string url = hub->url();
        const Client client(url);
        const Arguments station_command{AIMDB_WEATHER_STATION, "--hub", url};
        auto station = std::make_unique<Child>(station_command);
        UnixTime last = follow<Temperature>(client, temperature, newer_than({})).observed_at;

        station->kill(SIGKILL);
        EXPECT_EQ(station->wait(), 128 + SIGKILL);
        station = std::make_unique<Child>(station_command);
        last = follow<Temperature>(client, temperature, newer_than(last)).observed_at;

        hub->kill(SIGKILL);
        EXPECT_EQ(hub->wait(), 128 + SIGKILL);
        Arguments same_port = slow;
        same_port.insert(same_port.end(), {"--http", "0", "--tcp", url.substr(url.rfind(':') + 1)});
        hub = std::make_unique<RunningHub>(directory, same_port);
        follow<Temperature>(client, temperature, newer_than(last));

        station->kill(SIGTERM);
        EXPECT_EQ(station->wait(), 0) << station->output();
        EXPECT_TRUE(std::regex_search(station->output(), std::regex("[1-9][0-9]* reconnects")))
            << station->output();
        hub->kill(SIGTERM);
        EXPECT_EQ(hub->wait(), 0) << hub->output();
    });
}

}  // namespace
}  // namespace hub
