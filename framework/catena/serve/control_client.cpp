#include "catena/serve/control_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "catena/http/unique_fd.hpp"
#include "catena/serve/control_place.hpp"

namespace catena::control {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds time_for_status{2};

/// Not connected when nobody listens there.
UniqueFd connect_to(const std::filesystem::path& path) {
  const std::string text = path.string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (text.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{2, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  return socket;
}

/// The line that answers; empty when there is none in time. `ended` tells whether the other side
/// has closed, `meanwhile` what it said last before the answer.
std::string ask(int socket, std::string_view command, std::chrono::milliseconds timeout,
                bool& ended, std::string& meanwhile) {
  const auto deadline = steady_clock::now() + timeout;
  const std::string line = std::string(command) + "\n";
  ended = ::send(socket, line.data(), line.size(), MSG_NOSIGNAL) < 0;
  std::string answer;
  std::array<char, 4096> piece;
  while (!ended && answer.size() <= longest_answer) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    pollfd readable{socket, POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return {};
    const ssize_t size = ::recv(socket, piece.data(), piece.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    ended = size <= 0;
    if (!ended) answer.append(piece.data(), static_cast<std::size_t>(size));
    for (std::size_t end; (end = answer.find('\n')) != std::string::npos;
         answer.erase(0, end + 1)) {
      auto told = read_meanwhile(std::string_view(answer).substr(0, end));
      if (!told) return answer.substr(0, end + 1);
      meanwhile = std::move(*told);
    }
  }
  return {};
}

std::filesystem::path own_name(const Found& found) {
  return control_name(static_cast<pid_t>(found.status->process));
}

}  // namespace

std::optional<Found> find_at(const std::filesystem::path& path) {
  const UniqueFd socket = connect_to(path);
  if (!socket) return std::nullopt;
  bool ended = false;
  std::string meanwhile;
  const std::string answer = ask(socket.get(), ask_status, time_for_status, ended, meanwhile);
  if (ended) return std::nullopt;
  return Found{path, read_status(answer)};
}

std::vector<Found> find_all() {
  std::vector<Found> all;
  // A server whose `server.control` is in one of the directories, too, is found twice there.
  const auto add = [&all](Found found) {
    const auto same = std::find_if(all.begin(), all.end(), [&found](const Found& other) {
      return found.status && other.status && found.status->process == other.status->process;
    });
    if (same == all.end()) return all.push_back(std::move(found));
    if (found.socket.filename() == own_name(found)) *same = std::move(found);
  };
  for (const std::filesystem::path& directory : control_directories()) {
    if (::geteuid() != 0 && !distrust(directory, ::geteuid()).empty()) continue;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
      if (!is_control_name(entry.path().filename())) continue;
      if (auto found = find_at(entry.path())) add(std::move(*found));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Found& a, const Found& b) { return a.socket < b.socket; });
  return all;
}

Verdict reload(const std::filesystem::path& path, std::chrono::milliseconds timeout) {
  const UniqueFd socket = connect_to(path);
  if (!socket) throw std::runtime_error("nobody listens at the control socket " + path.string());
  bool ended = false;
  std::string meanwhile;
  const std::string answer = ask(socket.get(), ask_reload, timeout, ended, meanwhile);
  if (ended) throw std::runtime_error("the server ended before it gave a verdict");
  if (answer.empty()) {
    const auto waited = std::to_string(std::chrono::ceil<std::chrono::seconds>(timeout).count());
    throw std::runtime_error("no verdict came in " + waited + " s" +
                             (meanwhile.empty() ? "" : ": " + meanwhile) +
                             "; the server's log will tell it");
  }
  const auto verdict = read_verdict(answer);
  if (!verdict) throw std::runtime_error("the server gave no verdict: " + answer);
  return *verdict;
}

}  // namespace catena::control
