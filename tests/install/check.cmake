# Installs the build into an empty prefix, builds a program against what is there, and runs both it and
# the installed server. Arguments: BUILD, SOURCE, WORK (emptied first), and COMPILER, FLAGS, GENERATOR and
# MAKE to build with.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect file)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "the installation has no ${file}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
expect(${prefix}/share/catena/default.json)
expect(${prefix}/include/catena/plugin/plugin.hpp)
if(EXISTS ${prefix}/include/catena/serve/listener.hpp)
  message(FATAL_ERROR "a header of the library's own was installed")
endif()

run(${prefix}/bin/catena --version)
if(NOT output MATCHES "^catena [0-9]")
  message(FATAL_ERROR "the installed server says: ${output}")
endif()

run(${CMAKE_COMMAND} -S ${SOURCE}/tests/install/consumer -B ${WORK}/build
  -G ${GENERATOR} -DCMAKE_MAKE_PROGRAM=${MAKE}
  -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
if(NOT output STREQUAL "200 from an installed catena\n")
  message(FATAL_ERROR "the program built against the installation says: ${output}")
endif()
file(REMOVE_RECURSE ${WORK})
