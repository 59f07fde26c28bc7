// grpc.reflection.v1 and v1alpha from the descriptors that heddle_generate(... DESCRIPTORS) embeds: for lite messages
// as well, and without a header of protobuf.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/server/server.hpp>
#include <heddle/services/descriptor_index.hpp>
#include <heddle/services/reflection_messages.hpp>

namespace heddle {

namespace detail {

class router;

/// Of a service that has no embedded files: the file that declares it, and all that it imports; nothing, if unknown.
using find_files = std::vector<std::pair<std::string, std::string>> (*)(std::string_view service);

class reflection_service final : public service {
 public:
  /// `routes` owns it.
  reflection_service(router const& routes, find_files elsewhere) noexcept : routes_(routes), elsewhere_(elsewhere) {}

  HEDDLE_DECL std::span<method_binding const> heddle_methods_() const noexcept override;
  HEDDLE_DECL std::span<descriptor_file const> heddle_files_() const noexcept override;

 private:
  using request = services::reflection_request;
  using response = services::reflection_response;

  reply<void> info(server_context& context, stream<request, response>& both);
  std::shared_ptr<descriptor_index const> index();
  std::vector<std::string> names() const;
  response answer(request const& asked, descriptor_index const& index, std::set<std::string, std::less<>>& sent) const;
  std::string missing(std::string_view symbol, descriptor_index const& index) const;

  router const& routes_;
  find_files const elsewhere_;
  std::mutex mutex_;
  std::shared_ptr<descriptor_index const> index_;  // made for the first who asks
  std::size_t indexed_ = 0;  // services, then
};

void add_reflection(server& served, find_files elsewhere);

}  // namespace detail

/// Lets clients ask what `served` serves: grpcurl, buf curl, grpcui and their like. Before run(). Only services that
/// were generated with DESCRIPTORS are described; see also enable_reflection() in reflection.hpp.
inline void enable_reflection_lite(server& served) { detail::add_reflection(served, nullptr); }

namespace services {

using reflection_method = bidi_streaming_method<reflection_request, reflection_response>;
inline constexpr reflection_method reflection_v1{"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"};
inline constexpr reflection_method reflection_v1alpha{"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};

}  // namespace services

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/services/reflection_lite.ipp>
#endif
