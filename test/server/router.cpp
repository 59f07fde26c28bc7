#include <heddle/server/router.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "support/lab.hpp"

using namespace heddle;
using heddle::detail::router;

namespace {

detail::route const* find(router const& r, std::string_view path, std::uint32_t* cookie = nullptr) {
  header_field field;
  field.token = header_name::path;
  field.value = path;
  field.cookie = cookie;
  return r.find(field);
}

/// With more methods than names are looked at.
class large_service final : public service {
 public:
  large_service() {
    for (int i = 0; i < 100; ++i) paths_.push_back("/a.Large/Method" + std::to_string(i));
    for (std::string const& path : paths_) methods_.emplace_back(path);
    for (auto const& method : methods_) bindings_.push_back({&method, nullptr});
  }
  std::span<method_binding const> heddle_methods_() const noexcept override { return bindings_; }

 private:
  std::vector<std::string> paths_;
  std::vector<unary_method<raw_message, raw_message>> methods_;
  std::vector<method_binding> bindings_;
};

}  // namespace

TEST_CASE("services are looked at for a near name, however many methods those before them have") {
  router r;
  CHECK(r.add(std::make_shared<large_service>(), {}));
  CHECK(r.add(std::make_shared<heddle::test::scripted_echo>(), {}));
  CHECK(r.not_found("/lab.Ecko/Unary").message() == "unknown service lab.Ecko; did you mean lab.Echo?");
  CHECK(r.not_found("/lab.Echo/unary").message() == "service lab.Echo has no method unary; did you mean Unary?");
  CHECK(r.not_found("/a.Largo/Method1").message() == "unknown service a.Largo; did you mean a.Large?");
}

TEST_CASE("paths lead to their methods, once or many times") {
  router r;
  CHECK(find(r, "/lab.Echo/Unary") == nullptr);
  auto const service = std::make_shared<heddle::test::scripted_echo>();
  CHECK(r.add(service, {}));
  CHECK(!r.add(std::make_shared<heddle::test::scripted_echo>(), {}));
  CHECK(r.not_found("/lab.Echo/Nothing").message() == "service lab.Echo has no method Nothing");
  CHECK(r.not_found("/lab/Unary").message() == "unknown service lab");
  for (method_descriptor const* method : {static_cast<method_descriptor const*>(&lab::echo::methods::unary),
                                          static_cast<method_descriptor const*>(&lab::echo::methods::chat)}) {
    auto const* const route = find(r, method->path());
    REQUIRE(route != nullptr);
    CHECK(route->method->path() == method->path());
    CHECK(route->self == service.get());
  }
  for (char const* path : {"", "/", "/lab.Echo", "/lab.Echo/", "/lab.Echo/unary", "/lab.Echo/Unary/", "lab.Echo/Unary"})
    CHECK(find(r, path) == nullptr);
}

TEST_CASE("a path that compression knows is looked up once") {
  router r;
  auto const service = std::make_shared<heddle::test::scripted_echo>();
  CHECK(r.add(service, {}));
  std::uint32_t cookie = 0x8000'0000;  // the engine's own bit stays as it is
  auto const* const first = find(r, "/lab.Echo/Chat", &cookie);
  REQUIRE(first != nullptr);
  CHECK((cookie & 0x8000'0000) != 0);
  CHECK((cookie & 0x7fff'ffff) != 0);
  CHECK(find(r, "whatever: the cookie knows", &cookie) == first);
  std::uint32_t unknown = 0;
  CHECK(find(r, "/lab.Echo/Nothing", &unknown) == nullptr);
  CHECK(unknown == 0);
}

TEST_CASE("a path is a service and a method and nothing else") {
  for (char const* path : {"/s/m", "/pkg.Service/Method", "/pkg.Service-2/Method:x"}) CHECK(router::is_canonical(path));
  for (char const* path : {"", "/", "//", "///", "*", "s/m", "/s", "/s/", "//m", "//s/m", "/s//m", "/s/m/", "/a/s/m",
                           "/s/m?", "/s?/m", "/s/m#", "/s/%6d"}) {
    INFO(path);
    CHECK(!router::is_canonical(path));
    CHECK(router().not_found(path).message().starts_with("malformed method name"));
  }
}
