// Host TensorRT: basic types and the plugin registry.
#pragma once

#include "NvInferRuntimeBase.h"
#include "NvInferRuntimePlugin.h"
