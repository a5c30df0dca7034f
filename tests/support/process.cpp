#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "catena/http/unique_fd.hpp"

namespace catena::testing {
namespace {

constexpr std::chrono::seconds patience{60};

int to_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

UniqueFd create(const std::filesystem::path& file) {
  UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) throw std::system_error(errno, std::generic_category(), file.string());
  return fd;
}

/// In the child: the sockets from descriptor 3 on, and the variables that tell of them.
void hand_over(const std::vector<UniqueFd>& sockets) {
  int fd = STDERR_FILENO;
  for (const UniqueFd& socket : sockets) ::dup2(socket.get(), ++fd);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", std::to_string(sockets.size()).c_str(), 1);
}

}  // namespace

Process::Process(const std::string& program, Setup setup) {
  std::vector<char*> arguments{const_cast<char*>(program.c_str())};
  for (std::string& argument : setup.arguments) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::vector<std::string> environment;
  for (const auto& [name, value] : setup.environment) environment.push_back(name + "=" + value);
  const UniqueFd out = create(files_ / "out");
  const UniqueFd err = create(files_ / "err");
  const UniqueFd in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int output = setup.output >= 0 ? setup.output : out.get();
  std::vector<UniqueFd> handed_over;  // out of the way of where they shall be
  for (const int socket : setup.handed_over) {
    handed_over.emplace_back(::fcntl(socket, F_DUPFD_CLOEXEC, 64));
  }

  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ > 0) return;
  // The child: little but system calls; tests start programs from their only thread.
  ::dup2(in.get(), STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(err.get(), STDERR_FILENO);
  if (!setup.directory.empty() && ::chdir(setup.directory.c_str()) != 0) ::_exit(126);
  if (setup.most_descriptors > 0) {
    const rlimit limit{setup.most_descriptors, setup.most_descriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  for (std::string& variable : environment) ::putenv(variable.data());
  if (!handed_over.empty()) hand_over(handed_over);
  ::execv(program.c_str(), arguments.data());
  ::_exit(127);
}

Process::~Process() {
  if (exit_code_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const { ::kill(pid_, number); }

int Process::wait() {
  try {
    eventually([this] { return !running(); });
  } catch (const std::runtime_error&) {
    throw std::runtime_error("the program did not end; on standard error: " + errors());
  }
  return *exit_code_;
}

bool Process::running() {
  if (exit_code_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = to_code(status);
  return false;
}

void Process::wait_for_output(const std::string& text) {
  eventually([&] {
    if (output().find(text) != std::string::npos) return true;
    if (!running() && output().find(text) == std::string::npos) {
      throw std::runtime_error("the program ended before it said \"" + text + "\": " + errors());
    }
    return false;
  });
}

void Process::wait_for_errors(const std::string& text) {
  eventually([&] { return errors().find(text) != std::string::npos; });
}

Finished run(const std::string& program, Process::Setup setup) {
  Process process(program, std::move(setup));
  const int exit_code = process.wait();
  return {exit_code, process.output(), process.errors()};
}

void pause_or_give_up(std::chrono::steady_clock::time_point began) {
  if (std::chrono::steady_clock::now() - began > patience) {
    throw std::runtime_error("what was waited for did not come in 60 s");
  }
  ::poll(nullptr, 0, 5);
}

}  // namespace catena::testing
