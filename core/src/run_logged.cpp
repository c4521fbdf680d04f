// SPDX-License-Identifier: Apache-2.0
#include "run_logged.hpp"

namespace aimdb::detail {

std::string describe_failure(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

void log_failed_handler(const Log& log) {
    log.error("a completion handler threw: " + describe_failure(std::current_exception()));
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
