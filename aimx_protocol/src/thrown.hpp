// SPDX-License-Identifier: Apache-2.0
//
// Exceptions of users, which may be anything.
#pragma once

#include <exception>
#include <string>

namespace aimdb::aimx {

/// What is being handled in a `catch (...)`, as a sentence.
[[nodiscard]] inline std::string describe_thrown() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace aimdb::aimx
