// SPDX-License-Identifier: Apache-2.0
//
// The history of earlier runs, as it lies in the file.
#pragma once

#include <memory>
#include <string>

#include "aimdb/core/clock.hpp"
#include "aimdb/core/database.hpp"

#include "progress.hpp"

namespace weather {

/// Opens the history in `path` for asking only: no record is declared. Sets
/// `clock` to the newest time stored, if there is one: the demo's "now".
[[nodiscard]] aimdb::Database open_history(const std::string& path,
                                           std::shared_ptr<aimdb::ManualClock> clock);

/// What `history` holds of `city`.
[[nodiscard]] Progress read_progress(aimdb::Database& history, const City& city);

}  // namespace weather
