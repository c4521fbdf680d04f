// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

namespace bench {
namespace {

bool quick_run = false;

// A function's static, so that it is there whichever file is initialised first.
std::vector<Figure>& declared_figures() {
    static std::vector<Figure> figures;
    return figures;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Keeps what the repetitions of each benchmark gave.
class Collector final : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context& context) override {
        static_cast<void>(context);
        return true;
    }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.error_occurred) {
                std::fprintf(stderr, "%s failed: %s\n", run.benchmark_name().c_str(),
                             run.error_message.c_str());
                failed_ = true;
            } else if (run.run_type == Run::RT_Iteration) {
                add(run);
            }
        }
    }

    [[nodiscard]] bool failed() const noexcept { return failed_; }

    /// The median of a counter, or of the seconds per iteration for an empty name.
    [[nodiscard]] std::optional<double> find(const std::string& benchmark,
                                             const std::string& counter) const {
        const auto found = values_.find({benchmark, counter});
        return found == values_.end() ? std::nullopt : std::optional(median(found->second));
    }

private:
    void add(const Run& run) {
        const std::string& arguments = run.run_name.args;
        const std::string name =
            run.run_name.function_name + (arguments.empty() ? "" : "/" + arguments);
        values_[{name, ""}].push_back(run.real_accumulated_time /
                                      static_cast<double>(run.iterations));
        for (const auto& [counter, value] : run.counters) {
            values_[{name, counter}].push_back(value);
        }
    }

    std::map<std::pair<std::string, std::string>, std::vector<double>> values_;
    bool failed_ = false;
};

double per_second(const std::string& unit) {
    static const std::map<std::string, double> factors{
        {"ns", 1e9}, {"us", 1e6}, {"ms", 1e3}, {"s", 1.0}};
    return factors.at(unit);
}

std::optional<double> value_of(const Figure& figure, const Collector& results) {
    const std::optional<double> value = results.find(figure.benchmark, figure.counter);
    if (!figure.divided_by.empty()) {
        const std::optional<double> divisor = results.find(figure.divided_by, figure.counter);
        return value && divisor ? std::optional(*value / *divisor) : std::nullopt;
    }
    if (value && figure.counter.empty()) {
        return *value * per_second(figure.unit);
    }
    return value;
}

using Values = std::map<std::string, double>;

Values collect(const Collector& results) {
    Values values;
    for (const Figure& figure : declared_figures()) {
        if (const std::optional<double> value = value_of(figure, results)) {
            values[figure.name] = *value;
        }
    }
    return values;
}

// Four digits are more than the measurement is good for; large numbers in groups of three.
std::string in_words(double value) {
    std::array<char, 64> text{};
    if (std::abs(value) < 10'000.0) {
        std::snprintf(text.data(), text.size(), "%.4g", value);
        return text.data();
    }
    std::snprintf(text.data(), text.size(), "%.0f", value);
    std::string digits = text.data();
    for (std::size_t at = digits.size(); at > 3 && digits[at - 4] != '-'; at -= 3) {
        digits.insert(at - 3, " ");
    }
    return digits;
}

using Row = std::array<std::string, 7>;

Row row_of(const Figure& figure, double value, const Values& values) {
    Row row{figure.name, in_words(value), figure.unit, "", "", "", ""};
    double reference = figure.against.value;
    if (const auto other = values.find(figure.against.figure); other != values.end()) {
        reference = other->second;
    }
    row[3] = figure.against.what;
    if (reference > 0.0) {
        row[3] += " " + in_words(reference);
        row[4] = in_words(value / reference);
    }
    if (figure.target.kind != Target::Kind::none) {
        row[5] = (figure.target.kind == Target::Kind::at_most ? "<= " : ">= ") +
                 in_words(figure.target.limit);
        row[6] = figure.target.met_by(value) ? "yes" : "NO";
    }
    return row;
}

void print_table(const Values& values) {
    std::vector<Row> rows{{"figure", "median", "unit", "against", "ratio", "target", "met"}};
    for (const Figure& figure : declared_figures()) {
        if (const auto found = values.find(figure.name); found != values.end()) {
            rows.push_back(row_of(figure, found->second, values));
        }
    }
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const Row& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            const std::string blanks(widths[column] - row[column].size(), ' ');
            const bool number = column == 1 || column == 4;
            line += number ? blanks + row[column] : row[column] + blanks;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        std::printf("%s\n", line.c_str());
    }
}

/// One flat object, name -> number; keeps the other programs' names.
class ResultFile {
public:
    explicit ResultFile(std::string path) : path_(std::move(path)) {
        if (std::ifstream in{path_}) {
            members_ = nlohmann::json::parse(in, nullptr, false);
        }
        if (!members_.is_object()) {
            throw std::runtime_error("'" + path_ + "' exists and is not a JSON object");
        }
    }

    void write(const Values& values) {
        for (const auto& [name, value] : values) {
            members_[name] = value;
        }
        std::ofstream out(path_);
        out << members_.dump(2) << '\n';
        if (!out.flush()) {
            throw std::runtime_error("cannot write '" + path_ + "'");
        }
    }

private:
    std::string path_;
    nlohmann::json members_ = nlohmann::json::object();
};

struct Options {
    std::optional<std::string> json;
    std::vector<std::string> for_benchmark;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--quick") {
            quick_run = true;
        } else if (argument.starts_with("--json=")) {
            options.json = argument.substr(7);
        } else if (argument == "--json" && i + 1 < argc) {
            options.json = argv[++i];
        } else {
            options.for_benchmark.emplace_back(argument);
        }
    }
    return options;
}

void print_help() {
    std::printf(
        "Runs benchmarks, repeated and interleaved, and prints the medians beside what they\n"
        "are compared with.\n\n"
        "  --quick       once and briefly: proves that they run, the numbers mean nothing\n"
        "  --json FILE   adds the figures to one flat JSON object, name -> number\n\n"
        "Options of Google Benchmark:\n\n");
    benchmark::PrintDefaultHelp();
}

// False: an argument that nobody knows.
bool initialize(const char* program, const Options& options) {
    // The user's own options come last and win.
    std::vector<std::string> arguments{program, "--benchmark_enable_random_interleaving=true"};
    arguments.emplace_back(quick_run ? "--benchmark_repetitions=1" : "--benchmark_repetitions=7");
    arguments.emplace_back(quick_run ? "--benchmark_min_time=0.005" : "--benchmark_min_time=0.2");
    arguments.insert(arguments.end(), options.for_benchmark.begin(), options.for_benchmark.end());
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    int count = static_cast<int>(pointers.size());
    pointers.push_back(nullptr);
    benchmark::Initialize(&count, pointers.data(), print_help);
    return !benchmark::ReportUnrecognizedArguments(count, pointers.data());
}

int run(int argc, char** argv) {
    const Options options = parse(argc, argv);
    if (!initialize(argv[0], options)) {
        return 2;
    }
    std::optional<ResultFile> file;
    if (options.json) {
        file.emplace(*options.json);  // a file that cannot be used must not cost a whole run
    }
    Collector results;
    benchmark::RunSpecifiedBenchmarks(&results);
    benchmark::Shutdown();
    const Values values = collect(results);
    if (!values.empty()) {
        print_table(values);
    }
    if (file && !results.failed()) {
        file->write(values);
    }
    return results.failed() ? 1 : 0;
}

}  // namespace

bool quick() noexcept { return quick_run; }

bool Target::met_by(double value) const noexcept {
    return kind == Kind::at_most ? value <= limit : value >= limit;
}

Target at_most(double limit) noexcept { return {Target::Kind::at_most, limit}; }
Target at_least(double limit) noexcept { return {Target::Kind::at_least, limit}; }

Figures::Figures(std::initializer_list<Figure> figures) {
    declared_figures().insert(declared_figures().end(), figures);
}

}  // namespace bench

int main(int argc, char** argv) {
    try {
        return bench::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}
