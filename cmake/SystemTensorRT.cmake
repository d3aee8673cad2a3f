# pinion::tensorrt from NVIDIA's SDK: its headers and TensorRT's own library. The ONNX parser and the plugins are loaded
# where something is built, by name (native/src/sdk_libraries.h). Hints: PINION_TENSORRT_ROOT or PINION_TENSORRT_RTX_ROOT
# (the unpacked archive, or /usr for the packages), or TENSORRT_INCLUDE_DIR and TENSORRT_LIBRARY for the exact places.
set(PINION_TENSORRT_ROOT "" CACHE PATH "TensorRT SDK; empty looks in the usual places")
set(PINION_TENSORRT_RTX_ROOT "" CACHE PATH "TensorRT for RTX: include, and lib or bin; empty looks in the usual places")

if(PINION_TENSORRT STREQUAL "rtx")
  set(tensorrt_name "TensorRT for RTX")
  set(tensorrt_hints ${PINION_TENSORRT_RTX_ROOT} $ENV{TENSORRT_RTX_ROOT} /usr/local/tensorrt-rtx /opt/tensorrt-rtx)
  set(tensorrt_macros "TRT_(MAJOR|MINOR|PATCH)_RTX")
  set(tensorrt_oldest 1.5)
  set(tensorrt_library tensorrt_rtx)
  set(tensorrt_install "Unpack NVIDIA's archive of TensorRT for RTX and name its folder with -DPINION_TENSORRT_RTX_ROOT=DIR")
else()
  set(tensorrt_name "TensorRT")
  set(tensorrt_hints ${PINION_TENSORRT_ROOT} $ENV{TENSORRT_ROOT} /usr/local/tensorrt /opt/tensorrt)
  set(tensorrt_macros "(NV_TENSORRT|TRT)_(MAJOR|MINOR|PATCH)(_ENTERPRISE)?")
  set(tensorrt_oldest 8.0)
  set(tensorrt_library nvinfer)
  set(tensorrt_install "Install TensorRT 8.0 or later (packages libnvinfer-dev, libnvonnxparsers-dev, "
    "libnvinfer-plugin-dev, or NVIDIA's archive) and name its folder with -DPINION_TENSORRT_ROOT=DIR")
endif()

find_path(TENSORRT_INCLUDE_DIR NvInfer.h
  HINTS ${tensorrt_hints} PATH_SUFFIXES include include/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu
  DOC "Folder of NvInfer.h")

set(tensorrt_missing "")
set(tensorrt_MAJOR "")
if(NOT TENSORRT_INCLUDE_DIR)
  list(APPEND tensorrt_missing "NvInfer.h")
else()
  # NvInferVersion.h of 10.x defines one macro by another; the numbers are in the first.
  file(STRINGS ${TENSORRT_INCLUDE_DIR}/NvInferVersion.h tensorrt_version_lines
    REGEX "^#define ${tensorrt_macros} +[0-9]+")
  foreach(part MAJOR MINOR PATCH)
    set(tensorrt_line "${tensorrt_version_lines}")
    list(FILTER tensorrt_line INCLUDE REGEX "_${part}")
    string(REGEX MATCH " ([0-9]+)" unused "${tensorrt_line}")
    set(tensorrt_${part} "${CMAKE_MATCH_1}")
  endforeach()
  set(PINION_TENSORRT_VERSION "${tensorrt_MAJOR}.${tensorrt_MINOR}.${tensorrt_PATCH}")
  if(NOT tensorrt_version_lines)
    message(FATAL_ERROR "The headers in ${TENSORRT_INCLUDE_DIR} are not those of ${tensorrt_name}: NvInferVersion.h has "
                        "no number of it.")
  elseif(PINION_TENSORRT_VERSION VERSION_LESS tensorrt_oldest)
    message(FATAL_ERROR "${tensorrt_name} ${PINION_TENSORRT_VERSION} in ${TENSORRT_INCLUDE_DIR} is too old: "
                        "${tensorrt_oldest} is the first that Pinion supports.")
  endif()
endif()

# On Windows the names carry the version; a Python wheel has the library's full name alone.
find_library(TENSORRT_LIBRARY
  NAMES ${tensorrt_library} ${tensorrt_library}_${tensorrt_MAJOR}
        ${tensorrt_library}_${tensorrt_MAJOR}_${tensorrt_MINOR} lib${tensorrt_library}.so.${tensorrt_MAJOR}
  HINTS ${tensorrt_hints} PATH_SUFFIXES lib lib64 bin lib/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu
  DOC "${tensorrt_name}'s own library")
if(NOT TENSORRT_LIBRARY)
  list(APPEND tensorrt_missing ${tensorrt_library})
endif()
if(tensorrt_missing)
  list(JOIN tensorrt_missing ", " tensorrt_missing)
  string(CONCAT tensorrt_install ${tensorrt_install})
  message(FATAL_ERROR "PINION_TENSORRT=${PINION_TENSORRT}, but this was not found: ${tensorrt_missing}.\n"
    "${tensorrt_install}, or build without it: -DPINION_TENSORRT=host.")
endif()
message(STATUS "${tensorrt_name} ${PINION_TENSORRT_VERSION}: ${TENSORRT_INCLUDE_DIR}, ${TENSORRT_LIBRARY}")

add_library(pinion_system_tensorrt UNKNOWN IMPORTED)
set_target_properties(pinion_system_tensorrt PROPERTIES
  IMPORTED_LOCATION ${TENSORRT_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${TENSORRT_INCLUDE_DIR}
  INTERFACE_LINK_LIBRARIES pinion::cuda)
add_library(pinion::tensorrt ALIAS pinion_system_tensorrt)
