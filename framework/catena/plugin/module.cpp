#include "catena/plugin/module.hpp"

#include <cxxabi.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "catena/plugin/elf.hpp"
#include "catena/plugin/module_image.hpp"
#include "catena/plugin/plugin_name.hpp"
#include "catena/plugin/signature.hpp"

namespace catena {
namespace {

using Refusal = std::optional<std::string>;
using Entry = void (*)(Registry&);

constexpr const char* entry_name = "catena_module_entry";

/// What the process has loaded. The dynamic loader keeps it for as long as the process lives; so
/// does this, which is why it is no part of a configuration.
struct Loaded {
  ModuleImage image;
  Module module;
  Entry entry;
};
std::mutex loading;
std::list<Loaded>& all_loaded() {
  static std::list<Loaded> all;
  return all;
}

/// What the file says of itself, before any of it is loaded.
Refusal check_signature(std::string_view file) {
  const elf::Inspection inspection = elf::inspect(file, CATENA_SIGNATURE_SECTION);
  if (!inspection.problem.empty()) return inspection.problem;
  if (!inspection.section) {
    return "it is a shared library, but no module of catena; put CATENA_MODULE in one of its "
           "sources";
  }
  const auto signature =
      Signature::parse(inspection.section->substr(0, inspection.section->find('\0')));
  if (!signature) return "it has a signature that is none; build it again";
  const Signature own = Signature::own();
  const auto misfit = signature->misfit(own);
  if (!misfit) return std::nullopt;
  return *misfit + " (its signature: " + signature->text() + "; this catena's: " + own.text() + ")";
}

/// The text with the C++ names in it as sources have them: "nowhere()" for "_Z7nowherev".
std::string demangled(std::string text) {
  constexpr const char* in_names =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.$";
  for (std::size_t at = 0; (at = text.find("_Z", at)) != std::string::npos; ++at) {
    const std::size_t end = std::min(text.find_first_not_of(in_names, at), text.size());
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(text.substr(at, end - at).c_str(), nullptr, nullptr, &status),
        std::free);
    if (name != nullptr) text.replace(at, end - at, name.get());
  }
  return text;
}

/// What the dynamic loader said, without the name that only it knows the file by.
std::string loader_error(const std::string& loaded_by) {
  const char* said = ::dlerror();
  std::string text = said != nullptr ? said : "the dynamic loader doesn't say why";
  if (text.starts_with(loaded_by + ": ")) text.erase(0, loaded_by.size() + 2);
  if (text.find("cannot open shared object file") != std::string::npos) {
    text += "; install it where the dynamic loader looks: $ORIGIN leads nowhere from a module";
  }
  return demangled(std::move(text));
}

std::variant<Loaded*, std::string> load(const std::filesystem::path& path) {
  auto read = ModuleImage::read(path);
  if (auto* refusal = std::get_if<std::string>(&read)) return std::move(*refusal);
  ModuleImage& image = std::get<ModuleImage>(read);
  for (Loaded& loaded : all_loaded()) {
    if (loaded.image.bytes() == image.bytes()) return &loaded;
  }
  if (Refusal refusal = check_signature(image.bytes())) return std::move(*refusal);
  const std::string name = image.path();
  void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return "it can't be loaded: " + loader_error(name);
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, entry_name));
  return &all_loaded().emplace_back(Loaded{std::move(image), {path}, entry});
}

/// What the module brings.
std::variant<Registry, std::string> plugins_of(const Loaded& loaded) {
  if (loaded.entry == nullptr) {
    return std::string("it has no entry point (") + entry_name +
           "); put CATENA_MODULE in one of its sources";
  }
  Registry brought;
  try {
    loaded.entry(brought);
  } catch (const std::exception& error) {
    return std::string("its entry point threw: ") + error.what();
  } catch (...) {
    return std::string("its entry point threw something that is no std::exception");
  }
  if (brought.names().empty()) return std::string("its entry point adds no plugin");
  return brought;
}

/// Why the plugins can't be added to the others.
Refusal check_plugins(const Registry& brought, const Registry& registry) {
  for (const std::string& name : brought.names()) {
    if (!is_plugin_name(name)) {
      return "\"" + name + "\" is no name for a plugin: " + std::string(plugin_name_rule);
    }
    if (!brought.find(name)->make) {
      return "its plugin \"" + name + "\" makes no handlers; put it together with catena::describe";
    }
    const Plugin* there = registry.find(name);
    if (there == nullptr) continue;
    const std::string owner =
        there->module != nullptr ? there->module->path.string() + " brings" : "is built in";
    return fmt::format("its plugin \"{}\" has the name of one that {}; give it another", name,
                       owner);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> add_module(const std::filesystem::path& path, Registry& registry) {
  const std::lock_guard lock(loading);
  const auto loaded = load(path);
  if (const auto* refusal = std::get_if<std::string>(&loaded)) return *refusal;
  const Loaded& found = *std::get<Loaded*>(loaded);
  const auto plugins = plugins_of(found);
  if (const auto* refusal = std::get_if<std::string>(&plugins)) return *refusal;
  const Registry& brought = std::get<Registry>(plugins);
  if (Refusal refusal = check_plugins(brought, registry)) return refusal;
  for (const std::string& name : brought.names()) {
    Plugin plugin = *brought.find(name);
    plugin.module = &found.module;
    registry.add(std::move(plugin));
  }
  return std::nullopt;
}

}  // namespace catena
