// as: include/heddle/client/default_argument.hpp check: coroutines
class caller {
  asio::awaitable<int> call(request const& what, options how = {});  // reject: default_argument
  virtual reply<std::vector<int>> answer(
      options how = options{});  // reject: default_argument
  asio::awaitable<int> fine(int a = 1, options how = options(), std::string text = "{}");
  void also_fine(options how = {});
};
