#include "catena/serve/settings.hpp"

#include "catena/config/patterns.hpp"
#include "catena/http/text.hpp"
#include "catena/net/address.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;
using config::Bytes;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;

config::Fields<Limits> limits_fields() {
  config::Fields<Limits> fields;
  fields.add("target", &Limits::target, "Longest request target; a longer one is answered 414.")
      .between(Bytes{64}, Bytes{1 * mib});
  fields.add("head", &Limits::head, "Largest request head; a larger one is answered 431.")
      .between(Bytes{512}, Bytes{16 * mib});
  fields.add("fields", &Limits::fields, "Most field lines in a request; more are answered 431.")
      .between(1, 10'000);
  fields.add("body", &Limits::body,
             "Largest request body, as it is read; a larger one is answered 413.");
  fields
      .add("connections", &Limits::connections,
           "Most connections at once. Then the longest idle is closed for a new one; with none "
           "idle, "
           "new ones wait.")
      .between(1, 1'000'000);
  fields
      .add("connections_per_address", &Limits::connections_per_address,
           "Most connections from one address; more are closed. The machine's own are exempt.")
      .between(1, 1'000'000);
  fields.add(
      "bytes_per_second", &Limits::bytes_per_second,
      "Slowest that a client may send a body or read a response over time; 0 asks for nothing.");
  return fields;
}

config::Fields<Timeouts> timeouts_fields() {
  config::Fields<Timeouts> fields;
  fields
      .add("head", &Timeouts::head,
           "From the first byte of a request to the end of its head; then 408.")
      .between(10ms, 1h);
  fields
      .add("idle", &Timeouts::idle, "From one request to the next; then the connection is closed.")
      .between(10ms, 24h);
  fields
      .add("stall", &Timeouts::stall,
           "Reading a body or writing a response without a byte getting through.")
      .between(10ms, 1h);
  fields
      .add("grace", &Timeouts::grace,
           "What exchanges in flight have to finish when the server stops; after a reload, those "
           "that take longer are named in the log.")
      .between(0ms, 1h);
  fields
      .add("handler", &Timeouts::handler,
           "How long handlers may work on a request before the log names the one that does; 0s "
           "never does.")
      .between(0ms, 24h);
  return fields;
}

config::Fields<Threads> threads_fields() {
  config::Fields<Threads> fields;
  fields
      .add("model", &Threads::model,
           "\"parked\": a connection that waits for its client has no thread. \"dedicated\": each "
           "has one as long as it is open.")
      .choices({{"parked", Threads::Model::parked}, {"dedicated", Threads::Model::dedicated}});
  fields
      .add("running", &Threads::running,
           "Parked: threads that are kept free for what comes next. When handlers block some, as "
           "many are added.")
      .between(1, 1'000);
  fields
      .add("most", &Threads::most,
           "Parked: threads that there may be in all. Without it, as many as connections.")
      .between(1, 1'000'000);
  return fields;
}

config::Fields<OpenFiles> open_files_fields() {
  config::Fields<OpenFiles> fields;
  fields
      .add("entries", &OpenFiles::entries,
           "Most paths of which it is kept what is there; one in eight may be of what is not. 0 "
           "keeps nothing.")
      .between(0, 1'000'000);
  fields
      .add("memory", &OpenFiles::memory,
           "Most memory for that, the content of small files included.")
      .between(Bytes{64 * kib}, Bytes{64 * 1024 * mib});
  fields
      .add("small", &OpenFiles::small,
           "Files up to this size are kept in memory; larger ones are kept open.")
      .between(Bytes{0}, Bytes{16 * mib});
  return fields;
}

bool is_listen_address(const std::string& text) { return parse_listen_address(text).has_value(); }

}  // namespace

config::Fields<Settings> settings_fields() {
  using log::Level;
  config::Fields<Settings> fields;
  fields
      .add("listen", &Settings::listen,
           "Where to listen: host:port, [v6]:port or unix:PATH. Port 0 lets the system choose.")
      .each(
          is_listen_address, "\"host:port\", \"[v6]:port\" or \"unix:PATH\"",
          R"(^(?:unix:.+|(?:\[.*:.*\]|[^:\[\]]*):0*(?:[1-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))$)")
      .at_least(1);
  fields.add("name", &Settings::name, "The Server field of responses; empty leaves it out.")
      .check([](const std::string& text) { return is_field_value(text); }, "a field value",
             config::field_value_pattern);
  fields.add("log_level", &Settings::log_level, "What the program's log tells.")
      .choices({{"trace", Level::trace},
                {"debug", Level::debug},
                {"info", Level::info},
                {"warn", Level::warn},
                {"error", Level::error},
                {"off", Level::off}});
  fields.add("control", &Settings::control,
             "Another local socket that `catena reload` asks at, beside one of the process's own.");
  fields.add("limits", &Settings::limits, "What a client may take.", limits_fields());
  fields.add("timeouts", &Settings::timeouts, "How long things may take.", timeouts_fields());
  fields.add("threads", &Settings::threads, "What serves connections.", threads_fields());
  fields.add("open_files", &Settings::open_files, "What is kept of files between requests.",
             open_files_fields());
  return fields;
}

}  // namespace catena
