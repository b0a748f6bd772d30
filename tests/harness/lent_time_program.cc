// What lent_time_test.cc lends time to. Its first line is its process number.
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace {

constexpr int kSocket = 3;

void wait(int epoll, int milliseconds) {
  epoll_event event{};
  (void)::epoll_wait(epoll, &event, 1, milliseconds);
}

void wait_an_hour(int epoll) {
  timespec before{};
  timespec after{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  wait(epoll, 3'600'000);
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  timespec date{};
  ::clock_gettime(CLOCK_REALTIME, &date);
  char text[32];
  (void)::strftime(text, sizeof text, "%F %T", ::gmtime(&date.tv_sec));
  std::fprintf(stderr, "%ld s later it is %s, says time() %s\n", after.tv_sec - before.tv_sec, text,
               ::time(nullptr) == date.tv_sec ? "as well" : "otherwise");
}

void answer_after_5_s(int watching, int nothing) {
  for (;;) {
    wait(watching, -1);
    char byte = 0;
    if (::read(kSocket, &byte, 1) != 1) return;
    wait(nothing, 5000);
    (void)!::write(kSocket, "!", 1);
  }
}

}  // namespace

int main(int, char** arguments) {
  const std::string_view story = arguments[1];
  const int nothing = ::epoll_create1(0);
  const int watching = ::epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(watching, EPOLL_CTL_ADD, kSocket, &event);
  std::fprintf(stderr, "%d\n", static_cast<int>(::getpid()));
  if (story == "waits an hour") wait_an_hour(nothing);
  if (story == "answers after 5 s") answer_after_5_s(watching, nothing);
  if (story == "sleeps for real") ::pause();
  wait(nothing, -1);
}
