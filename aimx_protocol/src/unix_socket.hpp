// SPDX-License-Identifier: Apache-2.0
//
// The file of a Unix socket: made with its mode, never in place of somebody else's.
#pragma once

#include <optional>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>

#include "descriptor.hpp"

namespace aimdb::aimx {

struct Credentials {
    uid_t user = 0;
    pid_t process = 0;
};

/// Who is at the other end of a connected Unix socket.
[[nodiscard]] std::optional<Credentials> credentials_of(int socket) noexcept;

/// A listening Unix socket.
///
/// What stands at the path is removed only when it is a socket nobody serves. The
/// locked file `PATH.lock` keeps two processes from both finding so, and is there as
/// long as this object.
///
/// Threads: thread-confined.
class UnixSocketFile {
public:
    /// Binds and listens. Throws Error.
    UnixSocketFile(std::string path, mode_t mode);
    /// Removes the file if it is still the one that was made.
    ~UnixSocketFile();
    UnixSocketFile(const UnixSocketFile&) = delete;
    UnixSocketFile& operator=(const UnixSocketFile&) = delete;

    /// Gives the listening descriptor away. Once.
    [[nodiscard]] int release() noexcept;
    /// Once; nothing afterwards.
    void remove() noexcept;

private:
    std::string path_;
    Descriptor lock_;
    Descriptor socket_;
    struct stat made_ {};  // the file at path_
};

}  // namespace aimdb::aimx
