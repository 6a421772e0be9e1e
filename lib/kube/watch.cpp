#include "kube/watch.hpp"

#include "kube/codec.hpp"
#include "kube/json_fields.hpp"
#include "kube/pause.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/system/system_error.hpp>

namespace meshdrill::kube {

namespace {

using Kind = ApiError::Kind;

// How one stretch of watching ended.
struct Stretch {
  enum class End : std::uint8_t {
    by_server,   // its time was over
    by_handler,  // seen enough
    expired,     // the resourceVersion is too old: list again
    failed       // see `error`
  };

  End end = End::by_server;
  bool fruitful = false;  // there were events, or it lasted: no need to hold back
  ApiError error;
};

bool is_final(const ApiError& error) {
  static constexpr std::array refusals = {400, 401, 403, 404, 405, 422};
  if (error.kind == Kind::cancelled || error.kind == Kind::invalid) return true;
  return error.kind == Kind::api &&
         std::find(refusals.begin(), refusals.end(), error.http_status) != refusals.end();
}

// An API server restored from an older store answers 504 to a resourceVersion that it has not come to yet,
// and would for ever.
bool is_too_large(const ApiError& error) {
  if (!error.is(504)) return false;
  for (const auto& cause : array_field(error.details, "/causes")) {
    if (text_field(cause, "/reason") == "ResourceVersionTooLarge") return true;
  }
  return error.message.starts_with("Too large resource version");
}

// 410 comes as the status of the answer, or as an ERROR event in an answer of 200.
bool is_expired(const ApiError& error) {
  if (is_too_large(error)) return true;
  return error.is(410) || (error.kind == Kind::api && (error.reason == "Expired" || error.reason == "Gone"));
}

class Watcher {
 public:
  Watcher(Client& client, WatchOptions options, WatchHandler handler)
      : client_(client),
        options_(std::move(options)),
        handler_(std::move(handler)),
        back_off_(options_.back_off, options_.back_off_limit),
        random_(std::random_device{}()) {}

  Task<ApiResult<void>> run() {
    while (true) {
      const Stretch stretch = co_await list_or_follow();
      if (stretch.end == Stretch::End::by_handler) co_return ApiResult<void>();
      if (stretch.end == Stretch::End::expired) version_.clear();
      if (stretch.end == Stretch::End::failed) {
        if (is_final(stretch.error)) co_return tl::unexpected(stretch.error);
        if (!report_loss(stretch.error)) co_return ApiResult<void>();
      }
      if (stretch.fruitful) back_off_.reset();
      if (stretch.fruitful && stretch.end != Stretch::End::failed) continue;
      // Nothing came of it, so it must not be repeated at once, whatever the reason.
      const bool waited = co_await pause(client_.executor(), back_off_.next());
      if (!waited) co_return tl::unexpected(about(Kind::cancelled, "cancelled"));
    }
  }

 private:
  Task<Stretch> list_or_follow() {
    if (version_.empty()) {
      co_return co_await relist();
    }
    co_return co_await follow();
  }

  Task<Stretch> relist() {
    Stretch stretch;
    ApiResult<ObjectList> list = co_await list_all(client_, options_.list);
    if (!list) {
      stretch.end = Stretch::End::failed;
      stretch.error = list.error();
      co_return stretch;
    }
    version_ = list->resource_version;
    stretch.fruitful = !version_.empty() && !just_listed_;
    just_listed_ = true;
    WatchEvent event;
    event.items = std::move(list->items);
    if (!handler_(event)) stretch.end = Stretch::End::by_handler;
    co_return stretch;
  }

  Task<Stretch> follow() {
    Stretch stretch;
    const auto began = Clock::now();
    Request request = watch_request();
    ApiResult<std::unique_ptr<LineStream>> stream = co_await client_.open_stream(std::move(request));
    if (!stream) {
      fail(stretch, stream.error());
      co_return stretch;
    }
    while (stretch.end == Stretch::End::by_server) {
      ApiResult<std::optional<std::string>> line = co_await (*stream)->next(options_.idle);
      if (!line) {
        fail(stretch, line.error());
      } else if (!line->has_value()) {
        break;
      } else {
        take(**line, stretch);
      }
    }
    if (Clock::now() - began > options_.back_off_limit) stretch.fruitful = true;
    co_return stretch;
  }

  void take(const std::string& line, Stretch& stretch) {
    const auto event = decode_body(line);
    if (!event) return fail(stretch, about(Kind::transport, event.error().message));
    const std::string type = text_field(*event, "/type");
    const boost::json::value* object = field(*event, "/object");
    if (object == nullptr) return fail(stretch, about(Kind::transport, "a watch event without an object"));
    if (type == "ERROR") {
      ApiError error = about(Kind::api, {});
      error.http_status = count_field(*object, "/code");
      read_status(*object, error);
      return fail(stretch, error);
    }
    stretch.fruitful = true;
    just_listed_ = false;
    if (const auto version = text_field(*object, "/metadata/resourceVersion"); !version.empty())
      version_ = version;
    WatchEvent known;
    if (type == "ADDED") {
      known.type = WatchEvent::Type::added;
    } else if (type == "MODIFIED") {
      known.type = WatchEvent::Type::modified;
    } else if (type == "DELETED") {
      known.type = WatchEvent::Type::deleted;
    } else {
      return;  // BOOKMARK: only the version counts
    }
    known.object = *object;
    if (!handler_(known)) stretch.end = Stretch::End::by_handler;
  }

  static void fail(Stretch& stretch, const ApiError& error) {
    stretch.end = is_expired(error) ? Stretch::End::expired : Stretch::End::failed;
    stretch.error = error;
  }

  bool report_loss(const ApiError& error) {
    WatchEvent event;
    event.type = WatchEvent::Type::disconnected;
    event.error = error;
    return handler_(event);
  }

  Request watch_request() {
    using std::chrono::seconds;
    const auto low = std::chrono::duration_cast<seconds>(options_.shortest).count();
    const auto high = std::chrono::duration_cast<seconds>(options_.longest).count();
    std::uniform_int_distribution<seconds::rep> between(low, std::max(low, high));
    Request request;
    request.path = options_.list.path;
    request.query.emplace_back("watch", "true");
    request.query.emplace_back("allowWatchBookmarks", "true");
    request.query.emplace_back("resourceVersion", version_);
    request.query.emplace_back("timeoutSeconds", std::to_string(between(random_)));
    if (!options_.list.label_selector.empty())
      request.query.emplace_back("labelSelector", options_.list.label_selector);
    if (!options_.list.field_selector.empty())
      request.query.emplace_back("fieldSelector", options_.list.field_selector);
    return request;
  }

  ApiError about(Kind kind, std::string message) {
    Request request;
    request.path = options_.list.path;
    return error_about(client_.connection(), request, kind, std::move(message));
  }

  Client& client_;
  WatchOptions options_;
  WatchHandler handler_;
  BackOff back_off_;
  std::minstd_rand random_;
  std::string version_;       // where to go on; empty: list first
  bool just_listed_ = false;  // and no event since
};

}  // namespace

Task<ApiResult<void>> watch(Client& client, WatchOptions options, WatchHandler handler) {
  Watcher watcher(client, std::move(options), std::move(handler));
  try {
    co_return co_await watcher.run();
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) throw;
  }
  ApiError cancelled;
  cancelled.kind = Kind::cancelled;
  cancelled.cluster = client.connection().name;
  cancelled.verb = "GET";
  cancelled.message = "cancelled";
  co_return tl::unexpected(std::move(cancelled));
}

}  // namespace meshdrill::kube
