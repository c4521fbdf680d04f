// SPDX-License-Identifier: Apache-2.0
#include "pipeline.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <asio/steady_timer.hpp>

#include "aimdb/persistence/persistence.hpp"

namespace weather {
namespace {

// A year and some: room for a burst, small enough that the stages keep together.
constexpr aimdb::BufferConfig ring = aimdb::spmc_ring(512);

// Waits in real time, as the database's own clock is what the replay moves.
aimdb::Task wait_until(aimdb::Context context, std::chrono::steady_clock::time_point when) {
    constexpr std::chrono::milliseconds look_limit{50};  // how soon a stop is noticed
    asio::steady_timer timer(context.executor());
    while (!context.stopping() && std::chrono::steady_clock::now() < when) {
        timer.expires_at(std::min(when, std::chrono::steady_clock::now() + look_limit));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

aimdb::Task walk(aimdb::Context context,
                 aimdb::Producer<Day> out,
                 std::vector<UnixTime> days,
                 double days_per_second,
                 std::shared_ptr<aimdb::ManualClock> clock) {
    const auto begin = std::chrono::steady_clock::now();
    const std::chrono::duration<double> step(days_per_second > 0 ? 1 / days_per_second : 0);
    for (std::size_t i = 0; i < days.size(); ++i) {
        const auto passed =
            std::chrono::duration_cast<std::chrono::nanoseconds>(step * static_cast<double>(i));
        co_await wait_until(context, begin + passed);
        if (!co_await out.room() || context.stopping()) {
            co_return;
        }
        clock->advance_to(std::max(clock->now(), days[i]));
        out.produce({days[i]});
    }
    context.request_stop();
}

std::optional<Observation> find_observation(const City& city, const Day& day) {
    const auto found =
        std::lower_bound(city.observations.begin(), city.observations.end(), day.at,
                         [](const Observation& seen, UnixTime at) { return seen.at < at; });
    if (found == city.observations.end() || found->at != day.at) {
        return std::nullopt;
    }
    return *found;
}

}  // namespace

void declare_calendar(aimdb::Builder& builder,
                      std::vector<UnixTime> days,
                      double days_per_second,
                      std::shared_ptr<aimdb::ManualClock> clock) {
    builder.configure<Day>("calendar")
        .buffer(ring)
        .lossless()
        .source([=](aimdb::Context context, aimdb::Producer<Day> out) {
            return walk(std::move(context), std::move(out), days, days_per_second, clock);
        });
}

void declare_city(aimdb::Builder& builder,
                  const City& city,
                  CityState state,
                  const Progress& stored) {
    const std::string observation = "observation." + city.key;
    const std::string forecast = "forecast." + city.key;

    builder.configure<Observation>(observation)
        .buffer(ring)
        .lossless()
        .transform("calendar", [&city](const Day& today) { return find_observation(city, today); });

    builder.configure<Temperature>("temp." + city.key)
        .buffer(ring)
        .lossless()
        .transform(observation,
                   [stored](const Observation& seen, aimdb::Emitter<Temperature>& out) {
                       if (!stored.has_temperature(seen.at)) {
                           out.produce({seen.celsius, seen.at}, seen.at);
                       }
                   })
        .persist();

    builder.configure<Wind>("wind." + city.key)
        .buffer(ring)
        .lossless()
        .transform(observation, [](const Observation& seen) {
            return Wind{seen.wind_m_s, seen.at};
        });

    builder.configure<Precipitation>("precipitation." + city.key)
        .buffer(ring)
        .lossless()
        .transform(observation, [](const Observation& seen) {
            return Precipitation{seen.precipitation_mm, seen.at};
        });

    builder.configure<Forecast>(forecast).buffer(ring).lossless().transform(
        observation, std::move(state.models),
        [](BaselineModels& models, const Observation& seen, aimdb::Emitter<Forecast>& out) {
            for (Forecast& made : models.observe(seen)) {
                out.produce(std::move(made), seen.at);
            }
        });

    const auto publish = [stored](const ForecastValidation& matured,
                                  aimdb::Emitter<ForecastValidation>& out) {
        if (!stored.has_validation(matured.valid_for, matured.model)) {
            out.produce(matured, matured.timestamp);
        }
    };
    builder.configure<ForecastValidation>("accuracy." + city.key)
        .buffer(ring)
        .lossless()
        .transform_join(
            std::move(state.validation),
            aimdb::join_input(forecast,
                              [publish](ValidationState& validation, const Forecast& made,
                                        aimdb::Emitter<ForecastValidation>& out) {
                                  if (const auto matured = validation.add(made)) {
                                      publish(*matured, out);
                                  }
                              }),
            aimdb::join_input(observation,
                              [publish](ValidationState& validation, const Observation& seen,
                                        aimdb::Emitter<ForecastValidation>& out) {
                                  for (const auto& matured : validation.add(seen)) {
                                      publish(matured, out);
                                  }
                              }))
        .persist();
}

}  // namespace weather
