// SPDX-License-Identifier: Apache-2.0
#include "replay_wish.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "epoch.hpp"
#include "feed.hpp"
#include "text_scan.hpp"

namespace aimdb::aimx {
namespace {

std::optional<Resume> read_resume(std::string_view json) {
    const Params members(json);
    const auto epoch = members.text("epoch");
    const auto pos = members.number("pos");
    return epoch && pos ? std::optional(Resume{*epoch, *pos}) : std::nullopt;
}

}  // namespace

std::optional<ReplayWish> read_replay_wish(const Frame& frame, bool pattern, std::string& fault) {
    ReplayWish wish;
    const std::string_view since = frame.more("since");
    const std::string_view from = frame.more("from");
    if (since.empty() && from.empty()) {
        return std::nullopt;
    }
    if (!since.empty()) {
        constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max() / 1'000'000;
        const auto ms = read_number(since);
        fault = ms ? "" : "since is no time in Unix milliseconds";
        wish.since = from_unix_ms(static_cast<std::int64_t>(std::min(ms.value_or(0), largest)));
    }
    if (!from.empty()) {
        wish.from = read_resume(from);
        bool good = wish.from.has_value();
        if (!good && pattern) {
            good = for_each_member(from, [&](std::string_view key, std::string_view value) {
                if (auto resume = read_resume(value)) {
                    wish.from_by_key.emplace(key, std::move(*resume));
                } else {
                    fault = "from has a member that is no {\"epoch\":…,\"pos\":…}";
                }
            });
        }
        if (!good) {
            fault = "from is no {\"epoch\":…,\"pos\":…}";
        }
    }
    return wish;
}

const Resume* ReplayWish::resume_of(const ServedRecord& record) const {
    if (from) {
        return &*from;
    }
    const auto found = from_by_key.find(record.key());
    return found == from_by_key.end() ? nullptr : &found->second;
}

bool ReplayWish::epochs_match(const ServedSubscription& subscription) const {
    return std::all_of(subscription.cursors.begin(), subscription.cursors.end(),
                       [&](const FeedCursor& cursor) {
                           const ServedRecord& record = cursor.feed->record();
                           const Resume* const resume = resume_of(record);
                           return resume == nullptr || are_comparable(resume->epoch, record.epoch);
                       });
}

}  // namespace aimdb::aimx
