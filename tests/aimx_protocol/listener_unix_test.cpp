// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "aimdb/core/error.hpp"

#include "listener_rig.hpp"
#include "support/temp_dir.hpp"
#include "unix_socket.hpp"

namespace aimdb::aimx::test {
namespace {

using aimdb::test::TempDir;
namespace fs = std::filesystem;

std::string error_of(const std::string& path) {
    try {
        const UnixSocketFile file(path, 0600);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0);
    return found.st_mode & 07777U;
}

/// A socket file nobody listens at any more.
void leave_dead_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    const void* const place = &address;
    ASSERT_EQ(::bind(socket.number(), static_cast<const sockaddr*>(place), sizeof(address)), 0);
}

TEST(UnixSocketFile, HasItsModeWhateverTheUmaskIs) {
    const TempDir directory;
    const std::string path = directory.file("hub.sock");
    for (const mode_t mask : {0000U, 0022U, 0077U, 0177U}) {
        for (const mode_t mode : {0600U, 0660U, 0666U}) {
            const mode_t before = ::umask(mask);
            {
                const UnixSocketFile file(path, mode);
                EXPECT_EQ(mode_of(path), mode) << std::oct << mask;
            }
            ::umask(before);
        }
    }
}

TEST(UnixSocketFile, LeavesNothingBehind) {
    const TempDir directory;
    {
        const UnixSocketFile file(directory.file("hub.sock"), 0600);
        EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 2);
    }
    EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(UnixSocketFile, TakesThePlaceOfADeadSocket) {
    const TempDir directory;
    const std::string path = directory.file("hub.sock");
    leave_dead_socket(path);

    const UnixSocketFile file(path, 0600);

    const Descriptor client(ListenerRig::connect_unix(path));
    EXPECT_GE(client.number(), 0);
}

TEST(UnixSocketFile, LeavesALivingSocketAlone) {
    const TempDir directory;
    const std::string path = directory.file("hub.sock");
    const UnixSocketFile living(path, 0600);

    EXPECT_NE(error_of(path).find("another process serves there"), std::string::npos);

    EXPECT_TRUE(fs::is_socket(path));
}

TEST(UnixSocketFile, LeavesALivingSocketOfAnotherProgramAlone) {
    const TempDir directory;
    const std::string path = directory.file("hub.sock");
    UnixSocketFile living(path, 0600);
    fs::remove(path + ".lock");  // other programs have none

    EXPECT_NE(error_of(path).find("another process serves there"), std::string::npos);

    const Descriptor client(ListenerRig::connect_unix(path));
    EXPECT_GE(client.number(), 0);
}

TEST(UnixSocketFile, LeavesWhatIsNoSocketAlone) {
    const TempDir directory;
    const std::string file = directory.file("file");
    std::ofstream(file) << "precious";
    const std::string folder = directory.file("folder");
    fs::create_directory(folder);
    const std::string link = directory.file("link");
    fs::create_symlink(directory.file("elsewhere"), link);

    for (const std::string& path : {file, folder, link}) {
        EXPECT_NE(error_of(path).find("no socket stands there"), std::string::npos) << path;
    }

    EXPECT_EQ(fs::file_size(file), 8U);
    EXPECT_TRUE(fs::is_directory(folder));
    EXPECT_TRUE(fs::is_symlink(link));
}

TEST(UnixSocketFile, DoesNotFollowALinkToADeadSocket) {
    const TempDir directory;
    leave_dead_socket(directory.file("theirs"));
    fs::create_symlink(directory.file("theirs"), directory.file("hub.sock"));

    EXPECT_NE(error_of(directory.file("hub.sock")), "");

    EXPECT_TRUE(fs::is_socket(directory.file("theirs")));
}

TEST(UnixSocketFile, WaitsForNobodyWhoHoldsTheLock) {
    const TempDir directory;
    const std::string path = directory.file("hub.sock");
    const Descriptor lock(::open((path + ".lock").c_str(), O_RDWR | O_CREAT, 0600));
    ASSERT_EQ(::flock(lock.number(), LOCK_EX), 0);

    EXPECT_NE(error_of(path).find("another process"), std::string::npos);
}

TEST(UnixSocketFile, DoesNotOpenALinkAsItsLock) {
    const TempDir directory;
    const std::string path = directory.file("hub.sock");
    fs::create_symlink(directory.file("victim"), path + ".lock");

    EXPECT_NE(error_of(path), "");

    EXPECT_FALSE(fs::exists(directory.file("victim")));
}

TEST(UnixSocketFile, LeavesTheFileOfASuccessorWhenItGoes) {
    const TempDir directory;
    const std::string path = directory.file("hub.sock");
    {
        const UnixSocketFile file(path, 0600);
        fs::remove(path);
        leave_dead_socket(path);
    }

    EXPECT_TRUE(fs::is_socket(path));
}

TEST(UnixSocketFile, SaysThatAPathIsTooLong) {
    const TempDir directory;
    const std::size_t room = 107 - directory.path().string().size() - 1;

    EXPECT_EQ(error_of(directory.file(std::string(room, 'x'))), "");
    const std::string error = error_of(directory.file(std::string(room + 1, 'x')));

    EXPECT_NE(error.find("108 bytes"), std::string::npos) << error;
    EXPECT_NE(error.find("choose a shorter one"), std::string::npos);
}

TEST(UnixSocketFile, SaysThatTheDirectoryIsMissing) {
    const TempDir directory;

    EXPECT_NE(error_of(directory.file("no/hub.sock")).find("directory must exist"),
              std::string::npos);
}

}  // namespace
}  // namespace aimdb::aimx::test
