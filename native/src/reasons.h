// TensorRT's messages in words for those who have a model and not TensorRT's source.
#pragma once

#include <string>
#include <vector>

namespace pinion {

// A message of the parser or the builder without the assertion and the place in the source that it came from. Messages
// that only TensorRT's authors understand are told in other words; docs/errors.md lists them.
std::string plainReason(const std::string& message);

// The first few of them, in plain words, each once; "" if none says anything.
std::string plainReasons(const std::vector<std::string>& messages);

}  // namespace pinion
