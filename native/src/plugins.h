// TensorRT's plugins: its own, always, and extra libraries by path.
#pragma once

#include <string>
#include <vector>

namespace pinion {

// Registers TensorRT's own plugins, once. Without it plans and models that use one fail far from the cause. Throws
// PN_NOT_FOUND where their library does not load.
void requirePlugins();
// The same for plans, few of which use one: without the library it goes on.
void initPlugins();
// Why the library does not load, for the error of a plan that TensorRT refuses; "" if it does.
std::string missingPlugins();

// Loads a plugin library for the life of the process; a second time does nothing. Throws PN_NOT_FOUND with the path and
// the system loader's words.
void loadPluginLibrary(const std::string& path);
void loadPluginLibraries(const std::vector<std::string>& paths);

}  // namespace pinion
