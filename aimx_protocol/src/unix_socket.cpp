// SPDX-License-Identifier: Apache-2.0
#include "unix_socket.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "aimdb/core/error.hpp"

namespace aimdb::aimx {
namespace {

constexpr int backlog = 128;
constexpr mode_t lock_mode = S_IRUSR | S_IWUSR;
// Who stops removes the lock file, perhaps between our opening and locking it.
constexpr int lock_attempts = 100;
constexpr mode_t permission_bits = 07777;

[[noreturn]] void fail(const std::string& path, const std::string& cause) {
    throw Error(Errc::invalid_configuration, "serve 'unix://" + path + "': " + cause);
}

[[noreturn]] void fail_with_errno(const std::string& path, const std::string& action) {
    const int number = errno;
    fail(path, action + ": " + std::generic_category().message(number) +
                   "; the directory must exist and be writable for this user");
}

void require_short(const std::string& path) {
    const std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() > most) {
        fail(path, "the path has " + std::to_string(path.size()) +
                       " bytes, but a Unix socket's has at most " + std::to_string(most) +
                       "; choose a shorter one");
    }
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) noexcept {
    return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

Descriptor new_socket(const std::string& path) {
    Descriptor result(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (result.number() < 0) {
        fail_with_errno(path, "create the socket");
    }
    return result;
}

struct stat look_at(const std::string& path) noexcept {
    struct stat found {};
    static_cast<void>(::lstat(path.c_str(), &found));
    return found;
}

bool same_file(const struct stat& a, const struct stat& b) noexcept {
    return a.st_ino != 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

Descriptor open_locked(const std::string& path, const std::string& name) {
    Descriptor lock(
        ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, lock_mode));
    if (lock.number() < 0) {
        fail_with_errno(path, "open '" + name + "'");
    }
    if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
        fail(path, "another process serves there; stop it or choose another path");
    }
    return lock;
}

Descriptor lock_beside(const std::string& path) {
    const std::string name = path + ".lock";
    for (int attempt = 0; attempt < lock_attempts; ++attempt) {
        Descriptor lock = open_locked(path, name);
        struct stat held {};
        if (::fstat(lock.number(), &held) == 0 && same_file(held, look_at(name))) {
            return lock;
        }
    }
    fail(path, "somebody keeps replacing '" + name + "'");
}

/// Leaves the path free, or says why it may not be taken.
void require_free(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) {
        if (errno == ENOENT) {
            return;
        }
        fail_with_errno(path, "look at it");
    }
    if (!S_ISSOCK(found.st_mode)) {
        fail(path, "something that is no socket stands there; remove it or choose another path");
    }
    const Descriptor probe = new_socket(path);
    const sockaddr_un address = address_of(path);
    if (::connect(probe.number(), generic(address), sizeof(address)) == 0 || errno == EAGAIN) {
        fail(path, "another process serves there; stop it or choose another path");
    }
    if (errno != ECONNREFUSED) {
        fail_with_errno(path, "find out whether somebody serves there");
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        fail_with_errno(path, "remove the socket that nobody serves any more");
    }
}

/// bind() gives the file the mode of the descriptor, less the umask: it is never
/// wider than `mode`, and the umask, which all threads share, is left alone.
void bind_with_mode(const Descriptor& socket, const std::string& path, mode_t mode) {
    const sockaddr_un address = address_of(path);
    if (::fchmod(socket.number(), mode) != 0 ||
        ::bind(socket.number(), generic(address), sizeof(address)) != 0) {
        fail_with_errno(path, "bind");
    }
    if ((look_at(path).st_mode & permission_bits) != mode && ::chmod(path.c_str(), mode) != 0) {
        fail_with_errno(path, "set the mode of the socket");
    }
}

}  // namespace

std::optional<Credentials> credentials_of(int socket) noexcept {
    ucred found{};
    socklen_t size = sizeof(found);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0) {
        return std::nullopt;
    }
    return Credentials{.user = found.uid, .process = found.pid};
}

UnixSocketFile::UnixSocketFile(std::string path, mode_t mode)
    : path_((require_short(path), std::move(path))),
      lock_(lock_beside(path_)),
      socket_(new_socket(path_)) {
    require_free(path_);
    bind_with_mode(socket_, path_, mode);
    made_ = look_at(path_);
    if (::listen(socket_.number(), backlog) != 0) {
        const int number = errno;
        remove();
        errno = number;
        fail_with_errno(path_, "listen");
    }
}

UnixSocketFile::~UnixSocketFile() { remove(); }

int UnixSocketFile::release() noexcept { return socket_.release(); }

void UnixSocketFile::remove() noexcept {
    if (lock_.number() < 0) {
        return;
    }
    if (same_file(made_, look_at(path_))) {
        ::unlink(path_.c_str());
    }
    // Still locked: whoever opened it before sees that it has gone, and makes a new one.
    ::unlink((path_ + ".lock").c_str());
    lock_.close();
}

}  // namespace aimdb::aimx
