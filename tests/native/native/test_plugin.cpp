// A plugin library for the tests: it counts how often it was loaded, as a real one would register its plugins.
#include <cstdlib>
#include <string>

namespace {

struct Registration {
    Registration() {
        const char* former = std::getenv("PINION_TEST_PLUGIN_LOADS");
        setenv("PINION_TEST_PLUGIN_LOADS", std::to_string(former == nullptr ? 1 : std::atoi(former) + 1).c_str(), 1);
    }
};

const Registration kRegistration;

}  // namespace
