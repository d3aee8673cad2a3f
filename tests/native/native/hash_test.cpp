// The two hashes against published values and against themselves in pieces.
#include "hash.h"

#include <gtest/gtest.h>

#include <vector>

namespace {

using pinion::sha256Hex;
using pinion::Xxh64;

uint64_t xxh64(const std::string& text) {
    Xxh64 hash;
    hash.update(text.data(), text.size());
    return hash.digest();
}

TEST(Xxh64Test, GivesThePublishedValues) {
    EXPECT_EQ(xxh64(""), 0xef46db3751d8e999u);
    EXPECT_EQ(xxh64("a"), 0xd24ec4f1a98c6e5bu);
    EXPECT_EQ(xxh64("abc"), 0x44bc2cf5ad770999u);
    // Longer than one stripe of 32 bytes.
    EXPECT_EQ(xxh64("Nobody inspects the spammish repetition"), 0xfbcea83c8a378bf1u);
}

TEST(Xxh64Test, DoesNotDependOnHowTheBytesArrive) {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        text += static_cast<char>(i * 7);
    }
    for (size_t cut = 0; cut <= text.size(); ++cut) {
        Xxh64 hash;
        hash.update(text.data(), cut);
        hash.update(text.data() + cut, text.size() - cut);
        ASSERT_EQ(hash.digest(), xxh64(text)) << "cut at " << cut;
    }
}

TEST(Xxh64Test, ChangesWithEveryBit) {
    std::string text(100, 'x');
    const uint64_t original = xxh64(text);
    for (size_t bit = 0; bit < text.size() * 8; ++bit) {
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
        ASSERT_NE(xxh64(text), original) << "bit " << bit;
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
    }
}

TEST(Sha256Test, GivesThePublishedValues) {
    EXPECT_EQ(sha256Hex("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256Hex("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // 56 bytes: the length does not fit the first padded block.
    const std::string twoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    EXPECT_EQ(sha256Hex(twoBlocks.data(), twoBlocks.size()),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    const std::string million(1000000, 'a');
    EXPECT_EQ(sha256Hex(million.data(), million.size()),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
