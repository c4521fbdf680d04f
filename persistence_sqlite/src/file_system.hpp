// SPDX-License-Identifier: Apache-2.0
//
// The few things done to files beside SQLite: where a store really is, who may
// see it, and making renames last. Nothing here opens a file that SQLite may have
// open: closing it would drop SQLite's locks.
#pragma once

#include <optional>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace aimdb::sqlite {

/// The file a path names, with its directory resolved.
struct StorePath {
    std::string directory;  ///< Absolute, without links.
    std::string file;       ///< Absolute.
};

/// Throws Error when the directory is missing (never created) or others may swap
/// files in it.
[[nodiscard]] StorePath resolve(const std::string& path);

/// What stands there, without following a link; nothing when nothing does.
[[nodiscard]] std::optional<struct stat> look_at(const std::string& path);
[[nodiscard]] bool same_file(const struct stat& a, const struct stat& b) noexcept;

/// Throws Error(path_unsafe) unless `found` is a plain file.
void require_plain_file(const std::string& path, const struct stat& found);

/// Makes an empty file only its owner may read and makes its name last.
void create_private_file(const StorePath& path);
/// Makes what was created, linked, renamed or removed in `directory` survive a power cut.
void sync_directory(const std::string& directory);
/// Makes the content of a file that nobody has open survive a power cut.
void sync_file(const std::string& path);

void remove_if_there(const std::string& path);
void rename_file(const std::string& from, const std::string& to);
/// False when `to` is taken.
[[nodiscard]] bool link_file(const std::string& from, const std::string& to);

/// A descriptor that closes itself. Never 0, 1 or 2: output of the program would end
/// up in the file.
class FileDescriptor {
public:
    /// Throws Error. `flags` as for open(2); always close-on-exec and no link followed.
    FileDescriptor(const std::string& path, int flags);
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&&) = delete;
    ~FileDescriptor();
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

/// Throws what `errno` says as "<action> '<path>': <cause>".
[[noreturn]] void throw_errno(const std::string& action, const std::string& path);

}  // namespace aimdb::sqlite
