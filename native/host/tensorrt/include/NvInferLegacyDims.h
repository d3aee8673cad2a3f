// Host TensorRT: shapes of a fixed rank.
#pragma once

#include "NvInferRuntimeBase.h"

namespace nvinfer1 {

#if PINION_TRT_SINCE(10, 0)
using PinionExtent = int64_t;
#else
using PinionExtent = int32_t;
#endif

class Dims2 : public Dims {
public:
    Dims2() : Dims2(0, 0) {}
    Dims2(PinionExtent d0, PinionExtent d1) : Dims{2, {d0, d1}} {}
};

class DimsHW : public Dims2 {
public:
    DimsHW() = default;
    DimsHW(PinionExtent height, PinionExtent width) : Dims2(height, width) {}
    PinionExtent& h() { return d[0]; }
    PinionExtent h() const { return d[0]; }
    PinionExtent& w() { return d[1]; }
    PinionExtent w() const { return d[1]; }
};

class Dims3 : public Dims2 {
public:
    Dims3() : Dims3(0, 0, 0) {}
    Dims3(PinionExtent d0, PinionExtent d1, PinionExtent d2) : Dims2(d0, d1) {
        nbDims = 3;
        d[2] = d2;
    }
};

class Dims4 : public Dims3 {
public:
    Dims4() : Dims4(0, 0, 0, 0) {}
    Dims4(PinionExtent d0, PinionExtent d1, PinionExtent d2, PinionExtent d3) : Dims3(d0, d1, d2) {
        nbDims = 4;
        d[3] = d3;
    }
};

}  // namespace nvinfer1
