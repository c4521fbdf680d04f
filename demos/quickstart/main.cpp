#include <cstdio>

#include "aimdb/core/core.hpp"
#include "aimdb/json.hpp"
#include "aimdb/persistence/persistence.hpp"
#include "aimdb/persistence_sqlite/sqlite_history.hpp"

using namespace std::chrono_literals;

struct Temperature {
    double celsius = 0.0;
};
AIMDB_RECORD(Temperature, celsius)

int main() {
    aimdb::Builder builder;
    builder.with_persistence(aimdb::sqlite_history("quickstart.db"));
    builder.configure<Temperature>("temp.room")
        .buffer(aimdb::spmc_ring(100))
        .source([](aimdb::Context ctx, aimdb::Producer<Temperature> out) -> aimdb::Task {
            for (double celsius = 19.0; celsius < 22.0 && co_await ctx.sleep(10ms);
                 celsius += 0.5) {
                out.produce(Temperature{celsius});
            }
            ctx.request_stop();
        })
        .tap([](const Temperature& t) { std::printf("now %.1f\n", t.celsius); })
        .persist({.retention = aimdb::RetentionPolicy{.age = 7 * 24h}});
    aimdb::Database db = builder.build();
    for (const auto& row : db.query_latest<Temperature>("temp.*", 3, aimdb::blocking)) {
        std::printf("from an earlier run: %s %.1f\n", row.record.c_str(), row.value.celsius);
    }
    return db.run().clean() ? 0 : 1;
}
