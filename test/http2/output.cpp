// What is urgent goes out between two frames, wherever the socket has stopped.
#include <heddle/http2/output.hpp>

#include "http2/support.hpp"

namespace heddle::test {

TEST_CASE("an urgent frame passes the rest of the output at the next end of a frame, from every byte on") {
  engine_peer peer;
  std::string const all = data(1, "abc") + data(3, "") + frame(frame_type::headers, no_flags, 5, "half") +
                          frame(frame_type::continuation, no_flags, 5, "of") +
                          frame(frame_type::continuation, flag::end_headers, 5, "it") + settings_ack() +
                          data(1, "defg");
  std::vector<std::size_t> const ends = {0, 12, 21, 21 + 13 + 11 + 11, 65, 78};
  REQUIRE(all.size() == ends.back());
  std::string const answer = ping("urgent!!", flag::ack);
  for (std::size_t step : {std::size_t{1}, std::size_t{5}, all.size()}) {
    for (std::size_t at = 0; at < all.size(); ++at) {
      INFO(at << " in steps of " << step);
      http2::output out;
      out.frames.append(all);
      for (std::size_t sent = 0; sent < at; sent += step) out.consume(std::min(step, at - sent));
      out.finish_frame();
      out.urgent.append(answer);
      std::string const rest = std::string(as_text(out.urgent.view())).append(as_text(out.frames.view()));
      std::size_t const end = *std::lower_bound(ends.begin(), ends.end(), at);
      CHECK(rest == all.substr(at, end - at) + answer + all.substr(end));
    }
  }
}

namespace {

struct attached_output {
  http2::output out;
  std::string all;
  std::vector<std::size_t> ends{0};

  void add(std::string const& bytes) {
    out.frames.append(bytes);
    frames_ += bytes.size();
    all += bytes;
    ends.push_back(all.size());
  }
  /// A DATA frame whose content lies elsewhere.
  void attach(stream_id id, std::string const& content) {
    byte_buffer kept;
    kept.append(content);
    auto const owner = std::make_shared<byte_buffer const>(std::move(kept));
    std::string const header = data(id, content).substr(0, 9);
    out.frames.append(header);
    frames_ += header.size();
    out.payloads.push_back({frames_, owner->view(), owner});
    owners.push_back(owner);
    all += header + content;
    ends.push_back(all.size());
  }
  std::vector<std::weak_ptr<byte_buffer const>> owners;

 private:
  std::size_t frames_ = 0;
};

attached_output mixed_output() {
  attached_output o;
  o.attach(1, "abcdef");
  o.add(settings_ack());
  o.attach(3, "gh");
  o.attach(1, "ijk");
  o.add(data(5, "lm"));
  return o;
}

}  // namespace

TEST_CASE("payloads leave in their places, whatever the socket takes at a time") {
  std::size_t const size = mixed_output().all.size();
  for (std::size_t step = 1; step <= size; ++step) {
    attached_output o = mixed_output();
    CHECK(text_of(o.out) == o.all);
    for (std::size_t sent = 0; sent < size; sent += step) {
      o.out.consume(std::min(step, size - sent));
      std::string const rest = o.all.substr(std::min(size, sent + step));
      CHECK(text_of(o.out) == rest);
      CHECK(o.out.frames_size() == rest.size());
      CHECK(o.out.empty() == rest.empty());
    }
    for (auto const& owner : o.owners) CHECK(owner.expired());
    o.out.frames.append(settings_ack());  // and it can be used again
    CHECK(text_of(o.out) == settings_ack());
  }
}

TEST_CASE("an urgent frame passes payloads, too, at the next end of a frame") {
  std::size_t const size = mixed_output().all.size();
  std::string const answer = ping("urgent!!", flag::ack);
  for (std::size_t step : {std::size_t{1}, std::size_t{4}, size}) {
    for (std::size_t at = 0; at < size; ++at) {
      INFO(at << " in steps of " << step);
      attached_output o = mixed_output();
      for (std::size_t sent = 0; sent < at; sent += step) o.out.consume(std::min(step, at - sent));
      o.out.finish_frame();
      o.out.urgent.append(answer);
      std::size_t const end = *std::lower_bound(o.ends.begin(), o.ends.end(), at);
      std::string const wanted = o.all.substr(at, end - at) + answer + o.all.substr(end);
      CHECK(text_of(o.out) == wanted);
      o.out.consume(wanted.size() - 1);
      CHECK(text_of(o.out) == wanted.substr(wanted.size() - 1));
    }
  }
}

TEST_CASE("one urgent frame follows the other") {
  http2::output out;
  out.frames.append(data(1, "abc") + data(1, "def"));
  out.consume(10);
  out.finish_frame();
  out.urgent.append(ping("first..."));
  out.consume(3);  // what was left of the frame, and a byte
  out.finish_frame();
  out.urgent.append(ping("second.."));
  std::string const rest(as_text(out.urgent.view()));
  CHECK(rest == ping("first...").substr(1) + ping("second.."));
  CHECK(as_text(out.frames.view()) == data(1, "def"));
  out.consume(rest.size() + 5);
  out.finish_frame();
  CHECK(as_text(out.urgent.view()) == data(1, "def").substr(5));
  CHECK(out.frames.empty());
  out.consume(out.urgent.size());
  CHECK(out.empty());
}

TEST_CASE("a client's preface is no frame, and all that comes with it goes first") {
  http2::output out;
  out.frames.append(std::string(http2::client_preface) + settings());
  out.consume(7);
  out.finish_frame();
  CHECK(out.frames.empty());
  CHECK(out.urgent.size() == http2::client_preface.size() + 9 - 7);
}

}  // namespace heddle::test
