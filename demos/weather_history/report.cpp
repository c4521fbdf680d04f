// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <ostream>
#include <utility>

#include "aimdb/persistence/persistence.hpp"

#include "forecast_models.hpp"
#include "observations.hpp"
#include "validation.hpp"

namespace weather {
namespace {

using Align = Table::Align;
using Validations = aimdb::QueryResult<ForecastValidation>;
/// City and model, in the order of the rows.
using Subject = std::pair<std::string, std::string>;

std::string fixed(double value, int decimals, const char* format = "%.*f") {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), format, decimals, value);
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string percent(std::size_t part, std::size_t whole) {
    return fixed(100.0 * static_cast<double>(part) / static_cast<double>(whole), 1) + " %";
}

class Report {
public:
    Report(std::ostream& out, aimdb::Database& history, const Terminal& terminal)
        : out_(out), history_(history), terminal_(terminal) {}

    void print() {
        const Validations newest = ask("newest of accuracy.*", [this] {
            return history_.query_latest<ForecastValidation>("accuracy.*", model_names.size(),
                                                             aimdb::blocking);
        });
        if (newest.empty()) {
            out_ << "\nNo forecast has been validated yet.\n";
            return;
        }
        const std::vector<std::string> records = print_newest(newest);
        for (const std::chrono::days window : {std::chrono::days(30), std::chrono::days(365)}) {
            print_accuracy(records, window);
        }
        heading("Queries");
        queries_.print(out_, terminal_);
        if (unreadable_ > 0) {
            out_ << terminal_.styled(std::to_string(unreadable_) + " damaged rows were left out",
                                     Style::bad)
                 << '\n';
        }
    }

private:
    void heading(const std::string& text) {
        out_ << '\n' << terminal_.styled(text, Style::bold) << '\n';
    }

    /// Asks, and notes the question, its rows and its time.
    template <typename Ask>
    Validations ask(const std::string& question, Ask query) {
        const auto begin = std::chrono::steady_clock::now();
        Validations answer = query();
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - begin;
        unreadable_ += answer.corrupt_rows + answer.undecodable_rows;
        queries_.add({question, std::to_string(answer.size()), fixed(took.count(), 2) + " ms"});
        return answer;
    }

    /// Returns the records they come from.
    std::vector<std::string> print_newest(const Validations& newest) {
        std::vector<std::string> records;
        std::map<Subject, ForecastValidation> by_subject;
        for (const auto& row : newest) {
            by_subject.try_emplace({row.value.city, row.value.model}, row.value);  // newest first
            if (records.empty() || records.back() != row.record) {
                records.push_back(row.record);
            }
        }
        heading("Newest validations in °C (✓ within " + fixed(tolerance_celsius, 0) + " °C)");
        Table table({{"city"},
                     {"model"},
                     {"day"},
                     {"forecast", Align::right},
                     {"actual", Align::right},
                     {"error", Align::right}});
        for (const auto& [subject, value] : by_subject) {
            const std::string error = fixed(value.signed_error, 2, "%+.*f");
            table.add({subject.first, subject.second, to_date(value.valid_for),
                       fixed(value.predicted_celsius, 2), fixed(value.actual_celsius, 2),
                       value.within_tolerance ? Table::Cell(error + " ✓", Style::good)
                                              : Table::Cell(error + " ✗", Style::bad)});
        }
        table.print(out_, terminal_);
        return records;
    }

    void print_accuracy(const std::vector<std::string>& records, std::chrono::days window) {
        const UnixTime now = history_.clock()->now();
        const UnixTime start = now - window + std::chrono::days(1);  // both ends count
        const std::string days = "last " + std::to_string(window.count()) + " days";
        Table table({{"city"},
                     {"model"},
                     {"validations", Align::right},
                     {"mean error", Align::right},
                     {"hit rate", Align::right}});
        for (const std::string& record : records) {
            const Validations rows = ask(record + ", " + days, [&] {
                return history_.query_range<ForecastValidation>(record, start, now, {},
                                                                aimdb::blocking);
            });
            add_accuracy(table, rows);
        }
        heading("Accuracy of the " + days + " (" + to_date(start) + " to " + to_date(now) + ")");
        table.print(out_, terminal_);
    }

    static void add_accuracy(Table& table, const Validations& rows) {
        struct Sum {
            std::size_t count = 0;
            std::size_t hits = 0;
            double absolute_error = 0;
        };
        std::map<Subject, Sum> sums;
        for (const auto& row : rows) {
            Sum& sum = sums[{row.value.city, row.value.model}];
            ++sum.count;
            sum.hits += row.value.within_tolerance ? 1 : 0;
            sum.absolute_error += row.value.absolute_error;
        }
        for (const auto& [subject, sum] : sums) {
            table.add({subject.first, subject.second, std::to_string(sum.count),
                       fixed(sum.absolute_error / static_cast<double>(sum.count), 2) + " °C",
                       percent(sum.hits, sum.count)});
        }
    }

    std::ostream& out_;
    aimdb::Database& history_;
    const Terminal& terminal_;
    Table queries_{{{"question"}, {"rows", Align::right}, {"time", Align::right}}};
    std::uint64_t unreadable_ = 0;
};

}  // namespace

void print_report(std::ostream& out, aimdb::Database& history, const Terminal& terminal) {
    Report(out, history, terminal).print();
}

bool print_accounts(std::ostream& out, const aimdb::Database& database, const Terminal& terminal) {
    out << '\n' << terminal.styled("What became of every value", Style::bold) << '\n';
    Table table({{"record"},
                 {"produced", Align::right},
                 {"committed", Align::right},
                 {"open", Align::right},
                 {"lost", Align::right}});
    bool complete = true;
    for (const aimdb::HistoryAccount& account : aimdb::persistence(database).accounts()) {
        complete = complete && account.balanced() && account.produced == account.committed;
        table.add({account.record, std::to_string(account.produced),
                   std::to_string(account.committed),
                   std::to_string(account.pending + account.unknown),
                   std::to_string(account.lost() + account.rejected())});
    }
    table.print(out, terminal);

    std::uint64_t consumed = 0;
    std::uint64_t missed = 0;
    for (const aimdb::RecordInfo& record : database.records()) {
        consumed += record.counters.consumed;
        missed += record.counters.lagged;
        for (const aimdb::StageInfo& stage : record.stages) {
            if (stage.failures > 0) {
                complete = false;
                out << terminal.styled("stage " + stage.name + " of " + record.key +
                                           " failed: " + stage.last_error,
                                       Style::bad)
                    << '\n';
            }
        }
    }
    complete = complete && missed == 0;
    out << "The stages took " << consumed << " values and missed " << missed << ".\n"
        << (complete ? terminal.styled("Nothing was lost.", Style::good)
                     : terminal.styled("Something was lost: see above.", Style::bad))
        << '\n';
    return complete;
}

}  // namespace weather
