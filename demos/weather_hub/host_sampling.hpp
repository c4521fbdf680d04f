// SPDX-License-Identifier: Apache-2.0
//
// The machine the hub runs on: real live input without any network.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/core/builder.hpp"

#include "weather_hub/hub_records.hpp"

namespace hub {

inline constexpr std::chrono::milliseconds host_interval{100};

// Each takes the text of a file of /proc; what is missing counts as zero.

/// Time that a core spent, in ticks since boot.
struct CoreTime {
    std::uint64_t busy = 0;
    std::uint64_t total = 0;
};
/// /proc/stat: all cores together, then each.
[[nodiscard]] std::vector<CoreTime> parse_cpu(std::string_view text);
/// /proc/meminfo
[[nodiscard]] HostMemory parse_memory(std::string_view text);
/// /proc/loadavg
[[nodiscard]] HostLoad parse_load(std::string_view text);

/// Bytes in and out since boot.
struct Traffic {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
};
/// /proc/diskstats: read and written, of the devices in `disks`.
[[nodiscard]] Traffic parse_disk(std::string_view text, const std::set<std::string>& disks);
/// /proc/net/dev: received and sent, without loopback.
[[nodiscard]] Traffic parse_network(std::string_view text);

/// The load between two readings; nothing of a core that did not run.
[[nodiscard]] HostCpu cpu_between(const std::vector<CoreTime>& before,
                                  const std::vector<CoreTime>& after);

/// Gives each `host.*` record its source, which samples ten times a second.
void declare_cpu_source(const aimdb::Registrar<HostCpu>& record);
void declare_memory_source(const aimdb::Registrar<HostMemory>& record);
void declare_load_source(const aimdb::Registrar<HostLoad>& record);
void declare_disk_source(const aimdb::Registrar<HostDisk>& record);
void declare_network_source(const aimdb::Registrar<HostNetwork>& record);

}  // namespace hub
