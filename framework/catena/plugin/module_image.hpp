#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

#include "catena/http/unique_fd.hpp"

namespace catena {

/// The bytes of a module's file as they were when it was read, in a file of their own that is only
/// in memory. What is checked is what is loaded, whatever happens to the file meanwhile; and who
/// overwrites the file does not pull the code from under a running server.
class ModuleImage {
 public:
  /// The image, or why there is none, as a sentence about the file.
  static std::variant<ModuleImage, std::string> read(const std::filesystem::path& path);

  ModuleImage(ModuleImage&& other) noexcept;
  ModuleImage& operator=(ModuleImage&&) = delete;
  ~ModuleImage();

  std::string_view bytes() const noexcept { return {data_, size_}; }
  /// A name for the dynamic loader, which tells loaded files apart by their names: no other image
  /// has it while this one lives.
  std::string path() const;

 private:
  ModuleImage(UniqueFd fd, const char* data, std::size_t size) noexcept
      : fd_(std::move(fd)), data_(data), size_(size) {}

  UniqueFd fd_;
  const char* data_;
  std::size_t size_;
};

}  // namespace catena
