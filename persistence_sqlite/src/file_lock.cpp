// SPDX-License-Identifier: Apache-2.0
#include "file_lock.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "aimdb/core/error.hpp"

namespace aimdb::sqlite {
namespace {

// Somebody may remove the file between our opening and locking it; then what we
// hold is no longer what the next process finds. More than once is no accident.
constexpr int attempts = 100;

std::string holder_of(int file) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
    const std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const std::string digits(pid.substr(0, pid.find_first_not_of("0123456789")));
    if (digits.empty()) {
        return "another process";
    }
    const std::string own = std::to_string(::getpid());
    return digits == own ? "this process (" + own + ")" : "process " + digits;
}

void lock(const FileDescriptor& file, const std::string& store) {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    if (::fcntl(file.number(), F_OFD_SETLK, &range) == 0) {
        return;
    }
    if (errno != EAGAIN && errno != EACCES) {
        throw_errno("lock", store + ".lock");
    }
    throw Error(Errc::storage_locked, "open '" + store + "': " + holder_of(file.number()) +
                                          " has it open; stop that one or choose another path");
}

void leave_name(const FileDescriptor& file, const std::string& path) {
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.number(), 0) != 0 ||
        ::pwrite(file.number(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        throw_errno("write", path);
    }
}

FileDescriptor acquire(const std::string& store) {
    const std::string path = store + ".lock";
    for (int attempt = 0; attempt < attempts; ++attempt) {
        FileDescriptor file(path, O_RDWR | O_CREAT);
        lock(file, store);
        struct stat held {};
        const auto named = look_at(path);
        if (::fstat(file.number(), &held) == 0 && named && same_file(held, *named)) {
            leave_name(file, path);
            return file;
        }
    }
    throw Error(Errc::path_unsafe, "lock '" + path + "': somebody keeps replacing the file");
}

}  // namespace

FileLock::FileLock(const std::string& store) : file_(acquire(store)) {}

}  // namespace aimdb::sqlite
