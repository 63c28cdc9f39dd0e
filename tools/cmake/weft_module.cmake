# weft_module(NAME SOURCES a.cpp… DEPENDS weft::x… [PRIVATE lib…]): one library weft_NAME with the alias weft::NAME.
# Without SOURCES it is header-only.
function(weft_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  if(arg_SOURCES)
    add_library(weft_${name} STATIC ${arg_SOURCES})
    target_link_libraries(weft_${name} PUBLIC weft_flags ${arg_DEPENDS} PRIVATE ${arg_PRIVATE})
  else()
    add_library(weft_${name} INTERFACE)
    target_link_libraries(weft_${name} INTERFACE weft_flags ${arg_DEPENDS})
  endif()
  add_library(weft::${name} ALIAS weft_${name})
endfunction()

# weft_batches(): from here on in this folder and those below, asan and tsan show the compiler four sources at once. It spends most of its
# time on headers, CAF's above all, and on instrumenting what they make of each source. That each compiles alone, dev proves.
macro(weft_batches)
  if(WEFT_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # not clang's, which is fuzz alone and was not tried
    set(CMAKE_UNITY_BUILD ON)
    set(CMAKE_UNITY_BUILD_BATCH_SIZE 4)
    add_compile_options(-Wno-subobject-linkage) # it takes a source in a batch for a header
  endif()
endmacro()

# weft_apart(FILE…): sources with names that their neighbours have, too, for themselves: no part of a batch.
function(weft_apart)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# weft_test(NAME SOURCES a_test.cpp… DEPENDS weft::x… [LABELS l…] [TIMEOUT s] [THREADS]): one doctest program, one ctest entry.
# THREADS: it starts threads. ThreadSanitizer has nothing to see in the others, so they neither are built nor run under it;
# check.threads proves that they cannot start one.
# The target weft_tests builds them all and what they need. A sanitizer's entries are named after it, so that tools/test can list
# several builds in one summary.
add_custom_target(weft_tests)
function(weft_test name)
  cmake_parse_arguments(arg "THREADS" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE weft_flags weft_test_main ${arg_DEPENDS})
  if(WEFT_SANITIZE STREQUAL "thread" AND NOT arg_THREADS)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  add_dependencies(weft_tests ${name})
  if(NOT arg_THREADS)
    set_property(GLOBAL APPEND PROPERTY WEFT_TESTS_WITHOUT_THREADS ${name})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(WEFT_SANITIZE)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4") # a limit against hanging, not a measure: instrumented code is slow
  endif()
  weft_test_name(${name} entry)
  add_test(NAME ${entry} COMMAND ${name})
  set_tests_properties(${entry} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
                       ENVIRONMENT "${WEFT_SANITIZER_ENVIRONMENT}")
endfunction()

# The ctest name of a test in this build: base_test, asan.base_test, tsan.base_test.
function(weft_test_name name entry)
  set(prefix)
  if(WEFT_SANITIZE STREQUAL "address")
    set(prefix "asan.")
  elseif(WEFT_SANITIZE STREQUAL "thread")
    set(prefix "tsan.")
  endif()
  set(${entry} "${prefix}${name}" PARENT_SCOPE)
endfunction()
