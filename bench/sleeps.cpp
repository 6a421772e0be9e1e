// How late a process is that does nothing but sleep until its next planned time: what the machine alone adds
// to the start of a request.
//
// sleeps RATE SECONDS: prints the P99 of the lateness, in µs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sys/prctl.h>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: sleeps RATE SECONDS\n", stderr);
    return 2;
  }
  using Clock = std::chrono::steady_clock;
  const int rate = std::atoi(argv[1]);
  // The kernel may put a wake-up off by 50 µs to save power; a timerfd, which Asio uses, it does not.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  const auto begin = Clock::now();
  std::vector<Clock::duration> late;
  for (int i = 1; i <= rate * std::atoi(argv[2]); ++i) {
    const auto planned = begin + std::chrono::nanoseconds{1'000'000'000LL * i / rate};
    std::this_thread::sleep_until(planned);
    late.push_back(Clock::now() - planned);
  }
  std::sort(late.begin(), late.end());
  std::printf("%.1f\n", std::chrono::duration<double, std::micro>(late[late.size() * 99 / 100]).count());
}
