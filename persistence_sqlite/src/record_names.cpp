// SPDX-License-Identifier: Apache-2.0
#include "record_names.hpp"

#include <algorithm>
#include <string_view>

namespace aimdb::sqlite {
namespace {

// Every match of a pattern begins with the text of its first segment, when that
// is no wildcard; further segments may be separated differently.
std::string_view common_beginning(const Pattern& pattern) {
    const std::string_view text = pattern.text();
    return pattern.has_wildcard() ? text.substr(0, text.find_first_of(".:*#")) : text;
}

bool name_before(const RecordName* record, std::string_view name) { return record->name < name; }

}  // namespace

RecordNames::RecordNames(Connection& connection)
    : select_new_(connection, "SELECT id, name FROM record WHERE id>?1 ORDER BY id") {}

void RecordNames::refresh() {
    const Running running(select_new_);
    select_new_.bind(1, by_id_.empty() ? std::int64_t{0} : by_id_.back().id);
    while (select_new_.step()) {
        by_id_.push_back({.id = select_new_.integer(0),
                          .index = by_id_.size(),
                          .name = std::string(select_new_.text(1))});
    }
    if (by_name_.size() == by_id_.size()) {
        return;
    }
    // An earlier refresh may have been interrupted in the loop above.
    for (std::size_t index = by_name_.size(); index < by_id_.size(); ++index) {
        by_name_.push_back(&by_id_[index]);
    }
    std::sort(by_name_.begin(), by_name_.end(),
              [](const RecordName* a, const RecordName* b) { return a->name < b->name; });
}

std::vector<const RecordName*> RecordNames::match(const Pattern& pattern,
                                                  const std::vector<std::string>* names) const {
    if (names != nullptr) {
        return match_names(pattern, *names);
    }
    if (pattern.matches_everything()) {
        return by_name_;
    }
    const std::string_view beginning = common_beginning(pattern);
    std::vector<const RecordName*> matches;
    for (auto at = std::lower_bound(by_name_.begin(), by_name_.end(), beginning, name_before);
         at != by_name_.end() && (*at)->name.starts_with(beginning); ++at) {
        if (pattern.matches((*at)->name)) {
            matches.push_back(*at);
        }
    }
    return matches;
}

std::vector<const RecordName*> RecordNames::match_names(
    const Pattern& pattern, const std::vector<std::string>& names) const {
    const bool everything = pattern.matches_everything();
    std::vector<const RecordName*> matches;
    auto at = by_name_.begin();
    for (const std::string& name : names) {
        // Names that lie close together are met by walking, others by searching.
        for (int steps = 0; at != by_name_.end() && (*at)->name < name; ++steps) {
            at = steps < 4 ? at + 1 : std::lower_bound(at, by_name_.end(), name, name_before);
        }
        if (at != by_name_.end() && (*at)->name == name && (everything || pattern.matches(name))) {
            matches.push_back(*at);
        }
    }
    return matches;
}

const RecordName* RecordNames::find(RecordId id) const {
    const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                     [](const RecordName& a, RecordId b) { return a.id < b; });
    return at != by_id_.end() && at->id == id ? &*at : nullptr;
}

}  // namespace aimdb::sqlite
