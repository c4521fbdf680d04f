// SPDX-License-Identifier: Apache-2.0
//
// From a station's reading to temperature, humidity and dew point.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "weather_hub/hub.hpp"
#include "weather_hub/hub_parts.hpp"
#include "weather_hub/readings.hpp"

namespace hub {
namespace {

// A station on a wrong clock must not write into the future.
UnixTime not_after(const aimdb::Clock& clock, UnixTime at) { return std::min(at, clock.now()); }

// Version 1 says no time: that of the produce stands for it.
aimdb::Task migrate(aimdb::Context context,
                    aimdb::Reader<TemperatureV1> in,
                    aimdb::Producer<Temperature> out,
                    Sampler sampler,
                    std::atomic<std::uint64_t>* migrated) {
    while (const auto item = co_await in.recv()) {
        const std::optional<double> celsius = to_celsius(item->value);
        if (!celsius) {
            context.log().warn("unit '" + item->value.unit + "' is none of C, F and K: left out");
            continue;
        }
        migrated->fetch_add(1, std::memory_order_relaxed);
        if (sampler.take(item->at) && co_await out.room()) {
            out.produce({*celsius, item->at}, item->at);
        }
    }
}

}  // namespace

void Hub::declare_station(aimdb::Builder& builder, const Station& station) {
    if (station.kind == StationKind::observed) {
        return;  // its temperature is its city's
    }
    if (station.kind == StationKind::simulated_v1) {
        declare_older_station(builder, station);
        return;
    }
    const auto reading =
        builder.configure<Reading>("reading." + station.key).buffer(ring).lossless();
    if (station.kind == StationKind::remote && options_.sources) {
        reading.remote_writable();
    } else {
        reading.remote();
    }
    if (station.kind == StationKind::simulated && options_.sources) {
        reading.transform("hub.clock", [instruments = SimulatedStation(options_.seed, station)](
                                           const ClockTick& now, aimdb::Emitter<Reading>& out) {
            out.produce(instruments.read(now.at), now.at);
        });
    }
    declare_temperature(builder, station);
    declare_humidity(builder, station);
}

void Hub::declare_temperature(aimdb::Builder& builder, const Station& station) {
    builder.configure<Temperature>("temp." + station.key)
        .buffer(ring)
        .lossless()
        .transform("reading." + station.key,
                   Sampler(station.sample_h, stored_.temperature(station.key)),
                   [clock = clock_](Sampler& sampler, const Reading& reading,
                                    aimdb::Emitter<Temperature>& out) {
                       const UnixTime at = not_after(*clock, reading.at);
                       if (std::isfinite(reading.celsius) && sampler.take(at)) {
                           out.produce({reading.celsius, at}, at);
                       }
                   })
        .persist({.retention = keep(temperature_age)})
        .remote();
}

void Hub::declare_humidity(aimdb::Builder& builder, const Station& station) {
    const std::string temperature = "temp." + station.key;
    const std::string humidity = "humidity." + station.key;
    builder.configure<Humidity>(humidity)
        .buffer(ring)
        .lossless()
        .transform("reading." + station.key, Sampler(station.sample_h, std::nullopt),
                   [clock = clock_](Sampler& sampler, const Reading& reading,
                                    aimdb::Emitter<Humidity>& out) {
                       const UnixTime at = not_after(*clock, reading.at);
                       if (reading.percent > 0 && reading.percent <= 100 && sampler.take(at)) {
                           out.produce({reading.percent, at}, at);
                       }
                   })
        .remote();

    const auto join = [](DewPointState& state, const auto& measured,
                         aimdb::Emitter<DewPoint>& out) {
        if (const auto dew_point = state.add(measured)) {
            out.produce(*dew_point, dew_point->observed_at);
        }
    };
    builder.configure<DewPoint>("dew_point." + station.key)
        .buffer(ring)
        .lossless()
        .transform_join(DewPointState(), aimdb::join_input<Temperature>(temperature, join),
                        aimdb::join_input<Humidity>(humidity, join))
        .remote();
}

void Hub::declare_older_station(aimdb::Builder& builder, const Station& station) {
    const std::string version_1 = "reading_v1." + station.key;
    const auto reading = builder.configure<TemperatureV1>(version_1).buffer(ring).lossless();
    reading.remote();
    if (options_.sources) {
        reading.transform("hub.clock",
                          [instruments = SimulatedStation(options_.seed, station)](
                              const ClockTick& now, aimdb::Emitter<TemperatureV1>& out) {
                              out.produce(to_version_1(instruments.read(now.at).celsius), now.at);
                          });
    }
    builder.configure<Temperature>("temp." + station.key)
        .buffer(ring)
        .lossless()
        .transform<TemperatureV1>(
            version_1,
            [sampler = Sampler(station.sample_h, stored_.temperature(station.key)),
             migrated = &migrated_](aimdb::Context context, aimdb::Reader<TemperatureV1> in,
                                    aimdb::Producer<Temperature> out) {
                return migrate(context, std::move(in), std::move(out), sampler, migrated);
            },
            "migrate")
        .persist({.retention = keep(temperature_age)})
        .remote();
}

}  // namespace hub
