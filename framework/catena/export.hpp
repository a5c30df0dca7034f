#pragma once

/// Marks what libcatena shows to modules, the server and tests. Everything else stays inside.
#define CATENA_API __attribute__((visibility("default")))
