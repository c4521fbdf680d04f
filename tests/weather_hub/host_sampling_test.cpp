// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/host_sampling.hpp"

#include <gtest/gtest.h>

namespace hub {
namespace {

TEST(WeatherHubHost, TakesTheLoadOfEachCoreFromTwoReadings) {
    const auto before = parse_cpu(
        "cpu  100 0 100 700 100 0 0 0 50 0\n"
        "cpu0 50 0 50 350 50 0 0 0 25 0\n"
        "cpu1 50 0 50 350 50 0 0 0 25 0\n"
        "intr 1 2 3\n");
    const auto after = parse_cpu(
        "cpu  140 0 110 800 150 0 0 0 50 0\n"
        "cpu0 90 0 60 350 100 0 0 0 25 0\n"
        "cpu1 50 0 50 450 50 0 0 0 25 0\n");

    const HostCpu cpu = cpu_between(before, after);

    EXPECT_DOUBLE_EQ(cpu.total_percent, 25);
    EXPECT_EQ(cpu.core_percent, (std::vector<double>{50, 0}));
}

TEST(WeatherHubHost, ReadsMemoryAndLoad) {
    const HostMemory memory = parse_memory(
        "MemTotal:        4000 kB\nMemFree:          100 kB\nMemAvailable:    1000 kB\n");
    const HostLoad load = parse_load("0.52 1.25 2.00 3/400 12345\n");

    EXPECT_EQ(memory.total_bytes, 4'096'000);
    EXPECT_EQ(memory.available_bytes, 1'024'000);
    EXPECT_DOUBLE_EQ(memory.used_percent, 75);
    EXPECT_DOUBLE_EQ(load.one, 0.52);
    EXPECT_DOUBLE_EQ(load.five, 1.25);
    EXPECT_DOUBLE_EQ(load.fifteen, 2);
}

TEST(WeatherHubHost, CountsWholeDisksOnceAndNoLoopback) {
    const Traffic disk = parse_disk(
        "   8       0 sda 10 0 200 5 20 0 400 7 0 0 0\n"
        "   8       1 sda1 10 0 200 5 20 0 400 7 0 0 0\n"
        " 259       0 nvme0n1 1 0 2 5 2 0 4 7 0 0 0\n",
        {"sda", "nvme0n1"});
    const Traffic network = parse_network(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
        "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n"
        "  eth0: 1000 10 0 0 0 0 0 0 300 5 0 0 0 0 0 0\n"
        " wlan0:24 10 0 0 0 0 0 0 7 5 0 0 0 0 0 0\n");

    EXPECT_EQ(disk.in, 202u * 512);
    EXPECT_EQ(disk.out, 404u * 512);
    EXPECT_EQ(network.in, 1024u);
    EXPECT_EQ(network.out, 307u);
}

TEST(WeatherHubHost, TakesWhatIsMissingForZero) {
    EXPECT_TRUE(parse_cpu("").empty());
    EXPECT_EQ(cpu_between({}, {}).total_percent, 0);
    EXPECT_EQ(parse_memory("").used_percent, 0);
    EXPECT_EQ(parse_load("").one, 0);
    EXPECT_EQ(parse_disk("", {"sda"}).in, 0u);
    EXPECT_EQ(parse_network("").out, 0u);
}

}  // namespace
}  // namespace hub
