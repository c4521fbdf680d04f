# How every module of this repository is declared, checked and installed.
include_guard()
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# The compile flags of our own code. PRIVATE to each module: users of the
# library never inherit our warnings.
add_library(aimdb_flags INTERFACE)
target_compile_options(aimdb_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast)
# GCC 12 sees overlaps and overflows in assignments of short texts to std::string
# where there are none (its PR 105329 and PR 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(aimdb_flags INTERFACE
        -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
endif()

# aimdb_module(<name> PUBLIC_HEADERS <h>... [SOURCES <s>...])
#
# Declares the library aimdb::<name>: static, or header-only without SOURCES.
# Public headers live under include/ and are the only ones installed; each is
# compiled alone when CMAKE_VERIFY_INTERFACE_HEADER_SETS is on.
function(aimdb_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC_HEADERS;SOURCES")
    if(arg_SOURCES)
        add_library(aimdb_${name} STATIC ${arg_SOURCES})
        set(scope PUBLIC)
        target_include_directories(aimdb_${name} PRIVATE src)
        target_link_libraries(aimdb_${name} PRIVATE $<BUILD_INTERFACE:aimdb_flags>)
        # For plugins and extension modules; without interposition it costs nothing.
        set_target_properties(aimdb_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        target_compile_options(aimdb_${name} PRIVATE -fno-semantic-interposition)
    else()
        add_library(aimdb_${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(aimdb::${name} ALIAS aimdb_${name})
    set_target_properties(aimdb_${name} PROPERTIES EXPORT_NAME ${name})
    target_compile_features(aimdb_${name} ${scope} cxx_std_20)
    target_sources(aimdb_${name} ${scope}
        FILE_SET HEADERS BASE_DIRS include FILES ${arg_PUBLIC_HEADERS})
    install(TARGETS aimdb_${name} EXPORT aimdb_${name}_targets
            ARCHIVE COMPONENT ${name} FILE_SET HEADERS COMPONENT ${name})
    install(EXPORT aimdb_${name}_targets NAMESPACE aimdb:: FILE aimdb-${name}-targets.cmake
            DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/aimdb" COMPONENT ${name})
endfunction()

function(aimdb_install_package)
    set(where "${CMAKE_INSTALL_LIBDIR}/cmake/aimdb")
    configure_package_config_file(cmake/aimdb-config.cmake.in aimdb-config.cmake
        INSTALL_DESTINATION "${where}")
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/aimdb-config-version.cmake"
        COMPATIBILITY SameMinorVersion)
    install(FILES "${PROJECT_BINARY_DIR}/aimdb-config.cmake"
                  "${PROJECT_BINARY_DIR}/aimdb-config-version.cmake"
                  cmake/FindAsio.cmake cmake/FindHttpParser.cmake cmake/FindWslay.cmake
            DESTINATION "${where}")
endfunction()
