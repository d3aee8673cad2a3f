#include "json.h"

#include <cstdio>
#include <locale>
#include <sstream>

namespace pinion {
namespace {

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
            result += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
            result += escape;
        } else {
            result += c;
        }
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

JsonWriter& JsonWriter::continueObject(const std::string& object) { return raw(object.substr(0, object.size() - 1)); }

JsonWriter& JsonWriter::key(const std::string& name) {
    raw(quoted(name) + ": ");
    needsComma_ = false;
    return *this;
}

JsonWriter& JsonWriter::value(const std::string& text) { return raw(quoted(text)); }

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
