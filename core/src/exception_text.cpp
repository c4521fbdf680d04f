// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/detail/exception_text.hpp"

namespace aimdb::detail {

std::string exception_text(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace aimdb::detail
