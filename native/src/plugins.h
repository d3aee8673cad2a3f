// TensorRT's plugins: its own, always, and extra libraries by path.
#pragma once

#include <string>
#include <vector>

namespace pinion {

// Registers TensorRT's own plugins, once. Without it plans and models that use one fail far from the cause.
void initPlugins();

// Loads a plugin library for the life of the process; a second time does nothing. Throws PN_NOT_FOUND with the path and
// the system loader's words.
void loadPluginLibrary(const std::string& path);
void loadPluginLibraries(const std::vector<std::string>& paths);

}  // namespace pinion
