// Host TensorRT: registration of the built-in plugins.
#pragma once

#include "NvInfer.h"

// Accepted so that the same start-up code runs; the host has no plugin to register. logger is a nvinfer1::ILogger*.
extern "C" TENSORRTAPI bool initLibNvInferPlugins(void* logger, char const* libNamespace);
