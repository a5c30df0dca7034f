#pragma once

/// The version of this catena. Before 1.0, what changes the second number may change anything, and
/// what changes the third breaks nothing.
#define CATENA_VERSION "0.1.0"
