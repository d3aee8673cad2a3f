#include "fault_script.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace pinion_host {
namespace {

// "3", or "3+" for the third and all later ones.
bool parseOccurrence(std::string text, Occurrence& out) {
    out.andLater = !text.empty() && text.back() == '+';
    if (out.andLater) {
        text.pop_back();
    }
    return parseCount(text, out.first) && out.first > 0;
}

bool parseItem(const std::string& text, ScriptItem& out) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
        return false;
    }
    const std::string left = trim(text.substr(0, equals));
    const size_t colon = left.find(':');
    out.name = trim(left.substr(0, colon));
    out.value = trim(text.substr(equals + 1));
    out.isFault = colon != std::string::npos;
    return !out.isFault || parseOccurrence(trim(left.substr(colon + 1)), out.occurrence);
}

}  // namespace

std::string trim(const std::string& text) {
    const auto isSpace = [](unsigned char c) { return std::isspace(c) != 0; };
    const auto begin = std::find_if_not(text.begin(), text.end(), isSpace);
    const auto end = std::find_if_not(text.rbegin(), text.rend(), isSpace).base();
    return begin < end ? std::string(begin, end) : std::string();
}

bool parseCount(const std::string& text, uint64_t& count) {
    const auto isDigit = [](unsigned char c) { return std::isdigit(c) != 0; };
    if (text.empty() || !std::all_of(text.begin(), text.end(), isDigit)) {
        return false;
    }
    count = std::strtoull(text.c_str(), nullptr, 10);
    return true;
}

std::string parseScript(const char* script, const std::function<bool(const ScriptItem&)>& accept) {
    std::string problem;
    std::string rest = script != nullptr ? script : "";
    while (!rest.empty()) {
        const size_t end = rest.find_first_of(";,");
        const std::string text = trim(rest.substr(0, end));
        rest = end == std::string::npos ? "" : rest.substr(end + 1);
        ScriptItem item;
        if (!text.empty() && !(parseItem(text, item) && accept(item)) && problem.empty()) {
            problem = text;
        }
    }
    return problem;
}

}  // namespace pinion_host
