// SPDX-License-Identifier: Apache-2.0
#include "file_system.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include "aimdb/core/error.hpp"

namespace aimdb::sqlite {
namespace {

constexpr mode_t private_mode = S_IRUSR | S_IWUSR;
constexpr int first_own_descriptor = 3;

Errc errc_of_errno(int number) noexcept {
    switch (number) {
        case ENOSPC:
        case EDQUOT: return Errc::storage_full;
        case EACCES:
        case EPERM:
        case EROFS: return Errc::storage_read_only;
        case EIO: return Errc::storage_io;
        case ELOOP: return Errc::path_unsafe;
        default: return Errc::storage_unavailable;
    }
}

// Who may rename files in the directory can put another file in our place.
void require_own_directory(const std::string& path, const std::string& directory) {
    const auto found = look_at(directory);
    if (found && (found->st_mode & S_IWOTH) != 0 && (found->st_mode & S_ISVTX) == 0) {
        throw Error(Errc::path_unsafe, "open '" + path + "': everybody may write to '" + directory +
                                           "'; take that right away (chmod o-w)");
    }
}

int open_number(const std::string& path, int flags) {
    const int number = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, private_mode);
    if (number < 0) {
        throw_errno("open", path);
    }
    if (number >= first_own_descriptor) {
        return number;
    }
    const int higher = ::fcntl(number, F_DUPFD_CLOEXEC, first_own_descriptor);
    const int error = errno;
    ::close(number);
    if (higher < 0) {
        errno = error;
        throw_errno("open", path);
    }
    return higher;
}

}  // namespace

void throw_errno(const std::string& action, const std::string& path) {
    const int number = errno;
    throw Error(errc_of_errno(number),
                action + " '" + path + "': " + std::generic_category().message(number));
}

StorePath resolve(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (name.empty() || name == "." || name == "..") {
        throw Error(Errc::path_unsafe, "open '" + path + "': this names no file");
    }
    std::array<char, PATH_MAX> resolved{};
    if (::realpath(parent.c_str(), resolved.data()) == nullptr) {
        if (errno == ENOENT) {
            throw Error(Errc::storage_unavailable, "open '" + path + "': the directory '" + parent +
                                                       "' does not exist; create it");
        }
        throw_errno("open directory", parent);
    }
    const std::string directory = resolved.data();
    require_own_directory(path, directory);
    return {.directory = directory,
            .file = directory == "/" ? directory + name : directory + "/" + name};
}

std::optional<struct stat> look_at(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0) {
        return found;
    }
    if (errno != ENOENT) {
        throw_errno("look at", path);
    }
    return std::nullopt;
}

bool same_file(const struct stat& a, const struct stat& b) noexcept {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void require_plain_file(const std::string& path, const struct stat& found) {
    if (S_ISLNK(found.st_mode)) {
        throw Error(Errc::path_unsafe,
                    "open '" + path + "': this is a symbolic link; name the file itself");
    }
    if (!S_ISREG(found.st_mode)) {
        throw Error(Errc::path_unsafe, "open '" + path + "': this is not a file");
    }
}

void create_private_file(const StorePath& path) {
    static_cast<void>(FileDescriptor(path.file, O_RDWR | O_CREAT | O_EXCL));
    sync_directory(path.directory);
}

void sync_directory(const std::string& directory) {
    const FileDescriptor opened(directory, O_RDONLY | O_DIRECTORY);
    if (::fsync(opened.number()) != 0) {
        throw_errno("synchronise", directory);
    }
}

void sync_file(const std::string& path) {
    const FileDescriptor opened(path, O_RDWR);
    if (::fsync(opened.number()) != 0) {
        throw_errno("synchronise", path);
    }
}

void remove_if_there(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw_errno("remove", path);
    }
}

void rename_file(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) {
        throw_errno("rename", from);
    }
}

bool link_file(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) == 0) {
        return true;
    }
    if (errno != EEXIST) {
        throw_errno("link", from);
    }
    return false;
}

FileDescriptor::FileDescriptor(const std::string& path, int flags)
    : number_(open_number(path, flags)) {}

FileDescriptor::~FileDescriptor() {
    if (number_ >= 0) {
        ::close(number_);
    }
}

}  // namespace aimdb::sqlite
