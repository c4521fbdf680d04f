// SPDX-License-Identifier: Apache-2.0
//
// A link's stage on one side, its client on the other: what does not depend on
// the type of the record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "aimdb/aimx_protocol/detail/client_core.hpp"
#include "aimdb/aimx_protocol/detail/link_options.hpp"
#include "aimdb/core/detail/wakeup.hpp"

namespace aimdb::aimx {

/// Threads: thread-safe; the waits by the stage, one at a time.
class LinkPort final : public std::enable_shared_from_this<LinkPort> {
public:
    LinkPort(StageKind kind, std::string record, std::string_view url, const LinkOptions& options);

    [[nodiscard]] StageKind kind() const noexcept { return kind_; }
    [[nodiscard]] const std::string& record() const noexcept { return record_; }
    /// Of server and remote record, as declared.
    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] const LinkOptions& options() const noexcept { return options_; }
    [[nodiscard]] LinkInfo info() const;

    // For the module.

    /// Before the stage runs.
    void connect(std::shared_ptr<ClientCore> core, std::string remote_key);
    /// The database stops: what cannot be sent is given up.
    void begin_stop();
    /// The client is gone: nothing is waited for any more.
    void finish_stop();

    // For link_to.

    /// Values that may be written now. 0: wait_for_room().
    [[nodiscard]] std::size_t room() const;
    /// Nothing will be sent any more: the rest is lost.
    [[nodiscard]] bool gives_up() const;
    /// Until room() or gives_up().
    [[nodiscard]] Awaitable<void> wait_for_room() { return wait(false); }
    /// Until no answer is to come any more.
    [[nodiscard]] Awaitable<void> wait_for_answers() { return wait(true); }
    void write(std::string json);

    // For link_from.

    [[nodiscard]] Subscription subscribe(const SubscribeOptions& options);
    [[nodiscard]] bool stopping() const;
    void count_delivered();
    void count_interruption();

    void count_lost(std::uint64_t values);
    void note_error(std::string_view text);

private:
    [[nodiscard]] Awaitable<void> wait(bool for_answers);
    [[nodiscard]] bool begin_wait(bool for_answers);
    [[nodiscard]] bool satisfied(bool for_answers) const;
    [[nodiscard]] std::size_t room_now() const noexcept;
    void on_status(const ClientStatus& status);
    void on_written(const std::exception_ptr& error);
    void wake(std::unique_lock<std::mutex>& lock);

    const StageKind kind_;
    const std::string record_;
    const std::string url_;
    const LinkOptions options_;
    const std::shared_ptr<aimdb::detail::Wakeup> wakeup_ =
        std::make_shared<aimdb::detail::Wakeup>();
    std::shared_ptr<ClientCore> core_;  // constant once connected
    std::string remote_key_;

    mutable std::mutex mutex_;
    LinkInfo counts_;
    bool connected_ = false;
    bool stopping_ = false;
    bool finished_ = false;
    bool waiting_ = false;
    bool waits_for_answers_ = false;
    std::shared_ptr<UpdateQueue> updates_;
};

}  // namespace aimdb::aimx
