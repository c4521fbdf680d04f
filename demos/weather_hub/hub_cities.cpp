// SPDX-License-Identifier: Apache-2.0
//
// From a day's observation to forecasts, their validations and how good they were.
#include <string>
#include <utility>

#include "aimdb/aimx_protocol/server.hpp"
#include "aimdb/persistence/persistence.hpp"

#include "weather_hub/hub.hpp"
#include "weather_hub/hub_parts.hpp"

namespace hub {
namespace {

template <std::size_t Index>
auto sample_of(const Station& station) {
    return aimdb::join_input(
        "temp." + station.key,
        [](DayMeans& days, const Temperature& temperature, aimdb::Emitter<Observation>& out) {
            days.add(Index, temperature);
            for (const Observation& day : days.take_complete()) {
                out.produce(day, day.at);
            }
        });
}

// First what history says, if the newest summary in it does not.
aimdb::Task summarise(aimdb::Reader<ForecastValidation> in,
                      aimdb::Producer<AccuracySummary> out,
                      SummaryState state,
                      std::optional<AccuracySummary> stored) {
    if (const auto now = state.summary(); now && now != stored) {
        out.produce(*now, now->at);
    }
    while (const auto item = co_await in.recv()) {
        state.add(item->value);
        if (co_await out.room()) {
            const std::optional<AccuracySummary> now = state.summary();
            out.produce(*now, now->at);
        }
    }
}

}  // namespace

void Hub::declare_observation(aimdb::Builder& builder, const City& city) {
    const auto observation =
        builder.configure<Observation>("observation." + city.key()).buffer(ring).lossless();
    observation.remote();
    if (city.simulated()) {
        observation.transform_join(city.day_before(plan_.next, stored_.temperatures),
                                   sample_of<0>(city.stations()[0]),
                                   sample_of<1>(city.stations()[1]));
        return;
    }
    if (options_.sources) {
        observation.transform(
            "hub.clock", [known = &city](const ClockTick& now, aimdb::Emitter<Observation>& out) {
                if (const auto today = known->observation(now.at)) {
                    out.produce(*today, today->at);
                }
            });
    }
    builder.configure<Temperature>("temp." + city.key())
        .buffer(ring)
        .lossless()
        .transform("observation." + city.key(),
                   [stored = stored_.progress(city.key())](const Observation& seen,
                                                           aimdb::Emitter<Temperature>& out) {
                       if (!stored.has_temperature(seen.at)) {
                           out.produce({seen.celsius, seen.at}, seen.at);
                       }
                   })
        .persist({.retention = keep(temperature_age)})
        .remote();
}

void Hub::declare_city(aimdb::Builder& builder, const City& city) {
    declare_observation(builder, city);
    const std::string observation = "observation." + city.key();
    const std::string forecast = "forecast." + city.key();
    weather::CityState state = city.state_before(plan_.next);

    builder.configure<Forecast>(forecast)
        .buffer(ring)
        .lossless()
        .transform(observation, std::move(state.models),
                   [](weather::BaselineModels& models, const Observation& seen,
                      aimdb::Emitter<Forecast>& out) {
                       for (Forecast& made : models.observe(seen)) {
                           out.produce(std::move(made), seen.at);
                       }
                   })
        .remote();

    using weather::ValidationState;
    const auto publish = [stored = stored_.progress(city.key())](
                             const auto& matured, aimdb::Emitter<ForecastValidation>& out) {
        for (const ForecastValidation& validation : matured) {
            if (!stored.has_validation(validation.valid_for, validation.model)) {
                out.produce(validation, validation.timestamp);
            }
        }
    };
    builder.configure<ForecastValidation>("accuracy." + city.key())
        .buffer(ring)
        .lossless()
        .transform_join(
            std::move(state.validation),
            aimdb::join_input(forecast,
                              [publish](ValidationState& validation, const Forecast& made,
                                        aimdb::Emitter<ForecastValidation>& out) {
                                  if (const auto matured = validation.add(made)) {
                                      publish(std::array{*matured}, out);
                                  }
                              }),
            aimdb::join_input(observation,
                              [publish](ValidationState& validation, const Observation& seen,
                                        aimdb::Emitter<ForecastValidation>& out) {
                                  publish(validation.add(seen), out);
                              }))
        .persist({.retention = keep(accuracy_age)})
        .remote();
}

void Hub::declare_summary(aimdb::Builder& builder, const City& city) {
    const auto found = stored_.as_stored.find(city.key());
    std::optional<AccuracySummary> newest;
    if (found != stored_.as_stored.end()) {
        newest = found->second;
    }
    builder.configure<AccuracySummary>("accuracy_summary." + city.key())
        .buffer(aimdb::single_latest())
        .lossless()
        .transform<ForecastValidation>(
            "accuracy." + city.key(),
            [state = stored_.summary(city.key()), newest](aimdb::Context,
                                                          aimdb::Reader<ForecastValidation> in,
                                                          aimdb::Producer<AccuracySummary> out) {
                return summarise(std::move(in), std::move(out), state, newest);
            },
            "summarise")
        .persist({.retention = keep(summary_age)})
        .remote();
}

}  // namespace hub
