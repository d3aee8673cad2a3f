// Host TensorRT: the types by which plugins are registered and found. The host runs no plugin.
#pragma once

#include "NvInferRuntimeBase.h"

namespace nvinfer1 {

class IPluginV2;

enum class PluginFieldType : int32_t {
    kFLOAT16 = 0,
    kFLOAT32 = 1,
    kFLOAT64 = 2,
    kINT8 = 3,
    kINT16 = 4,
    kINT32 = 5,
    kCHAR = 6,
    kDIMS = 7,
    kUNKNOWN = 8,
#if PINION_TRT_SINCE(10, 0)
    kBF16 = 9,
    kINT64 = 10,
    kFP8 = 11,
    kINT4 = 12,
#endif
#if PINION_TRT_SINCE(11, 0)
    kFP4 = 13,
#endif
};

class PluginField {
public:
    AsciiChar const* name;
    void const* data;
    PluginFieldType type;
    int32_t length;

    PluginField(AsciiChar const* const fieldName = nullptr, void const* const fieldData = nullptr,
                PluginFieldType const fieldType = PluginFieldType::kUNKNOWN, int32_t const fieldLength = 0) noexcept
        : name(fieldName), data(fieldData), type(fieldType), length(fieldLength) {}
};

struct PluginFieldCollection {
    int32_t nbFields;
    PluginField const* fields;
};

#if PINION_TRT_SINCE(10, 0)
namespace v_1_0 {
class IPluginCreatorInterface : public IVersionedInterface {
public:
    ~IPluginCreatorInterface() noexcept override = default;

protected:
    IPluginCreatorInterface() = default;
    IPluginCreatorInterface(IPluginCreatorInterface const&) = default;
    IPluginCreatorInterface(IPluginCreatorInterface&&) = default;
    IPluginCreatorInterface& operator=(IPluginCreatorInterface const&) & = default;
    IPluginCreatorInterface& operator=(IPluginCreatorInterface&&) & = default;
};

class IPluginCreator : public IPluginCreatorInterface {
public:
    IPluginCreator() = default;
    ~IPluginCreator() override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"PLUGIN CREATOR_V1", 1, 0}; }
#else
class IPluginCreator {
public:
    IPluginCreator() = default;
    virtual ~IPluginCreator() = default;
    virtual int32_t getTensorRTVersion() const noexcept { return NV_TENSORRT_VERSION; }
#endif
    virtual AsciiChar const* getPluginName() const noexcept = 0;
    virtual AsciiChar const* getPluginVersion() const noexcept = 0;
    virtual PluginFieldCollection const* getFieldNames() noexcept = 0;
    virtual IPluginV2* createPlugin(AsciiChar const* name, PluginFieldCollection const* fc) noexcept = 0;
    virtual IPluginV2* deserializePlugin(AsciiChar const* name, void const* serialData,
                                         size_t serialLength) noexcept = 0;
    virtual void setPluginNamespace(AsciiChar const* pluginNamespace) noexcept = 0;
    virtual AsciiChar const* getPluginNamespace() const noexcept = 0;
};
#if PINION_TRT_SINCE(10, 0)
}  // namespace v_1_0
using IPluginCreatorInterface = v_1_0::IPluginCreatorInterface;
using IPluginCreator = v_1_0::IPluginCreator;

enum class TensorRTPhase : int32_t { kBUILD = 0, kRUNTIME = 1 };

namespace v_1_0 {
class IPluginV3;

class IPluginCreatorV3One : public IPluginCreatorInterface {
public:
    IPluginCreatorV3One() = default;
    ~IPluginCreatorV3One() override = default;
    InterfaceInfo getInterfaceInfo() const noexcept override { return {"PLUGIN CREATOR_V3ONE", 1, 0}; }
    virtual IPluginV3* createPlugin(AsciiChar const* name, PluginFieldCollection const* fc,
                                    TensorRTPhase phase) noexcept = 0;
    virtual PluginFieldCollection const* getFieldNames() noexcept = 0;
    virtual AsciiChar const* getPluginName() const noexcept = 0;
    virtual AsciiChar const* getPluginVersion() const noexcept = 0;
    virtual AsciiChar const* getPluginNamespace() const noexcept = 0;
};
}  // namespace v_1_0
using IPluginV3 = v_1_0::IPluginV3;
using IPluginCreatorV3One = v_1_0::IPluginCreatorV3One;
#endif

// One registry for the process; its functions may be called from any thread.
class IPluginRegistry {
public:
    using PluginLibraryHandle = void*;

    IPluginRegistry() = default;
    IPluginRegistry(IPluginRegistry const&) = delete;
    IPluginRegistry(IPluginRegistry&&) = delete;
    IPluginRegistry& operator=(IPluginRegistry const&) & = delete;
    IPluginRegistry& operator=(IPluginRegistry&&) & = delete;

#if !PINION_TRT_SINCE(11, 0)
    virtual bool registerCreator(IPluginCreator& creator, AsciiChar const* const pluginNamespace) noexcept = 0;
    virtual IPluginCreator* const* getPluginCreatorList(int32_t* const numCreators) const noexcept = 0;
    virtual IPluginCreator* getPluginCreator(AsciiChar const* const pluginName, AsciiChar const* const pluginVersion,
                                             AsciiChar const* const pluginNamespace = "") noexcept = 0;
    virtual bool deregisterCreator(IPluginCreator const& creator) noexcept = 0;
#endif
    virtual void setErrorRecorder(IErrorRecorder* const recorder) noexcept = 0;
    virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
#if PINION_TRT_SINCE(8, 6)
    virtual bool isParentSearchEnabled() const = 0;
    virtual void setParentSearchEnabled(bool const enabled) = 0;
    virtual PluginLibraryHandle loadLibrary(AsciiChar const* pluginPath) noexcept = 0;
    virtual void deregisterLibrary(PluginLibraryHandle handle) noexcept = 0;
#endif
#if PINION_TRT_SINCE(10, 0)
    virtual bool registerCreator(IPluginCreatorInterface& creator, AsciiChar const* const pluginNamespace) noexcept = 0;
    virtual IPluginCreatorInterface* const* getAllCreators(int32_t* const numCreators) const noexcept = 0;
    virtual IPluginCreatorInterface* getCreator(AsciiChar const* const pluginName, AsciiChar const* const pluginVersion,
                                                AsciiChar const* const pluginNamespace = "") noexcept = 0;
    virtual bool deregisterCreator(IPluginCreatorInterface const& creator) noexcept = 0;
#endif

protected:
    virtual ~IPluginRegistry() noexcept = default;
};

}  // namespace nvinfer1
