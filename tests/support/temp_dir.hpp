// SPDX-License-Identifier: Apache-2.0
//
// A directory of its own for each test that touches files.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace aimdb::test {

/// A new directory below the system's temporary one, removed with everything in
/// it when this object goes.
///
/// Lifetime: must outlive whatever has files open in it.
class TempDir {
public:
    TempDir() : path_(make()) {}
    ~TempDir() {
        // A leftover must not fail a test that passed.
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    /// The path of `name` inside, whether or not it exists.
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

private:
    static std::filesystem::path make() {
        std::string name = (std::filesystem::temp_directory_path() / "aimdb-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::system_error(errno, std::generic_category(), "create directory " + name);
        }
        return name;
    }

    std::filesystem::path path_;
};

}  // namespace aimdb::test
