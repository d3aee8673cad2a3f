// Dynamic libraries, on each operating system's terms.
#pragma once

#include <string>

namespace pinion_host_tensorrt {

// Null on failure, with the loader's own message in why. An empty folder searches the loader's path.
void* openLibrary(const std::string& path, std::string& why);
void closeLibrary(void* library) noexcept;
void* findSymbol(void* library, const char* name) noexcept;

// The folder of the library or program that holds this code, or empty.
std::string ownFolder();

// The value of an environment variable, or empty.
std::string environmentVariable(const char* name);

}  // namespace pinion_host_tensorrt
