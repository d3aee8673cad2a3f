// Which SDK pair this library was built with; the build defines the macros, a bare compile means NVIDIA's own.
#pragma once

#include "pinion/pinion.h"

#ifndef PINION_SDK_KIND
#define PINION_SDK_KIND PN_SDK_NVIDIA
#endif
#ifndef PINION_VERSION
#define PINION_VERSION "0.0.0"
#endif

namespace pinion {

constexpr pn_sdk kSdk = PINION_SDK_KIND;
constexpr const char* kPinionVersion = PINION_VERSION;

}  // namespace pinion
