#include "reasons.h"

#include <algorithm>
#include <cctype>

#include "text.h"

namespace pinion {
namespace {

constexpr size_t kMostReasons = 3;

struct Translation {
    const char* part;              // of NVIDIA's message
    const char* words;             // in its place; $ stands for the name
    const char* before = nullptr;  // the name, which ends the message
};

constexpr Translation kTranslations[] = {
    {"convertOnnxDims(", "an input has more than 8 dimensions, or one above 2147483647"},
    {"convertDtype(", "an input or initializer has a data type that TensorRT does not take"},
    {"convertOnnxWeights(", "the data of initializer '$' do not fit its data type and shape", "initializer: "},
    {"Kernel weight dimension failed to broadcast",
     "its weights are for another number of channels than its input has"},
    {"Node has more output tensors than TRT expected",
     "one of its outputs has no name, and TensorRT needs all of them"},
    {"doesn't support mode than 1 outputs", "TensorRT computes its first output alone"},
    {"does not support training_mode == 1", "it is in training mode: export the model for inference"},
    {"Plugin not found", "TensorRT has no importer for it, and no plugin has its name, version and namespace"},
    {"tScope.getType() != kUNDEFINED",
     "TensorRT's compiler does not take the model's If, Loop or Scan, though its parser did: export the model without "
     "them"},
};

std::string translated(const Translation& translation, const std::string& message) {
    std::string words = translation.words;
    const size_t place = words.find('$');
    if (place != std::string::npos) {
        const std::string before = translation.before;
        const size_t start = message.rfind(before);
        words.replace(place, 1, start == std::string::npos ? "?" : message.substr(start + before.size()));
    }
    return words;
}

bool startsWith(const std::string& text, const char* prefix) {
    return text.rfind(prefix, 0) == 0;
}

std::string trimmed(const std::string& text) {
    const auto isSpace = [](unsigned char c) { return std::isspace(c) != 0; };
    const auto first = std::find_if_not(text.begin(), text.end(), isSpace);
    const auto last = std::find_if_not(text.rbegin(), std::string::const_reverse_iterator(first), isSpace).base();
    return {first, last};
}

// The position after the bracket that closes the one at open; npos if none does.
size_t afterBracket(const std::string& text, size_t open) {
    int depth = 0;
    for (size_t i = open; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (depth == 0) {
            return i + 1;
        }
    }
    return std::string::npos;
}

// "IBuilder::build: Error Code 4: Internal Error (words)": words.
std::string withoutCode(const std::string& text) {
    const size_t code = text.find("Error Code ");
    const size_t open = code == std::string::npos ? code : text.find('(', code);
    if (open == std::string::npos) {
        return text;
    }
    const size_t close = afterBracket(text, open);
    return text.substr(open + 1, close == std::string::npos ? close : close - open - 2);
}

// "words. In validate at /src/layer.cpp:251": words.
std::string withoutPlace(const std::string& text) {
    for (size_t in = text.find(" In "); in != std::string::npos; in = text.find(" In ", in + 1)) {
        const size_t at = text.find(" at ", in);
        const size_t end = text.find(' ', in + 4);
        if (at != std::string::npos && text.find(".cpp:", at) != std::string::npos &&
            (end == at || text.compare(in, 15, " In operator() ") == 0)) {
            return text.substr(0, in);
        }
    }
    return text;
}

// "Assertion failed: (a < b): words" and "a < b && \"words\"": words.
std::string withoutCondition(const std::string& text) {
    constexpr char kAssertion[] = "Assertion failed: ";
    const size_t quoteOpen = text.find("&& \"");
    if (quoteOpen != std::string::npos) {
        const size_t quoteClose = text.rfind('"');
        return text.substr(quoteOpen + 4, quoteClose - quoteOpen - 4);
    }
    const size_t start = text.find(kAssertion);
    if (start == std::string::npos) {
        return text;
    }
    const std::string condition = text.substr(start + sizeof(kAssertion) - 1);
    const size_t words = condition.front() == '(' ? afterBracket(condition, 0) : condition.find(": ");
    if (words == std::string::npos || condition.find_first_not_of(": ", words) == std::string::npos) {
        return "a condition of TensorRT does not hold: " + condition;
    }
    return condition.substr(condition.find_first_not_of(": ", words));
}

// The line after "Invalid Node" says what is wrong with it; what follows is the missing GPU's.
std::string firstTellingLine(const std::string& text) {
    if (!startsWith(text, "Invalid Node")) {
        return text;
    }
    const size_t start = text.find('\n');
    return start == std::string::npos ? "TensorRT refuses it"
                                      : text.substr(start + 1, text.find('\n', start + 1) - start - 1);
}

bool isAboutTheMissingGpu(const std::string& message) {
    return message.find("catchCudaError") != std::string::npos;
}

}  // namespace

std::string plainReason(const std::string& message) {
    for (const Translation& translation : kTranslations) {
        if (message.find(translation.part) != std::string::npos) {
            return translated(translation, message);
        }
    }
    std::string text = withoutCondition(withoutPlace(withoutCode(firstTellingLine(trimmed(message)))));
    text = trimmed(text);
    while (!text.empty() && text.back() == '.') {
        text.pop_back();
    }
    return text.empty() || text == "false" ? "TensorRT does not implement it" : text;
}

std::string plainReasons(const std::vector<std::string>& messages) {
    std::vector<std::string> reasons;
    for (const std::string& message : messages) {
        std::string reason = isAboutTheMissingGpu(message) ? "" : plainReason(message);
        if (!reason.empty() && reasons.size() < kMostReasons &&
            std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
            reasons.push_back(std::move(reason));
        }
    }
    return join(reasons, "; ");
}

}  // namespace pinion
