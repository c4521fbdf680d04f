// SPDX-License-Identifier: Apache-2.0
//
// What to say of an exception whose type is not ours to choose: codecs, callbacks
// and backends are written by others.
#pragma once

#include <exception>
#include <string>

namespace aimdb::detail {

/// The text of `failure`, which is not null; by default, of what is being handled.
[[nodiscard]] std::string exception_text(
    const std::exception_ptr& failure = std::current_exception());

}  // namespace aimdb::detail
