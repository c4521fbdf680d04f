// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace weather {
namespace {

// Letters to insert, remove or exchange to get from one word to the other.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t exchanged = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({exchanged, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

}  // namespace

bool Arguments::next() {
    if (rest_.empty()) {
        return false;
    }
    const std::string_view argument = rest_.front();
    rest_ = rest_.subspan(1);
    const std::size_t equals = argument.find('=');
    name_ = argument.substr(0, equals);
    value_.reset();
    if (equals != std::string_view::npos) {
        value_ = argument.substr(equals + 1);
    }
    return true;
}

void Arguments::expect_no_value() const {
    if (value_) {
        throw UsageError(std::string(name_) + " takes no value");
    }
}

std::string_view Arguments::value(std::string_view example) {
    if (!value_ && !rest_.empty()) {
        value_ = rest_.front();
        rest_ = rest_.subspan(1);
    }
    if (!value_ || value_->empty()) {
        throw UsageError(std::string(name_) + " needs a value, for example " + std::string(name_) +
                         " " + std::string(example));
    }
    return *value_;
}

void Arguments::refuse_number(std::string_view text, std::string_view example) const {
    throw UsageError(std::string(name_) + " does not take '" + std::string(text) +
                     "'; give a number, for example " + std::string(name_) + " " +
                     std::string(example));
}

void Arguments::refuse(std::string_view hint) const {
    if (!name_.starts_with('-')) {
        throw UsageError("unexpected argument '" + std::string(name_) + "'; " + std::string(hint));
    }
    constexpr std::size_t likely_distance = 3;
    const auto nearest = std::min_element(known_.begin(), known_.end(),
                                          [this](std::string_view a, std::string_view b) {
                                              return distance(name_, a) < distance(name_, b);
                                          });
    std::string message = "unknown option '" + std::string(name_) + "'";
    if (distance(name_, *nearest) <= likely_distance) {
        message += "; did you mean " + std::string(*nearest) + "?";
    }
    throw UsageError(message);
}

}  // namespace weather
