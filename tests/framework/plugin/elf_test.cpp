#include "catena/plugin/elf.hpp"

#include <elf.h>

#include <cstddef>
#include <string>

#include "catena/plugin/signature.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

const std::string cut_off = "it is cut off; build or copy it again";

std::string good() { return read_file(CATENA_TEST_MODULES "/libgood.so"); }

std::string problem(const std::string& file) {
  return elf::inspect(file, CATENA_SIGNATURE_SECTION).problem;
}

/// The module with a byte of its header changed.
std::string with_byte(std::size_t at, unsigned char value) {
  std::string file = good();
  file[at] = static_cast<char>(value);
  return file;
}

}  // namespace

TEST_CASE("the signature is read from a module's file", "[elf]") {
  const std::string file = good();
  const elf::Inspection inspection = elf::inspect(file, CATENA_SIGNATURE_SECTION);
  CHECK(inspection.problem.empty());
  REQUIRE(inspection.section);
  CHECK(inspection.section->substr(0, inspection.section->find('\0')) == CATENA_SIGNATURE);
}

TEST_CASE("a section that is not there is no problem", "[elf]") {
  const std::string file = read_file(CATENA_TEST_MODULES "/libno_signature.so");
  const elf::Inspection inspection = elf::inspect(file, CATENA_SIGNATURE_SECTION);
  CHECK(inspection.problem.empty());
  CHECK_FALSE(inspection.section);
}

TEST_CASE("what can't be a shared library for this machine is told", "[elf]") {
  CHECK(problem("") == "it is empty; build or copy it again");
  const std::string no_library =
      "it is no shared library; name what the build made of the plugin, lib<name>.so";
  CHECK(problem("#!/bin/sh\n") == no_library);
  CHECK(problem("\x7f") == no_library);
  CHECK(problem(good().substr(0, 4)) == cut_off);
  CHECK(problem(with_byte(EI_CLASS, ELFCLASS32)) ==
        "it was built for 32 bits, and this catena has 64");
  CHECK(problem(with_byte(EI_DATA, ELFDATA2MSB)) ==
        "it was built for another order of bytes than this catena");
  CHECK(problem(with_byte(offsetof(Elf64_Ehdr, e_machine), EM_SPARC))
            .starts_with("it was built for machine 2, and this catena for "));
  CHECK(problem(with_byte(offsetof(Elf64_Ehdr, e_type), ET_REL)) ==
        "it is no shared library; build it with catena_add_plugin, or with -shared");
}

TEST_CASE("a module that is cut off is told as such wherever it ends", "[elf]") {
  const std::string file = good();
  std::size_t tried = 0;
  for (std::size_t size = sizeof(Elf64_Ehdr); size < file.size(); size += 1 + size / 50) {
    CAPTURE(size);
    REQUIRE(problem(file.substr(0, size)) == cut_off);
    ++tried;
  }
  CHECK(problem(file.substr(0, file.size() - 1)) == cut_off);
  CHECK(tried > 50);
}

TEST_CASE("no byte of the headers leads out of the file", "[elf]") {
  const std::string file = good();
  Elf64_Ehdr header;
  file.copy(reinterpret_cast<char*>(&header), sizeof header);
  const auto try_bytes = [](std::string bytes, std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end; ++at) {
      const char before = bytes[at];
      for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        bytes[at] = static_cast<char>(value);
        const elf::Inspection inspection = elf::inspect(bytes, CATENA_SIGNATURE_SECTION);
        if (!inspection.section) continue;
        // A view of the file, whatever it holds.
        REQUIRE(inspection.section->data() >= bytes.data());
        REQUIRE(inspection.section->data() + inspection.section->size() <=
                bytes.data() + bytes.size());
      }
      bytes[at] = before;
    }
  };
  try_bytes(file, 0, sizeof header);
  try_bytes(file, header.e_phoff, header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr));
  // Of the sections only the table matters: what stands before it is left out, to be quick.
  std::string table(sizeof header, '\0');
  const std::size_t size = header.e_shnum * sizeof(Elf64_Shdr);
  header.e_shoff = sizeof header;
  header.e_phnum = 0;
  table.replace(0, sizeof header, reinterpret_cast<const char*>(&header), sizeof header);
  table.append(file, file.size() - size, size);
  try_bytes(table, sizeof header, table.size());
}
