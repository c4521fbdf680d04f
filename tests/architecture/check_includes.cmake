# Fails when a module includes what it must not know, when a file outgrows its
# limit, or when an awaited expression holds braces. Run by ctest as
# `architecture.includes`; needs nothing but CMake.
#
#   cmake -DROOT=<tree> -P check_includes.cmake
cmake_minimum_required(VERSION 3.25)

set(line_limit 400)

# A module may include these modules (itself is implied). `json` is the
# header-only part of core/ that speaks JSON.
set(modules_core "")
set(modules_json core)
set(modules_persistence core)
set(modules_persistence_sqlite core persistence)
set(modules_aimx_protocol core json)

# Third-party libraries that are watched, and where each may be named: in a public
# header of the module, or only in its src/. Everything else not listed is free.
set(watched "asio|nlohmann|sqlite3|sqlite3ext|blockingconcurrentqueue|concurrentqueue|lightweightsemaphore|gtest|gmock|benchmark|wslay|http_parser")
set(public_core asio)
set(private_core asio)
set(public_json "")
set(private_json "")
set(public_persistence asio)
set(private_persistence asio concurrentqueue blockingconcurrentqueue lightweightsemaphore)
set(public_persistence_sqlite "")
set(private_persistence_sqlite sqlite3)
set(public_aimx_protocol asio)
set(private_aimx_protocol asio wslay http_parser)

# Sockets belong to aimx_protocol alone; <asio.hpp> would bring them everywhere.
set(sockets "[<\"](asio/(ip|local)/|asio\\.hpp|sys/socket\\.h|sys/un\\.h|netinet/|arpa/inet\\.h|netdb\\.h)")
set(socket_modules aimx_protocol)

# The only headers of core/ that may name nlohmann.
set(nlohmann_headers "/include/aimdb/(json/nlohmann|json)\\.hpp$")

function(fail text)
    message(SEND_ERROR "${text}")
endfunction()

function(check_include module file include)
    set(reach private)
    if(file MATCHES "/include/")
        set(reach public)
    endif()
    if(include MATCHES "[<\"]\\.\\./")
        fail("${file}: includes by name, not by way of '..': ${include}")
    elseif(include MATCHES "[<\"]aimdb/([a-z_]+)[/.]")
        set(other "${CMAKE_MATCH_1}")
        if(NOT other STREQUAL module AND NOT other IN_LIST modules_${module})
            fail("${file}: ${module} must not include ${other}")
        endif()
    elseif(include MATCHES "${sockets}" AND (reach STREQUAL "public" OR NOT module IN_LIST socket_modules))
        fail("${file}: a ${reach} file of ${module} must not have ${include}")
    elseif(include MATCHES "[<\"](${watched})[/.]")
        set(library "${CMAKE_MATCH_1}")
        if(library STREQUAL "nlohmann" AND file MATCHES "${nlohmann_headers}")
            return()
        endif()
        if(NOT library IN_LIST ${reach}_${module})
            fail("${file}: a ${reach} file of ${module} must not have ${include}")
        endif()
    endif()
endfunction()

# Leaves only code in `text`: no comments, nothing inside of literals. A comment
# `gcc12-safe: <why>` excuses the awaited expression of the statement that
# follows it; `gcc12-safe-file: <why>` excuses a whole file.
function(strip_text text result)
    while(text MATCHES "R\"([^( )\\\n]*)\\(")
        set(opening "${CMAKE_MATCH_0}")
        set(closing ")${CMAKE_MATCH_1}\"")
        string(FIND "${text}" "${opening}" begin)
        string(LENGTH "${opening}" opening_size)
        math(EXPR body "${begin} + ${opening_size}")
        string(SUBSTRING "${text}" ${body} -1 rest)
        string(FIND "${rest}" "${closing}" body_size)
        if(body_size EQUAL -1)
            break()
        endif()
        string(LENGTH "${closing}" closing_size)
        math(EXPR after "${body_size} + ${closing_size}")
        string(SUBSTRING "${text}" 0 ${begin} head)
        string(SUBSTRING "${rest}" ${after} -1 tail)
        set(text "${head}0${tail}")
    endwhile()
    string(REGEX REPLACE "'([^'\\\n]|\\\\.)'" "0" text "${text}")
    string(REGEX REPLACE "\"([^\"\\\n]|\\\\.)*\"" "0" text "${text}")
    string(REGEX REPLACE "//[^\n]*gcc12-safe:[^\n]*\n" "@excused@" text "${text}")
    string(REGEX REPLACE "//[^\n]*" "" text "${text}")
    string(REGEX REPLACE "/[*]([^*]|[*]+[^*/])*[*]+/" "" text "${text}")
    string(REGEX REPLACE "@excused@[^@;]*co_await" " " text "${text}")
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

# GCC 12 destroys some temporaries of an awaited full expression twice: aggregates
# made with braces, and lambdas with captures. Named variables are safe, so our
# code has no brace inside an expression that awaits, which rules out both.
function(check_awaits file text)
    if(NOT text MATCHES "co_await" OR text MATCHES "gcc12-safe-file:")
        return()
    endif()
    strip_text("${text}" code)
    # Parentheses without a brace in them are harmless: take them out, from the
    # inside, until none is left. What stands after a co_await then is the end of
    # its expression, or a brace.
    set(before "")
    while(NOT code STREQUAL before)
        set(before "${code}")
        string(REGEX REPLACE "\\([^(){}]*\\)" "" code "${code}")
    endwhile()
    set(found "")
    string(REGEX MATCHALL "co_await[^(){};]*[({][^;\n]*" after "${code}")
    string(REGEX MATCHALL "}[ \n]*,[^;{}]*co_await[^;{}\n]*" behind "${code}")
    foreach(match IN LISTS after behind)
        string(REGEX REPLACE "[ \n]+" " " match "${match}")
        fail("${file}: braces in an awaited expression, name a variable: ${match}")
    endforeach()
endfunction()

function(check_file module file)
    file(READ "${file}" text)
    # Brackets would glue list elements together below.
    string(REPLACE "[" "(" text "${text}")
    string(REPLACE "]" ")" text "${text}")
    string(REGEX MATCHALL "\n" newlines "${text}")
    list(LENGTH newlines line_count)
    if(line_count GREATER line_limit)
        fail("${file}: ${line_count} lines, the limit is ${line_limit}")
    endif()
    check_awaits("${file}" "${text}")
    if(module)
        file(STRINGS "${file}" includes REGEX "^ *# *include")
        foreach(include IN LISTS includes)
            check_include(${module} "${file}" "${include}")
        endforeach()
    endif()
endfunction()

foreach(directory core persistence persistence_sqlite aimx_protocol)
    file(GLOB_RECURSE files "${ROOT}/${directory}/*.hpp" "${ROOT}/${directory}/*.cpp")
    foreach(file IN LISTS files)
        set(module ${directory})
        if(file MATCHES "/core/(include/aimdb|src)/json[/.]")
            set(module json)
        endif()
        check_file(${module} "${file}")
    endforeach()
endforeach()
foreach(directory demos tools tests benchmarks)
    file(GLOB_RECURSE files "${ROOT}/${directory}/*.hpp" "${ROOT}/${directory}/*.cpp")
    foreach(file IN LISTS files)
        check_file("" "${file}")
    endforeach()
endforeach()
