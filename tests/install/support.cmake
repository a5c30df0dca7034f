# What the checks of an installation share. Their arguments: BUILD, SOURCE, WORK (emptied first), and
# COMPILER, FLAGS, GENERATOR and MAKE to build with.

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

# Configures and builds a project that finds the installation.
function(build_project source build)
  run(${CMAKE_COMMAND} -S ${source} -B ${build}
    -G ${GENERATOR} -DCMAKE_MAKE_PROGRAM=${MAKE}
    -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS})
  run(${CMAKE_COMMAND} --build ${build})
endfunction()

file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
