# How every target of ours is compiled, and the functions that declare a library and its tests.
set(MESHDRILL_SANITIZE "" CACHE STRING "Value of -fsanitize= for every target of ours; empty for none")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_library(meshdrill_options INTERFACE)
# Designated initialisers leave out what has a default, hence -Wno-missing-field-initializers.
target_compile_options(meshdrill_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wcast-align -Wdouble-promotion -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wuseless-cast -Wduplicated-cond -Wlogical-op -Wno-tsan>
  -fstack-protector-strong
  $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
# False alarms of g++ 12, gone in 13: on its own std::string (GCC PR 105329, 105651), on coroutine frames, and on what the
# sanitizers add. clang, which builds everything as well, has the same checks and stays quiet.
target_compile_options(meshdrill_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete>)
target_compile_definitions(meshdrill_options INTERFACE
  _GLIBCXX_ASSERTIONS
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION)
if(MESHDRILL_SANITIZE)
  # Library code too must carry the instrumentation that its headers bring into our objects.
  target_compile_options(meshdrill_options INTERFACE
    -fsanitize=${MESHDRILL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(meshdrill_options INTERFACE -fsanitize=${MESHDRILL_SANITIZE})
endif()

# meshdrill_library(NAME SOURCES … [PUBLIC …] [PRIVATE …]): lib/NAME as target meshdrill_NAME, alias meshdrill::NAME.
# PUBLIC and PRIVATE name what it links; PUBLIC only for what its headers show.
function(meshdrill_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(meshdrill_${name} STATIC ${arg_SOURCES})
  add_library(meshdrill::${name} ALIAS meshdrill_${name})
  target_include_directories(meshdrill_${name} PUBLIC ${CMAKE_SOURCE_DIR}/lib)
  target_link_libraries(meshdrill_${name} PUBLIC meshdrill_options ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# meshdrill_tests(NAME SOURCES … [LINK …]): one doctest program for tests/NAME, linked with lib/NAME, and one CTest test a
# source file, so that a failure names the file and a filter that matches nothing fails.
function(meshdrill_tests name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name}_tests ${CMAKE_SOURCE_DIR}/tests/support/doctest_main.cpp ${arg_SOURCES})
  target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name}_tests PRIVATE meshdrill::${name} ${arg_LINK} doctest::doctest)
  foreach(source IN LISTS arg_SOURCES)
    # The others are shared between these.
    if(NOT source MATCHES "_test[.]cpp$")
      continue()
    endif()
    string(REPLACE "_test.cpp" "" unit ${source})
    add_test(NAME ${name}.${unit} COMMAND ${name}_tests --source-file=*/${name}/${source})
    set_tests_properties(${name}.${unit} PROPERTIES
      FAIL_REGULAR_EXPRESSION "test cases: +0 " TIMEOUT 120 LABELS unit
      ENVIRONMENT "MESHDRILL_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
  endforeach()
endfunction()
