// What a network's outputs were in several runs on the same inputs, and by how much they differ from each other.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tensor_info.h"

namespace pinion {

class OutputSpread {
public:
    // The outputs among these tensors; tensors outlives it.
    explicit OutputSpread(const std::vector<TensorInfo>& tensors) : tensors_(tensors) {}

    // The bytes of each output of one run, the same sizes every time.
    void add(std::vector<std::vector<uint8_t>> outputs) { runs_.push_back(std::move(outputs)); }
    // Whether a run gave exactly these.
    bool has(const std::vector<std::vector<uint8_t>>& outputs) const;
    // "" if each element lies as near to the runs' as they lie to each other, else the first output that does not and
    // by how much. Types that are no numbers of 8 bits or more have no distance: they must be equal to a run's.
    std::string misfit(const std::vector<std::vector<uint8_t>>& outputs) const;

private:
    const std::vector<TensorInfo>& tensors_;
    std::vector<std::vector<std::vector<uint8_t>>> runs_;
};

}  // namespace pinion
