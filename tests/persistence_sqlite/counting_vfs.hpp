// SPDX-License-Identifier: Apache-2.0
//
// A SQLite VFS over the default one that counts syncs by kind of file, can make
// them fail, and tells of every operation that changes a file or waits for a lock.
#pragma once

#include <atomic>
#include <cstring>
#include <functional>
#include <string>

#include <sqlite3.h>

namespace aimdb::sqlite_test {

/// Threads: one at a time may write through it; fail_log_syncs may change meanwhile.
/// Lifetime: must outlive every connection opened through it.
class CountingVfs {
public:
    explicit CountingVfs(std::string name)
        : name_(std::move(name)), base_(sqlite3_vfs_find(nullptr)) {
        std::memcpy(&vfs_, base_, sizeof(vfs_));
        vfs_.zName = name_.c_str();
        vfs_.pAppData = this;
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + base_->szOsFile;
        vfs_.xOpen = &CountingVfs::open;
        vfs_.xSleep = &CountingVfs::sleep;
        sqlite3_vfs_register(&vfs_, 0);
    }
    CountingVfs(const CountingVfs&) = delete;
    CountingVfs& operator=(const CountingVfs&) = delete;
    ~CountingVfs() { sqlite3_vfs_unregister(&vfs_); }

    int log_syncs = 0;
    int database_syncs = 0;
    std::atomic<bool> fail_log_syncs{false};
    std::function<void()> before_change = [] {};  ///< Before each write, sync and truncation.
    std::function<void()> before_sleep = [] {};   ///< Before each pause of a wait for a lock.

    [[nodiscard]] const std::string& name() const { return name_; }

private:
    struct File {
        sqlite3_file head;
        CountingVfs* vfs;
        int flags;
        [[nodiscard]] sqlite3_file* real() {
            return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(this) + sizeof(File));
        }
    };
    static File* as_file(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
    static sqlite3_file* real(sqlite3_file* file) { return as_file(file)->real(); }
    static const sqlite3_io_methods* methods(sqlite3_file* file) { return real(file)->pMethods; }

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
        auto* self = static_cast<CountingVfs*>(vfs->pAppData);
        File* shim = as_file(file);
        shim->head.pMethods = nullptr;
        shim->vfs = self;
        shim->flags = flags;
        const int code = self->base_->xOpen(self->base_, path, shim->real(), flags, out);
        if (shim->real()->pMethods != nullptr) {
            shim->head.pMethods = &io_methods();
        }
        return code;
    }

    static int sleep(sqlite3_vfs* vfs, int microseconds) {
        auto* self = static_cast<CountingVfs*>(vfs->pAppData);
        self->before_sleep();
        return self->base_->xSleep(self->base_, microseconds);
    }

    static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
        as_file(file)->vfs->before_change();
        return methods(file)->xWrite(real(file), bytes, size, offset);
    }
    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        as_file(file)->vfs->before_change();
        return methods(file)->xTruncate(real(file), size);
    }
    static int sync(sqlite3_file* file, int flags) {
        CountingVfs& vfs = *as_file(file)->vfs;
        vfs.before_change();
        const bool log = (as_file(file)->flags & SQLITE_OPEN_WAL) != 0;
        if (log && vfs.fail_log_syncs) {
            return SQLITE_IOERR_FSYNC;
        }
        const int code = methods(file)->xSync(real(file), flags);
        ++(log ? vfs.log_syncs : vfs.database_syncs);
        return code;
    }

    static const sqlite3_io_methods& io_methods() {
        static const sqlite3_io_methods table = {
            .iVersion = 2,
            .xClose = [](sqlite3_file* f) { return methods(f)->xClose(real(f)); },
            .xRead =
                [](sqlite3_file* f, void* bytes, int size, sqlite3_int64 offset) {
                    return methods(f)->xRead(real(f), bytes, size, offset);
                },
            .xWrite = &CountingVfs::write,
            .xTruncate = &CountingVfs::truncate,
            .xSync = &CountingVfs::sync,
            .xFileSize = [](sqlite3_file* f,
                            sqlite3_int64* size) { return methods(f)->xFileSize(real(f), size); },
            .xLock = [](sqlite3_file* f, int lock) { return methods(f)->xLock(real(f), lock); },
            .xUnlock = [](sqlite3_file* f, int lock) { return methods(f)->xUnlock(real(f), lock); },
            .xCheckReservedLock =
                [](sqlite3_file* f, int* out) {
                    return methods(f)->xCheckReservedLock(real(f), out);
                },
            .xFileControl =
                [](sqlite3_file* f, int what, void* data) {
                    return methods(f)->xFileControl(real(f), what, data);
                },
            .xSectorSize = [](sqlite3_file* f) { return methods(f)->xSectorSize(real(f)); },
            .xDeviceCharacteristics =
                [](sqlite3_file* f) { return methods(f)->xDeviceCharacteristics(real(f)); },
            .xShmMap =
                [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
                    return methods(f)->xShmMap(real(f), page, size, extend, out);
                },
            .xShmLock =
                [](sqlite3_file* f, int offset, int count, int flags) {
                    return methods(f)->xShmLock(real(f), offset, count, flags);
                },
            .xShmBarrier = [](sqlite3_file* f) { methods(f)->xShmBarrier(real(f)); },
            .xShmUnmap = [](sqlite3_file* f,
                            int remove) { return methods(f)->xShmUnmap(real(f), remove); },
            .xFetch = nullptr,
            .xUnfetch = nullptr};
        return table;
    }

    std::string name_;
    sqlite3_vfs* base_;
    sqlite3_vfs vfs_{};
};

}  // namespace aimdb::sqlite_test
