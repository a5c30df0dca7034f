#include "catena/plugin/elf.hpp"

#include <elf.h>
#include <link.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace catena::elf {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using SectionHeader = ElfW(Shdr);

constexpr unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char own_order =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

#if defined(__x86_64__)
constexpr std::uint16_t own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t own_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr std::uint16_t own_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr std::uint16_t own_machine = EM_PPC64;
#elif defined(__s390__)
constexpr std::uint16_t own_machine = EM_S390;
#elif defined(__arm__)
constexpr std::uint16_t own_machine = EM_ARM;
#elif defined(__i386__)
constexpr std::uint16_t own_machine = EM_386;
#else
#error "catena doesn't know by which number ELF files call this machine: add it here"
#endif

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "AArch64";
    case EM_RISCV: return "RISC-V";
    case EM_PPC64: return "POWER";
    case EM_S390: return "s390";
    case EM_ARM: return "ARM";
    case EM_386: return "x86";
    default: return "machine " + std::to_string(machine);
  }
}

bool holds(std::string_view file, std::uint64_t offset, std::uint64_t size) {
  return offset <= file.size() && size <= file.size() - offset;
}

/// The structure at that place; nothing when the file ends before its end.
template <typename T>
std::optional<T> read_at(std::string_view file, std::uint64_t offset) {
  if (!holds(file, offset, sizeof(T))) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

const std::string cut_off = "it is cut off; build or copy it again";

std::string problem_with_header(const Header& header) {
  if (header.e_ident[EI_CLASS] != own_class) {
    return header.e_ident[EI_CLASS] == ELFCLASS32
               ? "it was built for 32 bits, and this catena has 64"
               : "it was built for another size of addresses than this catena";
  }
  if (header.e_ident[EI_DATA] != own_order) {
    return "it was built for another order of bytes than this catena";
  }
  if (header.e_machine != own_machine) {
    return "it was built for " + machine_name(header.e_machine) + ", and this catena for " +
           machine_name(own_machine);
  }
  if (header.e_type != ET_DYN) {
    return "it is no shared library; build it with catena_add_plugin, or with -shared";
  }
  return {};
}

/// An entry of a table of structures whose place and number a header tells; nothing when the file
/// ends before the table's end.
template <typename T>
std::optional<T> entry(std::string_view file, std::uint64_t table, std::uint64_t count,
                       std::uint64_t index) {
  if (!holds(file, table, count * sizeof(T)) || index >= count) return std::nullopt;
  return read_at<T>(file, table + index * sizeof(T));
}

/// Whether everything that would be mapped is there.
bool has_its_segments(std::string_view file, const Header& header) {
  for (std::uint64_t index = 0; index < header.e_phnum; ++index) {
    const auto segment = entry<Segment>(file, header.e_phoff, header.e_phnum, index);
    if (!segment) return false;
    if (segment->p_type == PT_LOAD && !holds(file, segment->p_offset, segment->p_filesz)) {
      return false;
    }
  }
  return true;
}

std::optional<SectionHeader> section_header(std::string_view file, const Header& header,
                                            std::uint64_t index) {
  return entry<SectionHeader>(file, header.e_shoff, header.e_shnum, index);
}

std::optional<std::string_view> content_of(std::string_view file, const SectionHeader& section) {
  if (section.sh_type == SHT_NOBITS || !holds(file, section.sh_offset, section.sh_size)) {
    return std::nullopt;
  }
  return file.substr(section.sh_offset, section.sh_size);
}

/// The text at that place of a table of names; empty when there is none.
std::string_view name_at(std::string_view names, std::uint64_t offset) {
  if (offset >= names.size()) return {};
  names.remove_prefix(offset);
  return names.substr(0, names.find('\0'));
}

}  // namespace

Inspection inspect(std::string_view file, std::string_view section_name) {
  if (file.empty()) return {"it is empty; build or copy it again", {}};
  if (!file.starts_with(std::string_view(ELFMAG, SELFMAG))) {
    return {"it is no shared library; name what the build made of the plugin, lib<name>.so", {}};
  }
  const auto header = read_at<Header>(file, 0);
  if (!header) return {cut_off, {}};
  if (std::string problem = problem_with_header(*header); !problem.empty()) return {problem, {}};
  if (!has_its_segments(file, *header)) return {cut_off, {}};
  if (header->e_shoff == 0 || header->e_shnum == 0) return {};
  const auto names_header = section_header(file, *header, header->e_shstrndx);
  const auto names = names_header ? content_of(file, *names_header) : std::nullopt;
  if (!names) return {cut_off, {}};
  for (std::uint64_t index = 0; index < header->e_shnum; ++index) {
    const auto section = section_header(file, *header, index);
    if (!section || name_at(*names, section->sh_name) != section_name) continue;
    const auto content = content_of(file, *section);
    if (!content) return {cut_off, {}};
    return {{}, content};
  }
  return {};
}

}  // namespace catena::elf
