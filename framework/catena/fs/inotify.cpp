#include "catena/fs/inotify.hpp"

#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace catena {
namespace {

constexpr std::uint32_t changes = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE |
                                  IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
                                  IN_ONLYDIR;

/// Magic numbers of statfs(2), from Linux's magic.h and the file systems' own sources.
constexpr std::array<std::uint32_t, 23> changed_by_others{
    0x6969,                  // nfs
    0x517b,                  // smb
    0xff534d42, 0xfe534d42,  // cifs, smb2
    0x65735546,              // fuse
    0x01021997,              // 9p
    0x00c36400,              // ceph
    0x5346414f, 0x6b414653,  // afs
    0x73757245,              // coda
    0x7461636f,              // ocfs2
    0x01161970,              // gfs2
    0x0bd00bd0,              // lustre
    0x47504653,              // gpfs
    0x19830326,              // beegfs
    0x786f4256,              // vboxsf
    0xbacbacbc,              // hgfs
    0x00009fa0,              // proc
    0x62656572,              // sysfs
    0x64626720, 0x74726163,  // debugfs, tracefs
    0x0027e0eb, 0x63677270,  // cgroup, cgroup2
};

Inotify::Event to_event(const inotify_event& event, std::string_view name) {
  Inotify::Event told;
  told.watch = event.wd;
  told.lost = (event.mask & IN_Q_OVERFLOW) != 0;
  told.name = name;
  told.itself = !told.lost && name.empty();
  told.structural =
      (event.mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ISDIR)) != 0;
  return told;
}

}  // namespace

Inotify::Inotify() noexcept : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

int Inotify::watch(int directory) noexcept {
  std::array<char, 32> path{"/proc/self/fd/"};
  std::to_chars(path.data() + std::strlen(path.data()), path.data() + path.size() - 1, directory);
  return ::inotify_add_watch(fd_.get(), path.data(), changes);
}

void Inotify::unwatch(int watch) noexcept { ::inotify_rm_watch(fd_.get(), watch); }

void Inotify::read(const std::function<void(const Event&)>& tell) {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (int rounds = 0; rounds < 16; ++rounds) {
    const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    const char* at = buffer.data();
    while (at < buffer.data() + size) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      at += sizeof event;
      // The name is padded with zeros.
      tell(to_event(event, std::string_view(at, ::strnlen(at, event.len))));
      at += event.len;
    }
  }
}

bool hears_of_changes(int file) noexcept {
  struct statfs status {};
  if (::fstatfs(file, &status) != 0) return false;
  const auto type = static_cast<std::uint32_t>(status.f_type);
  return std::find(changed_by_others.begin(), changed_by_others.end(), type) ==
         changed_by_others.end();
}

}  // namespace catena
