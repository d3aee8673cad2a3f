// What the host computes on: its name, and the instruction sets that optimised models depend on.
#pragma once

#include <string>

namespace pinion_host_tensorrt {

struct Device {
    std::string name;          // of the processor, for people
    std::string instructions;  // architecture and instruction sets; a plan needs the same
};
const Device& device();

}  // namespace pinion_host_tensorrt
