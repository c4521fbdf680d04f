// SPDX-License-Identifier: Apache-2.0
//
// Reading what a server answers. Everything here throws Error(decode_failed) when
// the text is not what AimX says it should be.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/aimx_protocol/detail/client_answers.hpp"

#include "frame.hpp"

namespace aimdb::aimx {

/// What `hello` answered.
struct Welcome {
    std::string version;
    std::string server;
    std::string epoch;
    bool extensions = false;
    bool authenticated = false;
    std::size_t max_subscriptions = 0;
    std::size_t max_frame = 0;  ///< 0: not agreed on.
    std::vector<std::string> permissions;
    std::vector<std::string> writable_records;
};
[[nodiscard]] Welcome read_welcome(std::string_view json);
/// Whether the text before the first point is ours.
[[nodiscard]] bool is_compatible_version(std::string_view version) noexcept;

/// Calls `f` with the JSON text of each element. False: `json` is no array.
[[nodiscard]] bool for_each_element(std::string_view json,
                                    const std::function<void(std::string_view)>& f);

/// A page of record.list, or all of it where the server knows no pages.
struct ListPage {
    std::vector<RemoteRecord> rows;
    std::string next;  ///< Empty: this was all.
};
[[nodiscard]] ListPage read_list(std::string_view json);

[[nodiscard]] DrainResult read_drain(std::string_view json);
[[nodiscard]] WriteOutcome read_outcome(std::string_view json);
/// The record after a `record.set`, or nothing.
[[nodiscard]] std::string read_set_value(std::string_view json);
/// Rows in the order they came.
[[nodiscard]] HistoryPage read_history(std::string_view json);
[[nodiscard]] HistoryGap read_gap(const std::function<std::string_view(std::string_view)>& member);

}  // namespace aimdb::aimx
