#include "describe.h"

namespace pinion {

const char* dataTypeName(pn_data_type type) {
    switch (type) {
        case PN_FLOAT32:
            return "float32";
        case PN_FLOAT16:
            return "float16";
        case PN_INT8:
            return "int8";
        case PN_INT32:
            return "int32";
        case PN_BOOL:
            return "bool";
        case PN_UINT8:
            return "uint8";
        case PN_FP8:
            return "float8e4m3";
        case PN_BFLOAT16:
            return "bfloat16";
        case PN_INT64:
            return "int64";
        case PN_INT4:
            return "int4";
    }
    return "unknown";
}

void writeTensors(JsonWriter& json, const std::string& key, const std::vector<TensorInfo>& tensors) {
    json.key(key).beginArray();
    for (const TensorInfo& tensor : tensors) {
        json.beginObject()
            .member("name", tensor.name)
            .member("dtype", dataTypeName(tensor.dataType))
            .shape("shape", tensor.dims, tensor.rank);
        if (tensor.isShapeTensor) {
            json.member("shapeTensor", true);
        }
        json.endObject();
    }
    json.endArray();
}

void writeProfiles(JsonWriter& json, const std::vector<TensorInfo>& tensors, int32_t profileCount) {
    json.key("profiles").beginArray();
    for (size_t profile = 0; profile < static_cast<size_t>(profileCount); ++profile) {
        json.beginObject();
        for (const TensorInfo& tensor : tensors) {
            if (tensor.mode == PN_TENSOR_INPUT) {
                const ProfileRange& range = tensor.profiles[profile];
                json.key(tensor.name)
                    .beginObject()
                    .shape("min", range.min, tensor.rank)
                    .shape("opt", range.opt, tensor.rank)
                    .shape("max", range.max, tensor.rank)
                    .endObject();
            }
        }
        json.endObject();
    }
    json.endArray();
}

}  // namespace pinion
