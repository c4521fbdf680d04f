// SPDX-License-Identifier: Apache-2.0
//
// What a first program of somebody else looks like, with whatever modules it was
// given. In a shared library, as a plugin is.
#include <cstdio>

#include <aimdb/core/core.hpp>

#ifdef CONSUMER_HAS_json
#include <aimdb/json.hpp>
#endif
#ifdef CONSUMER_HAS_persistence
#include <aimdb/persistence/persistence.hpp>
#endif
#ifdef CONSUMER_HAS_persistence_sqlite
#include <aimdb/persistence_sqlite/sqlite_history.hpp>
#endif
#ifdef CONSUMER_HAS_aimx_protocol
#include <aimdb/aimx_protocol/server.hpp>
#endif

namespace {

struct Temperature {
    double celsius = 0.0;
};
#ifdef CONSUMER_HAS_json
AIMDB_RECORD(Temperature, celsius)
#endif

}  // namespace

int use_aimdb();

int use_aimdb() {
    aimdb::Builder builder;
    const auto record = builder.configure<Temperature>("temp.vienna").buffer(aimdb::spmc_ring(4));
#if defined(CONSUMER_HAS_persistence_sqlite) && defined(CONSUMER_HAS_json)
    std::remove("consumer.db");
    builder.with_persistence(aimdb::sqlite_history("consumer.db"));
    record.persist();
#elif defined(CONSUMER_HAS_persistence) && defined(CONSUMER_HAS_json)
    builder.with_persistence(aimdb::memory_history());
    record.persist();
#endif
#if defined(CONSUMER_HAS_aimx_protocol) && defined(CONSUMER_HAS_json)
    builder.with_aimx({.endpoints = {"tcp://127.0.0.1:0"}});
    record.remote();
#endif
    aimdb::Database db = builder.build();
    db.start();
    db.producer<Temperature>("temp.vienna").produce(Temperature{21.5});

    bool good = db.latest<Temperature>("temp.vienna")->value.celsius == 21.5;
#if defined(CONSUMER_HAS_persistence) && defined(CONSUMER_HAS_json)
    good = good && db.flush(aimdb::blocking).empty();
    good = good && db.query_latest<Temperature>("temp.*", 1, aimdb::blocking).size() == 1;
#endif
    good = good && db.stop().clean();
    std::puts(good ? "consumer: ok" : "consumer: got back something else");
    return good ? 0 : 1;
}
