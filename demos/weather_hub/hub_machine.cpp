// SPDX-License-Identifier: Apache-2.0
//
// The records about the machine, the hub itself, and its contracts. They run on
// the wall clock.
#include <chrono>
#include <string>
#include <utility>

#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "weather_hub/contracts.hpp"
#include "weather_hub/host_sampling.hpp"
#include "weather_hub/hub.hpp"
#include "weather_hub/hub_parts.hpp"
#include "weather_hub/introspection.hpp"

namespace hub {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds store_interval{500};
constexpr milliseconds stages_interval{1'000};
constexpr milliseconds contract_interval{1'000};
constexpr std::size_t host_capacity = 600;  // a minute

template <typename T>
aimdb::Registrar<T> configure_host(aimdb::Builder& builder, const char* key) {
    return builder.configure<T>(key)
        .buffer(aimdb::spmc_ring(host_capacity))
        .persist({.retention = keep(host_age)})
        .remote();
}

// `database` is empty only until it has been built.
template <typename T, typename Observer>
aimdb::Task watch(aimdb::Context context,
                  aimdb::Producer<T> out,
                  const std::unique_ptr<aimdb::Database>* database,
                  milliseconds interval) {
    Observer observer;
    auto last = steady_clock::now();
    do {
        const auto now = steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - last).count();
        T value = observer.look(**database, seconds > 0 ? seconds : 1);
        value.at = wall_now();
        out.produce(std::move(value));
        last = now;
    } while (co_await wait_until(context, last + interval));
}

template <typename T, typename Observer>
void declare_watch(aimdb::Builder& builder,
                   const char* key,
                   const std::unique_ptr<aimdb::Database>* database,
                   milliseconds interval) {
    builder.configure<T>(key)
        .buffer(aimdb::single_latest())
        .source([database, interval](aimdb::Context context, aimdb::Producer<T> out) {
            return watch<T, Observer>(context, std::move(out), database, interval);
        })
        .remote();
}

// Says it again whenever values have been migrated.
aimdb::Task announce(aimdb::Context context,
                     aimdb::Producer<Contract> out,
                     Contract contract,
                     const std::atomic<std::uint64_t>* migrated) {
    out.produce(contract);
    while (co_await wait_until(context, steady_clock::now() + contract_interval)) {
        const std::uint64_t now = migrated->load(std::memory_order_relaxed);
        if (std::exchange(contract.migrated, now) != now) {
            out.produce(contract);
        }
    }
}

aimdb::Task announce_once(aimdb::Producer<Contract> out, Contract contract) {
    out.produce(std::move(contract));
    co_return;
}

}  // namespace

void Hub::declare_machine(aimdb::Builder& builder) {
    const auto cpu = configure_host<HostCpu>(builder, "host.cpu");
    const auto memory = configure_host<HostMemory>(builder, "host.memory");
    const auto load = configure_host<HostLoad>(builder, "host.load");
    const auto disk = configure_host<HostDisk>(builder, "host.disk");
    const auto network = configure_host<HostNetwork>(builder, "host.network");
    if (options_.sources) {
        declare_cpu_source(cpu);
        declare_memory_source(memory);
        declare_load_source(load);
        declare_disk_source(disk);
        declare_network_source(network);
    }
    declare_watch<StoreHealth, StoreObserver>(builder, "hub.store", &database_, store_interval);
    declare_watch<StageTable, StageObserver>(builder, "hub.stages", &database_, stages_interval);
}

void Hub::declare_contracts(aimdb::Builder& builder) {
    for (const Contract& contract : all_contracts()) {
        builder.configure<Contract>("contract." + contract.name)
            .buffer(aimdb::single_latest())
            .source([contract, migrated = &migrated_](aimdb::Context context,
                                                      aimdb::Producer<Contract> out) {
                return contract.accepts.empty()
                           ? announce_once(std::move(out), contract)
                           : announce(context, std::move(out), contract, migrated);
            })
            .remote();
    }
}

}  // namespace hub
