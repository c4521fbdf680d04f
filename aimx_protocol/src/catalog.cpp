// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <algorithm>

#include "aimdb/core/key.hpp"

namespace aimdb::aimx {

Catalog::Catalog(const Database& database, std::vector<std::unique_ptr<ServedRecord>> records)
    : database_(database), records_(std::move(records)) {
    std::sort(records_.begin(), records_.end(),
              [](const auto& a, const auto& b) { return a->base().index < b->base().index; });
    for (const auto& record : records_) {
        by_key_.emplace(record->key(), record.get());
    }
}

ServedRecord* Catalog::find(std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
}

std::vector<ServedRecord*> Catalog::match(std::string_view topic, std::string& fault) const {
    std::vector<ServedRecord*> found;
    if (!is_pattern(topic)) {
        if (ServedRecord* const record = find(topic)) {
            found.push_back(record);
        }
        return found;
    }
    try {
        const Pattern pattern(topic);
        for (const auto& record : records_) {
            if (pattern.matches(record->key())) {
                found.push_back(record.get());
            }
        }
    } catch (const Error& error) {
        fault = error.what();
    }
    return found;
}

std::shared_ptr<const StoredSelection> Catalog::stored(std::string_view topic, std::string& fault) {
    if (const auto known = stored_.find(topic); known != stored_.end()) {
        return known->second;
    }
    auto selection = std::make_shared<StoredSelection>();
    std::vector<std::string> names;
    for (const ServedRecord* const record : match(topic, fault)) {
        if (!record->stored_name.empty()) {
            selection->origins.emplace(record->stored_name,
                                       RowOrigin{record->key(), record->epoch});
            names.push_back(record->stored_name);
        }
    }
    std::sort(names.begin(), names.end());
    selection->names = std::make_shared<const std::vector<std::string>>(std::move(names));
    if (fault.empty() && is_pattern(topic) && stored_.size() < remembered_patterns) {
        stored_.emplace(topic, selection);
    }
    return selection;
}

RecordCounters Catalog::counters_since_reset(const RecordInfo& info) const {
    RecordCounters counters = info.counters;
    if (const auto found = at_reset_.find(info.key); found != at_reset_.end()) {
        counters.produced -= found->second.produced;
        counters.consumed -= found->second.consumed;
        counters.lagged -= found->second.lagged;
    }
    return counters;
}

void Catalog::reset_counters() {
    for (const auto& record : records_) {
        at_reset_[record->key()] = database_.record_info(record->key()).counters;
    }
}

void Catalog::reset_timings() const {
    for (const auto& record : records_) {
        for (const auto& stage : record->base().running) {
            stage->timings.reset();
        }
    }
}

}  // namespace aimdb::aimx
