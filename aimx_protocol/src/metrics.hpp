// SPDX-License-Identifier: Apache-2.0
//
// GET /metrics: the database and its server in Prometheus' text form.
#pragma once

#include <string>

#include "aimdb/aimx_protocol/server_module.hpp"

namespace aimdb::aimx {

[[nodiscard]] std::string describe_metrics(const Database& database, const ServerStats& stats);

}  // namespace aimdb::aimx
