// SPDX-License-Identifier: Apache-2.0
//
// What build() finds wrong: everything at once, each with its record and a
// sentence that says how to mend it.
#include "aimdb/core/builder.hpp"

#include <gtest/gtest.h>

#include "aimdb/core/core.hpp"

namespace aimdb {

// Outside the anonymous namespace, so that their names in messages are the same
// with every compiler.
struct BuilderTestTemperature {
    double celsius = 0;
};
struct BuilderTestHumidity {
    double percent = 0;
};

namespace {

using Temperature = BuilderTestTemperature;
using Humidity = BuilderTestHumidity;

using Findings = std::vector<std::pair<std::string, std::string>>;

Findings findings_of(Builder& builder) {
    Findings found;
    try {
        const Database database = builder.build();
    } catch (const ConfigurationError& error) {
        EXPECT_EQ(error.code(), Errc::invalid_configuration);
        for (const Finding& finding : error.findings()) {
            found.emplace_back(finding.record, finding.message);
        }
    }
    return found;
}

Task no_source(Context, Producer<Temperature>) { co_return; }
Temperature cool(const Temperature& t) { return {t.celsius - 1}; }
Temperature from_humidity(const Humidity& h) { return {h.percent}; }

TEST(Builder, BuildsAnEmptyDatabase) {
    Builder builder;

    const Database db = builder.build();

    EXPECT_TRUE(db.records().empty());
}

TEST(Builder, FindsARecordWithoutBuffer) {
    Builder builder;
    builder.configure<Temperature>("temp.vienna").source(no_source);

    EXPECT_EQ(findings_of(builder),
              (Findings{{"temp.vienna",
                         "has no buffer; add .buffer(aimdb::spmc_ring(n)), "
                         ".buffer(aimdb::single_latest()) or .buffer(aimdb::mailbox())"}}));
}

TEST(Builder, FindsARingOfCapacityZero) {
    Builder builder;
    builder.configure<Temperature>("temp.vienna").buffer(spmc_ring(0));

    EXPECT_EQ(findings_of(builder),
              (Findings{{"temp.vienna", "has a ring of capacity 0; give it at least 1"}}));
}

TEST(Builder, FindsARingBeyondTheLimit) {
    Builder builder;
    builder.configure<Temperature>("temp.vienna").buffer(spmc_ring((1U << 24) + 1));

    EXPECT_EQ(
        findings_of(builder),
        (Findings{{"temp.vienna", "has a ring of capacity 16777217; the limit is 16777216"}}));
}

TEST(Builder, FindsASecondBuffer) {
    Builder builder;
    builder.configure<Temperature>("temp.vienna").buffer(spmc_ring(5));
    builder.configure<Temperature>("temp.vienna").buffer(single_latest());

    EXPECT_EQ(findings_of(builder),
              (Findings{{"temp.vienna", "has two buffers; call .buffer() once"}}));
}

TEST(Builder, FindsAKeyOfTwoTypes) {
    Builder builder;
    builder.configure<Temperature>("temp.vienna").buffer(single_latest());
    builder.configure<Humidity>("temp.vienna").buffer(single_latest());

    EXPECT_EQ(findings_of(builder),
              (Findings{{"temp.vienna",
                         "is configured as aimdb::BuilderTestTemperature and as "
                         "aimdb::BuilderTestHumidity; use one type, or two keys"}}));
}

TEST(Builder, FindsABadKey) {
    Builder builder;
    builder.configure<Temperature>("temp vienna").buffer(single_latest());

    EXPECT_EQ(
        findings_of(builder),
        (Findings{{"temp vienna", "the key has white space at byte 4; use '-' or '_' instead"}}));
}

TEST(Builder, FindsAnInputThatIsNotConfigured) {
    Builder builder;
    builder.configure<Temperature>("cool").buffer(single_latest()).transform("temp", cool);

    EXPECT_EQ(findings_of(builder),
              (Findings{{"cool",
                         "its transform reads 'temp', which is not configured; configure it or "
                         "correct the key"}}));
}

TEST(Builder, FindsAnInputOfAnotherType) {
    Builder builder;
    builder.configure<Temperature>("temp").buffer(single_latest());
    builder.configure<Temperature>("t").buffer(single_latest()).transform("temp", from_humidity);

    const Findings found = findings_of(builder);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].first, "t");
    EXPECT_EQ(found[0].second.find("its transform reads 'temp' as aimdb::BuilderTestHumidity, but "
                                   "that record holds aimdb::BuilderTestTemperature"),
              0u);
    EXPECT_NE(found[0].second.find(';'), std::string::npos) << "says how to mend it";
}

TEST(Builder, FindsAnInputWithoutBuffer) {
    Builder builder;
    builder.configure<Temperature>("temp");
    builder.configure<Temperature>("cool").buffer(single_latest()).transform("temp", cool);

    const Findings found = findings_of(builder);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].first, "temp");
}

TEST(Builder, FindsSeveralWriters) {
    Builder builder;
    builder.configure<Temperature>("temp").buffer(single_latest());
    builder.configure<Temperature>("cool")
        .buffer(single_latest())
        .source(no_source)
        .transform("temp", cool);

    EXPECT_EQ(findings_of(builder),
              (Findings{{"cool",
                         "has 2 writers (source, transform); keep one, and give the others "
                         "records of their own"}}));
}

TEST(Builder, FindsACycleWithItsRealPath) {
    Builder builder;
    builder.configure<Temperature>("outside").buffer(single_latest());
    builder.configure<Temperature>("a").buffer(single_latest()).transform("c", cool);
    builder.configure<Temperature>("b").buffer(single_latest()).transform("a", cool);
    builder.configure<Temperature>("c").buffer(single_latest()).transform("b", cool);
    builder.configure<Temperature>("d").buffer(single_latest()).transform("c", cool);

    EXPECT_EQ(findings_of(builder),
              (Findings{{"a", "is derived from itself: a -> b -> c -> a; break the cycle"}}));
}

TEST(Builder, FindsARecordThatReadsItself) {
    Builder builder;
    builder.configure<Temperature>("a").buffer(single_latest()).transform("a", cool);

    EXPECT_EQ(findings_of(builder),
              (Findings{{"a", "is derived from itself: a -> a; break the cycle"}}));
}

TEST(Builder, FindsEachOfSeveralCyclesOnce) {
    Builder builder;
    const auto first = [](const Temperature& t) { return std::optional(t); };
    builder.configure<Temperature>("hub")
        .buffer(single_latest())
        .transform_join({"x", "y"}, [](const Temperature& x, const Temperature&) { return x; });
    builder.configure<Temperature>("x").buffer(single_latest()).transform("hub", first);
    builder.configure<Temperature>("y").buffer(single_latest()).transform("hub", first);

    EXPECT_EQ(findings_of(builder),
              (Findings{{"hub", "is derived from itself: hub -> x -> hub; break the cycle"},
                        {"hub", "is derived from itself: hub -> y -> hub; break the cycle"}}));
}

TEST(Builder, TellsEverythingAtOnceInOneMessage) {
    Builder builder;
    builder.configure<Temperature>("a").buffer(spmc_ring(0)).transform("missing", cool);
    builder.configure<Temperature>("b#").buffer(single_latest());
    builder.configure<Humidity>("a");
    builder.configure<Temperature>("c");

    try {
        const Database database = builder.build();
        FAIL() << "built in spite of everything";
    } catch (const ConfigurationError& error) {
        EXPECT_EQ(error.findings().size(), 5u);
        EXPECT_EQ(
            std::string(error.what()),
            "build database: 5 findings\n"
            "  - record 'a': is configured as aimdb::BuilderTestTemperature and as "
            "aimdb::BuilderTestHumidity; use one type, or two keys\n"
            "  - record 'a': has a ring of capacity 0; give it at least 1\n"
            "  - record 'a': its transform reads 'missing', which is not configured; configure it "
            "or correct the key\n"
            "  - record 'b#': the key has a '#' at byte 1; wildcards belong in patterns, not in "
            "keys\n"
            "  - record 'c': has no buffer; add .buffer(aimdb::spmc_ring(n)), "
            ".buffer(aimdb::single_latest()) or .buffer(aimdb::mailbox()): invalid "
            "configuration");
    }
}

TEST(Builder, MayBeMendedAndBuiltAfterAFinding) {
    Builder builder;
    builder.configure<Temperature>("a");
    EXPECT_EQ(findings_of(builder).size(), 1u);

    builder.configure<Temperature>("a").buffer(single_latest());

    EXPECT_TRUE(findings_of(builder).empty());
}

TEST(Builder, IsEmptyAfterBuilding) {
    Builder builder;
    builder.configure<Temperature>("a").buffer(single_latest());
    const Database first = builder.build();

    const Database second = builder.build();

    EXPECT_TRUE(first.contains("a"));
    EXPECT_FALSE(second.contains("a"));
}

TEST(Builder, TakesRecordsBeforeTheirInputs) {
    Builder builder;
    builder.configure<Temperature>("c").buffer(single_latest()).transform("b", cool);
    builder.configure<Temperature>("b").buffer(single_latest()).transform("a", cool);
    builder.configure<Temperature>("a").buffer(single_latest());

    const Database db = builder.build();

    EXPECT_EQ(db.graph().order, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Builder, AsksItsModulesForFindingsToo) {
    struct Strict : Module {
        void check(const detail::Declarations& all, std::vector<Finding>& findings) override {
            findings.push_back({"", "the strict module sees " +
                                        std::to_string(all.records().size()) + " records"});
        }
    };
    Builder builder;
    builder.module<Strict>();
    builder.configure<Temperature>("a");

    EXPECT_EQ(findings_of(builder).back(),
              (std::pair<std::string, std::string>{"", "the strict module sees 1 records"}));
}

TEST(Builder, FindsNoCycleInALongChain) {
    Builder builder;
    builder.configure<int>("r0").buffer(single_latest());
    for (int i = 1; i < 20'000; ++i) {
        builder.configure<int>("r" + std::to_string(i))
            .buffer(single_latest())
            .transform("r" + std::to_string(i - 1), [](const int& v) { return v; });
    }

    EXPECT_EQ(builder.build().graph().order.size(), 20'000u);
}

}  // namespace
}  // namespace aimdb
