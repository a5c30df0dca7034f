# Installs the build into an empty prefix, and builds the example of a module as a stranger would: by CMake,
# with its tests, and by pkg-config. The installed server loads both.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/support.cmake)

function(expect_to_greet module)
  run(${prefix}/bin/catena test ${module} --request "GET /" --options "{\"greeting\": \"Good morning\"}")
  if(NOT output MATCHES "^HTTP/1.1 200 OK\n.*\n\nGood morning, world!\n$")
    message(FATAL_ERROR "${module} answers: ${output}")
  endif()
endfunction()

file(COPY ${SOURCE}/docs/examples/hello DESTINATION ${WORK})
set(hello ${WORK}/hello)
build_project(${hello} ${hello}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${hello}/build --output-on-failure --no-tests=error)
if(NOT output MATCHES "hello_test \\.+ +Passed")
  message(FATAL_ERROR "the tests of the module were not run: ${output}")
endif()
if(NOT FLAGS AND NOT output MATCHES "hello_loads \\.+ +Passed")
  message(FATAL_ERROR "the server did not load the module: ${output}")
endif()
expect_to_greet(${hello}/build/libhello.so)

file(GLOB_RECURSE package ${prefix}/*/catena.pc)
cmake_path(GET package PARENT_PATH package_directory)
run(${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${package_directory} CPATH= LIBRARY_PATH=
  ${CMAKE_COMMAND} -E chdir ${hello} sh ${SOURCE}/tests/install/with_pkg_config)
expect_to_greet(${hello}/libhello.so)

# A new plugin compiles, too, when its class is called as one of catena's.
run(${prefix}/bin/catena new plugin named ${WORK}/named)
run(${COMPILER} -std=c++20 -fsyntax-only -I${prefix}/include ${WORK}/named/named.cpp)

file(WRITE ${hello}/site.json "{\"modules\": [\"libhello.so\"], \"chain\": [{\"plugin\": \"hello\"}],
  \"expect\": [{\"request\": \"/\", \"body\": \"Hello, world!\"}]}")
run(${prefix}/bin/catena check --config ${hello}/site.json)
file(REMOVE_RECURSE ${WORK})
