// TensorRT's messages, as its parser and builder of several releases write them, in words.
#include "reasons.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace pinion;

TEST(ReasonsTest, TheAssertionGoesAndItsWordsStay) {
    EXPECT_EQ(plainReason("Assertion failed: (axis >= 0 && axis <= nbDims): Axis must be in the range [0, nbDims (4)]. "
                          "Provided axis is: 7"),
              "Axis must be in the range [0, nbDims (4)]. Provided axis is: 7");
    EXPECT_EQ(plainReason("Assertion failed: tensors.count(name): Tensor was not found."), "Tensor was not found");
    EXPECT_EQ(plainReason("!isScalar && \"This version of TensorRT takes no scalar.\""),
              "This version of TensorRT takes no scalar");
}

TEST(ReasonsTest, AnAssertionWithoutWordsIsOne) {
    EXPECT_EQ(plainReason("Assertion failed: axis < std::ssize(inputDims)"),
              "a condition of TensorRT does not hold: axis < std::ssize(inputDims)");
    EXPECT_EQ(plainReason("Assertion failed: (a == f(b))"), "a condition of TensorRT does not hold: (a == f(b))");
    EXPECT_EQ(plainReason("Assertion failed: (a"), "a condition of TensorRT does not hold: (a");
}

TEST(ReasonsTest, PlacesInTheSourceGo) {
    EXPECT_EQ(plainReason("ITensor::getDimensions: Error Code 4: API Usage Error (mm: dimensions 3 (left) and 4 must "
                          "match. In validate at /_src/optimizer/api/layers/matrixMultiplyLayer.cpp:251)"),
              "mm: dimensions 3 (left) and 4 must match");
    EXPECT_EQ(
        plainReason("IBuilder::buildSerializedNetwork: Error Code 4: Internal Error (Profile kOPT values are not "
                    "self-consistent. Condition '==' violated: 4 != 5. In operator() at /_src/shapeMachine.cpp:640 "
                    "Instruction: CHECK_EQUAL 4 5. In execute at /_src/shapeMachine.cpp:1103)"),
        "Profile kOPT values are not self-consistent. Condition '==' violated: 4 != 5");
    EXPECT_EQ(plainReason("[softMaxNode.cpp::validate::12] Error Code 4: Internal Error (no bracket"), "no bracket");
}

TEST(ReasonsTest, AnInvalidNodeIsWhatItsNextLineSays) {
    EXPECT_EQ(plainReason("Invalid Node - rs\nITensor::getDimensions: Error Code 4: Shape Error (reshape changes "
                          "volume. Reshaping [1,3,8,8] to [7,7]. In operator() at /_src/shapeContext.cpp:4634)\n"
                          "[checkMacros.cpp::catchCudaError::247] Error Code 1: Cuda Runtime (no driver)"),
              "reshape changes volume. Reshaping [1,3,8,8] to [7,7]");
    EXPECT_EQ(plainReason("Invalid Node - rs"), "TensorRT refuses it");
}

TEST(ReasonsTest, WhatOnlyItsAuthorsUnderstandIsToldInOtherWords) {
    EXPECT_EQ(plainReason("false"), "TensorRT does not implement it");
    EXPECT_EQ(plainReason(""), "TensorRT does not implement it");
    EXPECT_EQ(
        plainReason("Assertion failed: creator && \"Plugin not found, are the plugin name, version, and namespace "
                    "correct?\""),
        "TensorRT has no importer for it, and no plugin has its name, version and namespace");
    EXPECT_EQ(
        plainReason("Failed to import initializer: In node -1 with name:  and operator:  (parseGraph): "
                    "UNSUPPORTED_NODE: Assertion failed: ctx->getWeightsContext().convertOnnxWeights(initializer, "
                    "&weights): Failed to import initializer: W"),
        "the data of initializer 'W' do not fit its data type and shape");
    EXPECT_EQ(plainReason("Internal Error (Assertion tScope.getType() != kUNDEFINED failed.)"),
              plainReason("graphScope.cpp::analyze::10: tScope.getType() != kUNDEFINED"));
}

TEST(ReasonsTest, WhatNeedsNoOtherWordsStays) {
    EXPECT_EQ(plainReason("the model is null"), "the model is null");
    EXPECT_EQ(plainReason("  In place of this at that. \n"), "In place of this at that");
}

TEST(ReasonsTest, SeveralAreToldOnceAndWithoutTheMissingGpu) {
    EXPECT_EQ(plainReasons(
                  {"a", "[checkMacros.cpp::catchCudaError::247] Error Code 1: Cuda Runtime (x)", "b", "a", "c", "d"}),
              "a; b; c");
    EXPECT_EQ(plainReasons({}), "");
}

}  // namespace
