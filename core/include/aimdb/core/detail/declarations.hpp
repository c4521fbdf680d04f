// SPDX-License-Identifier: Apache-2.0
//
// Everything a builder has been told, by key and in the order it was told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "aimdb/core/detail/record.hpp"
#include "aimdb/core/error.hpp"
#include "aimdb/core/module.hpp"

namespace aimdb::detail {

class Declarations {
public:
    /// The record of that key, new if need be. A key declared with another type
    /// becomes a finding; the caller then gets a record nobody else sees.
    template <typename T>
    Record<T>& configure(std::string_view key) {
        if (RecordBase* known = find(key)) {
            if (known->type == TypeTag::of<T>()) {
                return static_cast<Record<T>&>(*known);
            }
            add_type_conflict(*known, TypeTag::of<T>());
            auto stray = std::make_unique<Record<T>>(std::string(key));
            Record<T>& record = *stray;
            strays_.push_back(std::move(stray));
            return record;
        }
        auto created = std::make_unique<Record<T>>(std::string(key));
        Record<T>& record = *created;
        add(std::move(created));
        return record;
    }

    [[nodiscard]] RecordBase* find(std::string_view key) const noexcept;

    /// The buffer of a record that the checks have found to be there and of this type.
    template <typename T>
    [[nodiscard]] const std::shared_ptr<Buffer<T>>& buffer(std::string_view key) const {
        RecordBase* record = find(key);
        AIMDB_ASSERT(record != nullptr);
        AIMDB_ASSERT(record->type == TypeTag::of<T>());
        return static_cast<Record<T>*>(record)->values;
    }

    [[nodiscard]] const std::vector<std::unique_ptr<RecordBase>>& records() const noexcept {
        return records_;
    }

    template <typename M>
    M& module() {
        std::unique_ptr<Module>& slot = modules_[std::type_index(typeid(M))];
        if (slot == nullptr) {
            slot = std::make_unique<M>();
            module_order_.push_back(slot.get());
        }
        return static_cast<M&>(*slot);
    }
    template <typename M>
    [[nodiscard]] M* find_module() const noexcept {
        const auto found = modules_.find(std::type_index(typeid(M)));
        return found == modules_.end() ? nullptr : static_cast<M*>(found->second.get());
    }
    [[nodiscard]] const std::vector<Module*>& modules() const noexcept { return module_order_; }

    /// Every fault in what was declared; modules have been asked too.
    [[nodiscard]] std::vector<Finding> check() const;
    /// Indices of the records, inputs before outputs, else in the order declared.
    [[nodiscard]] std::vector<std::uint32_t> topological_order() const;

private:
    struct KeyHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const noexcept {
            return std::hash<std::string_view>{}(key);
        }
    };

    void add(std::unique_ptr<RecordBase> record);
    void add_type_conflict(const RecordBase& known, TypeTag wanted);

    std::vector<std::unique_ptr<RecordBase>> records_;
    std::unordered_map<std::string, RecordBase*, KeyHash, std::equal_to<>> by_key_;
    std::vector<std::unique_ptr<RecordBase>> strays_;
    std::vector<Finding> conflicts_;
    std::map<std::type_index, std::unique_ptr<Module>> modules_;
    std::vector<Module*> module_order_;
};

}  // namespace aimdb::detail
