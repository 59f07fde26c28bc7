#include "printer.hpp"

#include <map>
#include <string_view>

#include <heddle/base/config.hpp>

// Everything in generated code is spelled from the global namespace on: packages may be called std, boost or heddle,
// and a method may have any name.

namespace heddle::codegen {
namespace {

using variables = std::map<std::string_view, std::string>;

/// `text` with each $name$ replaced.
std::string fill(std::string_view text, variables const& values) {
  std::string result;
  for (;;) {
    std::size_t const begin = text.find('$');
    result += text.substr(0, begin);
    if (begin == text.npos) return result;
    std::size_t const end = text.find('$', begin + 1);
    result += values.at(text.substr(begin + 1, end - begin - 1));
    text.remove_prefix(end + 1);
  }
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string comment(std::vector<std::string> const& lines, std::string_view indent) {
  std::string result;
  for (std::string const& line : lines) {
    result.append(indent).append(line.empty() ? "///" : "/// ").append(line).append("\n");
  }
  return result;
}

struct parameter {
  std::string_view type;
  std::string_view name;
};

/// What differs between the kinds of methods.
struct kind_text {
  std::string_view descriptor;        // class template of the method's descriptor
  std::string_view reply;             // what a handler co_returns
  std::vector<parameter> parameters;  // of a handler, after the context
  std::string_view client;            // the client's functions
};

kind_text const unary = {"unary_method",
                         "$response$",
                         {{"$request$&", "request"}},
                         R"(  $deprecated$::boost::asio::awaitable<$response$> $name$(
      $request$ const& request, ::heddle::call_options options = ::heddle::call_options()) const {
    return ::heddle::unary_call(*this, methods::$name$, request, ::std::move(options));
  }
  template <::heddle::call_token Token>
  $deprecated$auto $name$(
      $request$ const& request, Token&& token) const {
    return ::heddle::unary_call(*this, methods::$name$, request, ::heddle::call_options(),
                                ::std::forward<Token>(token));
  }
  template <::heddle::call_token Token>
  $deprecated$auto $name$(
      $request$ const& request, ::heddle::call_options options, Token&& token) const {
    return ::heddle::unary_call(*this, methods::$name$, request, ::std::move(options),
                                ::std::forward<Token>(token));
  }
)"};

kind_text const server_streaming = {"server_streaming_method",
                                    "void",
                                    {{"$request$&", "request"}, {"::heddle::writer<$response$>&", "writer"}},
                                    R"(  $deprecated$::heddle::server_streaming_call<$request$, $response$> $name$(
      $request$ const& request, ::heddle::call_options options = ::heddle::call_options()) const {
    return {*this, methods::$name$, request, ::std::move(options)};
  }
)"};

kind_text const client_streaming = {"client_streaming_method",
                                    "$response$",
                                    {{"::heddle::reader<$request$>&", "reader"}},
                                    R"(  $deprecated$::heddle::client_streaming_call<$request$, $response$> $name$(
      ::heddle::call_options options = ::heddle::call_options()) const {
    return {*this, methods::$name$, ::std::move(options)};
  }
)"};

kind_text const bidi_streaming = {"bidi_streaming_method",
                                  "void",
                                  {{"::heddle::stream<$request$, $response$>&", "stream"}},
                                  R"(  $deprecated$::heddle::bidi_streaming_call<$request$, $response$> $name$(
      ::heddle::call_options options = ::heddle::call_options()) const {
    return {*this, methods::$name$, ::std::move(options)};
  }
)"};

constexpr std::string_view handler = R"(  $deprecated$virtual ::heddle::reply<$reply$> $name$(
      ::heddle::server_context& context,
      $unnamed_parameters$) {
    return ::heddle::unimplemented<$reply$>(context);
  }

)";

// Compilers would warn of a deprecated handler wherever the library names it.
constexpr std::string_view undeprecated_handler = R"(  ::heddle::reply<$reply$> $handler$(
      ::heddle::server_context& context,
      $parameters$) {
    return $name$(context$arguments$);
  }
)";

kind_text const& text_of(method_kind kind) {
  switch (kind) {
    case method_kind::server_streaming: return server_streaming;
    case method_kind::client_streaming: return client_streaming;
    case method_kind::bidi_streaming: return bidi_streaming;
    default: return unary;
  }
}

std::string_view idempotency_argument(idempotency_kind level) {
  switch (level) {
    case idempotency_kind::no_side_effects: return ", ::heddle::idempotency::no_side_effects";
    case idempotency_kind::idempotent: return ", ::heddle::idempotency::idempotent";
    default: return "";
  }
}

variables variables_of(method_model const& method) {
  kind_text const& text = text_of(method.kind);
  variables result = {{"name", method.name},
                      {"handler", method.handler},
                      {"path", quoted(method.path)},
                      {"request", method.request},
                      {"response", method.response},
                      {"descriptor", std::string(text.descriptor)},
                      {"idempotency", std::string(idempotency_argument(method.idempotency))},
                      {"deprecated", method.deprecated ? "[[deprecated]] " : ""}};
  std::string unnamed, named, arguments;
  for (parameter const& each : text.parameters) {
    std::string_view const comma = named.empty() ? "" : ",\n      ";
    std::string const type = fill(each.type, result);
    unnamed.append(comma).append(type).append(" /*").append(each.name).append("*/");
    named.append(comma).append(type).append(" ").append(each.name);
    arguments.append(", ").append(each.name);
  }
  result["reply"] = fill(text.reply, result);
  result["unnamed_parameters"] = unnamed;
  result["parameters"] = named;
  result["arguments"] = arguments;
  return result;
}

std::string print_descriptors(service_model const& service) {
  std::string result =
      comment(service.comment, "") + fill(R"(struct $name$ {
  class client;
  class service;

  static constexpr ::std::string_view full_name = $full_name$;

)",
                                          {{"name", service.name}, {"full_name", quoted(service.full_name)}});
  if (service.methods.empty()) return result + "  struct methods {};\n};\n";
  result += "  struct methods {\n";
  for (method_model const& method : service.methods) {
    result += fill(R"(    static constexpr ::heddle::$descriptor$<$request$, $response$>
        $name${$path$$idempotency$};
)",
                   variables_of(method));
  }
  return result + "  };\n};\n";
}

std::string print_client(service_model const& service) {
  std::string result = fill(R"(
/// Calls $full_name$ over a channel.
/// Cheap to copy; as safe to use from several threads as its channel.
///
/// A unary call returns its response, or throws ::heddle::rpc_error when its status is not OK; with a completion token
/// it completes with (::heddle::status, response) instead. Its request is referred to until it completes.
/// A streaming call is an object: it reports a status that is not OK where its messages are read or finished, and
/// destroying it cancels the call.
class $name$::client : public ::heddle::stub {
 public:
  using ::heddle::stub::stub;
)",
                            {{"name", service.name}, {"full_name", service.full_name}});
  for (method_model const& method : service.methods) {
    result += "\n" + comment(method.comment, "  ") + fill(text_of(method.kind).client, variables_of(method));
  }
  return result + "};\n";
}

std::string print_bindings(service_model const& service) {
  std::string result = "  ::std::span<::heddle::method_binding const> heddle_methods_() const noexcept override {\n";
  if (service.methods.empty()) return result + "    return {};\n  }\n";
  result += "    static constexpr ::std::array<::heddle::method_binding, " + std::to_string(service.methods.size()) +
            "> bindings = {{\n";
  for (method_model const& method : service.methods) {
    result += fill("        ::heddle::bind_method<&service::$handler$>(methods::$name$),\n", variables_of(method));
  }
  return result + "    }};\n    return bindings;\n  }\n";
}

std::string print_undeprecated(service_model const& service) {
  std::string result;
  for (method_model const& method : service.methods) {
    if (method.deprecated) result += fill(undeprecated_handler, variables_of(method));
  }
  if (result.empty()) return result;
  return R"(
 private:
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
)" + result +
         "#pragma GCC diagnostic pop\n";
}

std::string print_service(service_model const& service) {
  std::string result = fill(R"(
/// The server side of $full_name$.
/// Derive from it and override what you serve; the rest answers UNIMPLEMENTED. Calls run
/// concurrently, each as its own coroutine. What a handler is given lives until the handler has returned.
class $name$::service : public ::heddle::service {
 public:
)",
                            {{"name", service.name}, {"full_name", service.full_name}});
  for (method_model const& method : service.methods) {
    result += comment(method.comment, "  ") + fill(handler, variables_of(method));
  }
  return result + print_bindings(service) + print_undeprecated(service) + "};\n";
}

std::string print_services(file_model const& file) {
  std::string result = fill(R"(
static_assert(HEDDLE_CODEGEN_VERSION == $version$,
              $message$);
)",
                            {{"version", std::to_string(HEDDLE_CODEGEN_VERSION)},
                             {"message", quoted(file.header + " was made by another version of protoc-gen-heddle: "
                                                              "generate it again")}});
  if (!file.cpp_namespace.empty()) result += "\nnamespace " + file.cpp_namespace + " {\n";
  for (service_model const& service : file.services) {
    result += "\n" + print_descriptors(service) + print_client(service) + print_service(service);
  }
  if (!file.cpp_namespace.empty()) result += "\n}  // namespace " + file.cpp_namespace + "\n";
  return result;
}

}  // namespace

std::string print(file_model const& file) {
  std::string result = "// Generated by protoc-gen-heddle from " + file.source + ". Do not edit.\n#pragma once\n\n";
  if (!file.services.empty()) {
    result += R"(#include <array>
#include <span>
#include <string_view>
#include <utility>

#include <heddle/client/stub.hpp>
#include <heddle/rpc/protobuf.hpp>
#include <heddle/server/service.hpp>

)";
  }
  result += "#include \"" + file.message_header + "\"\n";
  return file.services.empty() ? result : result + print_services(file);
}

}  // namespace heddle::codegen
