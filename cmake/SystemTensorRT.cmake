# pinion::tensorrt from NVIDIA's SDK: TensorRT, its ONNX parser and its plugins. Hints: PINION_TENSORRT_ROOT (the unpacked
# archive, or /usr for the packages), or TENSORRT_INCLUDE_DIR and TENSORRT_*_LIBRARY for the exact places.
set(PINION_TENSORRT_ROOT "" CACHE PATH "TensorRT SDK; empty looks in the usual places")

set(tensorrt_hints ${PINION_TENSORRT_ROOT} $ENV{TENSORRT_ROOT} /usr/local/tensorrt /opt/tensorrt)
find_path(TENSORRT_INCLUDE_DIR NvInfer.h
  HINTS ${tensorrt_hints} PATH_SUFFIXES include include/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu
  DOC "Folder of NvInfer.h")

set(tensorrt_missing "")
set(tensorrt_major "")
if(NOT TENSORRT_INCLUDE_DIR)
  list(APPEND tensorrt_missing "NvInfer.h")
else()
  # NvInferVersion.h of 10.x defines one macro by another; the numbers are in the first.
  file(STRINGS ${TENSORRT_INCLUDE_DIR}/NvInferVersion.h tensorrt_version_lines
    REGEX "^#define (NV_TENSORRT|TRT)_(MAJOR|MINOR|PATCH)(_ENTERPRISE)? +[0-9]+")
  foreach(part MAJOR MINOR PATCH)
    set(tensorrt_line "${tensorrt_version_lines}")
    list(FILTER tensorrt_line INCLUDE REGEX "_${part}")
    string(REGEX MATCH " ([0-9]+)" unused "${tensorrt_line}")
    set(tensorrt_${part} "${CMAKE_MATCH_1}")
  endforeach()
  set(PINION_TENSORRT_VERSION "${tensorrt_MAJOR}.${tensorrt_MINOR}.${tensorrt_PATCH}")
  if(PINION_TENSORRT_VERSION VERSION_LESS "8.0")
    message(FATAL_ERROR "TensorRT ${PINION_TENSORRT_VERSION} in ${TENSORRT_INCLUDE_DIR} is too old: 8.0 is the first "
                        "that Pinion supports.")
  endif()
endif()

# On Windows the names carry the major version since 10.
foreach(library nvinfer nvonnxparser nvinfer_plugin)
  string(TOUPPER ${library} variable)
  find_library(TENSORRT_${variable}_LIBRARY NAMES ${library} ${library}_${tensorrt_MAJOR}
    HINTS ${tensorrt_hints} PATH_SUFFIXES lib lib64 lib/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu
    DOC "TensorRT's ${library}")
  if(NOT TENSORRT_${variable}_LIBRARY)
    list(APPEND tensorrt_missing ${library})
  endif()
endforeach()
if(tensorrt_missing)
  list(JOIN tensorrt_missing ", " tensorrt_missing)
  message(FATAL_ERROR "PINION_TENSORRT=system, but this was not found: ${tensorrt_missing}.\n"
    "Install TensorRT 8.0 or later (packages libnvinfer-dev, libnvonnxparsers-dev, libnvinfer-plugin-dev, or NVIDIA's "
    "archive) and name its folder with -DPINION_TENSORRT_ROOT=DIR, or build without it: -DPINION_TENSORRT=host.")
endif()
message(STATUS "TensorRT ${PINION_TENSORRT_VERSION}: ${TENSORRT_INCLUDE_DIR}, ${TENSORRT_NVINFER_LIBRARY}")

add_library(pinion_system_tensorrt UNKNOWN IMPORTED)
set_target_properties(pinion_system_tensorrt PROPERTIES
  IMPORTED_LOCATION ${TENSORRT_NVINFER_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${TENSORRT_INCLUDE_DIR}
  INTERFACE_LINK_LIBRARIES
    "${TENSORRT_NVONNXPARSER_LIBRARY};${TENSORRT_NVINFER_PLUGIN_LIBRARY};pinion::cuda")
add_library(pinion::tensorrt ALIAS pinion_system_tensorrt)
