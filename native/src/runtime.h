// What this library is and what it runs on.
#pragma once

#include "pinion/pinion.h"

namespace pinion {

// Needs no device: what cannot be asked is 0 or "".
pn_runtime_info runtimeInfo();

// Throws with the reason why this library cannot work here.
void probeRuntime(pn_purpose purpose);

}  // namespace pinion
