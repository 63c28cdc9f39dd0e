# WEFT_SANITIZE: compiler flags for every target, and the environment of the tests.
set(WEFT_SANITIZER_ENVIRONMENT "")
if(WEFT_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wno-maybe-uninitialized) # false alarms come with the instrumentation
endif()
if(WEFT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # coverage of everything that a target links, not of the target alone
endif()
set(sanitizer_dir "${PROJECT_SOURCE_DIR}/tools/sanitizers")

if(WEFT_SANITIZE STREQUAL "address")
  # CAF's headers bind null references (harmless there), so that one check is off.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  set(WEFT_SANITIZER_ENVIRONMENT
      "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
      "UBSAN_OPTIONS=print_stacktrace=1"
      "LSAN_OPTIONS=suppressions=${sanitizer_dir}/lsan.supp:print_suppressions=0")
elseif(WEFT_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  set(WEFT_SANITIZER_ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${sanitizer_dir}/tsan.supp:print_suppressions=0:second_deadlock_stack=1:history_size=4")
  # Against Debian's CAF, which is not instrumented, TSan reports false races by the hundred.
  if(WEFT_CLUSTER AND NOT CAF_ROOT)
    set(cache "$ENV{XDG_CACHE_HOME}")
    if(NOT cache)
      set(cache "$ENV{HOME}/.cache")
    endif()
    set(CAF_ROOT "${cache}/weft/caf-0.17.6-tsan" CACHE PATH "CAF built with ThreadSanitizer")
    if(NOT EXISTS "${CAF_ROOT}/lib/libcaf_core.a")
      message(FATAL_ERROR "No CAF with ThreadSanitizer in ${CAF_ROOT}: run tools/setup tsan")
    endif()
  endif()
elseif(NOT WEFT_SANITIZE STREQUAL "")
  message(FATAL_ERROR "WEFT_SANITIZE is '${WEFT_SANITIZE}': use address, thread or nothing")
endif()
