#pragma once

// What a plugin's author starts from: everything that a handler meets, the declaration of options,
// the descriptor, and CATENA_MODULE.

#if __cplusplus < 202002L
#error "catena needs C++20: compile with -std=c++20, or use catena_add_plugin"
#endif

#include "catena/config/fields.hpp"
#include "catena/fs/document_root.hpp"
#include "catena/http/request.hpp"
#include "catena/http/response.hpp"
#include "catena/http/status.hpp"
#include "catena/http/text.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/pipeline/handler.hpp"
#include "catena/pipeline/upgraded.hpp"
#include "catena/plugin/chain_builder.hpp"
#include "catena/plugin/entry.hpp"
#include "catena/plugin/plugin.hpp"
#include "catena/plugin/registry.hpp"
#include "catena/runtime/log.hpp"
#include "catena/runtime/worker.hpp"
