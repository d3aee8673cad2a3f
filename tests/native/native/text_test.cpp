// Pieces of text: JSON, shapes, lists and the nearest name.
#include "text.h"

#include <gtest/gtest.h>

#include <clocale>

#include "json.h"

namespace {

using namespace pinion;

TEST(JsonTest, WritesNestedValuesWithCommas) {
    JsonWriter json;
    json.beginObject().member("a", 1).key("list").beginArray().value(true).value("x").beginObject().endObject();
    json.endArray().shape("shape", {2, -1, 3}, 3).key("empty").beginArray().endArray().member("z", 0.25).endObject();
    EXPECT_EQ(json.text(), R"({"a": 1, "list": [true, "x", {}], "shape": [2, -1, 3], "empty": [], "z": 0.25})");
}

TEST(JsonTest, EscapesWhatJsonReserves) {
    EXPECT_EQ(JsonWriter().value("a\"b\\c\n\x01é").text(), "\"a\\\"b\\\\c\\u000a\\u0001é\"");
}

TEST(JsonTest, ReplacesBytesThatAreNoUtf8) {
    EXPECT_EQ(JsonWriter()
                  .value("a\xff"
                         "b\xc3")
                  .text(),
              "\"a?b?\"");
    EXPECT_EQ(JsonWriter().value("\xe2\x82\xac").text(), "\"\xe2\x82\xac\"");
}

TEST(JsonTest, ContinuesAnObject) {
    JsonWriter json;
    json.continueObject(R"({"a": 1})").member("b", 2).endObject();
    EXPECT_EQ(json.text(), R"({"a": 1, "b": 2})");
}

TEST(TextTest, WritesShapes) {
    EXPECT_EQ(shapeText({1, 3, -1, 224}, 4), "1x3x-1x224");
    EXPECT_EQ(shapeText({}, 0), "scalar");
}

TEST(TextTest, FindsTheNearestName) {
    const std::vector<std::string> names = {"images", "scores", "boxes"};
    EXPECT_EQ(nearestName("image", names), "images");
    EXPECT_EQ(nearestName("boxs", names), "boxes");
    EXPECT_EQ(nearestName("zzzzzz", names), "");
    EXPECT_EQ(suggestion("score", names), "; did you mean 'scores'?");
    EXPECT_EQ(suggestion("zzzzzz", names), "; there are: 'images', 'scores', 'boxes'");
    EXPECT_EQ(suggestion("x", {}), "; there are none");
}

TEST(TextTest, ListsNoMoreThanOneCanRead) {
    const std::vector<std::string> names(25, "name");
    const std::string text = suggestion("zzzzzz", names);
    EXPECT_NE(text.find("..."), std::string::npos);
    EXPECT_LT(text.size(), 150u);
}

}  // namespace
