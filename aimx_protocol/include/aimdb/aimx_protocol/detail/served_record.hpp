// SPDX-License-Identifier: Apache-2.0
//
// A record as the server sees it: values are JSON text, types are gone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/bind_executor.hpp>

#include "aimdb/core/codec.hpp"
#include "aimdb/core/detail/record.hpp"
#include "aimdb/core/producer.hpp"
#include "aimdb/core/reader.hpp"

namespace aimdb::aimx {

/// Whether the JSON object `json` has a member of that name.
[[nodiscard]] bool has_member(std::string_view json, std::string_view name);

/// Which value, and when it was produced.
struct Stamp {
    std::uint64_t pos = 0;
    UnixTime at{};
    std::uint64_t skipped = 0;  ///< Missed just before it.
};

/// Something that can be told to go on.
class Waker {
public:
    virtual ~Waker() = default;
    virtual void wake() = 0;
};

enum class Took : std::uint8_t { nothing, value, unencodable };

/// A place in a record's values. Takes nothing away from anybody.
///
/// Threads: thread-confined.
class ValueStream {
public:
    virtual ~ValueStream() = default;
    /// Replaces `json` by the next value. Of one that its codec refuses only the
    /// stamp is given.
    virtual Took take(std::string& json, Stamp& stamp) = 0;
    /// Wakes `waker` on `executor`, once, when there is something to take or the
    /// record is closed. One wait at a time.
    virtual void wait(const asio::any_io_executor& executor, std::weak_ptr<Waker> waker) = 0;
    [[nodiscard]] virtual bool closed() const = 0;
};

/// Threads:   thread-confined (the server's loop), but for what does not change.
/// Ownership: of the server; refers to the record.
class ServedRecord {
public:
    ServedRecord(aimdb::detail::RecordBase& record, bool may_be_written)
        : writable(may_be_written), base_(&record) {}
    virtual ~ServedRecord() = default;
    ServedRecord(const ServedRecord&) = delete;
    ServedRecord& operator=(const ServedRecord&) = delete;

    [[nodiscard]] const std::string& key() const noexcept { return base_->key; }
    [[nodiscard]] BufferKind kind() const noexcept { return base_->buffer->kind; }
    [[nodiscard]] aimdb::detail::RecordBase& base() const noexcept { return *base_; }
    /// Sequence of the newest value, also one that is no longer retained.
    [[nodiscard]] std::uint64_t head() const { return base_->core().counters().next_sequence - 1; }

    /// Appends the newest value; false when there is none. Throws what the codec throws.
    [[nodiscard]] virtual bool latest(std::string& json, Stamp& stamp) const = 0;
    [[nodiscard]] virtual std::unique_ptr<ValueStream> open(ReadFrom from) const = 0;
    /// Produces what `json` decodes as. Throws Error(decode_failed).
    virtual Position write(std::string_view json) const = 0;
    /// Whether `json` decodes and the type has a member `name`, which so meant something.
    [[nodiscard]] virtual bool takes_member(std::string_view json, std::string_view name) const = 0;

    bool writable;
    std::string stored_name;  ///< What it persists under; empty when it does not.
    std::string epoch;        ///< Of its positions; see docs/aimx_protocol.md.

private:
    aimdb::detail::RecordBase* base_;
};

template <typename T>
class TypedStream final : public ValueStream {
public:
    explicit TypedStream(std::shared_ptr<aimdb::detail::OpenCursor<T>> cursor)
        : cursor_(std::move(cursor)) {}

    Took take(std::string& json, Stamp& stamp) override {
        aimdb::detail::Taken<T> taken;
        if (!cursor_->buffer().try_take(cursor_->cursor(), taken)) {
            return Took::nothing;
        }
        stamp = {taken.sequence, taken.at, taken.skipped};
        json.clear();
        try {
            Codec<T>::encode(taken.held.get(), json);
        } catch (...) {  // counted by the caller
            return Took::unencodable;
        }
        return Took::value;
    }

    void wait(const asio::any_io_executor& executor, std::weak_ptr<Waker> waker) override {
        aimdb::detail::Wakeup& wakeup = *cursor_->cursor().waiter.wakeup;
        wakeup.arm(asio::bind_executor(executor,
                                       [waker = std::move(waker)](std::error_code) {
                                           if (const auto waiting = waker.lock()) {
                                               waiting->wake();
                                           }
                                       }),
                   executor);
        if (!cursor_->buffer().wait_for_value(cursor_->cursor())) {
            wakeup.fire();
        }
    }

    bool closed() const override { return cursor_->buffer().finished(cursor_->cursor()); }

private:
    std::shared_ptr<aimdb::detail::OpenCursor<T>> cursor_;
};

template <typename T>
class TypedServedRecord final : public ServedRecord {
public:
    TypedServedRecord(aimdb::detail::Record<T>& record, bool may_be_written)
        : ServedRecord(record, may_be_written), record_(&record) {}

    bool latest(std::string& json, Stamp& stamp) const override {
        const auto item = record_->values->latest();
        if (!item) {
            return false;
        }
        stamp = {item->sequence, item->at, 0};
        if (encoded_.sequence != item->sequence) {
            encoded_.sequence = 0;
            encoded_.json.clear();
            Codec<T>::encode(item->value, encoded_.json);
            encoded_.sequence = item->sequence;
        }
        json += encoded_.json;
        return true;
    }

    std::unique_ptr<ValueStream> open(ReadFrom from) const override {
        ReaderOptions options;
        options.from = from;
        options.observer = kind() == BufferKind::mailbox;
        return std::make_unique<TypedStream<T>>(
            std::make_shared<aimdb::detail::OpenCursor<T>>(record_->values, options, false));
    }

    Position write(std::string_view json) const override {
        return Producer<T>(record_->values).produce(Codec<T>::decode(json));
    }

    bool takes_member(std::string_view json, std::string_view name) const override {
        try {
            std::string again;
            Codec<T>::encode(Codec<T>::decode(json), again);
            return has_member(again, name);
        } catch (const Error&) {
            return false;
        }
    }

private:
    struct Encoded {
        std::uint64_t sequence = 0;
        std::string json;
    };

    aimdb::detail::Record<T>* record_;
    mutable Encoded encoded_;  // what was asked for last
};

}  // namespace aimdb::aimx
