// A build for another process, which survives whatever the parser and the builder do.
#pragma once

#include <cstdint>

namespace pinion {

// Takes a request from one descriptor and answers on the other; returns the process's exit code.
int32_t runWorker(int32_t input, int32_t output) noexcept;

}  // namespace pinion
