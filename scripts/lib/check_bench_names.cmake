# Fails when a benchmark file lacks a figure that the README promises.
#
#   cmake -DFILE=<file> -P check_bench_names.cmake
cmake_minimum_required(VERSION 3.25)

set(promised
    core.produce.ratio_bare
    core.ring.try_recv_ns
    core.ring.await_recv_ns
    core.ring_4_readers.await_recv_ns
    core.latest.await_recv_ns
    core.mailbox.await_recv_ns
    core.allocations_per_message
    codec.encode_ratio_nlohmann
    codec.decode_ratio_nlohmann
    history.commit.ratio_bare.1
    history.commit.ratio_bare.100
    history.commit.ratio_bare.10000
    history.commit.rows_per_s.1
    history.commit.rows_per_s.100
    history.commit.rows_per_s.10000
    history.latest_10k_records_ms.1m
    history.latest_10k_records_ms.10m
    history.range_1000_ms.10m
    history.query_slows_writer_ratio
    aimx.get_pipelined.per_s
    aimx.get_pipelined.ratio_echo
    aimx.get_alone.p50_us
    aimx.get_alone.p50_ratio_echo
    aimx.fanout_100_uds.deliveries_per_s
    aimx.fanout_100_tcp.deliveries_per_s
    aimx.fanout_100_ws.deliveries_per_s
    aimx.fanout_500_ws.deliveries_per_s
    aimx.query_10k.ratio_sqlite
    aimx.query_beside.get_p99_ms
    aimx.idle_connection_bytes)

file(READ "${FILE}" text)
set(missing "")
foreach(name IN LISTS promised)
    string(JSON type ERROR_VARIABLE fault TYPE "${text}" "${name}")
    if(NOT type STREQUAL "NUMBER")
        list(APPEND missing "${name}")
    endif()
endforeach()
if(missing)
    list(JOIN missing "\n  " missing)
    message(FATAL_ERROR "${FILE} lacks these numbers:\n  ${missing}\n")
endif()
