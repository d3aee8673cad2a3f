# pinion::cuda from a CUDA toolkit: headers and the runtime library, no nvcc. Hints: PINION_CUDA_ROOT (the toolkit, or
# the /usr of an unpacked distribution package), or CUDA_INCLUDE_DIR and CUDA_LIBRARY for the exact places.
set(PINION_CUDA_ROOT "" CACHE PATH "CUDA toolkit; empty looks in the usual places")
option(PINION_CUDA_STATIC "Link the CUDA runtime statically where the toolkit has it" ON)

set(cuda_hints ${PINION_CUDA_ROOT} $ENV{CUDA_PATH} $ENV{CUDA_HOME} /usr/local/cuda /opt/cuda)
set(cuda_library_folders lib64 lib lib/x64 lib/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu
  targets/${CMAKE_SYSTEM_PROCESSOR}-linux/lib targets/sbsa-linux/lib)
find_path(CUDA_INCLUDE_DIR cuda_runtime_api.h
  HINTS ${cuda_hints} PATH_SUFFIXES include targets/${CMAKE_SYSTEM_PROCESSOR}-linux/include targets/sbsa-linux/include
  DOC "Folder of cuda_runtime_api.h")
set(cuda_library_names cudart)
if(PINION_CUDA_STATIC)
  set(cuda_library_names cudart_static cudart)
endif()
find_library(CUDA_LIBRARY NAMES ${cuda_library_names} NAMES_PER_DIR
  HINTS ${cuda_hints} PATH_SUFFIXES ${cuda_library_folders}
  DOC "The CUDA runtime library")

set(cuda_missing "")
if(NOT CUDA_INCLUDE_DIR)
  list(APPEND cuda_missing "cuda_runtime_api.h")
endif()
if(NOT CUDA_LIBRARY)
  list(APPEND cuda_missing "cudart (the CUDA runtime library)")
endif()
if(cuda_missing)
  list(JOIN cuda_missing ", " cuda_missing)
  message(FATAL_ERROR "PINION_CUDA=system, but this was not found: ${cuda_missing}.\n"
    "Install the CUDA toolkit (Debian: nvidia-cuda-dev, component non-free) and name its folder with "
    "-DPINION_CUDA_ROOT=DIR, or build without it: -DPINION_CUDA=host -DPINION_TENSORRT=host.")
endif()

file(STRINGS ${CUDA_INCLUDE_DIR}/cuda_runtime_api.h cuda_version_line REGEX "^#define CUDART_VERSION")
string(REGEX MATCH "[0-9]+" PINION_CUDA_VERSION "${cuda_version_line}")
message(STATUS "CUDA runtime ${PINION_CUDA_VERSION}: ${CUDA_INCLUDE_DIR}, ${CUDA_LIBRARY}")

# Imported targets' include folders are system folders: NVIDIA's headers are not ours to warn about.
add_library(pinion_system_cuda UNKNOWN IMPORTED)
set_target_properties(pinion_system_cuda PROPERTIES
  IMPORTED_LOCATION ${CUDA_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${CUDA_INCLUDE_DIR}
  INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};$<$<PLATFORM_ID:Linux>:rt>")
add_library(pinion::cuda ALIAS pinion_system_cuda)
