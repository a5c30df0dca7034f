#include "catena/plugin/signature.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <array>

namespace catena {
namespace {

using Words = std::optional<std::string> (*)(std::string_view module, std::string_view catena);

std::string words(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text.append(piece);
  return text;
}

std::optional<std::string> compare_api(std::string_view module, std::string_view catena) {
  if (module == catena) return std::nullopt;
  return words({"it was built for version ", module,
                " of the interface to modules, and this catena has ", catena,
                "; build it again with the headers of this one"});
}

/// "0.1" of "0.1.3": what must agree.
std::string_view without_patch(std::string_view version) {
  return version.substr(0, version.rfind('.'));
}

std::optional<std::string> compare_version(std::string_view module, std::string_view catena) {
  if (without_patch(module) == without_patch(catena)) return std::nullopt;
  return words({"it was built with the headers of catena ", module, ", and this is catena ", catena,
                "; build it again with the headers of this one"});
}

std::string compiler(std::string_view abi) {
  constexpr std::string_view gnu = "g++-";
  if (!abi.starts_with(gnu)) return std::string(abi);
  return words({"g++'s C++ ABI ", abi.substr(gnu.size())});
}

/// Clang lays out and calls as g++ does from its ABI 17 on, which is told as 1017.
bool fits_clang(std::string_view abi) {
  return abi == "clang" || (abi.starts_with("g++-") && abi.size() == 8 && abi >= "g++-1017");
}

std::optional<std::string> compare_abi(std::string_view module, std::string_view catena) {
  if (module == catena) return std::nullopt;
  if ((module == "clang" || catena == "clang") && fits_clang(module) && fits_clang(catena)) {
    return std::nullopt;
  }
  return words({"it was compiled for ", compiler(module), ", and this catena for ",
                compiler(catena), "; use the same compiler, without -fabi-version"});
}

std::optional<std::string> compare_library(std::string_view module, std::string_view catena) {
  if (module == catena) return std::nullopt;
  return words({"it was compiled with the standard library ", module, ", and this catena with ",
                catena, "; use the same (-stdlib)"});
}

std::optional<std::string> compare_strings(std::string_view module, std::string_view catena) {
  if (module == catena) return std::nullopt;
  return words({"it was compiled with the ", module, " std::string, and this catena with the ",
                catena,
                " one; compile it with -D_GLIBCXX_USE_CXX11_ABI=", catena == "new" ? "1" : "0"});
}

std::optional<std::string> compare_containers(std::string_view module, std::string_view catena) {
  if (module == catena) return std::nullopt;
  return words({"it was compiled with the standard library's ", module,
                " containers, and this catena with ", catena, " ones; compile it ",
                catena == "plain" ? "without" : "with", " -D_GLIBCXX_DEBUG"});
}

/// Code without a sanitizer runs in a process with one, except for MemorySanitizer; the runtime of
/// one can't come into a process later.
std::optional<std::string> compare_sanitizer(std::string_view module, std::string_view catena) {
  if (module == catena || (module == "none" && catena != "memory")) return std::nullopt;
  if (module == "none")
    return "it was compiled without -fsanitize=memory, which this catena runs under";
  return words({"it was compiled with -fsanitize=", module, ", and this catena runs ",
                catena == "none" ? "without a sanitizer" : words({"under -fsanitize=", catena}),
                "; leave it to the tests"});
}

struct Part {
  std::string_view name;
  Words compare;
};
constexpr std::array<Part, 7> known_parts{{
    {"api", compare_api},
    {"catena", compare_version},
    {"abi", compare_abi},
    {"library", compare_library},
    {"strings", compare_strings},
    {"containers", compare_containers},
    {"sanitizer", compare_sanitizer},
}};

/// The sanitizer whose runtime is in this process, whoever brought it.
std::string_view running_sanitizer() {
  if (::dlsym(RTLD_DEFAULT, "__asan_init") != nullptr) return "address";
  if (::dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr) return "thread";
  if (::dlsym(RTLD_DEFAULT, "__msan_init") != nullptr) return "memory";
  return "none";
}

}  // namespace

std::optional<Signature> Signature::parse(std::string_view text) {
  constexpr std::size_t longest = 1000;
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (text.size() > longest || !std::all_of(text.begin(), text.end(), printable))
    return std::nullopt;
  Signature signature;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const std::size_t equals = part.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    signature.parts_.emplace_back(part.substr(0, equals), part.substr(equals + 1));
  }
  if (signature.parts_.empty()) return std::nullopt;
  return signature;
}

Signature Signature::own() {
  Signature signature = *parse(CATENA_SIGNATURE);
  signature.value("sanitizer") = running_sanitizer();
  return signature;
}

std::string Signature::text() const {
  std::string text;
  for (const auto& [name, value] : parts_) {
    text.append(text.empty() ? "" : " ").append(name).append("=").append(value);
  }
  return text;
}

std::optional<std::string> Signature::misfit(const Signature& catena) const {
  for (const Part& part : known_parts) {
    const std::string_view mine = find(part.name);
    if (mine.empty())
      return words({"its signature says nothing of \"", part.name, "\"; build it again"});
    if (auto difference = part.compare(mine, catena.find(part.name))) return difference;
  }
  for (const auto& [name, value] : parts_) {
    if (catena.find(name).empty()) {
      return words(
          {"its signature has \"", name, "\", which this catena doesn't know; build it again"});
    }
  }
  return std::nullopt;
}

std::string_view Signature::find(std::string_view name) const noexcept {
  for (const auto& [known, value] : parts_) {
    if (known == name) return value;
  }
  return {};
}

std::string& Signature::value(std::string_view name) {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [name](const auto& part) { return part.first == name; });
  return found != parts_.end() ? found->second : parts_.emplace_back(name, std::string()).second;
}

}  // namespace catena
