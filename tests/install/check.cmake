# Installs the build into an empty prefix, builds a program against what is there, and runs both it and
# the installed server.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/support.cmake)

expect(${prefix}/share/catena/default.json)
expect(${prefix}/include/catena/plugin/plugin.hpp)
foreach(own serve/listener plugin/module_image)
  if(EXISTS ${prefix}/include/catena/${own}.hpp)
    message(FATAL_ERROR "a header of the library's own was installed: ${own}")
  endif()
endforeach()

run(${prefix}/bin/catena --version)
if(NOT output MATCHES "^catena [0-9]")
  message(FATAL_ERROR "the installed server says: ${output}")
endif()

build_project(${SOURCE}/tests/install/consumer ${WORK}/build)
run(${WORK}/build/consumer)
if(NOT output STREQUAL "200 from an installed catena\n")
  message(FATAL_ERROR "the program built against the installation says: ${output}")
endif()
file(REMOVE_RECURSE ${WORK})
