#include "catena/serve/control_place.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace catena {

std::vector<std::filesystem::path> control_directories() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string given = variable("RUNTIME_DIRECTORY");
  given = given.substr(0, given.find(':'));  // systemd may name several
  if (!given.empty()) return {given};
  const std::string user = std::to_string(::geteuid());
  std::vector<std::filesystem::path> all{"/run/catena"};
  const std::string of_session = variable("XDG_RUNTIME_DIR");
  if (!of_session.empty()) all.emplace_back(of_session + "/catena");
  const std::filesystem::path usual = "/run/user/" + user + "/catena";
  if (std::find(all.begin(), all.end(), usual) == all.end()) all.push_back(usual);
  all.emplace_back("/tmp/catena-" + user);
  return all;
}

std::string_view distrust(const std::filesystem::path& directory, uid_t owner) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0) return "it can't be looked at";
  if (!S_ISDIR(status.st_mode)) return "it is no directory";
  if (status.st_uid != owner) return "it belongs to another user";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write to it";
  return {};
}

std::filesystem::path control_name(pid_t process) {
  return "control-" + std::to_string(process) + ".sock";
}

bool is_control_name(const std::filesystem::path& name) {
  const std::string text = name.string();
  return text.starts_with("control-") && text.ends_with(".sock");
}

}  // namespace catena
