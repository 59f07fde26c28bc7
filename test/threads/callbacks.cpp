// Callbacks on strands of another pool, while two threads run the channel. Meant for the thread sanitizer as well.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"
#include "threads/echo_service.hpp"

namespace {

namespace asio = boost::asio;
using heddle::status;
using lab::Text;

/// What the talkers count. Catch2's own macros are for one thread.
struct tally {
  std::atomic<int> done = 0, wrong = 0;
  void expect(bool holds) {
    if (!holds) ++wrong;
  }
};

/// Talks to the server in callbacks, each on its own strand; `owned` is touched on that strand only.
class talker : public std::enable_shared_from_this<talker> {
 public:
  using strand = asio::strand<asio::thread_pool::executor_type>;
  talker(lab::echo::client client, strand where, tally& counts)
      : client_(std::move(client)), where_(std::move(where)), counts_(counts) {}

  void next() {
    if (++owned_ > 30) {
      ++counts_.done;
      return;
    }
    Text request;
    request.set_number(owned_);
    client_.unary(request, asio::bind_executor(where_, [self = shared_from_this()](status s, Text answer) {
                    self->answered(s, answer);
                  }));
  }

 private:
  void answered(status const& s, Text const& answer) {
    counts_.expect(s.is_ok());
    counts_.expect(where_.running_in_this_thread());
    counts_.expect(answer.number() == owned_);
    chat_.emplace(client_.chat());
    chat_->write(answer, asio::bind_executor(
                             where_, [self = shared_from_this()](status, bool taken) { self->counts_.expect(taken); }));
    chat_->read(asio::bind_executor(
        where_, [self = shared_from_this()](status, std::optional<Text> message) { self->heard(message); }));
  }
  void heard(std::optional<Text> const& message) {
    counts_.expect(where_.running_in_this_thread());
    counts_.expect(message.has_value());
    // Every other call is destroyed here with a read pending, which must tell so on this strand.
    if (owned_ % 2 == 0) return next();
    chat_->read(asio::bind_executor(where_, [self = shared_from_this()](status s, std::optional<Text>) {
      self->counts_.expect(self->where_.running_in_this_thread());
      self->counts_.expect(s.code() == heddle::status_code::cancelled);
      self->next();
    }));
    chat_.reset();
  }

  lab::echo::client client_;
  strand where_;
  tally& counts_;
  int owned_ = 0;
  std::optional<heddle::bidi_streaming_call<Text, Text>> chat_;
};

}  // namespace

TEST_CASE("callbacks on strands of a foreign pool") {
  asio::io_context context;
  heddle::test::echo_service service;
  heddle::server server(context);
  server.add(service);
  auto const where = server.listen("127.0.0.1:0");
  asio::co_spawn(context, server.run(), asio::detached);
  heddle::channel channel(context, where.to_string());
  auto work = asio::make_work_guard(context);
  std::vector<std::thread> runners;
  for (int i = 0; i < 2; ++i) runners.emplace_back([&context] { context.run(); });
  tally counts;
  {
    asio::thread_pool pool(2);
    for (int i = 0; i < 8; ++i) {
      auto const strand = asio::make_strand(pool);
      auto const one = std::make_shared<talker>(lab::echo::client(channel), strand, counts);
      asio::post(strand, [one] { one->next(); });
    }
    pool.join();  // pending operations are work for it
  }
  CHECK(counts.done == 8);
  CHECK(counts.wrong == 0);
  context.stop();
  for (std::thread& one : runners) one.join();
}
