// Small pieces of text for messages: shapes, lists, and the nearest name to a misspelt one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor_info.h"

namespace pinion {

// "1x3x224x224"; "scalar" for rank 0.
std::string shapeText(const Dims& dims, int32_t rank);

std::string join(const std::vector<std::string>& parts, const char* separator);

// The candidate with the smallest edit distance, or "" if none resembles the name.
std::string nearestName(const std::string& name, const std::vector<std::string>& candidates);

// "; did you mean 'x'?" or, without a resembling one, "; there are: 'x', 'y'".
std::string suggestion(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace pinion
