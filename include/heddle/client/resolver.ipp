#pragma once

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <heddle/client/resolver.hpp>

namespace heddle {

namespace detail {

class dns_resolver final : public resolver {
 public:
  dns_resolver(target const& name, asio::any_io_executor executor)
      : resolver_(std::move(executor)), host_(name.host), port_(name.port) {}

  void resolve(callback done) override {
    done_ = std::make_shared<callback>(std::move(done));
    if (host_ == "localhost") return resolve_localhost();
    resolver_.async_resolve(
        host_, port_, [waiting = std::weak_ptr(done_), host = host_](boost::system::error_code ec, auto const& found) {
          auto const told = waiting.lock();  // dead when this resolver is, also if the answer was on its way
          if (told == nullptr) return;
          if (ec) return (*told)(status(status_code::unavailable, "cannot resolve " + host + ": " + ec.message()));
          std::vector<endpoint> addresses;
          for (auto const& entry : found)
            addresses.emplace_back(entry.endpoint().address().to_string(), entry.endpoint().port());
          (*told)(std::move(addresses));
        });
  }

 private:
  /// RFC 6761 §6.3: the loopback addresses, whatever a machine without /etc/hosts would say.
  void resolve_localhost() {
    asio::post(resolver_.get_executor(), [waiting = std::weak_ptr(done_), port_text = port_] {
      auto const told = waiting.lock();
      if (told == nullptr) return;
      auto const port = static_cast<std::uint16_t>(std::stoul(port_text));
      std::vector<endpoint> addresses;
      addresses.emplace_back("127.0.0.1", port);
      addresses.emplace_back("::1", port);
      (*told)(std::move(addresses));
    });
  }

  asio::ip::tcp::resolver resolver_;
  std::string host_, port_;
  std::shared_ptr<callback> done_;
};

}  // namespace detail

HEDDLE_DECL std::unique_ptr<resolver> make_dns_resolver(target const& name, asio::any_io_executor executor) {
  return std::make_unique<detail::dns_resolver>(name, std::move(executor));
}

}  // namespace heddle
