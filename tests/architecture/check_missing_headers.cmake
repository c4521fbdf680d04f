# What a user reads who has forgotten a header: compiles the program in missing_headers/,
# which must fail with the one sentence for each of its lines.
#
#   cmake -DBUILD=<build directory> -P check_missing_headers.cmake
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND ${CMAKE_COMMAND} --build "${BUILD}" --target aimdb_missing_headers
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
if(code EQUAL 0)
    message(FATAL_ERROR "compiled although headers are missing")
endif()
foreach(sentence IN ITEMS
        "aimdb: persist() needs #include <aimdb/persistence/persistence.hpp>"
        "aimdb: with_persistence(), query_*(), flush() and stored() need #include <aimdb/persistence/persistence.hpp>"
        "aimdb: remote() and remote_writable() need #include <aimdb/aimx_protocol/server.hpp>"
        "aimdb: this type has no codec. Include <aimdb/json.hpp>")
    string(FIND "${out}" "${sentence}" position)
    if(position EQUAL -1)
        message(SEND_ERROR "it does not say '${sentence}':\n${out}")
    endif()
endforeach()
