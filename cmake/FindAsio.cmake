# Finds standalone Asio (header-only) and defines asio::asio.
find_path(Asio_INCLUDE_DIR asio/awaitable.hpp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS Asio_INCLUDE_DIR)
if(Asio_FOUND AND NOT TARGET asio::asio)
    find_package(Threads REQUIRED)
    add_library(asio::asio INTERFACE IMPORTED)
    target_include_directories(asio::asio SYSTEM INTERFACE "${Asio_INCLUDE_DIR}")
    target_compile_definitions(asio::asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
    # Asio looks for std::aligned_alloc in whatever happened to be included before it,
    # so two files of one program may allocate and free a coroutine differently.
    target_compile_definitions(asio::asio INTERFACE ASIO_HAS_STD_ALIGNED_ALLOC=1)
    # Clang 14 does not see libstdc++ 12's coroutines unless told so.
    target_compile_definitions(asio::asio INTERFACE
        $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT>
        $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_STD_COROUTINE>)
    target_link_libraries(asio::asio INTERFACE Threads::Threads)
endif()
