#include "probe/ask/race.hpp"

#include "probe/stream_runner.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using std::chrono::microseconds;

microseconds between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration_cast<microseconds>(end - begin);
}

struct Attempt {
  Sample sample;  // how it went, as of a request with only this address
  ConnectionPtr connection;
  bool over = false;
  bool connected = false;
};

// Shared with the coroutines of the lookups and attempts, the last of which may end after the race.
struct Course {
  Course(RaceServices of, Clock::time_point until)
      : services(std::move(of)), begin(Clock::now()), deadline(until), timer(services.context) {}

  void wake() {
    changed = true;
    timer.cancel();
  }
  [[nodiscard]] const std::vector<AddressRecord>& records(const std::optional<DnsAnswer>& answer) const {
    static const std::vector<AddressRecord> none;
    return answer ? answer->records : none;
  }
  [[nodiscard]] std::optional<IpAddress> next() const {
    return next_in_race(records(aaaa), records(a), tried);
  }
  [[nodiscard]] bool all_over() const {
    return std::all_of(attempts.begin(), attempts.end(), [](const Attempt& attempt) { return attempt.over; });
  }
  [[nodiscard]] Attempt* connected() {
    const auto found = std::find_if(attempts.begin(), attempts.end(),
                                    [](const Attempt& attempt) { return attempt.connected; });
    return found == attempts.end() ? nullptr : &*found;
  }

  RaceServices services;
  Clock::time_point begin, deadline;
  Timer timer;
  bool changed = false;
  std::optional<DnsAnswer> a, aaaa;
  std::optional<Clock::time_point> a_came;
  std::deque<Attempt> attempts;  // their coroutines hold on to them
  std::vector<IpAddress> tried;
  std::optional<Clock::time_point> first_attempt, last_attempt;
};
using CoursePtr = std::shared_ptr<Course>;

Task<> look_up(CoursePtr course, Family family) {
  DnsAnswer answer = co_await course->services.resolver.resolve(family);
  course->services.on_answer(answer);
  if (family == Family::ipv4) course->a_came = Clock::now();
  (family == Family::ipv4 ? course->a : course->aaaa) = std::move(answer);
  course->wake();
}

Task<> run(CoursePtr course, Attempt& attempt) {
  const bool connected =
      co_await course->services.exchanger.connect(attempt.sample, attempt.connection, course->deadline);
  attempt.connected = connected;
  attempt.over = true;
  course->wake();
}

void begin_attempt(const CoursePtr& course, const IpAddress& address, const Sample& sample) {
  Attempt& attempt = course->attempts.emplace_back();
  attempt.sample = sample;
  attempt.sample.address = address;
  course->tried.push_back(address);
  course->last_attempt = Clock::now();
  if (!course->first_attempt) course->first_attempt = course->last_attempt;
  asio::co_spawn(course->services.context, run(course, attempt), rethrow);
}

// RFC 8305, section 3: an A that comes first waits a moment for AAAA.
std::optional<Clock::time_point> when_resolved(const Course& course) {
  if (course.aaaa && !course.aaaa->records.empty()) return course.begin;
  if (course.a && course.aaaa) return course.begin;
  if (course.a && !course.a->records.empty()) return *course.a_came + course.services.times.resolution_delay;
  return std::nullopt;
}

// When the next address may be tried (section 5); nothing until something happens.
std::optional<Clock::time_point> when_next(const Course& course) {
  if (!course.next()) return std::nullopt;
  if (!course.last_attempt) return when_resolved(course);
  if (course.attempts.back().over) return course.last_attempt;
  return *course.last_attempt + course.services.times.attempt_delay;
}

[[nodiscard]] bool is_lost(const Course& course) {
  const bool resolved = course.a && course.aaaa;
  return (resolved && !course.next() && course.all_over()) || Clock::now() >= course.deadline;
}

void set_won(Course& course, Attempt& best, Sample& sample, ConnectionPtr& winner) {
  const Sample& first = course.attempts.front().sample;
  const bool rescued = &best != &course.attempts.front();
  const microseconds dns = between(course.begin, *course.first_attempt);
  const int attempts = static_cast<int>(course.attempts.size());
  const bool first_failed = course.attempts.front().over;
  sample = best.sample;
  sample.phases.dns = dns;
  sample.phases.connect = between(*course.first_attempt, Clock::now()) - sample.phases.tls;
  sample.attempts = attempts;
  if (rescued) {
    sample.rescue = first_failed ? Rescue::from_failure : Rescue::from_lateness;
    sample.rescued_from = first.address;
    sample.detail =
        fmt::format("{}: {}", to_string(*first.address), first_failed ? describe(first.outcome) : "late");
  }
  winner = std::move(best.connection);
}

void set_lost(const Course& course, Sample& sample) {
  if (!course.attempts.empty()) {
    const Attempt& first = course.attempts.front();
    sample = first.sample;
    if (!first.over) sample.outcome = Outcome::connect_timeout;
    sample.phases.dns = between(course.begin, *course.first_attempt);
    sample.attempts = static_cast<int>(course.attempts.size());
    return;
  }
  sample.phases.dns = between(course.begin, Clock::now());
  // The families may have failed differently; that one has no address is the least that can be said.
  const bool v6_says_more = course.a && course.a->result == DnsResult::empty && course.aaaa;
  const std::optional<DnsAnswer>& answer = v6_says_more ? course.aaaa : course.a;
  sample.outcome = answer ? outcome_of(answer->result) : Outcome::dns_timeout;
}

}  // namespace

std::optional<IpAddress> next_in_race(const std::vector<AddressRecord>& v6,
                                      const std::vector<AddressRecord>& v4,
                                      const std::vector<IpAddress>& tried) {
  const bool after_v6 = !tried.empty() && tried.back().family == Family::ipv6;
  for (const auto* records : {after_v6 ? &v4 : &v6, after_v6 ? &v6 : &v4}) {
    for (const AddressRecord& record : *records) {
      if (std::find(tried.begin(), tried.end(), record.address) == tried.end()) return record.address;
    }
  }
  return std::nullopt;
}

Task<> race(RaceServices services, Sample& sample, ConnectionPtr& winner, Clock::time_point deadline) {
  const auto course = std::make_shared<Course>(std::move(services), deadline);
  for (const Family family : {Family::ipv6, Family::ipv4})
    asio::co_spawn(course->services.context, look_up(course, family), rethrow);
  while (!course->connected() && !is_lost(*course)) {
    course->changed = false;
    auto due = when_next(*course);
    if (due && *due <= Clock::now()) {
      begin_attempt(course, *course->next(), sample);
      continue;
    }
    if (course->changed) continue;
    course->timer.expires_at(due ? std::min(*due, deadline) : deadline);
    co_await course->timer.async_wait(try_await);
  }
  if (Attempt* best = course->connected()) {
    set_won(*course, *best, sample, winner);
  } else {
    set_lost(*course, sample);
  }
  for (Attempt& attempt : course->attempts) {
    if (attempt.over) {
      attempt.connection.reset();
    } else if (attempt.connection) {
      course->services.exchanger.give_up(*attempt.connection);
    }
  }
}

}  // namespace meshdrill::probe
