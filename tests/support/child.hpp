// SPDX-License-Identifier: Apache-2.0
//
// A program run by a test.
#pragma once

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace aimdb::test {

/// Runs a program; its standard input, output and error are pipes. Killed, if it
/// still runs, when this object goes.
///
/// Threads: thread-confined.
class Child {
public:
    /// `command` is the path of the program and its arguments.
    explicit Child(std::vector<std::string> command) {
        int ends[2];
        int input[2];
        if (::pipe2(ends, O_CLOEXEC) != 0 || ::pipe2(input, O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "make a pipe");
        }
        std::vector<char*> argv;
        for (std::string& word : command) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(input[0], STDIN_FILENO);
            ::dup2(ends[1], STDOUT_FILENO);
            ::dup2(ends[1], STDERR_FILENO);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        ::close(input[0]);
        output_end_ = ends[0];
        input_end_ = input[1];
    }
    ~Child() {
        kill(SIGKILL);
        wait();
        ::close(output_end_);
        ::close(input_end_);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Gives it a line to read. False when it reads no more.
    bool say(const std::string& line) {
        const std::string text = line + '\n';
        return ::write(input_end_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    }
    /// Reads what it prints until `text` has come; false if it ended before that.
    bool print_reaches(std::string_view text) {
        while (output_.find(text) == std::string::npos) {
            if (!read_more()) {
                return false;
            }
        }
        return true;
    }
    /// What has been read so far; all of it after wait().
    [[nodiscard]] const std::string& output() const noexcept { return output_; }
    /// The word that follows `label` in it, or nothing.
    [[nodiscard]] std::string word_after(std::string_view label) const {
        const std::size_t found = output_.find(label);
        if (found == std::string::npos) {
            return {};
        }
        const std::size_t begin = output_.find_first_not_of(' ', found + label.size());
        return output_.substr(begin, output_.find_first_of(" \n", begin) - begin);
    }

    void kill(int signal) {
        if (!reaped_) {
            ::kill(pid_, signal);
        }
    }
    /// Waits for the end; 128 and the number of the signal that ended it.
    int wait() {
        while (read_more()) {
        }
        if (!reaped_) {
            ::waitpid(pid_, &status_, 0);
            reaped_ = true;
        }
        return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
    }

private:
    bool read_more() {
        char part[4096];
        const ssize_t count = ::read(output_end_, part, sizeof part);
        if (count > 0) {
            output_.append(part, static_cast<std::size_t>(count));
        }
        return count > 0;
    }

    pid_t pid_ = -1;
    int output_end_ = -1;
    int input_end_ = -1;
    int status_ = 0;
    bool reaped_ = false;
    std::string output_;
};

}  // namespace aimdb::test
