// SPDX-License-Identifier: Apache-2.0
//
// A record as it is declared (what the builder collects) and as it is once the
// database is built. One class for both: the declaration is what the graph shows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aimdb/core/detail/buffer.hpp"
#include "aimdb/core/detail/type_name.hpp"
#include "aimdb/core/stage.hpp"

namespace aimdb::detail {

class Declarations;

struct StageInput {
    std::string key;
    TypeTag type;
};

struct StageDeclaration {
    StageKind kind;
    std::string name;
    std::vector<StageInput> inputs;
    /// Opens the stage's readers. Called once every record has its buffer.
    std::function<std::unique_ptr<StageBody>(Declarations&)> make;
};

/// A declared stage once built: what runs, and what is shown of it.
struct StageRuntime {
    StageInfo info;  // state, failures and last_error are guarded by `mutex`
    mutable std::mutex mutex;
    TimingRecorder timings;
    StageEnvironment environment;
    OnFailure on_failure;
    std::unique_ptr<StageBody> body;
    bool done = true;  // guarded by the database's mutex
};

class RecordBase {
public:
    RecordBase(std::string record_key, TypeTag record_type)
        : key(std::move(record_key)), type(record_type) {}
    virtual ~RecordBase() = default;
    RecordBase(const RecordBase&) = delete;
    RecordBase& operator=(const RecordBase&) = delete;

    virtual void create_buffer(std::uint32_t index,
                               std::shared_ptr<const BufferContext> context) = 0;
    [[nodiscard]] virtual BufferCore& core() const = 0;
    /// True when a source, transform, join or inbound link writes it.
    [[nodiscard]] bool has_writer() const noexcept;

    const std::string key;
    const TypeTag type;
    std::uint32_t index = 0;
    std::optional<BufferConfig> buffer;
    bool buffer_declared_twice = false;
    bool keeps_times = false;
    bool lossless = false;
    std::size_t backlog = 0;  // for observers, in values
    OnFailure on_failure;
    std::vector<StageDeclaration> stages;
    std::vector<std::unique_ptr<StageRuntime>> running;  // parallel to `stages`, once built
};

template <typename T>
class Record final : public RecordBase {
public:
    explicit Record(std::string record_key) : RecordBase(std::move(record_key), TypeTag::of<T>()) {}

    void create_buffer(std::uint32_t record_index,
                       std::shared_ptr<const BufferContext> context) override {
        index = record_index;
        values = std::make_shared<Buffer<T>>(*buffer, record_index, std::move(context));
        values->reserve_backlog(backlog);
        if (keeps_times) {
            values->keep_times();
        }
    }
    [[nodiscard]] BufferCore& core() const override { return *values; }

    std::shared_ptr<Buffer<T>> values;
};

}  // namespace aimdb::detail
