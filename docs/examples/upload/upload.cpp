// Takes what is sent with PUT to a name, or POST, into a file of that name.
//
// What it teaches: reading a request's body as it comes, within a limit of the handler's own, and
// making it a file that is there whole or not at all. The bytes go into a temporary file in the
// same directory, which gets its name only when all of them are on the disk; whatever goes wrong
// before, the client's vanishing included, the temporary file is gone with the object that owns it.
// Refusals that need no body come first, so that a client that asks (Expect: 100-continue) sends
// nothing. And what a crash left behind is swept away from time to time, by a Worker, which no
// request waits for.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catena/http/unique_fd.hpp>
#include <catena/plugin.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

using namespace catena;

namespace {

struct Options {
  std::filesystem::path directory;
  config::Bytes limit{10 * 1024 * 1024};
  bool replace = false;
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("directory", &Options::directory, "Where the files go. It must be there.").required();
  fields.add(
      "limit", &Options::limit,
      "Largest file, instead of the server's limit for bodies; a larger one is answered 413.");
  fields.add("replace", &Options::replace,
             "Whether a file that is there is replaced; otherwise the answer is 409.");
  return fields;
}

std::system_error failure(const std::string& what) {
  return {errno, std::generic_category(), what};
}

constexpr std::string_view temporary_name = ".upload-";

/// Removes the temporary files that nobody has written to for a day: those of a server that
/// crashed.
void sweep(const std::filesystem::path& directory) {
  const auto too_old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::error_code gone;  // by its own upload, or another server's sweep
    const bool ours = entry.path().filename().string().starts_with(temporary_name);
    if (ours && entry.last_write_time(gone) < too_old && !gone) {
      std::filesystem::remove(entry.path(), gone);
    }
  }
}

/// A file that has no name of its own yet: it is removed unless it gets one.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& directory)
      : directory_(directory), path_(directory / (std::string(temporary_name) + "XXXXXX")) {
    file_ = UniqueFd(::mkostemp(path_.data(), O_CLOEXEC));
    if (!file_) throw failure(path_);
    ::fchmod(file_.get(), 0644);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) throw failure(path_);
      if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  /// Gives it its name, once it is on the disk; false when that is taken and may not be replaced.
  bool publish(const std::string& name, bool replace) {
    if (::fsync(file_.get()) != 0) throw failure(path_);
    const std::filesystem::path target = directory_ / name;
    if (replace) {
      if (::rename(path_.c_str(), target.c_str()) != 0) throw failure(target);
      path_.clear();
    } else if (::link(path_.c_str(), target.c_str()) != 0) {
      if (errno == EEXIST) return false;
      throw failure(target);
    }
    sync_directory();
    return true;
  }

 private:
  void sync_directory() const {
    const UniqueFd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) throw failure(directory_);
  }

  const std::filesystem::path& directory_;
  std::string path_;  // empty once the file has another name instead
  UniqueFd file_;
};

class Upload : public Handler {
 public:
  explicit Upload(Options options) : options_(std::move(options)) {}

  void start() override {
    if (!std::filesystem::is_directory(options_.directory)) {
      throw std::runtime_error(options_.directory.string() + " is no directory");
    }
    worker_.every(std::chrono::hours(1), [this] { sweep(options_.directory); });
    worker_.start();
    worker_.post([this] { sweep(options_.directory); });
  }
  void stop() noexcept override { worker_.stop(); }

  void handle(Exchange& exchange, Next& next) const override {
    const std::string_view method = exchange.request.method;
    if (method != "PUT" && method != "POST") return next(exchange);
    const std::string name(exchange.path().substr(1));
    if (const auto status = refusal(exchange, name)) return exchange.response.set_status(*status);
    exchange.body.set_limit(options_.limit.count);
    if (exchange.dry_run) return exchange.response.set_status(Status::created);
    NewFile file(options_.directory);
    if (const auto status = receive(exchange.body, file)) {
      return exchange.response.set_status(*status);
    }
    const bool published = file.publish(name, options_.replace);
    exchange.response.set_status(published ? Status::created : Status::conflict);
  }

 private:
  /// What can be said against an upload before its body is read.
  std::optional<Status> refusal(Exchange& exchange, const std::string& name) const {
    const bool plain = !name.empty() && name.front() != '.' && name.size() <= 255 &&
                       name.find('/') == std::string::npos;
    if (!plain) {
      exchange.note("a file's name has no slash, and no dot in front");
      return Status::forbidden;
    }
    if (!exchange.request.chunked && !exchange.request.content_length) {
      return Status::length_required;
    }
    std::error_code unknown;
    if (!options_.replace && std::filesystem::exists(options_.directory / name, unknown)) {
      exchange.note("there is a file of that name");
      return Status::conflict;
    }
    return std::nullopt;
  }

  /// Reads the whole body into the file; a status when that can't be done.
  static std::optional<Status> receive(RequestBody& body, NewFile& file) {
    std::array<char, 16 * 1024> buffer;
    for (;;) {
      const RequestBody::Read got = body.read(buffer);
      file.write({buffer.data(), got.size});
      switch (got.state) {
        case RequestBody::State::more: continue;
        case RequestBody::State::end: return std::nullopt;
        case RequestBody::State::too_large: return Status::content_too_large;
        case RequestBody::State::malformed: return Status::bad_request;
        case RequestBody::State::too_slow: return Status::request_timeout;
        case RequestBody::State::gone: return Status::bad_request;  // that nobody reads
      }
    }
  }

  Options options_;
  Worker worker_{"upload"};  // the last member: its jobs use the others
};

}  // namespace

Plugin upload() {
  return describe("upload", "Takes files that are sent with PUT or POST.", fields(),
                  [](Options options) { return std::make_unique<Upload>(std::move(options)); });
}

CATENA_MODULE(registry) { registry.add(upload()); }
