// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/builder.hpp"

#include <utility>

#include "aimdb/core/database.hpp"

#include "database_core.hpp"

namespace aimdb {

Builder::Builder()
    : declarations_(std::make_unique<detail::Declarations>()),
      clock_(std::make_shared<SystemClock>()) {}
Builder::~Builder() = default;
Builder::Builder(Builder&&) noexcept = default;
Builder& Builder::operator=(Builder&&) noexcept = default;

Builder& Builder::clock(std::shared_ptr<Clock> clock) {
    clock_ = std::move(clock);
    return *this;
}

Builder& Builder::log_to(LogSink sink) {
    log_ = Log(std::move(sink));
    return *this;
}

Database Builder::build() {
    std::vector<Finding> findings = declarations_->check();
    if (!findings.empty()) {
        throw ConfigurationError(std::move(findings));
    }
    auto declarations = std::exchange(declarations_, std::make_unique<detail::Declarations>());
    auto core = std::make_unique<detail::DatabaseCore>(std::move(declarations), clock_, log_);
    core->open();
    return Database(std::move(core));
}

}  // namespace aimdb
