// SPDX-License-Identifier: Apache-2.0
//
// Files below one directory, for HTTP. No way leads out of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "descriptor.hpp"

namespace aimdb::aimx {

/// Larger files are not served: this is for the page of a dashboard.
inline constexpr std::uint64_t static_file_limit_bytes = std::uint64_t{64} << 20;
/// Longest path of a request for a file, decoded.
inline constexpr std::size_t static_path_limit_bytes = 1'024;

/// A file opened for reading.
struct StaticFile {
    Descriptor descriptor;
    std::uint64_t size = 0;
    std::string tag;  ///< With its quotes; another one after the file has changed.
    std::string_view content_type;
};

/// Threads: immutable after construction.
class StaticFiles {
public:
    /// Throws Error when `directory` is none.
    explicit StaticFiles(const std::string& directory);

    /// Opens what the path of a request names; `/` means `/index.html`. Nothing for
    /// what is not there, no regular file, hidden (a name that begins with a dot),
    /// too large, or reached through a symbolic link.
    [[nodiscard]] std::optional<StaticFile> open(std::string_view request_path) const;

private:
    Descriptor root_;
};

}  // namespace aimdb::aimx
