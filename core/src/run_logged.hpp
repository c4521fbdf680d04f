// SPDX-License-Identifier: Apache-2.0
//
// Threads of the library run what users hand in, and must outlive what it throws.
#pragma once

#include <asio/io_context.hpp>

#include "aimdb/core/log.hpp"

namespace aimdb::detail {

/// Logs the exception being handled: it came from a user's completion handler.
void log_failed_handler(const Log& log);

/// Runs `context` to its end; what a handler throws is logged.
void run_logged(asio::io_context& context, const Log& log);

}  // namespace aimdb::detail
