// Channels and servers on executors of all kinds. Meant for the thread sanitizer as well.
#include <atomic>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <heddle/client.hpp>
#include <heddle/server.hpp>

#include "lab.heddle.hpp"
#include "support/catch.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using lab::Text;

class echo_service final : public lab::echo::service {
  heddle::reply<Text> unary(heddle::server_context&, Text& request) override { co_return request; }
  heddle::reply<void> download(heddle::server_context&, Text& request, heddle::writer<Text>& out) override {
    for (std::int64_t i = 0; i < request.number(); ++i) co_await out.write(request);
    co_return heddle::ok;
  }
  heddle::reply<void> chat(heddle::server_context&, heddle::stream<Text, Text>& peer) override {
    Text message;
    while (co_await peer.read(message)) co_await peer.write(message);
    co_return heddle::ok;
  }
};

asio::awaitable<void> all_kinds(lab::echo::client stub) {
  Text request;
  request.set_text("executor");
  for (int i = 0; i < 10; ++i) {
    Text const reply = co_await stub.unary(request, heddle::call_options().timeout(30s));
    if (reply.text() != "executor") throw std::runtime_error("wrong reply");
    auto chat = stub.chat();
    for (int k = 0; k < 3; ++k) {
      co_await chat.write(request);
      auto const answer = co_await chat.read();
      if (!answer) throw std::runtime_error("the chat ended");
    }
    request.set_number(40);
    auto download = stub.download(request);
    Text message;
    int n = 0;
    while (co_await download.read(message)) ++n;
    if (n != 40) throw std::runtime_error("messages were lost");
  }
}

/// An executor of the application: counts what it runs and hands it on.
class counting_executor {
 public:
  counting_executor(asio::any_io_executor inner, std::atomic<int>& n) : inner_(std::move(inner)), n_(&n) {}

  template <class F>
  void execute(F&& f) const {
    ++*n_;
    inner_.execute(std::forward<F>(f));
  }
  bool operator==(counting_executor const& other) const noexcept = default;

  template <class Property>
    requires asio::can_query<asio::any_io_executor const&, Property>::value
  decltype(auto) query(Property const& p) const {
    return asio::query(inner_, p);
  }
  template <class Property>
    requires asio::can_require<asio::any_io_executor const&, Property>::value
  counting_executor require(Property const& p) const {
    return {asio::require(inner_, p), *n_};
  }
  template <class Property>
    requires asio::can_prefer<asio::any_io_executor const&, Property>::value
  counting_executor prefer(Property const& p) const {
    return {asio::prefer(inner_, p), *n_};
  }

 private:
  asio::any_io_executor inner_;
  std::atomic<int>* n_;
};

/// Who runs the functions of an executor: the threads of an io_context, or a pool that has its own.
class engine {
 public:
  virtual ~engine() = default;
  virtual asio::any_io_executor get_executor() = 0;
  /// Waits until nothing is left to do.
  virtual void join() = 0;
};

class io_engine final : public engine {
 public:
  explicit io_engine(int threads) : context_(threads), work_(asio::make_work_guard(context_)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { context_.run(); });
  }
  ~io_engine() override {
    context_.stop();
    io_engine::join();
  }
  asio::any_io_executor get_executor() override { return context_.get_executor(); }
  void join() override {
    work_.reset();
    for (std::thread& one : threads_)
      if (one.joinable()) one.join();
  }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

class pool_engine final : public engine {
 public:
  explicit pool_engine(std::size_t threads) : pool_(threads) {}
  ~pool_engine() override { pool_.stop(); }
  asio::any_io_executor get_executor() override { return pool_.get_executor(); }
  void join() override { pool_.join(); }

 private:
  asio::thread_pool pool_;
};

/// Wraps the executor of another engine.
template <class Wrap>
class wrapping_engine final : public engine {
 public:
  wrapping_engine(std::unique_ptr<engine> inner, Wrap wrap) : inner_(std::move(inner)), wrap_(std::move(wrap)) {}
  asio::any_io_executor get_executor() override { return wrap_(inner_->get_executor()); }
  void join() override { inner_->join(); }

 private:
  std::unique_ptr<engine> inner_;
  Wrap wrap_;
};

std::atomic<int> counted{0};

struct kind {
  char const* name;
  bool one_thread;
  std::unique_ptr<engine> (*make)();
};

template <class Wrap>
std::unique_ptr<engine> wrapped(std::unique_ptr<engine> inner, Wrap wrap) {
  return std::make_unique<wrapping_engine<Wrap>>(std::move(inner), std::move(wrap));
}

asio::any_io_executor count(asio::any_io_executor inner) { return counting_executor(std::move(inner), counted); }
asio::any_io_executor on_strand(asio::any_io_executor inner) { return asio::make_strand(std::move(inner)); }
asio::any_io_executor twice_erased(asio::any_io_executor inner) {
  return asio::any_io_executor(asio::strand<asio::any_io_executor>(count(asio::any_io_executor(std::move(inner)))));
}

kind const kinds[] = {
    {"io_context, one thread", true, [] { return std::unique_ptr<engine>(new io_engine(1)); }},
    {"io_context, three threads", false, [] { return std::unique_ptr<engine>(new io_engine(3)); }},
    {"thread_pool, one thread", true, [] { return std::unique_ptr<engine>(new pool_engine(1)); }},
    {"thread_pool, three threads", false, [] { return std::unique_ptr<engine>(new pool_engine(3)); }},
    {"a strand", false, [] { return wrapped(std::make_unique<io_engine>(2), &on_strand); }},
    {"an executor of the application", false, [] { return wrapped(std::make_unique<io_engine>(2), &count); }},
    {"the same over a pool, erased twice", false,
     [] { return wrapped(std::make_unique<pool_engine>(2), &twice_erased); }},
};

}  // namespace

TEST_CASE("calls of all kinds on executors of all kinds, ended in their order") {
  for (kind const& k : kinds) {
    for (bool const single : {false, true}) {
      if (single && !k.one_thread) continue;
      INFO(k.name << (single ? ", single_threaded" : ""));
      counted = 0;
      auto const e = k.make();
      asio::any_io_executor const executor = e->get_executor();
      echo_service service;
      heddle::server server(executor, heddle::server_options().single_threaded(single));
      server.add(service);
      auto const where = server.listen("127.0.0.1:0");
      auto run = asio::co_spawn(executor, server.run(), asio::use_future);
      {
        heddle::channel channel(executor, where.to_string(), heddle::channel_options().single_threaded(single));
        lab::echo::client const stub(channel);
        std::vector<std::future<void>> all;
        for (int i = 0; i < 6; ++i)
          all.push_back(asio::co_spawn(asio::make_strand(executor), all_kinds(stub), asio::use_future));
        for (auto& one : all) one.get();
      }
      auto drained = asio::co_spawn(executor, server.drain(5s), asio::use_future);
      CHECK(drained.get() == 0);
      CHECK(run.get() == 0);
      bool const counts = std::string(k.name).find("application") != std::string::npos;
      if (counts) CHECK(counted > 0);
      e->join();  // nothing of ours keeps it going
    }
  }
}

TEST_CASE("channel, server and context may end in any order, in the middle of calls") {
  for (kind const& k : kinds) {
    for (int round = 0; round < 6; ++round) {
      INFO(k.name << ", " << round);
      auto e = k.make();
      asio::any_io_executor executor = e->get_executor();
      auto const service = std::make_shared<echo_service>();
      std::optional<heddle::server> server(std::in_place, executor);
      server->add(service);
      auto const where = server->listen("127.0.0.1:0");
      std::atomic<int> answered = 0;
      asio::co_spawn(executor, server->run(), [](std::exception_ptr, std::size_t) {});
      std::optional<heddle::channel> channel(std::in_place, executor, where.to_string());
      auto const use = [&answered](lab::echo::client stub) -> asio::awaitable<void> {
        for (;;) {
          co_await all_kinds(stub);
          ++answered;
        }
      };
      for (int i = 0; i < 4; ++i)
        asio::co_spawn(asio::make_strand(executor), use(lab::echo::client(*channel)), [](std::exception_ptr) {});
      asio::co_spawn(executor, channel->connect(), asio::use_future).get();  // run() has begun
      while (round % 2 == 0 && answered == 0) std::this_thread::yield();
      if (round < 2) {
        channel.reset();
        server.reset();
        e->join();
      } else if (round < 4) {
        server.reset();
        channel.reset();
        e->join();
      } else {  // the context stops while both are there, and takes along what waits
        executor = asio::any_io_executor();
        channel.reset();
        server.reset();
        e.reset();
      }
    }
  }
  SUCCEED("everything ended");
}

TEST_CASE("a server and its client may run on two engines") {
  io_engine mine(1);
  pool_engine theirs(2);
  echo_service service;
  heddle::server server(theirs.get_executor());
  server.add(service);
  auto const where = server.listen("127.0.0.1:0");
  auto run = asio::co_spawn(theirs.get_executor(), server.run(), asio::use_future);
  {
    heddle::channel channel(mine.get_executor(), where.to_string(), heddle::channel_options().single_threaded(true));
    asio::co_spawn(mine.get_executor(), all_kinds(lab::echo::client(channel)), asio::use_future).get();
    asio::co_spawn(theirs.get_executor(), all_kinds(lab::echo::client(channel)), asio::use_future).get();
  }
  asio::co_spawn(theirs.get_executor(), server.drain(5s), asio::use_future).get();
  CHECK(run.get() == 0);
}
