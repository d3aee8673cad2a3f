#include "text.h"

#include <algorithm>
#include <numeric>

namespace pinion {
namespace {

size_t editDistance(const std::string& a, const std::string& b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

// A long list hides the message.
constexpr size_t kMaxListed = 10;

}  // namespace

std::string shapeText(const Dims& dims, int32_t rank) {
    if (rank == 0) {
        return "scalar";
    }
    std::string text;
    for (int32_t i = 0; i < rank; ++i) {
        text += (i == 0 ? "" : "x") + std::to_string(dims[static_cast<size_t>(i)]);
    }
    return text;
}

std::string join(const std::vector<std::string>& parts, const char* separator) {
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : separator) + part;
    }
    return text;
}

std::string nearestName(const std::string& name, const std::vector<std::string>& candidates) {
    std::string best;
    // Names that differ in more than half of their letters do not resemble each other.
    size_t bestDistance = std::max<size_t>(name.size() / 2, 1) + 1;
    for (const std::string& candidate : candidates) {
        const size_t distance = editDistance(name, candidate);
        if (distance < bestDistance) {
            best = candidate;
            bestDistance = distance;
        }
    }
    return best;
}

std::string suggestion(const std::string& name, const std::vector<std::string>& candidates) {
    const std::string nearest = nearestName(name, candidates);
    if (!nearest.empty()) {
        return "; did you mean '" + nearest + "'?";
    }
    std::vector<std::string> listed;
    for (size_t i = 0; i < std::min(candidates.size(), kMaxListed); ++i) {
        listed.push_back("'" + candidates[i] + "'");
    }
    if (candidates.size() > kMaxListed) {
        listed.emplace_back("...");
    }
    return listed.empty() ? "; there are none" : "; there are: " + join(listed, ", ");
}

}  // namespace pinion
