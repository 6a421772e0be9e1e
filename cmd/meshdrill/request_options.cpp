#include "request_options.hpp"

#include "base/duration.hpp"
#include "base/files.hpp"
#include "probe/ask/request.hpp"

#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace meshdrill::cli {
namespace {

constexpr std::size_t usual_connections = 64;
constexpr std::size_t largest_body = std::size_t{1} << 20;

struct RateAsTyped {
  bool max = false;
  std::size_t in_flight = 0;
};

void apply(const RateAsTyped& typed, probe::ProbeConfig& config) {
  const std::size_t connections = typed.in_flight == 0 ? usual_connections : typed.in_flight;
  config.closed_loop = typed.max ? connections : 0;
  config.max_in_flight = typed.max ? 0 : typed.in_flight;
}

double read_rate(const std::string& text) {
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc{} || end != text.data() + text.size() || !(rate > 0 && rate <= 1e6)) {
    throw CLI::ValidationError("--rate: '" + text +
                               "' is neither \"max\" nor more than 0 and at most 1,000,000");
  }
  return rate;
}

std::string read_body(const std::string& text) {
  if (!text.starts_with('@')) return text;
  auto body = read_file(text.substr(1), largest_body);
  if (!body) throw CLI::ValidationError("--data: " + body.error().message);
  return std::move(*body);
}

void add_content(CLI::App& command, probe::ProbeConfig& config) {
  probe::RequestOptions& request = config.request;
  const std::string group = "Request";
  CLI::Option* const method =
      command.add_option("-X,--method", request.method, "HTTP method")->capture_default_str()->group(group);
  const auto add_headers = [&request](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      auto header = probe::parse_header(text);
      if (!header) throw CLI::ValidationError(header.error().message);
      request.headers.push_back(std::move(*header));
    }
  };
  command
      .add_option_function<std::vector<std::string>>(
          "-H,--header", add_headers,
          "\"NAME: VALUE\"; a last word env:VARIABLE or @FILE stands for what that holds; may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("TEXT")
      ->group(group);
  command
      .add_option_function<std::string>(
          "--data",
          [&request, method](const std::string& text) {
            request.body = read_body(text);
            if (method->count() == 0) request.method = "POST";
          },
          "Body of the request, or @FILE; the method is then POST unless given")
      ->group(group);
  command
      .add_option("--max-redirects", config.max_redirects,
                  "Redirects to follow, on the same host and address only")
      ->capture_default_str()
      ->check(CLI::Range(0, 20))
      ->group(group);
  command.add_option("--expect-status", config.expect.status, "Statuses that are fine: 200-299,404")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--expect-body", config.expect.body_regex, "Regular expression that the body must match")
      ->group(group);
  command
      .add_option("--body-limit", config.body_limit,
                  "Bytes of a body that are read; a larger one is a failure")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, std::size_t{64} << 20))
      ->group(group);
}

void add_tls(CLI::App& command, probe::TlsOptions& tls) {
  const std::string group = "TLS";
  command.add_option("--cert", tls.certificate_file, "PEM file of the client certificate, with its chain")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--key", tls.key_file, "PEM file of its key")->type_name("FILE")->group(group);
  const std::map<std::string, probe::TlsVersion> versions{{"1.2", probe::TlsVersion::tls12},
                                                          {"1.3", probe::TlsVersion::tls13}};
  command.add_option("--tls-min", tls.min_version, "Oldest version to speak: 1.2 or 1.3")
      ->transform(CLI::CheckedTransformer(versions))
      ->default_str("1.2")
      ->group(group);
  command.add_flag("--insecure", tls.insecure, "Take any certificate: whoever answers may be anybody")
      ->group(group);
  command
      .add_flag("--tls-resume", tls.resume,
                "Resume sessions, which skips the certificate and so hides a fault of it")
      ->group(group);
}

void add_keeping(CLI::App& command, probe::ProbeConfig& config) {
  const std::string group = "Schedule";
  command
      .add_option_function<std::string>(
          "--max-connection-age",
          [&config](const std::string& text) {
            const auto age = parse_duration(text);
            if (!age || *age <= Duration::zero())
              throw CLI::ValidationError("--max-connection-age: '" + text +
                                         "' is no duration above zero, like 30s");
            config.max_connection_age = *age;
          },
          "Replace a kept connection when it is older")
      ->type_name("DURATION")
      ->group(group);
  command
      .add_option("--max-requests-per-connection", config.max_requests_per_connection,
                  "Replace a kept connection after so many requests")
      ->check(CLI::PositiveNumber)
      ->group(group);
}

}  // namespace

void add_rate(CLI::App& command, probe::ProbeConfig& config) {
  const std::string group = "Schedule";
  const auto typed = std::make_shared<RateAsTyped>();
  command
      .add_option_function<std::string>(
          "--rate",
          [&config, typed](const std::string& text) {
            typed->max = text == "max";
            if (!typed->max) config.rate = read_rate(text);
            apply(*typed, config);
          },
          "Requests a second, for each stream; max: one after the other on --in-flight connections")
      ->default_str("20")
      ->type_name("RATE")
      ->group(group);
  command
      .add_option_function<std::size_t>(
          "--in-flight",
          [&config, typed](std::size_t count) {
            typed->in_flight = count;
            apply(*typed, config);
          },
          "Requests of a stream under way at a time; default: what the rate needs when all hang, 64 at max")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
      ->type_name("COUNT")
      ->group(group);
}

void add_request_options(CLI::App& command, probe::ProbeConfig& config) {
  add_content(command, config);
  add_tls(command, config.tls);
  add_keeping(command, config);
}

}  // namespace meshdrill::cli
