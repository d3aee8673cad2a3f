// Shared libraries that are loaded by name or path while the process runs. What is loaded stays loaded: TensorRT keeps
// pointers into it.
#pragma once

#include <string>

namespace pinion {

// NULL where it does not load; why then tells the system loader's words. A bare name is looked for where the loader
// looks for the libraries that this one needs.
void* openLibrary(const std::string& path, std::string& why);
// NULL where the library has no such function.
void* findSymbol(void* library, const char* name);
// The folder of the file that holds the function; "" if the system does not tell.
std::string folderOf(const void* function);

}  // namespace pinion
