# catena_add_plugin(<name> <source>... [TESTS <source>...])
#
# Makes lib<name>.so, a module for a configuration's "modules", of the sources, one of which has
# CATENA_MODULE. With TESTS also the program <name>_test, of both the plugin's and the tests' sources and
# Catch2 (version 2 or 3), under the sanitizers of CATENA_PLUGIN_SANITIZE; ctest runs it, and has the
# server load the module.
include_guard(GLOBAL)

set(CATENA_PLUGIN_SANITIZE "address,undefined" CACHE STRING
  "Sanitizers to build tests of plugins with, as -fsanitize takes them; empty for none")

# A macro, because what it enables would end with a function.
macro(catena_add_plugin name)
  catena_add_plugin_targets(${name} ${ARGN})
  enable_testing()
endmacro()

function(catena_add_plugin_targets name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "TESTS")
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "catena_add_plugin(${name}): name its sources, as in catena_add_plugin(hello hello.cpp)")
  endif()
  add_library(${name} MODULE ${arg_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES PREFIX lib SUFFIX .so)
  catena_set_up_plugin_code(${name})
  # Two versions of a module in one process must not share what both define.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:LINKER:--no-undefined>)
  if(arg_TESTS)
    catena_add_plugin_tests(${name} "${arg_UNPARSED_ARGUMENTS}" "${arg_TESTS}")
  endif()
endfunction()

# What is the same for a plugin's module and its tests.
function(catena_set_up_plugin_code target)
  set_target_properties(${target} PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${target} PRIVATE catena::catena)
endfunction()

function(catena_add_plugin_tests name sources tests)
  find_package(Catch2 REQUIRED)
  add_executable(${name}_test ${sources} ${tests})
  catena_set_up_plugin_code(${name}_test)
  if(TARGET Catch2::Catch2WithMain)
    target_link_libraries(${name}_test PRIVATE Catch2::Catch2WithMain)
  else()
    set(main ${CMAKE_CURRENT_BINARY_DIR}/catena_plugin_tests.cpp)
    file(CONFIGURE OUTPUT ${main} CONTENT "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
    target_sources(${name}_test PRIVATE ${main})
    target_link_libraries(${name}_test PRIVATE Catch2::Catch2)
  endif()
  catena_find_sanitizers()
  if(sanitizers)
    set(flags -fsanitize=${sanitizers})
    target_compile_options(${name}_test PRIVATE ${flags} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_link_options(${name}_test PRIVATE ${flags})
  endif()
  add_test(NAME ${name}_test COMMAND ${name}_test)
  # A catena without sanitizers does not take a module that is built with them.
  get_target_property(installed catena::catena IMPORTED)
  if(TARGET catena::server AND NOT (installed AND own_sanitizers))
    add_test(NAME ${name}_loads COMMAND $<TARGET_FILE:catena::server> test $<TARGET_FILE:${name}>)
  endif()
endfunction()

# Sets `own_sanitizers` to whether the project's own flags bring some, and `sanitizers` to those of
# CATENA_PLUGIN_SANITIZE, or to nothing where the compiler has not got them.
function(catena_find_sanitizers)
  get_directory_property(own_flags COMPILE_OPTIONS)
  list(APPEND own_flags ${CMAKE_CXX_FLAGS})
  foreach(build_type ${CMAKE_BUILD_TYPE} ${CMAKE_CONFIGURATION_TYPES})
    string(TOUPPER ${build_type} build_type)
    list(APPEND own_flags ${CMAKE_CXX_FLAGS_${build_type}})
  endforeach()
  set(own_sanitizers FALSE PARENT_SCOPE)
  set(sanitizers "" PARENT_SCOPE)
  if("${own_flags}" MATCHES "-fsanitize=")
    set(own_sanitizers TRUE PARENT_SCOPE)
    return()
  endif()
  if(NOT CATENA_PLUGIN_SANITIZE)
    return()
  endif()
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_FLAGS -fsanitize=${CATENA_PLUGIN_SANITIZE})
  string(MAKE_C_IDENTIFIER "CATENA_CAN_SANITIZE_${CATENA_PLUGIN_SANITIZE}" can_sanitize)
  check_cxx_source_compiles("int main() {}" ${can_sanitize})
  if(${can_sanitize})
    set(sanitizers ${CATENA_PLUGIN_SANITIZE} PARENT_SCOPE)
  else()
    message(WARNING "the compiler can't build with -fsanitize=${CATENA_PLUGIN_SANITIZE}: the tests of "
      "plugins run without; install its runtime, or set CATENA_PLUGIN_SANITIZE")
  endif()
endfunction()
