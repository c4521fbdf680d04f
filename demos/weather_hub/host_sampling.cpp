// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/host_sampling.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "weather_hub/calendar.hpp"

namespace hub {
namespace {

std::string read_file(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Whole devices that are no mere view of others.
std::set<std::string> find_disks() {
    std::set<std::string> disks;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator("/sys/block", failed)) {
        const std::string name = entry.path().filename();
        const bool view = name.starts_with("loop") || name.starts_with("ram") ||
                          name.starts_with("zram") || name.starts_with("dm-") ||
                          name.starts_with("md");
        if (!view) {
            disks.insert(name);
        }
    }
    return disks;
}

using SteadyTime = std::chrono::steady_clock::time_point;

// Calls `sample(seconds since the last call)` at each interval and publishes what it returns.
template <typename T, typename Sample>
aimdb::Task sample_for_ever(aimdb::Context context, aimdb::Producer<T> out, Sample sample) {
    SteadyTime last = std::chrono::steady_clock::now();
    static_cast<void>(sample(1.0));  // what differences are taken from
    while (co_await wait_until(context, last + host_interval)) {
        const SteadyTime now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - last).count();
        last = now;
        T value = sample(seconds);
        value.at = wall_now();
        out.produce(std::move(value));
    }
}

template <typename T, typename Sample>
void declare_source(const aimdb::Registrar<T>& record, Sample sample) {
    record.source([sample](aimdb::Context context, aimdb::Producer<T> out) {
        return sample_for_ever<T>(context, std::move(out), sample);
    });
}

// A counter may begin anew, when a device goes and comes.
double rate(std::uint64_t before, std::uint64_t after, double seconds) {
    return after < before ? 0 : static_cast<double>(after - before) / seconds;
}

double percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<CoreTime> parse_cpu(std::string_view text) {
    constexpr std::size_t idle = 3;
    constexpr std::size_t io_wait = 4;
    constexpr std::size_t steal = 7;  // what follows is counted in the others already
    std::istringstream lines{std::string(text)};
    std::vector<CoreTime> cores;
    for (std::string line; std::getline(lines, line) && line.starts_with("cpu");) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        CoreTime core;
        std::uint64_t ticks = 0;
        for (std::size_t i = 0; i <= steal && words >> ticks; ++i) {
            core.total += ticks;
            core.busy += i == idle || i == io_wait ? 0 : ticks;
        }
        cores.push_back(core);
    }
    return cores;
}

HostMemory parse_memory(std::string_view text) {
    constexpr std::int64_t kib = 1024;
    std::istringstream lines{std::string(text)};
    HostMemory memory;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::int64_t amount = 0;
        words >> name >> amount;
        if (name == "MemTotal:") {
            memory.total_bytes = amount * kib;
        } else if (name == "MemAvailable:") {
            memory.available_bytes = amount * kib;
        }
    }
    const std::int64_t used = memory.total_bytes - memory.available_bytes;
    memory.used_percent = percent(static_cast<std::uint64_t>(std::max(used, std::int64_t{0})),
                                  static_cast<std::uint64_t>(memory.total_bytes));
    return memory;
}

HostLoad parse_load(std::string_view text) {
    std::istringstream words{std::string(text)};
    HostLoad load;
    words >> load.one >> load.five >> load.fifteen;
    return load;
}

Traffic parse_disk(std::string_view text, const std::set<std::string>& disks) {
    constexpr std::uint64_t sector_bytes = 512;  // whatever the disk's own sectors are
    std::istringstream lines{std::string(text)};
    Traffic traffic;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::uint64_t skipped = 0;
        std::uint64_t sectors_read = 0;
        std::uint64_t sectors_written = 0;
        std::string name;
        words >> skipped >> skipped >> name >> skipped >> skipped >> sectors_read >> skipped >>
            skipped >> skipped >> sectors_written;
        if (words && disks.contains(name)) {
            traffic.in += sectors_read * sector_bytes;
            traffic.out += sectors_written * sector_bytes;
        }
    }
    return traffic;
}

Traffic parse_network(std::string_view text) {
    constexpr int columns_received = 8;
    std::istringstream lines{std::string(text)};
    Traffic traffic;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.find(':');
        const std::size_t begin = line.find_first_not_of(' ');
        if (colon == std::string::npos || line.substr(begin, colon - begin) == "lo") {
            continue;
        }
        std::istringstream words(line.substr(colon + 1));
        std::uint64_t received = 0;
        std::uint64_t value = 0;
        words >> received;
        for (int i = 1; i <= columns_received; ++i) {
            words >> value;
        }
        traffic.in += received;
        traffic.out += value;
    }
    return traffic;
}

HostCpu cpu_between(const std::vector<CoreTime>& before, const std::vector<CoreTime>& after) {
    HostCpu cpu;
    for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
        const double load = percent(after[i].busy - std::min(before[i].busy, after[i].busy),
                                    after[i].total - std::min(before[i].total, after[i].total));
        if (i == 0) {
            cpu.total_percent = load;
        } else {
            cpu.core_percent.push_back(load);
        }
    }
    return cpu;
}

void declare_cpu_source(const aimdb::Registrar<HostCpu>& record) {
    declare_source(record, [before = std::vector<CoreTime>()](double) mutable {
        const std::vector<CoreTime> now = parse_cpu(read_file("/proc/stat"));
        HostCpu cpu = cpu_between(before.empty() ? now : before, now);
        before = now;
        return cpu;
    });
}

void declare_memory_source(const aimdb::Registrar<HostMemory>& record) {
    declare_source(record, [](double) { return parse_memory(read_file("/proc/meminfo")); });
}

void declare_load_source(const aimdb::Registrar<HostLoad>& record) {
    declare_source(record, [](double) { return parse_load(read_file("/proc/loadavg")); });
}

void declare_disk_source(const aimdb::Registrar<HostDisk>& record) {
    declare_source(record, [disks = find_disks(), before = Traffic()](double seconds) mutable {
        const Traffic now = parse_disk(read_file("/proc/diskstats"), disks);
        const Traffic then = std::exchange(before, now);
        return HostDisk{{}, rate(then.in, now.in, seconds), rate(then.out, now.out, seconds)};
    });
}

void declare_network_source(const aimdb::Registrar<HostNetwork>& record) {
    declare_source(record, [before = Traffic()](double seconds) mutable {
        const Traffic now = parse_network(read_file("/proc/net/dev"));
        const Traffic then = std::exchange(before, now);
        return HostNetwork{{}, rate(then.in, now.in, seconds), rate(then.out, now.out, seconds)};
    });
}

}  // namespace hub
