// SPDX-License-Identifier: Apache-2.0
//
// The chain behind `builder.configure<T>(key)`.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "aimdb/core/aimx_hooks.hpp"
#include "aimdb/core/buffer_config.hpp"
#include "aimdb/core/detail/declarations.hpp"
#include "aimdb/core/detail/join_stage.hpp"
#include "aimdb/core/persistence_hooks.hpp"

namespace aimdb {

/// One input of a stateful join; made by join_input().
template <typename In, typename F>
struct JoinInput {
    std::string key;
    F function;
};

/// An input of transform_join(): `function` is called as (State&, const In&) or
/// (State&, const In&, Emitter<Out>&) for each value of `key`. In is
/// deduced from its second parameter; name it for a generic lambda.
template <typename In = detail::Deduce, typename F>
[[nodiscard]] auto join_input(std::string_view key, F function) {
    using Input = detail::input_of<In, F, 1>;
    return JoinInput<Input, F>{std::string(key), std::move(function)};
}

/// Declares one record. Every method returns the registrar, so calls chain; the
/// order of calls does not matter, and faults are reported by Builder::build().
///
/// Threads:   thread-confined, like its builder.
/// Ownership: refers to the builder; do not keep it longer.
template <typename T>
class Registrar {
public:
    Registrar(detail::Declarations& declarations, detail::Record<T>& record)
        : declarations_(&declarations), record_(&record) {}

    /// Gives the record its buffer: spmc_ring(n), single_latest() or mailbox().
    Registrar buffer(BufferConfig config) const {
        record_->buffer_declared_twice = record_->buffer_declared_twice || record_->buffer;
        if (!record_->buffer) {
            record_->buffer = config;
        }
        return *this;
    }

    /// Every declared stage that reads this record is waited for by
    /// Producer::room(), and the transform or join that writes it waits for room
    /// itself: nothing is lost between stages, a slow one holds back the source.
    Registrar lossless() const {
        record_->lossless = true;
        return *this;
    }

    /// What to do when a stage of this record throws; default: left failed, visible.
    Registrar on_failure(OnFailure policy) const {
        record_->on_failure = policy;
        return *this;
    }

    /// The coroutine (Context, Producer<T>) -> Task that produces the values.
    template <detail::SourceFunction<T> F>
    Registrar source(F function, std::string_view name = {}) const {
        detail::Record<T>* record = record_;
        add(StageKind::source, name, {}, [record, function](detail::Declarations&) mutable {
            return std::make_unique<detail::SourceStage<T>>(record->values, std::move(function));
        });
        return *this;
    }

    /// A function of `const T&` or `const Item<T>&`, or a coroutine (Context, Reader<T>) -> Task.
    template <typename F>
    Registrar tap(F function, std::string_view name = {}) const {
        detail::Record<T>* record = record_;
        add(StageKind::tap, name, {}, [record, function](detail::Declarations&) mutable {
            auto cursor = open(*record, {});
            if constexpr (detail::ReadingCoroutine<F, T>) {
                return std::unique_ptr<detail::StageBody>(std::make_unique<detail::ReadingStage<T>>(
                    std::move(cursor), std::move(function)));
            } else {
                // A disjunction, as looking at both would instantiate a generic lambda twice.
                static_assert(std::disjunction_v<std::is_invocable<F&, const T&>,
                                                 std::is_invocable<F&, const Item<T>&>>,
                              "aimdb: a tap is a function of const T& or const Item<T>&, or a "
                              "coroutine (Context, Reader<T>) -> Task");
                return std::unique_ptr<detail::StageBody>(std::make_unique<detail::TapStage<T, F>>(
                    std::move(cursor), std::move(function)));
            }
        });
        return *this;
    }

    /// Derives this record from `input`: a function of `const In&` that returns T
    /// or optional<T>, or takes an `Emitter<T>&` too; or a coroutine
    /// (Context, Reader<In>, Producer<T>) -> Task. In is deduced from the
    /// function; name it for a generic lambda.
    template <typename In = detail::Deduce, typename F>
    Registrar transform(std::string_view input, F function, std::string_view name = {}) const {
        using Input = detail::input_of<In, F, 0>;
        detail::Record<T>* record = record_;
        add(StageKind::transform, name, {input_named<Input>(input)},
            [record, function, key = std::string(input)](detail::Declarations& all) mutable {
                auto cursor = open_input<Input>(all, key);
                if constexpr (detail::TransformingCoroutine<F, Input, T>) {
                    return std::unique_ptr<detail::StageBody>(
                        std::make_unique<detail::TransformingStage<Input, T>>(
                            std::move(cursor), record->values, std::move(function)));
                } else {
                    return std::unique_ptr<detail::StageBody>(
                        std::make_unique<detail::FunctionStage<Input, T, F>>(
                            std::move(cursor), record->values, record->lossless,
                            std::move(function)));
                }
            });
        return *this;
    }

    /// The same with a state that lives as long as the stage: the function is
    /// called as (State&, const In&).
    template <typename In = detail::Deduce, typename State, typename F>
    requires(!std::is_convertible_v<F, std::string_view>) Registrar
        transform(std::string_view input, State state, F function, std::string_view name = {})
    const {
        using Input = detail::input_of<In, F, 1>;
        detail::Record<T>* record = record_;
        add(StageKind::transform, name, {input_named<Input>(input)},
            [record, state, function, key = std::string(input)](detail::Declarations& all) mutable {
                return std::make_unique<detail::FunctionStage<Input, T, F, State>>(
                    open_input<Input>(all, key), record->values, record->lossless,
                    std::move(function), std::move(state));
            });
        return *this;
    }

    /// Derives this record from several typed inputs that share a state.
    ///
    ///     .transform_join(Validation{}, join_input("forecast.vienna", on_forecast),
    ///                                   join_input("temp.vienna", on_observation))
    ///
    /// Values of one input come in order; the order between inputs is not defined.
    template <typename State, typename... In, typename... F>
    Registrar transform_join(State state, JoinInput<In, F>... inputs) const {
        detail::Record<T>* record = record_;
        std::vector<detail::StageInput> named{input_named<In>(inputs.key)...};
        add(StageKind::join, {}, std::move(named),
            [record, state, ... ports = std::move(inputs)](detail::Declarations& all) mutable {
                return make_join(all, *record, std::move(state), std::move(ports)...);
            });
        return *this;
    }

    /// Combines the newest value of each input: `function(const In&...)` is called
    /// for every input value once all inputs have one; it returns T or optional<T>.
    template <std::size_t N, typename F>
    Registrar transform_join(const std::string_view (&keys)[N], F function) const {
        return combine(keys, std::move(function), std::make_index_sequence<N>{});
    }

    /// Gives the record a history on disk; see <aimdb/persistence/persistence.hpp>.
    Registrar persist() const {
        detail::PersistHook<T, detail::PersistenceHeader>::apply(*this);
        return *this;
    }
    Registrar persist(const PersistOptions& options) const {
        detail::PersistHook<T, detail::PersistenceHeader>::apply(*this, options);
        return *this;
    }

    /// Lets clients see the record through the endpoints of with_aimx(), but not
    /// write it; see <aimdb/aimx_protocol/server.hpp>.
    Registrar remote() const {
        detail::RemoteHook<T, detail::AimxServerHeader>::serve(*this, false);
        return *this;
    }
    /// The same, and clients may write it. A record has one writer: none of its own then.
    Registrar remote_writable() const {
        detail::RemoteHook<T, detail::AimxServerHeader>::serve(*this, true);
        return *this;
    }

    /// Mirrors every value of this record into a record of another database:
    /// `link_to("tcp://hub:7433/temp.vienna")`; see <aimdb/aimx_protocol/link.hpp>.
    Registrar link_to(std::string_view url) const {
        detail::LinkHook<T, detail::AimxLinkHeader>::link_to(*this, url);
        return *this;
    }
    Registrar link_to(std::string_view url, const LinkOptions& options) const {
        detail::LinkHook<T, detail::AimxLinkHeader>::link_to(*this, url, options);
        return *this;
    }
    /// Mirrors a record of another database into this one, and is its only writer.
    Registrar link_from(std::string_view url) const {
        detail::LinkHook<T, detail::AimxLinkHeader>::link_from(*this, url);
        return *this;
    }
    Registrar link_from(std::string_view url, const LinkOptions& options) const {
        detail::LinkHook<T, detail::AimxLinkHeader>::link_from(*this, url, options);
        return *this;
    }

    // For modules.

    [[nodiscard]] const std::string& key() const noexcept { return record_->key; }
    [[nodiscard]] detail::Declarations& declarations() const noexcept { return *declarations_; }
    [[nodiscard]] detail::Record<T>& record() const noexcept { return *record_; }
    /// Every value from now on carries its time, and observers may lag by `backlog` values.
    void observe(std::size_t backlog) const {
        record_->keeps_times = true;
        record_->backlog = std::max(record_->backlog, backlog);
    }
    /// Adds a stage of any kind; `make` opens its readers.
    template <typename Make>
    void add(StageKind kind,
             std::string_view name,
             std::vector<detail::StageInput> inputs,
             Make make) const {
        record_->stages.push_back({kind, std::string(name), std::move(inputs),
                                   [make = std::move(make)](detail::Declarations& all) mutable {
                                       return std::unique_ptr<detail::StageBody>(make(all));
                                   }});
    }
    /// A stage's reader of `record`: from the first value of this run on.
    template <typename In>
    static std::shared_ptr<detail::OpenCursor<In>> open(detail::Record<In>& record,
                                                        ReaderOptions options) {
        options.lossless = options.lossless || record.lossless;
        return std::make_shared<detail::OpenCursor<In>>(record.values, options, true);
    }

private:
    template <typename In>
    static detail::StageInput input_named(std::string_view key) {
        return {std::string(key), detail::TypeTag::of<In>()};
    }

    template <typename In>
    static std::shared_ptr<detail::OpenCursor<In>> open_input(detail::Declarations& all,
                                                              const std::string& key) {
        return open(static_cast<detail::Record<In>&>(*all.find(key)), {});
    }

    template <typename In, typename F>
    static detail::JoinPort<In, F> open_port(detail::Declarations& all, JoinInput<In, F> input) {
        auto cursor = open_input<In>(all, input.key);
        return {detail::InputPort<In>(cursor), cursor, std::move(input.function)};
    }

    template <typename State, typename... In, typename... F>
    static auto make_join(detail::Declarations& all,
                          detail::Record<T>& record,
                          State state,
                          JoinInput<In, F>... inputs) {
        return std::make_unique<detail::JoinStage<T, State, detail::JoinPort<In, F>...>>(
            record.values, record.lossless, std::move(state), open_port(all, std::move(inputs))...);
    }

    template <std::size_t N, typename F, std::size_t... I>
    Registrar combine(const std::string_view (&keys)[N],
                      F function,
                      std::index_sequence<I...>) const {
        using State = detail::Combination<T, F, detail::argument_t<F, I>...>;
        return transform_join(
            State{std::move(function), {}},
            JoinInput<detail::argument_t<F, I>,
                      detail::CombinationInput<I, T, State, detail::argument_t<F, I>>>{
                std::string(keys[I]), {}}...);
    }

    detail::Declarations* declarations_;
    detail::Record<T>* record_;
};

}  // namespace aimdb
