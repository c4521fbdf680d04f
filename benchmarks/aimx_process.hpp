// SPDX-License-Identifier: Apache-2.0
//
// Clients are processes of their own: what they share with the benchmark lies in
// shared memory, and they wake each other with bells.
//
// They are forked before the database has threads, and told later where to go.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <sys/types.h>
#include <type_traits>

#include <sched.h>

namespace bench {

/// Memory that processes forked later share with us.
[[nodiscard]] void* map_shared(std::size_t size);
void unmap_shared(void* memory, std::size_t size) noexcept;

template <typename T>
class Shared {
    static_assert(std::is_trivially_destructible_v<T>);

public:
    Shared() : value_(new (map_shared(sizeof(T))) T{}) {}
    ~Shared() { unmap_shared(value_, sizeof(T)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    T* operator->() const noexcept { return value_; }
    T& operator*() const noexcept { return *value_; }

private:
    T* value_;
};

/// One process rings, another waits. Rings while nobody waits are remembered as one.
class Bell {
public:
    Bell();
    ~Bell();
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    void ring() const;
    /// Throws when nobody rings for a minute: the other one is gone.
    void wait() const;

private:
    int descriptor_;
};

/// A forked process that runs `body` and ends.
class Process {
public:
    explicit Process(const std::function<void()>& body);
    /// Ends it, if it runs.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Waits for its end. Throws what it threw.
    void join();
    /// Throws if it has ended with an exception.
    void check();

private:
    [[nodiscard]] bool reap(int options);
    void complain() const;

    using Text = std::array<char, 512>;
    Shared<Text> fault_;
    pid_t number_ = -1;
    int status_ = 0;
};

/// How far a producer may be ahead of the slowest consumer.
struct Window {
    std::atomic<std::uint64_t> slowest{0};  ///< What every consumer has.
    std::atomic<std::uint64_t> wanted{0};   ///< The producer sleeps until then; 0: it does not.
};

/// Keeps the calling thread, and those it makes meanwhile, on one processor: else the
/// figures tell where the scheduler happened to put client and server.
class Pinned {
public:
    enum Side : std::uint8_t { client, server };
    explicit Pinned(Side side);
    ~Pinned();
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;

private:
    cpu_set_t before_;
};

/// A directory for sockets, removed with all that is in it.
class ScratchDirectory {
public:
    ScratchDirectory();
    ~ScratchDirectory();
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace bench
