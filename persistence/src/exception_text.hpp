// SPDX-License-Identifier: Apache-2.0
//
// What to say of an exception whose type is not ours to choose: backends and
// codecs are written by others.
#pragma once

#include <exception>
#include <string>

namespace aimdb::detail {

/// The text of the exception that is being handled.
[[nodiscard]] inline std::string exception_text() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace aimdb::detail
