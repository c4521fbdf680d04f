# Proves that check_includes.cmake sees what it is for: it must accept a good
# tree and refuse, for the right reason, each of some bad ones.
#
#   cmake -DCHECK=<check_includes.cmake> -DSCRATCH=<directory> -P check_includes_test.cmake
cmake_minimum_required(VERSION 3.25)

# Checks a tree with the one file `path`. An empty `complaint` means it is good.
function(expect complaint path text)
    file(REMOVE_RECURSE "${SCRATCH}")
    file(WRITE "${SCRATCH}/${path}" "${text}")
    execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${SCRATCH} -P "${CHECK}"
        RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
    string(REGEX REPLACE "[ \n]+" " " out "${out}")
    if(complaint STREQUAL "")
        if(NOT code EQUAL 0)
            message(SEND_ERROR "refused good code: ${path}: ${text}\n${out}")
        endif()
    elseif(code EQUAL 0)
        message(SEND_ERROR "accepted: ${path}: ${text}")
    else()
        string(FIND "${out}" "${complaint}" position)
        if(position EQUAL -1)
            message(SEND_ERROR "refused ${path}, but not because of '${complaint}':\n${out}")
        endif()
    endif()
endfunction()

# Modules.
expect("core must not include persistence" core/src/a.cpp "#include \"aimdb/persistence/backend.hpp\"\n")
expect("core must not include json" core/include/aimdb/core/a.hpp "#include \"aimdb/json.hpp\"\n")
expect("persistence must not include persistence_sqlite" persistence/src/a.cpp
    "#include <aimdb/persistence_sqlite/sqlite_history.hpp>\n")
expect("persistence_sqlite must not include json" persistence_sqlite/src/a.cpp "#include \"aimdb/json/text.hpp\"\n")
expect("aimx_protocol must not include persistence" aimx_protocol/src/a.cpp "#include \"aimdb/persistence/backend.hpp\"\n")
expect("not by way of '..'" persistence/src/a.cpp "#include \"../../core/src/a.hpp\"\n")
expect("" persistence_sqlite/src/a.cpp "#include \"aimdb/persistence/backend.hpp\"\n#include \"b.hpp\"\n")

# Libraries.
expect("core must not have" core/src/a.cpp "#include <sqlite3.h>\n")
expect("core must not have" core/src/a.cpp "#include <nlohmann/json.hpp>\n")
expect("core must not have" core/src/a.cpp "#include <asio/ip/tcp.hpp>\n")
expect("core must not have" core/src/a.cpp "#include <asio.hpp>\n")
expect("public file of json must not have" core/include/aimdb/json/text.hpp "#include <nlohmann/json.hpp>\n")
expect("public file of persistence must not have" persistence/include/aimdb/persistence/a.hpp "#include <concurrentqueue.h>\n")
expect("public file of persistence_sqlite must not have" persistence_sqlite/include/aimdb/persistence_sqlite/a.hpp
    "#  include <sqlite3.h>\n")
expect("" core/include/aimdb/json/nlohmann.hpp "#include <nlohmann/json.hpp>\n#include \"aimdb/core/codec.hpp\"\n")
expect("" persistence/src/a.cpp "#include <blockingconcurrentqueue.h>\n#include <asio/post.hpp>\n")
expect("" persistence_sqlite/src/a.cpp "#include <sqlite3.h>\n")

# Awaited expressions.
set(complaint "braces in an awaited expression")
expect("${complaint}" core/src/a.cpp "co_await f({1, x});\n")
expect("${complaint}" core/src/a.cpp "auto v = co_await db.query(Key{\"a\"}, 3);\n")
expect("${complaint}" tests/core/a.cpp "co_await f(g(1),\n    [&x](int) { return x[0]; });\n")
expect("${complaint}" demos/a/main.cpp "if (co_await f(Options{.limit = 1})) {\n}\n")
expect("${complaint}" benchmarks/a.cpp "g(Row{1}, co_await f());\n")
expect("${complaint}" core/src/a.cpp "co_await Wait{timer};\n")
expect("${complaint}" core/src/a.cpp "// gcc12-safe: the first one.\nco_await f({1});\nco_await f({2});\n")
expect("" core/src/a.cpp "if (co_await f(g(1), h()[2])) {\n}\nwhile (auto v = co_await r.recv()) {\n  use(v);\n}\n")
expect("" core/src/a.cpp "const Options o{.limit = 1};\nco_await f(o, '{', \"{(\", R\"x({\"a\": 1)x\");  // {\n")
expect("" core/src/a.cpp "spawn([&]() -> asio::awaitable<void> { co_await r.recv(); });\n")
expect("" core/src/a.cpp "// co_await f({1}) aborts.\n/* co_await f({1}); */\n")
expect("" core/src/a.cpp "// gcc12-safe: trivially destructible.\nauto v = co_await f({1});\n")
expect("" tests/core/a.cpp "// gcc12-safe-file: every awaited call with braces, on purpose.\nco_await f({1});\n")

# Length.
string(REPEAT "int x;\n" 400 text)
expect("" core/src/a.cpp "${text}")
expect("401 lines, the limit is 400" tests/core/a.cpp "${text}int y;\n")
