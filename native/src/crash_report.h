// Tells the parent of a builder process of a crash, as far as the last log lines and phases say where it was.
#pragma once

namespace pinion {

// From here on a crash writes one frame to the descriptor before the process dies of its signal.
void reportCrashesTo(int descriptor) noexcept;

// What is being done; any thread, one call at a time.
void notePhase(const char* phase) noexcept;
// Takes the lines in which a parser names the node that it begins.
void noteLogLine(const char* line) noexcept;

}  // namespace pinion
