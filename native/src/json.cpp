#include "json.h"

#include <algorithm>
#include <cstdio>
#include <locale>
#include <sstream>

namespace pinion {
namespace {

// Bytes of the UTF-8 character at the start, or 0 if it is none: names come from models, which may hold anything.
size_t characterBytes(const std::string& text, size_t start) {
    const auto first = static_cast<unsigned char>(text[start]);
    const size_t count = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || start + count > text.size()) {
        return 0;
    }
    for (size_t i = start + 1; i < start + count; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {
            return 0;
        }
    }
    return count;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (size_t i = 0; i < text.size();) {
        const size_t count = characterBytes(text, i);
        const char c = text[i];
        if (count == 0) {
            result += '?';
        } else if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (count == 1 && c < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
            result += escape;
        } else {
            result.append(text, i, count);
        }
        i += std::max<size_t>(count, 1);
    }
    return result + '"';
}

}  // namespace

JsonWriter& JsonWriter::raw(const std::string& json) {
    if (needsComma_) {
        text_ += ", ";
    }
    text_ += json;
    needsComma_ = true;
    return *this;
}

JsonWriter& JsonWriter::continueObject(const std::string& object) {
    return raw(object.substr(0, object.size() - 1));
}

JsonWriter& JsonWriter::key(const std::string& name) {
    raw(quoted(name) + ": ");
    needsComma_ = false;
    return *this;
}

JsonWriter& JsonWriter::value(const std::string& text) {
    return raw(quoted(text));
}

JsonWriter& JsonWriter::value(double number) {
    // Whatever the process's locale, JSON's decimal sign is a point.
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << number;
    return raw(text.str());
}

JsonWriter& JsonWriter::shape(const std::string& name, const Dims& dims, int32_t rank) {
    key(name).beginArray();
    for (int32_t i = 0; i < rank; ++i) {
        value(dims[static_cast<size_t>(i)]);
    }
    return endArray();
}

JsonWriter& JsonWriter::open(char bracket) {
    raw(std::string(1, bracket));
    needsComma_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    text_ += bracket;
    needsComma_ = true;
    return *this;
}

}  // namespace pinion
