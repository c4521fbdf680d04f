// SPDX-License-Identifier: Apache-2.0
#include "run_logged.hpp"

#include "aimdb/core/detail/exception_text.hpp"

namespace aimdb::detail {

void log_failed_handler(const Log& log) {
    log.error("a completion handler threw: " + exception_text());
}

void run_logged(asio::io_context& context, const Log& log) {
    for (;;) {
        try {
            context.run();
            return;
        } catch (...) {  // Asio lets run() be called again
            log_failed_handler(log);
        }
    }
}

}  // namespace aimdb::detail
