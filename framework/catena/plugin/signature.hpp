#pragma once

// What a module and the catena that loads it must agree on, as text that the compiler puts
// together. It stands in a section of the module's file, so that a mismatch is found, and told in
// words, before anything of the module is loaded.
//
// Only what breaks calls or layouts is in it: optimisation, debug information, assertions and
// warnings are everybody's own business.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/export.hpp"
#include "catena/version.hpp"

/// Counts changes of what modules and catena ask of each other, within a version of catena.
#define CATENA_API_VERSION 2

#define CATENA_SIGNATURE_TEXT_OF(macro) #macro
#define CATENA_SIGNATURE_TEXT(macro) CATENA_SIGNATURE_TEXT_OF(macro)

#if defined(__clang__)
#define CATENA_SIGNATURE_ABI "clang"
#else
#define CATENA_SIGNATURE_ABI "g++-" CATENA_SIGNATURE_TEXT(__GXX_ABI_VERSION)
#endif

#if defined(_LIBCPP_VERSION)
#define CATENA_SIGNATURE_LIBRARY "libc++-" CATENA_SIGNATURE_TEXT(_LIBCPP_ABI_VERSION)
#elif defined(_GLIBCXX_INLINE_VERSION) && _GLIBCXX_INLINE_VERSION
#define CATENA_SIGNATURE_LIBRARY "libstdc++-8"
#elif defined(__GLIBCXX__)
#define CATENA_SIGNATURE_LIBRARY "libstdc++"
#else
#define CATENA_SIGNATURE_LIBRARY "unknown"
#endif

#if defined(__GLIBCXX__) && !_GLIBCXX_USE_CXX11_ABI
#define CATENA_SIGNATURE_STRINGS "old"
#else
#define CATENA_SIGNATURE_STRINGS "new"
#endif

#if defined(_GLIBCXX_DEBUG) || defined(_LIBCPP_ENABLE_DEBUG_MODE)
#define CATENA_SIGNATURE_CONTAINERS "debug"
#else
#define CATENA_SIGNATURE_CONTAINERS "plain"
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CATENA_SIGNATURE_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define CATENA_SIGNATURE_SANITIZER "thread"
#elif __has_feature(memory_sanitizer)
#define CATENA_SIGNATURE_SANITIZER "memory"
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CATENA_SIGNATURE_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define CATENA_SIGNATURE_SANITIZER "thread"
#endif
#if !defined(CATENA_SIGNATURE_SANITIZER)
#define CATENA_SIGNATURE_SANITIZER "none"
#endif

/// The signature of whatever is being compiled, one word a part.
#define CATENA_SIGNATURE                                                                      \
  "api=" CATENA_SIGNATURE_TEXT(CATENA_API_VERSION) " catena=" CATENA_VERSION                  \
                                                   " abi=" CATENA_SIGNATURE_ABI               \
                                                   " library=" CATENA_SIGNATURE_LIBRARY       \
                                                   " strings=" CATENA_SIGNATURE_STRINGS       \
                                                   " containers=" CATENA_SIGNATURE_CONTAINERS \
                                                   " sanitizer=" CATENA_SIGNATURE_SANITIZER

/// The section of a module's file that its signature stands in.
#define CATENA_SIGNATURE_SECTION "catena_module"

namespace catena {

/// A signature as it is compared.
class CATENA_API Signature {
 public:
  /// Nothing when the text is none: printable ASCII, parts like "name=value" with a space between.
  static std::optional<Signature> parse(std::string_view text);
  /// Of this libcatena, in the process as it runs: the sanitizer is the one that is loaded.
  static Signature own();

  std::string text() const;

  /// What keeps a module of this signature from being loaded by a catena of that one, as a sentence
  /// about the module ("it was …"): the first difference that matters. Nothing when it fits.
  std::optional<std::string> misfit(const Signature& catena) const;

 private:
  std::string_view find(std::string_view name) const noexcept;
  std::string& value(std::string_view name);

  std::vector<std::pair<std::string, std::string>> parts_;
};

}  // namespace catena
