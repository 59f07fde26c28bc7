// grpc.channelz.v1.Channelz: what the servers and channels of a program are at.
#pragma once

#include <span>

#include <heddle/base/config.hpp>
#include <heddle/server/service.hpp>
#include <heddle/services/channelz_messages.hpp>
#include <heddle/transport/channelz_records.hpp>

namespace heddle {

namespace detail {

class channelz_node;

}  // namespace detail

/// Records servers and channels, and tells of them:
///
///     heddle::channelz channelz;
///     heddle::server server(context, heddle::server_options().channelz(channelz));
///     heddle::channel channel(context, name, heddle::channel_options().channelz(channelz));
///     server.add(channelz);
///
/// Whoever can reach the server it was added to sees addresses, targets and certificates of all that are recorded: mind
/// where you add it. What is not recorded pays nothing for it. May be used from any thread.
class channelz final : public service, public channelz_records {
 public:
  channelz() = default;

  HEDDLE_DECL std::span<method_binding const> heddle_methods_() const noexcept override;
  HEDDLE_DECL std::span<descriptor_file const> heddle_files_() const noexcept override;

 private:
  using ask = services::channelz::ask;
  using answer = services::channelz::answer;

  reply<answer> get_top_channels(server_context& context, ask& request);
  reply<answer> get_servers(server_context& context, ask& request);
  reply<answer> get_server(server_context& context, ask& request);
  reply<answer> get_server_sockets(server_context& context, ask& request);
  reply<answer> get_channel(server_context& context, ask& request);
  reply<answer> get_subchannel(server_context& context, ask& request);
  reply<answer> get_socket(server_context& context, ask& request);

  services::channelz::channel describe_channel(detail::channelz_node const& node) const;
  services::channelz::server describe_server(detail::channelz_node const& node) const;
  services::channelz::socket describe_socket(detail::channelz_node const& node) const;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/services/channelz.ipp>
#endif
