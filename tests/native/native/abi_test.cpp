// The C ABI itself: exports, struct layouts, and how option and info structs of other sizes are taken.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <set>

#include "arguments.h"
#include "fixture.h"

namespace {

using namespace pinion;
using namespace native_test;

std::string header() {
    return readFile(PINION_HEADER);
}

std::string withoutComments(const std::string& text) {
    std::string result;
    for (size_t at = 0; at < text.size();) {
        const size_t start = text.find("/*", at);
        result += text.substr(at, start == std::string::npos ? start : start - at);
        at = start == std::string::npos ? text.size() : text.find("*/", start) + 2;
    }
    return result;
}

// The word that ends before a position.
std::string wordBefore(const std::string& text, size_t end) {
    size_t start = end;
    while (start > 0 && (std::isalnum(static_cast<unsigned char>(text[start - 1])) != 0 || text[start - 1] == '_')) {
        --start;
    }
    return text.substr(start, end - start);
}

std::set<std::string> declaredFunctions(const std::string& text) {
    std::set<std::string> names;
    for (size_t at = text.find("\nPN_API "); at != std::string::npos; at = text.find("\nPN_API ", at + 1)) {
        names.insert(wordBefore(text, text.find('(', at)));
    }
    return names;
}

struct DeclaredStruct {
    std::string name;
    std::string body;
};

std::vector<DeclaredStruct> declaredStructs(const std::string& text) {
    std::vector<DeclaredStruct> structs;
    for (size_t at = text.find("typedef struct "); at != std::string::npos; at = text.find("typedef struct ", at + 1)) {
        const size_t open = text.find_first_of("{;", at);
        if (text[open] == '{') {
            structs.push_back({wordBefore(text, open - 1), text.substr(open, text.find('}', open) - open)});
        }
    }
    return structs;
}

TEST(AbiTest, ExportsWhatTheHeaderDeclaresAndNothingElse) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen("nm -D --defined-only '" PINION_LIBRARY "'", "r"), pclose);
    ASSERT_NE(pipe, nullptr);
    std::set<std::string> exported;
    std::array<char, 512> line{};
    while (std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
        std::string name = line.data();
        name = name.substr(name.rfind(' ') + 1);
        exported.insert(name.substr(0, name.find_first_of("@\n")));
    }
    // Sanitizers export their own.
    for (auto it = exported.begin(); it != exported.end();) {
        it = it->rfind("__", 0) == 0 || it->rfind("_Z", 0) == 0 ? (PINION_SANITIZED ? exported.erase(it) : ++it) : ++it;
    }
    const std::set<std::string> declared = declaredFunctions(withoutComments(header()));
    EXPECT_GT(declared.size(), 40u);
    EXPECT_EQ(exported, declared);
}

TEST(AbiTest, VersionIsTheHeaders) {
    EXPECT_EQ(pn_abi_version(), static_cast<uint32_t>(PN_ABI_MAJOR << 16 | PN_ABI_MINOR));
}

struct Layout {
    int32_t status = -1;
    uint32_t size = 0;
    std::vector<uint32_t> offsets;
};

Layout layoutOf(const char* name) {
    Layout layout;
    layout.offsets.resize(64);
    uint32_t count = 0;
    layout.status = pn_abi_struct_layout(name, &layout.size, layout.offsets.data(), 64, &count);
    layout.offsets.resize(count);
    return layout;
}

TEST(AbiTest, KnowsTheLayoutOfEveryStructOfTheHeader) {
    const std::vector<DeclaredStruct> structs = declaredStructs(withoutComments(header()));
    for (const auto& [name, body] : structs) {
        const Layout layout = layoutOf(name.c_str());
        ASSERT_EQ(layout.status, PN_OK) << name;
        EXPECT_EQ(layout.offsets.size(), static_cast<size_t>(std::count(body.begin(), body.end(), ';'))) << name;
        EXPECT_TRUE(std::is_sorted(layout.offsets.begin(), layout.offsets.end())) << name;
        EXPECT_EQ(layout.offsets.front(), 0u) << name;
        EXPECT_LT(layout.offsets.back(), layout.size) << name;
    }
    EXPECT_GE(structs.size(), size_t{10});
}

TEST(AbiTest, GivesOffsetsAsTheCompilerHasThem) {
    const Layout layout = layoutOf("pn_device_info");
    EXPECT_EQ(layout.size, sizeof(pn_device_info));
    EXPECT_EQ(layout.offsets.at(8), offsetof(pn_device_info, total_bytes));
    EXPECT_EQ(layout.offsets.at(11), offsetof(pn_device_info, pci_bus_id));
    EXPECT_EQ(layoutOf("pn_build_options").size, sizeof(pn_build_options));
    EXPECT_EQ(layoutOf("pn_build_options").offsets.back(), offsetof(pn_build_options, rename_dimensions));
}

TEST(AbiTest, WritesNoMoreOffsetsThanFit) {
    uint32_t offsets[3] = {7, 7, 7};
    uint32_t size = 0;
    uint32_t count = 0;
    EXPECT_EQ(pn_abi_struct_layout("pn_shape", &size, offsets, 2, &count), PN_OK);
    EXPECT_EQ(count, 3u);
    EXPECT_EQ(offsets[2], 7u);
    EXPECT_EQ(pn_abi_struct_layout("pn_shape", &size, nullptr, 0, &count), PN_OK);
    EXPECT_EQ(pn_abi_struct_layout("pn_nothing", &size, offsets, 2, &count), PN_NOT_FOUND);
    EXPECT_EQ(pn_abi_struct_layout(nullptr, &size, offsets, 2, &count), PN_INVALID_ARGUMENT);
    EXPECT_EQ(pn_abi_struct_layout("pn_shape", &size, nullptr, 2, &count), PN_INVALID_ARGUMENT);
}

// An info struct between guard bytes, as a caller with another header would have it.
struct Caller {
    std::array<unsigned char, 1024> bytes;

    explicit Caller(uint32_t structSize) {
        bytes.fill(0xee);
        std::memcpy(bytes.data(), &structSize, sizeof(structSize));
    }
    pn_device_info* info() { return reinterpret_cast<pn_device_info*>(bytes.data()); }
    bool isUntouchedFrom(size_t start) const {
        return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.end(),
                           [](unsigned char byte) { return byte == 0xee; });
    }
};

TEST(StructSizeTest, AnOlderCallerGetsTheFieldsItKnows) {
    Caller caller(offsetof(pn_device_info, total_bytes));
    ASSERT_OK(pn_device_get_info, 0, caller.info());
    EXPECT_EQ(caller.info()->struct_size, offsetof(pn_device_info, total_bytes));
    EXPECT_EQ(caller.info()->index, 0);
    EXPECT_TRUE(caller.isUntouchedFrom(offsetof(pn_device_info, total_bytes)));
}

TEST(StructSizeTest, ANewerCallerGetsZerosInTheFieldsThatAreUnknownHere) {
    Caller caller(sizeof(pn_device_info) + 16);
    ASSERT_OK(pn_device_get_info, 0, caller.info());
    EXPECT_NE(caller.info()->total_bytes, 0);
    EXPECT_TRUE(std::all_of(caller.bytes.begin() + sizeof(pn_device_info),
                            caller.bytes.begin() + sizeof(pn_device_info) + 16,
                            [](unsigned char byte) { return byte == 0; }));
    EXPECT_TRUE(caller.isUntouchedFrom(sizeof(pn_device_info) + 16));
}

TEST(StructSizeTest, ImpossibleSizesAreRefused) {
    for (const uint32_t size : {0u, 3u, 4097u, 0xeeeeeeeeu}) {
        Caller caller(size);
        EXPECT_FAILURE(call(pn_device_get_info, 0, caller.info()), PN_INVALID_ARGUMENT,
                       "struct_size is " + std::to_string(size));
        EXPECT_TRUE(caller.isUntouchedFrom(4));
    }
}

TEST(StructSizeTest, OptionsOfAnOlderCallerHaveDefaults) {
    pn_build_options options;
    std::memset(&options, 0xee, sizeof(options));
    options.struct_size = offsetof(pn_build_options, precision);
    options.device = 5;
    const pn_build_options read = readStruct(&options, "pn_build_options");
    EXPECT_EQ(read.struct_size, sizeof(pn_build_options));
    EXPECT_EQ(read.device, 5);
    EXPECT_EQ(read.precision, 0);
    EXPECT_EQ(read.progress, nullptr);
}

TEST(StructSizeTest, OptionsOfANewerCallerAreTakenUnlessTheyAskForMore) {
    struct Newer {
        pn_engine_options known;
        uint64_t added;
    };
    Newer newer{};
    newer.known.struct_size = sizeof(newer);
    newer.known.device = 3;
    EXPECT_EQ(readStruct(&newer.known, "pn_engine_options").device, 3);
    newer.added = 1;
    const Failure failure = call([&](pn_error** error) {
        return guard("test", error, [&] { (void)readStruct(&newer.known, "pn_engine_options"); });
    });
    EXPECT_FAILURE(failure, PN_INVALID_ARGUMENT, "too old");
}

TEST(StructSizeTest, NullOptionsAreDefaults) {
    const pn_session_options read = readStruct(static_cast<const pn_session_options*>(nullptr), "pn_session_options");
    EXPECT_EQ(read.struct_size, sizeof(read));
    EXPECT_EQ(read.wait_mode, PN_WAIT_BLOCK);
}

// Every function with an error out parameter, called with NULL for everything else.
TEST(NullTest, EveryFunctionRefusesNull) {
    const std::vector<std::pair<std::string, std::function<int32_t(pn_error**)>>> calls = {
        {"out_info", [](pn_error** e) { return pn_runtime_get_info(nullptr, e); }},
        {"path", [](pn_error** e) { return pn_runtime_load_plugins(nullptr, e); }},
        {"out_count", [](pn_error** e) { return pn_device_count(nullptr, e); }},
        {"out_info", [](pn_error** e) { return pn_device_get_info(0, nullptr, e); }},
        {"out_free", [](pn_error** e) { return pn_device_get_memory(0, nullptr, nullptr, e); }},
        {"out_data", [](pn_error** e) { return pn_pinned_alloc(0, 8, nullptr, e); }},
        {"data", [](pn_error** e) { return pn_pinned_register(0, nullptr, 8, e); }},
        {"data", [](pn_error** e) { return pn_pinned_unregister(0, nullptr, e); }},
        {"out_data", [](pn_error** e) { return pn_device_alloc(0, 8, nullptr, e); }},
        {"destination", [](pn_error** e) { return pn_memory_copy(0, nullptr, "", 1, e); }},
        {"source", [](pn_error** e) { return pn_memory_copy(0, e, nullptr, 1, e); }},
        {"onnx_path", [](pn_error** e) { return pn_plan_build_file(nullptr, nullptr, nullptr, e); }},
        {"out_plan", [](pn_error** e) { return pn_plan_build_file("x", nullptr, nullptr, e); }},
        {"onnx", [](pn_error** e) { return pn_plan_build_memory(nullptr, 1, nullptr, nullptr, nullptr, e); }},
        {"path", [](pn_error** e) { return pn_plan_describe_file(nullptr, nullptr, e); }},
        {"out_json", [](pn_error** e) { return pn_plan_describe_file("x", nullptr, e); }},
        {"plan", [](pn_error** e) { return pn_plan_describe_memory(nullptr, 1, nullptr, e); }},
        {"plan", [](pn_error** e) { return pn_plan_set_metadata(nullptr, 1, "k", "v", nullptr, e); }},
        {"key", [](pn_error** e) { return pn_plan_set_metadata("x", 1, nullptr, "v", nullptr, e); }},
        {"out_plan", [](pn_error** e) { return pn_plan_set_metadata("x", 1, "k", "v", nullptr, e); }},
        {"onnx_path", [](pn_error** e) { return pn_model_describe_file(nullptr, nullptr, e); }},
        {"path", [](pn_error** e) { return pn_engine_load_file(nullptr, nullptr, nullptr, e); }},
        {"out_engine", [](pn_error** e) { return pn_engine_load_file("x", nullptr, nullptr, e); }},
        {"plan", [](pn_error** e) { return pn_engine_load_memory(nullptr, 1, nullptr, nullptr, e); }},
        {"engine",
         [](pn_error** e) {
             int32_t n;
             return pn_engine_tensor_count(nullptr, &n, e);
         }},
        {"out_info", [](pn_error** e) { return pn_engine_tensor_info(nullptr, 0, nullptr, e); }},
        {"engine",
         [](pn_error** e) {
             int32_t n;
             return pn_engine_profile_count(nullptr, &n, e);
         }},
        {"engine", [](pn_error** e) { return pn_engine_profile_shape(nullptr, 0, 0, nullptr, nullptr, nullptr, e); }},
        {"engine",
         [](pn_error** e) {
             int64_t n;
             return pn_engine_scratch_bytes(nullptr, &n, e);
         }},
        {"engine",
         [](pn_error** e) {
             pn_blob* b;
             return pn_engine_describe(nullptr, &b, e);
         }},
        {"engine",
         [](pn_error** e) {
             pn_blob* b;
             return pn_engine_layers(nullptr, &b, e);
         }},
    };
    for (const auto& [name, function] : calls) {
        const Failure failure = call(function);
        EXPECT_EQ(failure.status, PN_INVALID_ARGUMENT) << failure.operation;
        EXPECT_EQ(failure.message, name + " is NULL");
    }
    pn_blob_destroy(nullptr);
    pn_engine_destroy(nullptr);
    EXPECT_EQ(pn_blob_data(nullptr), nullptr);
    EXPECT_EQ(pn_blob_size(nullptr), 0u);
    EXPECT_OK(pn_pinned_free, 0, static_cast<void*>(nullptr));
    EXPECT_OK(pn_device_free, 0, static_cast<void*>(nullptr));
}

}  // namespace
