// SPDX-License-Identifier: Apache-2.0
//
// What the history says, and what became of every value.
#pragma once

#include <iosfwd>

#include "aimdb/core/database.hpp"

#include "terminal.hpp"

namespace weather {

/// Asks `history` for the newest validations and for the accuracy over the last
/// 30 and 365 days of its clock, and prints the answers and how long they took.
void print_report(std::ostream& out, aimdb::Database& history, const Terminal& terminal);

/// Prints the account of every persisted record and what the stages missed.
/// False when anything was lost or a stage failed.
bool print_accounts(std::ostream& out, const aimdb::Database& database, const Terminal& terminal);

}  // namespace weather
