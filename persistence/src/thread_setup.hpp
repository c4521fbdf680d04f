// SPDX-License-Identifier: Apache-2.0
//
// What every thread of persistence does first.
#pragma once

#include <csignal>

#include <pthread.h>

namespace aimdb::detail {

/// Blocks every signal but faults on this thread while it lives, for a thread started
/// meanwhile to inherit. SIGXFSZ above all: a write past the file size limit then
/// fails with EFBIG instead of ending the program.
class SignalsBlocked {
public:
    SignalsBlocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
            sigdelset(&all, fault);  // for the program's crash reporter
        }
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_;
};

/// For debuggers and logs; 15 characters at most.
inline void name_this_thread(const char* name) noexcept {
    pthread_setname_np(pthread_self(), name);
}

}  // namespace aimdb::detail
