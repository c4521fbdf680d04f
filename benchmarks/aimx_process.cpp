// SPDX-License-Identifier: Apache-2.0
#include "aimx_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <poll.h>

namespace bench {
namespace {

constexpr int patience_ms = 60'000;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

void* map_shared(std::size_t size) {
    void* const memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::bad_alloc();
    }
    return memory;
}

void unmap_shared(void* memory, std::size_t size) noexcept { ::munmap(memory, size); }

Bell::Bell() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
    if (descriptor_ < 0) {
        fail("eventfd");
    }
}

Bell::~Bell() { ::close(descriptor_); }

void Bell::ring() const {
    const std::uint64_t one = 1;
    if (::write(descriptor_, &one, sizeof one) != sizeof one) {
        fail("ring a bell");
    }
}

void Bell::wait() const {
    pollfd state{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (::poll(&state, 1, patience_ms) != 1) {
        throw std::runtime_error("aimx benchmark: the other process does not go on");
    }
    std::uint64_t rings = 0;
    if (::read(descriptor_, &rings, sizeof rings) != sizeof rings) {
        fail("wait for a bell");
    }
}

Process::Process(const std::function<void()>& body) {
    const pid_t parent = ::getpid();
    number_ = ::fork();
    if (number_ < 0) {
        fail("fork");
    }
    if (number_ > 0) {
        return;
    }
    int status = EXIT_SUCCESS;
    try {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() == parent) {
            body();
        }
    } catch (const std::exception& error) {
        std::snprintf(fault_->data(), fault_->size(), "%s", error.what());
        status = EXIT_FAILURE;
    }
    ::_exit(status);
}

Process::~Process() {
    if (number_ > 0) {
        ::kill(number_, SIGKILL);
        static_cast<void>(reap(0));
    }
}

bool Process::reap(int options) {
    if (number_ > 0 && ::waitpid(number_, &status_, options) == number_) {
        number_ = -1;
    }
    return number_ < 0;
}

void Process::complain() const {
    if (status_ != 0) {
        const char* const fault = fault_->data();
        throw std::runtime_error(std::string("aimx benchmark, client: ") +
                                 (*fault != '\0' ? fault : "was killed"));
    }
}

void Process::join() {
    static_cast<void>(reap(0));
    complain();
}

void Process::check() {
    if (reap(WNOHANG)) {
        complain();
    }
}

Pinned::Pinned(Side side) : before_() {
    if (::sched_getaffinity(0, sizeof before_, &before_) != 0) {
        fail("sched_getaffinity");
    }
    // The first one may be used, or the last one: the same when there is one only.
    int chosen = -1;
    for (int number = 0; number < CPU_SETSIZE; ++number) {
        if (CPU_ISSET(static_cast<std::size_t>(number), &before_) &&
            (side == server || chosen < 0)) {
            chosen = number;
        }
    }
    cpu_set_t one{};
    CPU_SET(static_cast<std::size_t>(chosen), &one);
    ::sched_setaffinity(0, sizeof one, &one);
}

Pinned::~Pinned() { ::sched_setaffinity(0, sizeof before_, &before_); }

ScratchDirectory::ScratchDirectory()
    : path_(std::filesystem::temp_directory_path() / "aimdb-bench-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
        fail("make a directory for sockets");
    }
}

ScratchDirectory::~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace bench
