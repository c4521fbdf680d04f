// SPDX-License-Identifier: Apache-2.0
//
// Names threads for debuggers and logs.
#pragma once

#include <algorithm>
#include <string>

#include <pthread.h>

namespace aimdb::detail {

/// Cut to the 15 bytes the kernel keeps.
inline void name_this_thread(std::string name) noexcept {
    name.resize(std::min<std::size_t>(name.size(), 15));
    pthread_setname_np(pthread_self(), name.c_str());
}

}  // namespace aimdb::detail
