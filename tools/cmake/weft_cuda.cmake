# WEFT_CUDA: AUTO uses the toolkit where it is, ON demands it, OFF ignores it. Sets WEFT_CUDA_FOUND and says so in one line.
# The CUDA engine is a module loaded at run time, so nothing else in the build depends on the answer.
set(WEFT_CUDA_FOUND OFF)
if(WEFT_CUDA STREQUAL "OFF")
  message(STATUS "Weft: CUDA is switched off (WEFT_CUDA=OFF)")
elseif(WEFT_CUDA STREQUAL "AUTO" AND (WEFT_SANITIZE OR WEFT_FUZZ))
  message(STATUS "Weft: no CUDA in builds with a sanitizer: the emulator's tests run there") # nvcc knows no -fsanitize
elseif(WEFT_CUDA MATCHES "^(AUTO|ON)$")
  find_package(CUDAToolkit QUIET)
  if(CUDAToolkit_FOUND)
    set(WEFT_CUDA_FOUND ON)
    message(STATUS "Weft: CUDA ${CUDAToolkit_VERSION} in ${CUDAToolkit_BIN_DIR}")
  elseif(WEFT_CUDA STREQUAL "ON")
    message(FATAL_ERROR "WEFT_CUDA=ON, but there is no CUDA toolkit: install it, set CUDAToolkit_ROOT, or use WEFT_CUDA=AUTO")
  else()
    message(STATUS "Weft: no CUDA toolkit; the CPU engines do everything (WEFT_CUDA=AUTO)")
  endif()
else()
  message(FATAL_ERROR "WEFT_CUDA is '${WEFT_CUDA}': use AUTO, ON or OFF")
endif()

# A toolkit of compiler and runtime alone has no cuBLAS; Python's wheels (PyTorch's) have it without the names that a linker
# looks for.
set(WEFT_NVIDIA_WHEELS "" CACHE PATH "The folder nvidia/ of Python's packages, for cuBLAS and NCCL where the toolkit lacks them")
if(WEFT_CUDA_FOUND AND WEFT_NVIDIA_WHEELS)
  file(GLOB WEFT_NVIDIA_LIBRARY_DIRS "${WEFT_NVIDIA_WHEELS}/*/lib")
  file(GLOB WEFT_NVIDIA_INCLUDE_DIRS "${WEFT_NVIDIA_WHEELS}/*/include")
  foreach(part cublas cublasLt)
    if(NOT TARGET CUDA::${part})
      find_library(WEFT_${part}_LIBRARY NAMES ${part} lib${part}.so.${CUDAToolkit_VERSION_MAJOR}
                   HINTS ${WEFT_NVIDIA_LIBRARY_DIRS})
      find_path(WEFT_CUBLAS_INCLUDE cublasLt.h HINTS ${CUDAToolkit_INCLUDE_DIRS} ${WEFT_NVIDIA_INCLUDE_DIRS})
      if(WEFT_${part}_LIBRARY AND WEFT_CUBLAS_INCLUDE)
        message(STATUS "Weft: ${part} in ${WEFT_${part}_LIBRARY}")
        add_library(CUDA::${part} UNKNOWN IMPORTED GLOBAL)
        set_target_properties(CUDA::${part} PROPERTIES IMPORTED_LOCATION "${WEFT_${part}_LIBRARY}"
                              INTERFACE_INCLUDE_DIRECTORIES "${WEFT_CUBLAS_INCLUDE}")
      endif()
    endif()
  endforeach()
endif()

# Kernels run on compute capability 8.0 and 9.0 as machine code, later ones translate the PTX. The host's part of a .cu
# file has our warnings, less -Wpedantic (what nvcc makes of the code is not pedantic).
if(WEFT_CUDA_FOUND)
  if(NOT CMAKE_CUDA_COMPILER)
    set(CMAKE_CUDA_COMPILER "${CUDAToolkit_NVCC_EXECUTABLE}")
  endif()
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)
  endif()
  if(WEFT_CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  endif()
  set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}" CACHE FILEPATH "The host's compiler for .cu files")
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION) # CMake 3.25.1 does not know that nvcc has it
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_FLAGS_RELWITHDEBINFO "-O2 -lineinfo") # of device code -O3 in any case
  set(CMAKE_CUDA_FLAGS_RELEASE "-O2 -DNDEBUG")
  set(cuda_warnings "-Xcompiler=-Wall,-Wextra,-Wshadow,-Wno-missing-field-initializers" -Xcudafe=--display_error_number)
  if(WEFT_WERROR)
    list(APPEND cuda_warnings "-Xcompiler=-Werror" -Werror=all-warnings)
  endif()
  target_compile_options(weft_flags INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:${cuda_warnings}>")
endif()
