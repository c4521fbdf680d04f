// SPDX-License-Identifier: Apache-2.0
//
// The server that the conformance suites of other languages talk to: a small plant
// whose values are produced by lines on standard input. See README.md beside it.
#include "aimdb/aimx_protocol/server.hpp"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

namespace {

struct Setpoint {
    double celsius = 0;
};
struct Reading {
    double celsius = 0;
    double valve = 0;
};
struct Command {
    std::string text;
};
AIMDB_RECORD(Setpoint, celsius)
AIMDB_RECORD(Reading, celsius, valve)
AIMDB_RECORD(Command, text)

struct Options {
    aimdb::AimxOptions aimx;
    std::string history;
};

std::optional<Options> parse(int argc, char** argv) {
    Options options;
    std::string www;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const std::string value = argv[i + 1];
        if (name == "--unix") {
            options.aimx.endpoints.emplace_back("unix://" + value);
        } else if (name == "--tcp") {
            options.aimx.endpoints.emplace_back("tcp://127.0.0.1:" + value);
        } else if (name == "--ws") {
            options.aimx.endpoints.emplace_back("ws://127.0.0.1:" + value + "/ws");
        } else if (name == "--history") {
            options.history = value;
        } else if (name == "--www") {
            www = value;
        } else {
            return std::nullopt;
        }
    }
    for (aimdb::AimxEndpoint& endpoint : options.aimx.endpoints) {
        endpoint.directory = endpoint.url.starts_with("ws://") ? www : "";
    }
    return argc % 2 == 1 && !options.aimx.endpoints.empty() ? std::optional(options) : std::nullopt;
}

void declare(aimdb::Builder& builder, bool persisted) {
    const auto keep = [persisted](const auto& record) {
        if (persisted) {
            record.persist();
        }
    };
    using namespace aimdb;
    keep(builder.configure<Setpoint>("boiler").buffer(single_latest()).remote());
    keep(builder.configure<Reading>("boiler.supply").buffer(spmc_ring(8)).remote());
    keep(builder.configure<Reading>("boiler.return").buffer(spmc_ring(128)).remote());
    builder.configure<Setpoint>("boiler.setpoint").buffer(single_latest()).remote_writable();
    struct Mean {
        double sum = 0;
        double count = 0;
    };
    builder.configure<Reading>("boiler.mean")
        .buffer(single_latest())
        .transform("boiler.supply", Mean{},
                   [](Mean& mean, const Reading& in) {
                       mean.sum += in.celsius;
                       mean.count += 1;
                       return Reading{mean.sum / mean.count, in.valve};
                   })
        .remote();
    builder.configure<Setpoint>("boiler.both")
        .buffer(single_latest())
        .transform_join({"boiler.supply", "boiler.setpoint"},
                        [](const Reading& supply, const Setpoint& setpoint) {
                            return Setpoint{supply.celsius - setpoint.celsius};
                        })
        .remote();
    builder.configure<Command>("boiler.command").buffer(mailbox()).remote_writable();
    builder.configure<nlohmann::json>("note").buffer(single_latest()).remote_writable();
    keep(builder.configure<Command>("log.lines").buffer(spmc_ring(1024)).remote_writable());
    builder.configure<Reading>("private.secret").buffer(spmc_ring(8));
}

/// Produces values of any of the records from their JSON text.
class Console {
public:
    explicit Console(aimdb::Database& database) : database_(database) {
        add<Setpoint>({"boiler", "boiler.setpoint"});
        add<Reading>({"boiler.supply", "boiler.return", "private.secret"});
        add<Command>({"boiler.command", "log.lines"});
        add<nlohmann::json>({"note"});
    }

    /// False at the end.
    bool run(const std::string& line) {
        const std::size_t cut = line.find(' ');
        const std::string word = line.substr(0, cut);
        const std::string rest = cut == std::string::npos ? "" : line.substr(cut + 1);
        if (word == "quit") {
            return false;
        }
        try {
            std::cout << answer(word, rest) << std::endl;
        } catch (const std::exception& error) {
            std::cout << "error " << error.what() << std::endl;
        }
        return true;
    }

private:
    using Produce = std::function<std::uint64_t(const std::string&, std::optional<std::int64_t>)>;

    template <typename T>
    void add(std::initializer_list<const char*> keys) {
        for (const char* const key : keys) {
            produce_[key] = [out = database_.producer<T>(key)](const std::string& json,
                                                               std::optional<std::int64_t> ms) {
                T value = aimdb::Codec<T>::decode(json);
                return ms ? out.produce(std::move(value), aimdb::from_unix_ms(*ms)).sequence
                          : out.produce(std::move(value)).sequence;
            };
        }
    }

    std::string answer(const std::string& word, const std::string& rest) {
        if (word == "flush") {
            database_.flush(aimdb::blocking);
            return "ok";
        }
        if (word == "stats") {
            const aimdb::aimx::ServerStats stats = aimdb::aimx::server(database_).stats();
            return nlohmann::json{{"connections_open", stats.connections_open},
                                  {"connections_accepted", stats.connections_accepted},
                                  {"connections_refused", stats.connections_refused},
                                  {"subscriptions_open", stats.subscriptions_open},
                                  {"frames_in", stats.frames_in},
                                  {"frames_malformed", stats.frames_malformed},
                                  {"requests", stats.requests},
                                  {"events_sent", stats.events_sent},
                                  {"events_lost", stats.events_lost},
                                  {"writes", stats.writes},
                                  {"writes_refused", stats.writes_refused}}
                .dump();
        }
        const std::size_t cut = rest.find(' ');
        const auto found = produce_.find(rest.substr(0, cut));
        if (found == produce_.end() || cut == std::string::npos) {
            return "error unknown command, or a record nobody may produce: " + word + " " + rest;
        }
        const std::string tail = rest.substr(cut + 1);
        if (word == "produce") {
            return "ok " + std::to_string(found->second(tail, std::nullopt));
        }
        const std::size_t time = tail.find(' ');
        if (word == "produce_at" && time != std::string::npos) {
            return "ok " + std::to_string(found->second(tail.substr(time + 1),
                                                        std::stoll(tail.substr(0, time))));
        }
        return "error unknown command: " + word;
    }

    aimdb::Database& database_;
    std::map<std::string, Produce, std::less<>> produce_;
};

int serve(const Options& options) {
    aimdb::Builder builder;
    if (!options.history.empty()) {
        builder.with_persistence(aimdb::sqlite_history(options.history));
    }
    builder.with_aimx(options.aimx);  // last, so that it shows that the order means nothing
    declare(builder, !options.history.empty());
    aimdb::Database database = builder.build();
    database.start();
    std::cout << "ready";
    for (const std::string& url : aimdb::aimx::server(database).urls()) {
        std::cout << ' ' << url;
    }
    std::cout << std::endl;
    Console console(database);
    for (std::string line; std::getline(std::cin, line) && console.run(line);) {
    }
    const aimdb::StopReport report = database.stop(std::chrono::seconds(3));
    for (const std::string& what : report.gave_up) {
        std::cerr << what << '\n';
    }
    return report.clean() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<Options> options = parse(argc, argv);
    if (!options) {
        std::cerr << "usage: aimdb_conformance_server [--unix PATH] [--tcp PORT] [--ws PORT] "
                     "[--history FILE] [--www DIR]\n";
        return 2;
    }
    try {
        return serve(*options);
    } catch (const std::exception& error) {
        std::cerr << "aimdb_conformance_server: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
