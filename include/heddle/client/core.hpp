// The channel behind its handle: its connection, the calls that wait for it, and all calls there are.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/base/config.hpp>
#include <heddle/client/call.hpp>
#include <heddle/client/channel_operation.hpp>
#include <heddle/client/channel_options.hpp>
#include <heddle/client/subchannel.hpp>
#include <heddle/client/target.hpp>
#include <heddle/transport/context_shutdown.hpp>
#include <heddle/transport/deadlines.hpp>
#include <heddle/transport/ready_queue.hpp>

namespace heddle::detail {

/// The head of the last request that said no more than which method is called, and how.
struct known_request {
  std::string path, subtype, encoding;
  bool secure = false;
  header_list fields;
};

/// The line on stderr of channels without channel_options::on_too_many_pings().
std::string too_many_pings_text(std::string_view target, duration now);

/// Lives on its executor: a strand, unless one thread is promised. The connection shares it, so that a call, its
/// deadline and its connection need no locks between them.
class channel_core final : public std::enable_shared_from_this<channel_core>,
                           private subchannel_user,
                           private shutdown_listener,
                           private deadline_item {
 public:
  channel_core(asio::any_io_executor executor, std::string_view target_text, channel_options options);
  ~channel_core();

  // Any thread.
  asio::any_io_executor const& get_executor() const noexcept { return executor_; }
  /// Whether this is the one thread of channel_options::single_threaded, and runs the context. False: perhaps.
  bool runs_here() const noexcept;
  /// The same for a caller whose executor is `here`, and certain; false where that is empty.
  bool is_home(asio::any_io_executor const& here) const noexcept;
  channel_options const& options() const noexcept { return options_; }
  std::string const& authority() const noexcept { return authority_; }
  std::string const& user_agent() const noexcept { return user_agent_; }
  /// Of requests whose calls do not say; null: none.
  compressor const* encoder() const noexcept { return encoder_; }
  clock& get_clock() const noexcept { return options_.used_clock(); }
  std::shared_ptr<client_call> acquire();
  void close_from_anywhere();

  // On the executor.
  void pick(client_call& call);
  void unqueue(client_call& call) noexcept;
  void recycle(client_call& call);
  void schedule(transport::ready_item& item);
  void unschedule(transport::ready_item& item) noexcept { ready_.remove(item); }
  deadline_queue& deadlines() noexcept { return deadlines_; }
  subchannel& connection() noexcept { return subchannel_; }
  header_list& scratch() noexcept {
    scratch_.clear();
    return scratch_;
  }
  known_request& last_request() noexcept { return last_request_; }
  bool closed() const noexcept { return closed_; }
  /// The context is being destroyed: nothing runs any more.
  bool is_shut_down() const noexcept { return shut_down_; }
  /// Null: nothing is recorded.
  channelz_node* channelz() const noexcept { return channelz_.get(); }
  /// Bytes that calls under way keep to be able to be sent again: theirs to count.
  std::size_t& replayable() noexcept { return replayable_; }

  /// Completes it when the state is one that it waits for.
  void watch(std::shared_ptr<channel_wait> w);
  void cancel_watch(channel_wait& w);

 private:
  HEDDLE_DECL void on_state(connectivity state, status const& why) override;
  HEDDLE_DECL void on_room() override;
  duration keepalive_time() const noexcept override { return keepalive_time_; }
  HEDDLE_DECL void on_too_many_pings(duration time) override;
  void watch_idleness();
  HEDDLE_DECL void on_deadline() override;
  HEDDLE_DECL void on_context_shutdown() noexcept override;
  void close();
  void post_round();
  void fail_queued(status const& why);
  void tell_watchers(connectivity state);

  channel_options const options_;
  std::string const target_text_;
  target const name_;
  std::string const authority_, user_agent_;
  compressor const* const encoder_;
  asio::any_io_executor const executor_;
  void const* const io_context_executor_;  // in executor_, where it is one: cheap to ask
  deadline_queue deadlines_;
  std::shared_ptr<channelz_node> const channelz_;
  duration keepalive_time_;
  subchannel subchannel_;
  header_list scratch_;
  known_request last_request_;

  std::mutex mutex_;  // calls_ and free_: made on any thread
  std::vector<std::shared_ptr<client_call>> calls_, free_;
  bool called_ = false;  // since the idle timeout was last looked at
  client_call* queue_head_ = nullptr;
  client_call* queue_tail_ = nullptr;
  std::size_t replayable_ = 0;
  transport::ready_queue ready_;
  bool round_posted_ = false, closed_ = false, shut_down_ = false;
  std::atomic<bool> destroyed_{false};  // the handle is: close() is on its way
  std::vector<std::shared_ptr<channel_wait>> watchers_;
};

}  // namespace heddle::detail

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/client/core.ipp>
#endif
