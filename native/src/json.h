// Writes JSON: objects and arrays in call order, commas and escapes taken care of.
#pragma once

#include <cstdint>
#include <string>

#include "tensor_info.h"

namespace pinion {

class JsonWriter {
public:
    JsonWriter& beginObject() { return open('{'); }
    // Begins with another object's members, which must not be none.
    JsonWriter& continueObject(const std::string& object);
    JsonWriter& endObject() { return close('}'); }
    JsonWriter& beginArray() { return open('['); }
    JsonWriter& endArray() { return close(']'); }
    JsonWriter& key(const std::string& name);
    JsonWriter& value(const std::string& text);
    JsonWriter& value(const char* text) { return value(std::string(text)); }
    JsonWriter& value(int64_t number) { return raw(std::to_string(number)); }
    JsonWriter& value(int32_t number) { return value(static_cast<int64_t>(number)); }
    JsonWriter& value(uint64_t number) { return raw(std::to_string(number)); }
    JsonWriter& value(uint32_t number) { return value(static_cast<uint64_t>(number)); }
    JsonWriter& value(double number);
    JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
    // A whole JSON value, as it is.
    JsonWriter& raw(const std::string& json);

    template <typename T>
    JsonWriter& member(const std::string& name, const T& what) {
        return key(name).value(what);
    }
    // [1, 3, 224, 224]
    JsonWriter& shape(const std::string& name, const Dims& dims, int32_t rank);

    const std::string& text() const noexcept { return text_; }

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);

    std::string text_;
    bool needsComma_ = false;
};

}  // namespace pinion
