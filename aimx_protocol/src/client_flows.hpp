// SPDX-License-Identifier: Apache-2.0
//
// Calls that take several requests: lists and queries that come in pages.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aimdb/aimx_protocol/detail/client_core.hpp"

#include "client_loop.hpp"

namespace aimdb::aimx {

/// Each calls `handler` once. `loop` has to outlive that.
void list_records(ClientLoop& loop,
                  std::string pattern,
                  ClientCore::Handler<std::vector<RemoteRecord>> handler);
void query_history(ClientLoop& loop, HistoryQuery query, ClientCore::Handler<HistoryPage> handler);

/// The params of record.query; with `paged` those of aimdb servers.
[[nodiscard]] std::string query_params(const HistoryQuery& query, bool paged);
/// Puts rows as a plain server gives them into the order of `options`, and leaves
/// out what is over the limit per record.
void arrange_plain_rows(std::vector<HistoryRow>& rows, const HistoryOptions& options);

}  // namespace aimdb::aimx
