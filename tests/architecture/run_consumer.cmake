# Builds and runs consumer/ against this project, as somebody else would use it:
# WAY is `installed` (find_package) or `subdirectory` (add_subdirectory).
cmake_minimum_required(VERSION 3.25)

function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
    if(NOT code EQUAL 0)
        list(JOIN ARGV " " command)
        message(FATAL_ERROR "failed (${code}): ${command}\n${out}")
    endif()
    set(last_output "${out}" PARENT_SCOPE)
endfunction()

# A fresh start each time: what an earlier version installed must not help.
file(REMOVE_RECURSE "${SCRATCH}")
string(REPLACE "," ";" components "${COMPONENTS}")
# No build type: whether it fits together is the question, so the quickest will do.
set(options -G Ninja -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DWAY=${WAY} "-DCOMPONENTS=${components}")
if(WAY STREQUAL "installed")
    run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${SCRATCH}/prefix")
    list(APPEND options "-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix")
else()
    list(APPEND options "-DAIMDB_ROOT=${ROOT}")
    foreach(module_option persistence:AIMDB_PERSISTENCE persistence_sqlite:AIMDB_SQLITE)
        string(REPLACE ":" ";" module_option "${module_option}")
        list(GET module_option 0 module)
        list(GET module_option 1 option)
        if(module IN_LIST components)
            list(APPEND options -D${option}=ON)
        else()
            list(APPEND options -D${option}=OFF)
        endif()
    endforeach()
endif()
run(${CMAKE_COMMAND} -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${SCRATCH}/build" ${options})
run(${CMAKE_COMMAND} --build "${SCRATCH}/build" --target consumer -j 2)
run("${SCRATCH}/build/consumer")
message(STATUS "${last_output}")
