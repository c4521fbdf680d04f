// SPDX-License-Identifier: Apache-2.0
//
// The records of the demo and what derives from what.
//
//     calendar ─▶ observation.<city> ─┬▶ temp.<city>                      persisted
//                                     ├▶ wind.<city>
//                                     ├▶ precipitation.<city>
//                                     ├▶ forecast.<city> ─┐
//                                     └──────────────────┴▶ accuracy.<city>   persisted
//
// All are lossless: the calendar awaits room, so the slowest stage sets the pace.
#pragma once

#include <memory>
#include <vector>

#include "aimdb/core/builder.hpp"
#include "aimdb/core/clock.hpp"

#include "progress.hpp"

namespace weather {

/// Declares `calendar`: walks through `days` at `days_per_second` (0 = as fast as
/// it goes), moves `clock` along, and asks the database to stop after the last.
void declare_calendar(aimdb::Builder& builder,
                      std::vector<UnixTime> days,
                      double days_per_second,
                      std::shared_ptr<aimdb::ManualClock> clock);

/// Declares the records of `city`, which must outlive the database. `state` is
/// what they remember of the days before the first one; what is in `stored`
/// already is not published again.
void declare_city(aimdb::Builder& builder,
                  const City& city,
                  CityState state,
                  const Progress& stored);

}  // namespace weather
